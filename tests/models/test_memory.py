"""What a text takes in memory is bounded by its bytes and its lines, however they are distributed."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from linewise.features import kernel
from linewise.models.store import save

from .networks import plain_thresholds, random_networks

pytestmark = pytest.mark.skipif(kernel.load() is None, reason="without a C compiler, numpy alone needs more")

OTHERWISE, PER_LINE = 150_000_000, 400
"""Bytes for all that a process holds besides a text and its lines, and for each line."""
PROGRAM = """
import sys
from pathlib import Path
from linewise.models import Classifier, Document
classifier = Classifier.load(sys.argv[1])
document = Document(Path(sys.argv[2]).read_bytes(), sys.argv[3] or None)
if sys.argv[4] == "blocks":
    n_lines = sum(map(len, classifier.classify_blocks(document)))
else:
    n_lines = len(classifier.classify(document.text, language=document.language))
status = Path("/proc/self/status").read_text("utf-8")
(peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
print(n_lines, len(document.text), 1024 * int(peak))
"""
LARGE: dict[str, Callable[[], bytes]] = {
    "brackets": lambda: b"(" * 10_000_000,
    "words": lambda: b"a b c " * 1_700_000,
    "statements": lambda: b"a;" * 5_000_000,
    "names": lambda: b" ".join(b"n%d" % number for number in range(1_200_000)),
    "a string": lambda: b'x = "' + b"words of it " * 800_000 + b'"',
    "one word": lambda: b"a" * 10_000_000,
    "quotes": lambda: b"'\"" * 5_000_000,
    "heredocs": lambda: b"<<EOF " * 1_600_000,
    "brackets on many lines": lambda: b"((((\n" * 2_500_000,
    "lines that open a brace": lambda: b"{\n" * 1_000_000,
    "empty lines": lambda: b"\n" * 500_000,
    "returns": lambda: b"x\r" * 500_000,
    "assignments": lambda: b"".join(b"n%d = n%d\n" % (number, number // 2) for number in range(300_000)),
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    save(folder, random_networks(), plain_thresholds(), {})
    return folder


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the peak is read from /proc, which only Linux has")
@pytest.mark.parametrize(
    ("name", "language", "way"),
    [
        ("brackets", "", "whole"),
        *(
            pytest.param(name, language, way, marks=pytest.mark.full)
            for name in LARGE
            for language in ("bash", "")
            for way in ("whole", "blocks")
        ),
    ],
)
def test_no_text_takes_more_than_it_should(model: Path, tmp_path: Path, name: str, language: str, way: str) -> None:
    text = tmp_path / "text"
    text.write_bytes(LARGE[name]())
    command = [sys.executable, "-c", PROGRAM, str(model), str(text), language, way]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    n_lines, n_bytes, peak = map(int, done.stdout.split())
    assert peak <= OTHERWISE + n_bytes + PER_LINE * n_lines
