"""The labels of documents: prose and mark-up are ``text``, the inside of a fenced block is what its language says.

A fenced block that names one of the sixteen languages and parses without an error has the oracle's labels. Where
nothing tells what a block is (indented blocks, consoles, data, unknown languages), its lines are not known: a guess
would teach the network the guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from linewise.features.languages import UnknownLanguageError, language_named
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle import OracleError, label_file

from .plain import BLANK, CODE, TEXT, lines_of, text_masks

_FENCE = re.compile(rb"^([ \t]*(?:[-*+>] +)?[ \t]*)(`{3,}|~{3,})[ \t]*([^`\r\n]*?)[ \t]*$")
_INFO_LANGUAGE = re.compile(r"^(?:\{+[ .]*(?:code(?:-block|-cell)?\}?[ .]*)?|\.)?([A-Za-z][\w+#-]*)")
_DIRECTIVE = re.compile(
    rb"^[ \t]*\.\. +(?:code-block|code|sourcecode|highlight|parsed-literal|ipython|testcode)::[ \t]*(\S*)"
)
_OPTION = re.compile(rb"^[ \t]+:[\w-]+:")
_LIST_ITEM = re.compile(rb"^[ \t]*(?:[-*+#] |\d+[.)] |[a-z][.)] )")
_PROMPT = re.compile(rb"^\s*(?:\$|%|>|>>>|[\w.-]+@[\w.-]+[:~].*[$#]|In \[\d+\]:)(?: |$)")
_LIKE_CODE = re.compile(
    rb"[;{}]\s*$|^\s*(?:>>>|\$ |#include|import [\w.{*]|from [\w.]+ import|def \w|class \w+[:({ ]|return\b.*[;(]"
    rb"|if ?\(|for ?\(|while ?\(|var |let |const |func |fn |pub |private |public |local \w|\w[\w.]*\(.*\)\s*$"
    rb"|\w+ (?:=|:=|\+=) )"
)
_ROFF_OPENING = re.compile(rb"^[.'][ \t]*(?:nf|EX|Vb|DS|Bd[ \t]+-(?:literal|unfilled))\b")
_ROFF_CLOSING = re.compile(rb"^[.'][ \t]*(?:fi|EE|Ve|DE|Ed)\b")
_RULE = re.compile(rb"^(-{4,}|\.{4,}|={4,}|\+{4,}|/{4,})[ \t]*$")
_CONSOLE_LANGUAGES = frozenset(("shell", "zsh"))
_MAX_FENCE_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class Block:
    """Lines ``start`` to ``stop`` (not included) that are no prose; ``language`` is what they say of themselves."""

    start: int
    stop: int
    language: str | None = None


def label_document(data: bytes, path: str) -> tuple[NDArray[np.uint32], NDArray[np.bool_]]:
    """The labels of a document's lines.

    Args:
        data: the document, in UTF-8.
        path: its path; the extension tells the mark-up.

    Returns:
        Masks, uint32 of shape (n_lines,), and known, bool of that shape: False where nothing tells the labels.
    """
    lines = lines_of(data)
    contents = [line.rstrip(b"\r\n") for line in lines]
    masks = text_masks(lines)
    known = np.ones(len(lines), dtype=np.bool_)
    in_block = np.zeros(len(lines), dtype=np.bool_)
    for block in blocks_of(contents, path):
        inside = slice(block.start, block.stop)
        in_block[inside] = True
        truth = _truth_of(contents[inside], block.language) if block.language else None
        if truth is None:
            known[inside] = masks[inside] == BLANK
        else:
            masks[inside] = truth
    for number in np.flatnonzero(~in_block):
        # Code that a document shows without any mark must not be taught as prose.
        if masks[number] != BLANK and _LIKE_CODE.search(contents[number]) and not _FENCE.match(contents[number]):
            known[number] = False
    return masks, known


def shown_code(document: LabelledFile) -> Iterator[LabelledFile]:
    """The fenced blocks of a labelled document whose language is known and whose lines all are, each by itself.

    Their language is the block's, their path the document's with the block's first line; what all lines are indented by
    is taken away.
    """
    contents = [line.rstrip(b"\r\n") for line in lines_of(document.data)]
    for block in blocks_of(contents, document.path):
        inside = slice(block.start, block.stop)
        masks = document.masks[inside]
        language = _language_of(block.language) if block.language else None
        if language is None or not document.known[inside].all() or not (masks & CODE).any() or (masks & TEXT).any():
            continue
        yield LabelledFile(
            language,
            document.project,
            document.package,
            f"{document.path}#{block.start + 1}",
            _dedented(contents[inside]),
            masks.copy(),
            np.ones(len(masks), dtype=np.bool_),
        )


def blocks_of(lines: Sequence[bytes], path: str) -> Iterator[Block]:
    """The blocks of a document that are no prose, in order, none in another."""
    suffix = PurePosixPath(path).suffix.lower()
    head = lines[:80]
    if suffix in (".md", ".markdown", ".mkd"):
        yield from _markdown_blocks(lines)
    elif suffix == ".rst" or any(_DIRECTIVE.match(line) for line in lines):
        yield from _rst_blocks(lines)
    elif suffix in (".adoc", ".asciidoc"):
        yield from _ruled_blocks(lines)
    elif any(line.startswith((b".TH", b".SH", b".Sh", b".Dd")) for line in head):
        yield from _roff_blocks(lines)
    elif any(_FENCE.match(line) for line in lines):
        yield from _markdown_blocks(lines)
    else:
        yield from (
            block
            for block in _indented_blocks(lines, 0, len(lines))
            if any(_LIKE_CODE.search(line) for line in lines[block.start : block.stop])
        )


def _markdown_blocks(lines: Sequence[bytes]) -> Iterator[Block]:
    at = outside = 0
    if lines and lines[0].rstrip() == b"---":
        # Front matter is data.
        end = next((i for i, line in enumerate(lines[1:100], 1) if line.rstrip() in (b"---", b"...")), 0)
        yield Block(1, max(end, 1))
        at = outside = end + 1 if end else 1
    while at < len(lines):
        match = _FENCE.match(lines[at])
        if not match:
            at += 1
            continue
        yield from _indented_blocks(lines, outside, at)
        end = _closing_fence(lines, at + 1, match[2])
        told = _INFO_LANGUAGE.match(match[3].decode("utf-8", "replace"))
        yield Block(at + 1, min(end, len(lines)), told[1] if told and end < len(lines) else None)
        at = outside = end + 1
    yield from _indented_blocks(lines, outside, len(lines))


def _closing_fence(lines: Sequence[bytes], start: int, opening: bytes) -> int:
    """The number of the line that closes a fence, or of the line after the last."""
    closing = re.compile(rb"^[ \t>]*" + re.escape(opening[:1]) + b"{%d,}[ \t]*$" % len(opening))
    return next((at for at in range(start, len(lines)) if closing.match(lines[at])), len(lines))


def _indented_blocks(lines: Sequence[bytes], start: int, stop: int) -> Iterator[Block]:
    """Runs of lines indented by four or more that follow a blank line and are no list items."""
    first: int | None = None
    after_blank = True
    for at in range(start, stop):
        line = lines[at]
        if not line.strip():
            after_blank = True
            continue
        indented = line.startswith((b"    ", b"\t")) and not _LIST_ITEM.match(line)
        if first is None and indented and after_blank:
            first = at
        elif first is not None and not indented:
            yield Block(first, at)
            first = None
        after_blank = False
    if first is not None:
        yield Block(first, stop)


def _rst_blocks(lines: Sequence[bytes]) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        line = lines[at]
        directive = _DIRECTIVE.match(line)
        if directive or (line.rstrip().endswith(b"::") and not line.lstrip().startswith(b"..")):
            start, end = _deeper(lines, at + 1, _indent(line))
            if end > start:
                told = directive[1].decode("utf-8", "replace") if directive else ""
                yield Block(start, end, told or None)
            at = max(end, at + 1)
        elif line.lstrip().startswith(b">>> "):
            end = next((i for i in range(at, len(lines)) if not lines[i].strip()), len(lines))
            yield Block(at, end)
            at = end
        else:
            at += 1


def _deeper(lines: Sequence[bytes], start: int, indent: int) -> tuple[int, int]:
    """The lines from a place on that are indented deeper than a column, options and blank lines before them not."""
    while start < len(lines) and (not lines[start].strip() or _OPTION.match(lines[start])):
        start += 1
    end = last = start
    while end < len(lines) and (not lines[end].strip() or _indent(lines[end]) > indent):
        if lines[end].strip():
            last = end + 1
        end += 1
    return start, last


def _ruled_blocks(lines: Sequence[bytes]) -> Iterator[Block]:
    """AsciiDoc's listing, literal and passthrough blocks between two equal rules."""
    at = 0
    while at < len(lines):
        rule = _RULE.match(lines[at])
        end = len(lines)
        if rule and lines[at][:1] not in b"=":
            end = next((i for i in range(at + 1, len(lines)) if lines[i].rstrip() == rule[1]), len(lines))
        if rule and end < len(lines):
            yield Block(at + 1, end)
            at = end
        at += 1


