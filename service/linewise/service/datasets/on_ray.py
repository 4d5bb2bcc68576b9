"""Doing the pieces on a Ray cluster, by Ray Data: a task for each piece, as many at once as there are cores.

Tasks and not actors, for Ray has processes for tasks at hand, which live on and so load the model once, while each
actor is a new one; and a core is free again after each piece. What flows through Ray are the pieces' descriptions and
outcomes, so its object store holds next to nothing. Shards are read and written by the process that does a piece:
every node must see input and output under the same paths. A piece whose process or node dies is begun anew elsewhere;
its file appears by one rename, so it is there once, whoever finished it, and however often.
"""

from __future__ import annotations

import json
import logging
import os
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial

import pyarrow as pa
import ray
import ray.data
from ray.data import DataContext

from .plan import Piece
from .receipts import Counts, Job
from .run import EngineError
from .work import Outcome, do_piece

_PLACE = re.compile(r"(?:ray://)?(.+):(\d+)")
_ANSWER_SECONDS = 20
_OUTCOME_BLOCK_BYTES = 1 << 20


def do_pieces(batch: pa.Table, job: Job) -> pa.Table:
    """Do the pieces that are a batch's rows; their outcomes are the answer's rows."""
    outcomes = [do_piece(Piece(**row), job) for row in batch.to_pylist()]
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
    # Or Ray expects blocks a hundred times as large, and has a small object store wait for room for them.
    context.target_max_block_size = _OUTCOME_BLOCK_BYTES
    _keep_off_the_terminal(logging.getLogger("ray.data"))
    data = ray.data.from_items([asdict(piece) for piece in pieces], override_num_blocks=len(pieces))
    outcomes = data.map_batches(partial(do_pieces, job=job), batch_size=1, batch_format="pyarrow", num_cpus=1)
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
