from __future__ import annotations

from pathlib import Path

import pytest

from linewise.features.lines import split_lines
from linewise.training.corpus import collect
from linewise.training.corpus.collect import collect_archive
from linewise.training.corpus.frozen import measure_test_split
from linewise.training.corpus.manifest import Manifest, Split
from linewise.training.corpus.prepare import prepare
from linewise.training.corpus.shards import CorpusMissingError, iter_files
from linewise.training.corpus.storage import load_table


def test_files_reach_their_split_filtered_and_without_duplicates(cache: Path, make_package, source) -> None:
    train = make_package(
        "train",
        {
            "a.py": source(1),
            "copy_of_test.py": source(9),
            "b_pb2.py": source(2),
            "bin.py": b"\0",
            "notes.md": b"x",
        },
    )
    test = make_package("test", {"c.py": source(9)}, split=Split.TEST)
    report = prepare(Manifest((train, test)), cache, n_jobs=1)
    assert [file.path for file in iter_files("train", "python", cache)] == ["a.py"]
    (kept,) = iter_files(Split.TEST, "python", cache)
    assert kept.key == ("python", "Test", "test", "c.py")
    assert kept.data == source(9)
    assert dict(report.n_lines) == {(Split.TRAIN, "python"): 40, (Split.TEST, "python"): 40}
    assert report.left_out["python"] == {"generated, by name": 1, "binary": 1, "exact duplicate": 1}
    assert not report.failed


def test_a_missing_archive_is_reported_and_the_rest_goes_on(cache: Path, make_package, source) -> None:
    manifest = Manifest((make_package("here", {"a.py": source(1)}), make_package("away")))
    report = prepare(manifest, cache, n_jobs=1)
    assert [key.name for key in report.failed] == ["away"]
    assert "fetch it first" in next(iter(report.failed.values()))
    assert report.n_files == {(Split.TRAIN, "python"): 1}


def test_a_share_is_the_same_files_in_whatever_order_they_come(cache: Path, make_package, source) -> None:
    files = {f"f{index}.py": source(index + 1) for index in range(20)}
    some = make_package("some", files, max_lines=100)
    turned = make_package("turned", dict(reversed(files.items())), max_lines=100)
    taken = [{file.path for file in load_table(collect_archive(p.archive, [p], cache)).files} for p in (some, turned)]
    assert len(taken[0]) == len(taken[1]) == 3
    again = make_package("again", {**files, "z.md": b""}, max_lines=100)
    renamed = [file.path for file in load_table(collect_archive(again.archive, [again], cache)).files]
    assert sum(len(split_lines(files[path])) for path in renamed) == 120


def test_folder_and_patterns_choose_files(cache: Path, make_package, source) -> None:
    files = {"lib/src/a.py": source(1), "lib/src/skip_b.py": source(2), "src/c.py": source(3), "lib/d.py": source(4)}
    package = make_package("x", files, within="lib", only="^src/", skip="skip_")
    table = load_table(collect_archive(package.archive, [package], cache))
    assert [file.path for file in table.files] == ["src/a.py"]
    assert table.extras["signatures"].shape == (1, 64)


def test_collecting_resumes(cache: Path, make_package, source, monkeypatch: pytest.MonkeyPatch) -> None:
    package = make_package("x", {"a.py": source(1)})
    first = collect_archive(package.archive, [package], cache)

    def broken(*_: object) -> object:
        raise AssertionError("the archive was read again")

    monkeypatch.setattr(collect, "archived_files", broken)
    assert collect_archive(package.archive, [package], cache) == first
    with pytest.raises(AssertionError, match="read again"):
        collect_archive(package.archive, [make_package("x", max_lines=5)], cache)


def test_what_is_not_prepared_is_said_with_the_command(cache: Path) -> None:
    with pytest.raises(CorpusMissingError, match="linewise corpus prepare"):
        list(iter_files("train", "python", cache))


def test_the_test_splits_digest_follows_its_content(cache: Path, make_package, source) -> None:
    train = make_package("train", {"a.py": source(1)})
    test = make_package("test", {"b.py": source(2)}, split=Split.TEST)
    other = make_package("other", {"b.py": source(3)}, split=Split.TEST, project="Test")
    digests = []
    for packages in ((train, test), (test,), (train, other)):
        prepare(Manifest(packages), cache, n_jobs=1)
        measured = measure_test_split(cache)
        digests.append(measured.digest)
        assert measured.languages["python"].lines == 40
    assert digests[0] == digests[1] != digests[2]
    # A split that has no files any more leaves no table behind.
    prepare(Manifest((test,)), cache, n_jobs=1)
    assert not (cache / "corpus" / "files" / "train" / "python.npz").exists()
