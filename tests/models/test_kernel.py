"""The compiled networks answer as numpy's do, up to the order of sums, and each as its own company-free self."""

from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features import kernel
from linewise.models import Classifier
from linewise.models.network import Inputs, Network, Part, run, sigmoid
from linewise.models.store import SavedModel, load, save

from .networks import plain_thresholds, random_layer, random_networks

SOURCES = sorted((Path(__file__).parents[2] / "features").rglob("*.py"))
compiled_only = pytest.mark.skipif(kernel.load() is None, reason="the package was built without a C compiler")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SavedModel:
    folder = tmp_path_factory.mktemp("model")
    save(folder, random_networks(), plain_thresholds(), {})
    return load(folder)


@pytest.fixture
def numpy_alone() -> Iterator[None]:
    with patch.object(kernel, "load", lambda: None):
        yield


@compiled_only
def test_answers_are_those_of_numpy(model: SavedModel) -> None:
    texts = [path.read_bytes() for path in SOURCES]
    compiled = list(Classifier(model).classify_many(texts))
    with patch.object(kernel, "load", lambda: None):
        plain = list(Classifier(model).classify_many(texts))
    for found, expected in zip(compiled, plain, strict=True):
        np.testing.assert_allclose(found.probabilities, expected.probabilities, rtol=0, atol=2e-6)
        assert (found.language, len(found)) == (expected.language, len(expected))


@settings(max_examples=60, deadline=None)
@given(
    widths=st.tuples(st.integers(1, 400), st.integers(1, 70), st.integers(1, 40)),
    sizes=st.lists(st.integers(0, 120), min_size=1, max_size=4),
    one_layer=st.booleans(),
    compiled=st.booleans(),
)
def test_rows_are_multiplied_as_they_should(
    widths: tuple[int, int, int], sizes: list[int], *, one_layer: bool, compiled: bool
) -> None:
    rng = np.random.default_rng(sum(sizes))
    n_in, n_hidden, n_out = widths
    first, second = random_layer(rng, n_in, n_hidden), random_layer(rng, n_hidden, n_out)
    network = Network((first,)) if one_layer else Network((first, second))
    offsets = np.concatenate(([0], np.cumsum(sizes)))
    n_lines = int(offsets[-1])
    cut = n_in // 3
    left, right = rng.standard_normal((n_lines + 5, cut)), rng.standard_normal((7, n_in - cut))
    base, relative = rng.integers(0, n_lines + 5, n_lines), rng.integers(0, 7, n_lines + 5)
    inputs = Inputs(
        (
            Part(0, left.astype(np.float32), base),
            Part(cut, right.astype(np.float32), base, relative),
        )
    )
    with patch.object(kernel, "load", kernel.load if compiled else lambda: None):
        hidden, logits = run(network, offsets, inputs)
    rows = np.hstack((left.astype(np.float32)[base], right.astype(np.float32)[relative[base]])).astype(np.float64)
    expected = rows @ first.weight + first.bias
    if not one_layer:
        expected = np.maximum(expected, 0)
        np.testing.assert_allclose(hidden, expected, rtol=0, atol=1e-4)
        expected = expected @ second.weight + second.bias
    np.testing.assert_allclose(logits, expected, rtol=0, atol=1e-4)


@pytest.mark.usefixtures("numpy_alone")
def test_without_the_kernel_an_answer_does_not_depend_on_its_neighbours(model: SavedModel) -> None:
    classifier = Classifier(model)
    texts = [path.read_bytes() for path in SOURCES]
    for text, together in zip(texts, classifier.classify_many(texts), strict=True):
        assert np.array_equal(classifier.classify(text).probabilities, together.probabilities)


@compiled_only
def test_the_logistic_function_is_exact_to_a_ten_millionth() -> None:
    logits = np.concatenate((np.linspace(-40, 40, 100_001), [0, -0.0, 1e30, -1e30])).astype(np.float32)
    with np.errstate(over="ignore"):
        expected = 1 / (1 + np.exp(-np.clip(logits.astype(np.float64), -30, 30)))
    np.testing.assert_allclose(sigmoid(logits), expected, rtol=0, atol=1.5e-7)
    assert sigmoid(np.zeros((0, 3), np.float32)).shape == (0, 3)


def test_parts_that_are_not_contiguous_are_refused() -> None:
    matrix = np.zeros((4, 4), np.float32)
    layer = random_layer(np.random.default_rng(0), 2, 3)
    if kernel.load() is not None:
        with pytest.raises(ValueError, match="column 0"):
            run(Network((layer,)), np.array([0, 4]), Inputs((Part(0, matrix[:, ::2]),)))
