"""What a patch amounts to: each verdict, and what looks like one but is code."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features.labels import mask_of
from linewise.service.patches import (
    FileLabels,
    Hunk,
    HunkLabels,
    LineLabels,
    PatchLine,
    Verdict,
    judge,
    judge_all,
    label_patch,
    parse_patch,
)
from linewise.service.patches.anchors import exports_own, unanchored_imports
from linewise.service.patches.literals import leaves_alike, skeleton
from linewise.service.patches.repository import GitContents
from linewise.service.patches.steering import steers

from .conftest import ScanningClassifier


def patch_of(name: str, *lines: str) -> bytes:
    old = sum(line[:1] != "+" for line in lines)
    new = sum(line[:1] != "-" for line in lines)
    header = f"--- a/{name}\n+++ b/{name}\n@@ -1,{old} +1,{new} @@\n"
    return (header + "".join(f"{line}\n" for line in lines)).encode()


def labelled(data: bytes) -> list[FileLabels]:
    return list(label_patch(ScanningClassifier(), parse_patch(data)))


def verdict(name: str, *lines: str) -> str:
    (labels,) = labelled(patch_of(name, *lines))
    return judge(labels).verdict.value


def verdict_elsewhere(*lines: str) -> str:
    """The same of a file of Python, where the hunk is not its beginning."""
    patch = patch_of("x.py", *lines).replace(b"@@ -1,", b"@@ -10,").replace(b" +1,", b" +10,")
    (labels,) = labelled(patch)
    return judge(labels).verdict.value


def reason(name: str, *lines: str) -> str:
    (labels,) = labelled(patch_of(name, *lines))
    return judge(labels).reason


@pytest.mark.parametrize(
    ("expected", "name", "lines"),
    [
        ("blank-only", "x.py", [" a()", "+", " b()"]),
        ("blank-only", "x.py", [" a()", "-  ", "+", " b()"]),
        ("comment-only", "x.py", [" a()", "-# old words", "+# new words", "+# and more", " b()"]),
        ("comment-only", "x.c", ["+/* all", "+ * of it */", " a();"]),
        ("comment-only", "x.py", ["+# words", "+", " a()"]),
        # Documentation comments are comments too, and the first verdict that fits is given.
        ("comment-only", "x.rs", ["+/// What f does.", " fn f() {}"]),
        ("comment-only", "x.java", [" /**", "- * Old.", "+ * New.", "  */", " f();"]),
        ("documentation-only", "x.py", [' """Summary.', "-Old words.", "+New words.", ' """', " f()"]),
        ("non-code", "x.py", ['-"""Old."""', '+"""New."""', " f()", "+# words"]),
        ("import-only", "x.py", ["-import os", "+import sys", " f()"]),
        ("import-only", "x.c", ["+#include <stdio.h>", " f();"]),
        ("string-only", "x.py", ['-log("old")', '+log("new")', " f()"]),
        ("string-only", "x.py", [' x = """', "-old words", "+new words", "+more words", ' """', " f()"]),
        ("code", "x.py", ["-a = 1", "+a = 2"]),
        ("code", "x.py", ["+import os", "+# words", " f()"]),
        ("code", "x.md", ["-old", "+new"]),
    ],
)
def test_verdicts(expected: str, name: str, lines: list[str]) -> None:
    assert verdict(name, *lines) == expected


class TestWhatIsCodeAfterAll:
    def test_comment_marks_around_code(self) -> None:
        lines = [" a();", "+/*", " b();", "+*/", " c();"]
        assert verdict("x.c", *lines) == "code"

    def test_unchanged_line_that_reads_differently(self) -> None:
        assert reason("x.c", "+/* a", "+*/ /*", " b();", " c(); */") == (
            "added line 1: a comment or string opens or closes elsewhere than before"
        )

    def test_whole_comment_within_a_comment(self) -> None:
        assert verdict("x.c", " /* a", "-b", "+/* b */", " c */") == "code"
        assert verdict("x.c", " /* a */", "-/* b */", "+/* c */", " f();") == "comment-only"
        assert verdict("x.c", " // a", "+/* c */", " f();") == "comment-only"

    def test_opened_in_a_hunk_and_never_closed_in_it(self) -> None:
        assert verdict("x.c", " a();", "+/* note", " b();") == "code"
        assert verdict("x.py", " a()", '+"""', " b()") == "code"

    def test_blank_line_within_a_string(self) -> None:
        assert verdict("x.py", ' x = """', " words", "+", " more", ' """') == "code"

    def test_line_after_a_backslash(self) -> None:
        assert verdict("x.py", " x = 1 + \\", "+", " 2") == "code"
        assert verdict("x.c", " #define X \\", "+// words", " f()") == "code"
        assert verdict("x.c", "+// words \\", " f();") == "code"

    def test_code_beside_a_comment(self) -> None:
        assert verdict("x.py", "-f()  # old", "+f()  # new") == "code"

    def test_what_cannot_be_ruled_out(self) -> None:
        lines = [' """Words', "+MAYBE", ' """', " f()"]
        assert verdict("x.py", *lines) == "documentation-only"
        assert verdict_elsewhere(*lines) == "documentation-only"
        assert verdict_elsewhere(" # words", *lines) == "documentation-only"
        assert verdict_elsewhere(" f(", *lines) == "code"
        assert reason("x.py", " f(", *lines) == "added line 3: may be code"

    def test_docstring_whose_end_the_hunk_shows(self) -> None:
        end = ["+MAYBE", ' """', " f()"]
        assert verdict_elsewhere(" words", " WORDS", *end) == "code"
        assert verdict_elsewhere(' """', " words", *end) == "documentation-only"
        assert verdict_elsewhere(" x = (", ' """', " words", *end) == "code"
        assert verdict_elsewhere(' x = """', " words", *end) == "string-only"
        assert verdict_elsewhere(' """', " words", "+MAYBE", ' """') == "code"
        assert verdict_elsewhere(' """', " words", "+MAYBE", ' """', " # words") == "code"

    def test_docstring_below_a_header_that_the_hunk_shows(self) -> None:
        lines = [" f()", " def f():", '     """Words', "-    MAYBE", "+    MAYBE this", '     """', "     f()"]
        assert verdict("x.py", *lines) == "documentation-only"
        assert verdict("x.py", " f()", *lines[2:]) == "code"

    def test_names_in_brackets_that_no_import_is_seen_of(self) -> None:
        names = ("", "import", "import")
        rows = [
            None if row == 2 else LineLabels(*[mask_of([name] if name else [])] * 5) for row, name in enumerate(names)
        ]
        lines = tuple(PatchLine(" ", text) for text in (b"f()", b"  a,", b"  b,"))
        for section, text, found in (("", b"f()", {1}), ("", b"import (", {1}), ("import x", b"f()", {1})):
            hunk = Hunk((1,), 1, section, (PatchLine(" ", text), *lines[1:]))
            assert unanchored_imports(HunkLabels(hunk, (), rows), rows) == found
        shown = Hunk((1,), 1, "", (lines[0], PatchLine(" ", b"import a"), lines[2]))
        assert unanchored_imports(HunkLabels(shown, (), rows), rows) == frozenset()
        begun = Hunk((1,), 1, "import (", lines[1:])
        assert unanchored_imports(HunkLabels(begun, (), rows[1:]), rows[1:]) == frozenset()

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ('log("a", x)', 'log("b", y)'),
            ('log(f"{x}")', 'log(f"{y}")'),
            ('log("a")  # it\'s', 'log("b")  # it\'s'),
            ('log("a")', 'log("a", "b")'),
            ("import 'a'", "import 'b'"),
            ('x = """a', 'y = """a'),
        ],
    )
    def test_more_than_a_string_changes(self, old: str, new: str) -> None:
        assert verdict("x.py", f"-{old}", f"+{new}") != "string-only"

    def test_import_and_more_on_its_line(self) -> None:
        assert verdict("x.c", "+#include <a.h>", " f();") == "import-only"
        assert verdict("x.py", "+import a; b = 1", " f()") == "code"

    def test_export_of_names_of_the_file_itself(self) -> None:
        imported = [' import {a as b} from "c/d";', ' import {e} from "f";']
        assert verdict("x.mjs", *imported, "-export {b as c, e as f};", "+export {b as c, e as f, e as g};") == "code"
        assert exports_own(b"export {b as c};")
        assert exports_own(b"export default c;")
        for line in (b'export {b as c} from "d";', b"export {", b"  b as c,", b"exported();", b'import {b} from "c";'):
            assert not exports_own(line)

    def test_future_import(self) -> None:
        assert verdict("x.py", "+from __future__ import annotations", " f()") == "code"

    def test_comment_above_an_import_of_c(self) -> None:
        assert verdict("x.go", "+// int x;", ' import "C"') == "code"

    def test_line_that_php_may_print(self) -> None:
        assert verdict("x.php", "+", " <?php", " f();") == "code"
        assert verdict("x.php", " f();", " ?>", "+// words") == "code"

    def test_examples_that_tests_run(self) -> None:
        assert verdict("x.py", ' """Summary.', " >>> f()", "-1", "+2", ' """') == "code"

    @pytest.mark.parametrize(
        "header",
        [
            b"new file mode 100644\n",
            b"deleted file mode 100644\n",
            b"old mode 100644\nnew mode 100755\n",
            b"rename from x.py\nrename to y.py\n",
        ],
    )
    def test_more_than_lines_changes(self, header: bytes) -> None:
        body = patch_of("x.py", "+# words")
        (labels,) = labelled(b"diff --git a/x.py b/x.py\n" + header + body)
        assert judge(labels).verdict is Verdict.CODE


