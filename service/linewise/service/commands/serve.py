"""``linewise serve``: start the HTTP service.

This module loads without the service's extra, so that ``linewise --help`` lists the command everywhere; the
command line tells whoever runs it without the extra how to get it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from ..cli import EXIT_UNUSABLE

ALGEBRA_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""What numpy's libraries of linear algebra take their number of threads from, as they are loaded."""


class ServeError(click.ClickException):
    """The service can't start; the message says why."""

    exit_code = EXIT_UNUSABLE


@click.command()
@click.option("--host", help="Address to listen on; 0.0.0.0 or :: for every interface.  [default: 127.0.0.1]")
@click.option("--port", type=int, help="Port to listen on; 0 takes any free one.  [default: 8000]")
@click.option("--workers", type=int, help="Worker processes, each with a model of its own.  [default: 1]")
@click.option("--threads", type=int, help="Texts that one worker labels at a time.  [default: usable cores]")
@click.option("--queue", type=int, help="Requests of one worker that may wait; further ones get 429.  [default: 256]")
@click.option(
    "--request-timeout-seconds",
    type=float,
    help="Longest time to answer a request, once its body is there.  [default: 30.0]",
)
@click.option(
    "--read-timeout-seconds",
    type=float,
    help="Longest wait for a request's bytes; every 16 KiB add a second.  [default: 20.0]",
)
@click.option(
    "--drain-seconds",
    type=float,
    help="How long it still takes requests after SIGTERM, no longer being ready.  [default: 1.0]",
)
@click.option("--max-body-bytes", type=int, help="Largest request body, in bytes.  [default: 16777216]")
@click.option("--max-lines", type=int, help="Most lines of one text.  [default: 200000]")
@click.option(
    "--model-folder",
    type=click.Path(path_type=Path),
    help="Folder of a saved model.  [default: the model that comes with linewise]",
)
@click.option("--keys", help="auto, required or off: whether requests need an API key.  [default: auto]")
@click.option("--keys-file", type=click.Path(path_type=Path), help="File of API keys, as linewise new-key makes it.")
@click.option(
    "--requests-per-minute",
    type=int,
    help="Requests that each API key may make in a minute; 0 for any number.  [default: 0]",
)
@click.option("--settings-file", type=click.Path(path_type=Path), help="TOML file of settings by their names.")
@click.option("--log-level", help="critical, error, warning, info or debug.  [default: info]")
@click.option("--log-format", help="text for people, or json.  [default: text]")
def serve(**options: Any) -> None:
    """Start the HTTP service, with a web page at / and its interface at /docs.

    Each option can also be given as an environment variable: LINEWISE_PORT for --port, and so on, or in the
    settings file: port = 9000.
    """
    # Requests run side by side already: threads of the algebra's own would only stand in each other's way. This
    # has an effect only before numpy is imported, and whoever sets the variables knows better.
    for name in ALGEBRA_THREADS:
        os.environ.setdefault(name, "1")
    from ..http.server import ServerError, run  # noqa: PLC0415  # only this command needs the extra

    try:
        run(options)
    except ServerError as error:
        raise ServeError(str(error)) from None
