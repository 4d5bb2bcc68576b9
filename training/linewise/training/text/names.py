"""Which files of a package are documents for people: told by their names, as far as names can tell."""

from __future__ import annotations

import gzip
import re
import zlib
from enum import StrEnum
from io import BytesIO

from linewise.training.corpus.filters import MAX_BYTES, MAX_LINE_CHARACTERS, reason_by_name, text_of


class Kind(StrEnum):
    """What a document is for; the kinds share a project's lines among them."""

    README = "readme"
    CHANGELOG = "changelog"
    MANUAL = "man page"
    DOCS = "documentation"
    LICENCE = "licence"
    PEOPLE = "people and rules"
    MAIL = "mail"


_SUFFIXES = frozenset(("", ".md", ".markdown", ".mkd", ".rst", ".txt", ".adoc", ".asciidoc", ".debian", ".source"))
_BY_STEM = (
    (
        Kind.README,
        re.compile(
            r"^readme|^metadata$|^pkg-info$|^about$|^faq|^install(?:ing|ation)?$|^usage$|^overview$|^quickstart$"
        ),
    ),
    (Kind.CHANGELOG, re.compile(r"^change(?:log|s)|^history$|^news$|^release|^upgrad|^migrat|^whatsnew|^announce")),
    (Kind.LICENCE, re.compile(r"^licen[cs]e|^copying|^copyright|^notice$|^patents$|^unlicense$")),
    (
        Kind.PEOPLE,
        re.compile(
            r"^authors?$|^contribut|^maintainers|^thanks|^credits|^acknowledg|^code[-_]of[-_]conduct|^security$"
            r"|^support$|^governance|^todo$|^bugs?$|^hacking$|^roadmap"
        ),
    ),
)
_MARKUP = frozenset((".md", ".markdown", ".mkd", ".rst", ".adoc", ".asciidoc"))
_DOCS_FOLDER = re.compile(r"(?:^|/)(?:docs?|documentation|manual|guides?|notes)/", re.IGNORECASE)
_MANUAL = re.compile(r"\.[1-8](?:[a-z]{1,4})?$")
_MAIL = frozenset((".eml", ".mbox", ".mail"))
# Words of these documents are data for a program, whatever their suffix.
_DATA = re.compile(r"^(?:cmakelists|requirements|robots|constraints|manifest|sources|filelist|wordlist|words)")
_ROFF_HEAD = re.compile(rb"(?m)^[.'](?:TH|Dd|Dt|\\\")[ \t]")
_PROSE_LINE = re.compile(rb"[A-Za-z]{2,}[ ,][ ]?[A-Za-z]{2,}[ ,.;:][ ]?[A-Za-z]")


def kind_of(path: str) -> Kind | None:
    """What a file of that path is for people, or None where its name tells no document."""
    if reason_by_name(path) is not None:
        return None
    folder, _, name = path.lower().removesuffix(".gz").rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    stem, suffix = (stem, dot + suffix) if stem else (name, "")
    if suffix in _MAIL:
        return Kind.MAIL
    if _MANUAL.search(name) and not suffix.removeprefix(".").startswith("0"):
        return Kind.MANUAL
    if suffix not in _SUFFIXES or _DATA.match(stem):
        return None
    for kind, pattern in _BY_STEM:
        if pattern.search(stem):
            return kind
    if suffix in _MARKUP or (suffix == ".txt" and _DOCS_FOLDER.search(folder + "/")):
        return Kind.DOCS
    return None


def document_text(content: bytes, path: str, kind: Kind) -> bytes | None:
    """The text of a document in UTF-8, unpacked where it is gzipped; None where it is none after all.

    Left out are binary files, those with a line over 2,000 characters, manual pages without roff at their head (a
    version number ends many a name), and plain text without prose, which is data.
    """
    if path.endswith(".gz"):
        try:
            content = _unzipped(content)
        except (OSError, EOFError, zlib.error):
            return None
    data = text_of(content)
    if data is None or not data.strip() or len(data) > MAX_BYTES:
        return None
    lines = data.split(b"\n")
    if max(map(len, lines)) > MAX_LINE_CHARACTERS:
        return None
    if kind is Kind.MANUAL:
        return data if _ROFF_HEAD.search(data[:4000]) and not data.startswith(b".so ") else None
    visible = [line for line in lines[:400] if line.strip()]
    with_prose = sum(1 for line in visible if _PROSE_LINE.search(line))
    # Prose of other scripts has no such lines; only files that a name does not vouch for must have them.
    if kind is Kind.DOCS and path.lower().endswith(".txt") and with_prose < len(visible) / 3:
        return None
    return data


def _unzipped(content: bytes) -> bytes:
    with gzip.GzipFile(fileobj=BytesIO(content)) as stream:
        return stream.read(MAX_BYTES + 1)
