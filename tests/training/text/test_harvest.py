"""Harvesting and the trainer's view: documents by name, by share, without duplicates, no project in two splits."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from linewise.features.lines import split_lines
from linewise.training.corpus.extract import ArchivedFile
from linewise.training.corpus.fetch import archive_folder
from linewise.training.corpus.labelling import label_corpus
from linewise.training.corpus.manifest import Manifest, Package, Registry, Split
from linewise.training.corpus.prepare import prepare
from linewise.training.corpus.shards import CorpusMissingError
from linewise.training.corpus.storage import SourceFile
from linewise.training.oracle import violations
from linewise.training.text import harvest as harvesting
from linewise.training.text.documents import Amounts, sentences_of, text_documents
from linewise.training.text.harvest import harvest, harvest_corpus, harvested, shares, without_duplicates
from linewise.training.text.names import Kind, document_text, kind_of
from linewise.training.text.plain import text_document
from linewise.training.text.templates import forms_of


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("README", Kind.README),
        ("docs/readme.zh-CN.md", Kind.README),
        ("usr/share/doc/a/changelog.Debian.gz", Kind.CHANGELOG),
        ("NEWS.rst", Kind.CHANGELOG),
        ("LICENSE-MIT", Kind.LICENCE),
        ("AUTHORS", Kind.PEOPLE),
        ("usr/share/man/de/man1/a.1.gz", Kind.MANUAL),
        ("man/thing.3pm", Kind.MANUAL),
        ("docs/guide/start.md", Kind.DOCS),
        ("doc/protocol.txt", Kind.DOCS),
        ("a.eml", Kind.MAIL),
        ("src/data.txt", None),
        ("requirements.txt", None),
        ("CMakeLists.txt", None),
        ("readme.py", None),
        ("README.html", None),
        ("vendor/x/README.md", None),
        ("a.json", None),
        ("lib.so.1.0", None),
    ],
)
def test_names_tell_documents(path: str, kind: Kind | None) -> None:
    assert kind_of(path) is kind


def test_content_tells_what_names_cannot() -> None:
    page = b".TH A 1\nText of it\n"
    assert document_text(gzip.compress(page), "a.1.gz", Kind.MANUAL) == page
    assert document_text(b"\x7fELF no roff", "liba.so.1", Kind.MANUAL) is None
    assert document_text(b"not gzipped", "README.gz", Kind.README) is None
    assert document_text(b"a\0b", "README", Kind.README) is None
    assert document_text(b"x" * 2001, "README", Kind.README) is None
    assert document_text(b"1 2 3\n4 5 6\n", "docs/table.txt", Kind.DOCS) is None
    assert document_text(b"This is a sentence of words.\n", "docs/a.txt", Kind.DOCS) is not None
    assert document_text("Grüße\n".encode("latin-1"), "README", Kind.README) == "Grüße\n".encode()


def prose(seed: int, n_lines: int = 30) -> bytes:
    return b"".join(b"This is line %d of the document %d, and it is prose.\n" % (i, seed) for i in range(n_lines))


def document(project: str, path: str, data: bytes) -> SourceFile:
    return SourceFile("text", project, project.lower(), path, data)


def test_a_kind_gives_no_more_than_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harvesting, "MAX_LINES_PER_KIND", 70)
    members = [(f"docs/{n}.md", prose(n)) for n in range(10)] + [("README.md", prose(99)), ("a.py", b"x = 1\n")]
    files = [ArchivedFile(path, len(data), lambda data=data: data) for path, data in members]
    taken = [file.path for file in harvest(files, "P", "p")]
    assert taken == [file.path for file in harvest(files[::-1], "P", "p")]
    assert "README.md" in taken
    assert sum(path.startswith("docs/") for path in taken) == 3


def test_shares_have_one_limit_for_all_projects() -> None:
    large = [document("Large", f"docs/{n}.md", prose(n)) for n in range(20)] + [document("Large", "NEWS", prose(50))]
    small = [document("Small", "README.md", prose(60))]
    taken = shares([*large, *small], 120)
    assert [d.path for d in taken if d.project == "Small"] == ["README.md"]
    of_large = [d.path for d in taken if d.project == "Large"]
    assert len(of_large) == 3
    assert "NEWS" in of_large
    assert taken == shares([*small, *large[::-1]], 120)
    assert shares([], 100) == []


def test_duplicates_leave_training_first() -> None:
    split_of = {"A": Split.TRAIN, "B": Split.TEST}
    documents = [document("A", "LICENSE", prose(1)), document("B", "LICENSE", prose(1)), document("A", "x", prose(2))]
    assert without_duplicates(documents, split_of) == documents[1:]


def archive(files: Mapping[str, bytes], folder: Path) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as stream:
        for path, data in files.items():
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(data)
            stream.addfile(entry, io.BytesIO(data))
    folder.mkdir(parents=True)
    (folder / "a.tgz").write_bytes(buffer.getvalue())


def source(seed: int) -> bytes:
    calls = b"".join(
        b"    for item_%d in queue_%d(%d):\n        item_%d.go()\n\n" % (seed, seed, i, i) for i in range(8)
    )
    return b"def work_%d(x):\n" % seed + calls


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with one package of each split harvested, prepared and labelled."""
    cache = tmp_path_factory.mktemp("cache")
    packages = []
    for number, split in enumerate(Split):
        name = f"pkg{number}"
        package = Package("python", name, Registry.NPM, "1.0", name.title(), "MIT", split)
        packages.append(package)
        fenced = prose(number) + b"```python\nx = f(%d)\n```\n" % number
        code = {f"m{n}.py": source(10 * number + n) for n in range(6)}
        long = prose(number + 10, 2000)
        archive(
            {"README.md": fenced, "CHANGES": long, "LICENSE": prose(77), **code}, archive_folder(package.archive, cache)
        )
    manifest = Manifest(tuple(packages))
    prepare(manifest, cache, n_jobs=1)
    assert all(report.n_labelled for report in label_corpus(Split, ["python"], cache, n_jobs=1))
    report = harvest_corpus(manifest, cache, n_jobs=1)
    assert not report.failed
    assert report.n_projects == dict.fromkeys(Split, 1)
    assert report.n_documents == {Split.TRAIN: 2, Split.VALIDATION: 2, Split.TEST: 3}  # one licence, in the test split
    assert report.n_lines[Split.TRAIN] == 800 + 33
    return cache


