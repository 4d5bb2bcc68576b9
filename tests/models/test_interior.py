import numpy as np

from linewise.features.documents import make_batch
from linewise.features.languages import LANGUAGE_INDEX
from linewise.features.lexis import State
from linewise.features.states import read_states
from linewise.features.tokens import tokenize
from linewise.models.interior import settle_beginnings

CUT = 'more of\nthe text\n"""\nx = 1\n\ndef f():\n    """doc\n    """\n    return x\n'


def settled(
    texts: list[str], logits: list[list[float]], may_begin_inside: list[bool], language: str
) -> list[list[int]]:
    batch = make_batch([text.encode() for text in texts])
    languages = np.full(len(texts), LANGUAGE_INDEX[language])
    states = read_states(batch, tokenize(batch), languages)
    odds = np.array([value for part in logits for value in part], dtype=np.float32)
    at_start = settle_beginnings(states, batch, languages, np.array(may_begin_inside), odds).at_start
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
