"""Bring what the documentation shows up to date: outputs of commands, labels of example lines.

``python docs/generate.py`` rewrites two kinds of fenced block in the Markdown files; with ``--check`` it
only tells which files would change, and fails if any would. The prose around them is nobody's but its
authors'.

- ``console``: each line ``$ linewise …`` is run in ``docs/examples``; what it prints follows it.
- ``labelled``: sections ``[language]`` of lines in the plain-text form; each section is one file, and the
  labels left of the bar are those of the language's grammar.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "docs" / "examples"
PAGES = ("README.md", "CONTRIBUTING.md", "docs/command-line.md", "docs/labels.md")
PROMPT = "$ "
BAR = " |"
FENCED = re.compile(r"^```(console|labelled)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run_console(block: str) -> str:
    """A console block with the present output of each of its commands."""
    shown = []
    for command in (line for line in block.splitlines() if line.startswith(PROMPT)):
        program, *arguments = shlex.split(command.removeprefix(PROMPT))
        if program != "linewise":
            raise SystemExit(f"not a command of linewise: {command}")
        environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
        done = subprocess.run(
            [sys.executable, "-m", "linewise", *arguments],
            cwd=EXAMPLES,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        shown.append(f"{command}\n{done.stdout}")
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


RENDERERS: dict[str, Callable[[str], str]] = {"console": run_console, "labelled": label_examples}


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
