"""What a patch amounts to: nothing but blank lines, comments, imports and so on, or code.

A verdict other than `code` promises that the program is the same but for what the verdict names. So it rests on the
labels that are given with high confidence and on those that cannot be ruled out, and in doubt it is `code`:

- Every changed line must be of one harmless kind, on every side that has it.
- Every line that is shown unchanged must have the same labels on all sides, and what a change opens or closes must be
  the same before and after: `/*` above code and `*/` below it read like two comments and disable code.
- Comments that tools or compilers read are code, and so are files that appear, vanish, are renamed, change their
  mode, are binary, or are in a language that linewise does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from linewise.features.labels import LABEL_NAMES, Group, group_mask, mask_of, names_of

from .anchors import anchored_words, exports_own, unanchored_imports
from .label import FileLabels, HunkLabels, LineLabels, Side
from .literals import is_requoted, leaves_alike, skeleton
from .model import ADDED, UNCHANGED, Change, PatchLine
from .steering import is_run, steers


class Verdict(StrEnum):
    """What a patch amounts to; where several fit, the first in this order is given."""

    BLANK_ONLY = "blank-only"
    COMMENT_ONLY = "comment-only"
    DOCUMENTATION_ONLY = "documentation-only"
    IMPORT_ONLY = "import-only"
    STRING_ONLY = "string-only"
    NON_CODE = "non-code"
    """Blank lines, comments and documentation, mixed so that none of the above fits."""
    CODE = "code"


_SINGLE = (
    Verdict.BLANK_ONLY,
    Verdict.COMMENT_ONLY,
    Verdict.DOCUMENTATION_ONLY,
    Verdict.IMPORT_ONLY,
    Verdict.STRING_ONLY,
)
Kinds = frozenset[Verdict]
"""The verdicts of `_SINGLE` that a change fits; nothing fits code."""
_ANY: Kinds = frozenset(_SINGLE)
_NONE: Kinds = frozenset()
_HARMLESS: Kinds = frozenset((Verdict.BLANK_ONLY, Verdict.COMMENT_ONLY, Verdict.DOCUMENTATION_ONLY))

_BIT = {name: mask_of([name]) for name in LABEL_NAMES}
_SURFACE = group_mask(Group.SURFACE)
_REGION = group_mask(Group.REGION)
_CONSTRUCTS = group_mask(Group.CONSTRUCT)
_WORDS = mask_of(["comment", "documentation"])
_OF_IMPORT = mask_of(["code", "string", "delimiter", "import", "preprocessor"]) | _REGION
# Where an import is a call that may be bound to a name.
_OF_IMPORT_CALL = _OF_IMPORT | _BIT["call"] | _BIT["variable_declaration"]
_IMPORT_BY_CALL = frozenset(("bash", "javascript", "lua", "php", "ruby", "typescript"))
_MOST_LINES = 20
_QUOTES = (b'"', b"'", b"`", b"]]", b"<<")
# Where the end of a string need not have a quote.
_HEREDOCS = frozenset(("bash", "php", "ruby"))
# What makes code of comments and blank lines that stand near it.
_CODE_AROUND = {
    "go": ((b'import "C"', "comments are code where Go imports C"),),
    "php": (
        (b"<?", "what stands outside of PHP's tags is output"),
        (b"?>", "what stands outside of PHP's tags is output"),
    ),
}
_OF_STRING_INTERIOR = mask_of(["code", "string"]) | _REGION


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict and what led to it.

    Attributes:
        verdict: what the change amounts to.
        reason: for `code`, what made it so; empty otherwise.
        kinds: the distinct sets of single verdicts that its changed lines fit, for judging several files together.
    """

    verdict: Verdict
    reason: str
    kinds: frozenset[Kinds]


class _CodeError(Exception):
    """Carries the reason why a change is code out of the steps of judging."""


