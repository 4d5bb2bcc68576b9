"""The forward pass of a multi-layer perceptron with one rectified hidden layer, the same for a line in any company.

The compiled kernel sums every row in one order wherever it stands. The last bits of a row of numpy's products, however,
depend on the product's size and on the row's place in it. So that a line's answer never depends on what else is in
the batch, every product of numpy's has exactly `BLOCK_ROWS` rows and every document begins a new block (its last one
padded): a line's place in its block follows from its place in its own document.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features import kernel

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
class LanguageLayer(Layer):
    """What the words of a text say for each language.

    Attributes:
        unfamiliar: what a text says for no language that is known, for each square root of a token. The words of a
            known language agree with each other; those of another one speak for many languages and against each.
    """

    unfamiliar: float


@dataclass(frozen=True, slots=True)
class Network:
    """One layer or two applied in turn, the first of two rectified; the last one's outputs are logits."""

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


@dataclass(frozen=True, slots=True)
class Part:
    """Input columns that are copied, for each line, from one row of a matrix.

    Attributes:
        column: the first of the input's columns.
        source: float32 of shape (any, width).
        base: int64 of shape (n_lines,), where a line's number is looked up first; None where it stays.
        relative: int64, where what came of that is looked up once more; None where it stays.
    """

    column: int
    source: Float32Array
    base: NDArray[np.int64] | None = None
    relative: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Inputs:
    """A network's input rows as a recipe, one row for each line; every column belongs to one part."""

    parts: tuple[Part, ...]

    def __call__(self, begin: int, end: int, out: Float32Array) -> None:
        """Write the rows begin:end into `out`, of shape (end - begin, n_in)."""
        for part in self.parts:
            index: NDArray[np.int64] | slice = slice(begin, end) if part.base is None else part.base[begin:end]
            index = index if part.relative is None else part.relative[index]
            out[:, part.column : part.column + part.source.shape[1]] = part.source[index]


def run(network: Network, line_offsets: NDArray[np.int64], inputs: Inputs) -> tuple[Float32Array, Float32Array]:
    """Apply a network to all lines of a batch.

    Args:
        network: the network, of one or two layers.
        line_offsets: each document's first line, int64 of shape (n_documents + 1,).
        inputs: what makes the input rows.

    Returns:
        The hidden layer, float32 of shape (n_lines, n_hidden) (of no width where there is none), and the logits,
        (n_lines, n_out).
    """
    n_lines = int(line_offsets[-1])
    first, *rest = network.layers
    hidden = np.empty((n_lines, first.weight.shape[1] if rest else 0), dtype=np.float32)
    logits = np.empty((n_lines, network.n_outputs), dtype=np.float32)
    if n_lines == 0:
        return hidden, logits
    if (compiled := kernel.load()) is not None:
        parts = np.array([_addresses(part) for part in inputs.parts], dtype=np.int64)
        second = _layer_addresses(rest[0]) if rest else np.zeros(4, dtype=np.int64)
        hidden_out = hidden if rest else None
        compiled.call("lw_network", parts, len(parts), n_lines, _layer_addresses(first), second, hidden_out, logits)
    else:
        _run_blocks(network, line_offsets, inputs, hidden, logits)
    return hidden, logits


def _addresses(part: Part) -> tuple[int, int, int, int, int, int]:
    """A part as the kernel takes it."""
    source, base, relative = part.source, part.base, part.relative
    for array in (source, base, relative):
        if array is not None and not array.flags.c_contiguous:
            raise ValueError(f"the part at column {part.column} is not contiguous")
    width = source.shape[1]
    base_address = 0 if base is None else kernel.address(base)
    relative_address = 0 if relative is None else kernel.address(relative)
    return kernel.address(source), base_address, relative_address, width, width, part.column


def _layer_addresses(layer: Layer) -> NDArray[np.int64]:
    """A layer as the kernel takes it."""
    if not (layer.weight.flags.c_contiguous and layer.bias.flags.c_contiguous):
        raise ValueError(f"a layer of shape {layer.weight.shape} is not contiguous")
    addresses = kernel.address(layer.weight), kernel.address(layer.bias)
    return np.array([*addresses, *layer.weight.shape], dtype=np.int64)


def _run_blocks(
    network: Network, line_offsets: NDArray[np.int64], fill: Inputs, hidden: Float32Array, logits: Float32Array
) -> None:
    """As the kernel, by numpy alone: in blocks of one fixed size, each document beginning a new one."""
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
    if (compiled := kernel.load()) is not None:
        logits = np.ascontiguousarray(logits)
        answer = np.empty(logits.shape, dtype=np.float32)
        compiled.call("lw_sigmoid", logits, logits.size, answer)
        return answer
    result: Float32Array = (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32, copy=False)
    return result


def softmax(logits: Float32Array) -> Float32Array:
    """Row-wise softmax, float32 of the same shape."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: Float32Array = shifted / shifted.sum(axis=1, keepdims=True)
    return result