@pytest.mark.parametrize(
    ("language", "comment"),
    [
        ("go", "//go:build linux"),
        ("go", "// +build linux"),
        ("go", "//nolint:errcheck"),
        ("go", "// Output: 1"),
        ("python", "# type: ignore[x]"),
        ("python", "# noqa"),
        ("python", "# pylint: disable=x"),
        ("python", "# -*- coding: latin-1 -*-"),
        ("python", "#!/usr/bin/env python"),
        ("python", "# pragma: no cover"),
        ("python", "# fmt: off"),
        ("python", "# mypy: strict"),
        ("python", ">>> f(x)"),
        ("javascript", "// eslint-disable-next-line no-x"),
        ("typescript", "// @ts-ignore"),
        ("typescript", '/// <reference types="x" />'),
        ("javascript", "/* istanbul ignore next */"),
        ("javascript", "// prettier-ignore"),
        ("c", "/* fallthrough */"),
        ("cpp", "// NOLINTNEXTLINE(x)"),
        ("cpp", "// clang-format off"),
        ("java", "// @formatter:off"),
        ("java", " * @deprecated use g"),
        ("ruby", "# frozen_string_literal: true"),
        ("ruby", "# rubocop:disable X"),
        ("bash", "# shellcheck disable=SC2086"),
        ("bash", "#SBATCH --time=1"),
        ("lua", "---@diagnostic disable"),
        ("php", " * @dataProvider cases"),
        ("rust", "/// ```"),
        ("scala", "//> using dep x"),
        ("swift", "// swiftlint:disable all"),
        ("swift", "// swift-tools-version:5.9"),
        ("kotlin", "// ktlint-disable no-x"),
        ("csharp", "// ReSharper disable All"),
    ],
)
def test_comments_that_steer(language: str, comment: str) -> None:
    assert steers(comment.encode(), language)


