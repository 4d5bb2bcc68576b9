"""What the context networks are told besides probabilities."""

import numpy as np
import pytest

from linewise.features.labels import LABEL_INDEX
from linewise.models import pipeline
from linewise.models.layout import FIRST_LAYOUT
from linewise.models.network import Float32Array

from .networks import random_networks


def first_inputs(*texts: str, context: str = "unknown", language: str = "python") -> Float32Array:
    networks = random_networks()
    documents = [pipeline.Document(text.encode(), language, context) for text in texts]
    prepared = pipeline.prepare(networks.language, documents)
    _, fill = pipeline.first_context_inputs(networks, prepared)
    rows = np.empty((len(prepared.batch.lines), networks.first_context.n_inputs), np.float32)
    fill(0, len(rows), rows)
    return rows


def whole(*texts: str, context: str = "unknown") -> list[float]:
    column = FIRST_LAYOUT["whole"].start
    return first_inputs(*texts, context=context)[:, column].tolist()


def test_a_text_may_be_whole_if_nothing_shows_that_it_is_cut() -> None:
    assert whole("def f():\n    x\n", "", "    x\ny\n", "x\n}\n", "x {\n") == [1, 1, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(("context", "expected"), [("file", [1.0, 1.0]), ("fragment", [0.0, 0.0])])
def test_what_is_told_wins(context: str, expected: list[float]) -> None:
    assert whole("    x\ny\n", context=context) == expected
    assert whole("x\ny\n", context=context) == expected


@pytest.mark.parametrize("column", [2, 4, 5])
def test_a_name_is_new_in_a_whole_text_alone(column: int) -> None:
    new = FIRST_LAYOUT["whole"].start + column
    text = "x = 1\nx = 2\n" if column < 5 else "[ $a ] || x=1\n[ $b ] && x=2\n"
    assert first_inputs(text, context="file", language="bash")[:, new].tolist() == [1, 0]
    assert first_inputs(text, context="fragment", language="bash")[:, new].tolist() == [0, 0]


def test_where_a_name_must_be_new_is_a_matter_of_language() -> None:
    new, novelty = FIRST_LAYOUT["whole"].start + 4, FIRST_LAYOUT["novelty"].start
    text = "x = 1\ndef f():\n  x = 2\n"
    for language, bound in (("lua", 1), ("python", 2)):
        rows = first_inputs(text, context="file", language=language)
        assert rows[[0, 2], new].tolist() == (1 - rows[[0, 2], novelty + bound]).tolist()


def test_every_line_sees_its_texts_first_line() -> None:
    rows = first_inputs("import a\n\nb\n", "", "# c\nd\n")
    first_line = rows[:, FIRST_LAYOUT["first_line"]]
    seen_from_next = rows[[1, 4], FIRST_LAYOUT["previous"]]
    names = [LABEL_INDEX[name] for name in ("comment", "documentation", "import", "module_declaration")]
    np.testing.assert_array_equal(first_line[[0, 1, 2]], np.tile(seen_from_next[0, names], (3, 1)))
    np.testing.assert_array_equal(first_line[[3, 4]], np.tile(seen_from_next[1, names], (2, 1)))


def test_inputs_of_a_text_do_not_depend_on_the_others() -> None:
    texts = ["    x\ny = 1\n}\n", "def f(a):\n  return a\n", "{\n"]
    together = first_inputs(*texts)
    alone = np.concatenate([first_inputs(text) for text in texts])
    np.testing.assert_array_equal(together, alone)
