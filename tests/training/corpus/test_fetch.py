from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import pytest

from linewise.training.corpus import clients
from linewise.training.corpus.clients import FetchError
from linewise.training.corpus.fetch import ChecksumError, archive_folder, fetch_all, fetch_archive, locked
from linewise.training.corpus.manifest import ArchiveKey, Manifest, Registry

KEY = ArchiveKey(Registry.NPM, "@scope/thing", "1.0")
CONTENT = b"archive"
SHA256 = {"thing.tgz": hashlib.sha256(CONTENT).hexdigest()}


def downloads(key: ArchiveKey, folder: Path) -> Iterable[Path]:
    (folder / "debris.dsc").write_bytes(b"")
    (folder / "thing.tgz").write_bytes(CONTENT)
    return [folder / "thing.tgz"]


def test_an_archive_is_fetched_once_and_only_its_sources_stay(cache: Path) -> None:
    assert fetch_archive(KEY, SHA256, cache, downloads)
    assert [path.name for path in archive_folder(KEY, cache).iterdir()] == ["thing.tgz"]
    assert not fetch_archive(KEY, SHA256, cache, downloads)


def test_a_wrong_checksum_leaves_nothing_behind(cache: Path) -> None:
    with pytest.raises(ChecksumError, match=r"thing\.tgz"):
        fetch_archive(KEY, {"thing.tgz": "0" * 64}, cache, downloads)
    assert not list(archive_folder(KEY, cache).parent.iterdir())


def test_a_missing_file_is_told_apart_from_a_changed_one(cache: Path) -> None:
    with pytest.raises(ChecksumError, match="did not arrive"):
        fetch_archive(KEY, {"other.tgz": "0" * 64}, cache, downloads)


def test_a_failure_does_not_hold_up_the_rest_and_a_second_run_resumes(cache: Path, make_package) -> None:
    manifest = Manifest((make_package("good"), make_package("gone"), make_package("fine")))

    def sometimes(key: ArchiveKey, folder: Path) -> Iterable[Path]:
        if key.name == "gone":
            raise FetchError(f"{key}: nothing was downloaded")
        return downloads(key, folder)

    first = fetch_all(manifest, cache, 2, sometimes)
    assert {key.name for key in first.fetched} == {"good", "fine"}
    assert {key.name: reason for key, reason in first.failed.items()} == {
        "gone": "npm gone 1.0: nothing was downloaded"
    }
    second = fetch_all(manifest, cache, 2, downloads)
    assert {key.name for key in second.fetched} == {"gone"}
    assert {key.name for key in second.present} == {"good", "fine"}


def test_locking_writes_the_digests_of_what_is_there(cache: Path, make_package) -> None:
    here, away = make_package("here"), make_package("away")
    fetch_archive(here.archive, {}, cache, downloads)
    manifest = locked(Manifest((here, away)), cache)
    assert dict(manifest.packages[0].sha256) == SHA256
    assert not manifest.packages[1].sha256


def test_a_missing_client_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match="'npm' is not installed"):
        clients.download(KEY, tmp_path)


def test_a_client_that_brings_nothing_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text("#!/bin/sh\necho no such version >&2\nexit 1\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(FetchError, match=r"is the version gone.*no such version"):
        clients.download(KEY, tmp_path)
