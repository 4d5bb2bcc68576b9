"""From texts to probabilities: the one computation behind every face, and behind training's later stages.

The stages follow each other; each can be run alone, so that training fits a stage on exactly what the stages before
it produce when they answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from linewise.features import kernel
from linewise.features.documents import Batch, make_batch
from linewise.features.labels import LABEL_INDEX, LABELS, N_LABELS, Group
from linewise.features.languages import LANGUAGE_INDEX, LANGUAGE_NAMES
from linewise.features.lexis import UNKNOWN_LANGUAGE
from linewise.features.states import States, read_states
from linewise.features.structure import build_structure
from linewise.features.tokens import Tokens, tokenize
from linewise.features.vectors import LineVectors, indentation, language_tokens, language_vectors, line_vectors

from . import compiled
from .context import Surroundings, first_inputs, second_inputs, surround
from .interior import settle_states
from .layout import CONTEXTS, N_LANGUAGE_SCORES, REFINED
from .network import Float32Array, Inputs, LanguageLayer, Layer, Network, Part, run, sigmoid, softmax
from .sparse import CodedLayer, sum_rows

N_LINE_OUTPUTS = N_LABELS + 1
MIN_LANGUAGE_SCORE = 0.5
"""Below this, comments and strings are read by rules that suit most languages."""
MIN_ANSWERED_SCORE = 0.01
"""Where the likeliest language scores less, the text's language is one that is not known."""
NO_LANGUAGE = -1
_BLANK = LABEL_INDEX["blank"]
_NOT_REGION = np.array([label.group is not Group.REGION for label in LABELS])


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Networks:
    """All trained weights. Each instance is equal to itself alone.

    Attributes:
        language: hashed text vector -> logits of the languages and of text.
        words: hashed line vector -> hidden layer of the line network.
        line: that -> logits of the labels and of lying inside what began above the line.
        first_context, second_context: see `context`.
    """

    language: LanguageLayer
    words: Layer | CodedLayer
    line: Layer
    first_context: Network
    second_context: Network


@dataclass(frozen=True, slots=True)
class Document:
    """One text and what its sender says of it."""

    text: bytes
    language: str | None = None
    context: str = "unknown"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch and all that comes before the line network."""

    batch: Batch
    tokens: Tokens
    states: States
    indents: NDArray[np.int32]
    languages: NDArray[np.intp]
    language_scores: Float32Array
    contexts: NDArray[np.intp]

    def vectors(self) -> LineVectors:
        """The line network's input, made anew with each call: it is large, and needed once."""
        return line_vectors(self.batch, self.tokens, self.states, self.indents, self.languages)


@dataclass(frozen=True, slots=True)
class Answers:
    """Probabilities of a batch.

    Attributes:
        probabilities: float32 of shape (n_lines, n_labels).
        language_scores: float32 of shape (n_documents, N_LANGUAGE_SCORES); one-hot where a language was given. What
            they lack of 1 is how likely the language is none that is known.
        line_offsets: int64 of shape (n_documents + 1,).
        n_lines: how many lines each text has in all, those of other blocks included; int64 of shape (n_documents,).
    """

    probabilities: Float32Array
    language_scores: Float32Array
    line_offsets: NDArray[np.int64]
    n_lines: NDArray[np.int64]


def language_logits(layer: LanguageLayer, documents: Sequence[Document], batch: Batch, tokens: Tokens) -> Float32Array:
    """The log-odds of each document's language, up to a constant, by its words; that of no known language comes last.

    Returns:
        float32 of shape (n_documents, N_LANGUAGE_SCORES + 1); where the language is given, all others are -inf.
    """
    logits = np.full((len(documents), N_LANGUAGE_SCORES + 1), -np.inf, dtype=np.float32)
    unknown = []
    for index, document in enumerate(documents):
        if document.language is None:
            unknown.append(index)
        else:
            logits[index, LANGUAGE_INDEX[document.language]] = 0
    if unknown:
        chosen = np.array(unknown)
        logits[chosen, :-1] = np.asarray(language_vectors(batch, tokens, chosen) @ layer.weight) + layer.bias
        logits[chosen, -1] = layer.unfamiliar * np.sqrt(language_tokens(batch, tokens, chosen))
        empty = chosen[np.diff(batch.line_offsets)[chosen] == 0]
        logits[empty, :-1] = -np.inf
    return logits


