"""``linewise corpus``: fetch, prepare and label the source code that the model is made from."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from linewise.features.languages import LANGUAGE_NAMES
from linewise.training.corpus.cache import corpus_folder
from linewise.training.corpus.manifest import (
    FURTHER_LANGUAGES,
    Manifest,
    ManifestError,
    Split,
    load_manifest,
    write_manifest,
)


def _manifest(path: Path | None) -> Manifest:
    try:
        return load_manifest(path)
    except ManifestError as error:
        raise click.ClickException(str(error)) from None


_manifest_option = click.option(
    "--manifest",
    "manifest_path",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Another manifest than the one that ships with linewise.",
)


@click.group()
def corpus() -> None:
    """The source code that the model is trained and tested on.

    It lies in the user's cache folder, or in the one that LINEWISE_CACHE names.
    """


@corpus.command()
@_manifest_option
@click.option("--jobs", default=4, show_default=True, help="Downloads at a time.")
def fetch(manifest_path: Path | None, jobs: int) -> None:
    """Fetch the archives of the manifest into the cache, checked; what is there is kept."""
    from linewise.training.corpus.fetch import fetch_all  # noqa: PLC0415

    report = fetch_all(_manifest(manifest_path), n_workers=jobs)
    click.echo(f"{len(report.fetched)} fetched, {len(report.present)} there already, {len(report.failed)} failed")
    for reason in report.failed.values():
        click.echo(f"failed: {reason}", err=True)
    if report.failed:
        sys.exit(1)


@corpus.command()
@click.argument("manifest_path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def lock(manifest_path: Path) -> None:
    """Write the SHA-256 of the fetched archives into a manifest."""
    from linewise.training.corpus.fetch import locked  # noqa: PLC0415

    text = manifest_path.read_text("utf-8")
    header = text[: text.index("[[package]]")] if "[[package]]" in text else text
    manifest = locked(_manifest(manifest_path))
    manifest_path.write_text(write_manifest(manifest.packages, header), encoding="utf-8")
    click.echo(f"{sum(bool(p.sha256) for p in manifest.packages)} of {len(manifest.packages)} packages locked")


@corpus.command()
@_manifest_option
@click.option("--jobs", default=2, show_default=True, help="Processes.")
def prepare(manifest_path: Path | None, jobs: int) -> None:
    """Unpack, filter and deduplicate the archives into files by split and language."""
    from linewise.training.corpus.frozen import frozen_test_split, measure_test_split  # noqa: PLC0415
    from linewise.training.corpus.prepare import prepare as prepare_corpus  # noqa: PLC0415

    report = prepare_corpus(_manifest(manifest_path), n_jobs=jobs)
    for (split, language), n_lines in sorted(report.n_lines.items()):
        n_files = report.n_files[split, language]
        click.echo(f"{split.value:10} {language:10} {n_files:7,} files {n_lines:9,} lines")
    click.echo(f"written to {corpus_folder()}")
    if manifest_path is None and measure_test_split().digest != frozen_test_split().digest:
        click.echo("warning: the test split is not the frozen one", err=True)
    for reason in report.failed.values():
        click.echo(f"failed: {reason}", err=True)
    if report.failed:
        sys.exit(1)


@corpus.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
def freeze(target: Path) -> None:
    """Write the digest and counts of the prepared test split to a file."""
    from linewise.training.corpus.frozen import measure_test_split, test_split_text  # noqa: PLC0415

    measured = measure_test_split()
    target.write_text(test_split_text(measured), encoding="utf-8")
    click.echo(measured.digest)


@corpus.command()
@click.option("--split", "splits", type=click.Choice([s.value for s in Split]), multiple=True, help="Only these.")
@click.option(
    "--language",
    "languages",
    type=click.Choice((*LANGUAGE_NAMES, *sorted(FURTHER_LANGUAGES))),
    multiple=True,
    help="Only these.",
)
@click.option("--jobs", default=2, show_default=True, help="Processes.")
def label(splits: tuple[str, ...], languages: tuple[str, ...], jobs: int) -> None:
    """Label every line of the prepared files by the oracle; what is labelled stays."""
    from linewise.training.corpus.labelling import label_corpus  # noqa: PLC0415
    from linewise.training.corpus.shards import CorpusMissingError  # noqa: PLC0415
    from linewise.training.oracle.errors import OracleError  # noqa: PLC0415

    chosen = [Split(name) for name in splits or [s.value for s in Split]]
    try:
        for split in chosen:
            wanted = languages or (*LANGUAGE_NAMES, *load_manifest().further_languages(split))
            for report in label_corpus([split], wanted, n_jobs=jobs):
                click.echo(
                    f"{report.split.value:10} {report.language:10} {report.n_labelled:4} chunks labelled,"
                    f" {report.n_present:4} there already"
                )
    except (CorpusMissingError, OracleError) as error:
        raise click.ClickException(str(error)) from None


@corpus.command()
@_manifest_option
@click.option("--jobs", default=2, show_default=True, help="Processes.")
def text(manifest_path: Path | None, jobs: int) -> None:
    """Harvest the documents of the archives: the text that is no program."""
    from linewise.training.text.harvest import harvest_corpus  # noqa: PLC0415

    report = harvest_corpus(_manifest(manifest_path), n_jobs=jobs)
    for split in Split:
        click.echo(
            f"{split.value:10} {report.n_documents[split]:6,} documents {report.n_lines[split]:8,} lines"
            f" of {report.n_projects[split]:4} projects"
        )
    for reason in report.failed.values():
        click.echo(f"failed: {reason}", err=True)
    if report.failed:
        sys.exit(1)


@corpus.command()
@_manifest_option
@click.option("--write", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write the page here.")
def stats(manifest_path: Path | None, target: Path | None) -> None:
    """Print what the corpus holds as Markdown tables."""
    from linewise.training.corpus.statistics import corpus_page, measure_corpus  # noqa: PLC0415

    page = corpus_page(_manifest(manifest_path), measure_corpus())
    if target is None:
        click.echo(page, nl=False)
    else:
        target.write_text(page, encoding="utf-8")
