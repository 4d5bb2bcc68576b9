"""``linewise labels``: the vocabulary."""

from __future__ import annotations

import json

import click

from linewise.features.labels import LABELS, TAXONOMY_VERSION


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="A table for people, or one JSON object.",
)
def labels(form: str) -> None:
    """Print the labels that a line can have, with their groups and meanings."""
    if form == "json":
        vocabulary = {
            "taxonomy_version": TAXONOMY_VERSION,
            "labels": [{"name": label.name, "group": label.group.value, "meaning": label.meaning} for label in LABELS],
        }
        click.echo(json.dumps(vocabulary, indent=2))
        return
    name_width = max(len(label.name) for label in LABELS)
    group_width = max(len(label.group) for label in LABELS)
    click.echo(f"{'label':<{name_width}}  {'group':<{group_width}}  a line has it when")
    for label in LABELS:
        click.echo(f"{label.name:<{name_width}}  {label.group:<{group_width}}  {label.meaning}")
    click.echo(f"\n{len(LABELS)} labels, taxonomy {TAXONOMY_VERSION}")
