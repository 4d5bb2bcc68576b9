"""How far a run is, drawn on standard error: files, lines a second, and the time that is left."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator

from tqdm import tqdm

from .part import Done
from .plan import Plan

_FORM = "{desc}: {percentage:3.0f}%|{bar}| {postfix} [{elapsed}<{remaining}]"


def with_bar(plan: Plan, done: Iterable[Done]) -> Iterator[Done]:
    """Hand on what is done, and draw it; time is told by bytes, for parts and lines differ in size."""
    total = sum(part.weight for part in plan.parts)
    n_files = n_lines = 0
    began = time.monotonic()
    with tqdm(total=total, desc="labelling", bar_format=_FORM, file=sys.stderr, dynamic_ncols=True) as bar:
        for one in done:
            n_files += one.n_files
            n_lines += one.n_lines
            rate = n_lines / max(time.monotonic() - began, 1e-3)
            bar.set_postfix_str(f"{n_files:,}/{plan.n_files:,} files, {rate:,.0f} lines/s", refresh=False)
            bar.update(one.weight)
            yield one
