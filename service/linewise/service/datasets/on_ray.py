"""Doing the pieces on a Ray cluster, by Ray Data: a pool of actors, one model each, that pulls pieces.

What flows through Ray are the pieces' descriptions and outcomes, so its object store holds next to nothing, and no
worker is handed more than it asks for. Shards are read and written by the worker itself: every node must see input
and output under the same paths. A piece whose worker or node dies is begun anew elsewhere; its file appears by one
rename, so it is there once, whoever finished it, and however often.
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import asdict

import pyarrow as pa
import ray
import ray.data
from ray.data import ActorPoolStrategy, DataContext

from .plan import Piece
from .receipts import Counts, Job
from .run import EngineError
from .work import Outcome, do_piece

_PLACE = re.compile(r"(?:ray://)?(.+):(\d+)")
_ANSWER_SECONDS = 20


class PieceWorker:
    """What runs in each worker process."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Do the pieces that are the batch's rows; their outcomes are the answer's rows."""
        outcomes = [do_piece(Piece(**row), self._job) for row in batch.to_pylist()]
        return pa.table({"outcome": [_told(outcome) for outcome in outcomes]})


def run_on_ray(pieces: Sequence[Piece], job: Job, address: str | None) -> Iterator[Outcome]:
    """Do the pieces on a cluster, and yield how each ended, in the order of their ends.

    Args:
        pieces: what to do.
        job: how. Its output folder, and the shards, must be seen by all nodes.
        address: the cluster's, None for that which the environment names, or one of this machine alone.

    Raises:
        EngineError: there is no cluster at the address.
    """
    started_here = not ray.is_initialized()
    if started_here:
        _check_answers(address)
        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING, include_dashboard=False)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise EngineError(f"there is no Ray cluster at {address or 'hand'}: {error}") from error
    try:
        yield from _run(pieces, job)
    finally:
        if started_here:
            ray.shutdown()


def _check_answers(address: str | None) -> None:
    """Raise EngineError where nothing listens at an address; Ray itself would try for many minutes."""
    place = _PLACE.fullmatch(address or os.environ.get("RAY_ADDRESS", ""))
    if place is None:
        return
    try:
        socket.create_connection((place[1].strip("[]"), int(place[2])), timeout=_ANSWER_SECONDS).close()
    except OSError as error:
        raise EngineError(f"there is no Ray cluster at {place[0]}: {error.strerror or error}") from error


def _run(pieces: Sequence[Piece], job: Job) -> Iterator[Outcome]:
    context = DataContext.get_current()
    context.enable_progress_bars = False
    # What Ray gives up is missing from the outcomes; the others go on.
    context.max_errored_blocks = -1
    _keep_off_the_terminal(logging.getLogger("ray.data"))
    cores = int(ray.cluster_resources().get("CPU", 1))  # type: ignore[no-untyped-call]
    workers = max(1, min(cores, len(pieces)))
    data = ray.data.from_items([asdict(piece) for piece in pieces], override_num_blocks=len(pieces))
    outcomes = data.map_batches(
        PieceWorker,
        fn_constructor_args=(job,),
        batch_size=1,
        batch_format="pyarrow",
        # As many as find room, all from the start; fewer will do, so the pool shrinks with a lost node.
        compute=ActorPoolStrategy(min_size=1, initial_size=workers, max_size=workers, max_tasks_in_flight_per_actor=2),
        num_cpus=1,
    )
    missing = {piece.name for piece in pieces}
    for row in outcomes.iter_rows():
        outcome = _outcome(row["outcome"])
        missing.discard(outcome.name)
        yield outcome
    yield from (Outcome(name, None, "Ray gave it up: its log says why") for name in sorted(missing))


def _keep_off_the_terminal(logger: logging.Logger) -> None:
    """Leave Ray's accounts of its plans and of the workers that it replaces to its log files."""
    for handler in logger.handlers:
        if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
            handler.setLevel(logging.CRITICAL)


def _told(outcome: Outcome) -> str:
    counts = outcome.counts and outcome.counts.as_json()
    return json.dumps([outcome.name, counts, outcome.problem, outcome.stops_all])


def _outcome(told: str) -> Outcome:
    name, counts, problem, stops_all = json.loads(told)
    return Outcome(name, counts and Counts.from_json(counts), problem, stops_all)
