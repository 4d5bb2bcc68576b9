"""The command line: one group, whose commands are found by entry point and imported one at a time.

Every entry point of the group ``linewise.commands`` is a command. Only the module of the command that is
run is imported, so ``linewise label`` starts without the HTTP service, and training's commands cost nothing
where training is not installed. A command's module should itself import heavy packages inside its function:
``linewise --help`` loads every command to list its first line.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points

import click

COMMAND_GROUP = "linewise.commands"
EXIT_OK = 0
EXIT_INCOMPLETE = 1
"""It finished, but something that was asked for could not be done."""
EXIT_UNUSABLE = 2
"""It could not start: wrong usage, no such path, no usable model, an output that cannot be written."""
EXIT_INTERRUPTED = 130
EXIT_BROKEN_PIPE = 141
"""Whoever read the output stopped reading; 128 + SIGPIPE, as for any other program of a pipeline."""

_EXTRA_OF_COMPONENT = {"linewise.service": "service", "linewise.training": "train"}
_EXTRA_OF_MODULE = {"joblib": "batch", "pyarrow": "batch", "ray": "ray", "tqdm": "batch"}
"""What the commands of the service need that its own extra does not bring."""


class MissingExtraError(click.ClickException):
    """A command whose optional dependencies are not installed; the message says how to install them."""

    exit_code = EXIT_UNUSABLE


def install_hint(command: EntryPoint, missing: str | None = None) -> str:
    """The pip command that brings what a command needs, above all the module that it misses."""
    component = ".".join(command.module.split(".")[:2])
    extra = _EXTRA_OF_COMPONENT.get(component)
    if extra == "service" and missing in _EXTRA_OF_MODULE:
        extra = _EXTRA_OF_MODULE[missing]
    return f"pip install 'linewise[{extra}]'" if extra else f"pip install {command.module.split('.')[0]}"


class LazyGroup(click.Group):
    """A click group whose commands are entry points, loaded when they are asked for."""

    @cached_property
    def _entry_points(self) -> dict[str, EntryPoint]:
        return {entry.name: entry for entry in entry_points(group=COMMAND_GROUP)}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all installed commands, in order."""
        return sorted(self._entry_points)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None; raises MissingExtraError where its dependencies are missing."""
        entry = self._entry_points.get(cmd_name)
        if entry is None:
            return None
        try:
            command = entry.load()
        except ModuleNotFoundError as error:
            message = f"the command {cmd_name!r} needs {error.name}: {install_hint(entry, error.name)}"
            raise MissingExtraError(message) from error
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List every command with its first line, or with what has to be installed for it."""
        rows = []
        for name in self.list_commands(ctx):
            try:
                command = self.get_command(ctx, name)
                summary = command.get_short_help_str(limit=formatter.width) if command else ""
            except MissingExtraError:
                summary = f"(needs {install_hint(self._entry_points[name])})"
            rows.append((name, summary))
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command that was asked for; what it misses only then is named like what it misses at once."""
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            _close_quietly()
            ctx.exit(EXIT_BROKEN_PIPE)
        except ModuleNotFoundError as error:
            entry = self._entry_points.get(ctx.invoked_subcommand or "")
            if entry is None or (error.name or "").startswith("linewise"):
                raise
            message = f"the command {entry.name!r} needs {error.name}: {install_hint(entry, error.name)}"
            raise MissingExtraError(message) from error


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="linewise", prog_name="linewise", message="%(prog)s %(version)s")
def linewise() -> None:
    """What every line of source text is, and what it is part of."""


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    try:
        code = linewise.main(prog_name="linewise", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else EXIT_OK)
    except click.exceptions.Abort:
        click.echo("Aborted!", err=True)
        sys.exit(EXIT_INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


def _close_quietly() -> None:
    # The interpreter flushes stdout once more at exit, and would report the broken pipe there.
    with suppress(OSError):
        sys.stdout.close()
