"""Bring what the documentation shows up to date: outputs of commands, labels of example lines.

``python docs/generate.py`` rewrites the generated parts of the Markdown files; with ``--check`` it only tells which
files would change, and fails if any would. The prose around them is left alone. Generated are, by kind of fenced block:

- ``console``: each line ``$ linewise …`` is run in ``docs/examples`` (``< FILE`` at its end is understood), each line
  ``$ curl …`` asks the HTTP service, which is started in this process for it. What they print follows them.
- ``pycon``: each ``>>>`` statement is run, and what it prints follows it.
- ``labelled``: sections ``[language]`` of lines in the plain-text form; each section is one file, and the labels left
  of the bar are those that the language's grammar gives.
"""

from __future__ import annotations

import argparse
import doctest
import io
import re
import shlex
import sys
from collections.abc import Callable
from contextlib import chdir, redirect_stdout
from pathlib import Path
from urllib.parse import urlsplit

from click.testing import CliRunner

from linewise.service.cli import linewise

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "docs" / "examples"
PAGES = ("README.md", "CONTRIBUTING.md", "docs/command-line.md", "docs/datasets.md", "docs/http.md", "docs/labels.md")
PROMPT = "$ "
BAR = " |"
FENCED = re.compile(r"^```(console|pycon|labelled)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_console(block: str) -> str:
    """A console block with the present output of each of its commands."""
    shown = []
    for line in (line for line in block.splitlines() if line.startswith(PROMPT)):
        program, *arguments = shlex.split(line.removeprefix(PROMPT))
        if program not in PROGRAMS:
            raise SystemExit(f"not a command that can be shown: {line}")
        shown.append(f"{line}\n{PROGRAMS[program](arguments)}")
    return "".join(shown)


def run_linewise(arguments: list[str]) -> str:
    """What a command of linewise writes to the terminal, were it without colour and 100 columns wide."""
    given = b""
    if arguments[-2:-1] == ["<"]:
        given = (EXAMPLES / arguments[-1]).read_bytes()
        arguments = arguments[:-2]
    with chdir(EXAMPLES):
        shown = CliRunner(env={"COLUMNS": "100", "NO_COLOR": "1"}).invoke(linewise, arguments, input=given)
    return shown.output


def run_curl(arguments: list[str]) -> str:
    """What the HTTP service answers to a request that is written as a call of curl."""
    # The service's packages are needed for this kind of command alone.
    from starlette.testclient import TestClient  # noqa: PLC0415

    from linewise.service.http import app_from_environment  # noqa: PLC0415

    parser = argparse.ArgumentParser()
    parser.add_argument("-s", action="store_true")
    parser.add_argument("-H", action="append", default=[])
    parser.add_argument("-d")
    parser.add_argument("url")
    request = parser.parse_args(arguments)
    headers = dict(header.split(": ", 1) for header in request.H)
    path = urlsplit(f"//{request.url}").path
    with TestClient(app_from_environment()) as client:
        answer = client.request("POST" if request.d else "GET", path, content=request.d, headers=headers)
    return answer.text.rstrip("\n") + "\n"


PROGRAMS: dict[str, Callable[[list[str]], str]] = {"linewise": run_linewise, "curl": run_curl}


def run_python(block: str) -> str:
    """A Python session with the present output of each of its statements."""
    names: dict[str, object] = {}
    shown: list[str] = []
    for example in doctest.DocTestParser().get_examples(block):
        first, *more = example.source.splitlines()
        output = io.StringIO()
        with chdir(EXAMPLES), redirect_stdout(output):
            exec(compile(example.source, "<documentation>", "single"), names)
        shown.extend((f">>> {first}\n", *(f"... {line}\n" for line in more), output.getvalue()))
    return "".join(shown)


def label_examples(block: str) -> str:
    """A block of examples with the labels that the grammars give; each section is aligned by itself."""
    sections = re.split(r"^\[(\w+)\]\n", block, flags=re.MULTILINE)[1:]
    return "".join(
        f"[{language}]\n{label_example(language, lines)}"
        for language, lines in zip(sections[::2], sections[1::2], strict=True)
    )


def label_example(language: str, lines: str) -> str:
    """One example, in the plain-text form, labelled anew."""
    # Training's packages are needed for this kind of block alone.
    from linewise.features.plain_text import format_lines  # noqa: PLC0415
    from linewise.training.oracle import label_file  # noqa: PLC0415

    texts = [line.partition(BAR)[2].removeprefix(" ") for line in lines.splitlines()]
    truth = label_file("".join(f"{text}\n" for text in texts).encode(), language)
    if not truth.known.all():
        raise SystemExit(f"the grammar of {language} cannot read this example:\n{lines}")
    return "".join(f"{line}\n" for line in format_lines(truth.masks.tolist(), texts))


RENDERERS: dict[str, Callable[[str], str]] = {
    "console": run_console,
    "pycon": run_python,
    "labelled": label_examples,
}


def renew(page: str) -> str:
    """A page's text with all its generated blocks made anew."""
    return FENCED.sub(lambda match: f"```{match[1]}\n{RENDERERS[match[1]](match[2])}```", page)


def main() -> None:
    """Rewrite the pages, or check them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a page is out of date")
    parser.add_argument("pages", nargs="*", default=PAGES, help="the pages, relative to the project")
    arguments = parser.parse_args()
    outdated = []
    for name in arguments.pages:
        path = ROOT / name
        before = path.read_text(encoding="utf-8")
        after = renew(before)
        if after != before:
            outdated.append(name)
            if not arguments.check:
                path.write_text(after, encoding="utf-8")
    if arguments.check and outdated:
        sys.exit(f"out of date, run `make docs`: {', '.join(outdated)}")


if __name__ == "__main__":
    main()
