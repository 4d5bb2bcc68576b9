"""The four stages, each fitted on what the stages before it produce when they answer.

Rows are made shard by shard and thrown away, so memory does not grow with the corpus.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack

from linewise.features.documents import make_batch
from linewise.features.labels import N_LABELS
from linewise.features.tokens import tokenize
from linewise.features.vectors import N_LANGUAGE_BUCKETS, N_LINE_BUCKETS, language_vectors
from linewise.models import pipeline
from linewise.models.layout import HIDDEN_LINE, LOGIT_SCALE, N_FIRST_INPUTS, N_LANGUAGE_SCORES, REFINED, second_layout
from linewise.models.network import Float32Array, Inputs, LanguageLayer, Layer, Network
from linewise.models.pipeline import N_LINE_OUTPUTS, Networks
from linewise.training.corpus.manifest import FURTHER_LANGUAGES
from linewise.training.corpus.shards import LabelledFile
from linewise.training.variants import Variation

from .checkpoints import Checkpoints
from .perceptron import Perceptron, Rows, Schedule, Start, label_targets
from .sampling import Sample, Sampling, batches, draw, inside_of, truth_of

PIPELINE_LINES = 8_000
"""Lines that go through the pipeline at once."""
SHARD_LINES = 64_000
"""Lines whose rows are shuffled together and fitted at once."""

Report = Callable[[str, float, float], None]
"""Called with the stage's name, its progress from 0 to 1 and the last shard's loss."""
MakeRows = Callable[[list[Sample]], Rows]
MakeTargets = Callable[[NDArray[np.uint32], NDArray[np.bool_]], NDArray[np.uint8]]
"""From label masks, and whether lines lie inside what began above them."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that training depends on besides the corpus.

    Attributes:
        language: how the language layer is fitted.
        line: how the line network is.
        first_context: how the first context network is.
        second_context: how the second one is.
        sampling: how documents are drawn.
        variation: how training files are varied.
        seed: of everything random.
    """

    language: Schedule
    line: Schedule
    first_context: Schedule
    second_context: Schedule
    sampling: Sampling = field(default_factory=Sampling)
    variation: Variation = field(default_factory=Variation)
    seed: int = 1


FULL = Recipe(
    language=Schedule((), 2e-2, 64, 3),
    line=Schedule((64,), 4e-3, 4096, 3),
    first_context=Schedule((48,), 2e-3, 256, 3),
    second_context=Schedule((48,), 1e-3, 256, 2),
)
"""Trains the model that ships."""
QUICK = Recipe(
    language=Schedule((), 2e-2, 64, 1),
    line=Schedule((64,), 4e-3, 2048, 1),
    first_context=Schedule((48,), 2e-3, 256, 1),
    second_context=Schedule((48,), 1e-3, 256, 1),
)
"""For experiments: one pass."""


@dataclass(frozen=True, slots=True)
class Run:
    """One training: what it depends on, whom it tells of its progress, and where it goes on after interruption."""

    recipe: Recipe
    report: Report
    checkpoints: Checkpoints


def initial_networks() -> Networks:
    """Networks of the right shapes whose weights are all zero, to be replaced stage by stage."""

    def zeros(*widths: int) -> Network:
        return Network(
            tuple(
                Layer(np.zeros((n_in, n_out), np.float32), np.zeros(n_out, np.float32))
                for n_in, n_out in itertools.pairwise(widths)
            )
        )

    language = zeros(N_LANGUAGE_BUCKETS, N_LANGUAGE_SCORES).layers[0]
    return Networks(
        language=LanguageLayer(language.weight, language.bias, 0.0),
        words=zeros(N_LINE_BUCKETS, HIDDEN_LINE).layers[0],
        line=zeros(HIDDEN_LINE, N_LINE_OUTPUTS).layers[0],
        first_context=zeros(N_FIRST_INPUTS, 48, N_LABELS),
        second_context=zeros(second_layout(48)["context"].stop, 48, len(REFINED)),
    )


def fit_language(name: str, files: Sequence[LabelledFile], run: Run) -> Layer:
    """The language of a document from its words; files of languages that have no name are left out."""
    recipe = run.recipe
    files = [file for file in files if file.language not in FURTHER_LANGUAGES]
    sampling = replace(recipe.sampling, whole_share=0.3, hint_share=0.0)
    total = sum(len(file.masks) for file in files) * recipe.language.epochs

    def shards(epoch: int) -> Iterator[tuple[Rows, NDArray[np.generic], int]]:
        rng = np.random.default_rng((recipe.seed, 1, epoch))
        rows: list[csr_array] = []
        languages: list[int] = []
        done = 0
        for group in batches(draw(files, sampling, rng), PIPELINE_LINES):
            batch = make_batch([sample.document.text for sample in group])
            rows.append(language_vectors(batch, tokenize(batch)))
            languages += [sample.language for sample in group]
            done += sum(len(sample.masks) for sample in group)
            if len(languages) >= 50 * recipe.language.batch_size:
                yield csr_array(vstack(rows)), np.array(languages), done
                rows, languages, done = [], [], 0

    return _fit(name, recipe.language, shards, total, np.arange(N_LANGUAGE_SCORES), run).layers[0]


def fit_line(files: Sequence[LabelledFile], networks: Networks, run: Run) -> Network:
    """The labels of a line, and whether it lies inside what began above it, from the line alone."""

    def rows(samples: list[Sample]) -> Rows:
        prepared = _prepared(networks.language, samples)
        return prepared.vectors().matrix()

    def targets(masks: NDArray[np.uint32], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
        return np.concatenate((label_targets(masks), inside[:, None].astype(np.uint8)), axis=1)

    return _fit_lines("line", files, rows, targets, N_LINE_OUTPUTS, run.recipe.line, run)


def fit_first_context(files: Sequence[LabelledFile], networks: Networks, run: Run) -> Network:
    """The labels of a line from what the line network says of it and of its relatives."""

    def rows(samples: list[Sample]) -> Rows:
        prepared = _prepared(networks.language, samples)
        _, fill = pipeline.first_context_inputs(networks, prepared)
        return _filled(fill, prepared, networks.first_context.n_inputs)

    def targets(masks: NDArray[np.uint32], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
        return label_targets(masks)

    return _fit_lines("first context", files, rows, targets, N_LABELS, run.recipe.first_context, run)


def fit_second_context(files: Sequence[LabelledFile], networks: Networks, run: Run) -> Network:
    """The labels of a line from the first context network's answers for it and its relatives."""

    def rows(samples: list[Sample]) -> Rows:
        prepared = _prepared(networks.language, samples)
        _, fill = pipeline.second_context_inputs(networks, prepared)
        n_hidden = networks.first_context.layers[-1].weight.shape[0]
        return _filled(fill, prepared, second_layout(n_hidden)["context"].stop)

    def targets(masks: NDArray[np.uint32], inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
        return label_targets(masks)[:, REFINED]

    start = Start(len(REFINED), LOGIT_SCALE)
    return _fit_lines("second context", files, rows, targets, len(REFINED), run.recipe.second_context, run, start)


def _prepared(language_layer: LanguageLayer, samples: list[Sample]) -> pipeline.Prepared:
    """Samples as the pipeline prepares them, but that some languages are withheld from it."""
    documents = [sample.document for sample in samples]
    batch = make_batch([document.text for document in documents])
    tokens = tokenize(batch)
    logits = without(pipeline.language_logits(language_layer, documents, batch, tokens), samples)
    return pipeline.read_as(documents, batch, tokens, pipeline.scores_of(logits))


def without(logits: Float32Array, samples: Sequence[Sample]) -> Float32Array:
    """Log-odds of languages as if the model had never seen those that the samples withhold.

    Args:
        logits: float32 of shape (n_samples, N_LANGUAGE_SCORES + 1), changed in place.
        samples: the documents.
    """
    for row, sample in zip(logits, samples, strict=True):
        row[list(sample.withheld)] = -np.inf
    return logits


def _filled(fill: Inputs, prepared: pipeline.Prepared, n_inputs: int) -> Float32Array:
    n_lines = len(prepared.batch.lines)
    rows = np.empty((n_lines, n_inputs), dtype=np.float32)
    fill(0, n_lines, rows)
    return rows


def _fit_lines(
    name: str,
    files: Sequence[LabelledFile],
    make_rows: MakeRows,
    make_targets: MakeTargets,
    n_outputs: int,
    schedule: Schedule,
    run: Run,
    start: Start | None = None,
) -> Network:
    total = sum(int(file.known.sum()) for file in files) * schedule.epochs

    def shards(epoch: int) -> Iterator[tuple[Rows, NDArray[np.generic], int]]:
        # Each stage and epoch has its own stream, so that changing one stage leaves the others as they were.
        rng = np.random.default_rng((run.recipe.seed, *name.encode(), epoch))
        for rows, targets in _shards(draw(files, run.recipe.sampling, rng), make_rows, make_targets):
            yield rows, targets, len(targets)

    return _fit(name, schedule, shards, total, np.arange(n_outputs), run, start)


def _fit(
    name: str,
    schedule: Schedule,
    shards: Callable[[int], Iterator[tuple[Rows, NDArray[np.generic], int]]],
    total: int,
    classes: NDArray[np.intp],
    run: Run,
    start: Start | None = None,
) -> Network:
    """Fit one stage epoch by epoch, going on after those that an interrupted run has finished.

    Args:
        name: the stage.
        schedule: how it is trained.
        shards: gives an epoch's shards: rows, targets, and the lines they stand for.
        total: lines of all epochs.
        classes: what the targets can hold.
        run: the training it belongs to.
        start: the weights to begin from, None for random ones.
    """
    perceptron = Perceptron(schedule, run.recipe.seed, start)
    finished, model = run.checkpoints.latest(name, schedule.epochs)
    if model is not None:
        perceptron.model = model
    done = total * finished // schedule.epochs
    for epoch in range(finished, schedule.epochs):
        for rows, targets, n_lines in shards(epoch):
            done += n_lines
            loss = perceptron.fit(rows, targets, done / total, classes)
            run.report(name, min(done / total, 1.0), loss)
        run.checkpoints.save(name, epoch + 1, perceptron.model)
    return perceptron.network()


def _shards(
    samples: Iterator[Sample], make_rows: MakeRows, make_targets: MakeTargets
) -> Iterator[tuple[Rows, NDArray[np.uint8]]]:
    """Rows and targets of the lines whose truth is known, some tens of thousands at a time."""
    parts: list[Rows] = []
    targets: list[NDArray[np.uint8]] = []
    for group in batches(samples, PIPELINE_LINES):
        masks, known = truth_of(group)
        chosen = np.flatnonzero(known)
        parts.append(make_rows(group)[chosen])
        targets.append(make_targets(masks[chosen], inside_of(group)[chosen]))
        if sum(map(len, targets)) >= SHARD_LINES:
            yield _joined(parts), np.concatenate(targets)
            parts, targets = [], []
    if parts:
        yield _joined(parts), np.concatenate(targets)


def _joined(parts: list[Rows]) -> Rows:
    dense = [part for part in parts if isinstance(part, np.ndarray)]
    sparse = [part for part in parts if isinstance(part, csr_array)]
    return np.concatenate(dense) if dense else csr_array(vstack(sparse))
