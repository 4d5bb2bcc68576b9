"""`linewise stats` and `linewise explain`: numbers of lines, and what one line counts for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from linewise.features.labels import LABEL_NAMES, N_LABELS, mask_of
from linewise.service import labelling
from linewise.service.cli import linewise
from linewise.service.commands.stats import stats
from linewise.service.counting import OWN_WAY, WAYS, Counts, columns_of_line

from .conftest import ScanningClassifier

PYTHON = '"""Words.\n\nMore."""\nimport os\n\n# note\nx = f("a")\n'
C = "/* note */\nf();\n"


@pytest.fixture
def run(
    scanning_classifier: ScanningClassifier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs a command with a stand-in for the model, beside a folder `src` of three files."""
    (tmp_path / "src" / "deep").mkdir(parents=True)
    (tmp_path / "src" / "x.py").write_text(PYTHON)
    (tmp_path / "src" / "deep" / "y.py").write_text("f()\n")
    (tmp_path / "src" / "deep" / "z.c").write_text(C)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(linewise, arguments)


class TestStats:
    def test_tables(self, run: Callable[..., Result]) -> None:
        result = run("stats", "src")
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout == (
            "language  files  lines  code  comment  documentation  blank\n"
            "python        2      8     3        1              2      2\n"
            "c             1      2     1        1              0      0\n"
            "total         3     10     4        2              2      2\n"
            "\n"
            "other labels  lines  share\n"
            "string            1  10.0%\n"
            "import            1  10.0%\n"
            "assignment        1  10.0%\n"
            "call              3  30.0%\n"
        )

    @pytest.mark.parametrize(("way", "code", "comment"), [("cloc", 3, 3), ("tokei", 5, 1)])
    def test_ways_of_others_count_each_line_once(
        self, run: Callable[..., Result], way: str, code: int, comment: int
    ) -> None:
        answer = json.loads(run("stats", "--as", way, "--format", "json", "src").stdout)
        (python, _), total = answer["groups"], answer["total"]
        assert (python["code"], python["comment"], python["blank"]) == (code, comment, 2)
        assert total["code"] + total["comment"] + total["blank"] == total["lines"] == 10
        assert "documentation" not in total
        assert run("stats", "--as", way, "src").stdout.startswith("language  files  lines  code  comment  blank\n")

    def test_by_file(self, run: Callable[..., Result]) -> None:
        answer = json.loads(run("stats", "--by-file", "--format", "json", "src").stdout)
        names = [(group["path"], group["language"], group["code"]) for group in answer["groups"]]
        assert names == [("src/x.py", "python", 2), ("src/deep/y.py", "python", 1), ("src/deep/z.c", "c", 1)]

    def test_by_folder(self, run: Callable[..., Result]) -> None:
        answer = json.loads(run("stats", "--by-dir", "--format", "json", "src").stdout)
        assert {group["path"]: group["files"] for group in answer["groups"]} == {"src": 1, "src/deep": 2}

    def test_json_has_every_label(self, run: Callable[..., Result]) -> None:
        answer = json.loads(run("stats", "--format", "json", "src").stdout)
        assert tuple(answer["total"]["labels"]) == LABEL_NAMES
        assert answer["total"]["labels"]["call"] == 3
        assert (answer["counted_as"], answer["skipped"], answer["model_digest"]) == ("linewise", {}, "f" * 64)

    def test_what_was_skipped_is_said(self, run: Callable[..., Result]) -> None:
        Path("src/b.py").write_bytes(b"\0")
        result = run("stats", "--verbose", "src")
        assert result.exit_code == 0
        assert result.stderr.splitlines()[0] == "linewise: src/b.py: binary"
        assert json.loads(run("stats", "--format", "json", "src").stdout)["skipped"] == {"binary": 1}
        assert run("stats", "src/b.py").exit_code == 1

    def test_nothing_to_count(self, run: Callable[..., Result]) -> None:
        Path("empty").mkdir()
        assert run("stats", "empty").stdout.splitlines()[1].split() == ["total", "0", "0", "0", "0", "0", "0"]

    @pytest.mark.parametrize("options", [(), ("--by-file", "--format", "json"), ("--by-dir",), ("--as", "cloc")])
    def test_large_texts_are_counted_as_others(
        self, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
    ) -> None:
        Path("src/long.py").write_text(PYTHON * 20)
        whole = run("stats", "src", *options)
        monkeypatch.setattr(labelling, "LARGE_BYTES", 1)
        assert run("stats", "src", *options).stdout == whole.stdout

    def test_too_large(self, run: Callable[..., Result]) -> None:
        result = run("stats", "--max-bytes", "5", "src/x.py")
        assert result.stderr.startswith("linewise: src/x.py: too large (49 bytes; see --max-bytes)\n")

    def test_one_way_of_grouping(self, run: Callable[..., Result]) -> None:
        result = run("stats", "--by-file", "--by-dir", "src")
        assert result.exit_code == 2
        assert "only one of --by-file and --by-dir" in result.stderr

    def test_ways_are_those_that_are_known(self) -> None:
        choices = next(getattr(option.type, "choices", ()) for option in stats.params if option.name == "way")
        assert tuple(choices) == (OWN_WAY, *WAYS)


