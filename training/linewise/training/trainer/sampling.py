"""What the networks are trained on: whole files, and windows cut out of them after labelling.

Every line of the training split is used once per epoch, either within its whole file or within a window of 1 to 60
lines. The window's truth is the truth of those lines in the whole file. Whether the language and the completeness of
the text are told is drawn at random, so that the model works with and without.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from linewise.features.documents import make_batch
from linewise.features.languages import LANGUAGE_INDEX, LANGUAGE_NAMES
from linewise.features.lexis import UNKNOWN_LANGUAGE, State
from linewise.features.lines import split_lines
from linewise.features.states import read_states
from linewise.features.tokens import tokenize
from linewise.models.pipeline import Document
from linewise.training.corpus.manifest import FURTHER_LANGUAGES
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle.interiors import interiors_of

TEXT_CLASS = len(LANGUAGE_NAMES)
"""The class of a document that is none of the languages."""
MAX_WINDOW_LINES = 60
_FILES_AT_ONCE = 64
_WITH_TWINS = {
    LANGUAGE_INDEX[name]: (LANGUAGE_INDEX[first], LANGUAGE_INDEX[second])
    for first, second in (("c", "cpp"), ("javascript", "typescript"))
    for name in (first, second)
}


@dataclass(frozen=True, slots=True)
class Sampling:
    """How documents are drawn.

    Attributes:
        whole_share: share of files that are used whole; the others are cut into windows.
        hint_share: share of documents whose language is told.
        context_share: share of documents of which it is told whether they are whole.
        withheld_share: share of documents that are read as if their language were unknown to the model: they stand
            for the languages that it has never seen.
    """

    whole_share: float = 0.55
    hint_share: float = 0.25
    context_share: float = 0.5
    withheld_share: float = 0.08


@dataclass(frozen=True, slots=True)
class Sample:
    """A document with the truth of its lines.

    Attributes:
        document: the text as the classifier gets it.
        language: index of its true language, `TEXT_CLASS` for text, and for languages that the model has no name for.
        masks: label masks, uint32 of shape (n_lines,).
        known: whether the truth of each line is known, bool of shape (n_lines,).
        inside: whether each line begins inside what opened above it in the whole file, bool of shape (n_lines,); None
            where nobody asked.
        withheld: indices of languages that the pipeline is not to recognise.
        place: of a window, the index of its file and of its first line in that, where somebody asked.
    """

    document: Document
    language: int
    masks: NDArray[np.uint32]
    known: NDArray[np.bool_]
    inside: NDArray[np.bool_] | None = None
    withheld: tuple[int, ...] = ()
    place: tuple[int, int] | None = None


def draw(files: Sequence[LabelledFile], sampling: Sampling, rng: np.random.Generator) -> Iterator[Sample]:
    """All files in random order, each whole or in windows."""
    order = rng.permutation(len(files))
    for begin in range(0, len(order), _FILES_AT_ONCE):
        chosen = [files[index] for index in order[begin : begin + _FILES_AT_ONCE]]
        for file, inside in zip(chosen, interiors(chosen), strict=True):
            if len(file.masks) == 0:
                continue
            if rng.random() < sampling.whole_share:
                yield _sample(file, file.data, slice(0, len(file.masks)), "file", inside, sampling, rng)
            else:
                for data, lines in windows(file, rng):
                    yield _sample(file, data, lines, "fragment", inside, sampling, rng)


def interiors(files: Sequence[LabelledFile]) -> list[NDArray[np.bool_]]:
    """Whether each line of each file begins inside a comment or string that opened above it, bool of (n_lines,).

    It is what the state machine says of the whole file in its true language, and the parser of languages that it does
    not know; text has no insides.
    """
    batch = make_batch([file.data for file in files])
    languages = np.array([LANGUAGE_INDEX.get(file.language, UNKNOWN_LANGUAGE) for file in files], dtype=np.intp)
    at_start = read_states(batch, tokenize(batch), languages).at_start
    known = (languages != UNKNOWN_LANGUAGE)[batch.document_of_line]
    inside = np.split((at_start != State.CODE) & known, batch.line_offsets[1:-1])
    return [
        _parsed_interiors(file.data, file.language) if file.language in FURTHER_LANGUAGES else found
        for file, found in zip(files, inside, strict=True)
    ]


_parsed_interiors = cache(interiors_of)


def windows(file: LabelledFile, rng: np.random.Generator) -> Iterator[tuple[bytes, slice]]:
    """Cut a whole file into adjacent windows of 1 to `MAX_WINDOW_LINES` lines, short ones more often."""
    spans = split_lines(file.data)
    begin, n_lines = 0, len(spans)
    while begin < n_lines:
        # Lengths are log-uniform, so that a line is about as likely to be seen in a window of 30 as of 60 lines.
        length = round(float(np.exp(rng.uniform(0, np.log(MAX_WINDOW_LINES)))))
        end = min(begin + length, n_lines)
        yield window_bytes(file.data, spans.starts, begin, end), slice(begin, end)
        begin = end


def window_bytes(data: bytes, starts: NDArray[np.int64], begin: int, end: int) -> bytes:
    """The bytes of lines begin:end, with the line break of the last."""
    stop = int(starts[end]) if end < len(starts) else len(data)
    return data[int(starts[begin]) : stop]


def batches(samples: Iterable[Sample], n_lines: int) -> Iterator[list[Sample]]:
    """Samples gathered until they hold at least so many lines."""
    gathered: list[Sample] = []
    count = 0
    for sample in samples:
        gathered.append(sample)
        count += len(sample.masks)
        if count >= n_lines:
            yield gathered
            gathered, count = [], 0
    if gathered:
        yield gathered


def truth_of(samples: Sequence[Sample]) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """The masks of all samples' lines, and whether each is known; both of shape (n_lines,)."""
    return (np.concatenate([sample.masks for sample in samples]), np.concatenate([sample.known for sample in samples]))


def inside_of(samples: Sequence[Sample]) -> NDArray[np.bool_]:
    """Whether each line of drawn samples begins inside what opened above it, bool of shape (n_lines,)."""
    return np.concatenate([sample.inside for sample in samples if sample.inside is not None])


def _sample(
    file: LabelledFile,
    data: bytes,
    lines: slice,
    extent: str,
    inside: NDArray[np.bool_],
    sampling: Sampling,
    rng: np.random.Generator,
) -> Sample:
    language = LANGUAGE_INDEX.get(file.language, TEXT_CLASS)
    told = language != TEXT_CLASS and rng.random() < sampling.hint_share
    context = extent if rng.random() < sampling.context_share else "unknown"
    document = Document(data, file.language if told else None, context)
    withheld: tuple[int, ...] = ()
    if not told and language != TEXT_CLASS and rng.random() < sampling.withheld_share:
        # With its twin or without: an unseen language may resemble a known one closely or not at all.
        withheld = _WITH_TWINS.get(language, (language,)) if rng.random() < 0.5 else (language,)
    return Sample(document, language, file.masks[lines], file.known[lines], inside[lines], withheld)
