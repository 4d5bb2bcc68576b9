"""What the edits must know of each language, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Syntax:
    """How one language writes what the edits put into a text.

    Attributes:
        marker: what begins a comment to the line's end.
        block: what begins and ends a comment of several lines, each on a line of its own.
        inline: what begins and ends a comment within a line.
        label: a loop's label, `{0}` being its name and `{1}` the loop's indentation.
        jump: what a jump to that label has behind it.
        quotes: the quotes of strings that run to the same quote.
        call_in_string: a call inside of a string of double quotes; its string may need a prefix.
        string_prefix: what must stand before such a string for that.
        bare_body: whether a statement without braces may be a body.
        ternary: an expression `{0}` made one of two by a name `{1}`.
        statement_end: what ends a statement on its line.
    """

    marker: str
    block: tuple[str, str] | None = ("/*", "*/")
    inline: tuple[str, str] | None = ("/*", "*/")
    label: str = ""
    jump: str = ""
    quotes: str = '"'
    call_in_string: str = ""
    string_prefix: str = ""
    bare_body: bool = False
    ternary: str = ""
    statement_end: str = ";"


_ECMA = Syntax(
    "//", label="{0}: ", jump=" {0}", quotes="\"'`", call_in_string="${{{0}({1})}}", string_prefix="`", bare_body=True,
    ternary="{1} ? {0} : null",
)  # fmt: skip
_C = Syntax("//", bare_body=True, ternary="{1} ? {0} : 0")

SYNTAX = {
    "bash": Syntax(
        "#", None, None, quotes="\"'", call_in_string="$({0} {1})", statement_end=""
    ),
    "c": _C,
    "cpp": _C,
    "csharp": Syntax(
        "//", call_in_string="{{{0}({1})}}", string_prefix="$", bare_body=True, ternary="{1} ? {0} : null"
    ),
    "go": Syntax("//", label="{0}:\n{1}", jump=" {0}", quotes="\"`", statement_end=""),
    "java": Syntax("//", label="{0}: ", jump=" {0}", bare_body=True, ternary="{1} ? {0} : null"),
    "javascript": _ECMA,
    "kotlin": Syntax(
        "//", label="{0}@ ", jump="@{0}", call_in_string="${{{0}({1})}}", ternary="if ({1}) {0} else null",
        statement_end="",
    ),
    "lua": Syntax("--", ("--[[", "]]"), ("--[[", "]]"), quotes="\"'", statement_end=""),
    "php": Syntax(
        "//", quotes="\"'", call_in_string="{{$this->{0}(${1})}}", bare_body=True, ternary="${1} ? {0} : null"
    ),
    "python": Syntax(
        "#", None, None, quotes="\"'", call_in_string="{{{0}({1})}}", string_prefix="f",
        ternary="{0} if {1} else None", statement_end="",
    ),
    "ruby": Syntax(
        "#", ("=begin", "=end"), None, quotes="\"'", call_in_string="#{{{0}({1})}}",
        ternary="{1} ? {0} : nil", statement_end="",
    ),
    "rust": Syntax("//", label="'{0}: ", jump=" '{0}", ternary="if {1} {{ {0} }} else {{ return }}"),
    "scala": Syntax("//", call_in_string="${{{0}({1})}}", string_prefix="s", statement_end=""),
    "swift": Syntax(
        "//", label="{0}: ", jump=" {0}", call_in_string="\\({0}({1}))", ternary="{1} ? {0} : nil", statement_end=""
    ),
    "typescript": _ECMA,
}  # fmt: skip
