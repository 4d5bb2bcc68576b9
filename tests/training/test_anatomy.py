"""Where constructs stand, one by one."""

from __future__ import annotations

import numpy as np
import pytest

from linewise.features.labels import Group, group_mask
from linewise.training.oracle import label_file
from linewise.training.oracle.anatomy import Anatomy, anatomy_of, in_any


def anatomy(text: bytes, language: str, file_name: str | None = None) -> Anatomy:
    return anatomy_of(text, language, label_file(text, language, file_name=file_name).masks, file_name=file_name)


def test_nested_constructs_are_told_apart() -> None:
    text = b"for (;;) {\n  for (;;) {\n    f();\n  }\n\n}\n"
    found = anatomy(b"void g() {\n" + text + b"}\n", "c")
    assert found.regions["in_loop"].tolist() == [[1, 6], [2, 4]]
    assert found.regions["in_function"].tolist() == [[0, 7]]
    assert found.regions["in_type"].shape == (0, 2)
    assert found.sure.all()


def test_a_decorated_function_begins_at_its_header() -> None:
    assert anatomy(b"@x\ndef f():\n    pass\n", "python").regions["in_function"].tolist() == [[1, 2]]


def test_ranges_give_the_region_labels_of_the_truth_where_the_text_had_to_be_mended() -> None:
    text = b"void f() {\n#ifdef A\n  if (a) {\n#else\n  if (b) {\n#endif\n    g();\n  }\n}\n"
    truth = label_file(text, "c")
    found = anatomy_of(text, "c", truth.masks)
    assert found.sure[truth.known].all()
    assert found.regions["in_conditional"].tolist() == [[2, 7]]


def test_lines_whose_ranges_contradict_the_truth_are_not_sure() -> None:
    text = b"def f():\n    pass\nx = 1\n"
    masks = label_file(text, "python").masks ^ np.array([0, 0, group_mask(Group.REGION)], np.uint32)
    assert anatomy_of(text, "python", masks).sure.tolist() == [True, True, False]


def test_literals_of_several_lines_have_their_kind() -> None:
    text = b'/** Says.\n *  More. */\nint a; // one\n/* two\n   three */\nchar *s = "a\\\nb";\n'
    found = anatomy(text, "c").literals
    assert {kind: ranges.tolist() for kind, ranges in found.items()} == {
        "documentation": [[0, 1]],
        "comment": [[3, 4]],
        "string": [[5, 6]],
    }


def test_a_docstring_is_documentation() -> None:
    found = anatomy(b'def f():\n    """One.\n\n    Two."""\n    return """a\nb"""\n', "python").literals
    assert found["documentation"].tolist() == [[1, 3]]
    assert found["string"].tolist() == [[4, 5]]


def test_later_bindings_know_the_line_of_the_first() -> None:
    text = b"def f(a):\n    b = 1\n    a = 2\n    b = a\n\ndef g():\n    b = 3\n"
    found = anatomy(text, "python").bindings
    assert found.lines.tolist() == [1, 2, 3, 6]
    assert found.first.tolist() == [True, False, False, True]
    assert found.first_lines.tolist() == [1, 0, 1, 6]


@pytest.mark.parametrize("language", ["go", "python"])
def test_an_empty_text_has_no_ranges(language: str) -> None:
    found = anatomy(b"", language)
    assert all(len(ranges) == 0 for ranges in (*found.regions.values(), *found.literals.values()))
    assert len(found.sure) == 0


def test_lines_in_ranges() -> None:
    assert in_any(np.array([[0, 1], [1, 1], [3, 3]]), 5).tolist() == [True, True, False, True, False]
