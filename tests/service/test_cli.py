"""The command line as a whole: commands found by entry point, versions, exit codes, `labels`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint, version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from linewise.features.labels import LABELS, TAXONOMY_VERSION
from linewise.service import cli

GroupMaker = Callable[..., cli.LazyGroup]
COMMANDS = {"bench", "corpus", "label", "labels", "oracle", "serve", "train"}


@pytest.fixture
def group_of(monkeypatch: pytest.MonkeyPatch) -> GroupMaker:
    """A function that makes a group of the given entry points."""

    def make(**commands: str) -> cli.LazyGroup:
        entries = [EntryPoint(name, value, cli.COMMAND_GROUP) for name, value in commands.items()]
        monkeypatch.setattr(cli, "entry_points", lambda group: entries)
        return cli.LazyGroup("linewise")

    return make


def test_help_lists_every_command_with_its_first_line() -> None:
    result = CliRunner().invoke(cli.linewise, ["--help"])
    assert result.exit_code == 0
    for name in COMMANDS:
        assert f"\n  {name} " in result.output
    assert "Print the labels that a line can have" in result.output


@pytest.mark.parametrize("program", [["-m", "linewise"], [str(Path(sys.executable).with_name("linewise"))]])
def test_program_and_module_are_the_same(program: list[str]) -> None:
    command = [sys.executable, *program, "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"linewise {version('linewise')}\n"


def test_command_without_its_packages_is_listed_with_what_it_needs(group_of: GroupMaker) -> None:
    group = group_of(train="linewise.training.no_such_module:train", labels="linewise.service.commands.labels:labels")
    result = CliRunner().invoke(group, ["--help"])
    assert result.exit_code == 0
    assert "train   (needs pip install 'linewise[train]')" in result.output
    assert "Print the labels" in result.output


def test_running_a_command_without_its_packages_says_what_to_install(group_of: GroupMaker) -> None:
    result = CliRunner().invoke(group_of(serve="linewise.service.no_such_module:serve"), ["serve"])
    assert result.exit_code == cli.EXIT_UNUSABLE
    assert "pip install 'linewise[service]'" in result.output


def test_package_that_a_running_command_misses_is_named(group_of: GroupMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    @click.command()
    def train() -> None:
        raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn")

    monkeypatch.setattr(cli, "train_for_test", train, raising=False)
    group = group_of(train="linewise.service.cli:train_for_test")
    result = CliRunner().invoke(group, ["train"])
    assert result.exit_code == cli.EXIT_UNUSABLE
    assert "needs sklearn" in result.output


def test_command_of_another_package_is_hinted_by_its_own_name() -> None:
    entry = EntryPoint("extra", "linewise_extra.cli:command", cli.COMMAND_GROUP)
    assert cli.install_hint(entry) == "pip install linewise_extra"


def test_unknown_command_is_wrong_usage() -> None:
    result = CliRunner().invoke(cli.linewise, ["lable"])
    assert result.exit_code == cli.EXIT_UNUSABLE
    assert "No such command 'lable'" in result.output


def test_reader_that_leaves_early_ends_it_quietly() -> None:
    code = "import sys\nsys.argv = ['linewise', 'labels']\nfrom linewise.service.cli import main\nmain()"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == cli.EXIT_BROKEN_PIPE


def test_labels_prints_a_table() -> None:
    lines = CliRunner().invoke(cli.linewise, ["labels"]).output.splitlines()
    rows = [line.split(maxsplit=2) for line in lines[1 : 1 + len(LABELS)]]
    assert rows == [[label.name, label.group.value, label.meaning] for label in LABELS]
    assert lines[-1] == f"{len(LABELS)} labels, taxonomy {TAXONOMY_VERSION}"


def test_labels_prints_json() -> None:
    vocabulary = json.loads(CliRunner().invoke(cli.linewise, ["labels", "--format", "json"]).output)
    assert vocabulary["taxonomy_version"] == TAXONOMY_VERSION
    assert vocabulary["labels"][0] == {
        "name": LABELS[0].name,
        "group": LABELS[0].group.value,
        "meaning": LABELS[0].meaning,
    }
    assert len(vocabulary["labels"]) == len(LABELS)


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (KeyboardInterrupt(), cli.EXIT_INTERRUPTED),
        (click.UsageError("no such thing"), cli.EXIT_UNUSABLE),
        (BrokenPipeError(32, "Broken pipe"), cli.EXIT_BROKEN_PIPE),
        (click.exceptions.Exit(cli.EXIT_INCOMPLETE), cli.EXIT_INCOMPLETE),
        (None, cli.EXIT_OK),
    ],
)
def test_process_ends_with_the_code_of_how_it_went(
    raised: BaseException | None, code: int, group_of: GroupMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    @click.command()
    def do() -> None:
        if raised is not None:
            raise raised

    monkeypatch.setattr(cli, "do_for_test", do, raising=False)
    monkeypatch.setattr(cli, "linewise", group_of(do="linewise.service.cli:do_for_test"))
    monkeypatch.setattr(cli, "_close_quietly", lambda: None)
    monkeypatch.setattr(sys, "argv", ["linewise", "do"])
    with pytest.raises(SystemExit) as exit_info:
        cli.main()
    assert exit_info.value.code == code
