"""The model on files labelled by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from linewise.features.languages import LANGUAGE_NAMES
from linewise.models import store
from linewise.training.benchmark.cases import Told
from linewise.training.benchmark.conformance import ConformanceError, measure_conformance, source_folder

from ...models.networks import plain_thresholds, random_networks


@pytest.fixture
def model(tmp_path: Path) -> Path:
    store.save(tmp_path / "model", random_networks(), plain_thresholds(), {})
    return tmp_path / "model"


def test_the_source_tree_has_a_file_of_every_language() -> None:
    folder = source_folder()
    assert folder is not None
    assert {path.stem for path in folder.glob("*.txt")} == set(LANGUAGE_NAMES)


def test_every_line_counts(model: Path, tmp_path: Path) -> None:
    (tmp_path / "go.txt").write_text("code,module_declaration | package a\nblank | \n")
    found = measure_conformance(model, tmp_path)
    for told in (Told.NOTHING, Told.BOTH):
        assert set(found.counts[told]) == {"go"}
        assert found.counts[told]["go"].n_lines == 2
        assert 0 <= found.exact(told) <= 1


def test_a_folder_without_such_files_is_named(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConformanceError, match=str(tmp_path)):
        measure_conformance(model, tmp_path)
    (tmp_path / "go.txt").write_text("no bar\n")
    with pytest.raises(ConformanceError, match=r"go\.txt.*line 1"):
        measure_conformance(model, tmp_path)
