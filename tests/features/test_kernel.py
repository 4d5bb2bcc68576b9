"""The compiled kernel and numpy must give the same features: each function has a twin."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from linewise.features import kernel
from linewise.features.documents import make_batch
from linewise.features.languages import LANGUAGE_NAMES
from linewise.features.lexis import UNKNOWN_LANGUAGE
from linewise.features.novelty import novelty
from linewise.features.states import read_states
from linewise.features.structure import build_structure, continued
from linewise.features.tokens import tokenize
from linewise.features.vectors import indentation, language_vectors, line_vectors

pytestmark = pytest.mark.skipif(kernel.load() is None, reason="the package was built without a C compiler")

PIECES = (
    *"abIf01 \t\n\r\f'\"`#/*-+=()[]{}<>,;:.\\$@",
    "\n",
    "\n    ",
    "\n  ",
    "x = ",
    "x, y = ",
    "[ x ] || y=1",
    "self.x",
    "'a'",
    "'\\n'",
    "'\r'",
    "'\\\n'",
    '"""',
    "'''",
    "/*",
    "*/",
    "//",
    "/**/",
    "--[[",
    "]]",
    "[=[",
    "a_long_identifier_of_more_than_24_bytes",
    "é",
    "\x00",
    "\ufeff",
    "<<EOF",
    "<<~'EOF'",
    "\nEOF\n",
    "\nlocal x = y\n",
    "\nwhere",
    "(\n",
    "x=1,\n",
)
TEXTS = st.lists(st.lists(st.sampled_from(PIECES), max_size=60).map("".join), min_size=1, max_size=4)
SOURCES = sorted((Path(__file__).parents[2] / "features").rglob("*.py"))


def features(texts: list[bytes], languages: list[int]) -> Iterator[tuple[str, Any]]:
    batch = make_batch(texts)
    tokens = tokenize(batch)
    language = np.array(languages)
    states = read_states(batch, tokens, language)
    indents = indentation(batch)
    structure = build_structure(batch, tokens, states, indents, language)
    vectors = line_vectors(batch, tokens, states, indents, language)
    opens_scope = (np.arange(len(structure.parent)) % 3 == 1) & ~structure.is_sentinel
    for part in (tokens, states, structure, vectors):
        for name in part.__slots__:
            yield name, getattr(part, name)
    yield "indents", indents
    yield "language", language_vectors(batch, tokens).toarray()
    yield "novelty", novelty(batch, tokens, states, structure, continued(batch, tokens, structure), opens_scope)


def assert_alike(texts: list[bytes], languages: list[int]) -> None:
    compiled = list(features(texts, languages))
    with patch.object(kernel, "load", lambda: None):
        plain = list(features(texts, languages))
    for (name, expected), (_, found) in zip(plain, compiled, strict=True):
        assert found.dtype == expected.dtype, name
        assert np.array_equal(found, expected), name


@settings(max_examples=400, deadline=None)
@given(texts=TEXTS, language=st.integers(0, UNKNOWN_LANGUAGE))
@example(texts=["'\\'", ""], language=0)
@example(texts=["\\\\\\"], language=0)
@example(texts=["  \\\n'''a'"], language=3)
def test_any_text_has_the_same_features(texts: list[str], language: int) -> None:
    languages = [(language + index) % (UNKNOWN_LANGUAGE + 1) for index in range(len(texts))]
    assert_alike([text.encode() for text in texts], languages)


@settings(max_examples=100, deadline=None)
@given(data=st.binary(max_size=300))
def test_any_bytes_have_the_same_features(data: bytes) -> None:
    assert_alike([data], [UNKNOWN_LANGUAGE])


def test_sources_have_the_same_features() -> None:
    assert_alike([path.read_bytes() for path in SOURCES], [LANGUAGE_NAMES.index("python")] * len(SOURCES))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"'a'" * 3_000,
        b"/*" * 3_000 + b"\n*/ x",
        b"(" * 5_000 + b"\n" + b")" * 6_000 + b"\n}",
        b"\n".join(b" " * (depth % 97) + b"x = {" for depth in range(2_000)),
        b"x, y = 1, 2\n" * 500,
        b"".join(b" " * depth + b"if x:\n" for depth in range(200)),
        bytes(range(256)) * 20,
    ],
    ids=["empty", "literals", "comments", "brackets", "indentation", "targets", "levels", "all bytes"],
)
def test_awkward_texts_have_the_same_features(text: bytes) -> None:
    for language in (0, 1, 8, 10, UNKNOWN_LANGUAGE):
        assert_alike([text, b"x\n", text[:100]], [language] * 3)


@pytest.mark.parametrize("dtype", [np.int8, np.float32])
def test_arrays_begin_where_lines_of_the_cache_do(dtype: type[np.generic]) -> None:
    for count in range(1, 20):
        array = kernel.aligned_empty((count, 3), dtype)
        assert (array.shape, array.dtype, array.flags.c_contiguous) == ((count, 3), dtype, True)
        assert kernel.address(array) % kernel.CACHE_LINE == 0


def test_no_token_goes_over_the_end_of_a_line() -> None:
    """So a text says the same whatever stands below it, and texts in one batch say nothing about each other."""
    for text in (b"'\\\n'\n", b"'\\\r'\n", b"'\r'\n"):
        tokens = tokenize(make_batch([text]))
        assert tokens.lines[-1] == 1
        assert max(tokens.ends - tokens.starts) == 1


def test_arrays_that_are_not_contiguous_are_refused() -> None:
    compiled = kernel.load()
    assert compiled is not None
    with pytest.raises(ValueError, match="not contiguous"):
        compiled.call("lw_sigmoid", np.zeros((4, 4), np.float32)[:, ::2], 8, np.zeros(8, np.float32))
