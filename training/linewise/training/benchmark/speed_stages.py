"""What each stage of an answer takes, and what its matrix products take alone."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from linewise.features import kernel
from linewise.features.languages import LANGUAGE_INDEX
from linewise.models import compiled, pipeline
from linewise.models.classifier import BATCH_BYTES
from linewise.models.cost import multiply_adds
from linewise.models.network import Inputs, Network, Part, run
from linewise.models.pipeline import Document, Networks


@dataclass(frozen=True, slots=True)
class Products:
    """The network's arithmetic: multiply-adds a line, and microseconds a line for the dense products alone."""

    multiply_adds: int
    microseconds: float


def measure_stages(
    networks: Networks, texts: Sequence[bytes], languages: Sequence[str], rounds: int
) -> dict[str, float]:
    """Microseconds of processor time a line that each stage takes, the median of some rounds.

    Empty without the compiled kernel, which times them.

    Args:
        networks: the model's.
        texts: the texts, which are taken in batches as the classifier does.
        languages: the language of each.
        rounds: how often.
    """
    if (library := kernel.load()) is None:
        return {}
    prepared = compiled.prepared(library, networks, pipeline.MIN_LANGUAGE_SCORE)
    taken = np.zeros((rounds, len(compiled.STAGES)))
    n_lines = 0
    for seconds in taken:
        n_lines = 0
        for batch in _batches(texts, languages):
            chosen = [LANGUAGE_INDEX[document.language or ""] for document in batch]
            _, _, offsets = prepared.answer([document.text for document in batch], chosen, [0] * len(batch), seconds)
            n_lines += int(offsets[-1])
    medians = np.median(taken, axis=0) / n_lines * 1e6
    return dict(zip(compiled.STAGES, medians.tolist(), strict=True))


def _batches(texts: Sequence[bytes], languages: Sequence[str]) -> Iterator[list[Document]]:
    batch: list[Document] = []
    for text, language in zip(texts, languages, strict=True):
        if batch and sum(len(document.text) for document in batch) + len(text) > BATCH_BYTES:
            yield batch
            batch = []
        batch.append(Document(text, language, "file"))
    if batch:
        yield batch


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
    return Products(
        multiply_adds=multiply_adds(networks),
        microseconds=statistics.median(times) / n_lines * 1e6,
    )
