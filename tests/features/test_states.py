import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features.documents import make_batch
from linewise.features.languages import LANGUAGE_INDEX
from linewise.features.lexis import N_STATES, UNKNOWN_LANGUAGE, Shown, State
from linewise.features.states import carry, read_states
from linewise.features.tokens import tokenize


def states_of(text: str, language: str) -> tuple[list[tuple[str, State]], list[State]]:
    batch = make_batch([text.encode()])
    tokens = tokenize(batch)
    states = read_states(batch, tokens, np.array([LANGUAGE_INDEX[language]]))
    words = [bytes(batch.data[a:b]).decode() for a, b in zip(tokens.starts, tokens.ends, strict=True)]
    return [(word, State(state)) for word, state in zip(words, states.of_token, strict=True)], [
        State(state) for state in states.at_start
    ]


@pytest.mark.parametrize(
    ("language", "text", "word", "expected"),
    [
        ("python", 'x = "#" # y', "y", State.LINE_COMMENT),
        ("python", 'x = "# y"', "y", State.DOUBLE),
        ("python", "x = 'it\\'s' + y", "y", State.CODE),
        ("python", 'x = "\\"" + y', "y", State.CODE),
        ("c", "#define y 1", "y", State.CODE),
        ("c", "c = '\"'; y", "y", State.CODE),
        ("c", 'x = "//"; /* y */', "y", State.BLOCK_COMMENT),
        ("c", "x = 'a','b'; y // it's", "y", State.CODE),
        ("rust", "fn f<'a>(x: &'a str) -> y", "y", State.CODE),
        ("lua", "x = 1 -- y", "y", State.LINE_COMMENT),
        ("lua", "x = [[ y ]]", "y", State.LONG),
        ("bash", "x=${#y}", "y", State.CODE),
        ("javascript", "x = `y`", "y", State.BACKTICK),
        ("cpp", "f(); /****/ y", "y", State.CODE),
    ],
)
def test_a_words_state(language: str, text: str, word: str, expected: State) -> None:
    found = dict(states_of(text, language)[0])
    assert found[word] is expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("python", 'x = """a\nb\n"""\ny', [State.CODE, State.TRIPLE, State.TRIPLE, State.CODE]),
        ("c", "/* a\n * b\n */ int x;\ny", [State.CODE, State.BLOCK_COMMENT, State.BLOCK_COMMENT, State.CODE]),
        ("c", " * b\n */\nint x;", [State.BLOCK_COMMENT, State.BLOCK_COMMENT, State.CODE]),
        ("c", "// it's /* a\nint x;", [State.CODE, State.CODE]),
        ("bash", "for x in a/*/; do\n  y\ndone", [State.CODE] * 3),
        ("lua", "--[[ a\nb ]]\nc", [State.CODE, State.BLOCK_COMMENT, State.CODE]),
        ("bash", "x='a\nb'\nc", [State.CODE, State.SINGLE, State.CODE]),
        ("go", "x := `a\n//b`\nc", [State.CODE, State.BACKTICK, State.CODE]),
        ("bash", "cat <<EOF\nit's\n x\nEOF\ny", [State.CODE, State.LONG, State.LONG, State.LONG, State.CODE]),
        ("bash", "cat <<-'EOF' | sh\n\tit's\n\tEOF\ny", [State.CODE, State.LONG, State.LONG, State.CODE]),
        ("ruby", "f(<<~A, <<~B)\na\nA\nb\nB\nc", [State.CODE, *[State.LONG] * 4, State.CODE]),
        ("php", "$x = <<<EOT\na\nEOT;\ny", [State.CODE, State.LONG, State.LONG, State.CODE]),
        ("bash", "cat <<A\ncat <<B\nA\nx\nB", [State.CODE, State.LONG, State.LONG, State.CODE, State.CODE]),
        ("bash", "# cat <<EOF\nx\nEOF", [State.CODE] * 3),
        ("bash", "cat <<EOF\nno end\n", [State.CODE] * 2),
        ("cpp", "x = 1 <<EOF\ny\nEOF\n", [State.CODE] * 3),
    ],
)
def test_states_are_carried_over_lines(language: str, text: str, expected: list[State]) -> None:
    assert states_of(text, language)[1] == expected


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(0, N_STATES - 1), min_size=N_STATES, max_size=N_STATES), max_size=70),
    st.lists(st.integers(0, 70), max_size=4),
    st.integers(0, N_STATES - 1),
)
def test_carrying_by_blocks_equals_a_loop(maps: list[list[int]], cuts: list[int], initial: int) -> None:
    line_maps = np.array(maps, dtype=np.uint8).reshape(-1, N_STATES)
    offsets = np.array([0, *sorted(min(cut, len(maps)) for cut in cuts), len(maps)])
    expected = []
    for begin, end in itertools.pairwise(offsets.tolist()):
        state = initial
        for line in range(begin, end):
            expected.append(state)
            state = maps[line][state]
    result = carry(line_maps, offsets, np.full(len(offsets) - 1, initial, dtype=np.uint8))
    assert result.tolist() == expected


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("ab'\"`#/*-[]\\\n \t", max_size=60), min_size=1, max_size=4), st.integers(0, UNKNOWN_LANGUAGE))
def test_documents_do_not_touch_each_other(texts: list[str], language: int) -> None:
    def read(documents: list[str]) -> list[list[int]]:
        batch = make_batch([text.encode() for text in documents])
        states = read_states(batch, tokenize(batch), np.full(len(documents), language))
        return [states.at_start[a:b].tolist() for a, b in zip(batch.line_offsets, batch.line_offsets[1:], strict=False)]

    assert read(texts) == [read([text])[0] for text in texts]


