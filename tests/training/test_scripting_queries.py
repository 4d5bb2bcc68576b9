"""How the queries of Ruby, PHP, Bash and Lua read what their conformance files do not show."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linewise.features.labels import names_of
from linewise.training.oracle import label_file
from linewise.training.oracle.bash_text import mend


def labels(text: str, language: str) -> list[set[str]]:
    truth = label_file(text.encode(), language)
    assert truth.known.all()
    return [set(names_of(int(mask))) for mask in truth.masks]


@pytest.mark.parametrize(
    ("language", "text", "bound"),
    [
        ("ruby", "x = 1\nx = 2\n@a = 1\nX ||= 1\nx.y = 1\n", "daaaa"),
        ("ruby", "x = 1\ny.each { |x| x = 2; z = 1 }\nz = 1\n", "dbd"),
        ("ruby", "def f(a, b: 1, *c)\n  a = b = c = 1\nend\na = 1\n", ".a.d"),
        ("ruby", "def f; $a = 1; end\n$a = 2\n$stdout = $a\n", "daa"),
        ("ruby", "for i in a\n  i = 1\nend\nx, (y, *z), w.v = i\n", ".a.b"),
        ("ruby", "case x\nin {name: String => n, age:}\n  n = age = 1\nend\n", "..a."),
        ("php", "<?php\n$a = 1;\n$a = 2;\nfunction f($b) {\n  $a = $b = 1;\n}\n", ".da.b."),
        ("php", "<?php\nfunction f() {\n  global $a;\n  $a = 1;\n}\n$a = 2;\n", "...d.a"),
        ("php", "<?php\nforeach ($x as $k => [$a, $b]) { $a = 1; }\n$f = fn($y) => $z = $y;\n", ".ad"),
        ("php", "<?php\n[$a, [$b]] = $x;\n$a[] = 1;\n$c ??= 1;\n$c = 2;\nstatic $d = 1;\n", ".daaad"),
        ("bash", "a=1\na=2\na+=1\nb[1]=2\n((a++, c = 1))\n", "daaab"),
        ("bash", "f() {\n  local a\n  a=1\n  b=1\n}\nb=2\na=1\n", ".dad.ad"),
        ("bash", "IFS= read -r a\nLANG=C sort x\nexport A\nexport A=1\n: ${A:=2}\n", "...da"),
        ("lua", "a = 1\nlocal b\nb = 2\ndo local a = 2 end\na = 3\n", "ddada"),
        ("lua", "function f(x)\n  x = 1\n  y = 1\nend\ny = 2\nf = 1\n", ".ad.aa"),
        ("lua", "for i, v in x do\n  i = 1\nend\nlocal a <const>, b = 1, 2\n", ".a.d"),
    ],
)
def test_first_bindings_declare_and_later_ones_assign(language: str, text: str, bound: str) -> None:
    letters = {(False, False): ".", (True, False): "d", (False, True): "a", (True, True): "b"}
    found = labels(text, language)
    assert "".join(letters["variable_declaration" in line, "assignment" in line] for line in found) == bound


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ruby", "raise", {"code", "exception"}),
        ("ruby", "super", {"code", "call"}),
        ("ruby", "raise.foo = bar", {"code", "assignment"}),
        ("ruby", "foo.bar = baz.quux", {"code", "assignment", "call"}),
        ("ruby", "private", {"code"}),
        ("php", "<?php $x->f(...); g(...);", {"code"}),
        ("php", "<?php isset($x); exit;", {"code", "call"}),
        ("php", "<?php return require 'x.php';", {"code", "string", "import", "return"}),
        ("bash", "[[ a == b ]] && return", {"code", "return"}),
        ("bash", "declare -f name", {"code"}),
        ("bash", ":", {"code", "call"}),
        ("bash", "::() {\n}", {"code", "function_definition", "in_function"}),
        ("lua", 'x("--[[ no comment", "]]")', {"code", "string", "call"}),
        ("lua", "x'\\'--[[ no comment'; f() --[[ ' ]]", {"code", "string", "comment", "call"}),
        ("lua", 'require("a").b()', {"code", "string", "call", "import"}),
    ],
)
def test_the_first_line(language: str, text: str, expected: set[str]) -> None:
    assert labels(text, language)[0] == expected


def test_a_begin_counts_where_it_handles_something() -> None:
    found = labels("begin\n  a\nend\nbegin\n  b\nensure\n  c\nend\n", "ruby")
    assert ["exception" in line for line in found] == [False] * 3 + [True, False, True, False, False]
    assert ["in_exception" in line for line in found] == [False] * 3 + [True] * 5


def test_accessors_of_a_php_property_with_bodies_are_functions() -> None:
    text = "<?php\nclass A {\n  public int $x {\n    get => 1;\n    set { $this->y = $value; }\n  }\n}\n"
    found = labels(text, "php")
    assert ["function_definition" in line for line in found] == [False, False, False, True, True, False, False]
    assert ["variable_declaration" in line for line in found] == [False, False, True, False, False, False, False]


def test_statements_that_the_grammar_of_bash_runs_together_are_unknown() -> None:
    # A declaration after assignments alone is read as the command that these are made for.
    truth = label_file(b"x\nf() {\n  a=1 b=2\n  local c\n}\n\n\ny\nz\n", "bash")
    assert truth.known.tolist() == [True, False, False, False, False, True, True, True, True]


@pytest.mark.parametrize(
    "line",
    [
        "[[ $x =~ ^([a-z]+)=(.*)$ ]] && a",
        "[[ $x == *@(a|b|!(c)) ]] && a",
        "[ x \\> y -a \\( -n z \\) ] && a",
        'a "${x:$y:1}"',
        "V=1 a::b c",
        "a ${x%%[()]*}",
        "(( 10#0${x[$i]} >= 0 )) && a",
    ],
)
def test_patterns_that_the_grammar_of_bash_cannot_read_are_mended(line: str) -> None:
    found = labels(f"if a; then\n  {line}\nfi\n", "bash")
    assert {"code", "call", "in_conditional"} <= found[1]
    assert found[2] == {"code", "delimiter", "in_conditional"}


@given(st.text(alphabet="[]()=~!@*?|&\"'$\\{}#:ax \n", max_size=200).map(str.encode))
def test_mending_keeps_every_line_break_in_its_place(data: bytes) -> None:
    source = mend(data).source
    assert len(source) == len(data)
    assert [m.start() for m in re.finditer(b"\n", source)] == [m.start() for m in re.finditer(b"\n", data)]


@pytest.mark.parametrize("text", ["${x%", "[[ =~ ", "@(", '"', "${x#("])
def test_mending_takes_time_that_grows_with_the_text(text: str) -> None:
    started = time.process_time()
    mend(text.encode() * 20_000)
    assert time.process_time() - started < 5
