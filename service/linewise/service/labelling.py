"""Labelling many files: read, classify, hand on in order, with little more than one batch in memory."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from linewise.models import Document, Prediction

from .batch.kinds import kinds_of
from .files import Source, path_in_root
from .formats import Labelled, LabelledBlocks
from .reading import DEFAULT_MAX_BYTES, Skipped, SkipReason, Text, language_told, read_source

LARGE_BYTES = 1 << 20
"""A text of more bytes may be labelled by blocks: what is said of all its lines takes many times as much memory."""

BLOCK_LINES = 1 << 14
"""Of such a text: what a line takes while it is written is some kilobytes."""


class BatchClassifier(Protocol):
    """What labelling needs of a classifier."""

    def classify_many(self, texts: Iterable[str | bytes | Document]) -> Iterator[Prediction]:
        """One prediction for each text, in order."""


class BlockClassifier(BatchClassifier, Protocol):
    """What labelling by blocks needs of a classifier."""

    def classify_blocks(self, document: str | bytes | Document, *, lines: int) -> Iterator[Prediction]:
        """One text's lines, about so many at a time."""


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """What holds for all files of one run.

    ``language`` (None to let each file tell) and ``context`` (None: ``file`` for files, ``unknown`` for
    standard input) are as in ``Classifier.classify``. Files of a folder that are of a kind in ``skip`` are skipped.
    """

    language: str | None = None
    context: str | None = None
    mode: str = "balanced"
    max_bytes: int = DEFAULT_MAX_BYTES
    skip: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """What one run did: how much it labelled, and all that it skipped."""

    files: int = 0
    lines: int = 0
    skipped: list[Skipped] = field(default_factory=list)

    def failures(self) -> list[Skipped]:
        """The skipped files that were asked for by name, or should have been readable."""
        return [skip for skip in self.skipped if skip.is_failure]

    def summary(self) -> str:
        """The run in one line: ``labelled 3 files, 120 lines; skipped 1 file: 1 binary``."""
        text = f"labelled {_count(self.files, 'file')}, {_count(self.lines, 'line')}"
        if not self.skipped:
            return text
        reasons = Counter(skip.reason.value for skip in self.skipped)
        detail = ", ".join(f"{count:,} {reason}" for reason, count in reasons.most_common())
        return f"{text}; skipped {_count(len(self.skipped), 'file')}: {detail}"


def label_sources(
    classifier: BatchClassifier,
    sources: Iterable[Source],
    options: LabelOptions,
    tally: Tally,
    select: Callable[[bytes], bool] | None = None,
    read: Callable[[Source, int], Text | Skipped] = read_source,
) -> Iterator[Labelled]:
    """Label each source and yield it, in order; what cannot be labelled is only entered in the tally.

    Texts that ``select`` refuses are passed over. ``read`` reads a source of so many bytes at most.
    """
    return _label_texts(classifier, _texts(sources, options, tally, select, read), options, tally)


def label_by_blocks(
    classifier: BlockClassifier,
    sources: Iterable[Source],
    options: LabelOptions,
    tally: Tally,
    read: Callable[[Source, int], Text | Skipped] = read_source,
    select: Callable[[bytes], bool] | None = None,
) -> Iterator[Labelled | LabelledBlocks]:
    """As `label_sources`, but a large text's lines come some at a time: they are labelled while they are taken.

    Those that are not taken when the next text is asked for are not counted.
    """
    texts = _texts(sources, options, tally, select, read)
    large: list[Text] = []

    def small() -> Iterator[Text]:
        for text in texts:
            if len(text.data) > LARGE_BYTES:
                large.append(text)
                return
            yield text

    while True:
        yield from _label_texts(classifier, small(), options, tally)
        if not large:
            return
        text = large.pop()
        tally.files += 1
        blocks = _counted(classifier.classify_blocks(document_of(text, options), lines=BLOCK_LINES), tally)
        yield LabelledBlocks(text.source.name, text.data, blocks)
        blocks.close()  # what was held for lines that nobody took


def _counted(blocks: Iterable[Prediction], tally: Tally) -> Generator[Prediction]:
    for block in blocks:
        tally.lines += len(block)
        yield block


def _texts(
    sources: Iterable[Source],
    options: LabelOptions,
    tally: Tally,
    select: Callable[[bytes], bool] | None,
    read: Callable[[Source, int], Text | Skipped],
) -> Iterator[Text]:
    """The sources that are to be labelled, read; what cannot be is entered in the tally."""
    for source in sources:
        found = read(source, options.max_bytes)
        if isinstance(found, Text) and (unwanted := unwanted_kind(found, options)):
            found = Skipped(source, unwanted)
        if isinstance(found, Skipped):
            tally.skipped.append(found)
        elif select is None or select(found.data):
            yield found


def _label_texts(
    classifier: BatchClassifier, texts: Iterable[Text], options: LabelOptions, tally: Tally
) -> Iterator[Labelled]:
    # The classifier takes as many texts as make a good batch before it answers for the first of them.
    waiting: deque[Text] = deque()

    def documents() -> Iterator[Document]:
        for text in texts:
            waiting.append(text)
            yield document_of(text, options)

    for prediction in classifier.classify_many(documents()):
        text = waiting.popleft()
        tally.files += 1
        tally.lines += len(prediction)
        yield Labelled(text.source.name, text.data, prediction)


def unwanted_kind(text: Text, options: LabelOptions) -> SkipReason | None:
    """The kind by which a text of a folder is to be skipped, None where it is wanted."""
    if not options.skip or text.source.root is None:
        return None
    kinds = kinds_of(path_in_root(text.source), text.data, text.source.attributes)
    return next((SkipReason(kind) for kind in kinds.which() if kind in options.skip), None)


def document_of(text: Text, options: LabelOptions) -> Document:
    """A text as the classifier takes it."""
    from_standard_input = text.source.is_standard_input
    return Document(
        text.data,
        language=options.language or language_told(text.source),
        filename=None if from_standard_input else text.source.name,
        context=options.context or ("unknown" if from_standard_input else "file"),
        mode=options.mode,
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