def scores_of(logits: Float32Array) -> Float32Array:
    """The scores that such log-odds stand for, without that of no known language; (n_documents, N_LANGUAGE_SCORES)."""
    return np.ascontiguousarray(softmax(logits)[:, :-1])


def likeliest(scores: Float32Array) -> NDArray[np.intp]:
    """The index of each document's likeliest language, or of text; `NO_LANGUAGE` where it is none that is known."""
    return np.where(scores.max(axis=1) < MIN_ANSWERED_SCORE, NO_LANGUAGE, scores.argmax(axis=1))


def prepare(language_layer: LanguageLayer, documents: Sequence[Document]) -> Prepared:
    """Lines, tokens, languages and states of some documents."""
    batch = make_batch([document.text for document in documents])
    tokens = tokenize(batch)
    return read_as(documents, batch, tokens, scores_of(language_logits(language_layer, documents, batch, tokens)))


def read_as(documents: Sequence[Document], batch: Batch, tokens: Tokens, scores: Float32Array) -> Prepared:
    """Documents read by their languages' scores, float32 of shape (n_documents, N_LANGUAGE_SCORES)."""
    languages = scores[:, : len(LANGUAGE_NAMES)].argmax(axis=1)
    # Languages that read alike (C and C++, JavaScript and TypeScript) share the score, so their sum decides.
    sure = scores[:, : len(LANGUAGE_NAMES)].max(axis=1) >= MIN_LANGUAGE_SCORE
    for pair in (("c", "cpp"), ("javascript", "typescript")):
        sure |= scores[:, [LANGUAGE_INDEX[name] for name in pair]].sum(axis=1) >= MIN_LANGUAGE_SCORE
    languages = np.where(sure, languages, UNKNOWN_LANGUAGE)
    states = read_states(batch, tokens, languages)
    indents = indentation(batch)
    contexts = np.array([CONTEXTS.index(document.context) for document in documents], dtype=np.intp)
    return Prepared(batch, tokens, states, indents, languages, scores, contexts)


def run_line(networks: Networks, prepared: Prepared) -> tuple[Float32Array, Float32Array, Float32Array]:
    """What each line says by itself.

    Returns:
        The hidden layer (n_lines, n_hidden), the labels' probabilities (n_lines, n_labels), and the log-odds that the
        line lies inside a comment or string that began above it (n_lines,).
    """
    hidden = sum_rows(prepared.vectors(), networks.words)
    _, logits = run(Network((networks.line,)), prepared.batch.line_offsets, Inputs((Part(0, hidden),)))
    return hidden, sigmoid(np.ascontiguousarray(logits[:, :N_LABELS])), logits[:, N_LABELS]


def surroundings(prepared: Prepared) -> Surroundings:
    """The structure of a prepared batch, ready for the context networks."""
    structure = build_structure(prepared.batch, prepared.tokens, prepared.states, prepared.indents, prepared.languages)
    return surround(
        prepared.batch,
        prepared.tokens,
        prepared.states,
        structure,
        prepared.languages,
        prepared.language_scores,
        prepared.contexts,
    )


def first_context_inputs(networks: Networks, prepared: Prepared) -> tuple[Surroundings, Inputs]:
    """The lines' surroundings, and what the first context network sees of each line."""
    hidden, probabilities, inside = run_line(networks, prepared)
    may_begin_inside = prepared.contexts != CONTEXTS.index("file")
    states = settle_states(prepared.states, prepared.batch, prepared.languages, may_begin_inside, inside)
    around = surroundings(replace(prepared, states=states))
    return around, first_inputs(around, prepared.tokens, hidden, probabilities)


