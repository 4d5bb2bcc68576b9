"""`linewise grep`: label expressions, ripgrep's forms of output, exit codes."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from linewise.features.labels import LABEL_NAMES, mask_of
from linewise.models import Document, Prediction
from linewise.service import labelling
from linewise.service.cli import linewise
from linewise.service.commands import grep as grep_command
from linewise.service.searching import LabelExpressionError, Matcher, PatternError, matching, parse_expression
from linewise.service.searching.render import LinesFormat

from .conftest import ScanningClassifier

PYTHON = "# send it\nfor x in y:\n    x.send()\nname = 'send'\nresend()\n"


@pytest.fixture
def run(
    scanning_classifier: ScanningClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs `linewise grep` with a stand-in for the model, beside a folder `src` of two files."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "x.py").write_text(PYTHON)
    (tmp_path / "src" / "z.c").write_text("// nothing\nsend();\n")
    monkeypatch.chdir(tmp_path)
    return lambda *arguments, **options: CliRunner().invoke(linewise, ["grep", *arguments], **options)


class TestExpressions:
    MASKS = np.array([mask_of(names) for names in ([], ["call"], ["call", "loop"], ["comment"])], dtype=np.uint32)

    @pytest.mark.parametrize(
        ("expression", "selected"),
        [
            ("call", [1, 2]),
            ("!call", [0, 3]),
            ("call & loop", [2]),
            ("call&!loop", [1]),
            ("loop | comment", [2, 3]),
            ("comment | call & loop", [2, 3]),
            ("(comment | call) & !loop", [1, 3]),
            ("!(comment | call)", [0]),
            ("!!call", [1, 2]),
            ("call and not loop or comment", [1, 3]),
            ("call && loop || comment", [2, 3]),
        ],
    )
    def test_what_they_mean(self, expression: str, selected: list[int]) -> None:
        assert np.flatnonzero(parse_expression(expression).select(self.MASKS)).tolist() == selected

    @pytest.mark.parametrize(
        ("expression", "column", "problem"),
        [
            ("", 1, "missing label"),
            ("call &", 7, "missing label"),
            ("call & & loop", 8, "a label is missing before '&'"),
            ("call loop", 6, "missing & or |"),
            ("call)", 5, "closing bracket without an opening one"),
            ("(call", 1, "bracket that is never closed"),
            ("call + loop", 6, "unexpected '\\+'"),
            ("call & in_lop", 8, "unknown label 'in_lop', did you mean in_loop\\?"),
            ("zzz", 1, "unknown label 'zzz'; `linewise labels` lists them"),
            ("(" * 200, 101, "more than 100 labels and operators"),
        ],
    )
    def test_mistakes_are_shown_where_they_are(self, expression: str, column: int, problem: str) -> None:
        with pytest.raises(LabelExpressionError, match=problem) as raised:
            parse_expression(expression)
        assert raised.value.position == column - 1
        first, shown, caret = str(raised.value).split("\n")
        assert first.endswith(f" at column {column}:")
        assert (shown, caret.index("^")) == (f"  {expression}", column + 1)

    @given(
        st.recursive(
            st.sampled_from(LABEL_NAMES),
            lambda inner: st.one_of(
                inner.map(lambda tree: f"!({tree})"),
                st.tuples(inner, st.sampled_from("&|"), inner).map(lambda parts: f"({parts[0]}{parts[1]}{parts[2]})"),
            ),
            max_leaves=8,
        ),
        st.lists(st.integers(0, 2 ** len(LABEL_NAMES) - 1), max_size=5),
    )
    def test_they_mean_what_python_makes_of_them(self, expression: str, masks: list[int]) -> None:
        python = expression.replace("!", " not ").replace("&", " and ").replace("|", " or ")
        selected = parse_expression(expression).select(np.array(masks, dtype=np.uint32)).tolist()
        names = [{name: bool(mask & mask_of([name])) for name in LABEL_NAMES} for mask in masks]
        # Two names are words of Python.
        python = python.replace("return", "return_").replace("import", "import_").replace("lambda", "lambda_")
        spaces = [{**each, **{f"{name}_": value for name, value in each.items()}} for each in names]
        assert selected == [eval(python, {}, space) for space in spaces]

    @given(st.text("call&|!() x", max_size=20))
    def test_any_text_is_read_or_refused(self, expression: str) -> None:
        position = 0
        try:
            parse_expression(expression)
        except LabelExpressionError as error:
            position = error.position
        assert 0 <= position <= len(expression)


class TestMatching:
    def test_spans_are_in_bytes(self) -> None:
        (match,) = Matcher("b+").find("x\n\u00e9bb\xffb\r\n".encode("latin-1").replace(b"\xe9", "\u00e9".encode()))
        assert (match.row, match.start, match.line_break) == (1, 2, b"\r\n")
        assert [match.content[start:end] for start, end in match.spans] == [b"bb", b"b"]

    @pytest.mark.parametrize(
        ("options", "rows"),
        [
            ({}, [0, 2]),
            ({"ignore_case": True}, [0, 1, 2]),
            ({"word": True}, [0]),
            ({"invert": True}, [1, 3]),
            ({"fixed": True}, []),
        ],
    )
    def test_options(self, options: dict[str, bool], rows: list[int]) -> None:
        assert [match.row for match in Matcher("a.c", **options).find(b"abc\nABC\nxabc\nz\n")] == rows

    @given(st.lists(st.sampled_from(["a", "b", "\n", "\r", "\r\n", "\u00e9"]), max_size=30).map("".join))
    def test_lines_that_are_told_apart_some_at_a_time(self, text: str) -> None:
        data, matcher = text.encode(), Matcher("a|^$")
        whole = list(matcher.find(data))
        with patch.object(matching, "PIECE_LINES", 2):
            assert list(matcher.find(data)) == whole
        assert all(data[match.start :].startswith(match.content + match.line_break) for match in whole)

    def test_no_regular_expression(self) -> None:
        with pytest.raises(PatternError, match=r"'\(' is no regular expression: missing \), unterminated"):
            Matcher("(")


class TestOutput:
    def test_lines_of_several_files(self, run: Callable[..., Result]) -> None:
        result = run("--label", "call & !comment", "send", "src")
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == "src/x.py:    x.send()\nsrc/x.py:resend()\nsrc/z.c:send();\n"

    def test_the_word_in_code_alone(self, run: Callable[..., Result]) -> None:
        expression = "code & !comment & !string"
        assert run("--label", expression, "-wn", "send", "src/x.py").stdout == "3:    x.send()\n"

    def test_headings_and_colour(self, run: Callable[..., Result]) -> None:
        heading = run("--label", "call", "--heading", "-n", "send", "src").stdout
        assert heading == "src/x.py\n3:    x.send()\n5:resend()\n\nsrc/z.c\n2:send();\n"
        painted = run("--label", "loop", "--color", "always", "-n", "x|y", "src", color=True).stdout
        red, off = "\x1b[31m\x1b[1m", "\x1b[0m"
        line = f"for {red}x{off} in {red}y{off}:"
        assert painted == f"\x1b[35msrc/x.py{off}:\x1b[32m2{off}:{line}\n"

    def test_on_a_terminal_it_shows_headings_and_numbers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shown = grep_command.Shown(
            line_number=None,
            heading=None,
            with_filename=None,
            files_with_matches=False,
            count=False,
            as_json=False,
            color="never",
        )
        for terminal in (True, False):
            monkeypatch.setattr(sys.stdout, "isatty", lambda terminal=terminal: terminal)
            expected = LinesFormat(names=True, numbers=terminal, heading=terminal)
            assert grep_command._format(shown, several=True) == expected

    def test_counts_and_names(self, run: Callable[..., Result]) -> None:
        assert run("--label", "call", "-c", "send", "src").stdout == "src/x.py:2\nsrc/z.c:1\n"
        assert run("--label", "call", "-c", "send", "src/x.py").stdout == "2\n"
        assert run("--label", "loop", "-l", "x", "src").stdout == "src/x.py\n"
        assert run("--label", "call", "-m1", "-H", "send", "src/x.py").stdout == "src/x.py:    x.send()\n"

    def test_current_folder_and_standard_input(self, run: Callable[..., Result]) -> None:
        assert run("--label", "call", "-l", "send").stdout == "src/x.py\nsrc/z.c\n"
        assert run("--label", "call", "send", "-", input=b"send()\n").stdout == "send()\n"

    def test_json(self, run: Callable[..., Result]) -> None:
        Path("y.py").write_bytes(b"send(caf\xe9)\r\n")
        messages = [json.loads(line) for line in run("--label", "call", "--json", "send", "y.py").stdout.splitlines()]
        assert [message["type"] for message in messages] == ["begin", "match", "end", "summary"]
        assert messages[1]["data"] == {
            "path": {"text": "y.py"},
            "lines": {"bytes": base64.b64encode(b"send(caf\xe9)\r\n").decode()},
            "line_number": 1,
            "absolute_offset": 0,
            "submatches": [{"match": {"text": "send"}, "start": 0, "end": 4}],
            "labels": ["code", "call"],
            "uncertain": [],
        }
        assert messages[2]["data"]["stats"] == {"matched_lines": 1, "matches": 1}
        stats = {"searches": 1, "searches_with_match": 1, "matched_lines": 1, "matches": 1}
        assert messages[3]["data"] == {"stats": stats}

    def test_bytes_go_out_as_they_came_in(self, run: Callable[..., Result]) -> None:
        assert run("--label", "call", "send", "-", input=b"send(caf\xe9)\r\n").stdout_bytes == b"send(caf\xe9)\n"

    def test_only_files_that_match_are_labelled(
        self, run: Callable[..., Result], scanning_classifier: ScanningClassifier
    ) -> None:
        run("--label", "call", "resend", "src")
        assert [document.filename for document in scanning_classifier.documents] == ["src/x.py"]


class TestLargeTexts:
    @pytest.fixture(autouse=True)
    def all_are_large(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(labelling, "LARGE_BYTES", 1)

    @pytest.mark.parametrize("options", [(), ("-n", "--heading"), ("-c",), ("-l",), ("-m1",), ("-v",), ("--json",)])
    def test_output_is_that_of_texts_as_a_whole(
        self, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
    ) -> None:
        Path("src/long.py").write_text(PYTHON * 20)
        by_blocks = run("--label", "call | comment", *options, "send", "src")
        monkeypatch.setattr(labelling, "LARGE_BYTES", 1 << 20)
        whole = run("--label", "call | comment", *options, "send", "src")
        assert by_blocks.stdout == whole.stdout != ""
        assert (by_blocks.stderr, by_blocks.exit_code) == (whole.stderr, whole.exit_code) == ("", 0)

    @pytest.mark.parametrize("option", ["-m1", "-l", "-q"])
    def test_no_further_line_is_labelled_than_is_asked_for(
        self,
        run: Callable[..., Result],
        scanning_classifier: ScanningClassifier,
        monkeypatch: pytest.MonkeyPatch,
        option: str,
    ) -> None:
        taken: list[int] = []
        blocks_of = scanning_classifier.classify_blocks

        def counted(document: str | bytes | Document, *, lines: int) -> Iterator[Prediction]:
            for block in blocks_of(document, lines=lines):
                taken.append(len(block))
                yield block

        monkeypatch.setattr(scanning_classifier, "classify_blocks", counted)
        Path("long.py").write_text(PYTHON * 20)
        assert run("--label", "call", option, "send", "long.py").exit_code == 0
        assert sum(taken) == 3  # the first call is in the third line


class TestExitCodes:
    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (["--label", "call", "send", "src"], 0),
            (["--label", "jump", "send", "src"], 1),
            (["--label", "call", "absent", "src"], 1),
            (["--label", "call", "-q", "send", "src"], 0),
            (["--label", "call", "send", "gone"], 2),
            (["--label", "cal", "send", "src"], 2),
            (["--label", "call", "(", "src"], 2),
            (["send", "src"], 2),
        ],
    )
    def test_as_grep(self, run: Callable[..., Result], arguments: list[str], code: int) -> None:
        result = run(*arguments)
        assert result.exit_code == code
        assert bool(result.stdout) == (code == 0 and "-q" not in arguments)

    def test_file_that_cannot_be_searched(self, run: Callable[..., Result]) -> None:
        Path("b.py").write_bytes(b"send()\0")
        result = run("--label", "call", "send", "b.py", "src")
        assert (result.exit_code, result.stderr) == (2, "linewise: b.py: binary\n")
        assert result.stdout.count("\n") == 3
        assert run("--label", "call", "-q", "send", "b.py", "src").exit_code == 0
