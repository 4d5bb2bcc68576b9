from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from linewise.training.commands.corpus import corpus
from linewise.training.corpus.manifest import Split, load_manifest, write_manifest


def test_prepare_label_and_stats_of_a_small_manifest(cache: Path, tmp_path: Path, make_package, source) -> None:
    packages = (
        make_package("train", {"a.py": source(1)}),
        make_package("test", {"b.py": source(2)}, split=Split.TEST),
    )
    manifest = tmp_path / "manifest.toml"
    manifest.write_text(write_manifest(packages, "# Two packages.\n"))

    def run(*arguments: str, exit_code: int = 0) -> str:
        result = CliRunner().invoke(corpus, list(arguments))
        assert result.exit_code == exit_code, result.output
        return result.output

    assert "2 of 2 packages locked" in run("lock", str(manifest))
    assert manifest.read_text().startswith("# Two packages.\n")
    assert all(package.sha256 for package in load_manifest(manifest).packages)
    assert "0 fetched, 2 there already, 0 failed" in run("fetch", "--manifest", str(manifest))
    assert "40 lines" in run("prepare", "--manifest", str(manifest), "--jobs", "1")
    assert "run `linewise corpus prepare`" in run("label", "--split", "validation", exit_code=1)
    run("label", "--split", "train", "--language", "python", "--jobs", "1")
    run("freeze", str(tmp_path / "frozen.toml"))
    assert "[languages.python]" in (tmp_path / "frozen.toml").read_text()
    run("stats", "--manifest", str(manifest), "--write", str(tmp_path / "corpus.md"))
    page = (tmp_path / "corpus.md").read_text()
    assert "80 lines of 1 languages from 2 entries of the manifest and 2 projects" in page
    assert "| python | 40 | 1 | 1 | 0 | 0 | 0 | 40 | 1 | 1 | Train 100% |" in page
    assert "| code | 100.0 |" in page
    assert "| MIT | Test, Train |" in page


def test_a_wrong_manifest_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text("[[package]]\nlanguage = 'zig'\n")
    result = CliRunner().invoke(corpus, ["fetch", "--manifest", str(tmp_path / "m.toml")])
    assert result.exit_code == 1
    assert "Error: zig/?: 'name' is missing" in result.output
