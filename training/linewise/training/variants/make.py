"""Variants of labelled files: which edits a file gets, and its labels after them."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from joblib import Parallel, delayed

from linewise.features.labels import mask_of
from linewise.features.lines import split_lines
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle.captures import capture
from linewise.training.oracle.labelling import label_file, parsed
from linewise.training.oracle.profiles import profile_of

from . import edits, lambdas, literals, reshaping
from .contents import Contents
from .edits import Edit, Place, apply_edits
from .syntax import SYNTAX

MAX_LINES = 3000
TEMPLATES = 0.4
"""The share of variants of PHP's programs that a page of markup is put behind."""
_CODE = mask_of(["code"])
_FILES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Variation:
    """How much is varied.

    Attributes:
        share: of the files, which are replaced by a variant of theirs.
        seed: of what is drawn.
    """

    share: float = 0.2
    seed: int = 1


def with_variants(files: Sequence[LabelledFile], variation: Variation, n_jobs: int = 2) -> list[LabelledFile]:
    """The files, some of them replaced by a variant; the same arguments give the same files."""
    chosen = [
        index
        for index, file in enumerate(files)
        if random.Random(f"{variation.seed} {file.language} {file.project} {file.path}").random() < variation.share
    ]
    groups = [chosen[begin : begin + _FILES_AT_ONCE] for begin in range(0, len(chosen), _FILES_AT_ONCE)]
    results = Parallel(n_jobs=n_jobs)(
        delayed(_variants)([files[index] for index in group], variation.seed) for group in groups
    )
    replaced = list(files)
    for group, made in zip(groups, results, strict=True):
        for index, file in zip(group, made, strict=True):
            replaced[index] = file
    return replaced


def _variants(files: Iterable[LabelledFile], seed: int) -> list[LabelledFile]:
    return [variant_of(file, random.Random(f"{seed} {file.project} {file.path} edits")) for file in files]


def variant_of(file: LabelledFile, rng: random.Random) -> LabelledFile:
    """A variant of a file, under the same name; the file itself where none is to be had that parses as well."""
    if file.language not in SYNTAX or len(file.masks) > MAX_LINES:
        return file
    place = place_of(file, rng)
    unknown = int((~file.known).sum())
    for steps in (tuple(_steps(place, rng)), tuple(_steps(place, rng, gentle=True))):
        data = apply_edits(file.data, [edit for step in steps for edit in step])
        if data == file.data:
            continue
        truth = label_file(data, file.language, file_name=file.path)
        if int((~truth.known).sum()) <= unknown:
            return replace(file, data=data, masks=truth.masks, known=truth.known)
    return file


def place_of(file: LabelledFile, rng: random.Random) -> Place:
    """A file with what is known of it before it is edited."""
    profile = profile_of(file.language)
    extension = f".{file.path.rpartition('.')[2].lower()}"
    dialect = min(profile.dialects, key=lambda dialect: extension not in dialect.extensions)
    captures = capture(parsed(file.data, dialect, profile), dialect)
    lines = split_lines(file.data)
    code = [
        file.data[int(lines.starts[index]) : int(lines.ends[index])]
        for index in range(len(lines))
        if int(file.masks[index]) & _CODE
    ]
    return Place(file, lines, captures, SYNTAX[file.language], Contents.of(file.data, code, rng), rng)


def _steps(place: Place, rng: random.Random, *, gentle: bool = False) -> Iterator[list[Edit]]:
    """The edits of each kind; the gentle ones change no statement."""
    if not gentle:
        yield list(edits.labels(place, 0.6))
        yield list(reshaping.joined_bodies(place, 0.5))
        yield list(edits.ternaries(place, 0.15))
        yield list(lambdas.lambdas(place, rng.choice((0.02, 0.06, 0.12))))
        yield list(reshaping.wrapped(place, 0.05))
        yield list(reshaping.reindented(place))
        if rng.random() < TEMPLATES:
            yield list(literals.templates(place))
    yield list(literals.long_strings(place, rng.choice((0, 0.01, 0.03))))
    yield list(edits.strings(place, 0.2))
    yield list(edits.calls_in_strings(place, 0.4))
    yield list(edits.comments_within(place, 0.25))
    yield list(reshaping.blocks_of_comments(place, 1 + len(place.lines) // 150))
    yield list(edits.comments_behind(place, rng.choice((0.02, 0.05, 0.1))))
