"""The model beside the oracle on one's own files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from linewise.features.labels import LABEL_NAMES, mask_of
from linewise.models import Classifier, store
from linewise.training.benchmark.audit import audit_files, source_files
from linewise.training.commands.audit import audit

from ..models.networks import plain_thresholds, random_networks

LOOP = "for x in y:\n    f(x)\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    store.save(folder, random_networks(), plain_thresholds(), {"seed": 1})
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.py").write_text(LOOP * 15)
    (tmp_path / "sub" / "b.go").write_text("package b\n\nfunc f() {\n\treturn\n}\n")
    (tmp_path / "notes.txt").write_text("no program\n")
    (tmp_path / "sub" / "binary.c").write_bytes(b"\0\1")
    (tmp_path / "link.py").symlink_to(tmp_path / "a.py")
    return tmp_path


def names(paths: list[Path], root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in paths]


def test_source_files_are_those_of_known_languages(tree: Path) -> None:
    assert names(source_files(tree), tree) == ["a.py", "sub/b.go", "sub/binary.c"]
    assert source_files(tree / "a.py") == [tree / "a.py"]


def test_what_git_ignores_is_left_out(tree: Path) -> None:
    (tree / ".gitignore").write_text("sub/\n")
    subprocess.run(["git", "init", "-q"], cwd=tree, check=True)
    assert names(source_files(tree), tree) == ["a.py"]


def test_an_audit_counts_every_line_and_samples_those_that_differ(tree: Path, model: Path) -> None:
    found = audit_files(source_files(tree), Classifier.load(model), root=tree, n_samples=5)
    assert {file.path: file.n_lines for file in found.files} == {"a.py": 30, "sub/b.go": 5}
    assert found.counts["python"].n_lines == 30
    assert found.failed == [("sub/binary.c", "binary")]
    assert [file.path for file in found.worst_files(10)] == ["a.py"]
    assert len(found.disagreements) == 5
    for one in found.disagreements:
        text = (tree / one.path).read_text().splitlines()[one.line - 1]
        assert one.text == text
        assert one.oracle != one.model
        if text.startswith("for"):
            assert one.oracle == mask_of(["code", "loop", "in_loop"])


def test_the_command_prints_all_of_it(tree: Path, model: Path) -> None:
    done = CliRunner().invoke(audit, [str(tree), "--model", str(model), "--samples", "3"])
    assert done.exit_code == 0
    assert "2 files, 35 lines compared." in done.output
    for word in ("python", "go", "a.py", "parser", "model", "in_loop"):
        assert word in done.output
    assert done.output.count("    parser  ") == 3
    assert any(f"{name} *" in done.output for name in LABEL_NAMES)


def test_nothing_to_compare_is_a_failure(tmp_path: Path, model: Path) -> None:
    assert CliRunner().invoke(audit, [str(tmp_path), "--model", str(model)]).exit_code == 1
    assert CliRunner().invoke(audit, [str(tmp_path), "--model", str(tmp_path)]).exit_code == 2
