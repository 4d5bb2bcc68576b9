"""Doing the pieces on this machine, one process a core."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool

from joblib import Parallel, cpu_count, delayed, parallel_config

from .plan import Piece
from .receipts import Job
from .work import Outcome, do_piece

MAX_LOSSES = 5
"""So often in a row may processes be lost without a piece done between; then what is left is given up."""


def run_locally(pieces: Sequence[Piece], job: Job, processes: int | None = None) -> Iterator[Outcome]:
    """Do the pieces, and yield how each ended, in the order of their ends.

    A process that is killed (by the system, where memory ran out) costs the pieces that were being done; these are
    begun anew.

    Args:
        pieces: what to do.
        job: how.
        processes: how many at once; None for as many as there are usable cores.
    """
    processes = processes or cpu_count()
    if processes == 1 or len(pieces) == 1:
        yield from (do_piece(piece, job) for piece in pieces)
        return
    left = {piece.name: piece for piece in pieces}
    losses = 0
    while left and losses < MAX_LOSSES:
        try:
            for outcome in _in_parallel(list(left.values()), job, processes):
                del left[outcome.name]
                losses = 0
                yield outcome
        except BrokenProcessPool:
            losses += 1
    yield from (Outcome(name, None, "the processes that were to label it died") for name in left)


def _in_parallel(pieces: Sequence[Piece], job: Job, processes: int) -> Iterator[Outcome]:
    # A thread of the algebra's own for each process; more would stand in each other's way.
    with parallel_config("loky", n_jobs=min(processes, len(pieces)), inner_max_num_threads=1):
        parallel = Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")
        yield from parallel(delayed(do_piece)(piece, job) for piece in pieces)
