"""The documentation tells the truth: what it shows is what comes out, and it names all there is."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import click
import pytest

from linewise.features.labels import LABEL_NAMES, mask_of
from linewise.features.plain_text import parse_plain_text
from linewise.service.cli import linewise

ROOT = Path(__file__).resolve().parent.parent
COMMAND_LINE = (ROOT / "docs" / "command-line.md").read_text(encoding="utf-8")
LABELS_PAGE = (ROOT / "docs" / "labels.md").read_text(encoding="utf-8")


def _load_generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _load_generator()


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group, by its full name."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        full = (*path, name)
        yield " ".join(full), command
        if isinstance(command, click.Group):
            yield from commands(command, *full)


def sections() -> dict[str, str]:
    """The page of the labels, by the label that a section is about."""
    return dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^#|\Z)", LABELS_PAGE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("page", GENERATOR.PAGES)
def test_what_a_page_shows_is_what_comes_out(page: str) -> None:
    # In a process of its own: click keeps a command's help option as its first use, perhaps another test, made it.
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check", page]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_page_with_generated_blocks_is_checked() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
    generated = {str(page.relative_to(ROOT)) for page in pages if GENERATOR.FENCED.search(page.read_text())}
    assert generated <= set(GENERATOR.PAGES)


def test_every_command_is_documented_with_all_its_options() -> None:
    for name, command in commands(linewise):
        shown = re.search(rf"^\$ linewise {name} --help\n(.*?)(?=^\$|^```)", COMMAND_LINE, re.MULTILINE | re.DOTALL)
        assert shown, f"{name} is not documented"
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert max(parameter.opts, key=len) in shown[1], (name, parameter.name)


def test_every_label_is_explained_in_order() -> None:
    assert tuple(sections()) == LABEL_NAMES


@pytest.mark.parametrize("label", LABEL_NAMES)
def test_every_label_has_examples_in_several_languages(label: str) -> None:
    block = re.search(r"^```labelled\n(.*?)^```", sections()[label], re.MULTILINE | re.DOTALL)
    assert block is not None
    examples = re.split(r"^\[\w+\]\n", block[1], flags=re.MULTILINE)[1:]
    assert len(examples) >= 2
    having = [any(mask & mask_of([label]) for mask in parse_plain_text(each.encode()).masks) for each in examples]
    assert sum(having) >= 2


def test_links_lead_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        prose = re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", prose):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
