"""Pygments' token types, mapped to the labels that they can carry; the language is told.

A highlighter knows keywords, comments and strings, and nothing of what they enclose: it has no regions, no calls and no
assignments to names. It is therefore also judged on `CARRIED` alone.
"""

from __future__ import annotations

from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Name, Punctuation, String, Text, Whitespace, _TokenType

from linewise.features.labels import LABEL_INDEX, mask_of
from linewise.features.lines import split_lines

_KEYWORDS = {
    "loop": "for foreach while until do repeat loop",
    "conditional": "if elif elsif elseif else unless switch match when case default guard select",
    "return": "return yield co_return co_yield",
    "jump": "break continue goto next redo last fallthrough",
    "exception": "try catch except rescue finally ensure throw raise",
    "import": "import from use using require require_once include include_once extern",
    "module_declaration": "package namespace module mod",
    "function_definition": "def func fn function fun sub",
    "type_definition": "class struct enum interface trait union impl protocol record typedef type extension object",
    "variable_declaration": "let var val const local my",
}
_BY_KEYWORD = {word: mask_of([label]) for label, words in _KEYWORDS.items() for word in words.split()}
CARRIED = tuple(
    LABEL_INDEX[name]
    for name in (
        "blank",
        "code",
        "comment",
        "documentation",
        "string",
        "delimiter",
        "annotation",
        "preprocessor",
        *_KEYWORDS,
    )
)
"""The labels that token types can carry, as indices."""

_BLANK, _CODE, _DELIMITER = mask_of(["blank"]), mask_of(["code"]), mask_of(["delimiter"])
_COMMENT, _DOCUMENTATION, _STRING = mask_of(["comment"]), mask_of(["documentation"]), mask_of(["string"])
_PREPROCESSOR, _IMPORT = mask_of(["preprocessor", "code"]), mask_of(["import"])
_ANNOTATION, _FUNCTION, _TYPE = mask_of(["annotation"]), mask_of(["function_definition"]), mask_of(["type_definition"])
_OTHER = 1 << 30
"""Marks a line that holds more than punctuation; no label has this bit."""
_BLOCK_WORDS = frozenset(("end", "begin", "do", "then", "fi", "done", "esac"))


def highlighted_labels(text: bytes, language: str) -> NDArray[np.uint32]:
    """The labels that token types give the lines of a text, uint32 of shape (n_lines,)."""
    n_lines = len(split_lines(text))
    decoded = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode("utf-8", "replace")
    masks = [0] * (n_lines + 1)
    line = 0
    opened = language != "php" or "<?" in decoded
    for _, kind, value in _lexer(language, opened).get_tokens_unprocessed(decoded):
        pieces = value.split("\n")
        for index, piece in enumerate(pieces):
            if index:
                line += 1
            if piece.strip() and line < n_lines:
                masks[line] |= _mask_of_token(kind, piece.strip())
    return np.array([_settled(mask) for mask in masks[:n_lines]], dtype=np.uint32)


@cache
def _lexer(language: str, opened: bool) -> Lexer:
    return get_lexer_by_name(language) if opened else get_lexer_by_name(language, startinline=True)


@lru_cache(maxsize=1 << 16)
def _mask_of_token(kind: _TokenType, value: str) -> int:
    if kind in Comment.Preproc or kind in Comment.PreprocFile:
        return _PREPROCESSOR | _OTHER | (_IMPORT if "include" in value else 0)
    if kind in Comment:
        documents = value.startswith(("/**", "/*!", "///", "//!")) and value != "/**/"
        return _COMMENT | (_DOCUMENTATION if documents or kind in Comment.Special else 0)
    if kind in String.Doc:
        return _DOCUMENTATION
    if kind in String:
        return _CODE | _STRING | _OTHER
    if kind in Punctuation or (kind in Keyword and value in _BLOCK_WORDS):
        return (
            _CODE
            | _BY_KEYWORD.get(value, 0)
            | (0 if all(c in "()[]{}<>,;:" for c in value) or value.isalpha() else _OTHER)
        )
    mask = _CODE | _OTHER
    if kind in Keyword:
        mask |= _BY_KEYWORD.get(value, 0)
    elif kind in Name.Decorator:
        mask |= _ANNOTATION
    elif kind in Name.Function and kind not in Name.Function.Magic:
        mask |= _FUNCTION
    elif kind in Name.Class:
        mask |= _TYPE
    return mask if kind not in Text and kind not in Whitespace else _CODE | _OTHER


def _settled(mask: int) -> int:
    """The labels of a line from the union of its tokens' marks."""
    if not mask:
        return _BLANK
    if mask & _CODE and not mask & _OTHER:
        mask |= _DELIMITER
    return mask & ~_OTHER