def judge(labels: FileLabels) -> Finding:
    """What a patch does to one file."""
    try:
        kinds = frozenset(_kinds_of_file(labels))
    except _CodeError as error:
        return Finding(Verdict.CODE, str(error), frozenset((_NONE,)))
    verdict = _verdict_of(kinds)
    return Finding(verdict, "harmless and other kinds are mixed" if verdict is Verdict.CODE else "", kinds)


def judge_all(findings: Iterable[Finding]) -> Verdict:
    """What several files of a patch amount to together; `blank-only` where there are none."""
    return _verdict_of(frozenset().union(*(finding.kinds for finding in findings)))


def _verdict_of(kinds: frozenset[Kinds]) -> Verdict:
    common = _ANY.intersection(*kinds) if kinds else _ANY
    for verdict in _SINGLE:
        if verdict in common:
            return verdict
    return Verdict.NON_CODE if all(each & _HARMLESS for each in kinds) else Verdict.CODE


def _kinds_of_file(labels: FileLabels) -> Iterator[Kinds]:
    """The kinds of each change in a file; raises _CodeError."""
    for change in Change:
        if change in labels.patch.changes:
            raise _CodeError(f"the file is {change}" if change is not Change.MODE else "the file's mode is changed")
    if labels.language is None:
        raise _CodeError("the file's name tells no known language")
    for hunk in labels.hunks:
        for mark, reason in _CODE_AROUND.get(labels.language, ()):
            if any(mark in line.content for line in hunk.hunk.lines):
                raise _CodeError(reason)
        _require_alike(hunk)
        yield from _kinds_of_hunk(hunk, labels.language, whole=labels.whole)


def _require_alike(labels: HunkLabels) -> None:
    """Raise _CodeError where an unchanged line has other labels before than after."""
    for side in labels.old:
        for row, (old, new) in enumerate(zip(side, labels.new, strict=True)):
            changed = _difference(old, new) if old is not None and new is not None else 0
            if changed:
                names = ", ".join(names_of(changed))
                raise _CodeError(f"{_place(labels, row)} reads differently before and after: {names}")


def _difference(old: LineLabels, new: LineLabels) -> int:
    """The labels in which two readings of a line differ.

    One that is sure on one side may be left open on the other, but not ruled out.
    """
    different = (old.sure & ~new.possible) | (new.sure & ~old.possible)
    if old.likely & new.likely & _BIT["comment"]:
        # Which of its comments document something changes no program.
        different &= ~_BIT["documentation"]
    return different


def _kinds_of_hunk(labels: HunkLabels, language: str, *, whole: bool) -> Iterator[Kinds]:
    lines = labels.hunk.lines
    readers = [_SideReader(labels, side, language, whole=whole) for side in (*labels.old, labels.new)]
    sides = [reader.side for reader in readers]
    for begin, end in _changed_runs(lines):
        rows = [[row for row in range(begin, end) if side[row] is not None] for side in sides]
        texts = [[lines[row].content for row in on_side] for on_side in rows]
        comment_above = _comment_above(labels, begin)
        for removed in texts[:-1]:
            if not leaves_alike(removed, texts[-1], language, comment_above):
                raise _CodeError(f"{_place(labels, begin)}: a comment or string opens or closes elsewhere than before")
        paired = _strings_alone(labels, rows, language) if len(rows) == 2 else False
        balanced = len({_balance(text) for text in texts}) == 1
        for reader, on_side in zip(readers, rows, strict=True):
            for row in on_side:
                kinds = reader.kinds(row)
                if not balanced:
                    # Part of an import of several lines comes or goes.
                    kinds -= {Verdict.IMPORT_ONLY}
                if paired:
                    kinds |= {Verdict.STRING_ONLY}
                if not kinds:
                    line = reader.side[row]
                    assert line is not None
                    raise _CodeError(f"{_place(labels, row)}: {_why_code(line, lines[row].content, language)}")
                yield kinds


