"""``linewise bench``: figures of a model."""

from __future__ import annotations

import json
from pathlib import Path

import click

from linewise.training.corpus.manifest import Split


@click.group()
def bench() -> None:
    """Measure a model."""


@bench.command()
@click.option(
    "--split",
    type=click.Choice([Split.VALIDATION.value, Split.TEST.value]),
    default="test",
    show_default=True,
    help="Which split; tune on validation only.",
)
@click.option(
    "--model",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A model folder; otherwise the model that ships.",
)
@click.option(
    "--json", "json_path", type=click.Path(dir_okay=False, path_type=Path), help="Also write the figures to this file."
)
@click.option("--card", is_flag=True, help="Write the figures into the model's MODEL_CARD.md.")
@click.option(
    "--log",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Append a line to this file, which lists the runs on the test split.",
)
def accuracy(split: str, folder: Path | None, json_path: Path | None, card: bool, log: Path | None) -> None:
    """Print F1 per view, label and language on a split of the corpus, as Markdown."""
    # Imported here, so that listing the commands loads no trainer.
    from linewise.models import ModelError, store  # noqa: PLC0415
    from linewise.training.benchmark.accuracy import measure_accuracy  # noqa: PLC0415
    from linewise.training.benchmark.card import write_card  # noqa: PLC0415
    from linewise.training.benchmark.report import as_json, as_markdown  # noqa: PLC0415
    from linewise.training.corpus.frozen import frozen_test_split, measure_test_split  # noqa: PLC0415
    from linewise.training.corpus.shards import CorpusMissingError  # noqa: PLC0415
    from linewise.training.trainer.run import load_corpus  # noqa: PLC0415

    folder = folder or store.default_folder()
    try:
        model = store.load(folder)
        corpus = load_corpus(Split(split))
    except (ModelError, CorpusMissingError) as error:
        raise click.ClickException(str(error)) from error
    digest = None
    if split == Split.TEST.value:
        digest = measure_test_split().digest
        if digest != frozen_test_split().digest:
            raise click.ClickException(
                f"the test split in the cache has the digest {digest[:16]}…, the frozen one "
                f"{frozen_test_split().digest[:16]}…: run `linewise corpus fetch` and `linewise corpus prepare`"
            )
    figures = measure_accuracy(model, corpus, Split(split))
    report = as_markdown(figures, digest)
    click.echo(report)
    if json_path is not None:
        json_path.write_text(json.dumps(as_json(figures, digest), indent=1) + "\n", encoding="utf-8")
    if card:
        write_card(folder, model, report)
    if log is not None:
        whole, single = figures.view("whole file").figures, figures.view("1 line").figures
        with log.open("a", encoding="utf-8") as stream:
            stream.write(
                f"| `{model.info.digest[:16]}` | `{(digest or split)[:16]}` | {whole.overall():.4f} | "
                f"{whole.exact():.1%} | {single.overall():.4f} |\n"
            )
