"""The text part of the corpus as training and evaluation read it: harvested, generated, and mixed with code."""

from __future__ import annotations

import heapq
import random
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from linewise.features.languages import LANGUAGE_NAMES
from linewise.training.corpus.manifest import Split
from linewise.training.corpus.shards import CorpusMissingError, LabelledFile, current_oracle, labelled_files

from .conflicts import insert_conflicts
from .generate import generated_documents, generated_lines
from .harvest import harvested
from .markup import shown_code
from .mix import has_code, mix, window
from .plain import TEXT, lines_of
from .templates import forms_of
from .words import Vocabulary, vocabulary

_PROSE = re.compile(r"[A-Za-z]{2,}[ ,]+[A-Za-z]{2,}[ ,.;:]+[A-Za-z]+ \w")
_LIST_MARK = re.compile(r"^[\s>#*+-]+|^\s*\d+[.)] ")
_MAX_SENTENCES = 30_000
_LINES_QUOTED = 3_000
_MAX_CONFLICT_LINES = 400


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much is made for a split.

    Attributes:
        generated_lines: lines of generated text.
        conflicted_files: files of each language that get merge conflicts.
        pasted_pieces: pieces of code of each language that are pasted into text.
    """

    generated_lines: int
    conflicted_files: int
    pasted_pieces: int


AMOUNTS: Mapping[Split, Amounts] = {
    Split.TRAIN: Amounts(200_000, 60, 250),
    Split.VALIDATION: Amounts(20_000, 8, 40),
    Split.TEST: Amounts(20_000, 8, 40),
}


def text_documents(
    split: Split | str, seed: int, cache: Path | None = None, amounts: Amounts | None = None
) -> Iterator[LabelledFile]:
    """Every document of the text part of a split.

    First the harvested documents, then generated ones (language ``text`` both), then code with merge conflicts in it
    and pieces of code pasted into text (of the code's language). The same split, seed and cache give the same
    documents in the same order; the splits share no project, no form and no word of the vocabulary.

    Args:
        split: the split.
        seed: of what is generated and mixed.
        cache: the cache folder, or None for the user's.
        amounts: how much is generated and mixed; None for the split's usual amounts.

    Raises:
        CorpusMissingError: where the documents have not been harvested or no code is labelled.
    """
    split = Split(split)
    amounts = amounts or AMOUNTS[split]
    sentences: list[str] = []
    for document in harvested(split, cache):
        if len(sentences) < _MAX_SENTENCES:
            sentences.extend(sentences_of(document))
        yield document
    samples = _code_samples(split, seed, amounts, cache)
    quoted = {language: _visible_lines(files) for language, files in samples.items()}
    words = vocabulary(split, sentences, {language: lines for language, lines in quoted.items() if lines})
    yield from generated_documents(split, seed, amounts.generated_lines, words)
    for language, files in samples.items():
        rng = random.Random(f"{split.value} {seed} {language}")
        yield from mixed_documents(files, split, words, amounts, rng)


def shown_documents(split: Split | str, cache: Path | None = None) -> Iterator[LabelledFile]:
    """The pieces of code that a split's harvested documents show in fences: short, and written to be read.

    Raises:
        CorpusMissingError: where the documents have not been harvested.
    """
    for document in harvested(split, cache):
        yield from shown_code(document)


def mixed_documents(
    files: Sequence[LabelledFile], split: Split, words: Vocabulary, amounts: Amounts, rng: random.Random
) -> Iterator[LabelledFile]:
    """Conflicts and pasted pieces made of some labelled files; files too long for a conflict are passed over."""
    short = [file for file in files if len(file.masks) <= _MAX_CONFLICT_LINES]
    for file in short[: amounts.conflicted_files]:
        conflicted = insert_conflicts(file, rng)
        if conflicted is not file:
            yield conflicted
    # A long log drowns a piece of code; what people write around one is short.
    forms = [form for form in forms_of(split) if form.family in ("chats", "mails", "traces", "shells", "testruns")]
    for file in files[: amounts.pasted_pieces]:
        length = rng.randint(2, 40)
        start = rng.randrange(max(1, len(file.masks) - length))
        piece = window(file, start, start + length)
        text = generated_lines(rng.choice(forms), rng, words)
        first = rng.randrange(len(text))
        document = mix(text[first : first + rng.randint(1, 14)], piece, rng)
        if has_code(piece):
            yield document


def sentences_of(document: LabelledFile) -> list[str]:
    """The lines of a document that are prose, without the marks of lists, quotes and headings."""
    found = []
    for line, mask, known in zip(lines_of(document.data), document.masks, document.known, strict=True):
        if not known or mask != TEXT:
            continue
        sentence = _LIST_MARK.sub("", line.decode("utf-8", "replace")).strip()
        if 20 <= len(sentence) <= 160 and sentence.isprintable() and _PROSE.search(sentence):
            found.append(sentence)
    return found


def _code_samples(split: Split, seed: int, amounts: Amounts, cache: Path | None) -> dict[str, list[LabelledFile]]:
    """Files of each labelled language, those first whose checksum with the seed is lowest."""
    wanted = max(3 * amounts.conflicted_files, amounts.pasted_pieces, 1)
    languages = [name for name in LANGUAGE_NAMES if current_oracle(split, name, cache) is not None]
    if not languages:
        raise CorpusMissingError(f"no labelled code for {split.value}: run `linewise corpus label`")

    def rank(file: LabelledFile) -> tuple[int, str, str, str]:
        key = f"{seed} {file.project} {file.package} {file.path}"
        return (zlib.crc32(key.encode()), file.project, file.package, file.path)

    return {
        language: heapq.nsmallest(wanted, labelled_files(split, language, cache), key=rank) for language in languages
    }


def _visible_lines(files: Sequence[LabelledFile]) -> list[str]:
    """Lines of code that tools may quote, in the order of the files."""
    lines: list[str] = []
    for file in files:
        shown = file.masks & np.uint32(TEXT) == 0
        for line, is_code in zip(lines_of(file.data), shown, strict=True):
            if is_code and 0 < len(line.strip()) < 140:
                lines.append(line.decode("utf-8", "replace").rstrip())
        if len(lines) > _LINES_QUOTED:
            break
    return lines
