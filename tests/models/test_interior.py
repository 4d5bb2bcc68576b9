from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features import kernel
from linewise.features.documents import make_batch
from linewise.features.languages import LANGUAGE_INDEX
from linewise.features.lexis import State
from linewise.features.lines import split_lines
from linewise.features.states import read_states
from linewise.features.tokens import tokenize
from linewise.models.interior import settle_states

CUT = 'more of\nthe text\n"""\nx = 1\n\ndef f():\n    """doc\n    """\n    return x\n'


def settled(
    texts: list[str], logits: list[list[float]], may_begin_inside: list[bool], language: str
) -> list[list[int]]:
    batch = make_batch([text.encode() for text in texts])
    languages = np.full(len(texts), LANGUAGE_INDEX[language])
    states = read_states(batch, tokenize(batch), languages)
    odds = np.array([value for part in logits for value in part], dtype=np.float32)
    at_start = settle_states(states, batch, languages, np.array(may_begin_inside), odds).at_start
    return [at_start[a:b].tolist() for a, b in zip(batch.line_offsets, batch.line_offsets[1:], strict=False)]


def test_a_fragment_is_read_from_the_side_on_which_its_lines_read_best() -> None:
    prose = [3.0, 3.0, 0.0, -3.0, 0.0, -3.0, -3.0, 0.0, -3.0]
    inside = [State.TRIPLE] * 3 + [State.CODE] * 4 + [State.TRIPLE, State.CODE]
    assert settled([CUT], [prose], [True], "python") == [inside]
    assert settled([CUT], [[-value for value in prose]], [True], "python")[0][0] == State.CODE


def test_a_whole_file_begins_in_code_whatever_its_lines_look_like() -> None:
    assert settled([CUT], [[4.0] * 9], [False], "python")[0][:3] == [State.CODE] * 3


def test_little_evidence_changes_nothing() -> None:
    assert settled([CUT], [[0.3, 0.3, 0, -0.3, 0, -0.3, 0, 0, 0]], [True], "python")[0][0] == State.CODE


def test_a_language_without_such_strings_is_left_alone() -> None:
    assert settled([CUT], [[4.0, 4.0, 0, -4.0, 0, -4.0, -4.0, 0, -4.0]], [True], "go")[0][0] == State.CODE


def test_each_document_is_settled_by_its_own_lines() -> None:
    prose = [3.0, 3.0, 0.0, -3.0, 0.0, -3.0, -3.0, 0.0, -3.0]
    alone = settled([CUT], [prose], [True], "python")[0]
    plain = "x = 1\ny = 2\n"
    together = settled([plain, CUT, plain], [[-3.0, -3.0], prose, [-3.0, -3.0]], [True] * 3, "python")
    assert together == [[0, 0], alone, [0, 0]]


def test_an_apostrophe_that_is_none_does_not_last() -> None:
    text = "echo ${x%'}\n" + "run it\n" * 30
    carried = settled([text], [[0.0] * 31], [False], "bash")[0]
    assert carried[1:] == [State.SINGLE] * 30
    assert settled([text], [[-3.0] * 31], [False], "bash") == [[State.CODE] * 31]
    # A string of code that ends is one.
    assert settled([text + "'\nx\n"], [[-0.5] * 33], [False], "bash")[0][:33] == [State.CODE] + [State.SINGLE] * 31 + [
        0
    ]


def test_a_whole_file_does_not_begin_inside_a_comment() -> None:
    text = " * a\n */\nx;\n"
    inside = [State.BLOCK_COMMENT, State.BLOCK_COMMENT, State.CODE]
    assert settled([text], [[3.0, 3.0, -3.0]], [True], "c") == [inside]
    assert settled([text], [[-3.0, -3.0, -3.0]], [False], "c") == [[State.CODE] * 3]


def test_nothing_drops_out_of_a_block_comment() -> None:
    assert settled(["/*\n" + "x = 1;\n" * 90], [[-4.0] * 91], [True], "c")[0] == [0] + [State.BLOCK_COMMENT] * 90


@settings(max_examples=150, deadline=None)
@given(
    texts=st.lists(st.text("ab'\"`\n<E", max_size=80), min_size=1, max_size=4),
    seed=st.integers(0, 1000),
    language=st.sampled_from(["bash", "ruby", "python", "php", "javascript"]),
)
def test_the_compiled_path_is_numpys(texts: list[str], seed: int, language: str) -> None:
    rng = np.random.default_rng(seed)
    counts = [len(split_lines(text.encode())) for text in texts]
    logits = [(10 * rng.standard_normal(count)).tolist() for count in counts]
    may = (rng.random(len(texts)) < 0.5).tolist()
    compiled = settled(texts, logits, may, language)
    with patch.object(kernel, "load", lambda: None):
        assert settled(texts, logits, may, language) == compiled
