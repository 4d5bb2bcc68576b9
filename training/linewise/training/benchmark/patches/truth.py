"""What a change to a file truly amounts to, by the syntax trees of both its sides.

A change is of a harmless kind where the trees are the same once that kind is taken out of both: without comments and
documentation, without imports, or with every string literal emptied. Nothing of linewise's own rules is used here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import PurePosixPath

from tree_sitter import Node, Parser

from linewise.features.labels import LABEL_NAMES, mask_of
from linewise.features.lines import split_lines
from linewise.training.grammars import Dialect, load_grammar
from linewise.training.oracle import label_file
from linewise.training.oracle.captures import Captures, capture
from linewise.training.oracle.profiles import profile_of

CODE = "code"
NON_CODE = "non-code"
SINGLE = ("blank-only", "comment-only", "documentation-only", "import-only", "string-only")
_HARMLESS = frozenset(SINGLE[:3])
Ranges = frozenset[tuple[int, int]]
Leaf = tuple[int, str, bytes]
_QUOTES = (b"'", b'"')
_BIT = {name: mask_of([name]) for name in LABEL_NAMES}
_OF_WORDS = _BIT["comment"] | _BIT["documentation"]
# Comments that a tool or a compiler obeys for certain. What may be one is left open, and not counted.
_DIRECTIVE = re.compile(
    rb"^\s*#!|coding[:=]\s*[-\w]|-\*-|\btype:\s*ignore|\bnoqa\b|\bpylint:|\bmypy:|\bpyright:|\bpragma\b"
    rb"|\bfmt: (?:on|off)|\beslint\b|prettier-ignore|@ts-|\bgo:[a-z]+|\+build\b|\bnolint\b|\bNOLINT"
    rb"|clang-format|istanbul|\bc8 ignore|rubocop:|frozen_string_literal|shellcheck|swiftlint:|ktlint|noinspection"
    rb"|luacheck:|phpcs:|@Suppress|cython:|isort:|\bvim?:|webpack\w+:|__PURE__|sourceMappingURL|@jsx|@flow\b"
    rb"|FlowFixMe|@vite-ignore|<reference|biome-ignore"
)
_PERHAPS = re.compile(
    rb"@\w+ *\{|@[a-z]\w*|```|^\W*>>>|[gG]enerated|do not edit|Output:|\b(?:lint|ignore|disable|enable|skip)\b|:\w+:"
)


@dataclass(frozen=True, slots=True)
class Truth:
    """The true verdict of a change; ``settled`` is False where more than one answer can be defended."""

    verdict: str
    settled: bool = True


class Side:
    """A file on one side of a change, of a known language.

    Attributes:
        masks: the true labels of its lines, uint32 of shape (n_lines,).
        known: where they are known, bool of the same shape.
        lines: its lines without their breaks.
    """

    def __init__(self, data: bytes, language: str, path: str) -> None:
        """Label the lines; raises OracleError."""
        truth = label_file(data, language, file_name=PurePosixPath(path).name)
        spans = split_lines(data)
        self.masks, self.known = truth.masks, truth.known
        self.lines = tuple(
            data[start:end] for start, end in zip(spans.starts.tolist(), spans.ends.tolist(), strict=True)
        )
        self._source = data, language, path

    @cached_property
    def has_error(self) -> bool:
        """Whether the grammar fails somewhere in the text, and may do so elsewhere in a similar one."""
        return self._tree[0].has_error

    @cached_property
    def without_comments(self) -> int:
        """A digest of its tree's leaves but for comments and documentation."""
        captures = self._tree[1]
        dropped = _ranges(captures, "comment") | _ranges(captures, "documentation") | _ranges(captures, "docstring")
        return hash(tuple(self._leaves(dropped=dropped)))

    @cached_property
    def without_imports(self) -> int:
        """The same of all but the lines of imports."""
        return hash(tuple(leaf for row, leaf in self._placed_leaves() if not self._has(row, "import")))

    @cached_property
    def with_empty_strings(self) -> int:
        """The same of all, with what stands in strings left out, but in imports."""
        return hash(tuple(self._leaves(emptied=_ranges(self._tree[1], "string"))))

    def _has(self, row: int, name: str) -> bool:
        return row < len(self.masks) and bool(int(self.masks[row]) & _BIT[name])

    def _leaves(self, dropped: Ranges = frozenset(), emptied: Ranges = frozenset()) -> Iterator[Leaf]:
        return (leaf for _, leaf in self._placed_leaves(dropped, emptied))

    def _placed_leaves(
        self, dropped: Ranges = frozenset(), emptied: Ranges = frozenset()
    ) -> Iterator[tuple[int, Leaf]]:
        """The row of each of a tree's visible leaves, with its depth, type and text, in order.

        Nodes in ``dropped`` are passed over. Those in ``emptied`` are a mark with what stands before their first quote,
        but in imports; of what lies in them, only what the grammar takes for code again is gone into.
        """
        data = self._source[0]
        code = _ranges(self._tree[1], "code")
        stack = [(self._tree[0], 0, False)]
        while stack:
            node, depth, in_string = stack.pop()
            place, row = (node.start_byte, node.end_byte), node.start_point[0]
            if place in dropped:
                continue
            in_string = in_string and place not in code
            if place in emptied and not in_string and not self._has(row, "import"):
                before = re.split(rb"[\"'`/<]", data[place[0] : place[0] + 16], maxsplit=1)[0]
                yield row, (depth, "string", before.strip())
                in_string = True
            if node.child_count:
                stack.extend((child, depth + 1, in_string) for child in reversed(node.children))
            elif not in_string and (text := data[place[0] : place[1]]).strip(b"\r\n"):
                # Which quotes are used makes no difference, wherever either can be.
                yield row, (depth, "quote", b"") if text in _QUOTES else (depth, node.type, text)

    @cached_property
    def _tree(self) -> tuple[Node, Captures]:
        """The tree of the first dialect that reads the text without an error, or of the first at all."""
        data, language, path = self._source
        profile = profile_of(language)
        source = profile.prepare(data) if profile.prepare is not None else data
        extension = PurePosixPath(path).suffix.lower()
        dialects = sorted(profile.dialects, key=lambda dialect: extension not in dialect.extensions)
        roots = []
        for dialect in dialects:
            roots.append(_parser(dialect).parse(source).root_node)
            if not roots[-1].has_error:
                return roots[-1], capture(roots[-1], dialect)
        return roots[0], capture(roots[0], dialects[0])


