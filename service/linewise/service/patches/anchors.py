"""What a hunk shows the beginning of: comments, docstrings and imports that need no guess.

A line of prose may lie in a comment, in a docstring or in a string that is data; where the hunk begins below the
delimiter, only probabilities tell. Where the delimiter is in view, they need not be as high.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from linewise.features.labels import mask_of

from .label import HunkLabels, LineLabels, Side

_CODE, _STRING, _IMPORT, _COMMENT, _BLANK = (
    mask_of([name]) for name in ("code", "string", "import", "comment", "blank")
)
_WORDS = mask_of(["comment", "documentation"])
_DOCUMENTATION = mask_of(["documentation"])
_HASH = frozenset(("python", "ruby", "bash", "php"))
_NOT_SLASHED = frozenset(("python", "ruby", "bash", "lua"))
_TRIPLE = re.compile(rb"""^[rRuU]?(\"\"\"|''')""")
_QUOTES = (b'"""', b"'''")
_TRIPLES = re.compile(rb'"""' + rb"|'''")
_SLASHES = re.compile(rb"/\*|\*/")
_HEADER = re.compile(rb"(?:async\s+def|def|class)\b|\)")
_IMPORT_WORD = re.compile(
    rb"\b(?:import|from|require(?:_once|_relative)?|include(?:_once)?|use|using|source|load|autoload|export|mod|extern)\b"
    rb"|^\s*\.\s"
)


def anchored_words(labels: HunkLabels, side: Side, language: str) -> dict[int, int]:
    """The rows of a side that are comment or docstring by what the hunk shows, each with which of the two it is.

    Their beginning is in view, or they stand with others that are words for certain and with no delimiter between.
    """
    texts = {row: labels.hunk.lines[row].content.strip() for row, line in enumerate(side) if line is not None}
    visible = [row for row, text in texts.items() if text]
    found = _begun_in_view(labels, side, texts, visible, language)
    for segment in _segments(texts, visible, language):
        for row, words in _settled(side, segment).items():
            found.setdefault(row, words)
    return found


def _begun_in_view(
    labels: HunkLabels, side: Side, texts: Mapping[int, bytes], visible: Sequence[int], language: str
) -> dict[int, int]:
    found: dict[int, int] = {}
    closer: bytes | None = None
    below_header = False
    # Before any code, three quotes begin the docstring of the file.
    at_head = labels.hunk.new_start == 1
    for row in visible:
        line, text = side[row], texts[row]
        assert line is not None
        are_words = bool(line.likely & _WORDS) and not line.likely & _CODE
        triple = _TRIPLE.match(text) if language == "python" else None
        if closer is not None and (are_words or closer in _QUOTES):
            if closer not in text or text.endswith(closer):
                found[row] = _DOCUMENTATION if closer in _QUOTES else line.likely & _WORDS
            closer = None if closer in text else closer
        elif triple is not None and (below_header or (at_head and are_words)):
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
    delimiter = _TRIPLES if language == "python" else None if language in _NOT_SLASHED else _SLASHES
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
    """All rows of a segment, if it is words: some are for certain, and hardly one is likely to be code."""
    lines = [line for row in segment if (line := side[row]) is not None]
    certain = [line for line in lines if line.likely & _WORDS and not line.possible & _CODE]
    if len(certain) < 2 or 3 * len(certain) < 2 * len(lines) or any(line.sure & _CODE for line in lines):
        return {}
    documents = sum(bool(line.likely & _DOCUMENTATION) for line in certain)
    comments = sum(bool(line.likely & _COMMENT) for line in certain)
    words = (_DOCUMENTATION if 2 * documents > len(certain) else 0) | (_COMMENT if 2 * comments > len(certain) else 0)
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
