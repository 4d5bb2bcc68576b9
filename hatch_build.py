"""Compiles the kernel when the package is built, where there is a C compiler; without one the package runs on numpy.

`python hatch_build.py` compiles it into the source tree, for development.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

FOLDER = Path("features/linewise/features/kernel")
FLAGS = ["-O3", "-std=gnu11", "-fPIC", "-shared", "-fvisibility=hidden", "-fno-math-errno", "-fno-trapping-math"]


WIDE_FLAG = "-march=haswell"
"""For the second library, which only x86 processors of about 2013 and later can run; the first one says which can."""


def compile_kernel(root: Path) -> list[Path]:
    """Compile the kernel's C files into libraries beside them; none where that is not possible.

    `CC` names the compiler, `LINEWISE_KERNEL=numpy` asks for none.
    """
    folder = root / FOLDER
    for old in folder.glob("*.so"):
        old.unlink()
    compiler = os.environ.get("CC") or shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None or os.environ.get("LINEWISE_KERNEL") == "numpy" or sys.platform == "win32":
        return []
    sources = sorted(str(path) for path in folder.glob("*.c"))
    libraries = []
    for name, flags in (("_kernel.so", []), ("_kernel_wide.so", [WIDE_FLAG])):
        partial = folder / (name + ".partial")
        try:
            subprocess.run(
                [*compiler.split(), *FLAGS, *flags, *sources, "-o", str(partial), "-lm"],
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.CalledProcessError):
            break
        libraries.append(partial.replace(folder / name))
    return libraries


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:
    pass
else:

    class KernelHook(BuildHookInterface):  # type: ignore[type-arg,unused-ignore]
        """Adds the compiled kernel to wheels and editable installs."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Compile, and mark the wheel as one of this platform if that worked."""
            if self.target_name != "wheel":
                return
            libraries = compile_kernel(Path(self.root))
            if not libraries:
                self.app.display_warning("no C compiler: linewise will run on numpy alone, several times slower")
                return
            build_data["artifacts"] += [str(FOLDER / library.name) for library in libraries]
            build_data["pure_python"] = False
            # The library needs nothing of Python itself, so one wheel serves every version of it.
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"py3-none-{platform}"


if __name__ == "__main__":
    for path in compile_kernel(Path(__file__).parent):
        print(path)