@pytest.mark.parametrize(
    ("language", "line", "before", "expected"),
    [
        ("python", "x = 1  # y", State.CODE, Shown.CODE | Shown.COMMENT),
        ("python", "x = '# '", State.CODE, Shown.CODE | Shown.STRING),
        ("python", 'a # b""" + c', State.TRIPLE, Shown.STRING | Shown.CODE),
        ("c", 'a */ x = "//";', State.BLOCK_COMMENT, Shown.COMMENT | Shown.CODE | Shown.STRING),
        ("c", "a */", State.BLOCK_COMMENT, Shown.COMMENT),
        ("python", "x = '#'", State.CODE, Shown.CODE),
        ("c", " ", State.BLOCK_COMMENT, 0),
        ("c", "/* a */", State.CODE, Shown.COMMENT),
        ("lua", "a ]] b -- c", State.LONG, Shown.STRING | Shown.CODE | Shown.COMMENT),
    ],
)
def test_what_a_line_shows_by_the_state_before_it(language: str, line: str, before: State, expected: int) -> None:
    batch = make_batch([line.encode()])
    states = read_states(batch, tokenize(batch), np.array([LANGUAGE_INDEX[language]]))
    assert states.line_shown[0, before] == expected


@given(st.lists(st.sampled_from(["a", '"', "'", "`", "/*", "*/", "//", "#", "--", "[[", "]]", "\n", " "])), st.data())
def test_what_a_line_shows_from_code_is_what_its_tokens_stand_in(pieces: list[str], data: st.DataObject) -> None:
    language = data.draw(st.sampled_from([name for name in LANGUAGE_INDEX if name not in ("bash", "ruby", "php")]))
    batch = make_batch(["".join(pieces).encode()])
    tokens = tokenize(batch)
    states = read_states(batch, tokens, np.array([LANGUAGE_INDEX[language]]))
    expected = np.zeros(len(batch.lines), dtype=np.uint8)
    for line, state in zip(tokens.lines, states.of_token, strict=True):
        comment = state in (State.LINE_COMMENT, State.BLOCK_COMMENT)
        expected[line] |= Shown.CODE if state == State.CODE else Shown.COMMENT if comment else Shown.STRING
    assert np.array_equal(states.line_shown[:, State.CODE], expected)
