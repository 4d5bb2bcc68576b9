"""What variants put into comments and strings: prose with quotes in it, and code where none counts."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from .syntax import Syntax

_NAME = re.compile(rb"\b[a-z][A-Za-z_]{2,14}\b")
_KEYWORDS = frozenset(
    b"""abstract and array assert async await base begin bool break byte case catch chan char class const
    constexpr continue crate data declare def default defer delegate delete deinit done double echo elif else elsif
    elseif end ensure enum esac except export extends extern false fallthrough final finally float for foreach
    from fun func function given global guard goto has impl implements implicit import include init inline inout
    instanceof int interface internal into is isset lambda lazy let local lock long loop macro match mod
    module move mut mutable namespace native new next nil none not null object open operator optional override
    package params pass private protected protocol pub public raise readonly record redo ref repeat require
    rescue retry return sealed select self shift short signed sizeof static string struct super suspend switch
    synchronized template test then this throw throws trait transient true try type typealias typedef typeof
    undef union unless unset unsafe unsigned until use using val var virtual void volatile when where while
    with yield""".split()
)
_WORDS = """the a of in to for and or not only when while if is are was be been has have it its this that these those
    all any no more less one two first last next old new here there never always see also because so that as on off by
    from with without before after until each every both either neither line text name value key list table path file
    size count index number string type call start end begin done open close read write left right true false empty
    default later todo fixme note hack xxx why how what where who same other than then else do does did should must may
    can cannot return returns loops class function import let var const"""
_ODD = (
    "it's", "don't", "can't", '"{}"', "'{}'", "`{}`", '"{}', "{}'", "({}", "{})", "[{}]", "{{{}}}", "{}()", "{}(x)",
    "// {}", "/* {}", "# {}", "-- {}", "<{}>", "{}: {}", "{} = {};", "{}, {}", "if ({}) {{", "for {} in {}",
    "return {};", "http://{}.org/{}", "${}", "%s", "#{}", "@{}", "{}?", "{}!", "{}.", "1.5", "0x1F", "=> {}", "-> {}",
    "a/b", "...", "end {}", "end", "}}", "{{", ";", "def {}", "fn {}()", "class {}", "import {}", "throw {}", "else",
    "\\",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contents:
    """What one text's comments and strings may be filled with.

    Attributes:
        names: names of the text.
        code: lines of its code, without indentation.
        rng: what draws them.
    """

    names: tuple[str, ...]
    code: tuple[str, ...]
    rng: random.Random

    @classmethod
    def of(cls, data: bytes, code_lines: list[bytes], rng: random.Random) -> Contents:
        """The contents that a text offers."""
        names = sorted(set(_NAME.findall(data[:60_000])) - _KEYWORDS)
        chosen = rng.sample(names, min(len(names), 60)) or [b"name"]
        code = [line.strip().decode("utf-8", "ignore") for line in rng.sample(code_lines, min(len(code_lines), 40))]
        kept = [line for line in code if line.isprintable() and 3 < len(line) < 80]
        return cls(tuple(name.decode() for name in chosen), tuple(kept), rng)

    def name(self) -> str:
        """Some name."""
        return self.rng.choice(self.names)

    def comment(self) -> str:
        """What may follow a comment's marker on its line."""
        draw = self.rng.random()
        if draw < 0.2 and self.code:
            return self.rng.choice(self.code).replace("?>", "")  # which ends a comment of PHP and all code behind it
        return self._words(self.rng.randint(1, 9), 0.25)

    def inside_block(self, ends: str) -> str:
        """The same for a comment that ends by a mark of its own."""
        return self.comment().replace(ends, "").replace("*/", "").replace("/*", "").replace("]", "") or "x"

    def string(self, quote: str, syntax: Syntax, may_call: bool) -> str:
        """What may stand between two quotes."""
        words = self._words(self.rng.randint(1, 6), 0.45)
        clean = "".join(letter for letter in words if letter not in quote + "\\${}`")
        if may_call and self.rng.random() < 0.5:
            clean = f"{clean} {syntax.call_in_string.format(self.name(), self.name())}"
        return clean.strip() or self.name()

    def _words(self, count: int, odd_share: float) -> str:
        words = []
        for _ in range(count):
            if self.rng.random() < odd_share:
                words.append(self.rng.choice(_ODD).format(self.name(), self.name()))
            else:
                words.append(self.name() if self.rng.random() < 0.3 else self.rng.choice(_WORDS.split()))
        text = " ".join(words)
        return text[:1].upper() + text[1:] if self.rng.random() < 0.3 else text
