"""When a text is of no known language."""

from __future__ import annotations

import numpy as np
import pytest

from linewise.features.vectors import N_LANGUAGE_BUCKETS
from linewise.models import pipeline
from linewise.models.layout import N_LANGUAGE_SCORES
from linewise.models.network import Layer
from linewise.training.corpus.shards import LabelledFile
from linewise.training.trainer.familiarity import SHARE, with_familiarity

from ...models.networks import random_layer


def _file(language: str, number: int, data: bytes) -> LabelledFile:
    n_lines = data.count(b"\n")
    return LabelledFile(language, "p", "p", f"{number}", data, np.ones(n_lines, np.uint32), np.ones(n_lines, np.bool_))


@pytest.fixture(scope="module")
def files() -> list[LabelledFile]:
    rng = np.random.default_rng(3)
    words = [f"word{index}" for index in range(300)]
    texts = [
        "".join(f"{' '.join(rng.choice(words, 6))}\n" for _ in range(int(rng.integers(5, 80)))) for _ in range(100)
    ]
    return [_file("go", number, text.encode()) for number, text in enumerate(texts)]


@pytest.fixture(scope="module")
def layer() -> Layer:
    return random_layer(np.random.default_rng(5), N_LANGUAGE_BUCKETS, N_LANGUAGE_SCORES, 0.5)


def test_few_texts_of_those_that_it_was_measured_on_are_of_no_language(files: list[LabelledFile], layer: Layer) -> None:
    found = with_familiarity(layer, [files, []])
    scores = pipeline.prepare(found, [pipeline.Document(file.data) for file in files]).language_scores
    of_none = 1 - scores.sum(axis=1)
    assert ((of_none >= -1e-6) & (of_none <= 1)).all()
    # Whole files and windows share one measure, so that a view may have more such texts than another.
    assert 0 < (of_none > 0.5).mean() <= 5 * SHARE
    assert np.array_equal(found.weight, layer.weight)


def test_words_that_speak_against_every_language_are_of_none(files: list[LabelledFile], layer: Layer) -> None:
    found = with_familiarity(layer, [files])
    against = type(found)(found.weight - 2, found.bias, found.unfamiliar)
    documents = [pipeline.Document(file.data) for file in files]
    assert (pipeline.prepare(against, documents).language_scores.sum(axis=1) < 0.5).all()
    told = [pipeline.Document(file.data, "go") for file in files]
    assert (pipeline.prepare(against, told).language_scores.sum(axis=1) == 1).all()
