"""Layers over hashed features in one byte a weight, and the first layer of the line network, which is one.

The sums of the line network's codes are of whole numbers: they are the same in any order and on any machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from linewise.features import kernel
from linewise.features.vectors import FEATURES_PER_LINE, FEATURES_PER_TOKEN, MAX_TOKENS_PER_LINE, LineVectors

from .network import Float32Array, Layer

CODE_LIMIT = 127
MAX_FEATURES = FEATURES_PER_LINE + FEATURES_PER_TOKEN * MAX_TOKENS_PER_LINE
"""Of one line. Sums of so many codes stay below 2 ** 15, so that 16 bits hold them."""


@dataclass(frozen=True, slots=True)
class CodedLayer:
    """An affine map with small weights: the weight (i, k) is codes[i, k] * scale[k].

    Attributes:
        codes: int8 of shape (n_in, n_out), from -127 to 127.
        scale: float32 of shape (n_out,).
        bias: float32 of shape (n_out,).
    """

    codes: NDArray[np.int8]
    scale: Float32Array
    bias: Float32Array


def encode(layer: Layer) -> CodedLayer:
    """The nearest codes, each column's greatest weight being 127."""
    scale = np.maximum(np.abs(layer.weight).max(axis=0), 1e-9) / CODE_LIMIT
    codes = np.rint(layer.weight / scale).astype(np.int8)
    return CodedLayer(codes, scale.astype(np.float32), layer.bias)


def decode(layer: CodedLayer) -> Layer:
    """The weights that the codes stand for."""
    return Layer(layer.codes * layer.scale, layer.bias)


def sum_rows(vectors: LineVectors, layer: Layer | CodedLayer) -> Float32Array:
    """A rectified layer of sparse rows of ones: float32 of shape (n_lines, n_out)."""
    return _sum_codes(vectors, layer) if isinstance(layer, CodedLayer) else _sum_weights(vectors, layer)


def _sum_codes(vectors: LineVectors, layer: CodedLayer) -> Float32Array:
    n_lines, n_out = len(vectors.offsets) - 1, layer.codes.shape[1]
    if (compiled := kernel.load()) is not None:
        hidden = np.empty((n_lines, n_out), dtype=np.float32)
        compiled.call(
            "lw_sum_codes",
            vectors.indices,
            vectors.offsets,
            n_lines,
            layer.codes,
            layer.scale,
            layer.bias,
            n_out,
            hidden,
        )
        return hidden
    from scipy.sparse import csr_array  # noqa: PLC0415 - the compiled kernel needs none, and its import takes long

    ones = np.ones(len(vectors.indices), dtype=np.int16)
    matrix = csr_array((ones, vectors.indices, vectors.offsets), shape=(n_lines, len(layer.codes)))
    sums = np.asarray(matrix @ layer.codes.astype(np.int16))  # (n_lines, n_in) @ (n_in, n_out), int16
    rectified: Float32Array = np.maximum(sums.astype(np.float32) * layer.scale + layer.bias, 0)
    return rectified


def _sum_weights(vectors: LineVectors, layer: Layer) -> Float32Array:
    n_lines, n_out = len(vectors.offsets) - 1, layer.weight.shape[1]
    if (compiled := kernel.load()) is not None:
        hidden = np.empty((n_lines, n_out), dtype=np.float32)
        compiled.call("lw_sum_rows", vectors.indices, vectors.offsets, n_lines, layer.weight, layer.bias, n_out, hidden)
        return hidden
    hidden = np.asarray(vectors.matrix() @ layer.weight)
    hidden += layer.bias
    np.maximum(hidden, 0, out=hidden)
    return hidden
