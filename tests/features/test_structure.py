import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features.documents import make_batch
from linewise.features.languages import LANGUAGE_INDEX
from linewise.features.novelty import NOVELTY_NAMES, novelty
from linewise.features.states import read_states
from linewise.features.structure import Structure, ancestor_maximum, build_structure, continued
from linewise.features.tokens import tokenize
from linewise.features.vectors import indentation


def structure_of(texts: list[str], language: str, scopes: tuple[int, ...] = ()) -> tuple[Structure, np.ndarray]:
    batch = make_batch([text.encode() for text in texts])
    tokens = tokenize(batch)
    languages = np.full(len(texts), LANGUAGE_INDEX[language])
    states = read_states(batch, tokens, languages)
    structure = build_structure(batch, tokens, states, indentation(batch), languages)
    opens_scope = np.isin(np.arange(len(structure.parent)), scopes)
    return structure, novelty(batch, tokens, states, structure, continued(batch, tokens, structure), opens_scope)


PYTHON = '''\
def f(a, b):
    """doc
  x
    """
    x = 1
    # note
    if a:
        foo(
            1,
        )
        a, y = 3, 4

    x = 2
y = 5
'''


def test_parents_and_siblings_by_indentation() -> None:
    structure, _ = structure_of([PYTHON], "python")
    # Row 0 is the sentinel, so a row's number is its line's number.
    assert structure.parent[1:15].tolist() == [0, 1, 2, 2, 1, 1, 1, 7, 8, 7, 7, 1, 1, 0]
    assert structure.sibling[1:15].tolist() == [0, 0, 0, 0, 2, 5, 5, 0, 0, 8, 10, 7, 7, 1]
    assert np.flatnonzero(structure.transparent).tolist() == [3, 4, 6, 12]
    assert structure.opener[3:5].tolist() == [2, 2]


def test_brackets() -> None:
    structure, _ = structure_of(["int main(\n int a)\n{\n  for (;;) {\n  x[\n 1] = '(';\n  }\n}\n"], "c")
    assert structure.enclosing[1:9].tolist() == [0, 1, 0, 3, 4, 5, 4, 3]
    assert structure.enclosing_kind[1:9].tolist() == [0, 1, 0, 3, 3, 2, 3, 3]
    assert structure.matching[1:9].tolist() == [0, 0, 0, 0, 0, 0, 4, 3]
    assert structure.depth[1:9].tolist() == [0, 1, 0, 1, 2, 3, 2, 1]


def test_brackets_of_one_kind_do_not_disturb_another() -> None:
    structure, _ = structure_of(["f() {\n case x in\n a)\n  y\n esac\n}\n"], "bash")
    assert structure.enclosing[1:7].tolist() == [0, 1, 1, 1, 1, 1]
    assert structure.matching[6] == 1


def test_a_bracket_counts_for_nothing_after_the_block_around_it() -> None:
    structure, _ = structure_of(["f {\n g(1\n}\nx\n"], "c")
    assert structure.enclosing[1:5].tolist() == [0, 1, 2, 0]


def test_brackets_that_nothing_opened() -> None:
    structure, _ = structure_of(["x\n}\ny {\n}\n}\nz", "a\n"], "c")
    assert structure.unopened[1:9].tolist() == [2, 2, 1, 1, 1, 0, 0, 0]


def test_what_stands_out_of_its_brackets_is_transparent() -> None:
    structure, _ = structure_of(["  def f\n    x = %(\n<p>\n </p>)\n    y\n  z = (\n1\n"], "ruby")
    assert np.flatnonzero(structure.transparent).tolist() == [3, 4]
    assert structure.parent[5] == 1


def test_roots_and_what_is_indented_less_below() -> None:
    structure, _ = structure_of(["  a\n    b\n\n    c\n  d\ne\n", "x\n"], "python")
    assert structure.root[1:7].tolist() == [1, 1, 1, 1, 5, 6]
    assert structure.next_lower[1:8].tolist() == [6, 5, 5, 5, 6, 7, 7]


def test_a_block_of_any_length_keeps_its_sibling() -> None:
    body = "".join(f"    x{number}\n" for number in range(1000))
    structure, _ = structure_of(["f {\n" + body + "}\n"], "c")
    assert structure.sibling[1002] == 1