@pytest.mark.parametrize(
    ("language", "comment"),
    [
        ("python", "# Skips what depends on the type of the input, if any."),
        ("python", "# See https://example.org/a-b: it says more (and so on)."),
        ("python", "# include all of them"),
        ("c", " * @param count how many; ignore the rest"),
        ("c", "/* Copyright 2026 the authors */"),
        ("rust", "//! Reads and writes."),
        ("go", "// Package x reads files: one after the other."),
        ("javascript", "// returns early -> no more work"),
        ("javascript", " * Turn it on or off, and allow the rest."),
        ("java", " * @return the sum, never null"),
        ("php", " * @param string $name the name"),
        ("ruby", "# Adds a name."),
        ("bash", "# Print the usage."),
    ],
)
def test_comments_that_only_tell(language: str, comment: str) -> None:
    assert not steers(comment.encode(), language)


def test_long_patches_take_no_more_time_than_they_are_long() -> None:
    for text in ("# words", "", "# " + "a-on-" * 900, '"""doc"""'):
        (labels,) = labelled(patch_of("x.py", *([f"+{text}"] * 4_000), " f()"))
        judge(labels)


class TestSeveralFiles:
    def judged(self, *patches: bytes) -> str:
        return judge_all(judge(labels) for labels in labelled(b"".join(patches))).value

    def test_no_file(self) -> None:
        assert self.judged() == "blank-only"

    def test_same_kind(self) -> None:
        assert self.judged(patch_of("x.py", "+# a", " f()"), patch_of("x.c", " f();", "+", " f();")) == "comment-only"

    def test_comments_that_document_and_docstrings(self) -> None:
        assert (
            self.judged(patch_of("x.rs", "+/// a", " f()"), patch_of("x.py", '+"""a"""', " f()"))
            == "documentation-only"
        )

    def test_harmless_kinds_are_non_code(self) -> None:
        assert self.judged(patch_of("x.py", "+# a", " f()"), patch_of("x.py", '+"""a"""', " f()")) == "non-code"

    def test_imports_and_comments_are_code(self) -> None:
        assert self.judged(patch_of("x.py", "+# a", " f()"), patch_of("x.py", "+import a", " f()")) == "code"


