"""The rivals do their best."""

from __future__ import annotations

import pytest

from linewise.features.labels import names_of
from linewise.features.languages import LANGUAGE_NAMES
from linewise.features.lines import split_lines
from linewise.training.benchmark.rivals.highlighter import CARRIED, highlighted_labels
from linewise.training.benchmark.rivals.parser import parsed_labels


def test_a_member_is_read_inside_a_class() -> None:
    (mask,) = parsed_labels(b"private readonly size: number = 1;\n", "typescript").best.tolist()
    assert {"variable_declaration", "in_type"} <= set(names_of(mask))


def test_statements_are_read_inside_a_function() -> None:
    (mask,) = parsed_labels(b"for (int i = 0; i < n; i++) { f(i); }\n", "java").best.tolist()
    assert {"loop", "variable_declaration", "call", "in_loop"} <= set(names_of(mask))


def test_php_needs_no_opening_tag() -> None:
    readings = parsed_labels(b"$a = f();\n", "php")
    assert {"code", "call"} <= set(names_of(readings.best.tolist()[0]))
    assert set(names_of(readings.bare.tolist()[0])) == {"text"}


def test_a_damaged_file_is_read_as_it_stands() -> None:
    readings = parsed_labels(b"def f(:\n    return 1\n", "python", wrap=False)
    assert readings.best is readings.bare
    assert len(readings.best) == 2


@pytest.mark.parametrize("language", LANGUAGE_NAMES)
@pytest.mark.parametrize("text", [b"", b"}\r\n\r\n  x\n", b"*/ int a; /*\n'\"", b"\xff\x00\n"])
def test_rivals_answer_for_every_line_of_any_text(language: str, text: bytes) -> None:
    n_lines = len(split_lines(text))
    readings = parsed_labels(text, language)
    assert readings.bare.shape == readings.best.shape == (n_lines,)
    assert highlighted_labels(text, language).shape == (n_lines,)


def test_token_types_carry_labels() -> None:
    text = b"import os\n# why\ndef f(x):\n    '''Doc.'''\n    for a in x:\n        return 'b'\n\n)\n@dec\n"
    names = [set(names_of(mask)) for mask in highlighted_labels(text, "python").tolist()]
    assert "import" in names[0]
    assert names[1] == {"comment"}
    assert "function_definition" in names[2]
    assert names[3] == {"documentation"}
    assert "loop" in names[4]
    assert {"return", "string"} <= names[5]
    assert names[6] == {"blank"}
    assert names[7] == {"code", "delimiter"}
    assert "annotation" in names[8]
    assert len(CARRIED) == len(set(CARRIED))