def test_names_that_are_local_say_nothing_about_the_rest() -> None:
    _, values = structure_of(["f() {\n local a b=1\n b=2\n}\nb=3\na=4\n"], "bash", scopes=(1,))
    column = {name: index for index, name in enumerate(NOVELTY_NAMES)}
    assert values[3, column["bound_in_scope"]] == 1
    assert values[5, column["bound_in_text"]] == 1
    assert values[6, column["seen_in_text"]] == 0


def test_a_brace_on_a_line_of_its_own_goes_on_opening_the_scope() -> None:
    text = "class A\n{\n function f(\n  $a\n )\n {\n  $x = 1;\n  $a = 2;\n }\n function g()\n {\n  $x = 3;\n }\n}\n"
    _, values = structure_of([text], "php", scopes=(1, 3, 10))
    column = {name: index for index, name in enumerate(NOVELTY_NAMES)}
    assert values[7, column["has_target"]] == 1
    assert values[8, column["seen_in_scope"]] == 1
    assert values[12, column["bound_in_text"]] == 1
    assert values[12, column["bound_in_scope"]] == 0


def test_an_argument_by_name_is_no_target() -> None:
    _, values = structure_of(["f(\n  a=1,\n  b=2)\na = 3\n"], "python")
    column = {name: index for index, name in enumerate(NOVELTY_NAMES)}
    assert values[2:5, column["has_target"]].tolist() == [0, 0, 1]
    assert values[4, column["bound_in_text"]] == 0


def test_names_bound_before() -> None:
    _, values = structure_of([PYTHON], "python", scopes=(1,))
    column = {name: index for index, name in enumerate(NOVELTY_NAMES)}
    assert values[5, column["has_target"]] == 1
    assert values[5, column["bound_in_scope"]] == 0
    assert values[13, column["bound_in_scope"]] == 1
    # `a` is a parameter: seen in the scope, though never bound as a target.
    assert values[11, column["seen_in_scope"]] == 1
    assert values[11, column["bound_in_scope"]] == 0
    # The `y` of the function is another one than the module's.
    assert values[14, column["bound_in_text"]] == 1
    assert values[14, column["bound_in_scope"]] == 0
    assert values[14, column["seen_in_scope"]] == 0


LINES = st.lists(
    st.tuples(st.integers(0, 6), st.sampled_from(["x", "{", "}", "(", ")", "", "# c", '"""'])), max_size=40
)


@settings(max_examples=150, deadline=None)
@given(lines=LINES)
def test_relatives_stand_above_and_are_indented_as_they_should(lines: list[tuple[int, str]]) -> None:
    text = "\n".join(" " * depth + word for depth, word in lines)
    structure, _ = structure_of([text], "python")
    for row in structure.row_of_line.tolist():
        parent, sibling = structure.parent[row], structure.sibling[row]
        assert parent < row
        assert structure.indent[parent] < structure.indent[row]
        assert not structure.transparent[parent]
        # Nothing opaque between a row and its parent is indented less than the row.
        between = np.arange(parent + 1, row)
        assert (structure.indent[between][~structure.transparent[between]] >= structure.indent[row]).all()
        if sibling != 0:
            assert structure.indent[sibling] == structure.indent[row]
            assert structure.parent[sibling] == parent
        assert structure.enclosing[row] < row
        assert structure.matching[row] <= row


@settings(max_examples=100, deadline=None)
@given(lines=LINES, other=LINES)
def test_documents_have_no_relatives_outside(lines: list[tuple[int, str]], other: list[tuple[int, str]]) -> None:
    texts = ["\n".join(" " * depth + word for depth, word in part) for part in (lines, other, lines)]
    together, names = structure_of(texts, "python")
    alone, own_names = structure_of(texts[:1], "python")
    rows = len(alone.parent) - 1
    for begin in (0, np.flatnonzero(together.is_sentinel)[2]):
        for field in ("parent", "root", "sibling", "enclosing", "matching", "opener", "previous_opaque"):
            found = getattr(together, field)[begin : begin + rows] - begin
            assert np.array_equal(found, getattr(alone, field)[:rows])
        assert np.array_equal(names[begin : begin + rows], own_names[:rows])


def test_ancestors_are_followed_for_32_levels() -> None:
    depth = 50
    structure, _ = structure_of(["\n".join(" " * level + "x" for level in range(depth))], "python")
    values = np.zeros((len(structure.parent), 1), np.float32)
    values[1] = 1
    reached = ancestor_maximum(values, structure.parent)[structure.row_of_line, 0]
    assert reached.tolist() == [0] + [1] * 32 + [0] * (depth - 33)