AMOUNTS = Amounts(generated_lines=1500, conflicted_files=3, pasted_pieces=4)


def test_harvested_documents_are_labelled_and_cut(cache: Path) -> None:
    by_path = {d.path: d for d in harvested("train", cache)}
    assert len(by_path["CHANGES"].masks) == len(split_lines(by_path["CHANGES"].data)) == 800
    readme = by_path["README.md"]
    assert readme.known.all()
    assert [int(mask) & 2 for mask in readme.masks[-3:]] == [0, 2, 0]
    assert len(sentences_of(readme)) == 30


@pytest.mark.parametrize("split", list(Split))
def test_text_documents_keep_the_rules_and_follow_from_the_seed(cache: Path, split: Split) -> None:
    documents = list(text_documents(split, 5, cache, AMOUNTS))
    again = list(text_documents(split.value, 5, cache, AMOUNTS))
    assert [(d.path, d.data) for d in documents] == [(d.path, d.data) for d in again]
    for document in documents:
        assert len(document.masks) == len(document.known) == len(split_lines(document.data))
        assert document.masks.dtype == np.uint32
        assert document.known.dtype == np.bool_
        wrong = violations(document.masks, document.data)
        assert not [v for v in wrong if document.known[v.line - 1]], document.path
    mixed = [d for d in documents if d.language == "python"]
    assert sum(d.path.endswith("#pasted") for d in mixed) == 4
    assert any(b"<<<<<<<" in d.data for d in mixed)
    assert sum(len(d.masks) for d in documents if d.project == "generated") >= 1500


def test_splits_share_no_project_and_no_form(cache: Path) -> None:
    seen: list[set[str]] = []
    for split in Split:
        documents = list(text_documents(split, 5, cache, AMOUNTS))
        forms = {d.path.rpartition("-")[0] for d in documents if d.project == "generated"}
        assert forms <= {form.name for form in forms_of(split)}
        seen.append(forms | {d.project for d in documents if d.project != "generated"})
    assert not seen[0] & seen[1]
    assert not seen[0] & seen[2]
    assert not seen[1] & seen[2]


def test_what_is_missing_is_named(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(CorpusMissingError, match="linewise corpus text"):
        list(text_documents("train", 1, tmp_path))
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "text").symlink_to(cache / "corpus" / "text")
    with pytest.raises(CorpusMissingError, match="linewise corpus label"):
        list(text_documents("train", 1, tmp_path))


def test_sentences_are_prose_alone() -> None:
    lines = ["- This is a sentence about something.", "x = 1", "", "> And this is another one, quoted here."]
    found = sentences_of(text_document(lines, "P", "p", "a"))
    assert found == ["This is a sentence about something.", "And this is another one, quoted here."]
