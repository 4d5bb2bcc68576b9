"""Networks of the right shapes with random weights: what the shapes and invariants of answers can be tested on."""

from __future__ import annotations

import numpy as np

from linewise.features.labels import N_LABELS
from linewise.features.vectors import N_LANGUAGE_BUCKETS, N_LINE_BUCKETS
from linewise.models.layout import HIDDEN_LINE, N_FIRST_INPUTS, N_LANGUAGE_SCORES, REFINED, second_layout
from linewise.models.network import LanguageLayer, Layer, Network
from linewise.models.pipeline import N_LINE_OUTPUTS, Networks
from linewise.models.store import MODES, N_SIZES, Thresholds


def random_layer(rng: np.random.Generator, n_in: int, n_out: int, scale: float | None = None) -> Layer:
    weight = rng.standard_normal((n_in, n_out)) * (scale or 1 / np.sqrt(n_in))
    return Layer(weight.astype(np.float32), (0.1 * rng.standard_normal(n_out)).astype(np.float32))


def random_networks(seed: int = 0) -> Networks:
    rng = np.random.default_rng(seed)
    language = random_layer(rng, N_LANGUAGE_BUCKETS, N_LANGUAGE_SCORES, 0.5)
    return Networks(
        # So that some texts are of no language that such networks know, and some of one.
        language=LanguageLayer(language.weight, language.bias, 0.5),
        words=random_layer(rng, N_LINE_BUCKETS, HIDDEN_LINE, 0.15),
        line=random_layer(rng, HIDDEN_LINE, N_LINE_OUTPUTS),
        first_context=Network((random_layer(rng, N_FIRST_INPUTS, 48), random_layer(rng, 48, N_LABELS))),
        second_context=Network(
            (random_layer(rng, second_layout(48)["context"].stop, 48), random_layer(rng, 48, len(REFINED)))
        ),
    )


def plain_thresholds() -> dict[str, Thresholds]:
    """Of random networks, whose answers lie around a half; each size has its own."""
    of_size = np.linspace(0, 0.2, N_SIZES, dtype=np.float32)[:, None]
    lower, upper = (np.full((N_SIZES, N_LABELS), value, np.float32) + of_size for value in (0.3, 0.45))
    return {mode: Thresholds(lower, upper) for mode in MODES}
