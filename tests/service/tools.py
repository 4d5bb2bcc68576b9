"""Programs that check files of the project, which come with `linewise[dev]`."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program at the root of the project; a missing one is a failure."""
    beside_python = Path(sys.executable).with_name(name)
    program = str(beside_python) if beside_python.exists() else shutil.which(name)
    assert program is not None, f"{name} is not installed; it comes with linewise[dev]"
    return subprocess.run([program, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