def second_context_inputs(networks: Networks, prepared: Prepared) -> tuple[Float32Array, Inputs]:
    """The first context network's logits (n_lines, n_labels), and what the second one sees of each line."""
    around, inputs = first_context_inputs(networks, prepared)
    hidden, logits = run(networks.first_context, prepared.batch.line_offsets, inputs)
    del inputs  # its arrays are most of the memory that a large text takes
    return logits, second_inputs(around, hidden, logits)


def answer(networks: Networks, documents: Sequence[Document]) -> Answers:
    """Label some documents; each one's answer is the same whatever the others are.

    Raises:
        TextTooLargeError: if they are 2 GiB or more.
    """
    if (library := kernel.load()) is not None:
        probabilities, scores, offsets = compiled.prepared(library, networks, MIN_LANGUAGE_SCORE).answer(
            [document.text for document in documents],
            [-1 if document.language is None else LANGUAGE_INDEX[document.language] for document in documents],
            [CONTEXTS.index(document.context) for document in documents],
        )
        return Answers(probabilities, scores, offsets, np.diff(offsets))
    prepared = prepare(networks.language, documents)
    logits, inputs = second_context_inputs(networks, prepared)
    _, refined = run(networks.second_context, prepared.batch.line_offsets, inputs)
    probabilities = settle(logits, refined, prepared.indents)
    offsets = prepared.batch.line_offsets
    return Answers(probabilities, prepared.language_scores, offsets, np.diff(offsets))


def answer_blocks(networks: Networks, document: Document, n_lines: int) -> Iterator[Answers]:
    """The same for one document, by blocks of so many lines or a few more; without the kernel it is all there at once.

    Raises:
        TextTooLargeError: if it is 2 GiB or more.
    """
    if (library := kernel.load()) is None:
        whole = answer(networks, [document])
        for begin in range(0, len(whole.probabilities), n_lines):
            block = whole.probabilities[begin : begin + n_lines]
            yield Answers(block, whole.language_scores, np.array([0, len(block)]), whole.n_lines)
        return
    room = max(n_lines, compiled.SECTION_LINES)
    language = -1 if document.language is None else LANGUAGE_INDEX[document.language]
    prepared_networks = compiled.prepared(library, networks, MIN_LANGUAGE_SCORE)
    with prepared_networks.begin([document.text], [language], [CONTEXTS.index(document.context)]) as running:
        while True:
            probabilities = np.empty((room, N_LABELS), dtype=np.float32)
            if not (count := running.read(probabilities)):
                return
            yield Answers(probabilities[:count], running.scores, np.array([0, count]), np.array([running.n_lines]))


def settle(logits: Float32Array, refined: Float32Array, indents: NDArray[np.int32]) -> Float32Array:
    """The probabilities, with what the text decides by itself: whether a line is blank, and that it is then no more.

    Args:
        logits: the first context network's, float32 of shape (n_lines, n_labels); overwritten.
        refined: the second one's, which replace those of the labels `REFINED`, (n_lines, len(REFINED)).
        indents: the indentation of each line, -1 where blank, (n_lines,).

    Returns:
        float32 of shape (n_lines, n_labels).
    """
    if (library := kernel.load()) is not None:
        probabilities = np.empty(logits.shape, dtype=np.float32)
        library.call("lw_put_columns", logits, *logits.shape, REFINED, len(REFINED), refined)
        library.call("lw_sigmoid", logits, logits.size, probabilities)
        library.call("lw_settle_blanks", probabilities, *logits.shape, indents, _BLANK, _NOT_REGION)
        return probabilities
    logits[:, REFINED] = refined
    probabilities = sigmoid(logits)
    blank = indents < 0
    probabilities[:, _BLANK] = blank
    surface_or_construct = _NOT_REGION.copy()
    surface_or_construct[_BLANK] = False
    probabilities[np.ix_(blank, surface_or_construct)] = 0
    return probabilities
