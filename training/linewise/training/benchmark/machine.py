"""What a machine is, as far as it bears on speed."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linewise.features import kernel


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine and the programs that a speed was measured with."""

    processor: str
    cores: int
    memory_gib: float
    system: str
    python: str
    numpy: str
    compiled: bool
    """Whether linewise ran its compiled kernel."""


def describe_machine() -> Machine:
    """This machine."""
    return Machine(
        processor=_field("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gib=round(int((_field("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) / 2**20, 1),
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        numpy=np.__version__,
        compiled=kernel.load() is not None,
    )


def _field(path: str, name: str) -> str | None:
    """The first value of a field in one of Linux's tables."""
    try:
        lines = Path(path).read_text("utf-8").splitlines()
    except OSError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)
