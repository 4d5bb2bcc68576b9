from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from linewise.features.labels import mask_of
from linewise.training.corpus import labelling, shards
from linewise.training.corpus.labelling import label_corpus, oracle_digest_of
from linewise.training.corpus.manifest import Manifest, Split
from linewise.training.corpus.prepare import prepare
from linewise.training.corpus.shards import CorpusMissingError, current_oracle, labelled_files
from linewise.training.corpus.statistics import measure_corpus, measure_share
from linewise.training.oracle.errors import OracleError
from linewise.training.oracle.labelling import label_file

LOOP = b"for x in y:\n    pass\n"


@pytest.fixture
def prepared(cache: Path, make_package, source, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shards, "CHUNK_BYTES", 1500)
    files = {f"f{index}.py": source(index + 1) for index in range(4)}
    prepare(Manifest((make_package("p", {**files, "loop.py": LOOP}),)), cache, n_jobs=1)
    return cache


def label(cache: Path) -> tuple[int, int]:
    (report,) = label_corpus([Split.TRAIN], ["python"], cache, n_jobs=1)
    return report.n_labelled, report.n_present


def test_labels_come_back_with_their_files(prepared: Path) -> None:
    assert label(prepared) == (3, 0)
    files = list(labelled_files("train", "python", prepared))
    assert [file.path for file in files] == ["f0.py", "f1.py", "f2.py", "f3.py", "loop.py"]
    for file in files:
        truth = label_file(file.data, "python", file_name=file.path)
        np.testing.assert_array_equal(file.masks, truth.masks)
        np.testing.assert_array_equal(file.known, truth.known)
        assert file.masks.dtype == np.uint32
        assert file.known.dtype == np.bool_
    assert files[-1].masks[0] == mask_of(["code", "loop", "in_loop"])


def test_labelling_resumes_and_a_changed_oracle_labels_anew(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    label(prepared)
    digest = current_oracle("train", "python", prepared)
    folder = shards.labelled_folder("train", "python", prepared)
    next(iter(folder.glob("*.npz"))).unlink()
    with pytest.raises(CorpusMissingError, match="linewise corpus label"):
        list(labelled_files("train", "python", prepared))
    assert label(prepared) == (1, 2)
    assert label(prepared) == (0, 3)
    monkeypatch.setattr(shards, "KEPT_SECONDS", -1)
    monkeypatch.setattr(labelling, "oracle_digest_of", lambda language: f"another {language}")
    assert label(prepared) == (3, 0)
    assert current_oracle("train", "python", prepared) != digest
    assert len(list(folder.glob("*.npz"))) == 3


def test_unlabelled_files_are_said_to_be(prepared: Path) -> None:
    with pytest.raises(CorpusMissingError, match="linewise corpus label"):
        list(labelled_files("train", "python", prepared))


def test_a_failure_of_the_oracle_names_the_file(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(data: bytes, language: str, *, file_name: str | None = None) -> object:
        raise OracleError("too deep")

    monkeypatch.setattr(labelling, "label_file", refuse)
    with pytest.raises(OracleError, match=r"python/p f0\.py: too deep"):
        list(label_corpus([Split.TRAIN], ["python"], prepared, n_jobs=1))
    assert current_oracle("train", "python", prepared) is None


def test_labels_of_an_oracle_that_changed_meanwhile_are_not_kept(
    prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = iter(["before", "after"])
    monkeypatch.setattr(labelling, "oracle_digest_of", lambda language: next(digests))
    with pytest.raises(OracleError, match="oracle of python was changed"):
        label(prepared)
    assert current_oracle("train", "python", prepared) is None
    assert not list(shards.labelled_folder("train", "python", prepared).glob("*.npz"))


def test_the_oracles_digest_is_stable_and_differs_by_language() -> None:
    assert oracle_digest_of("python") == oracle_digest_of("py")
    assert oracle_digest_of("python") != oracle_digest_of("javascript")


def test_statistics_count_labels_and_unknown_lines(prepared: Path) -> None:
    before = measure_share(Split.TRAIN, "python", prepared)
    assert (before.n_files, before.n_lines, before.label_counts) == (5, 162, None)
    label(prepared)
    share = measure_corpus(prepared)["python"][Split.TRAIN]
    assert (share.projects, share.n_unknown, share.violations) == ({"P": 162}, 0, {})
    assert share.label_counts is not None
    assert share.label_counts[1] == 162  # every line is code
    assert share.label_counts[14] == 1  # one loop
