"""C and C++ whose macros and directives their grammars cannot read: what is mended, and what it says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features.labels import names_of
from linewise.training.oracle import c_text, label_file


def labels(text: str, language: str = "c") -> list[set[str]]:
    truth = label_file(text.encode(), language)
    return [set(names_of(int(mask))) if known else {"?"} for mask, known in zip(truth.masks, truth.known, strict=True)]


def test_a_block_that_tears_a_statement_is_taken_out_with_all_its_branches_but_one() -> None:
    text = "void f(int a) {\n#if A(1) // one\n  if (a) {\n#else\n  if (!a) {\n#endif\n    g(a);\n  }\n}\n"
    found = labels(text)
    assert found[1] == {"code", "comment", "call", "preprocessor", "in_function"}
    assert found[2] == {"code", "conditional", "in_function", "in_conditional"}
    assert found[4] == {"?"}
    assert found[5] >= {"preprocessor", "in_conditional"}
    assert found[6] == {"code", "call", "in_function", "in_conditional"}
    assert found[8] == {"code", "delimiter", "in_function"}


def test_blocks_of_whole_statements_keep_both_branches() -> None:
    text = "void f(void) {\n#if A\n  g();\n#else\n  x = 1;\n#endif\n  return MACRO y;\n}\n"
    found = labels(text)
    assert found[2] == {"code", "call", "in_function"}
    assert found[4] == {"code", "assignment", "in_function"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("API_EXPORT int f(int a) ATTR_PURE;", {"code", "function_definition"}),
        ("static void CALLBACK f(void *x) { }", {"code", "function_definition", "in_function"}),
        ("API int (*f)(int a) ATTR(1);", {"code", "variable_declaration"}),
        (
            "void f(const char *name UNUSED) { g(struct a *, int); }",
            {"code", "function_definition", "call", "in_function"},
        ),
        (
            'void f(void) { printf("%" PRIu64 "\\n" FMT, a); }',
            {"code", "string", "call", "function_definition", "in_function"},
        ),
    ],
)
def test_macros_in_declarations_and_arguments_are_passed_over(line: str, expected: set[str]) -> None:
    assert labels(line) == [expected]


def test_macros_that_are_statements() -> None:
    text = "void f(void) {\n  LIST_FOREACH(a, b, c) {\n    SKIP_IF(a)\n    EXPECT(a, ==, b);\n  }\n}\n"
    found = labels(text)
    assert found[1] == {"code", "loop", "in_function", "in_loop"}
    assert found[2] == found[3] == {"code", "call", "in_function", "in_loop"}


def test_the_macro_of_a_class_head_makes_no_function_of_it() -> None:
    found = labels("class API_EXPORT A final : public B {\n  NO_COPY(A);\n  A();\n};\n", "cpp")
    assert found[0] == {"code", "type_definition", "in_type"}
    assert found[1] == {"code", "call", "in_type"}
    assert found[2] == {"code", "function_definition", "in_type"}


@given(st.text(alphabet="aA_(){};:#if\n\"'/* ,=&<1", max_size=120))
@settings(deadline=None)
def test_a_mended_text_keeps_its_length(text: str) -> None:
    data = text.encode()
    mended = c_text.mend(data)
    assert len(mended.source) == len(data)
    assert all(0 <= start < end <= len(data) for start, end in mended.lost)
