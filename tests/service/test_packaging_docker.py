"""The container's files, as far as they can be checked without an engine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def run_tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    beside_python = Path(sys.executable).with_name(name)
    program = str(beside_python) if beside_python.exists() else shutil.which(name)
    assert program is not None, f"{name} is not installed; it comes with linewise[dev]"
    return subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)


def test_the_dockerfile_passes_its_linter() -> None:
    result = run_tool("hadolint", "Dockerfile")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_compose_file_is_as_its_schema_says() -> None:
    result = run_tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_image_runs_as_nobody_in_particular_and_without_training() -> None:
    final_stage = (ROOT / "Dockerfile").read_text("utf-8").rpartition("\nFROM ")[2]
    assert "\nUSER 10001:10001\n" in final_stage
    assert "HEALTHCHECK" in final_stage
    assert "'.[service]'" in (ROOT / "Dockerfile").read_text("utf-8")


@pytest.mark.parametrize("setting", ["read_only: true", "- no-new-privileges:true", "- ALL", "healthcheck:"])
def test_the_compose_file_confines_the_service(setting: str) -> None:
    assert setting in (ROOT / "docker-compose.yml").read_text("utf-8")


def test_all_that_the_image_copies_is_let_through_to_the_builder() -> None:
    allowed = set((ROOT / ".dockerignore").read_text("utf-8").split())
    for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
                assert f"!{source}" in allowed, source
