"""The oracle against the labelled files of tests/conformance, and its behaviour on damaged and odd texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from linewise.features.labels import names_of
from linewise.features.plain_text import parse_plain_text
from linewise.training.oracle import label_file, violations

CONFORMANCE = Path(__file__).parents[1] / "conformance"
QUERIES = Path(__file__).parents[2] / "training/linewise/training/queries"
LANGUAGES = sorted(
    path.stem for path in CONFORMANCE.glob("*.txt") if (QUERIES / path.name).with_suffix(".scm").exists()
)


def labels(text: str, language: str) -> list[set[str]]:
    truth = label_file(text.encode(), language)
    assert truth.known.all()
    return [set(names_of(int(mask))) for mask in truth.masks]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_conformance_line_is_labelled_as_gold(language: str) -> None:
    gold = parse_plain_text((CONFORMANCE / f"{language}.txt").read_bytes())
    truth = label_file(gold.data, language)
    texts = gold.data.decode().split("\n")
    wrong = [
        f"{language}.txt:{number + 1}: {texts[number]}\n  expected {','.join(names_of(expected))}"
        f"\n  got      {','.join(names_of(got))}{'' if known else '  (unknown)'}"
        for number, (expected, got, known) in enumerate(
            zip(gold.masks, truth.masks.tolist(), truth.known.tolist(), strict=True)
        )
        if expected != got or not known
    ]
    assert not wrong, f"{len(wrong)} lines differ\n" + "\n".join(wrong)
    assert violations(truth.masks, gold.data) == []
