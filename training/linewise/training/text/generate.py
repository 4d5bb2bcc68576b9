"""Generated documents: logs, traces, tool output, mails and the like, each wholly ``text``."""

from __future__ import annotations

import random
from collections.abc import Iterator

from linewise.training.corpus.manifest import Split
from linewise.training.corpus.shards import LabelledFile

from .plain import text_document
from .templates import Form, forms_of, render
from .words import Vocabulary
from .writer import Writer

GENERATED = "generated"
"""The project of a generated document."""
_JOINED_SHARE = 0.15


def generated_documents(split: Split, seed: int, n_lines: int, words: Vocabulary) -> Iterator[LabelledFile]:
    """Documents of the split's forms in turn, until they come to a number of lines.

    The same arguments give the same documents; no form serves two splits. Some documents are two forms after each
    other, as a console shows them.
    """
    forms = list(forms_of(split))
    random.Random(f"{split.value} {seed}").shuffle(forms)
    turn = 0
    while n_lines > 0:
        form = forms[turn % len(forms)]
        rng = random.Random(f"{split.value} {seed} {form.name} {turn}")
        lines = generated_lines(form, rng, words)
        if rng.random() < _JOINED_SHARE:
            gap = [""] * rng.randrange(3)
            lines = [*lines, *gap, *generated_lines(rng.choice(forms), rng, words)]
        document = text_document(lines, GENERATED, form.family, f"{form.name}-{turn}.txt")
        yield document
        n_lines -= len(document.masks)
        turn += 1


def generated_lines(form: Form, rng: random.Random, words: Vocabulary) -> list[str]:
    """The lines of one document of a form."""
    return render(form, Writer(rng, words))
