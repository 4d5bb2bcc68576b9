"""`linewise diff`: where patches come from, forms of output, exit codes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from linewise.service.cli import linewise
from linewise.service.commands.diff import VERDICTS
from linewise.service.patches import Verdict

from .conftest import ScanningClassifier

PATCH = b"""\
diff --git a/x.py b/x.py
--- a/x.py
+++ b/x.py
@@ -1,2 +1,3 @@ def f():
 f()
-# old
+# new
+
\\ No newline at end of file
diff --git a/i.png b/i.png
Binary files a/i.png and b/i.png differ
"""
TEXT = """\
x.py: comment-only
@@ -1,2 +1,3 @@ def f():
code,call |  f()
comment   | -# old
comment   | +# new
blank     | +
\\ No newline at end of file

i.png: code (the file is binary)

verdict: code
added 2 lines: 1 blank, 1 comment
removed 1 line: 1 comment
"""
COMMENT = PATCH[: PATCH.index(b"diff --git a/i.png")]


@pytest.fixture
def run(
    scanning_classifier: ScanningClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs `linewise diff` with a stand-in for the model, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, stdin: bytes = b"", colour: bool = False) -> Result:
        return CliRunner().invoke(linewise, ["diff", *arguments], input=stdin, color=colour)

    return call


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


class TestForms:
    def test_annotated_patch(self, run: Callable[..., Result]) -> None:
        result = run(stdin=PATCH)
        assert (result.exit_code, result.stdout, result.stderr) == (0, TEXT, "")

    def test_colour_adds_nothing_but_colour(self, run: Callable[..., Result]) -> None:
        painted = run("--color", "always", stdin=PATCH, colour=True).stdout
        assert "\x1b[32m+# new\x1b[0m" in painted
        assert click.unstyle(painted) == TEXT

    def test_summary(self, run: Callable[..., Result]) -> None:
        lines = run("--format", "summary", "-", stdin=PATCH).stdout.splitlines()
        assert lines[:3] == ["x.py: comment-only", "i.png: code (the file is binary)", "verdict: code"]

    def test_json(self, run: Callable[..., Result]) -> None:
        answer = json.loads(run("--format", "json", stdin=PATCH).stdout)
        assert answer["verdict"] == "code"
        assert answer["added"] == {"lines": 2, "labels": {"blank": 1, "comment": 1}}
        assert (answer["model_digest"], answer["taxonomy_version"]) == ("f" * 64, "1.0")
        first, second = answer["files"]
        assert (first["path"], first["verdict"], first["context"], first["language"]) == (
            "x.py",
            "comment-only",
            "fragment",
            "python",
        )
        assert (second["changes"], second["reason"], second["hunks"]) == (["binary"], "the file is binary", [])
        (hunk,) = first["hunks"]
        assert (hunk["old_start"], hunk["new_start"], hunk["section"]) == (1, 1, "def f():")
        assert hunk["lines"][1] == {
            "change": "removed",
            "old": {"number": 2, "labels": ["comment"], "uncertain": []},
            "new": None,
            "text": "# old",
        }
        assert [line["new"] and line["new"]["number"] for line in hunk["lines"]] == [1, None, 2, 3]
        assert hunk["lines"][0]["old"] == hunk["lines"][0]["new"]

    def test_nothing(self, run: Callable[..., Result]) -> None:
        assert run(stdin=b"").stdout == "verdict: blank-only\nadded 0 lines\nremoved 0 lines\n"
        assert json.loads(run("--format", "json", stdin=b"").stdout)["files"] == []

    def test_name_with_control_characters(self, run: Callable[..., Result]) -> None:
        data = b'--- "a/x\\033[2J.py"\n+++ "b/x\\033[2J.py"\n@@ -1 +1 @@\n-a()\n+b()\n'
        assert run(stdin=data).stdout.startswith("x\\x1b[2J.py: code")


class TestSources:
    def test_file(self, run: Callable[..., Result]) -> None:
        Path("x.patch").write_bytes(PATCH)
        assert run("x.patch").stdout == TEXT

    def test_staged_and_revisions(self, run: Callable[..., Result]) -> None:
        git("init", "-q", "-b", "main")
        Path("x.py").write_text('"""Words\nof more\nlines\nthan\nthe\nhunk\nshows."""\nf()\n')
        git("add", "."), git("commit", "-qm", "first")
        Path("x.py").write_text('"""Words\nof more\nlines\nthan\nthe\nhunk\ntells."""\nf()\n')
        git("add", ".")
        staged = run("--staged", "--format", "summary").stdout.splitlines()
        assert staged[0] == "x.py: documentation-only [labels from the whole file]"
        git("commit", "-qm", "second")
        assert run("--git", "HEAD~1..HEAD", "--format", "summary").stdout.splitlines() == staged
        assert run("--staged").stdout.startswith("verdict: blank-only")
        alone = run("--git", "HEAD~1..HEAD", "--from-patch-alone", "--format", "summary")
        assert alone.stdout.startswith("x.py: code (")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--git", "HEAD"], "git: 'HEAD' is no pair of revisions"),
            (["--git", "--output=x..y"], "is no pair of revisions"),
            (["--git", "gone..HEAD"], "git: "),
            (["--staged", "x.patch"], "only one of PATCH, --git and --staged"),
            (["gone.patch"], "'gone.patch' does not exist"),
            (["--exit-code-if", "comments"], "'comments' is no verdict; there are blank-only,"),
            (["-"], "there is no unified diff in the input"),
        ],
    )
    def test_wrong_usage(self, run: Callable[..., Result], arguments: list[str], message: str) -> None:
        Path("x.patch").write_bytes(PATCH)
        result = run(*arguments, stdin=b"hello\n")
        assert result.exit_code == 2
        assert message in result.stderr
        assert result.stdout == ""


class TestExitCode:
    def test_only_a_verdict_that_was_named_makes_it_three(self, run: Callable[..., Result]) -> None:
        watched = ["--exit-code-if", "blank-only, comment-only", "--exit-code-if", "non-code"]
        assert run(*watched, stdin=COMMENT).exit_code == 3
        assert run(*watched, stdin=PATCH).exit_code == 0
        assert run("--exit-code-if", "code", stdin=PATCH).exit_code == 3

    def test_verdicts_are_those_that_are_given(self) -> None:
        assert tuple(verdict.value for verdict in Verdict) == VERDICTS
