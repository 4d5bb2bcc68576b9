"""The coded first layer is the float one up to half a code, and the same with and without the compiled kernel."""

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features import kernel
from linewise.features.vectors import LineVectors
from linewise.models.network import Layer
from linewise.models.sparse import CODE_LIMIT, MAX_FEATURES, encode, sum_rows


def some_layer(width: int, seed: int = 0) -> Layer:
    rng = np.random.default_rng(seed)
    weight = rng.standard_normal((50, width)).astype(np.float32)
    return Layer(weight, rng.standard_normal(width).astype(np.float32))


def some_vectors(counts: list[int], seed: int = 0) -> LineVectors:
    offsets = np.concatenate(([0], np.cumsum(np.array(counts, dtype=np.int64))))
    indices = np.random.default_rng(seed).integers(0, 50, int(offsets[-1])).astype(np.int32)
    return LineVectors(indices, offsets)


def test_codes_are_the_nearest() -> None:
    layer = some_layer(64)
    coded = encode(layer)
    assert np.abs(coded.codes).max(axis=0).tolist() == [CODE_LIMIT] * 64
    assert (np.abs(coded.codes * coded.scale - layer.weight) <= coded.scale * 0.501).all()


def test_a_column_of_zeros_has_codes() -> None:
    coded = encode(Layer(np.zeros((3, 2), np.float32), np.ones(2, np.float32)))
    assert not coded.codes.any()
    assert np.isfinite(coded.scale).all()


@settings(max_examples=50, deadline=None)
@given(
    counts=st.lists(st.integers(0, MAX_FEATURES), max_size=20),
    width=st.sampled_from([1, 16, 63, 64]),
    compiled=st.booleans(),
)
def test_sums_of_codes_are_exact(counts: list[int], width: int, *, compiled: bool) -> None:
    coded, vectors = encode(some_layer(width)), some_vectors(counts)
    with patch.object(kernel, "load", kernel.load if compiled else lambda: None):
        hidden = sum_rows(vectors, coded)
    lines = [vectors.indices[vectors.offsets[i] : vectors.offsets[i + 1]] for i in range(len(counts))]
    sums = np.array([coded.codes[line].astype(np.int64).sum(axis=0) for line in lines]).reshape(-1, width)
    np.testing.assert_allclose(
        hidden, np.maximum(sums * coded.scale.astype(float) + coded.bias, 0), rtol=1e-6, atol=1e-6
    )


@pytest.mark.parametrize("compiled", [True, False])
def test_the_longest_line_does_not_overflow(*, compiled: bool) -> None:
    layer = Layer(np.ones((50, 64), np.float32), np.zeros(64, np.float32))
    with patch.object(kernel, "load", kernel.load if compiled else lambda: None):
        hidden = sum_rows(some_vectors([MAX_FEATURES]), encode(layer))
    np.testing.assert_allclose(hidden, MAX_FEATURES, rtol=1e-5)