def _roff_blocks(lines: Sequence[bytes]) -> Iterator[Block]:
    at = 0
    while at < len(lines):
        if _ROFF_OPENING.match(lines[at]):
            end = next((i for i in range(at + 1, len(lines)) if _ROFF_CLOSING.match(lines[i])), len(lines))
            yield Block(at + 1, end)
            at = end
        at += 1


def _indent(line: bytes) -> int:
    expanded = line.expandtabs(8)
    return len(expanded) - len(expanded.lstrip())


def _language_of(told: str) -> str | None:
    """The language that the first word of a fence names, None where it is none of ours or shows a console."""
    if told.lower() in _CONSOLE_LANGUAGES:
        return None
    try:
        return language_named(told).name
    except UnknownLanguageError:
        return None


def _dedented(lines: Sequence[bytes]) -> bytes:
    """The lines without the white space that all visible ones begin with, each ended by a line break."""
    indent = min((len(line) - len(line.lstrip(b" \t")) for line in lines if line.strip()), default=0)
    return b"".join(line[indent:] + b"\n" for line in lines)


def _truth_of(lines: Sequence[bytes], told: str) -> NDArray[np.uint32] | None:
    """The oracle's masks of a block's lines, or None where its language is not known or it does not parse."""
    language = _language_of(told)
    if language is None or not any(line.strip() for line in lines) or any(_PROMPT.match(line) for line in lines):
        return None
    source = _dedented(lines)
    prologue = b"<?php\n" if language == "php" and b"<?" not in source else b""
    if len(source) > _MAX_FENCE_BYTES:
        return None
    try:
        truth = label_file(prologue + source, language)
    except OracleError:
        return None
    return truth.masks[1 if prologue else 0 :] if truth.known.all() else None
