"""A text of C or C++ as its grammar would like to see it: without the macros and directives that tear syntax apart.

The grammars read source before the preprocessor has run. Two things defeat them: conditional blocks whose
branches are no whole statements, and macros that stand where no name may. Both are taken out of a copy of the
text, byte for byte, so that every position stays; what a line says is read off the original all the same.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from .conditional_blocks import Token, blank_out, without_torn_blocks
from .mended import Mended

_LEXEME = re.compile(
    rb"""(?P<comment>//(?:\\\r?\n|[^\n])*|/\*.*?(?:\*/|\Z))
    |(?P<directive>^[ \t]*\#(?:\\\r?\n|"(?:\\.|[^"\\\n])*"|/\*.*?\*/|[^\n])*)
    |(?P<string>(?:u8|[uUL])?R"(?P<raw>[^()\\\s]{0,16})\(.*?\)(?P=raw)"|(?:u8|[uUL])?"(?:\\.|[^"\\\n])*"?
        |[uUL]?'(?:\\.|[^'\\\n])*'?)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<number>\.?\d(?:[eEpP][+-]|[\w.]|'(?=\w))*)
    |(?P<sign>::|->|\+\+|--|&&|\|\||[=!<>]=|[^\s\w])""",
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_MACRO = re.compile(rb"_{0,2}[A-Z][A-Z0-9_]+|__\w+__?|ngx_\w*decl|__\w+")
_HEAD_MACRO = re.compile(
    rb"\b((?:class|struct|union)[ \t]+)([A-Za-z_]\w*(?:\([^()\n]*\))?)(?=\s+(?:\[\[[^\]\n]*\]\]\s*)?(?!final\b)"
    rb"[A-Za-z_]\w*(?:\s+final)?\s*(?:\{|:\s*[A-Za-z_]))"
)
_EACH = re.compile(rb"\w*(for_?each|FOR_?EACH)\w*")
_FORMAT = re.compile(rb"_{0,2}[A-Z][A-Z0-9_]+|(PRI|SCN)[a-zA-Z0-9]+")
_WORDS = {
    "builtin": b"void char short int long float double signed unsigned bool _Bool auto __int64 size_t wchar_t",
    "qualifier": b"static extern inline const volatile register constexpr virtual explicit friend typename mutable "
    b"thread_local __inline __inline__ __forceinline __attribute__ __attribute __declspec __extension__ "
    b"__restrict __restrict__ __cdecl __stdcall __fastcall __thiscall __volatile__ __const typedef template "
    b"consteval constinit _Noreturn _Thread_local __thread",
    "record": b"struct class union enum",
    "control": b"if else for while do switch case default break continue return goto try catch throw new delete "
    b"using namespace public private protected operator sizeof alignof asm __asm__ __asm static_assert "
    b"_Static_assert co_return co_yield co_await requires concept decltype alignas __try __except __finally "
    b"__alignof__ __typeof__ typeof this nullptr true false",
    "after": b"const volatile override final noexcept mutable",
}
_BUILTIN, _QUALIFIER, _RECORD, _CONTROL, _AFTER = (frozenset(words.split()) for words in _WORDS.values())
_NO_TYPES = _QUALIFIER | _RECORD | _CONTROL
_NO_NAMES = _NO_TYPES | _BUILTIN
_BOUNDARY = frozenset((b"", b";", b"{", b"}", b":"))
_OPERATORS = frozenset((b"==", b"!=", b"<=", b">=", b"<", b">", b"&&", b"||", b"&", b"|", b"+", b"-", b"=", b"^"))


def without_head_macros(data: bytes) -> bytes:
    """Blank the export macros of class heads: `class API Name {` parses, but as a function."""
    return _HEAD_MACRO.sub(lambda head: head[1] + b" " * len(head[2]), data)


def mend(data: bytes) -> Mended:
    """Take out of a text of C or C++ what its grammar chokes on."""
    source = bytearray(data)
    tokens = [
        Token(match.lastgroup or "sign", match[0], match.start(), match.end())
        for match in _LEXEME.finditer(data)
        if match.lastgroup != "comment"
    ]
    tokens = [Token("string", t.text, t.start, t.end) if t.kind == "raw" else t for t in tokens]
    directives, lost, tokens = without_torn_blocks(tokens, source)
    _comments_in_definitions(tokens, source)
    _Macros([token for token in tokens if token.kind != "directive"], source, _directive_ends(tokens)).mend()
    return Mended(bytes(source), tuple(directives), lost=tuple(lost))


def _directive_ends(tokens: list[Token]) -> list[int]:
    return [token.end for token in tokens if token.kind == "directive"]


def _comments_in_definitions(tokens: list[Token], source: bytearray) -> None:
    """A comment in the midst of a replacement text ends it, to the grammar."""
    for token in tokens:
        if token.kind != "directive" or b"/*" not in token.text or b"define" not in token.text[:20]:
            continue
        value = re.match(rb"[ \t]*#[ \t]*define[ \t]+\w+(\([^)]*\))?[ \t]+(?!/[*/])\S", token.text)
        if value is None:
            continue
        for comment in re.finditer(rb'"(?:\\.|[^"\\\n])*"|/\*.*?\*/', token.text, re.DOTALL):
            rest = token.text[comment.end() :].strip(b" \t\r\n\\")
            amid = comment.start() >= value.end() - 1 and comment[0][:1] == b"/" and rest
            if amid and (b"\n" not in comment[0] or b"\\\n" in comment[0]):
                at = token.start + comment.start()
                _blank_comment(source, at, at + len(comment[0]))


def _blank_comment(source: bytearray, start: int, end: int) -> None:
    source[start:end] = re.sub(rb"[^\s\\]|\\(?!\r?\n)", b" ", bytes(source[start:end]))


class _Macros:
    """Takes out macros by what stands around them: declarations with too many names, lone words, odd arguments."""

    def __init__(self, tokens: list[Token], source: bytearray, directive_ends: list[int]) -> None:
        self._tokens = [*tokens, *(Token("end", b"", len(source), len(source)),) * 3]
        self._source = source
        self._directive_ends = directive_ends
        self._partner = self._partners()
        self._starts: set[int] = set()  # tokens that begin a statement since what stood before was changed
        self._record_bodies: set[int] = set()
        self._called_to = -1  # up to where arguments are a macro's

    def _partners(self) -> dict[int, int]:
        partner: dict[int, int] = {}
        stack: list[int] = []
        for at, token in enumerate(self._tokens):
            if token.text in (b"(", b"{"):
                stack.append(at)
            elif token.text in (b")", b"}"):
                opener = b"(" if token.text == b")" else b"{"
                while stack and self._tokens[stack[-1]].text != opener:
                    if opener == b"(":
                        break
                    stack.pop()
                if stack and self._tokens[stack[-1]].text == opener:
                    partner[stack.pop()] = at
        return partner

    def mend(self) -> None:
        tokens = self._tokens
        blocks: list[bool] = []  # of each open brace, whether it holds statements
        at = 0
        while at < len(tokens) - 3:
            token = tokens[at]
            before = tokens[at - 1].text if at else b""
            if token.text == b"{":
                after_head = before == b")" or before in _AFTER or before in (b"else", b"do", b"try")
                after_head = after_head and at not in self._record_bodies
                blocks.append(after_head or (bool(blocks) and blocks[-1] and before in _BOUNDARY))
            elif token.text == b"}":
                if blocks:
                    blocks.pop()
            elif token.kind == "string":
                self._beside_string(at)
            elif token.text in _OPERATORS and before in (b"(", b",") and tokens[at + 1].text in (b",", b")"):
                self._replace(at, b"0")
            elif token.kind == "word":
                starts = before in _BOUNDARY or before in (b"else", b"do") or at in self._starts
                if starts or self._follows_directive(at):
                    at = self._statement(at, bool(blocks) and blocks[-1])
                    continue
                self._word(at, before, at <= self._called_to or (bool(blocks) and blocks[-1]))
            elif token.text == b"," and (before == b"(" or tokens[at + 1].text == b")"):
                self._drop(at, at)
            at += 1

    def _follows_directive(self, at: int) -> bool:
        ends = self._directive_ends
        found = bisect_right(ends, self._tokens[at].start) - 1
        return found >= 0 and (at == 0 or ends[found] > self._tokens[at - 1].start)

    def _replace(self, at: int, text: bytes) -> None:
        token = self._tokens[at]
        self._source[token.start : token.end] = text.ljust(token.end - token.start)

    def _drop(self, at: int, last: int) -> None:
        blank_out(self._source, self._tokens[at].start, self._tokens[last].end)

    def _is_macro(self, at: int) -> bool:
        token = self._tokens[at]
        return (
            token.kind == "word"
            and token.text not in _QUALIFIER
            and token.text not in _CONTROL
            and token.text not in _BUILTIN
            and _MACRO.fullmatch(token.text) is not None
        )

    def _beside_string(self, at: int) -> None:
        tokens = self._tokens
        following = tokens[at + 1]
        if following.kind == "word" and _FORMAT.fullmatch(following.text) and tokens[at + 2].text != b"(":
            self._drop(at + 1, at + 1)
        leads = at >= 2 and tokens[at - 1].kind == "word" and tokens[at - 2].text in (b"(", b",", b"=", b"return")
        if leads and _FORMAT.fullmatch(tokens[at - 1].text):
            self._drop(at - 1, at - 1)

    def _type_argument(self, at: int, in_block: bool) -> None:
        """`f(struct a *, int)` is a call to no grammar: make names of the types."""
        tokens = self._tokens
        if not in_block:
            return
        end = at
        if tokens[at].text in _RECORD and tokens[at + 1].kind == "word":
            end = at + 2
        elif tokens[at].text in _BUILTIN or tokens[at].text == b"const":
            while tokens[end].text in _BUILTIN or tokens[end].text == b"const":
                end += 1
        elif tokens[at + 1].text == b"*":
            end = at + 1
        else:
            return
        stars = end
        while tokens[stars].text == b"*":
            stars += 1
        alone = tokens[at - 1].text == b"(" and tokens[stars].text == b")"
        if tokens[stars].text not in (b",", b")") or (alone and not self._calls(at - 1)):
            return
        if tokens[at].text in _RECORD:
            self._drop(at, at)
        elif tokens[at].text in _BUILTIN or tokens[at].text == b"const":
            self._replace(at, tokens[at].text.upper())
            for extra in range(at + 1, end):
                self._drop(extra, extra)
        for extra in range(end, stars):
            self._drop(extra, extra)

    def _word(self, at: int, before: bytes, in_block: bool) -> None:
        """A word amid a statement: a macro beside what it is no operator to, or what the grammar has not."""
        tokens = self._tokens
        following = tokens[at + 1]
        if tokens[at].text == b"operator" and before in (b".", b"->"):
            while tokens[at + 1].kind == "sign" and tokens[at + 1].text not in (b"(", b";"):
                at += 1
                self._source[tokens[at].start : tokens[at].end] = b"_" * len(tokens[at].text)
        elif tokens[at].text == b"new" and following.kind == "word":
            at += 1
            while tokens[at].kind == "word" or tokens[at].text == b"::":
                at += 1
            while tokens[at].text == b"*":
                self._drop(at, at)
                at += 1
        elif tokens[at].text == b"offsetof" and following.text == b"(":
            for inner in range(at + 2, self._partner.get(at + 1, at)):
                if tokens[inner].text == b".":
                    self._replace(inner, b"_")
        elif self._is_macro(at) and (
            tokens[at - 1].kind == "number"
            or self._trails_parameter(at)
            or (before in (b"*", b"&") and following.kind == "word")
        ):
            self._drop(at, at)
        elif in_block and self._is_macro(at) and following.kind in ("word", "number"):
            if before in (b"=", b"return", b"==") or (before == b"(" and self._calls(at - 1)) or before == b",":
                self._drop(at, at)
        elif before in (b"(", b","):
            self._type_argument(at, in_block)

    def _trails_parameter(self, at: int) -> bool:
        """The macro of `const char *name UNUSED`, before a comma or parenthesis."""
        name, earlier = self._tokens[at - 1], self._tokens[at - 2]
        return (
            self._tokens[at + 1].text in (b",", b")")
            and name.kind == "word"
            and name.text not in _NO_NAMES
            and (earlier.text in (b"*", b"&") or (earlier.kind == "word" and earlier.text not in _NO_TYPES))
        )

    def _calls(self, opener: int) -> bool:
        word = self._tokens[opener - 1] if opener else self._tokens[-1]
        return word.kind == "word" and word.text not in _CONTROL and word.text not in _BUILTIN

    def _statement(self, at: int, in_block: bool) -> int:
        """Mend what begins with the word at ``at``; returns where to go on."""
        tokens = self._tokens
        first = tokens[at]
        if first.text in _CONTROL:
            return at + 1
        instance = at + (first.text == b"extern")
        if tokens[instance].text == b"template" and tokens[instance + 1].text in _RECORD:
            self._drop(at, instance)
            return instance + 1
        if tokens[at + 1].text == b"(" and at + 1 in self._partner:
            close = self._partner[at + 1]
            after = tokens[close + 1]
            if in_block and _EACH.fullmatch(first.text) and after.text != b";" and len(first.text) > 4:
                self._replace(at, b"while")
                return at + 1
            if self._is_macro(at) and close == at + 3 and tokens[at + 2].text in _RECORD:
                self._drop(at, at + 1)
                self._drop(close, close)
                return self._declaration(at + 2, in_block)
            ends = after.text == b"{" or (after.kind == "word" and not self._is_macro(at) and after.text not in _AFTER)
            if in_block and ends and first.text not in _QUALIFIER and after.start > tokens[close].end:
                self._end_statement(close)
                return at + 1
            if self._is_macro(at) and after.text == b";":
                self._called_to = close
                return at + 1
            if self._is_macro(at) and self._stands_alone(at, close, in_block):
                self._called_to = close
                self._end_statement(close)
                return at + 1
        elif self._is_macro(at) and self._stands_alone(at, at, in_block):
            self._drop(at, at)
            self._starts.add(at + 1)
            return at + 1
        return self._declaration(at, in_block)

    def _stands_alone(self, at: int, last: int, in_block: bool) -> bool:
        """The macro is all of its line, and what follows begins anew."""
        tokens = self._tokens
        following = tokens[last + 1]
        between = bytes(self._source[tokens[last].end : following.start])
        if b"\n" not in between and b"\r" not in between:
            return False
        if following.text in (b"}", b"") or self._follows_directive(last + 1):
            return at == 0 or tokens[at - 1].text not in (b"{",) or last > at
        if following.kind != "word":
            return following.text in (b"~", b"[", b"#")
        if last == at:
            fresh = following.text in _NO_NAMES or self._is_macro(last + 1)
            return fresh or self._words_ahead(last + 1) > 1
        return in_block or following.text in _CONTROL or self._words_ahead(last + 1) > 1

    def _words_ahead(self, at: int) -> int:
        """How many names and types a declaration that begins here has."""
        count = 0
        while self._tokens[at].kind == "word" or self._tokens[at].text in (b"*", b"&", b"::"):
            count += self._tokens[at].kind == "word"
            at += 1
        return count

    def _end_statement(self, last: int) -> None:
        end = self._tokens[last].end
        if self._tokens[last + 1].start > end and self._source[end] in b" \t\r\n":
            self._source[end] = ord(";")
            self._starts.add(last + 1)

    def _declaration(self, at: int, in_block: bool) -> int:
        tokens = self._tokens
        words: list[tuple[int, int]] = []  # first and last token of each name, macro arguments included
        end = at
        record: int | None = None
        builtin = False
        while True:
            token = tokens[end]
            if token.kind == "word" and token.text not in _CONTROL:
                last = end
                if tokens[end + 1].text == b"(" and self._is_macro(end) and end + 1 in self._partner:
                    close = self._partner[end + 1]
                    if tokens[close + 1].kind == "word" or (tokens[close + 1].text == b"*" and not in_block):
                        last = close
                if token.text in _RECORD:
                    record = len(words) if record is None else record
                elif token.text in _BUILTIN:
                    builtin = True
                elif token.text not in _QUALIFIER:
                    words.append((end, last))
                end = last + 1
            elif token.text in (b"*", b"&", b"&&", b")") and end > at:
                if token.text == b")" and self._source[token.start] == ord(")"):
                    break
                end += 1
            elif token.text == b"::" and tokens[end + 1].kind == "word":
                end += 2
            elif token.text == b"<" and end > at and (angle := self._angle(end)) is not None:
                end = angle + 1
            else:
                break
        if end == at:
            return at + 1
        terminator = tokens[end].text
        if record is not None and terminator in (b"{", b":"):
            names = [pair for pair in words[record:] if tokens[pair[0]].text not in (b"final", b"override")]
            for pair in names[:-1]:
                self._drop(*pair)
            body = end
            while tokens[body].text not in (b"{", b";", b""):
                body += 1
            self._record_bodies.add(body)
            return end
        if terminator not in (b"(", b";", b"=", b"[", b",", b"{"):
            return max(end, at + 1)
        pointed = terminator == b"(" and tokens[end + 1].text == b"*" and not in_block
        types = words if pointed else words[:-1]
        macros = [pair for pair in types if self._is_macro(pair[0])]
        needed = 0 if builtin else 1
        surplus = len(types) - (2 if record is not None else 1) + (1 - needed)
        plain = len(types) - len(macros)
        if surplus > 0 and macros:
            for pair in macros if plain >= needed else macros[:-1]:
                self._drop(*pair)
        if terminator == b"(" and end in self._partner and (types or builtin or not in_block):
            close = self._partner[end]
            self._after_parameters(self._partner.get(close + 1, close) + 1 if pointed else close + 1)
        return end

    def _angle(self, at: int) -> int | None:
        depth = 0
        for end, token in enumerate(self._tokens[at : at + 60], at):
            text = token.text
            if text == b"<":
                depth += 1
            elif text == b">":
                depth -= 1
                if depth == 0:
                    return end
            elif text in (b";", b"{", b"}", b"&&", b"||"):
                return None
        return None

    def _after_parameters(self, at: int) -> None:
        tokens = self._tokens
        found: list[tuple[int, int]] = []
        while True:
            if tokens[at].text in _AFTER:
                at += 1
            elif self._is_macro(at):
                last = self._partner[at + 1] if tokens[at + 1].text == b"(" and at + 1 in self._partner else at
                found.append((at, last))
                at = last + 1
            else:
                break
        if tokens[at].text in (b";", b"{", b"=", b":"):
            for pair in found:
                self._drop(*pair)
