"""Which training projects fit which stage.

A network's answers are better on lines that it was fitted to than on others, so a later stage that learnt from such
answers would trust them too much. The line network is therefore fitted on one part of the projects and the context
networks on the other. Some projects fit none: beside the validation split, which has but a few of each language, they
show how sure the answers may be of projects never seen.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from linewise.features.languages import LANGUAGE_INDEX
from linewise.training.corpus.shards import LabelledFile

DOMINANT_SHARE = 0.3
LINE_SHARE = 0.6
"""The line network has by far the most weights, so it gets the larger part."""
HELD_SHARE = 0.08
"""Of the projects, those that fit no stage."""
MAX_HELD_SIZE = 0.015
"""A project with a larger share of its language's lines is too much to do without."""


@dataclass(frozen=True, slots=True)
class Folds:
    """Training files by the stage that they fit."""

    line: list[LabelledFile]
    context: list[LabelledFile]
    held: list[LabelledFile]


def split_projects(
    files: Iterable[LabelledFile], of_test_cases: Collection[str] = (), share: float = LINE_SHARE
) -> Folds:
    """Assign whole projects, language by language, so that the first fold gets about `share` of the lines.

    A project goes to the fold that lacks most; the order is by a digest of its name, so the outcome depends on
    nothing but the names and sizes. Where one project holds most of its language, all of that language are divided by
    folder instead: whole, it would leave one of the folds with next to nothing of that language, and the other one
    without the small projects' style. A project of test cases is divided by file: each stands for itself, and both
    folds need what is rare elsewhere. About `HELD_SHARE` of the projects that are small and whole are held back.

    Args:
        files: the files of all languages.
        of_test_cases: the projects of test cases.
        share: the first fold's share of the lines.
    """
    by_language: dict[str, dict[str, list[LabelledFile]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        by_language[file.language][file.project].append(file)
    folds = Folds([], [], [])
    for language, whole_projects in by_language.items():
        projects = _divided(whole_projects, of_test_cases) if language in LANGUAGE_INDEX else whole_projects
        counts = [0, 0]
        if language in LANGUAGE_INDEX:
            for name in _held(projects, whole_projects):
                folds.held.extend(projects.pop(name))
        for name in sorted(projects, key=lambda name: hashlib.sha256(name.encode()).digest()):
            wanted = counts[0] * (1 - share) <= counts[1] * share
            (folds.line if wanted else folds.context).extend(projects[name])
            counts[0 if wanted else 1] += sum(len(file.masks) for file in projects[name])
    return folds


def may_be_held(project: str) -> bool:
    """Whether a project is one to hold back, if it is small enough, by a digest of its name."""
    return hashlib.sha256(f"held {project}".encode()).digest()[0] < HELD_SHARE * 256


def _held(projects: Mapping[str, list[LabelledFile]], whole_projects: Collection[str]) -> list[str]:
    """The projects of a language to be held back, by a digest of their names."""
    counts = {name: sum(len(file.masks) for file in files) for name, files in projects.items()}
    most = MAX_HELD_SIZE * sum(counts.values())
    return [name for name, count in counts.items() if name in whole_projects and count <= most and may_be_held(name)]


def _divided(projects: dict[str, list[LabelledFile]], of_test_cases: Collection[str]) -> dict[str, list[LabelledFile]]:
    """The same files: test cases one by one, others by folder where one project has over `DOMINANT_SHARE` of all."""
    counts = {name: sum(len(file.masks) for file in files) for name, files in projects.items()}
    by_folder = max(counts.values()) > DOMINANT_SHARE * sum(counts.values())
    parts: dict[str, list[LabelledFile]] = defaultdict(list)
    for name, files in projects.items():
        for file in files:
            if name in of_test_cases:
                part = f"{name}/{file.path}"
            elif by_folder:
                part = f"{name}/{file.path.rpartition('/')[0]}"
            else:
                part = name
            parts[part].append(file)
    return parts
