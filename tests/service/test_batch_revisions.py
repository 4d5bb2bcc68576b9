"""Files as a commit has them, without checking it out, and files that changed since one."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from linewise.service.cli import EXIT_UNUSABLE, linewise
from linewise.service.git import GitError, ObjectReader

from .batches import files_of, git, label, outcomes, rows
from .conftest import ScanningClassifier


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository `repo` in the current folder, with a commit `old`, one after it, and changes in the work tree."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "repo"
    (folder / "src").mkdir(parents=True)
    git(folder, "init", "-q")
    (folder / "src" / "a.py").write_text("a = 1\n")
    (folder / "src" / "gone.py").write_text("gone = 1\n")
    (folder / "b.py").write_text("b = 1\nb = 2\n")
    (folder / "link.py").symlink_to("b.py")
    (folder / "run").write_text("#!/bin/sh\nls\n")
    (folder / "data.txt").write_text("words\n")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "old")
    git(folder, "tag", "old")
    (folder / "src" / "a.py").write_text("a = 1\na = 2\n")
    (folder / "src" / "gone.py").unlink()
    git(folder, "commit", "-qam", "new")
    (folder / "new.py").write_text("new = 1\n")
    (folder / "b.py").write_text("b = 3\n")
    return folder


OLD = {
    "repo/b.py": "labelled",
    "repo/data.txt": "no known language",
    "repo/link.py": "symbolic link",
    "repo/run": "labelled",
    "repo/src/a.py": "labelled",
    "repo/src/gone.py": "labelled",
}


class TestRevision:
    def test_files_are_those_of_the_commit(self, repository: Path) -> None:
        label("out.parquet", "repo", revision="old", with_text=True)
        assert outcomes("out.files.parquet") == OLD
        found = [(row["path"], row["line"], row["source"]) for row in rows("out.parquet")]
        assert ("repo/b.py", 2, "b = 2") in found
        assert ("repo/src/gone.py", 1, "gone = 1") in found
        row = files_of("out.files.parquet")["repo/b.py"]
        assert (row["repo"], row["commit"]) == ("repo", git(repository, "rev-parse", "old^{commit}"))
        assert row["blob"] == git(repository, "rev-parse", "old:b.py")

    def test_nothing_is_checked_out(self, repository: Path) -> None:
        before = git(repository, "status", "--porcelain"), git(repository, "rev-parse", "HEAD")
        label("out.parquet", "repo", revision="old")
        assert (git(repository, "status", "--porcelain"), git(repository, "rev-parse", "HEAD")) == before

    def test_repository_without_work_tree(self, repository: Path, tmp_path: Path) -> None:
        git(tmp_path, "clone", "-q", "--bare", "repo", "bare.git")
        label("out.parquet", "bare.git", revision="old")
        assert outcomes("out.files.parquet") == {path.replace("repo", "bare.git"): end for path, end in OLD.items()}
        assert {row["repo"] for row in rows("out.files.parquet")} == {"bare"}

    def test_folder_of_a_repository(self) -> None:
        label("out.parquet", "repo/src", revision="old")
        assert list(outcomes("out.files.parquet")) == ["repo/src/a.py", "repo/src/gone.py"]

    def test_object_that_is_missing_fails(self, repository: Path) -> None:
        name = git(repository, "rev-parse", "old:src/gone.py")
        (repository / ".git" / "objects" / name[:2] / name[2:]).unlink()
        report = label("out.parquet", "repo/src", revision="HEAD")
        assert report.failures == []
        with ObjectReader(repository) as reader, pytest.raises(GitError, match=f"no object {name}"):
            reader.read(name)

    def test_text_is_written_as_for_files(self, scanning_classifier: ScanningClassifier) -> None:
        result = CliRunner().invoke(linewise, ["label", "--rev", "old", "repo/src"])
        assert result.exit_code == 0, result.stderr
        assert "==> repo/src/gone.py <==" in result.stdout


class TestSince:
    def test_work_tree_with_new_files(self) -> None:
        label("out.parquet", "repo", since="old")
        assert list(outcomes("out.files.parquet")) == ["repo/b.py", "repo/new.py", "repo/src/a.py"]

    def test_between_two_commits(self) -> None:
        label("out.parquet", "repo", since="old", revision="HEAD")
        assert list(outcomes("out.files.parquet")) == ["repo/src/a.py"]

    def test_below_a_folder(self) -> None:
        label("out.parquet", "repo/src", since="old")
        assert list(outcomes("out.files.parquet")) == ["repo/src/a.py"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--rev", "nowhere", "repo"], "git: no commit 'nowhere' in repo"),
        (["--rev", "--output=x", "repo"], "git: no commit '--output=x' in repo"),
        (["--since", "nowhere", "repo"], "git: no commit 'nowhere' in repo"),
        (["--rev", "old", "repo/b.py"], "git: repo/b.py is no folder"),
        (["--rev", "old", "."], "git: no commit 'old' in ."),
    ],
)
@pytest.mark.parametrize("output", [[], ["-o", "out.parquet"]])
def test_revisions_that_are_none(
    arguments: list[str], message: str, output: list[str], scanning_classifier: ScanningClassifier
) -> None:
    result = CliRunner().invoke(linewise, ["label", *arguments, *output])
    assert result.exit_code == EXIT_UNUSABLE
    assert message in result.stderr
    assert not Path("out.parquet").exists()
