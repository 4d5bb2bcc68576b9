"""What a hunk shows the beginning of: comments, docstrings and imports that need no guess.

A line of prose may lie in a comment, in a docstring or in a string that is data; where the hunk begins below the
delimiter, only probabilities tell. Where the delimiter is in view, they need not be as high.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from linewise.features.labels import Group, group_mask, mask_of

from .label import HunkLabels, LineLabels, Side
from .model import UNCHANGED

_CODE, _STRING, _IMPORT, _COMMENT, _BLANK = (
    mask_of([name]) for name in ("code", "string", "import", "comment", "blank")
)
_WORDS = mask_of(["comment", "documentation"])
_DOCUMENTATION = mask_of(["documentation"])
_CONSTRUCTS = group_mask(Group.CONSTRUCT)
_HASH = frozenset(("python", "ruby", "bash", "php"))
_NOT_SLASHED = frozenset(("python", "ruby", "bash", "lua"))
_TRIPLE = re.compile(rb"""^[rRuU]?(\"\"\"|''')""")
_QUOTES = (b'"""', b"'''")
_TRIPLES = re.compile(rb'"""' + rb"|'''")
_SLASHES = re.compile(rb"/\*|\*/")
_HEADER_OR_COMMENT = re.compile(rb"^#|:\s*(?:#.*)?$")
_HEADER = re.compile(rb"(?:async\s+def|def|class)\b|\)")
_IMPORT_WORD = re.compile(
    rb"\b(?:import|from|require(?:_once|_relative)?|include(?:_once)?|use|using|source|load|autoload|export|mod|extern)\b"
    rb"|^\s*\.\s"
)
_EXPORT = re.compile(rb"\s*export\b(?:[^{]*|.*\}.*)", re.DOTALL)
_FROM = re.compile(rb"\bfrom\b")


def anchored_words(labels: HunkLabels, side: Side, language: str) -> dict[int, int]:
    """The rows of a side that are comment or docstring by what the hunk shows, each with which of the two it is.

    Their beginning is in view, or they stand with others that are words for certain and with no delimiter between.
    """
    side = _pooled(labels, side, language)
    texts = {row: labels.hunk.lines[row].content.strip() for row, line in enumerate(side) if line is not None}
    visible = [row for row, text in texts.items() if text]
    found = _begun_in_view(labels, side, texts, visible, language)
    if language == "python":
        for row in _ended_in_view(side, texts, visible):
            found.setdefault(row, _DOCUMENTATION)
    for segment in _segments(texts, visible, language):
        for row, words in _settled(side, segment).items():
            found.setdefault(row, words)
    return found


def _pooled(labels: HunkLabels, side: Side, language: str) -> Side:
    """A side on which each unchanged line has what both sides tell of it.

    Where no change has a delimiter, an unchanged line is within the same comment or string on both sides, if in any.
    """
    delimiter = _delimiter_of(language)
    changed = (line.content for line in labels.hunk.lines if line.change != UNCHANGED)
    if len(labels.old) != 1 or delimiter is None or any(map(delimiter.search, changed)):
        return side
    return tuple(
        one if one is None or old is None or new is None else _both(one, old, new)
        for one, old, new in zip(side, labels.old[0], labels.new, strict=True)
    )


def _both(one: LineLabels, old: LineLabels, new: LineLabels) -> LineLabels:
    sure = old.sure | new.sure
    return one._replace(sure=sure, likely=old.likely | new.likely, possible=old.possible & new.possible | sure)


def _delimiter_of(language: str) -> re.Pattern[bytes] | None:
    """What begins or ends a comment or docstring of several lines; None where there is no such thing, or several."""
    return _TRIPLES if language == "python" else None if language in _NOT_SLASHED else _SLASHES


def _begun_in_view(
    labels: HunkLabels, side: Side, texts: Mapping[int, bytes], visible: Sequence[int], language: str
) -> dict[int, int]:
    found: dict[int, int] = {}
    closer: bytes | None = None
    below_header = False
    # Before any code, three quotes begin the docstring of the file.
    at_head = labels.hunk.new_start == 1
    for index, row in enumerate(visible):
        line, text = side[row], texts[row]
        assert line is not None
        are_words = bool(line.likely & _WORDS) and not line.likely & _CODE
        triple = _TRIPLE.match(text) if language == "python" else None
        if closer is not None and (are_words or closer in _QUOTES):
            if closer not in text or text.endswith(closer):
                found[row] = _DOCUMENTATION if closer in _QUOTES else line.likely & _WORDS
            closer = None if closer in text else closer
        elif triple is not None and (
            below_header
            or (at_head and are_words)
            or (
                _is_certain(line)
                and _begins_prose(text[triple.end() :])
                and _is_below_no_statement(texts, visible, index)
            )
        ):
            closer = None if triple[1] in text[len(triple[0]) :] else triple[1]
            if closer is not None or text.endswith(triple[1]):
                found[row] = _DOCUMENTATION
        elif are_words and not line.possible & _STRING and _is_line_comment(text, language):
            found[row] = line.likely & _WORDS
            at_head = True
        elif are_words and language not in _NOT_SLASHED and text.startswith(b"/*"):
            found[row] = line.likely & _WORDS
            closer = None if b"*/" in text[2:] else b"*/"
        else:
            closer, at_head = None, False
        below_header = _ends_header(line, text)
    return found


def _is_certain(line: LineLabels) -> bool:
    """Whether a line is documentation for certain, and no code."""
    return bool(line.sure & _DOCUMENTATION) and not line.possible & _CODE


def _begins_prose(text: bytes) -> bool:
    """Whether what follows three quotes cannot stand behind a string that they end: a word, without a space."""
    return text[:1].isalpha()


