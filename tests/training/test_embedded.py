"""What the oracle sees inside macros, whose arguments the grammar of Rust keeps as loose tokens."""

from __future__ import annotations

import pytest

from linewise.features.labels import names_of
from linewise.training.oracle import label_file


def found(text: str, *, of: str) -> list[int]:
    """The numbers of the lines that have a label, in a text all of whose lines are known."""
    truth = label_file(text.encode(), "rust")
    assert truth.known.all()
    return [number for number, mask in enumerate(truth.masks.tolist(), 1) if of in names_of(mask)]


ARGUMENTS = """fn f() {
    check!(
        x.iter().map(|a| {
            for b in a { vec![g(b), 1] }
        }),
        name = match y { Some(_) => return, },
    );
}
"""


@pytest.mark.parametrize(
    ("label", "lines"),
    [
        ("call", [2, 3, 4]),
        ("lambda", [3]),
        ("loop", [4]),
        ("in_loop", [4]),
        ("conditional", [6]),
        ("in_conditional", [6]),
        ("return", [6]),
        ("assignment", []),
    ],
)
def test_arguments_are_labelled_as_the_code_that_they_are(label: str, lines: list[int]) -> None:
    assert found(ARGUMENTS, of=label) == lines


def test_replacement_texts_are_labelled_without_their_metavariables() -> None:
    text = "macro_rules! m {\n  ($($t:ty),*) => {\n    $(impl A for $t {\n      fn f() {}\n    })*\n  };\n}\n"
    assert found(text, of="type_definition") == [3]
    assert found(text, of="in_type") == [3, 4, 5]
    assert found(text, of="function_definition") == [4]


def test_blocks_are_seen_in_what_cannot_be_parsed_as_a_whole() -> None:
    text = "fn f() {\n  select! {\n    v = g() => {\n      loop { h(); }\n    }\n  }\n}\n"
    assert found(text, of="loop") == [4]
    assert found(text, of="call") == [2, 3, 4]


def test_what_may_hide_a_construct_is_unknown() -> None:
    text = 'odd! {\n  fn =>\n}\nodd! {\n  "fn" => 1\n}\n#[odd(fn =>)]\nstruct S;\n'
    assert label_file(text.encode(), "rust").known.tolist() == [False] * 3 + [True] * 5
