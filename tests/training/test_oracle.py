"""The oracle against the labelled files of tests/conformance, and its behaviour on damaged and odd texts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features.labels import mask_of, names_of
from linewise.features.lines import split_lines
from linewise.features.plain_text import parse_plain_text
from linewise.training.commands.oracle import oracle
from linewise.training.grammars import Dialect, GrammarError, load_grammar
from linewise.training.oracle import OracleError, captures, label_file, labelling, violations
from linewise.training.oracle.captures import Captures, Spans
from linewise.training.oracle.damage import known_lines
from linewise.training.oracle.macro_text import with_macro_texts
from linewise.training.oracle.profiles import profile_of

CONFORMANCE = Path(__file__).parents[1] / "conformance"
QUERIES = Path(__file__).parents[2] / "training/linewise/training/queries"
LANGUAGES = sorted(
    path.stem for path in CONFORMANCE.glob("*.txt") if (QUERIES / path.name).with_suffix(".scm").exists()
)


def labels(text: str, language: str) -> list[set[str]]:
    truth = label_file(text.encode(), language)
    assert truth.known.all()
    return [set(names_of(int(mask))) for mask in truth.masks]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_conformance_line_is_labelled_as_gold(language: str) -> None:
    gold = parse_plain_text((CONFORMANCE / f"{language}.txt").read_bytes())
    truth = label_file(gold.data, language)
    texts = gold.data.decode().split("\n")
    wrong = [
        f"{language}.txt:{number + 1}: {texts[number]}\n  expected {','.join(names_of(expected))}"
        f"\n  got      {','.join(names_of(got))}{'' if known else '  (unknown)'}"
        for number, (expected, got, known) in enumerate(
            zip(gold.masks, truth.masks.tolist(), truth.known.tolist(), strict=True)
        )
        if expected != got or not known
    ]
    assert not wrong, f"{len(wrong)} lines differ\n" + "\n".join(wrong)
    assert violations(truth.masks, gold.data) == []


def test_every_string_of_a_first_statement_is_a_docstring() -> None:
    text = '# head\n"one" "two"\nclass A:\n    # why\n    r"""raw\n    """\n    x = 1\n    "no docstring"\n'
    assert [sorted(found & {"documentation", "string", "comment", "code"}) for found in labels(text, "python")] == [
        ["comment"],
        ["documentation"],
        ["code"],
        ["comment"],
        ["documentation"],
        ["documentation"],
        ["code"],
        ["code", "string"],
    ]


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("x = 1\nx = 2\n", "da"),
        ("import x\nx = 2\n", ".a"),
        ("def x(): x = 1\nx = 2\n", "da"),
        ("def f(x, *y):\n    x = y = z = 1\n", ".b"),
        ("for x in y:\n    x = 1\n", ".a"),
        ("class A:\n    x = 1\n    def f(self): x = 1\nx = 1\n", ".ddd"),
        ("def f():\n    global x\n    x = 1\nx = 2\n", "..da"),
        ("def f(x):\n    def g():\n        nonlocal x\n        x = 1\n", "...a"),
        ("a.b = 1\na[0] = 1\na += 1\na: int\n", "aaad"),
        ("y = [x for x in z]\nx = 1\n", "dd"),
        ("with a as x, b as (y, z):\n    y = 1\nz = 1\n", "daa"),
    ],
)
def test_first_bindings_declare_and_later_ones_assign(text: str, bound: str) -> None:
    letters = {(False, False): ".", (True, False): "d", (False, True): "a", (True, True): "b"}
    found = labels(text, "python")
    assert "".join(letters["variable_declaration" in line, "assignment" in line] for line in found) == bound


def test_a_construct_begins_after_its_annotations() -> None:
    text = "@a({ b: 1 })\n// why\n@c\nclass A {\n  @d\n  e() {\n  }\n}\n"
    found = labels(text, "javascript")
    assert ["type_definition" in line for line in found] == [False] * 3 + [True] + [False] * 4
    assert ["in_type" in line for line in found] == [False] * 3 + [True] * 5
    assert ["in_function" in line for line in found] == [False] * 5 + [True, True, False]
    assert [number for number, line in enumerate(found) if "annotation" in line] == [0, 2, 4]


def test_a_byte_order_mark_and_an_interpreter_line() -> None:
    assert labels("\ufeff#!/usr/bin/env node\nx;\n\ufeff", "javascript")[:2] == [{"comment"}, {"code"}]
    assert labels("\ufeff\n", "python") == [{"blank"}]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_every_line_ending_gives_the_same_labels(ending: str) -> None:
    gold = parse_plain_text((CONFORMANCE / "python.txt").read_bytes())
    masks = label_file(gold.data.replace(b"\n", ending.encode()), "python").masks.tolist()
    assert tuple(masks) == gold.masks


def test_damage_is_masked_no_wider_than_the_definition_around_it() -> None:
    text = "class A:\n    x = 1\n    def broken(self):\n        if (\n    def sound(self):\n        pass\n"
    truth = label_file(text.encode(), "python")
    assert truth.known.tolist() == [True, True, False, False, True, True]
    text = "function sound() {\n}\nfunction broken() {\n  let x = ;\n}\nlet y = 1;\n"
    truth = label_file(text.encode(), "javascript")
    assert truth.known.tolist() == [True, True, False, False, False, True]


def test_what_a_tree_ends_before_is_unknown() -> None:
    profile = profile_of("javascript")
    held = b"function f() {\n  let x = ;\n}\ny;\n"
    root = labelling.parsed(held, profile.dialects[0], profile)
    data = held + b"\nz;\n"
    known = known_lines(root, data, split_lines(data), profile.dialects[0], profile)
    assert known.tolist() == [False, False, False, True, True, False]


def test_a_text_that_is_no_program_is_unknown() -> None:
    truth = label_file(b"}}} class ) {{{ ( function\n" * 3, "javascript")
    assert not truth.known.any()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text", ["(" * 5_000, "{" * 20_000 + "}" * 20_000, "if x:\n" * 300, "\0" * 1000, "a\n" * 20_000]
)
def test_odd_texts_neither_crash_nor_break_a_rule(language: str, text: str) -> None:
    data = text.encode()
    truth = label_file(data, language)
    assert len(truth.masks) == len(split_lines(data))
    assert violations(truth.masks, data) == []


@given(st.binary(max_size=200) | st.text(alphabet="ab=():{}\"'#/*\\\n\r `$@", max_size=80).map(str.encode))
@settings(deadline=None)
def test_any_bytes_have_one_truth_a_line_and_keep_the_rules(data: bytes) -> None:
    for language in LANGUAGES:
        truth = label_file(data, language)
        assert truth.masks.shape == truth.known.shape == (len(split_lines(data)),)
        assert violations(truth.masks, data) == []


def test_too_large_a_text_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labelling, "MAX_BYTES", 3)
    with pytest.raises(OracleError, match="4 bytes"):
        label_file(b"abcd", "python")


def test_violations_name_line_and_rule() -> None:
    data = b"x\n\ny\n"
    masks = np.array([mask_of(["blank"]), mask_of(["blank", "code"]), mask_of(["comment", "call"])], np.uint32)
    assert [(found.line, found.rule) for found in violations(masks, data)] == [
        (1, "blank is not what the text says"),
        (1, "a visible line has none of code, comment, documentation, text"),
        (2, "a blank line has other than region labels"),
        (3, "a construct without code"),
    ]
    with pytest.raises(ValueError, match="1 label sets for 3 lines"):
        violations(masks[:1], data)


def test_an_unknown_capture_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "odd.scm").write_text("(identifier) @lop")
    monkeypatch.setattr(captures.resources, "files", lambda _: tmp_path)
    with pytest.raises(OracleError, match=r"queries/odd\.scm: @lop is no capture"):
        captures.compiled_query(Dialect("odd", "tree_sitter_python", ("odd",)))
    with pytest.raises(OracleError, match=r"no query file queries/none\.scm"):
        captures.compiled_query(Dialect("none", "tree_sitter_python", ("none",)))


def test_a_missing_grammar_names_the_command_that_brings_it() -> None:
    with pytest.raises(GrammarError, match=r'pip install "linewise\[train\]"'):
        load_grammar("tree_sitter_none")


def test_macro_texts_hold_strings_comments_and_calls() -> None:
    data = b'f(1) + sizeof (x) "g()" /* h() */ \\\n  k (2) \'"\' 1\'000 // "z"\n'
    found = with_macro_texts(data, Captures({"macro_text": spans_of((0, len(data)))}, True))
    assert [data[s:e] for s, e in zip(found["call"].starts, found["call"].ends, strict=True)] == [b"f", b"k"]
    assert [data[s:e] for s, e in zip(found["string"].starts, found["string"].ends, strict=True)] == [
        b'"g()"',
        b"'\"'",
    ]
    assert [data[s:e] for s, e in zip(found["comment"].starts, found["comment"].ends, strict=True)] == [
        b"/* h() */",
        b'// "z"',
    ]


def spans_of(*ranges: tuple[int, int]) -> Spans:
    starts, ends = np.array(ranges, dtype=np.int64).T
    return captures.sorted_spans(starts, ends)


def test_the_command_prints_the_plain_text_form(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("import a\n\nf(1)\n")
    result = CliRunner().invoke(oracle, [str(path)])
    assert result.exit_code == 0
    assert result.stdout == "code,import | import a\nblank       |\ncode,call   | f(1)\n"
    assert parse_plain_text(result.stdout.encode()).data == path.read_bytes()


def test_the_command_says_what_it_cannot_label(tmp_path: Path) -> None:
    run = CliRunner().invoke
    result = run(oracle, ["-", "--language", "js"], input="let x = ;\n")
    assert (result.exit_code, result.stdout) == (0, "? | let x = ;\n")
    assert "1 of 1 lines unknown" in result.stderr
    assert run(oracle, ["-"], input="x\n").exit_code == 1
    assert run(oracle, ["-"], input="#!/usr/bin/python3\n").stdout == "comment | #!/usr/bin/python3\n"
    missing = run(oracle, [str(tmp_path / "none.py")])
    assert missing.exit_code == 1
    assert "none.py" in missing.stderr
    assert run(oracle, ["--language", "klingon", "-"], input="").exit_code == 2


def test_a_line_on_which_a_definition_begins_is_no_delimiter() -> None:
    data = b'const rules = {\n  [[\n    "a",\n    "b",\n  ]](node) {\n    visit(node);\n  },\n};\n'
    truth = label_file(data, "javascript")
    assert not violations(truth.masks, data)
    assert names_of(int(truth.masks[1]))[:2] == ("code", "function_definition")
