"""``linewise dataset``: the rows of a data set, with labels."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..cli import EXIT_INCOMPLETE
from .options import UnusableError, load_classifier, max_bytes_option, mode_option

if TYPE_CHECKING:
    from ..datasets.run import Engine, Run, Step


@click.command()
@click.argument("inputs", metavar="IN...", nargs=-1, required=True)
@click.argument("output", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@click.option("--text-column", default="content", show_default=True, help="The column with the text.")
@click.option("--language-column", help="The column with the text's language, if one tells it.")
@click.option("--filename-column", help="The column with its file name or path, which may tell the language too.")
@click.option("--with-lines", is_flag=True, help="Add the labels of every line, as bit masks.")
@click.option(
    "--context",
    type=click.Choice(["file", "fragment", "unknown"]),
    default="file",
    show_default=True,
    help="Whether the texts are whole files or cut-outs.",
)
@mode_option
@max_bytes_option
@click.option(
    "--max-lines",
    type=click.IntRange(min=1),
    help="Skip texts with more lines; 2 kB of memory each.  [default: 100000]",
)
@click.option(
    "--prefix", default="linewise_", show_default=True, help="What the names of the added columns begin with."
)
@click.option("--resume", is_flag=True, help="Go on with what an interrupted run has left in OUT.")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="Work on this machine, or on a Ray cluster.",
)
@click.option("--jobs", "-j", type=click.IntRange(min=1), help="Processes on this machine.  [default: usable cores]")
@click.option("--address", help="The Ray cluster's address.  [default: that in RAY_ADDRESS, or this machine]")
@click.option(
    "--piece-bytes",
    type=click.IntRange(min=1),
    default=128_000_000,
    show_default=True,
    help="Cut larger shards into files of about so many bytes, uncompressed.",
)
@click.pass_context
def dataset(
    ctx: click.Context,
    *,
    inputs: tuple[str, ...],
    output: Path,
    text_column: str,
    language_column: str | None,
    filename_column: str | None,
    with_lines: bool,
    context: str,
    mode: str,
    max_bytes: int,
    max_lines: int | None,
    prefix: str,
    resume: bool,
    engine: str,
    jobs: int | None,
    address: str | None,
    piece_bytes: int,
) -> None:
    """Add labels to the documents of a data set.

    IN are Parquet or JSON Lines files, folders of them, or glob patterns. Each shard becomes a file of the same
    form and name, or several where it is large.

    Exit codes: 0 every row is in OUT, with its labels or the reason why it has none; 1 a shard could not be read or
    done; 2 wrong usage, nothing to label, no usable model or cluster, or OUT cannot be written.
    """
    # Imported here, so that listing the commands needs no pyarrow.
    from ..batch.job import DEFAULT_MAX_LINES  # noqa: PLC0415
    from ..datasets.options import RowOptions  # noqa: PLC0415
    from ..datasets.receipts import Counts  # noqa: PLC0415
    from ..datasets.run import EngineError, OutputError, Totals, prepare  # noqa: PLC0415
    from ..datasets.shards import InputError  # noqa: PLC0415

    if engine == "local" and address is not None:
        raise click.UsageError("--address names a Ray cluster: it goes with --engine ray")
    if engine == "ray" and jobs is not None:
        raise click.UsageError("--jobs is for this machine; a Ray cluster has one worker for each of its cores")
    options = RowOptions(
        text_column,
        language_column,
        filename_column,
        with_lines,
        context,
        mode,
        max_bytes,
        max_lines or DEFAULT_MAX_LINES,
        prefix,
    )
    totals = Totals(Counts())
    try:
        run = prepare(inputs, output, options, load_classifier().info.digest, piece_bytes)
        for bad in run.bad_shards:
            click.echo(f"linewise: {bad.name}: {bad.reason}", err=True)
        with _progress(run) as show:
            for step in run.steps(_engine(engine, jobs, address), resume=resume):
                totals.add(step)
                show(step)
                if step.outcome.problem is not None:
                    click.echo(f"linewise: {step.outcome.name}: {step.outcome.problem}", err=True)
    except (InputError, EngineError, OutputError) as error:
        raise UnusableError(str(error)) from error
    click.echo(totals.summary(), err=True)
    if run.bad_shards or totals.problems:
        ctx.exit(EXIT_INCOMPLETE)


def _engine(name: str, jobs: int | None, address: str | None) -> Engine:
    if name == "ray":
        from ..datasets.on_ray import run_on_ray  # noqa: PLC0415

        return partial(run_on_ray, address=address)
    from ..datasets.local import run_locally  # noqa: PLC0415

    return partial(run_locally, processes=jobs)


@contextmanager
def _progress(run: Run) -> Iterator[Callable[[Step], None]]:
    """What is told of each step, to draw on a terminal how far the run is, how fast, and how long it will take."""
    from tqdm import tqdm  # noqa: PLC0415

    if not sys.stderr.isatty():
        yield lambda _: None
        return
    lines = 0
    with tqdm(total=run.weight, unit="B", unit_scale=True, desc="labelling") as bar:

        def show(step: Step) -> None:
            nonlocal lines
            if step.was_done:
                # Work of another time would make this run look fast.
                bar.initial += step.weight
            elif step.outcome.counts is not None:
                lines += step.outcome.counts.lines
                bar.set_postfix_str(f"{lines / max(bar.format_dict['elapsed'], 1e-3):,.0f} lines/s", refresh=False)
            bar.update(step.weight)

        yield show
