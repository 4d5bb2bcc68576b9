"""The pipeline in one call of the kernel answers as the stages of numpy do, one after the other."""

from dataclasses import replace
from itertools import cycle
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from linewise.features import kernel
from linewise.features.labels import N_LABELS
from linewise.features.languages import LANGUAGE_NAMES
from linewise.models import pipeline
from linewise.models.compiled import MAX_BYTES, SECTION_LINES, TextTooLargeError
from linewise.models.layout import CONTEXTS, FIRST_LAYOUT
from linewise.models.network import Layer, Network
from linewise.models.pipeline import Document, Networks
from linewise.models.store import compact

from .networks import random_networks

pytestmark = pytest.mark.skipif(kernel.load() is None, reason="the package was built without a C compiler")

PIECE_BYTES = 1 << 16
"""A line of more bytes is read by pieces of so many."""
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
    " << EOF",
    " <<'EOF",
    ' <<"EOF"',
    " <<~'EOF'",
    "'x'",
    "\n */\n",
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
    "heredocs and shifts": b"x << A\ny <<A\n z = <<'A B'\n<<'A'\n<< 'A'\nit's\nA\n" * 4,
    "one-character literals": b"case 'a': x = 'b'; '\\n' '\\'' 'ab'\n" * 3,
    "stray end": b"x = 1\nend of it */\ny()\n/* a */\n",
    "inside": b"x = 1\nwords of a\ntext\n'''\ndef f():\n    pass\n" * 5,
    "a long line": b"x = 1 + " * 3_000,
}
LONG_LINES = {
    "words": b"a = b c " * 20_000,
    "brackets": b"(" * 100_000,
    "brackets of all kinds": b"({[" * 20_000 + b"])}" * 30_000,
    "brackets that the next lines close": b"x = (" + b"{[(" * 30_000 + b"1\n}, 2\n]\n)\n)\ny",
    "one word": b"a" * 150_000,
    "one string": b'x = "' + b"words of it " * 12_000 + b'"',
    "one comment": b"    # " + b"words of it " * 12_000,
    "a comment's end": b"/* a\n" + b"words of it " * 12_000 + b"*/ x\ny",
    "quotes": b"'\"" * 60_000,
    "one-character literals": b"'a'b'a''c'\\''\\'' '" * 10_000,
    "backslashes": b"\\" * 100_001 + b"'a'",
    "escapes": b"\\a\\\\'" * 30_000,
    "blanks": b"\t" + b" " * 150_000,
    "blanks and a word": b"\t" + b" " * 150_000 + b"x",
    "words that are long": (b"a" * 30_000 + b" ") * 5,
    "few tokens and a long one": b"\ta.b" + b"(" * 3 + b"c" * 150_000 + b"=d",
    "heredocs": b"cat " + b"<<A <<'B' " * 10_000 + b"\nx\nA\nB\ny",
    "a heredoc that a long line ends": b"cat <<A\nx\nA) " + b"x " * 50_000 + b"\ny",
    "an assignment at a piece's end": b"x" + b" " * (PIECE_BYTES - 12) + b"y zzzz = a\ny = zzzz",
    "returns": b"x\r" + b"x = 1 " * 20_000 + b"\r\r\n" + b"y = 1 " * 20_000 + b"\r",
    "several": b"x = 1\n" + b"f(a, b) " * 10_000 + b"\n" + b"// {a} " * 12_000 + b"\n\n}" + b"</a>" * 30_000,
}


@pytest.fixture(scope="module")
def networks() -> Networks:
    return compact(random_networks())


DOUBTFUL = {
    "an apostrophe": b"echo ${x%'}\n" + b"run it\n" * 60,
    "an apostrophe and its end": b"echo ${x%'}\n" + b"run it\n" * 30 + b"'\nx\n",
    "a long string": b'x = """\n' + b"def f(a):\n    return a\n" * 40,
    "backticks": b"x = `\n" + b"y();\n" * 50 + b"`\nz\n" * 3,
    "cut out of a string": b'more of\nthe text\n"""\nx = 1\n\ndef f():\n    """doc\n    """\n    return x\n',
    "cut out of a comment": b" * a\n */\nx;\n/* b\n * c */\ny;\n",
    "a path of stars": b"ls dir/*/\nx='a\n",
    "a comment without end": b"/*\n" + b"x = 1;\n" * 40,
    "nothing": b"",
}


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


