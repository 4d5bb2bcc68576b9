"""Awkward trees: every file ends once, as labelled, skipped or failed, with the reason."""

from __future__ import annotations

import os
import socket
from collections import Counter
from pathlib import Path

import pytest

from linewise.service import reading
from linewise.service.files import Source
from linewise.service.reading import Skipped, SkipReason, Text, read_source

from .batches import files_of, git, label, outcomes, rows
from .conftest import ScanningClassifier


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder `tree` in the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


def endings(tree: Path, **options: object) -> dict[str, str]:
    """How each file of the tree ends, by its path in the tree; the counts must add up."""
    report = label("out.parquet", "tree", **options)
    found = {path.removeprefix("tree/"): ending for path, ending in outcomes("out.files.parquet").items()}
    table = rows("out.files.parquet")
    assert report.files == len(table) == len(found)
    assert report.statuses == Counter(row["status"] for row in table)
    assert report.lines == len(rows("out.parquet"))
    per_file = Counter(row["path"] for row in rows("out.parquet"))
    for row in table:
        assert per_file[row["path"]] == (row["lines"] or 0)
        assert (row["status"] == "labelled") == (row["reason"] is None) == (row["lines"] is not None)
    return found


class TestKindsOfFiles:
    def test_links_are_never_followed(self, tree: Path, tmp_path: Path) -> None:
        (tmp_path / "secret.py").write_text("secret = 1\n")
        (tree / "a.py").write_text("x = 1\n")
        (tree / "loop").symlink_to(".")
        (tree / "up").symlink_to("..")
        (tree / "out.py").symlink_to(tmp_path / "secret.py")
        (tree / "inside.py").symlink_to("a.py")
        (tree / "itself.py").symlink_to("itself.py")
        links = dict.fromkeys(["loop", "up", "out.py", "inside.py", "itself.py"], "symbolic link")
        assert endings(tree) == {"a.py": "labelled", **links}

    def test_fifos_and_sockets_are_never_opened(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        os.mkfifo(tree / "fifo.py")
        monkeypatch.chdir(tree)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind("socket.py")
            monkeypatch.chdir("..")
            assert endings(tree) == dict.fromkeys(["fifo.py", "socket.py"], "not a regular file")

    def test_devices_that_are_named_fail(self, tree: Path) -> None:
        report = label("out.parquet", "/dev/zero")
        assert report.failures == [("/dev/zero", "not a regular file")]

    def test_unreadable_file_fails(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tree / "a.py").write_text("x = 1\n")
        (tree / "b.py").write_text("x = 1\n")
        opening = os.open

        def refusing(path: Path, *arguments: int) -> int:
            if Path(path).name == "a.py":
                raise PermissionError(13, "Permission denied")
            return opening(path, *arguments)

        monkeypatch.setattr(reading.os, "open", refusing)
        assert endings(tree) == {"a.py": "unreadable", "b.py": "labelled"}
        assert files_of("out.files.parquet")["tree/a.py"]["status"] == "failed"

    def test_names_that_are_not_utf8(self, tree: Path) -> None:
        (tree / os.fsdecode(b"caf\xe9.py")).write_text("x = 1\n")
        (tree / "caf\u00e9.py").write_text("x = 1\n")
        assert endings(tree) == {"caf\\xe9.py": "labelled", "caf\u00e9.py": "labelled"}
        table = files_of("out.files.parquet")
        assert table["tree/caf\\xe9.py"]["path_bytes"] == b"tree/caf\xe9.py"
        assert table["tree/caf\u00e9.py"]["path_bytes"] is None

    def test_binary_large_and_empty_files(self, tree: Path) -> None:
        (tree / "a.py").write_bytes(b"x\0y")
        (tree / "b.py").write_text("x\n" * 101)
        (tree / "c.py").write_text("")
        (tree / "d.py").write_bytes("\u041f\u0440\u0438".encode("koi8-r") * 20)
        assert endings(tree, max_lines=100) == {
            "a.py": "binary",
            "b.py": "too large",
            "c.py": "labelled",
            "d.py": "undecodable",
        }
        assert files_of("out.files.parquet")["tree/c.py"]["frac_lines_code"] is None

    def test_lfs_pointers(self, tree: Path) -> None:
        pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 12345\n"
        (tree / "weights.py").write_text(pointer)
        assert endings(tree) == {"weights.py": "git-LFS pointer"}

    def test_submodules_are_labelled_with_their_own_commit(self, tree: Path, tmp_path: Path) -> None:
        part = tmp_path / "part"
        part.mkdir()
        (part / "p.py").write_text("x = 1\n")
        git(part, "init", "-q")
        git(part, "add", ".")
        git(part, "commit", "-qm", "part")
        git(tree, "init", "-q")
        git(tree, "submodule", "--quiet", "add", str(part), "module")
        git(tree, "commit", "-qm", "whole")
        assert endings(tree) == {".gitmodules": "no known language", "module/p.py": "labelled"}
        row = files_of("out.files.parquet")["tree/module/p.py"]
        assert (row["repo"], row["commit"]) == ("module", git(part, "rev-parse", "HEAD"))
        label("out.parquet", "tree", revision="HEAD")
        assert outcomes("out.files.parquet")["tree/module"] == "submodule"


class TestKinds:
    FILES = (
        ("gen_pb2.py", "x = 1\n"),
        ("app.min.js", "f()\n"),
        ("long.js", "f();" * 100 + "\n"),
        ("vendor/v.go", "package v\n"),
        ("made.go", "// Code generated by stringer. DO NOT EDIT.\n\npackage made\n"),
        ("own.py", 'TEXT = "Code generated by x. DO NOT EDIT."\n'),
    )

    @pytest.fixture(autouse=True)
    def _files(self, tree: Path) -> None:
        for name, content in self.FILES:
            (tree / name).parent.mkdir(exist_ok=True)
            (tree / name).write_text(content)

    def test_they_are_labelled_and_told(self, tree: Path) -> None:
        assert set(endings(tree).values()) == {"labelled"}
        told = {
            path.removeprefix("tree/"): [kind for kind in ("generated", "vendored", "minified") if row[kind]]
            for path, row in files_of("out.files.parquet").items()
        }
        assert told == {
            "app.min.js": ["minified"],
            "gen_pb2.py": ["generated"],
            "long.js": ["minified"],
            "made.go": ["generated"],
            "own.py": [],
            "vendor/v.go": ["vendored"],
        }
        assert "2 generated, 1 vendored, 2 minified" in label("out.parquet", "tree").summary()

    def test_they_are_skipped_on_request_and_that_is_told(self, tree: Path) -> None:
        assert endings(tree, skip=("generated", "vendored")) == {
            "app.min.js": "labelled",
            "gen_pb2.py": "generated",
            "long.js": "labelled",
            "made.go": "generated",
            "own.py": "labelled",
            "vendor/v.go": "vendored",
        }


class TestFilesThatChange:
    def test_file_that_vanishes_fails(self, tree: Path) -> None:
        (tree / "a.py").write_text("x = 1\n")
        (tree / "b.py").write_text("x = 1\n")

        finding = reading.read_source

        def vanishing(source: Source, max_bytes: int) -> Text | Skipped:
            if source.name == "tree/b.py":
                Path(source.path).unlink(missing_ok=True)
            return finding(source, max_bytes)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("linewise.service.revisions.read_source", vanishing)
            assert endings(tree) == {"a.py": "labelled", "b.py": "unreadable"}
        assert files_of("out.files.parquet")["tree/b.py"]["detail"] == "No such file or directory"

    def test_file_that_changes_once_is_read_again(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tree / "a.py").write_text("x = 1\n" * 100)
        shrink_after_stat(monkeypatch, tree / "a.py", times=1)
        read = read_source(Source(str(tree / "a.py"), "a.py", str(tree)))
        assert isinstance(read, Text)
        assert read.data == (tree / "a.py").read_bytes()

    def test_file_that_keeps_changing_fails(self, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tree / "a.py").write_text("x = 1\n" * 100)
        shrink_after_stat(monkeypatch, tree / "a.py", times=99)
        read = read_source(Source(str(tree / "a.py"), "a.py", str(tree)))
        assert isinstance(read, Skipped)
        assert (read.reason, read.is_failure) == (SkipReason.CHANGING, True)

    def test_text_that_cannot_be_labelled_spoils_no_other(self, tree: Path) -> None:
        for name in "abc":
            (tree / f"{name}.py").write_text(f"{name} = 1\n")

        class Failing(ScanningClassifier):
            def classify_many(self, texts):  # type: ignore[no-untyped-def]
                documents = list(texts)
                if any(document.text.startswith(b"b") for document in documents):
                    raise MemoryError
                yield from super().classify_many(documents)

        found = endings(tree, classifier=Failing())
        assert found == {"a.py": "labelled", "b.py": "not labelled", "c.py": "labelled"}


def shrink_after_stat(monkeypatch: pytest.MonkeyPatch, path: Path, times: int) -> None:
    """Let a file lose its last line so many times, each time after its size was asked for."""
    asking = os.fstat
    left = [times]

    def fstat(descriptor: int) -> os.stat_result:
        found = asking(descriptor)
        if left[0]:
            left[0] -= 1
            path.write_text("x = 1\n" * (found.st_size // 6 - 1))
        return found

    monkeypatch.setattr(reading.os, "fstat", fstat)


def test_what_the_run_writes_is_not_labelled(tree: Path) -> None:
    (tree / "a.py").write_text("x = 1\n")
    for _ in range(2):
        label("tree/out.parquet", "tree")
        assert list(files_of("tree/out.files.parquet")) == ["tree/a.py"]


def test_byte_ranges_and_blob_hashes_are_those_of_the_files(tree: Path) -> None:
    content = {"a.py": b"\xef\xbb\xbfx = 1\r\n\r\ny", "b.py": b"f()\rg()\n\xe9\n", "c.py": b"\xef\xbb\xbf"}
    for name, data in content.items():
        (tree / name).write_bytes(data)
    label("out.parquet", "tree", with_text=True)
    shown: dict[str, list[bytes]] = {}
    for row in rows("out.parquet"):
        name = row["path"].removeprefix("tree/")
        shown.setdefault(name, []).append(content[name][row["byte_start"] : row["byte_end"]])
        assert row["source"] == shown[name][-1].decode("utf-8", "replace")
        assert row["line"] == len(shown[name])
    assert shown == {"a.py": [b"x = 1", b"", b"y"], "b.py": [b"f()", b"g()", b"\xe9"], "c.py": [b""]}
    git(tree, "init", "-q")
    for path, row in files_of("out.files.parquet").items():
        assert row["blob"] == git(tree.parent, "hash-object", "--no-filters", path)


def test_utf16_is_told_and_its_hash_is_of_what_was_read(tree: Path) -> None:
    (tree / "a.cs").write_bytes("\ufeffint \u00e9;\nf();\n".encode("utf-16-le"))
    label("out.parquet", "tree", with_text=True)
    (row,) = rows("out.files.parquet")
    assert (row["encoding"], row["bytes"]) == ("utf-16-le", 26)
    assert row["blob"] == git(tree, "hash-object", "--no-filters", "a.cs")
    assert [(row["source"], row["byte_start"], row["byte_end"]) for row in rows("out.parquet")] == [
        ("int \u00e9;", 0, 7),
        ("f();", 8, 12),
    ]