def _balance(lines: Sequence[bytes]) -> int:
    """How many more brackets some lines open than they close."""
    return sum(sum(map(line.count, (b"(", b"{"))) - sum(map(line.count, (b")", b"}"))) for line in lines)


def _comment_above(labels: HunkLabels, row: int) -> bytes | None:
    """The line above a run of changed lines, where it is a comment and nothing else."""
    line = labels.new[row - 1] if row else None
    if line is None or not line.sure & _BIT["comment"] or line.possible & _BIT["code"]:
        return None
    return labels.hunk.lines[row - 1].content


def _changed_runs(lines: Sequence[PatchLine]) -> Iterator[tuple[int, int]]:
    """Where runs of changed lines begin and end."""
    begin: int | None = None
    for row, line in enumerate(lines):
        if line.change != UNCHANGED:
            begin = row if begin is None else begin
        elif begin is not None:
            yield begin, row
            begin = None
    if begin is not None:
        yield begin, len(lines)


class _SideReader:
    """Tells which single verdicts the changed lines of one side of a hunk fit."""

    def __init__(self, labels: HunkLabels, side: Side, language: str, *, whole: bool) -> None:
        self.side = side
        self._lines = labels.hunk.lines
        self._language = language
        self._run_comments = _rows_of_run_comments(labels, side, language)
        self._anchored = anchored_words(labels, side, language)
        self._open_imports = frozenset() if whole else unanchored_imports(labels, side)

    def kinds(self, row: int) -> Kinds:
        """The single verdicts that one changed line fits."""
        line = self.side[row]
        assert line is not None
        content = self._lines[row].content
        above = _neighbour(self.side, row, -1)
        if row in self._run_comments:
            return _NONE
        if above is not None and self._lines[above].content.rstrip(b"\r").endswith(b"\\"):
            return _NONE
        if line.sure & _BIT["blank"]:
            return _NONE if self._may_be_in_string(row) else _ANY
        if content.rstrip(b"\r").endswith(b"\\"):
            return _NONE
        if self._is_words(row, line):
            return self._kinds_of_words(row, line)
        if line.possible & (_BIT["comment"] | _BIT["documentation"] | _BIT["text"]):
            return _NONE
        return self._kinds_of_code(row, line)

    def _is_words(self, row: int, line: LineLabels) -> bool:
        """Whether a line is comment or documentation and nothing else."""
        return row in self._anchored or bool(line.sure & _WORDS and not line.possible & _BIT["code"])

    def _kinds_of_words(self, row: int, line: LineLabels) -> Kinds:
        if steers(self._lines[row].content, self._language):
            return _NONE
        has = self._anchored.get(row, line.sure)
        kinds = set()
        if has & _BIT["comment"]:
            kinds.add(Verdict.COMMENT_ONLY)
        if has & _BIT["documentation"]:
            kinds.add(Verdict.DOCUMENTATION_ONLY)
        return frozenset(kinds)

    def _kinds_of_code(self, row: int, line: LineLabels) -> Kinds:
        content = self._lines[row].content
        of_import = _OF_IMPORT_CALL if self._language in _IMPORT_BY_CALL else _OF_IMPORT
        if line.sure & _BIT["import"] and not line.possible & ~of_import and _is_one_statement(content):
            return _NONE if row in self._open_imports or exports_own(content) else frozenset((Verdict.IMPORT_ONLY,))
        # Without a quote on it, a line that surely lies in a string lies in one that began above.
        inside = line.sure & _BIT["string"] and not line.possible & ~_OF_STRING_INTERIOR
        if inside and not any(mark in b"\"'`{}$#/|%\\[]" for mark in content):
            return frozenset((Verdict.STRING_ONLY,))
        return _NONE

    def _may_be_in_string(self, row: int) -> bool:
        """Whether a blank line may lie in a string: such a line has no label that says so."""
        return not self._is_outside(row, -1) and not self._is_outside(row, 1)

    def _is_outside(self, row: int, step: int) -> bool:
        """Whether the lines up or down from a row show that no string reaches it.

        Where something is sure to begin, no string goes on. From there to the row, each line must end what it quotes.
        """
        at = _neighbour(self.side, row, step)
        for _ in range(_MOST_LINES):
            line = None if at is None else self.side[at]
            if at is None or line is None:
                return False
            content = self._lines[at].content
            if line.sure & (_WORDS | _BIT["code"]) and not line.possible & _BIT["string"]:
                return True
            if step > 0 and self._language in _HEREDOCS and not line.sure & _BIT["blank"]:
                return False
            if any(quote in content for quote in _QUOTES) and skeleton(content, self._language) is None:
                return False
            if line.sure & _CONSTRUCTS:
                return True
            at = _neighbour(self.side, at, step)
        return False


