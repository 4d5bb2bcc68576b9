"""What is installed: one namespace package, exactly the tree's files, dependencies that point one way."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
COMPONENTS = ("features", "models", "training", "service")
TRAINING_ONLY = ("sklearn", "joblib", "tree_sitter", "matplotlib", "datasketch", "tqdm")
SERVICE_ONLY = ("fastapi", "pydantic", "uvicorn", "starlette")


def tracked_and_new_files() -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *COMPONENTS],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    return {name for name in listed.split("\0") if name and (ROOT / name).exists()}


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_linewise_is_a_namespace_package_of_four_components() -> None:
    linewise = importlib.import_module("linewise")
    assert linewise.__file__ is None
    for component in COMPONENTS:
        module = importlib.import_module(f"linewise.{component}")
        assert Path(str(module.__file__)).parent == ROOT / component / "linewise" / component


def test_no_component_makes_linewise_a_regular_package() -> None:
    for component in COMPONENTS:
        assert not (ROOT / component / "linewise" / "__init__.py").exists()
        assert (ROOT / component / "linewise" / component / "py.typed").exists()


@pytest.fixture(scope="module")
def wheel_names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_wheel_holds_the_trees_files_and_no_others(wheel_names: set[str]) -> None:
    compiled = {f"linewise/features/kernel/{name}" for name in ("_kernel.so", "_kernel_wide.so")}
    installed = {name for name in wheel_names if ".dist-info/" not in name} - compiled
    expected = {name.split("/", 1)[1] for name in tracked_and_new_files()}
    assert installed == expected


def test_wheel_holds_the_kernel_where_a_compiler_is(wheel_names: set[str]) -> None:
    compilers = (os.environ.get("CC"), shutil.which("cc"), shutil.which("gcc"), shutil.which("clang"))
    assert ("linewise/features/kernel/_kernel.so" in wheel_names) == any(compilers)


def test_wheel_installs_one_name_and_its_licence(wheel_names: set[str]) -> None:
    top = {name.split("/")[0] for name in wheel_names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"linewise"}
    assert any(name.endswith("/licenses/LICENSE") for name in wheel_names)


def test_every_command_resolves_to_a_click_command() -> None:
    click = importlib.import_module("click")
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["linewise.commands"]
    registered = {entry.name: entry for entry in entry_points(group="linewise.commands")}
    assert {name: entry.value for name, entry in registered.items()} == declared
    for entry in registered.values():
        assert isinstance(entry.load(), click.Command), entry.name


def test_components_depend_one_way() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([str(lint_imports), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_labelling_imports_nothing_of_training_or_the_server() -> None:
    modules = run_python(
        "import sys, linewise.models, linewise.service.cli\n"
        "import linewise.service.labelling, linewise.service.formats\n"
        "import linewise.service.commands.label\n"
        "print(*sys.modules)"
    ).split()
    loaded = {name.split(".")[0] for name in modules}
    assert loaded.isdisjoint(TRAINING_ONLY)
    assert loaded.isdisjoint(SERVICE_ONLY)
    assert not any(name.startswith("linewise.training") for name in modules)


def test_listing_the_commands_imports_nothing_heavy() -> None:
    modules = run_python(
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from linewise.service.cli import linewise\n"
        "assert CliRunner().invoke(linewise, ['--help']).exit_code == 0\n"
        "print(*sys.modules)"
    ).split()
    assert {name.split(".")[0] for name in modules}.isdisjoint((*TRAINING_ONLY, *SERVICE_ONLY))


def test_constraints_name_exact_versions_and_no_addresses() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", pin) for pin in pins)
    pinned = {normal_name(pin.split("==")[0]) for pin in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]
    assert {normal_name(re.split(r"[^A-Za-z0-9._-]", requirement)[0]) for requirement in wanted} <= pinned


def normal_name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
