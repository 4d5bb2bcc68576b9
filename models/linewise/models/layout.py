"""The columns of the context networks' inputs: what they see of a line, and in which order."""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from linewise.features.labels import LABEL_INDEX, N_LABELS
from linewise.features.languages import LANGUAGE_NAMES
from linewise.features.lexis import N_SHOWN, N_STATES
from linewise.features.novelty import N_NOVELTY

CONTEXTS = ("file", "fragment", "unknown")
N_LANGUAGE_SCORES = len(LANGUAGE_NAMES) + 1
"""One for each language and one for text that is none of them."""

CARRIED = np.array(
    [
        LABEL_INDEX[name]
        for name in (
            "module_declaration",
            "function_definition",
            "lambda",
            "type_definition",
            "loop",
            "conditional",
            "exception",
            "in_type",
            "in_function",
            "in_loop",
            "in_conditional",
            "in_exception",
        )
    ]
)
OPENER = np.array(
    [LABEL_INDEX[name] for name in ("code", "comment", "documentation", "string", "text", "function_definition")]
)
FAR = np.array(
    [
        LABEL_INDEX[name]
        for name in ("code", "comment", "documentation", "string", "delimiter", "text", "import", "annotation")
    ]
)
"""What counts of the lines two away."""
FIRST_LINE = np.array([LABEL_INDEX[name] for name in ("comment", "documentation", "import", "module_declaration")])
"""What a whole file tends to begin with."""
SCOPES = [LABEL_INDEX["function_definition"], LABEL_INDEX["type_definition"]]
N_PLACE = 26
N_WHOLE = 6
HIDDEN_LINE = 64
LOGIT_LIMIT, LOGIT_SCALE = 10.0, 0.25
"""The second network sees the first one's logits within this limit, and scaled."""


def _layout(parts: tuple[tuple[str, int], ...]) -> dict[str, slice]:
    ends = list(accumulate(width for _, width in parts))
    return {name: slice(end - width, end) for (name, width), end in zip(parts, ends, strict=True)}


FIRST_LAYOUT = _layout(
    (
        ("hidden", HIDDEN_LINE),
        ("own", N_LABELS),
        ("previous", N_LABELS),
        ("next", N_LABELS),
        ("previous_2", len(FAR)),
        ("next_2", len(FAR)),
        ("previous_opaque", N_LABELS),
        ("next_opaque", N_LABELS),
        ("parent", N_LABELS),
        ("sibling", N_LABELS),
        ("matching", N_LABELS),
        ("enclosing", N_LABELS),
        ("next_lower", N_LABELS),
        ("opener", len(OPENER)),
        ("ancestors", len(CARRIED)),
        ("enclosing_ancestors", len(CARRIED)),
        ("after_parent", len(CARRIED)),
        ("state", N_STATES),
        ("state_after", N_STATES),
        ("place", N_PLACE),
        ("novelty", N_NOVELTY),
        ("whole", N_WHOLE),
        ("shown", N_SHOWN),
        ("first_line", len(FIRST_LINE)),
        ("language", N_LANGUAGE_SCORES),
        ("context", len(CONTEXTS)),
    )
)
N_FIRST_INPUTS = FIRST_LAYOUT["context"].stop
SECOND_RELATIVES = (
    "previous",
    "next",
    "previous_opaque",
    "next_opaque",
    "parent",
    "sibling",
    "matching",
    "enclosing",
    "next_lower",
)
REFINED = np.array(
    [
        LABEL_INDEX[name]
        for name in (
            "code",
            "comment",
            "documentation",
            "string",
            "delimiter",
            "text",
            "import",
            "annotation",
            "preprocessor",
            "in_type",
            "in_function",
            "in_loop",
            "in_conditional",
            "in_exception",
        )
    ]
)
"""The labels that the second network answers anew: those that a line has because of others, not by itself."""
NOT_REFINED = np.setdiff1d(np.arange(N_LABELS), REFINED)


def second_layout(n_hidden: int) -> dict[str, slice]:
    """The columns of the second network's input, given the width of the first one's last hidden layer."""
    return _layout(
        (
            ("own", len(REFINED)),
            ("others", N_LABELS - len(REFINED)),
            ("hidden", n_hidden),
            *((name, len(REFINED)) for name in SECOND_RELATIVES),
            ("ancestors", len(CARRIED)),
            ("enclosing_ancestors", len(CARRIED)),
            ("context", len(CONTEXTS)),
        )
    )