def _is_one_statement(content: bytes) -> bool:
    """Whether an import stands alone on its line, and steers no compiler as Python's ``__future__`` does."""
    return b";" not in content.rstrip().removesuffix(b";") and b"__future__" not in content


def _strings_alone(labels: HunkLabels, rows: Sequence[Sequence[int]], language: str) -> bool:
    """Whether a run replaces as many lines as it has by ones that differ in nothing but plain string literals."""
    old_rows, new_rows = rows
    if len(old_rows) != len(new_rows):
        return False
    for old_row, new_row in zip(old_rows, new_rows, strict=True):
        old, new = labels.old[0][old_row], labels.new[new_row]
        assert old is not None
        assert new is not None
        before, after = (labels.hunk.lines[row].content for row in (old_row, new_row))
        if not old.likely & new.likely & _BIT["string"] or (old.possible | new.possible) & _BIT["documentation"]:
            return False
        if (old.likely | new.likely) & _BIT["comment"]:
            return False
        # An import that names another file is one that imports something else.
        if (old.possible | new.possible) & _BIT["import"] and not is_requoted(before, after, language):
            return False
        left = skeleton(before, language)
        if left is None or left != skeleton(after, language):
            return False
    return True


def _neighbour(side: Side, row: int, step: int) -> int | None:
    """The row of the next line of a side, up or down; None at the end of the hunk."""
    row += step
    while 0 <= row < len(side):
        if side[row] is not None:
            return row
        row += step
    return None


def _rows_of_run_comments(labels: HunkLabels, side: Side, language: str) -> frozenset[int]:
    """The rows of comments in which tests find what they run or compare, as far as the hunk shows them."""
    found: list[int] = []
    block: list[int] = []
    for row in (*(row for row, line in enumerate(side) if line is not None), None):
        line = None if row is None else side[row]
        if row is not None and line is not None and not line.sure & _BIT["code"]:
            block.append(row)
            continue
        if is_run(b"\n".join(labels.hunk.lines[each].content for each in block), language):
            found.extend(block)
        block = []
    return frozenset(found)


def _why_code(line: LineLabels, content: bytes, language: str) -> str:
    if line.sure & _BIT["code"]:
        return "code"
    if line.sure & _BIT["text"]:
        return "text"
    if line.sure & _BIT["blank"]:
        return "a blank line that may be part of a string or a statement"
    if steers(content, language):
        return "a comment that tools or compilers may read"
    if line.sure & (_BIT["comment"] | _BIT["documentation"]) and not line.possible & _BIT["code"]:
        return "a comment that may be run, or that joins the next line"
    return "may be code" if line.possible & _BIT["code"] else "of no kind that is sure"


def _place(labels: HunkLabels, row: int) -> str:
    """A line by its number: of the new side where that has it, of the first old side otherwise."""
    line = labels.hunk.lines[row]
    if line.is_new:
        number = labels.hunk.new_start + sum(each.is_new for each in labels.hunk.lines[:row])
        return f"{'added' if line.change == ADDED else 'unchanged'} line {number}"
    number = labels.hunk.old_starts[0] + sum(each.is_old(0) for each in labels.hunk.lines[:row])
    return f"removed line {number}"
