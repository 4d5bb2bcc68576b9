"""What each stage of an answer takes, and what its matrix products take alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from linewise.features.documents import make_batch
from linewise.features.states import read_states
from linewise.features.tokens import tokenize
from linewise.features.vectors import indentation
from linewise.models import pipeline
from linewise.models.classifier import BATCH_BYTES
from linewise.models.context import CONTEXTS, HIDDEN_LINE, first_inputs, second_inputs
from linewise.models.interior import settle_states
from linewise.models.network import Inputs, Network, Part, run
from linewise.models.pipeline import Document, Networks

Result = TypeVar("Result")
LINE_NETWORK_ROWS = 45
"""Rows of weights that are summed for a line of ordinary length, in its first layer."""


@dataclass(frozen=True, slots=True)
class Products:
    """The network's arithmetic: multiply-adds a line, and microseconds a line for the dense products alone."""

    multiply_adds: int
    microseconds: float


class _Watch:
    """Adds up the time that each stage takes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def time(self, stage: str, step: Callable[[], Result]) -> Result:
        begin = time.process_time()
        result = step()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.process_time() - begin
        return result


def measure_stages(
    networks: Networks, texts: Sequence[bytes], languages: Sequence[str], rounds: int
) -> dict[str, float]:
    """Microseconds of processor time a line that each stage takes, the median of some rounds.

    Args:
        networks: the model's.
        texts: the texts, which are taken in batches as the classifier does.
        languages: the language of each.
        rounds: how often.
    """
    batches = list(_batches(texts, languages))
    n_lines = sum(len(make_batch([document.text for document in batch]).lines) for batch in batches)
    watches = []
    for _ in range(rounds):
        watch = _Watch()
        for batch in batches:
            _answer(networks, batch, watch)
        watches.append(watch)
    return {
        stage: statistics.median(watch.seconds[stage] for watch in watches) / n_lines * 1e6
        for stage in watches[0].seconds
    }


def _batches(texts: Sequence[bytes], languages: Sequence[str]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for text, language in zip(texts, languages, strict=True):
        if batch and sum(len(document.text) for document in batch) + len(text) > BATCH_BYTES:
            yield batch
            batch = []
        batch.append(Document(text, language, "file"))
    if batch:
        yield batch


def _answer(networks: Networks, documents: Sequence[Document], watch: _Watch) -> None:
    """`pipeline.answer`, step by step."""
    batch = watch.time("lines", lambda: make_batch([document.text for document in documents]))
    tokens = watch.time("tokens and their hashes", lambda: tokenize(batch))
    scores = watch.time("language", lambda: pipeline.language_scores(networks.language, documents, batch, tokens))
    prepared = pipeline.prepare(networks.language, documents)
    languages = prepared.languages
    states = watch.time("comments and strings", lambda: read_states(batch, tokens, languages))
    indents = watch.time("comments and strings", lambda: indentation(batch))
    hidden, probabilities, inside = watch.time(
        "n-grams and line network", lambda: pipeline.run_line(networks, prepared)
    )
    may_begin_inside = prepared.contexts != CONTEXTS.index("file")
    states = watch.time(
        "beginnings inside", lambda: settle_states(prepared.states, batch, languages, may_begin_inside, inside)
    )
    around = watch.time(
        "structure", lambda: pipeline.surroundings(replace(prepared, states=states, language_scores=scores))
    )
    inputs = watch.time("inputs of the context networks", lambda: first_inputs(around, tokens, hidden, probabilities))
    offsets = batch.line_offsets
    hidden, logits = watch.time("context networks", lambda: run(networks.first_context, offsets, inputs))
    inputs = watch.time("inputs of the context networks", lambda: second_inputs(around, hidden, logits))
    _, refined = watch.time("context networks", lambda: run(networks.second_context, offsets, inputs))
    watch.time("output", lambda: pipeline.settle(logits, refined, indents))


def measure_products(networks: Networks, rounds: int, n_lines: int = 8192) -> Products:
    """Multiply-adds a line, and the time of the dense products alone, on inputs that lie ready."""
    rng = np.random.default_rng(0)
    offsets = np.array([0, n_lines])
    dense = [Network((networks.line,)), networks.first_context, networks.second_context]
    prepared = []
    for network in dense:
        rows = rng.random((256, network.n_inputs), dtype=np.float32)
        prepared.append((network, Inputs((Part(0, rows, np.arange(n_lines) % 256),))))
    times = []
    for _ in range(rounds):
        begin = time.process_time()
        for network, inputs in prepared:
            run(network, offsets, inputs)
        times.append(time.process_time() - begin)
    sparse = LINE_NETWORK_ROWS * HIDDEN_LINE
    return Products(
        multiply_adds=sparse + sum(network.multiply_adds for network in dense),
        microseconds=statistics.median(times) / n_lines * 1e6,
    )
