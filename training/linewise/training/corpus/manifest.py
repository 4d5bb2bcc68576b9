"""The manifest: which packages the corpus is made of, and which of the three splits each belongs to.

One TOML table per package and language. It names packages the way the ordinary clients of their registries do and
holds no address. Every archive is pinned by version and SHA-256, every licence is recorded, and one project is in
one split over all languages, so that no author's habits cross from training to evaluation.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

from linewise.features.languages import LANGUAGE_NAMES

UNSEEN_LANGUAGES = frozenset({"objective-c", "dart", "julia", "perl", "r", "zig"})
"""Languages by which generalisation is judged: never a part of the corpus, in no split."""
FURTHER_LANGUAGES = frozenset(
    {
        "ada",
        "d",
        "elisp",
        "elixir",
        "erlang",
        "fortran",
        "gdscript",
        "haskell",
        "matlab",
        "ocaml",
        "pascal",
        "powershell",
        "solidity",
        "tcl",
        "vim",
    }
)
"""Languages that the model is trained on but has no name for: they stand for those that it does not know."""

_ADDRESS = re.compile(r"://|^www\.|\.(?:com|org|net|io|dev)/", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class ManifestError(ValueError):
    """The manifest breaks a rule; the message names the package and the rule."""


class Split(StrEnum):
    """What a project's files are used for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Registry(StrEnum):
    """Where a package comes from, which also says how its archive is unpacked."""

    PYPI_WHEEL = "pypi-wheel"
    PYPI_SDIST = "pypi-sdist"
    NPM = "npm"
    DEBIAN = "debian"
    DEBIAN_SOURCE = "debian-source"


@dataclass(frozen=True, slots=True)
class ArchiveKey:
    """What one download is identified by; several packages of the manifest may share one archive."""

    registry: Registry
    name: str
    version: str

    @property
    def folder_name(self) -> str:
        """A name for the archive's folder in the cache, free of path separators."""
        return re.sub(r"[^A-Za-z0-9.+_-]+", "_", f"{self.name}-{self.version}").lstrip("_.")

    def __str__(self) -> str:
        return f"{self.registry.value} {self.name} {self.version}"


@dataclass(frozen=True, slots=True)
class Package:
    """One package's sources of one language.

    Attributes:
        language: one of the sixteen languages of the model, or of `FURTHER_LANGUAGES`.
        name: the package's name in its registry.
        registry: where it comes from.
        version: the exact version.
        project: the project that wrote it; the unit by which the corpus is split.
        licence: its licence, as an SPDX expression where one is known.
        split: the split of the project.
        within: the folder of the unpacked tree to take, or "" for all of it.
        only: files count only where this regular expression is found in their path (relative to ``within``).
        skip: files do not count where this regular expression is found in their path.
        max_lines: whole files, sampled by seed, are taken until they have so many lines; 0 for all files.
        any_name: shell only: files without a telling name or first line count as well.
        test_cases: the files are a compiler's or highlighter's test cases, each of which stands for itself.
        sha256: file name -> SHA-256 of each downloaded archive; empty until locked.
    """

    language: str
    name: str
    registry: Registry
    version: str
    project: str
    licence: str
    split: Split
    within: str = ""
    only: str = ""
    skip: str = ""
    max_lines: int = 0
    any_name: bool = False
    # Which files a package gives does not depend on it, so what was collected without it stays good.
    test_cases: bool = field(default=False, repr=False)
    sha256: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def archive(self) -> ArchiveKey:
        """The archive that holds it."""
        return ArchiveKey(self.registry, self.name, self.version)

    @property
    def label(self) -> str:
        """Its name in reports: language, name and, where there is one, folder."""
        return f"{self.language}/{self.name}" + (f"#{self.within}" if self.within else "")


_STRING_KEYS = ("language", "name", "registry", "version", "project", "licence", "split", "within", "only", "skip")
_REQUIRED = ("language", "name", "registry", "version", "project", "licence", "split")
_KNOWN = frozenset((*_STRING_KEYS, "max_lines", "any_name", "test_cases", "sha256"))


