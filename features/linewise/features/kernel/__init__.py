"""The compiled kernel: what the numpy functions of this package do, faster, where a C compiler was at hand.

Building the package compiles the C files beside this one into a shared library (see `hatch_build.py`), which needs
nothing of Python and serves every version of it, and into a second one for processors with wide registers. Without a
compiler the package has no library, and everything runs
on numpy alone: each compiled function has its numpy twin, which is its definition, and tests hold the two together.
"""

from __future__ import annotations

import ctypes
import math
import os
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

LIBRARY_NAME, WIDE_LIBRARY_NAME = "_kernel.so", "_kernel_wide.so"
SWITCH = "LINEWISE_KERNEL"
"""Set this environment variable to `numpy` to leave the library aside."""

CACHE_LINE = 64
"""Bytes."""

# What each function returns (v nothing, n a whole number, s 0 or -1) and takes (a an array's address, n a number).
_SIGNATURES = {
    "lw_classify_bytes": "n anaa",
    "lw_tokens": "v anaaaanaaaaaaa",
    "lw_indentation": "v aaaana",
    "lw_read_states": "v aaaaanaaaaaaa",
    "lw_settle_states": "s aaanaaaaa",
    "lw_carry": "v aanaa",
    "lw_vector_offsets": "v ana",
    "lw_line_vectors": "v aanaaaaaaaaaanna",
    "lw_sum_rows": "v aanaana",
    "lw_sum_codes": "v aanaaana",
    "lw_language_indices": "v aanaaaaa",
    "lw_relatives": "s naaaaaaaaaaaaaa",
    "lw_brackets": "s aaaaaanaaaaaaaa",
    "lw_ancestor_maximum": "s aanna",
    "lw_novelty": "s aaaaaaananaaaaaaaa",
    "lw_network": "s annaaaa",
    "lw_sigmoid": "v ana",
    "lw_masks": "v annaaaaa",
    "lw_take_columns": "v annana",
    "lw_carry_columns": "v annanaa",
    "lw_place": "v ananaaaaaaaaaaaa",
    "lw_put_columns": "v annana",
    "lw_by_row": "v annana",
    "lw_settle_blanks": "v annana",
    "lw_pack": "v anna",
    "lw_line_offsets": "n aana",
    "lw_line_spans": "v aanaa",
    "lw_count_bits": "v aana",
    "lw_begin": "n aaanaaaaaa",
    "lw_next": "n nna",
    "lw_end": "v n",
    "lw_has_wide_registers": "s ",
}
_TYPES = {"v": None, "n": ctypes.c_int64, "s": ctypes.c_int, "a": ctypes.c_void_p}


class Kernel:
    """The loaded library."""

    def __init__(self, path: Path) -> None:
        """Load it; raises OSError where the file is no library of this platform, AttributeError where another one."""
        library = ctypes.CDLL(str(path))
        self._functions: dict[str, Any] = {}
        for name, signature in _SIGNATURES.items():
            function = getattr(library, name)
            returns, takes = signature.split(" ")
            function.restype = _TYPES[returns]
            function.argtypes = [_TYPES[letter] for letter in takes]
            self._functions[name] = function

    def call(self, name: str, *arguments: NDArray[Any] | int | None) -> int:
        """Call a function with arrays (C-contiguous, of the types that it is written for) and whole numbers.

        Returns:
            The whole number that the function returns, 0 where it returns none.

        Raises:
            ValueError: if an array is not C-contiguous.
            MemoryError: if the function could not get working memory.
        """
        values: list[int | None] = []
        for argument in arguments:
            if isinstance(argument, np.ndarray):
                if not argument.flags.c_contiguous:
                    raise ValueError(f"{name}: an array of shape {argument.shape} is not contiguous")
                values.append(address(argument))
            else:
                values.append(argument)
        result: int = self._functions[name](*values) or 0
        if result < 0:
            raise MemoryError(f"{name}: no memory")
        return result


def address(array: NDArray[Any]) -> int:
    """Where an array's first element lies: valid as long as the array lives."""
    buffer: Any = array
    if array.size and array.flags.writeable:
        return ctypes.addressof(ctypes.c_char.from_buffer(buffer))  # several times faster than `array.ctypes`
    result: int = array.__array_interface__["data"][0]
    return result


def aligned_empty(shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
    """An array that begins where a line of the processor's cache does, so that a row of 64 bytes is one, not two."""
    n_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    raw = np.empty(n_bytes + CACHE_LINE, dtype=np.uint8)
    begin = -address(raw) % CACHE_LINE
    return raw[begin : begin + n_bytes].view(dtype).reshape(shape)


@cache
def load() -> Kernel | None:
    """The kernel, or None where there is none or `LINEWISE_KERNEL=numpy` asks for none."""
    path = Path(__file__).parent / LIBRARY_NAME
    if os.environ.get(SWITCH) == "numpy" or not path.exists():
        return None
    try:
        kernel = Kernel(path)
        wide = path.with_name(WIDE_LIBRARY_NAME)
        return Kernel(wide) if kernel.call("lw_has_wide_registers") and wide.exists() else kernel
    except (OSError, AttributeError):
        return None
