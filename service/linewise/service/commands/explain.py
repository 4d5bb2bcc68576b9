"""``linewise explain``: what is said of one line, how surely, and what it counts for."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import click

from .options import UnusableError, language_option, load_classifier, max_bytes_option, mode_option

if TYPE_CHECKING:
    from linewise.models import Prediction

    from ..reading import Text

LEAST_SHARE_TOLD = 0.02
"""Labels that a line has not are told from this probability on."""


class PlaceType(click.ParamType[tuple[str, int]]):
    """A file and the number of a line in it."""

    name = "place"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        """The file's name and the line's number; fails where there is no number."""
        match = re.fullmatch(r"(.+):(\d+)", value, re.DOTALL)
        if match is None or int(match[2]) == 0:
            self.fail(f"{value!r} is no FILE:LINE, as queue.py:3 is", param, ctx)
        return match[1], int(match[2])


@click.command()
@click.argument("place", type=PlaceType(), metavar="FILE:LINE")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For people, or one JSON object.",
)
@language_option
@mode_option
@max_bytes_option
def explain(*, place: tuple[str, int], form: str, language: str | None, mode: str, max_bytes: int) -> None:
    """Tell all there is to know of one line of a file.

    Its labels with their meanings and probabilities, those that it might have had, and what it counts for in
    `linewise stats`, by each way of counting.

    Exit codes: 0 done; 2 wrong usage, no such file or line, the file cannot be labelled, or no usable model.
    """
    from ..files import Source  # noqa: PLC0415
    from ..reading import Skipped, read_source, reason_told  # noqa: PLC0415

    name, number = place
    read = read_source(Source(name, name), max_bytes)
    if isinstance(read, Skipped):
        raise UnusableError(f"{click.format_filename(name)}: {reason_told(read.reason, read.detail)}")
    prediction = load_classifier().classify(read.data, language=language, filename=name, context="file", mode=mode)
    if number > len(prediction):
        raise UnusableError(f"{click.format_filename(name)} has {len(prediction):,} lines")
    facts = _facts(read, prediction, number - 1)
    click.echo(json.dumps(facts, indent=1) if form == "json" else _text(facts))


def _facts(read: Text, prediction: Prediction, row: int) -> dict[str, Any]:
    """All that is to be told of a line, as a JSON object."""
    from linewise.features.labels import LABELS  # noqa: PLC0415

    from ..counting import OWN_WAY, WAYS, columns_of_line  # noqa: PLC0415
    from ..formats import text_lines  # noqa: PLC0415

    mask, uncertain = int(prediction.masks[row]), int(prediction.uncertain_masks[row])
    labels = []
    for index, label in enumerate(LABELS):
        state = "has" if mask >> index & 1 else "may have" if uncertain >> index & 1 else "has not"
        probability = round(float(prediction.probabilities[row, index]), 3)
        meaning = {"group": label.group.value, "meaning": label.meaning}
        labels.append({"name": label.name, "state": state, "probability": probability, **meaning})
    return {
        "path": read.source.name,
        "line": row + 1,
        "text": text_lines(read.data)[row],
        "language": prediction.language,
        "language_score": round(prediction.language_score, 3),
        "labels": labels,
        "counts_for": {way: columns_of_line(mask, way) for way in (OWN_WAY, *WAYS)},
        "model_digest": prediction.model_digest,
        "taxonomy_version": prediction.taxonomy_version,
    }


def _text(facts: dict[str, Any]) -> str:
    from ..formats import printable_name  # noqa: PLC0415

    told = "told" if facts["language_score"] == 1 else f"detected, probability {facts['language_score']:.2f}"
    language = f"{facts['language']} ({told})" if facts["language"] else "no known language"
    lines = [f"{printable_name(facts['path'])}:{facts['line']}, {language}", f"    {facts['text']}".rstrip()]
    width = max(len(label["name"]) for label in facts["labels"])
    for state in ("has", "may have", "has not"):
        found = [label for label in facts["labels"] if label["state"] == state]
        if state == "has not":
            found = [label for label in found if label["probability"] >= LEAST_SHARE_TOLD]
            found.sort(key=lambda label: -label["probability"])
        if found or state == "has":
            lines += ["", f"It {state}:" if found else "It has no label."]
        lines += [f"    {label['probability']:.3f}  {label['name']:<{width}}  {label['meaning']}" for label in found]
    lines += ["", "It counts for:"]
    lines += [f"    {way:<8}  {', '.join(columns) or 'nothing'}" for way, columns in facts["counts_for"].items()]
    return "\n".join(lines)