class TestLiterals:
    def test_skeleton(self) -> None:
        assert skeleton(b'f(\'a\', "b\\"c")', "python") == b'f("", "")'
        assert skeleton(b"f('a', \"b\")", "php") == b"f('', \"\")"
        assert skeleton(b'f("a ${x} b")', "kotlin") == b'f("${x}")'
        assert skeleton(b"f(`a ${x} b`)", "javascript") == b"f(`${x}`)"
        assert skeleton(b'f(f"a {x} b {y}")', "python") == b'f(f"{x}\n{y}")'
        assert skeleton(b'f("a \\(x(y(z)))")', "swift") == b'f("a \\(x(y(z)))")'
        assert skeleton(b'<p class="a">b</p>', "javascript") == b'<p class="">b</p>'
        assert skeleton(b'x.replace(/"/g, "a")', "javascript") is None
        assert skeleton(b'f("a") // "b"', "c") is None
        assert skeleton(b'echo "a" `date`', "bash") is None
        assert skeleton(b"f(x)", "python") is None
        assert skeleton(b"f('a)", "python") is None
        assert skeleton(b'x: &\'a str = "b"', "rust") == b'x: &\'a str = ""'
        assert skeleton(b'x(@"c:\\" + y + @"d")', "csharp") is None

    @pytest.mark.parametrize(
        ("language", "old", "new", "alike"),
        [
            ("c", [], ["/* a */"], True),
            ("c", [" * a"], [" * b", " * c"], True),
            ("c", [], ["/* a"], False),
            ("c", [], [" */"], False),
            ("c", ["/* a", "b */"], ["/* a */"], True),
            ("c", [], ["// see a/*.c"], True),
            ("c", [" * end */"], [" * the end */"], True),
            ("python", ['"""a'], ['"""b', "c"], True),
            ("python", ['"""a"""'], ['"""b'], False),
            ("lua", [], ["--[[ a ]]"], True),
            ("lua", [], ["--[[ a"], False),
            ("ruby", [], ["=begin"], False),
            ("bash", [], ["# /*"], True),
        ],
    )
    def test_what_is_open_afterwards(self, language: str, old: list[str], new: list[str], alike: bool) -> None:
        assert leaves_alike([line.encode() for line in old], [line.encode() for line in new], language) is alike


