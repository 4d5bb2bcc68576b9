"""Languages that the model is trained on without a name for them: their truth, and what training makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from linewise.features.labels import names_of
from linewise.features.languages import LANGUAGE_NAMES
from linewise.features.lines import split_lines
from linewise.features.plain_text import parse_plain_text
from linewise.training.corpus.filters import EXTENSIONS
from linewise.training.corpus.labelling import oracle_digest_of
from linewise.training.corpus.manifest import FURTHER_LANGUAGES, UNSEEN_LANGUAGES, Split, load_manifest
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle.further import FURTHER
from linewise.training.oracle.interiors import interiors_of
from linewise.training.oracle.labelling import label_file
from linewise.training.trainer.folds import split_projects
from linewise.training.trainer.sampling import Sampling, draw

EXAMPLES = Path(__file__).parent / "further"


@pytest.mark.parametrize("language", sorted(FURTHER_LANGUAGES))
def test_every_line_of_the_example_has_its_labels(language: str) -> None:
    expected = parse_plain_text((EXAMPLES / f"{language}.txt").read_bytes())
    truth = label_file(expected.data, language)
    lines = expected.data.decode().split("\n")
    assert truth.known.all()
    for text, wanted, given in zip(lines, expected.masks, truth.masks.tolist(), strict=False):
        assert names_of(given) == names_of(wanted), text


def test_further_languages_have_profiles_extensions_and_training_packages() -> None:
    assert set(FURTHER) == FURTHER_LANGUAGES
    assert not FURTHER_LANGUAGES & (UNSEEN_LANGUAGES | set(LANGUAGE_NAMES))
    assert set(load_manifest().further_languages(Split.TRAIN)) == FURTHER_LANGUAGES
    for language in FURTHER_LANGUAGES:
        assert EXTENSIONS[language]
        assert oracle_digest_of(language) != oracle_digest_of("python")


def test_an_interior_is_where_a_literal_began_on_a_line_above() -> None:
    data = b"/* one\n   two */ int x = 1;\n// three\n// four\nstring s = `a\nb`;\n"
    assert interiors_of(data, "d").tolist() == [False, True, False, False, False, True]


@pytest.fixture
def file() -> LabelledFile:
    data = b"module A is\n   x := 1;\nend A;\n" * 20
    n_lines = len(split_lines(data))
    return LabelledFile("ada", "A", "a", "a.adb", data, np.ones(n_lines, np.uint32), np.ones(n_lines, np.bool_))


def test_nobody_is_told_the_name_of_a_further_language(file: LabelledFile) -> None:
    samples = list(draw([file] * 20, Sampling(hint_share=1.0, withheld_share=1.0), np.random.default_rng(1)))
    assert samples
    assert all(sample.document.language is None and not sample.withheld for sample in samples)


def test_no_project_of_a_further_language_is_held_back(file: LabelledFile) -> None:
    folds = split_projects([file])
    assert len(folds.line) + len(folds.context) == 1
    assert not folds.held
