"""The vocabulary: the 27 labels that a line can have, their groups and their order.

A line's labels are stored as one ``uint32`` bit mask: bit *k* stands for ``LABELS[k]``. The order of
``LABELS`` is part of the saved-model format and of the plain-text form; it never changes within one
``TAXONOMY_VERSION``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

TAXONOMY_VERSION = "1.0"
"""Raised in its first part when a label's meaning changes or a label goes, in its second when one is added."""


class Group(StrEnum):
    """Which question a label answers."""

    SURFACE = "surface"
    """Which characters stand on the line."""
    CONSTRUCT = "construct"
    """What begins on the line."""
    REGION = "region"
    """What the line is part of."""


@dataclass(frozen=True, slots=True)
class Label:
    """One label: its name as it appears in every answer, its group, and its meaning in one line."""

    name: str
    group: Group
    meaning: str


LABELS: tuple[Label, ...] = (
    Label("blank", Group.SURFACE, "no visible character stands on the line"),
    Label("code", Group.SURFACE, "some of it is program text, outside comments, documentation and text"),
    Label("comment", Group.SURFACE, "some of it lies in a comment, delimiters included"),
    Label("documentation", Group.SURFACE, "some of it lies in a documentation comment or a docstring"),
    Label("string", Group.SURFACE, "some of it lies in a string, character, template, regex or heredoc literal"),
    Label("delimiter", Group.SURFACE, "code made of nothing but brackets, `,` `;` `:` and bare block words"),
    Label("text", Group.SURFACE, "visible, and no program at all: prose, logs, mark-up around code"),
    Label("import", Group.CONSTRUCT, "part of a statement that brings in another file or module"),
    Label("module_declaration", Group.CONSTRUCT, "a package, namespace or module declaration begins"),
    Label(
        "function_definition",
        Group.CONSTRUCT,
        "a named function, method or accessor begins, or its prototype",
    ),
    Label("lambda", Group.CONSTRUCT, "an anonymous function, closure or block begins"),
    Label("type_definition", Group.CONSTRUCT, "a class, struct, enum, interface, alias or impl block begins"),
    Label("variable_declaration", Group.CONSTRUCT, "a variable, constant or field comes into being"),
    Label("assignment", Group.CONSTRUCT, "a value is stored into what already exists"),
    Label("loop", Group.CONSTRUCT, "a loop begins, or the closing condition of a do-loop stands here"),
    Label(
        "conditional",
        Group.CONSTRUCT,
        "an if, else, switch, case, match arm or conditional expression begins",
    ),
    Label("return", Group.CONSTRUCT, "a return or yield"),
    Label("jump", Group.CONSTRUCT, "a break, continue, goto or the like"),
    Label("exception", Group.CONSTRUCT, "a try, catch, finally, throw or raise"),
    Label("call", Group.CONSTRUCT, "a function, method, constructor, macro or command is called"),
    Label("annotation", Group.CONSTRUCT, "part of a decorator, annotation or attribute"),
    Label("preprocessor", Group.CONSTRUCT, "part of a preprocessor directive"),
    Label("in_type", Group.REGION, "part of a type definition that has a body"),
    Label("in_function", Group.REGION, "part of a function definition that has a body, or of a lambda"),
    Label("in_loop", Group.REGION, "part of a loop, header and end included"),
    Label("in_conditional", Group.REGION, "part of an if, switch or match construct, all its branches"),
    Label("in_exception", Group.REGION, "part of a try construct with its handlers"),
)

LABEL_NAMES: tuple[str, ...] = tuple(label.name for label in LABELS)
LABEL_INDEX: dict[str, int] = {name: index for index, name in enumerate(LABEL_NAMES)}
N_LABELS = len(LABELS)


def mask_of(names: Iterable[str]) -> int:
    """The bit mask of some label names; raises KeyError naming one that is no label."""
    mask = 0
    for name in names:
        mask |= 1 << LABEL_INDEX[name]
    return mask


def names_of(mask: int) -> tuple[str, ...]:
    """The label names of a bit mask, in the order of the taxonomy."""
    return tuple(name for index, name in enumerate(LABEL_NAMES) if mask >> index & 1)


def group_mask(group: Group) -> int:
    """The bit mask of all labels of one group."""
    return mask_of(label.name for label in LABELS if label.group is group)
