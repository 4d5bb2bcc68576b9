"""``.gitattributes``: what they say of files outweighs names and signs, of a work tree as of a commit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from linewise.service.attributes import NOTHING, Attributes, attributes_of
from linewise.service.files import find_sources
from linewise.service.labelling import LabelOptions, Tally, label_sources

from .batches import files_of, git, label, outcomes
from .conftest import ScanningClassifier

RULES = """\
# What these say is what linguist and git make of them.
[attr]made linguist-generated
gen/** linguist-generated=true
*.out.py made
vendor/own.py -linguist-vendored
copied/** linguist-vendored
*.inc linguist-language=PHP
*.tpl.py linguist-language=HTML
data.py binary
big.py -diff
"""


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "repo"
    names = (
        "a.py", "gen/a.py", "b.out.py", "vendor/own.py", "vendor/other.py", "copied/a.py", "x.inc", "y.tpl.py",
        "data.py", "big.py", "deep/gen/a.py", "deep/other.py",
    )  # fmt: skip
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("f()\n")
    (folder / ".gitattributes").write_text(RULES)
    (folder / "deep" / ".gitattributes").write_text("other.py linguist-generated\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "all")
    return folder


def check_tables() -> None:
    files = files_of("out.files.parquet")
    assert {name for name, row in files.items() if row["generated"]} == {
        "repo/gen/a.py", "repo/b.out.py", "repo/deep/other.py",
    }  # fmt: skip
    assert {name for name, row in files.items() if row["vendored"]} == {"repo/vendor/other.py", "repo/copied/a.py"}
    assert files["repo/x.inc"]["language"] == "php"
    assert {name: (row["reason"], row["detail"]) for name, row in files.items() if row["detail"]} == {
        "repo/y.tpl.py": ("no known language", "HTML by .gitattributes"),
        "repo/data.py": ("binary", "by .gitattributes"),
        "repo/big.py": ("binary", "by .gitattributes"),
    }


def test_of_a_work_tree_and_of_a_commit(repository: Path) -> None:
    label("out.parquet", "repo")
    check_tables()
    (repository / ".gitattributes").write_text("* binary\n")
    label("out.parquet", "repo", revision="HEAD")
    check_tables()
    label("out.parquet", "repo")
    assert outcomes("out.files.parquet")["repo/a.py"] == "binary"


def test_of_a_repository_without_work_tree(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", "repo", "bare.git")
    shutil.rmtree(repository)
    (tmp_path / "bare.git").rename(tmp_path / "repo")
    label("out.parquet", "repo", revision="HEAD")
    check_tables()


def test_kinds_that_are_said_are_skipped() -> None:
    label("out.parquet", "repo", skip=("generated", "vendored"))
    found = outcomes("out.files.parquet")
    assert (found["repo/b.out.py"], found["repo/copied/a.py"]) == ("generated", "vendored")
    assert found["repo/vendor/own.py"] == "labelled"


def test_language_holds_for_every_command() -> None:
    tally = Tally()
    labelled = list(label_sources(ScanningClassifier(), find_sources(["repo"]), LabelOptions(), tally))
    assert {one.name: one.prediction.language for one in labelled}["repo/x.inc"] == "php"
    assert "repo/y.tpl.py" in {skip.source.name for skip in tally.skipped}


def test_a_file_that_is_named_itself_is_read_whatever_is_said() -> None:
    label("out.parquet", "repo/data.py")
    assert outcomes("out.files.parquet") == {"repo/data.py": "labelled"}


def test_nothing_is_said_outside_of_repositories(tmp_path: Path) -> None:
    (tmp_path / ".gitattributes").write_text("* binary\n")
    assert attributes_of(tmp_path, ["a.py"]) == {}


def test_a_subfolder_obeys_what_is_said_above_it(repository: Path) -> None:
    assert attributes_of(repository / "copied", ["a.py", "none"]) == {
        "a.py": Attributes(vendored=True),
        "none": Attributes(vendored=True),
    }
    assert attributes_of(repository, ["a.py"]).get("a.py", NOTHING) == NOTHING
