"""Small made archives and packages, laid into a cache folder as if they had been fetched."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from linewise.training.corpus.fetch import archive_folder
from linewise.training.corpus.manifest import Package, Registry, Split

MakePackage = Callable[..., Package]


def tar_of(files: Mapping[str, bytes], top: str = "package") -> bytes:
    """A .tgz as npm packs it, all files under one folder."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, data in files.items():
            entry = tarfile.TarInfo(f"{top}/{path}" if top else path)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LINEWISE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def make_package(cache: Path) -> MakePackage:
    """Makes an npm package of the manifest and, where files are given, its archive in the cache."""

    def make(name: str, files: Mapping[str, bytes] | None = None, **fields: object) -> Package:
        values: dict[str, object] = {
            "language": "python",
            "registry": Registry.NPM,
            "version": "1.0",
            "project": name.title(),
            "licence": "MIT",
            "split": Split.TRAIN,
        }
        package = Package(name=name, **{**values, **fields})  # type: ignore[arg-type]
        if files is not None:
            folder = archive_folder(package.archive, cache)
            folder.mkdir(parents=True)
            (folder / f"{name}.tgz").write_bytes(tar_of(files))
        return package

    return make


@pytest.fixture(scope="session")
def source() -> Callable[..., bytes]:
    """Makes distinct Python source: of another seed, no line is the same."""

    def make(seed: int, n_lines: int = 40) -> bytes:
        return b"".join(b"value_%d_%d = call_%d(%d)\n" % (seed, i, seed, i * seed) for i in range(n_lines))

    return make
