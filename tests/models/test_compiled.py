"""The pipeline in one call of the kernel answers as the stages of numpy do, one after the other."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from linewise.features import kernel
from linewise.features.languages import LANGUAGE_NAMES
from linewise.models import pipeline
from linewise.models.compiled import MAX_BYTES, TextTooLargeError
from linewise.models.context import CONTEXTS
from linewise.models.pipeline import Document, Networks
from linewise.models.store import compact

from .networks import random_networks

pytestmark = pytest.mark.skipif(kernel.load() is None, reason="the package was built without a C compiler")

PIECES = (
    *"abIf01 \t\n\r'\"`#/*-+=()[]{}<>,;:.\\$@",
    "\n",
    "\n    ",
    "\n  ",
    "\n}",
    "\ndef f(x):\n    ",
    "x, y = ",
    "[ x ] || y=1",
    "self.x",
    '"""',
    "'''",
    "/*",
    "*/",
    "//",
    "--[[",
    "]]",
    "é",
    "\ufeff",
    " <<EOF",
    " <<~'EOF'",
    " <<A <<EOF",
    "\nEOF\n",
    "\nA)\n",
    "\nlocal x = y\n",
    "\nwhere",
    "\n{\n",
    "(\n",
    "x=1,\n",
    "\r\n",
)
TEXT = st.lists(st.sampled_from(PIECES), max_size=80).map("".join)
LANGUAGE = st.none() | st.sampled_from(LANGUAGE_NAMES)
DOCUMENTS = st.lists(st.tuples(TEXT, LANGUAGE, st.sampled_from(CONTEXTS)), min_size=1, max_size=4)
CONFORMANCE = sorted((Path(__file__).parents[1] / "conformance").glob("*.txt"))
AWKWARD = {
    "nothing": b"",
    "a mark": b"\xef\xbb\xbf",
    "returns": b"a\rb\r\r\nc\r",
    "empty lines": b"\n" * 300,
    "levels": b"".join(b" " * depth + b"if x: # {\n" for depth in range(100)) + b"x\n",
    "levels and comments": b"".join(
        b" " * (depth * 7 % 90) + (b"# x\n" if depth % 2 else b"if x:\n") for depth in range(300)
    ),
    "brackets": b"(\n[\n{\n" * 100 + b")\n}\n" * 150,
    "heredocs": b"cat <<A <<B\n" * 50 + b"A\nB\n" * 30,
    "stray end": b"x = 1\nend of it */\ny()\n/* a */\n",
    "inside": b"x = 1\nwords of a\ntext\n'''\ndef f():\n    pass\n" * 5,
    "a long line": b"x = 1 + " * 3_000,
}


@pytest.fixture(scope="module")
def networks() -> Networks:
    return compact(random_networks())


def assert_alike(networks: Networks, documents: list[Document]) -> None:
    found = pipeline.answer(networks, documents)
    with patch.object(kernel, "load", lambda: None):
        expected = pipeline.answer(networks, documents)
    assert np.array_equal(found.line_offsets, expected.line_offsets)
    np.testing.assert_allclose(found.language_scores, expected.language_scores, rtol=0, atol=1e-5)
    np.testing.assert_allclose(found.probabilities, expected.probabilities, rtol=0, atol=2e-6)


@settings(max_examples=120, deadline=None)
@given(documents=DOCUMENTS)
@example(documents=[("cat <<EOF\nx\nEOF\ny", "bash", "file"), ("\ufeff", None, "unknown"), ("", None, "file")])
def test_any_text_is_answered_alike(networks: Networks, documents: list[tuple[str, str | None, str]]) -> None:
    assert_alike(networks, [Document(text.encode(), language, context) for text, language, context in documents])


@pytest.mark.parametrize("context", CONTEXTS)
def test_sources_are_answered_alike(networks: Networks, context: str) -> None:
    documents = [Document(path.read_bytes(), path.stem, context) for path in CONFORMANCE]
    assert_alike(networks, documents + [Document(document.text, None, context) for document in documents])


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_texts_are_answered_alike(networks: Networks, name: str) -> None:
    languages = (None, "bash", "c", "python", "lua")
    assert_alike(networks, [Document(AWKWARD[name], language) for language in languages])


def test_weights_that_are_not_coded_are_taken_too() -> None:
    assert_alike(random_networks(1), [Document(path.read_bytes(), path.stem) for path in CONFORMANCE[:3]])


def test_a_text_that_is_too_large_is_refused(networks: Networks) -> None:
    class Large(bytes):
        def __len__(self) -> int:
            return MAX_BYTES

    with pytest.raises(TextTooLargeError, match="2,147,"):
        pipeline.answer(networks, [Document(Large(b"x"))])
