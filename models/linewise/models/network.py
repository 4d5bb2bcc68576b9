"""The forward pass of a multi-layer perceptron with rectified hidden layers, in blocks of one fixed size.

The last bits of a matrix product's row depend on the product's size and on the row's place in it, because the kernels
treat them differently. So that a line's answer never depends on what else is in the batch, every product here has
exactly `BLOCK_ROWS` rows and every document begins a new block (its last one padded): a line's place in its block
follows from its place in its own document.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
BLOCK_ROWS = 64
CHUNK_ROWS = 2048
"""Input rows are made for about so many lines at once: enough to spread the fixed costs, few enough for the cache."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One affine map: `weight` float32 of shape (n_in, n_out), `bias` float32 of shape (n_out,)."""

    weight: Float32Array
    bias: Float32Array


@dataclass(frozen=True, slots=True)
class Network:
    """Layers applied in turn, rectified but for the last, whose outputs are logits."""

    layers: tuple[Layer, ...]

    @property
    def n_inputs(self) -> int:
        """Width of an input row."""
        return int(self.layers[0].weight.shape[0])

    @property
    def n_outputs(self) -> int:
        """Number of logits."""
        return int(self.layers[-1].bias.shape[0])

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds that one row takes when its input is dense."""
        return sum(layer.weight.size for layer in self.layers)


FillBlock = Callable[[int, int, Float32Array], None]
"""Called with the first row, the row after the last, and a view of shape (rows, n_in) to write them into."""


def run(network: Network, line_offsets: NDArray[np.int64], fill: FillBlock) -> tuple[Float32Array, Float32Array]:
    """Apply a network to rows that are produced chunk by chunk.

    Args:
        network: the network.
        line_offsets: each document's first row, int64 of shape (n_documents + 1,).
        fill: writes the input rows.

    Returns:
        The last hidden layer, float32 of shape (n_rows, n_hidden), and the logits, (n_rows, n_out).
    """
    n_rows = int(line_offsets[-1])
    hidden = np.empty((n_rows, network.layers[-1].weight.shape[0]), dtype=np.float32)
    logits = np.empty((n_rows, network.n_outputs), dtype=np.float32)
    inputs = np.empty((CHUNK_ROWS, network.n_inputs), dtype=np.float32)
    padded = np.zeros((BLOCK_ROWS, network.n_inputs), dtype=np.float32)
    for chunk in _chunks(line_offsets):
        first, last = chunk[0][0], chunk[-1][1]
        fill(first, last, inputs[: last - first])
        for begin, end in chunk:
            values: Float32Array = inputs[begin - first : end - first]
            if end - begin < BLOCK_ROWS:
                padded[: end - begin] = values
                values = padded
            for layer in network.layers[:-1]:
                values = values @ layer.weight  # (BLOCK_ROWS, n_in) @ (n_in, n_out) -> (BLOCK_ROWS, n_out)
                values += layer.bias
                np.maximum(values, 0, out=values)
            hidden[begin:end] = values[: end - begin]
            logits[begin:end] = (values @ network.layers[-1].weight)[: end - begin]
    logits += network.layers[-1].bias
    return hidden, logits


def _chunks(line_offsets: NDArray[np.int64]) -> Iterator[list[tuple[int, int]]]:
    """The blocks of all documents as (first row, row after the last), grouped into chunks of adjacent rows."""
    chunk: list[tuple[int, int]] = []
    offsets = line_offsets.tolist()
    for document_begin, document_end in itertools.pairwise(offsets):
        for begin in range(document_begin, document_end, BLOCK_ROWS):
            end = min(begin + BLOCK_ROWS, document_end)
            if chunk and end - chunk[0][0] > CHUNK_ROWS:
                yield chunk
                chunk = []
            chunk.append((begin, end))
    if chunk:
        yield chunk


def sigmoid(logits: Float32Array) -> Float32Array:
    """The logistic function, float32, without overflow."""
    result: Float32Array = (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32, copy=False)
    return result


def softmax(logits: Float32Array) -> Float32Array:
    """Row-wise softmax, float32 of the same shape."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Float32Array = shifted / shifted.sum(axis=1, keepdims=True)
    return result
