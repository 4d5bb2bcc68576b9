"""One archive by name through its registry's ordinary client: ``pip``, ``npm``, ``apt-get``.

The clients know mirrors, proxies and certificates from the machine's own configuration; nothing here names a host.
Debian packages need the package lists (``apt-get update``) and, for sources, a ``deb-src`` entry.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from linewise.training.corpus.manifest import ArchiveKey, Registry

CLIENT_TIMEOUT_SECONDS = 900

# Wheels of one platform, so that every machine downloads the file that the manifest pins.
_WHEEL_PLATFORM = (
    "--implementation=cp",
    "--python-version=3.11",
    "--platform=manylinux_2_28_x86_64",
    "--platform=manylinux_2_17_x86_64",
    "--platform=manylinux2014_x86_64",
)


class FetchError(RuntimeError):
    """An archive could not be had; the message names it and says what the client said."""


def download(key: ArchiveKey, folder: Path) -> tuple[Path, ...]:
    """Downloads one archive into an empty folder.

    Returns:
        The files that hold sources: one, or for Debian source packages each upstream tarball.

    Raises:
        FetchError: where the client is missing, fails or leaves no archive behind.
    """
    return _CLIENTS[key.registry](key, folder)


def _wheel(key: ArchiveKey, folder: Path) -> tuple[Path, ...]:
    pinned = f"{key.name}=={key.version}"
    command = [*_PIP, "--no-deps", "--only-binary=:all:", *_WHEEL_PLATFORM, "--dest", str(folder), pinned]
    return _expect(key, _run(key, command, folder), folder, "*.whl")


def _sdist(key: ArchiveKey, folder: Path) -> tuple[Path, ...]:
    # pip prepares metadata after the download by running the project's build backend, which may want compilers. The
    # sources have arrived by then: they are taken from its build folder and packed in a reproducible way.
    with tempfile.TemporaryDirectory(dir=folder) as build:
        command = [*_PIP, "--no-deps", "--no-binary", key.name, "--no-build-isolation", "--no-clean"]
        command += ["--dest", str(folder), f"{key.name}=={key.version}"]
        said = _run(key, command, folder, {"TMPDIR": build})
        done = sorted(folder.glob("*.tar.gz")) + sorted(folder.glob("*.zip"))
        trees = [path.parent for path in sorted(Path(build).glob("pip-download-*/*/PKG-INFO"))]
        if not done and trees:
            packed = folder / f"{key.folder_name}.tar"
            _pack(trees[0], packed)
            done = [packed]
    if not done:
        raise FetchError(f"{key}: pip left no source behind: {said}")
    return tuple(done)


def _npm(key: ArchiveKey, folder: Path) -> tuple[Path, ...]:
    command = ["npm", "pack", f"{key.name}@{key.version}", "--ignore-scripts", "--silent"]
    return _expect(key, _run(key, command, folder), folder, "*.tgz")


def _debian(key: ArchiveKey, folder: Path) -> tuple[Path, ...]:
    return _expect(key, _run(key, ["apt-get", "download", f"{key.name}={key.version}"], folder), folder, "*.deb")


def _debian_source(key: ArchiveKey, folder: Path) -> tuple[Path, ...]:
    # The packaging part often answers "not found" while upstream's tarball arrives, so the exit code is no measure.
    command = ["apt-get", "source", "--download-only", "--only-source", f"{key.name}={key.version}"]
    said = _run(key, command, folder)
    found = sorted(path for path in folder.iterdir() if _is_upstream(path.name))
    if not found:
        # A native package has one tarball, which is upstream and packaging at once.
        native = [path for path in folder.glob("*.tar.*") if not path.name.endswith(".asc")]
        found = sorted(path for path in native if ".debian.tar." not in path.name)
    if not found:
        raise FetchError(f"{key}: no upstream tarball arrived: {said}")
    return tuple(found)


def _is_upstream(name: str) -> bool:
    return ".orig" in name and ".tar." in name and not name.endswith((".asc", ".FAILED"))


_PIP = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
_CLIENTS = {
    Registry.PYPI_WHEEL: _wheel,
    Registry.PYPI_SDIST: _sdist,
    Registry.NPM: _npm,
    Registry.DEBIAN: _debian,
    Registry.DEBIAN_SOURCE: _debian_source,
}


def _run(key: ArchiveKey, command: Sequence[str], folder: Path, extra: Mapping[str, str] | None = None) -> str:
    """Runs a client inside the folder; returns the last words it said, which explain a missing archive."""
    if shutil.which(command[0]) is None:
        raise FetchError(f"{key}: the program {command[0]!r} is not installed")
    try:
        result = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(extra or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=CLIENT_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FetchError(f"{key}: no answer within {CLIENT_TIMEOUT_SECONDS} seconds") from None
    words = (result.stderr or result.stdout).decode("utf-8", "replace").split()
    return " ".join(words[-40:]) or f"exit code {result.returncode}"


def _expect(key: ArchiveKey, said: str, folder: Path, pattern: str) -> tuple[Path, ...]:
    found = tuple(sorted(folder.glob(pattern)))
    if not found:
        raise FetchError(f"{key}: nothing was downloaded (is the version gone?): {said}")
    return found


def _pack(tree: Path, target: Path) -> None:
    """Packs a source tree so that the same files give the same bytes: sorted, without times, owners and modes."""
    with tarfile.open(target, "w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(tree.rglob("*")):
            relative = path.relative_to(tree)
            built = any(part.endswith((".egg-info", ".dist-info")) or part == "target" for part in relative.parts)
            if path.is_symlink() or not path.is_file() or built:
                continue
            entry = tarfile.TarInfo(f"{tree.name.split('_')[0]}/{relative.as_posix()}")
            entry.size = path.stat().st_size
            with path.open("rb") as stream:
                archive.addfile(entry, stream)