def package_of(table: Mapping[str, Any]) -> Package:
    """One package from its TOML table; raises ManifestError naming the package and what is wrong with it."""
    culprit = f"{table.get('language', '?')}/{table.get('name', '?')}"
    if unknown := sorted(set(table) - _KNOWN):
        raise ManifestError(f"{culprit}: unknown key {unknown[0]!r}")
    for key in _REQUIRED:
        if not table.get(key):
            raise ManifestError(f"{culprit}: {key!r} is missing")
    for key in _STRING_KEYS:
        value = table.get(key, "")
        if not isinstance(value, str):
            raise ManifestError(f"{culprit}: {key!r} must be a string")
        if _ADDRESS.search(value):
            raise ManifestError(f"{culprit}: {key!r} holds an address; packages are fetched by name")
    language = table["language"]
    if language in UNSEEN_LANGUAGES:
        raise ManifestError(f"{culprit}: {language} is kept unseen and must not be in the corpus")
    if language not in LANGUAGE_NAMES and language not in FURTHER_LANGUAGES:
        raise ManifestError(f"{culprit}: unknown language {language!r}")
    for key, kind in (("registry", Registry), ("split", Split)):
        if table[key] not in list(kind):
            raise ManifestError(f"{culprit}: {key} {table[key]!r} is none of {', '.join(kind)}")
    for key in ("only", "skip"):
        try:
            re.compile(table.get(key, ""))
        except re.error as error:
            raise ManifestError(f"{culprit}: {key!r} is no regular expression: {error}") from None
    sha256 = table.get("sha256", {})
    for file_name, digest in sha256.items():
        if not _SHA256.fullmatch(digest):
            raise ManifestError(f"{culprit}: the SHA-256 of {file_name!r} is not 64 hexadecimal digits")
    max_lines = table.get("max_lines", 0)
    if not isinstance(max_lines, int) or max_lines < 0:
        raise ManifestError(f"{culprit}: 'max_lines' must be a number of lines, 0 or more")
    return Package(
        **{key: table.get(key, "") for key in _STRING_KEYS if key not in ("registry", "split")},
        registry=Registry(table["registry"]),
        split=Split(table["split"]),
        max_lines=max_lines,
        any_name=bool(table.get("any_name", False)),
        test_cases=bool(table.get("test_cases", False)),
        sha256=dict(sha256),
    )


@dataclass(frozen=True, slots=True)
class Manifest:
    """All packages, in the order of the file, checked against the rules that hold among them."""

    packages: tuple[Package, ...]

    def __post_init__(self) -> None:
        splits: dict[str, Package] = {}
        places: set[tuple[object, ...]] = set()
        archives: dict[ArchiveKey, Package] = {}
        for package in self.packages:
            place = (package.language, package.archive, package.within, package.only)
            if place in places:
                raise ManifestError(f"{package.label} is listed twice")
            places.add(place)
            first = splits.setdefault(package.project.casefold(), package)
            if first.split is not package.split:
                raise ManifestError(
                    f"project {package.project!r} is in two splits: {first.label} in {first.split.value}, "
                    f"{package.label} in {package.split.value}"
                )
            shared = archives.setdefault(package.archive, package)
            if shared.sha256 != package.sha256:
                raise ManifestError(f"{package.label} and {shared.label} share an archive but not its SHA-256")

    def of_language(self, language: str, split: Split | None = None) -> tuple[Package, ...]:
        """The packages of one language, of one split where it is given."""
        return tuple(p for p in self.packages if p.language == language and split in (None, p.split))

    def further_languages(self, split: Split) -> tuple[str, ...]:
        """The languages of a split that the model has no name for."""
        return tuple(sorted(FURTHER_LANGUAGES & {p.language for p in self.packages if p.split is split}))

    def projects_of_test_cases(self) -> frozenset[str]:
        """The projects that give test cases."""
        return frozenset(package.project for package in self.packages if package.test_cases)

    def archives(self) -> dict[ArchiveKey, Mapping[str, str]]:
        """Every archive once, with the SHA-256 of its files (empty where not locked)."""
        return {package.archive: package.sha256 for package in self.packages}


def parse_manifest(text: str) -> Manifest:
    """A manifest from TOML text; raises ManifestError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ManifestError(f"the manifest is no valid TOML: {error}") from None
    return Manifest(tuple(package_of(table) for table in document.get("package", ())))


def load_manifest(path: Path | None = None) -> Manifest:
    """The manifest of that file, or the one that ships with the project."""
    if path is None:
        return parse_manifest(resources.files(__package__).joinpath("manifest.toml").read_text("utf-8"))
    return parse_manifest(path.read_text("utf-8"))


def write_manifest(packages: Iterable[Package], header: str = "") -> str:
    """The TOML text of some packages, each table's keys in a fixed order."""
    blocks = [header.rstrip("\n") + "\n"] if header else []
    for package in packages:
        lines = ["[[package]]"]
        for key in _STRING_KEYS:
            value = str(getattr(package, key))
            if value:
                lines.append(f"{key} = {_quoted(value)}")
        if package.max_lines:
            lines.append(f"max_lines = {package.max_lines}")
        if package.any_name:
            lines.append("any_name = true")
        if package.test_cases:
            lines.append("test_cases = true")
        if package.sha256:
            inner = ", ".join(f"{_quoted(name)} = {_quoted(digest)}" for name, digest in package.sha256.items())
            lines.append(f"sha256 = {{ {inner} }}")
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _quoted(value: str) -> str:
    # Literal strings keep regular expressions readable; only a single quote needs the escaping form.
    if "'" not in value and "\n" not in value and "\\" in value:
        return f"'{value}'"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
