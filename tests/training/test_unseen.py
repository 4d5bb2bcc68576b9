"""Languages that no training data holds: their truth, and the packages that it is read from."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from linewise.features.labels import names_of
from linewise.features.languages import LANGUAGE_NAMES, language_of_file_name
from linewise.features.plain_text import parse_plain_text
from linewise.models import store
from linewise.training.benchmark.unseen import measuring, sources
from linewise.training.corpus.fetch import archive_folder
from linewise.training.corpus.manifest import UNSEEN_LANGUAGES, Package, Registry, Split, load_manifest
from linewise.training.oracle.unseen import UNSEEN, label_unseen

from ..models.networks import plain_thresholds, random_networks
from .corpus.conftest import tar_of

EXAMPLES = Path(__file__).parent / "unseen"


@pytest.mark.parametrize("language", UNSEEN)
def test_every_line_of_the_example_has_its_labels(language: str) -> None:
    expected = parse_plain_text((EXAMPLES / f"{language}.txt").read_bytes())
    truth = label_unseen(expected.data, language)
    lines = expected.data.decode().split("\n")
    assert truth.known.all()
    for text, wanted, given in zip(lines, expected.masks, truth.masks.tolist(), strict=False):
        assert names_of(given) == names_of(wanted), text


def test_unseen_languages_are_kept_out_of_the_corpus() -> None:
    assert set(UNSEEN) == UNSEEN_LANGUAGES
    assert not set(UNSEEN) & set(LANGUAGE_NAMES)
    assert not set(UNSEEN) & {package.language for package in load_manifest().packages}


@pytest.mark.parametrize("language", UNSEEN)
def test_no_file_of_an_unseen_language_is_taken_for_one_of_a_trained(language: str) -> None:
    for extension in UNSEEN[language].extensions:
        assert language_of_file_name(f"a{extension}") is None, extension


def test_packages_are_pinned_and_of_at_least_two_projects_a_language() -> None:
    packages = sources.unseen_packages()
    for language in UNSEEN:
        assert len({package.project for package in packages if package.language == language}) >= 2
    for package in packages:
        assert package.sha256
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in package.sha256.values())
        assert package.licence


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    made = Package("r", "made", Registry.NPM, "1.0", "Made", "MIT", Split.TEST)
    folder = archive_folder(made.archive, tmp_path)
    folder.mkdir(parents=True)
    code = b"f <- function(x) {\n  x\n}\n"
    files = {"R/a.R": code, "R/same.R": code, "vendor/b.R": b"y <- 1\n", "c.txt": b"text\n"}
    (folder / "made.tgz").write_bytes(tar_of(files))
    monkeypatch.setattr(sources, "unseen_packages", lambda: (made,))
    return made


def test_a_package_may_name_the_files_that_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Package("zig", "made", Registry.NPM, "1.0", "Made", "MIT", Split.TEST, only="^src/", skip="_made")
    folder = archive_folder(made.archive, tmp_path)
    folder.mkdir(parents=True)
    names = ("src/a.zig", "src/b_made.zig", "c.zig")
    (folder / "made.tgz").write_bytes(tar_of({name: f"const x = {n};\n".encode() for n, name in enumerate(names)}))
    monkeypatch.setattr(sources, "unseen_packages", lambda: (made,))
    assert [file.path for file in sources.unseen_files("zig", tmp_path)] == ["src/a.zig"]


def test_files_are_filtered_like_the_corpus(package: Package, tmp_path: Path) -> None:
    (file,) = sources.unseen_files("r", tmp_path)
    assert (file.path, file.project, len(file.masks)) == ("R/a.R", "Made", 3)
    assert not list(sources.unseen_files("perl", tmp_path))


def test_the_model_is_measured_on_them(package: Package, tmp_path: Path) -> None:
    store.save(tmp_path / "model", random_networks(), plain_thresholds(), {})
    found = measuring.measure_unseen(tmp_path / "model", tmp_path, n_jobs=1)
    assert set(found.views) == {"whole file", "20 lines", "7 lines", "1 line"}
    assert found.views["whole file"].by_language["r"].n_lines == 3
    assert found.known == {language: int(language == "r") for language in UNSEEN}
    assert found.projects["r"] == ("Made",)