def _ended_in_view(side: Side, texts: Mapping[int, bytes], visible: Sequence[int]) -> Iterator[int]:
    """The rows of docstrings of Python whose end is in view: three quotes, and below them code for certain.

    What stands above them, up to other quotes or the hunk's beginning, lies within them. It is a docstring if that is
    certain of one of the lines; or, where its beginning is in view too, if that is below no statement, and hardly
    anything speaks against it.
    """
    for index, row in enumerate(visible[:-1]):
        below = side[visible[index + 1]]
        assert below is not None
        if not _has_one_triple(texts[row]) or not texts[row].endswith(_QUOTES) or not _is_statement(below):
            continue
        within = [row]
        begins_here: bool | None = None
        for at in reversed(range(index)):
            above = visible[at]
            if _TRIPLES.search(texts[above]):
                begins_here = _begins_docstring(texts, visible, at)
                within.append(above)
                break
            within.append(above)
        lines = [line for each in within if (line := side[each]) is not None]
        n_against = sum(bool(line.sure & (_CODE | _STRING | _COMMENT)) for line in lines)
        n_likely = sum(bool(line.likely & _DOCUMENTATION) and not line.likely & _CODE for line in lines)
        is_likely = any(map(_is_certain, lines)) if begins_here is None else begins_here and 3 * n_likely >= len(lines)
        if is_likely and 4 * n_against <= len(lines):
            yield from within


def _begins_docstring(texts: Mapping[int, bytes], visible: Sequence[int], index: int) -> bool:
    """Whether a visible line with three quotes, which ends no string, begins one that is no part of a statement."""
    text = texts[visible[index]]
    return _has_one_triple(text) and bool(_TRIPLE.match(text)) and _is_below_no_statement(texts, visible, index)


def _is_below_no_statement(texts: Mapping[int, bytes], visible: Sequence[int], index: int) -> bool:
    """Whether the line above a visible one, where the hunk shows it, is a header or a comment.

    Below a statement a string is no docstring, and it may be part of the statement.
    """
    above = texts[visible[index - 1]] if index else b""
    return not above or _HEADER_OR_COMMENT.search(above) is not None


def _has_one_triple(text: bytes) -> bool:
    return len(_TRIPLES.findall(text)) == 1


def _is_statement(line: LineLabels) -> bool:
    """Whether a line is code for certain, and not the inside of a string, which is code as well."""
    return (
        bool(line.sure & _CODE)
        and not line.possible & _WORDS
        and (not line.possible & _STRING or bool(line.likely & _CONSTRUCTS))
    )


def _is_line_comment(text: bytes, language: str) -> bool:
    if language in _HASH and text.startswith(b"#") and not text.startswith(b"#["):
        return True
    if language == "lua":
        return text.startswith(b"--") and not text.startswith((b"--[[", b"--[="))
    return language not in _NOT_SLASHED and text.startswith(b"//")


def _ends_header(line: LineLabels, text: bytes) -> bool:
    """Whether a line of Python ends the header of a function or class, so that a string below it is its docstring."""
    if not text.endswith(b":") or not line.sure & _CODE or line.possible & _WORDS:
        return False
    return _HEADER.match(text) is not None


def _segments(texts: Mapping[int, bytes], visible: Sequence[int], language: str) -> Iterator[list[int]]:
    """Visible rows between which nothing stands that begins or ends a comment or docstring of several lines."""
    delimiter = _delimiter_of(language)
    if delimiter is None:
        return
    segment: list[int] = []
    for row in visible:
        if delimiter.search(texts[row]):
            yield segment
            segment = []
        elif not _is_line_comment(texts[row], language):
            segment.append(row)
    yield segment


def _settled(side: Side, segment: Sequence[int]) -> dict[int, int]:
    """All rows of a segment, if it is words.

    Some must be so for certain, with hardly one that is likely to be anything else, or all of several be likely to be.
    """
    lines = [line for row in segment if (line := side[row]) is not None]
    certain = [line for line in lines if line.likely & _WORDS and not line.possible & _CODE]
    n_against = sum(bool(line.likely & _CODE) or not line.likely & _WORDS for line in lines)
    are_certain = len(certain) >= 2 and 2 * n_against <= len(certain)
    agree = len(lines) >= 3 and not n_against
    if not (are_certain or agree) or any(line.sure & _CODE for line in lines):
        return {}
    telling = certain or lines
    documents = sum(bool(line.likely & _DOCUMENTATION) for line in telling)
    comments = sum(bool(line.likely & _COMMENT) for line in telling)
    words = (_DOCUMENTATION if 2 * documents > len(telling) else 0) | (_COMMENT if 2 * comments > len(telling) else 0)
    return dict.fromkeys(segment, words)


def unanchored_imports(labels: HunkLabels, side: Side) -> frozenset[int]:
    """The rows of a side that are imports for sure, but whose run shows no word that imports anything.

    Names between brackets look alike in an import and in any other list.
    """
    found: list[int] = []
    run: list[int] = []
    anchored = bool(_IMPORT_WORD.search(labels.hunk.section.encode()))
    for row, line in [*enumerate(side), (len(side), None)]:
        if row < len(side) and line is None:
            continue
        if line is not None and line.sure & _IMPORT:
            run.append(row)
            continue
        if line is not None and line.sure & _BLANK:
            continue
        if not anchored and not _names_import(labels, run):
            found.extend(run)
        run, anchored = [], False
    return frozenset(found)


def _names_import(labels: HunkLabels, run: Sequence[int]) -> bool:
    return any(_IMPORT_WORD.search(labels.hunk.lines[row].content) for row in run)


def exports_own(content: bytes) -> bool:
    """Whether a line is a statement of JavaScript that exports names of its own file, and no other file's."""
    return _EXPORT.fullmatch(content) is not None and _FROM.search(content) is None
