"""What an answer costs in arithmetic."""

from __future__ import annotations

from .layout import FIRST_LAYOUT, HIDDEN_LINE, second_layout
from .pipeline import Networks

_OF_DOCUMENTS = ("language", "context", "first_line")
"""Inputs of the context networks that are the same for all lines of a text: multiplied once for it."""
N_GRAMS = 52
"""Of a line of programs, on the average."""


def multiply_adds(networks: Networks, n_grams: float = N_GRAMS) -> int:
    """Multiply-adds a line.

    Args:
        networks: the model.
        n_grams: a line's n-grams, each of which adds a row of the first layer.
    """
    hidden = networks.first_context.layers[0].weight.shape[1]
    total = n_grams * HIDDEN_LINE + networks.line.weight.size
    for network, layout in ((networks.first_context, FIRST_LAYOUT), (networks.second_context, second_layout(hidden))):
        first = network.layers[0].weight
        shared = sum(layout[name].stop - layout[name].start for name in _OF_DOCUMENTS if name in layout)
        total += network.multiply_adds - shared * first.shape[1]
    return int(total)
