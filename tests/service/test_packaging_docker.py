"""The container's files, as far as they can be checked without an engine."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from linewise.service.settings import Settings

from .tools import run_tool

ROOT = Path(__file__).parents[2]


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


def compose() -> dict[str, Any]:
    described: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    return described


def test_what_is_published_is_for_this_machine_alone_and_needs_a_key() -> None:
    services = compose()["services"]
    for service in services.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))
    assert "ports" not in services["prometheus"]
    assert compose()["networks"]["inner"] == {"internal": True}
    assert services["prometheus"]["networks"] == ["inner"]
    environment = services["linewise"]["environment"]
    settings = {name: value for name, value in environment.items() if "$" not in value}
    assert settings["LINEWISE_KEYS"] == "required"
    assert settings["LINEWISE_KEYS_FILE"] == "/run/secrets/keys"
    known = {f"LINEWISE_{name.upper()}" for name in Settings.model_fields}
    assert set(environment) <= known


def test_secrets_come_from_files_that_are_in_no_commit() -> None:
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text("utf-8").split()
    for secret in compose()["secrets"].values():
        assert secret["file"].startswith("deploy/secrets/")
        assert secret["file"] in (ROOT / "Makefile").read_text("utf-8")


def test_all_that_is_mounted_is_there() -> None:
    for service in compose()["services"].values():
        for volume in service.get("volumes", ()):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (ROOT / source).exists(), source


def test_the_dashboard_asks_for_metrics_that_there_are(client: TestClient) -> None:
    client.post("/v1/classify", json={"text": ""})
    metrics = client.get("/metrics").text
    dashboard = json.loads((ROOT / "deploy/grafana/dashboards/linewise.json").read_text("utf-8"))
    sources = yaml.safe_load((ROOT / "deploy/grafana/provisioning/datasources/prometheus.yml").read_text("utf-8"))
    for panel in dashboard["panels"]:
        assert panel["datasource"]["uid"] == sources["datasources"][0]["uid"]
        for target in panel["targets"]:
            for name in re.findall(r"linewise_\w+", target["expr"]):
                assert f"\n{name}" in metrics, name
    scraped = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text("utf-8"))["scrape_configs"][0]
    assert scraped["static_configs"][0]["targets"] == ["linewise:8000"]
