"""Directives of C# that stand inside statements are taken out, and their labels put back."""

from __future__ import annotations

import pytest

from linewise.features.labels import names_of
from linewise.training.oracle import label_file, violations


def constructs(text: str, language: str = "csharp") -> list[str]:
    truth = label_file(text.encode(), language)
    assert violations(truth.masks, text.encode()) == []
    left_out = {"code", "in_type", "in_function", "delimiter"}
    return [
        ",".join(name for name in names_of(int(mask)) if name not in left_out) if known else "?"
        for mask, known in zip(truth.masks, truth.known, strict=True)
    ]


def test_branches_that_exclude_each_other_are_known_but_for_one() -> None:
    text = '#region It\'s "in" f(x)\n#if A // "a"\nclass X : Y\n#else\nclass X\n#endif\n{ int x; }\n#endregion\n'
    assert constructs(text) == [
        "preprocessor",
        "comment,preprocessor",
        "type_definition",
        "preprocessor",
        "?",
        "preprocessor",
        "variable_declaration",
        "preprocessor",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "class A : B\n#if X\n, C\n#endif\n{ }\n",
        "f(a\n#if X\n, b\n#endif\n);\n",
        "try { }\n#pragma warning disable 1\ncatch (E e) { }\n",
        "switch (a) {\n#if X\ncase 1: break;\n#endif\ndefault: break; }\n",
    ],
)
def test_directives_inside_statements_lose_no_line(text: str) -> None:
    found = constructs(text)
    assert "?" not in found
    assert [line.startswith("#") for line in text.splitlines()] == ["preprocessor" in labels for labels in found]


def test_call_signatures_of_typescript_need_no_semicolon() -> None:
    text = "interface F {\n  (x: A): B\n  /** of a */\n  <A>(x: A): B\n  <\n    A\n  >(y: A): C\n}\nlet a = 1;\n"
    found = constructs(text, "typescript")
    assert found == ["type_definition", "", "comment,documentation", "", "", "", "", "", "variable_declaration"]
