"""What the serving process is made of: nothing of training, and nothing that runs code out of files."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import click
import pytest

from linewise.service.commands.serve import serve
from linewise.service.settings import Settings

ROOT = Path(__file__).parents[2]
SERVING_COMPONENTS = ("features", "models", "service")


def test_the_http_app_imports_nothing_of_training() -> None:
    program = "import sys, linewise.service.http.server; print(*sorted(sys.modules), sep='\\n')"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    top_level = {name.partition(".")[0] for name in result.stdout.split()}
    assert "fastapi" in top_level
    assert top_level.isdisjoint({"sklearn", "joblib", "tree_sitter", "cloudpickle", "dill", "torch", "pandas"})
    assert not any(name.startswith("linewise.training") for name in result.stdout.split())


@pytest.mark.parametrize("component", SERVING_COMPONENTS)
def test_no_code_of_ours_loads_pickles(component: str) -> None:
    for path in sorted((ROOT / component).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            elif isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                names = ["pickle"]
            top_level = {name.partition(".")[0] for name in names}
            assert top_level.isdisjoint({"pickle", "shelve", "marshal", "cloudpickle", "dill"}), path
            if "joblib" in top_level:
                # For its processes alone, of commands that serve nobody.
                assert path.parent.name in ("batch", "datasets"), path
                assert isinstance(node, ast.ImportFrom)
                assert {alias.name for alias in node.names} <= {
                    "Parallel",
                    "cpu_count",
                    "delayed",
                    "parallel_config",
                }, path


def test_every_setting_is_an_option_of_serve() -> None:
    options = {option.name: option for option in serve.params if isinstance(option, click.Option)}
    assert set(options) == set(Settings.model_fields)
    for name, field in Settings.model_fields.items():
        option = options[name]
        assert option.default is None or not isinstance(option.default, (int, str)), "defaults belong to Settings"
        if field.default is not None and field.default_factory is None:
            assert f"[default: {field.default}]" in (option.help or "")
