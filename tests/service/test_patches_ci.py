"""What runs `linewise diff` in CI: the GitHub Action, the pre-commit hook and the examples in the documentation."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from .tools import run_tool

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "docs" / "examples"


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-actions", ROOT / "action.yml"),
        ("vendor.github-workflows", EXAMPLES / "github-workflow.yml"),
        ("vendor.gitlab-ci", EXAMPLES / "gitlab-ci.yml"),
    ],
)
def test_files_are_as_their_schemas_say(schema: str, file: Path) -> None:
    result = run_tool("check-jsonschema", "--builtin-schema", schema, file)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_hook_and_its_use_are_as_pre_commit_wants_them() -> None:
    manifest, config = ROOT / ".pre-commit-hooks.yaml", EXAMPLES / "pre-commit-config.yaml"
    for command, path in (("validate-manifest", manifest), ("validate-config", config)):
        result = run_tool("pre-commit", command, path)
        assert result.returncode == 0, result.stdout + result.stderr
    hooks = yaml.safe_load(manifest.read_text("utf-8"))
    (used,) = yaml.safe_load(config.read_text("utf-8"))["repos"]
    assert {hook["id"] for hook in used["hooks"]} <= {hook["id"] for hook in hooks}


def test_the_documentation_shows_the_examples_as_they_are() -> None:
    page = (ROOT / "docs" / "patches.md").read_text("utf-8")
    for name in ("github-workflow.yml", "gitlab-ci.yml", "pre-commit-config.yaml"):
        assert f"```yaml\n{(EXAMPLES / name).read_text('utf-8')}```" in page, name


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


class TestTheAction:
    """Its last step's script, run as the runner runs it."""

    @pytest.fixture
    def repository(self, tmp_path: Path) -> Path:
        git(tmp_path, "init", "-q", "-b", "main")
        path = tmp_path / "verdict"
        for name, text in (("x.py", "# words\nf()\n"), ("x.py", "# other words\nf()\n"), ("verdict", "anything\n")):
            path = tmp_path / name
            path.write_text(text)
            git(tmp_path, "add", ".")
            git(tmp_path, "commit", "-qm", "change")
        return tmp_path

    def run(self, repository: Path, revisions: str) -> tuple[int, str]:
        step = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["runs"]["steps"][-1]
        default = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]["skip-if"]["default"]
        output = repository.parent / f"{repository.name}-output"
        environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "GITHUB_OUTPUT": str(output),
            "LINEWISE_RANGE": revisions,
            "LINEWISE_SKIP_IF": default,
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        done = subprocess.run(command, cwd=repository, env=environment, check=False, capture_output=True, timeout=300)
        return done.returncode, output.read_text("utf-8") if output.exists() else ""

    def test_words_alone_are_skipped(self, repository: Path) -> None:
        assert self.run(repository, "HEAD~2..HEAD~1") == (0, "verdict=comment-only\nskip=yes\n")

    def test_other_files_are_not_and_their_names_forge_no_verdict(self, repository: Path) -> None:
        assert self.run(repository, "HEAD~1..HEAD") == (0, "verdict=code\nskip=no\n")

    def test_what_cannot_be_compared_fails(self, repository: Path) -> None:
        assert self.run(repository, "gone..HEAD") == (2, "")
