"""``linewise train``: a model folder from the labelled corpus."""

from __future__ import annotations

from pathlib import Path

import click

from linewise.training.corpus.cache import cache_folder
from linewise.training.corpus.manifest import Split


@click.group()
def train() -> None:
    """Train the networks on the labelled corpus."""


@train.command()
@click.option(
    "--recipe",
    type=click.Choice(["full", "quick"]),
    default="full",
    show_default=True,
    help="full: the recipe of the model that ships. quick: one pass, for experiments.",
)
@click.option(
    "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="The model folder to write."
)
@click.option(
    "--curves", type=click.Path(dir_okay=False, path_type=Path), help="Draw the learning curves into this PNG file."
)
def model(recipe: str, output: Path, curves: Path | None) -> None:
    """Fit all stages and write a model folder.

    An interrupted training goes on after its last finished epoch when the same command is given again. Finished
    epochs are kept in the cache folder, under a digest of the recipe, the corpus and the code.
    """
    # Imported here, so that listing the commands loads no trainer.
    from linewise.models import store  # noqa: PLC0415
    from linewise.training.corpus.shards import CorpusMissingError  # noqa: PLC0415
    from linewise.training.trainer.checkpoints import Checkpoints  # noqa: PLC0415
    from linewise.training.trainer.folds import split_projects  # noqa: PLC0415
    from linewise.training.trainer.progress import Progress, draw_curves  # noqa: PLC0415
    from linewise.training.trainer.run import (  # noqa: PLC0415
        calibration_corpus,
        fit_stages,
        load_corpus,
        training_key,
        write_model,
    )
    from linewise.training.trainer.stages import FULL, QUICK, Run  # noqa: PLC0415

    chosen = FULL if recipe == "full" else QUICK
    try:
        corpus = load_corpus(Split.TRAIN, variation=chosen.variation)
        validation = load_corpus(Split.VALIDATION)
    except CorpusMissingError as error:
        raise click.ClickException(str(error)) from error
    key = training_key(chosen, corpus, validation)
    checkpoints = Checkpoints.for_key(key)
    log = cache_folder() / "training" / key / "progress.jsonl"
    click.echo(f"{corpus.n_lines:,} lines; checkpoints in {log.parent}", err=True)
    folds = split_projects(corpus, corpus.projects_of_test_cases)
    unseen = calibration_corpus(folds.held, validation)
    with Progress(log) as progress:
        networks = fit_stages(folds.line, folds.context, unseen, Run(chosen, progress, checkpoints))
    write_model(output, networks, chosen, corpus, unseen, validation)
    if curves is not None:
        draw_curves(log, curves)
    validation_f1 = store.load(output).info.summary["validation_macro_f1"]
    click.echo(f"wrote {output}; macro-F1 on validation, whole files: {validation_f1}")


@train.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
def words(target: Path) -> None:
    """Write the words that many training projects share into TARGET, one a line.

    They are part of the features (features/linewise/features/words.txt): a model fits one list of words only.
    """
    from linewise.training.corpus.shards import CorpusMissingError  # noqa: PLC0415
    from linewise.training.trainer.run import load_corpus  # noqa: PLC0415
    from linewise.training.trainer.vocabulary import shared_words  # noqa: PLC0415

    try:
        corpus = load_corpus(Split.TRAIN)
    except CorpusMissingError as error:
        raise click.ClickException(str(error)) from error
    found = shared_words(file for files in corpus.code.values() for file in files)
    target.write_text("\n".join(found) + "\n", encoding="ascii")
    click.echo(f"wrote {len(found)} words to {target}")
