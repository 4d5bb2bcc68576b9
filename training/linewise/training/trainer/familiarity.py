"""When a text is of no language that is known: its words agree with each other less than those of known languages do.

For each known language a token speaks for it or against it. In a text of that language they agree; in one of another
language some speak for this and some for that, and most against all, so that even the best language gets little. What
the best get is measured on texts that fitted nothing, by the square root of the tokens, by which sums of few and of
many compare.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from linewise.features.documents import make_batch
from linewise.features.tokens import tokenize
from linewise.features.vectors import language_tokens
from linewise.models import pipeline
from linewise.models.network import LanguageLayer, Layer
from linewise.training.corpus.shards import LabelledFile

from .evaluation import random_windows, whole_files
from .sampling import batches

SHARE = 0.01
"""Of the texts of known languages, those that may be taken for texts of none."""
_TEXTS = 120
"""Of each language and view."""
_WINDOW_LINES = (7, 20)
_LINES_AT_ONCE = 8_000


def with_familiarity(layer: Layer, groups: Sequence[Sequence[LabelledFile]]) -> LanguageLayer:
    """A fitted language layer that also tells texts of no known language.

    Args:
        layer: what was fitted.
        groups: the files of each language, and of text, that fitted nothing.
    """
    found = [_familiarity(layer, files) for files in groups if files]
    return LanguageLayer(layer.weight, layer.bias, float(np.quantile(np.concatenate(found), SHARE)))


def _familiarity(layer: Layer, files: Sequence[LabelledFile]) -> NDArray[np.float64]:
    """What some texts say for the known languages together, for each square root of a token."""
    blank = LanguageLayer(layer.weight, layer.bias, 0.0)
    views = (whole_files(files), *(random_windows(files, length, seed=1, per_file=3) for length in _WINDOW_LINES))
    found = []
    for group in batches(chain.from_iterable(islice(view, _TEXTS) for view in views), _LINES_AT_ONCE):
        batch = make_batch([sample.document.text for sample in group])
        tokens = tokenize(batch)
        counts = language_tokens(batch, tokens, np.arange(len(group)))
        documents = [pipeline.Document(sample.document.text) for sample in group]
        logits = pipeline.language_logits(blank, documents, batch, tokens)[:, :-1].astype(np.float64)
        highest = logits.max(axis=1)
        together = highest + np.log(np.exp(logits - highest[:, None]).sum(axis=1))
        found.append(together[counts > 0] / np.sqrt(counts[counts > 0]))
    return np.concatenate(found)