class TestLabels:
    def test_fragments_are_labelled_by_the_names_of_their_sides(self) -> None:
        scanner = ScanningClassifier()
        data = b"diff --git a/x.py b/y.c\nrename from x.py\nrename to y.c\n" + patch_of("x.py", "-a()", "+b();")
        list(label_patch(scanner, parse_patch(data), mode="best-guess"))
        told = [(each.text, each.filename, each.context, each.mode) for each in scanner.documents]
        assert sorted(told, key=lambda each: each[3], reverse=True) == [
            (b"a()\n", "x.py", "fragment", "high-confidence"),
            (b"b();\n", "y.c", "fragment", "high-confidence"),
            (b"a()\n", "x.py", "fragment", "best-guess"),
            (b"b();\n", "y.c", "fragment", "best-guess"),
        ]

    def test_shown_labels_and_sure_ones(self) -> None:
        (labels,) = labelled(patch_of("x.py", "+f()  SELDOM"))
        (line,) = labels.hunks[0].new
        assert line is not None
        assert line.given != line.sure
        assert labels.hunks[0].old == ((None,),)

    def test_carriage_returns_within_a_line_make_no_line(self) -> None:
        (labels,) = labelled(patch_of("x.py", "+# a\rf()", " g()"))
        added, unchanged = labels.hunks[0].new
        assert added is not None
        assert unchanged is not None
        assert judge(labels).verdict is Verdict.CODE

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from("+- "), st.sampled_from(["f()", "# a", "", "x\ry", '"""', "a\r"])), min_size=1
        )
    )
    def test_every_line_has_labels_on_the_sides_that_have_it(self, lines: list[tuple[str, str]]) -> None:
        (labels,) = labelled(patch_of("x.py", *(mark + text for mark, text in lines)))
        (hunk,) = labels.hunks
        for row, (mark, _) in enumerate(lines):
            assert (hunk.old[0][row] is not None) == (mark != "+")
            assert (hunk.new[row] is not None) == (mark != "-")
        judge(labels)


class TestWholeFiles:
    OLD = "/*\n" + "inside\n" * 9 + "a();\n*/\n" + "b();\n" * 9
    NEW = OLD.replace("a();\n", "c();\n").replace("inside\n", "within\n", 1)

    @pytest.fixture
    def repository(self, tmp_path: Path) -> Path:
        (tmp_path / "x.c").write_text(self.OLD)
        for command in (["init", "-q"], ["add", "."]):
            subprocess.run(["git", *command], cwd=tmp_path, check=True)
        (tmp_path / "x.c").write_text(self.NEW)
        return tmp_path

    def diff(self, repository: Path, *options: str) -> bytes:
        return subprocess.run(["git", "diff", *options], cwd=repository, capture_output=True, check=True).stdout

    def label(self, repository: Path, data: bytes) -> FileLabels:
        (labels,) = label_patch(ScanningClassifier(), parse_patch(data), source=GitContents(repository))
        return labels

    def test_one_side_of_the_repository_is_enough(self, repository: Path) -> None:
        for options in ([], ["-R"], ["--full-index"], ["-U0"], ["-U1"]):
            labels = self.label(repository, self.diff(repository, *options))
            assert labels.whole, options
            assert judge(labels).verdict is Verdict.COMMENT_ONLY, options

    def test_patch_alone_reads_its_second_hunk_otherwise(self, repository: Path) -> None:
        (labels,) = labelled(self.diff(repository))
        assert not labels.whole
        assert judge(labels).verdict is Verdict.CODE

    def test_patch_of_something_else_is_not_mixed_with_the_repository(self, repository: Path) -> None:
        data = self.diff(repository)
        assert not self.label(repository, data.replace(b" b();", b" x();")).whole
        assert not self.label(repository, data.replace(b"index ", b"index f")).whole
        assert not self.label(repository.parent, data).whole