def true_verdict(old: Side, new: Side, removed: Sequence[int], added: Sequence[int]) -> Truth | None:
    """What a change amounts to; None where the grammar could not read what changes.

    Args:
        old: the file before.
        new: the file after.
        removed: the lines that the patch removes from the old one, from 0.
        added: the lines that it adds to the new one.
    """
    changed = [(old, row) for row in removed] + [(new, row) for row in added]
    if not all(side.known[row] for side, row in changed):
        return None
    masks = [int(side.masks[row]) for side, row in changed]
    lines = [side.lines[row] for side, row in changed]
    words = [line for line, mask in zip(lines, masks, strict=True) if mask & _OF_WORDS]
    if any(_DIRECTIVE.search(line) for line in words):
        return Truth(CODE)
    settled = not any(_PERHAPS.search(line) for line in words)
    kinds = [_kinds(mask) for mask in masks]
    common = frozenset(SINGLE).intersection(*kinds)
    if all(kind & _HARMLESS or mask & _OF_WORDS for kind, mask in zip(kinds, masks, strict=True)):
        if old.without_comments != new.without_comments:
            return Truth(CODE, settled=not (old.has_error or new.has_error))
        verdict = next((name for name in SINGLE[:3] if name in common), None)
        if verdict is not None:
            return Truth(verdict, settled)
        # Where code has another comment beside it, the program is the same.
        harmless = all(kind & _HARMLESS for kind in kinds)
        return Truth(NON_CODE if harmless else CODE, settled and harmless)
    if "import-only" in common and old.without_imports == new.without_imports:
        if any(b"__future__" in line for line in lines):
            return Truth(CODE)
        return Truth("import-only", not any(b";" in line.strip()[:-1] for line in lines))
    if any(mask & _BIT["string"] for mask in masks) and old.with_empty_strings == new.with_empty_strings:
        return Truth("string-only", "string-only" in common)
    # A literal within a directive is none to the grammar.
    if any(mask & _BIT["preprocessor"] and mask & _BIT["string"] for mask in masks):
        return Truth(CODE, settled=False)
    return Truth(CODE)


def _kinds(mask: int) -> frozenset[str]:
    """The single verdicts that a line of some labels fits by itself."""
    if mask & _BIT["blank"]:
        return frozenset(SINGLE)
    if not mask & _BIT["code"]:
        named = {"comment-only": "comment", "documentation-only": "documentation"}
        return frozenset(verdict for verdict, label in named.items() if mask & _BIT[label])
    if mask & _OF_WORDS:
        return frozenset()
    named = {"import-only": "import", "string-only": "string"}
    return frozenset(verdict for verdict, label in named.items() if mask & _BIT[label])


@cache
def _parser(dialect: Dialect) -> Parser:
    return Parser(load_grammar(dialect.module, dialect.function))


def _ranges(captures: Captures, *names: str) -> Ranges:
    return frozenset(
        pair
        for name in names
        for pair in zip(captures[name].starts.tolist(), captures[name].ends.tolist(), strict=True)
    )