class TestCounting:
    @pytest.mark.parametrize(
        ("labels", "own", "cloc", "tokei"),
        [
            (["blank", "in_loop"], ["blank"], "blank", "blank"),
            (["code"], ["code"], "code", "code"),
            (["code", "comment"], ["code", "comment"], "code", "code"),
            (["comment", "documentation"], ["comment", "documentation"], "comment", "comment"),
            (["documentation"], ["documentation"], "comment", "code"),
            (["text"], [], "code", "code"),
        ],
    )
    def test_columns(self, labels: list[str], own: list[str], cloc: str, tokei: str) -> None:
        mask = mask_of(labels)
        assert columns_of_line(mask, OWN_WAY) == tuple(own)
        assert columns_of_line(mask, "cloc") == (cloc,)
        assert columns_of_line(mask, "tokei") == (tokei,)

    @given(st.lists(st.lists(st.integers(0, 2**N_LABELS - 1), max_size=20), max_size=4))
    def test_sums_add_up(self, files: list[list[int]]) -> None:
        total = Counts()
        for masks in files:
            total.add(Counts.of_file(np.array(masks, dtype=np.uint32)))
        assert (total.files, total.lines) == (len(files), sum(map(len, files)))
        for way in WAYS:
            assert sum(total.columns(way).values()) == total.lines
        assert total.columns(OWN_WAY)["code"] == total.labels()["code"]
        assert sum(total.labels().values()) == sum(mask.bit_count() for masks in files for mask in masks)


class TestExplain:
    def test_text(self, run: Callable[..., Result]) -> None:
        result = run("explain", "src/x.py:7")
        assert result.exit_code == 0
        lines = result.stdout.splitlines()
        assert lines[:2] == ["src/x.py:7, python (told)", '    x = f("a")']
        assert "    0.988  call                  a function, method, constructor, macro or command is called" in lines
        assert lines[-4:] == ["It counts for:", "    linewise  code", "    cloc      code", "    tokei     code"]
        assert "It may have:" not in lines

    def test_json(self, run: Callable[..., Result]) -> None:
        Path("m.py").write_text("# MAYBE\n")
        facts = json.loads(run("explain", "--format", "json", "m.py:1").stdout)
        assert [label["name"] for label in facts["labels"]] == list(LABEL_NAMES)
        states = {label["name"]: label["state"] for label in facts["labels"]}
        assert (states["comment"], states["code"], states["loop"]) == ("has", "may have", "has not")
        assert facts["counts_for"] == {"linewise": ["comment"], "cloc": ["comment"], "tokei": ["comment"]}

    @pytest.mark.parametrize(
        ("place", "message"),
        [
            ("src/x.py", "'src/x.py' is no FILE:LINE"),
            ("src/x.py:0", "is no FILE:LINE"),
            ("src/x.py:8", "src/x.py has 7 lines"),
            ("gone.py:1", "gone.py: unreadable (No such file or directory)"),
            ("src:1", "src: unreadable"),
        ],
    )
    def test_no_such_line(self, run: Callable[..., Result], place: str, message: str) -> None:
        result = run("explain", place)
        assert result.exit_code == 2
        assert message in result.stderr
