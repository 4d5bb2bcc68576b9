"""``python -m linewise``: the same command line as the ``linewise`` program."""

from linewise.service.cli import main

main()
