"""``linewise new-key``: make an API key for the HTTP service."""

from __future__ import annotations

from pathlib import Path

import click

from ..cli import EXIT_UNUSABLE
from ..keys import digest_of, is_name, new_key


class UnusableError(click.ClickException):
    """The key can't be made or kept; the message says why."""

    exit_code = EXIT_UNUSABLE


@click.command("new-key")
@click.argument("name")
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of keys to add it to, made if need be; without one, the line for it goes to standard error.",
)
@click.option("--per-minute", type=click.IntRange(min=1), help="Requests a minute that it may make, if not as all.")
def new_key_command(name: str, file: Path | None, per_minute: int | None) -> None:
    """Make an API key for the HTTP service and print it; only its hash is kept, so it is shown this once.

    NAME says whose it is.
    """
    if not is_name(name):
        raise UnusableError("a name is 1 to 64 letters, digits, dots, hyphens and underscores")
    key = new_key()
    line = f"{name} {digest_of(key)}" + (f" {per_minute}" if per_minute else "")
    if file is None:
        click.echo(line, err=True)
    else:
        try:
            with file.open("a", encoding="utf-8") as keys:
                keys.write(f"{line}\n")
        except OSError as error:
            raise UnusableError(f"can't write {file}: {error.strerror}") from None
    click.echo(key)
