"""What the documentation says of the service, done: its commands by curl, its Python, against a running service."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from .running import running

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
PAGE = (ROOT / "docs" / "http.md").read_text("utf-8")
SERVICE = "localhost:8000"


def blocks(language: str) -> list[str]:
    return [block for block in re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S) if SERVICE in block]


COMMANDS = [
    match.groups()
    for block in blocks("console")
    for match in re.finditer(r"^\$ (curl .*)\n((?:(?!\$ ).*\n)*)", block, re.M)
]
# Those beside them start the service itself.
SCRIPTS = [block for block in blocks("sh") if re.match(r"curl|jq", block)]
PROGRAMS = blocks("python")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running() as server:
        yield server.address.removeprefix("http://")


def run(command: list[str], address: str) -> str:
    command = [part.replace(SERVICE, address) for part in command]
    done = subprocess.run(command, cwd=EXAMPLES, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_there_are_examples_of_each_kind() -> None:
    assert len(COMMANDS) >= 6
    assert len(SCRIPTS) >= 3
    assert len(PROGRAMS) >= 3


@pytest.mark.parametrize(("command", "shown"), COMMANDS)
def test_curl_gets_what_is_shown(address: str, command: str, shown: str) -> None:
    assert run(["bash", "-euc", command], address).rstrip("\n") == shown.rstrip("\n")


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_are_answered(address: str, script: str) -> None:
    answers = [json.loads(line) for line in run(["bash", "-euo", "pipefail", "-c", script], address).splitlines()]
    assert answers
    for answer in answers:
        assert answer.keys() & {"lines", "documents", "answer"}, answer


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_run(address: str, program: str) -> None:
    # Not with the folder of the examples on the path, where queue.py is none of Python's.
    assert run([sys.executable, "-P", "-W", "error", "-c", program], address)