@pytest.mark.parametrize("name", LONG_LINES)
def test_long_lines_are_answered_alike(networks: Networks, name: str) -> None:
    text = LONG_LINES[name]
    assert_alike(networks, [Document(text, language) for language in (None, "bash", "c")])
    assert_alike(networks, [Document(b""), Document(b"\n" + text + b"\nz = 1", "lua"), Document(b""), Document(b"a")])


@settings(max_examples=25, deadline=None)
@given(
    pieces=st.lists(
        st.sampled_from([piece for piece in PIECES if "\n" not in piece and "\r" not in piece]), min_size=1
    ),
    before=TEXT,
    behind=TEXT,
    language=LANGUAGE,
)
def test_any_long_line_is_answered_alike(
    networks: Networks, pieces: list[str], before: str, behind: str, language: str | None
) -> None:
    # An odd number of bytes moves the pieces' ends from one token to the next.
    unit = "".join(pieces).encode()
    line = (unit + b" ") * (2 * PIECE_BYTES // (len(unit) + 1) + 1)
    assert_alike(networks, [Document(before.encode() + line + behind.encode(), language, "file")])


def test_texts_of_several_sections_are_answered_alike(networks: Networks) -> None:
    """Relatives, openers and heredocs that are thousands of lines away, in one text and in several."""
    code = b"".join(path.read_bytes() for path in CONFORMANCE)
    code = b"".join(code.splitlines(keepends=True)[: SECTION_LINES // 2])
    within = b"    " + code.replace(b"\n", b"\n    ")
    texts = (
        b"class A {\n" + within * 5 + b"\n}\nx = 1\n",
        b"x = [\n" + b"    (1, 2,\n    'a'),\n" * SECTION_LINES + b"]\n",
        b'x = """\n' + b"it's\n" * SECTION_LINES + code + b'"""\ny = x\n',
        b"x = 1\n" + b"# words\n\n" * SECTION_LINES + b"y = x\n",
        b"cat <<A\n" + b"words )\n}\nB)\n" * SECTION_LINES + b"A\nx=1\n" + b"cat <<B\n" * 100 + b"B\n",
        b"\n" * SECTION_LINES + code,
        b"".join(b" " * (depth % 97) + b"if x: # {\n" for depth in range(SECTION_LINES * 3 // 2)),
        b"{\n(\n" * SECTION_LINES + b")\n" * 10,
        b"f {\n" * SECTION_LINES + b"}\n" * SECTION_LINES,
    )
    assert_alike(networks, [Document(text, language) for text, language in zip(texts, cycle(("csharp", "bash", None)))])
    assert_alike(networks, [Document(b"x\n"), Document(texts[0]), Document(b""), Document(texts[4], "bash", "file")])


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("inside", [-8.0, 0.0, 8.0])
def test_doubtful_quotes_are_read_alike(networks: Networks, inside: float, context: str) -> None:
    # Lines that say loudly whether they lie inside of something, so that readings do change.
    line = networks.line
    weight, bias = line.weight.copy(), line.bias.copy()
    weight[:, N_LABELS] *= 5
    bias[N_LABELS] = inside
    assert_alike(
        replace(networks, line=Layer(weight, bias)),
        [
            Document(text, language, context)
            for text in DOUBTFUL.values()
            for language in (None, "bash", "c", "javascript", "python", "ruby")
        ],
    )


@pytest.mark.parametrize("context", CONTEXTS)
def test_what_a_whole_text_shows_is_taken_alike(networks: Networks, context: str) -> None:
    # Loud columns, so that a slip in one of them is no rounding error.
    first, last = networks.first_context.layers
    weight = first.weight.copy()
    for name in ("whole", "first_line"):
        weight[FIRST_LAYOUT[name]] *= 20
    loud = replace(networks, first_context=Network((Layer(weight, first.bias), last)))
    texts = (
        "def f():\n    x = 1\n    return x\n",
        "",
        "    x\ny\n",
        "x\n}\n",
        "import a\n\nb = a\nb = 2\n",
        "\n\n",
        "# c\nx {\n",
        "",
    )
    assert_alike(loud, [Document(text.encode(), "python", context) for text in texts])
    for text in texts:
        assert_alike(loud, [Document(text.encode(), None, context)])


def test_weights_that_are_not_coded_are_taken_too() -> None:
    assert_alike(random_networks(1), [Document(path.read_bytes(), path.stem) for path in CONFORMANCE[:3]])


def test_a_text_that_is_too_large_is_refused(networks: Networks) -> None:
    class Large(bytes):
        def __len__(self) -> int:
            return MAX_BYTES

    with pytest.raises(TextTooLargeError, match="2,147,"):
        pipeline.answer(networks, [Document(Large(b"x"))])
