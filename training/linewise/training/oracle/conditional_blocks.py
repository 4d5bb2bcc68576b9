"""Conditional blocks of the preprocessor, taken out of a text where they tear syntax apart.

A grammar that reads source before the preprocessor can hold a block whose branches are whole statements; what
else stands in branches (half a condition, a second head of one body, a further argument) it cannot. Of such a
block one branch is kept, and its directives go; every byte keeps its place.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

_CONDITIONAL = re.compile(rb"[ \t]*#[ \t]*(if|ifdef|ifndef|elif|elifdef|elifndef|else|endif)\b")
_COMMENT_START = re.compile(rb"//|/\*")
_REPLACED = re.compile(rb"[^\s]")
_OPENERS, _CLOSERS = frozenset((b"(", b"[", b"{")), frozenset((b")", b"]", b"}"))
_BOUNDARY = frozenset((b"", b";", b"{", b"}", b":"))
_HEADS = frozenset((b"if", b"while", b"for", b"switch"))
_CONTINUES = frozenset((b"else", b")", b",", b".", b"?", b"=", b"==", b"&&", b"||", b"->"))
"""Tokens that go on with a statement."""
_ACCESS = frozenset((b"public", b"private", b"protected", b"default"))
_CASE_TOKENS = 24
"""The tokens of a case's value that are looked through, at most."""


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a text, as far as blocks must know it: ``kind`` is `directive`, `word`, `string` or `sign`."""

    kind: str
    text: bytes
    start: int
    end: int


@dataclass(slots=True)
class _Block:
    """A conditional block: its directives so far, as indices of tokens."""

    directives: list[int] = field(default_factory=list)


def blank_out(source: bytearray, start: int, end: int) -> None:
    """Make blanks of a range, white space kept."""
    source[start:end] = _REPLACED.sub(b" ", bytes(source[start:end]))


def without_torn_blocks(
    tokens: list[Token], source: bytearray, *, whole_too: bool = False
) -> tuple[list[tuple[int, int]], list[tuple[int, int]], list[Token]]:
    """Take out the directives of blocks that tear syntax apart, and all their branches but one.

    Args:
        tokens: the text's tokens, comments left out.
        source: the text, which is changed in place.
        whole_too: take out the directives of all other blocks as well, and keep these blocks' branches.

    Returns:
        The byte ranges of the directives (comments after them left out) and of the branches that are gone, and
        the tokens that are left.
    """
    dropped = [False] * len(tokens)
    directives: list[tuple[int, int]] = []
    lost: list[tuple[int, int]] = []
    stack: list[_Block] = []
    for index, token in enumerate(tokens):
        if token.kind != "directive":
            continue
        found = _CONDITIONAL.match(token.text)
        if found is None:
            continue
        if found[1].startswith(b"if"):
            stack.append(_Block([index]))
        elif stack:
            stack[-1].directives.append(index)
            if found[1] == b"endif":
                block = stack.pop().directives
                branches = list(pairwise(block))
                kept = _kept_branches(tokens, dropped, branches)
                if kept is None:
                    if not whole_too:
                        continue
                    kept = set(range(len(branches)))
                for at in block:
                    dropped[at] = True
                    text = tokens[at].text
                    comment = _COMMENT_START.search(text)
                    end = tokens[at].start + (comment.start() if comment else len(text))
                    blank_out(source, tokens[at].start, end)
                    directives.append((tokens[at].start, end))
                for number, (first, last) in enumerate(branches):
                    if number not in kept and last > first + 1:
                        start, end = tokens[first + 1].start, tokens[last - 1].end
                        blank_out(source, start, end)
                        lost.append((start, end))
                        dropped[first + 1 : last] = [True] * (last - first - 1)
    return directives, lost, [token for token, gone in zip(tokens, dropped, strict=True) if not gone]


def _kept_branches(tokens: list[Token], dropped: list[bool], branches: list[tuple[int, int]]) -> set[int] | None:
    """Which branches of a block to keep without its directives; None where the block may stay as it is."""
    first, last = branches[0][0], branches[-1][1]
    before = _neighbour(tokens, dropped, first, -1)
    after = _neighbour(tokens, dropped, last, 1)
    whole = before in _BOUNDARY and not _goes_on(tokens, first - 1)
    filled: list[tuple[int, _Branch]] = []
    for number, (start, end) in enumerate(branches):
        branch = _Branch()
        for at in range(start + 1, end):
            if not dropped[at] and tokens[at].kind != "directive":
                branch.add(tokens[at].text)
        if branch.text:
            filled.append((number, branch))
            whole = whole and branch.stands_before(after) and not _goes_on(tokens, end - 1)
    if whole or not filled:
        return None
    if len(filled) == 1 or all(branch.balanced and branch.text == b"," for _, branch in filled):
        return {number for number, _ in filled}
    return {filled[0][0]}


@dataclass(slots=True)
class _Branch:
    """What a branch's tokens come to: its first and last, and whether its brackets balance."""

    first: bytes = b""
    text: bytes = b""
    lowest: int = 0
    open: list[bytes] = field(default_factory=list)
    heads: bool = False
    """It ends with the parenthesis of an `if` or the like."""

    @property
    def balanced(self) -> bool:
        return not self.open and self.lowest == 0

    def add(self, text: bytes) -> None:
        if text in _OPENERS:
            self.open.append(self.text)
        elif text in _CLOSERS:
            if self.open:
                self.heads = self.open.pop() in _HEADS and text == b")"
            else:
                self.lowest -= 1
        self.first = self.first or text
        self.text = text

    def stands_before(self, after: bytes) -> bool:
        """It is whole statements, and what follows the block begins a new one."""
        if not self.balanced or self.first == b"else" or after in _CONTINUES:
            return False
        if self.text in (b";", b"}", b":"):
            return True
        if self.text == b")":
            return not self.heads and after != b"{"
        return self.text not in (b"else", b",") and self.text[-1:].isalnum() and after not in (b"{", b";")


def _goes_on(tokens: list[Token], at: int) -> bool:
    """The token is a colon that waits for more: of a label, of `a ? b :`, but none of a case or of `public:`."""
    if at < 0 or tokens[at].text != b":":
        return False
    for earlier in range(at - 1, max(at - _CASE_TOKENS, -1), -1):
        token = tokens[earlier]
        if token.text in _ACCESS or token.text == b"case":
            return False
        if token.text in (b";", b"{", b"}", b"?") or token.kind == "directive":
            return True
    return at >= _CASE_TOKENS


def _neighbour(tokens: list[Token], dropped: list[bool], at: int, step: int) -> bytes:
    at += step
    while 0 <= at < len(tokens):
        if not dropped[at] and tokens[at].kind != "directive":
            return tokens[at].text
        at += step
    return b""
