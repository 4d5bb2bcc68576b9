from __future__ import annotations

from collections import defaultdict

import pytest

from linewise.features.languages import LANGUAGE_NAMES
from linewise.training.corpus.manifest import (
    FURTHER_LANGUAGES,
    UNSEEN_LANGUAGES,
    Manifest,
    ManifestError,
    Split,
    load_manifest,
    package_of,
    parse_manifest,
    write_manifest,
)

TABLE = {
    "language": "lua",
    "name": "thing",
    "registry": "debian",
    "version": "1.2-3",
    "project": "Thing",
    "licence": "MIT",
    "split": "train",
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"language": "zig"}, "kept unseen"),
        ({"language": "cobol"}, "unknown language"),
        ({"version": ""}, "'version' is missing"),
        ({"registry": "cargo"}, "none of pypi-wheel"),
        ({"split": "dev"}, "none of train"),
        ({"name": "https://example.org/x.tgz"}, "holds an address"),
        ({"only": "("}, "no regular expression"),
        ({"sha256": {"a.tgz": "12"}}, "64 hexadecimal digits"),
        ({"max_lines": -1}, "'max_lines'"),
        ({"colour": "red"}, "unknown key 'colour'"),
        ({"licence": 3}, "must be a string"),
    ],
)
def test_a_wrong_package_is_refused_with_its_name(change: dict[str, object], message: str) -> None:
    with pytest.raises(ManifestError, match=message):
        package_of({**TABLE, **change})


def test_one_project_is_in_one_split_over_all_languages() -> None:
    packages = (package_of(TABLE), package_of({**TABLE, "language": "c", "split": "test", "project": "thing"}))
    with pytest.raises(ManifestError, match="'thing' is in two splits"):
        Manifest(packages)


def test_a_package_is_listed_once() -> None:
    with pytest.raises(ManifestError, match="listed twice"):
        Manifest((package_of(TABLE), package_of(TABLE)))


def test_writing_and_parsing_round_trip() -> None:
    digest = {"a b.tar.gz": "0" * 64}
    tables = [
        {**TABLE, "only": r"^src/.*\.lua$", "skip": "it's", "sha256": digest, "max_lines": 900},
        {**TABLE, "name": "@scope/other", "project": 'Quote " and \\', "any_name": True},
    ]
    packages = tuple(package_of(table) for table in tables)
    parsed = parse_manifest(write_manifest(packages, "# head\n"))
    assert parsed.packages == packages
    assert parsed.packages[0].sha256 == digest


def test_broken_toml_is_refused() -> None:
    with pytest.raises(ManifestError, match="no valid TOML"):
        parse_manifest("[[package")


def test_the_shipped_manifest_is_valid_locked_and_spread_over_projects() -> None:
    manifest = load_manifest()
    assert all(package.sha256 for package in manifest.packages)
    projects: dict[tuple[str, Split], set[str]] = defaultdict(set)
    for package in manifest.packages:
        projects[package.language, package.split].add(package.project)
    assert {package.language for package in manifest.packages} == set(LANGUAGE_NAMES) | FURTHER_LANGUAGES
    assert all(p.split is Split.TRAIN for p in manifest.packages if p.language in FURTHER_LANGUAGES)
    assert not UNSEEN_LANGUAGES & {package.language for package in manifest.packages}
    for language in LANGUAGE_NAMES:
        # Scala has no more projects that could be had: what else there is serves training.
        assert len(projects[language, Split.VALIDATION]) >= (2 if language == "scala" else 3), language
        assert len(projects[language, Split.TEST]) >= (2 if language == "scala" else 3), language
        assert len(projects[language, Split.TRAIN]) >= (2 if language == "scala" else 6), language
