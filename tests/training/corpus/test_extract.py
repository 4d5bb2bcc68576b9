from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from linewise.training.corpus.extract import ArchiveError, archived_files, has_one_top_folder, safe_path
from linewise.training.corpus.manifest import Registry


def write_tar(path: Path, members: list[tuple[str, bytes | None]]) -> Path:
    with tarfile.open(path, "w:xz" if path.suffix == ".xz" else "w:gz") as archive:
        for name, data in members:
            entry = tarfile.TarInfo(name)
            if data is None:
                entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
                archive.addfile(entry)
            else:
                entry.size = len(data)
                archive.addfile(entry, io.BytesIO(data))
    return path


def contents(path: Path, registry: Registry) -> dict[str, bytes]:
    return {file.path: file.read() for file in archived_files(path, registry)}


@pytest.mark.parametrize("name", ["../up", "a/../../up", "/etc/passwd", "a\\..\\b", "a/\0", ".", ""])
def test_unsafe_names_are_no_paths(name: str) -> None:
    assert safe_path(name) is None


def test_the_top_folder_goes_and_traversal_and_links_are_left_out(tmp_path: Path) -> None:
    members: list[tuple[str, bytes | None]] = [
        ("package/a.js", b"a"),
        ("package/../../evil.js", b"e"),
        ("/abs.js", b"e"),
        ("package/link.js", None),
        ("./package/dir/b.js", b"b"),
    ]
    archive = write_tar(tmp_path / "x.tgz", members)
    assert contents(archive, Registry.NPM) == {"a.js": b"a", "dir/b.js": b"b"}
    assert not list(tmp_path.glob("**/evil.js"))


def test_a_file_of_a_stream_can_be_read_twice(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "x.tgz", [("x/a.h", b"a"), ("x/b.h", b"b")])
    assert [(file.read(), file.read()) for file in archived_files(archive, Registry.NPM)] == [
        (b"a", b"a"),
        (b"b", b"b"),
    ]


def test_a_source_tarball_without_one_top_folder_stays_as_it_is(tmp_path: Path) -> None:
    flat = write_tar(tmp_path / "x_1.orig.tar.xz", [("src/a.c", b"a"), ("lib/b.c", b"b")])
    assert not has_one_top_folder(flat)
    assert contents(flat, Registry.DEBIAN_SOURCE) == {"src/a.c": b"a", "lib/b.c": b"b"}
    part = write_tar(tmp_path / "x_1.orig-extra.tar.xz", [("top/a.c", b"a")])
    assert contents(part, Registry.DEBIAN_SOURCE) == {"extra/a.c": b"a"}


def test_a_wheel_keeps_its_paths(tmp_path: Path) -> None:
    path = tmp_path / "x-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/__init__.py", "x = 1\n")
        archive.writestr("../evil.py", "x = 1\n")
    assert contents(path, Registry.PYPI_WHEEL) == {"x/__init__.py": b"x = 1\n"}


def test_a_debian_package_begins_at_usr(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Stands in for dpkg-deb, which not every machine has: the package is its own file system tarball.
    unpacker = tmp_path / "dpkg-deb"
    unpacker.write_text('#!/bin/sh\ncat "$2"\n')
    unpacker.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    write_tar(tmp_path / "x.tgz", [("./usr/lib/x.lua", b"x = 1\n")])
    (tmp_path / "x.deb").write_bytes(gzip.decompress((tmp_path / "x.tgz").read_bytes()))
    assert contents(tmp_path / "x.deb", Registry.DEBIAN) == {"usr/lib/x.lua": b"x = 1\n"}


@pytest.mark.parametrize("name", ["x.tgz", "x.whl", "x.rpm"])
def test_a_broken_archive_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nothing of the kind")
    with pytest.raises(ArchiveError, match=name):
        contents(tmp_path / name, Registry.NPM)
