"""Each stage of an answer over linewise's own sources, with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from linewise.features.documents import make_batch
from linewise.features.labels import N_LABELS
from linewise.features.novelty import novelty
from linewise.features.states import read_states
from linewise.features.structure import build_structure
from linewise.features.tokens import tokenize
from linewise.features.vectors import N_LANGUAGE_BUCKETS, N_LINE_BUCKETS, indentation, line_vectors
from linewise.models import pipeline
from linewise.models.context import first_inputs
from linewise.models.layout import HIDDEN_LINE, N_FIRST_INPUTS, N_LANGUAGE_SCORES, REFINED, second_layout
from linewise.models.network import Layer, Network, run
from linewise.models.pipeline import N_LINE_OUTPUTS, Document, Networks
from linewise.models.sparse import encode

TEXTS = [path.read_bytes() for path in sorted(Path(__file__).parents[1].glob("*/linewise/**/*.py"))]
DOCUMENTS = [Document(text, "python", "file") for text in TEXTS]
ONE_LINE = [Document(b"for (int i = 0; i < n; i++) {", "c", "unknown")]
N_HIDDEN = 48


def random_layer(n_in: int, n_out: int) -> Layer:
    rng = np.random.default_rng(n_in)
    return Layer(rng.standard_normal((n_in, n_out), np.float32) / np.float32(n_in) ** 0.5, np.zeros(n_out, np.float32))


@pytest.fixture(scope="module")
def networks() -> Networks:
    n_second = second_layout(N_HIDDEN)["context"].stop
    return Networks(
        language=random_layer(N_LANGUAGE_BUCKETS, N_LANGUAGE_SCORES),
        words=encode(random_layer(N_LINE_BUCKETS, HIDDEN_LINE)),
        line=random_layer(HIDDEN_LINE, N_LINE_OUTPUTS),
        first_context=Network((random_layer(N_FIRST_INPUTS, N_HIDDEN), random_layer(N_HIDDEN, N_LABELS))),
        second_context=Network((random_layer(n_second, N_HIDDEN), random_layer(N_HIDDEN, len(REFINED)))),
    )


@pytest.fixture(scope="module")
def prepared(networks: Networks) -> pipeline.Prepared:
    return pipeline.prepare(networks.language, DOCUMENTS)


def test_lines(benchmark: BenchmarkFixture) -> None:
    benchmark(make_batch, TEXTS)


def test_tokens(benchmark: BenchmarkFixture, prepared: pipeline.Prepared) -> None:
    benchmark(tokenize, prepared.batch)


def test_states(benchmark: BenchmarkFixture, prepared: pipeline.Prepared) -> None:
    benchmark(read_states, prepared.batch, prepared.tokens, prepared.languages)


def test_indentation(benchmark: BenchmarkFixture, prepared: pipeline.Prepared) -> None:
    benchmark(indentation, prepared.batch)


def test_line_vectors(benchmark: BenchmarkFixture, prepared: pipeline.Prepared) -> None:
    benchmark(line_vectors, prepared.batch, prepared.tokens, prepared.states, prepared.indents, prepared.languages)


def test_line_network(benchmark: BenchmarkFixture, networks: Networks, prepared: pipeline.Prepared) -> None:
    benchmark(pipeline.run_line, networks, prepared)


def test_structure(benchmark: BenchmarkFixture, prepared: pipeline.Prepared) -> None:
    p = prepared
    benchmark(build_structure, p.batch, p.tokens, p.states, p.indents, p.languages)


def test_novelty(benchmark: BenchmarkFixture, prepared: pipeline.Prepared) -> None:
    p = prepared
    structure = build_structure(p.batch, p.tokens, p.states, p.indents, p.languages)
    opens_scope = (np.arange(len(structure.parent)) % 7 == 3) & ~structure.is_sentinel
    benchmark(novelty, p.batch, p.tokens, p.states, structure, opens_scope)


def test_first_context_inputs(benchmark: BenchmarkFixture, networks: Networks, prepared: pipeline.Prepared) -> None:
    hidden, probabilities, _ = pipeline.run_line(networks, prepared)
    around = pipeline.surroundings(prepared)
    benchmark(first_inputs, around, prepared.tokens, hidden, probabilities)


def test_first_context_network(benchmark: BenchmarkFixture, networks: Networks, prepared: pipeline.Prepared) -> None:
    _, inputs = pipeline.first_context_inputs(networks, prepared)
    benchmark(run, networks.first_context, prepared.batch.line_offsets, inputs)


def test_whole_answer(benchmark: BenchmarkFixture, networks: Networks) -> None:
    benchmark(pipeline.answer, networks, DOCUMENTS)


def test_one_line(benchmark: BenchmarkFixture, networks: Networks) -> None:
    benchmark(pipeline.answer, networks, ONE_LINE)
