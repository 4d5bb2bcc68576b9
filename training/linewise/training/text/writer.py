"""Writes one line of generated text: a pattern with slots in, the filled line out.

Every value comes from one seeded generator and one vocabulary, so a seed fixes the text.

::

    {time:%H:%M:%S} {one:INFO|WARN~<5} [{pascal}] {verb} {n=snake} took {int:1-900} ms, {=n} is now {adj}
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from .patterns import Slot, SlotError, alternatives, parts_of
from .words import Vocabulary

_FIRST_DAY = datetime(2014, 1, 1, tzinfo=UTC)
_DAYS = 4600
_EXTENSIONS = ("txt", "json", "log", "xml", "cfg", "py", "js", "c", "h", "go", "rs", "java", "rb", "ts", "md")
_TOP_DOMAINS = ("com", "org", "net", "io", "dev", "local", "internal", "example")
_FOLDERS = ("src", "lib", "core", "app", "internal", "pkg", "tests", "server", "client", "main", "utils", "api")
_ROOTS = ("/usr/lib", "/opt", "/home", "/var/lib", "/srv", "/tmp", "/usr/local/share", "/app", "/etc")


class Writer:
    """Fills patterns; its clock moves on and its variables stay from line to line of one document."""

    def __init__(self, rng: random.Random, words: Vocabulary) -> None:
        """Start a document.

        Args:
            rng: the only source of chance.
            words: the vocabulary of the document's split.
        """
        self.rng = rng
        self.words = words
        self._now = _FIRST_DAY + timedelta(days=rng.randrange(_DAYS), seconds=rng.randrange(86_400))
        self._pace = 10 ** rng.uniform(-2, 2.5)
        self._variables: dict[str, str] = {}
        self._slots: dict[str, Callable[[str], str]] = _slots(self)

    def fill(self, pattern: str) -> str:
        """The pattern with every slot filled; raises SlotError."""
        return "".join(part if isinstance(part, str) else self._value(part, pattern) for part in parts_of(pattern))

    def _value(self, slot: Slot, pattern: str) -> str:
        if slot.recalled:
            if slot.name not in self._variables:
                raise SlotError(f"variable {slot.name!r} is not set in {pattern!r}")
            value = self._variables[slot.name]
        else:
            method = self._slots.get(slot.name)
            if method is None:
                raise SlotError(f"nothing fills {slot.name!r} in {pattern!r}")
            value = method(slot.argument)
            if slot.variable:
                self._variables[slot.variable] = value
        return format(value, slot.padding) if slot.padding else value

    # Words and the names built from them.

    def word(self, kind: str) -> str:
        """Any word of a kind."""
        return self.rng.choice(self.words.words[kind])

    def terms(self) -> list[str]:
        """One to three words that make a name."""
        first = self.rng.choice(("verbs", "nouns", "adjectives", "nouns"))
        middle = ["nouns"] if self.rng.random() < 0.25 else []
        kinds = ["nouns"] if self.rng.random() < 0.25 else [first, *middle, "nouns"]
        return [self.word(kind).replace("-", "") for kind in kinds]

    def name(self, style: str) -> str:
        """A name of one to three words in a style: snake, kebab, camel, pascal, const, dotted or flat."""
        terms = self.terms()
        match style:
            case "snake":
                return "_".join(terms)
            case "kebab":
                return "-".join(terms)
            case "camel":
                return terms[0] + "".join(term.capitalize() for term in terms[1:])
            case "pascal":
                return "".join(term.capitalize() for term in terms)
            case "const":
                return "_".join(terms).upper()
            case "dotted":
                return ".".join([*terms, self.word("nouns")])
            case _:
                return "".join(terms)

    def path(self, extension: str) -> str:
        """A relative path, zero to three folders deep."""
        folders = [
            self.rng.choice(_FOLDERS) if self.rng.random() < 0.4 else self.word("nouns")
            for _ in range(self.rng.randrange(4))
        ]
        return "/".join([*folders, self.file(extension)])

    def file(self, extension: str) -> str:
        """A file name; without an argument of any extension."""
        stem = self.name(self.rng.choice(("snake", "snake", "kebab", "pascal", "flat")))
        return f"{stem}.{extension or self.rng.choice(_EXTENSIONS)}"

    def absolute(self, extension: str) -> str:
        """An absolute path of Unix."""
        return f"{self.rng.choice(_ROOTS)}/{self.word('nouns')}/{self.path(extension)}"

    def host(self, _: str) -> str:
        """A host name, short or full."""
        short = self.word("nouns") + self.rng.choice(("", "-", "")) + self.rng.choice(("", "1", "02", "prod", "a"))
        return short if self.rng.random() < 0.5 else f"{short.strip('-')}.{self.domain('')}"

    def domain(self, _: str) -> str:
        """A domain of two parts."""
        return f"{self.name(self.rng.choice(('flat', 'kebab')))}.{self.rng.choice(_TOP_DOMAINS)}"

    def email(self, _: str) -> str:
        """A mail address."""
        user = self.rng.choice((self.word("people"), f"{self.word('people')}.{self.word('families')}"))
        return f"{user.lower()}@{self.domain('')}"

    # Numbers and times.

    def integer(self, argument: str) -> str:
        """A whole number in ``low-high``; the many small ones are as likely as the few large ones."""
        low, _, high = (argument or "0-1000").partition("-")
        first, last = int(low), int(high or low)
        if last - first > 1000:
            return str(first + int((last - first + 1) ** self.rng.random()) - 1)
        return str(self.rng.randint(first, last))

    def decimal(self, argument: str) -> str:
        """A number in ``low-high`` with one to three decimals, or as many as a third part says."""
        parts = (argument or "0-100").split("-")
        digits = int(parts[2]) if len(parts) > 2 else self.rng.randint(1, 3)
        return f"{self.rng.uniform(float(parts[0]), float(parts[1])):.{digits}f}"

    def hexadecimal(self, argument: str) -> str:
        """Hexadecimal digits, as many as the argument says (8)."""
        digits = int(argument or 8)
        return f"{self.rng.getrandbits(4 * digits):0{digits}x}"

    def time(self, form: str) -> str:
        """A moment in strftime's form, ``%L`` for milliseconds; every call is a little later than the last."""
        self._now += timedelta(seconds=self.rng.expovariate(1 / self._pace))
        form = (form or "%Y-%m-%d %H:%M:%S").replace("%L", f"{self._now.microsecond // 1000:03d}")
        return self._now.strftime(form)

    def carets(self, argument: str) -> str:
        """Blanks and the underline that a compiler draws; the argument is the mark, else of the usual ones."""
        mark = argument or self.rng.choice(("^", "^", "~", "-"))
        body = mark * self.rng.randint(1, 24) if mark != "^" or self.rng.random() < 0.5 else "^"
        tail = "~" * self.rng.randint(1, 12) if body == "^" and self.rng.random() < 0.4 else ""
        return " " * self.rng.randint(0, 40) + body + tail

    # Sentences and quoted code.

    def phrase(self, _: str = "") -> str:
        """A short noun phrase."""
        phrase = f"{self.word('adjectives')} {self.word('nouns')}" if self.rng.random() < 0.5 else self.word("nouns")
        return f"{self.word('nouns')} {phrase}" if self.rng.random() < 0.15 else phrase

    def sentence(self, _: str = "") -> str:
        """A sentence of the split's prose, or a composed one."""
        if self.words.prose and self.rng.random() < 0.75:
            return self.rng.choice(self.words.prose)
        return self._compose()

    def _compose(self) -> str:
        text = self.fill(self.word("sentences"))
        return text[:1].upper() + text[1:]

    def code(self, language: str) -> str:
        """A visible line of the split's code in a language, without its indentation."""
        lines = self.code_lines(language, 1)
        return lines[0].strip() or self._invented_code()

    def code_lines(self, language: str, count: int) -> Sequence[str]:
        """Consecutive lines of the split's code in a language (of any, where it is empty)."""
        pools = self.words.code
        pool = pools.get(language) or (pools[self.rng.choice(sorted(pools))] if pools else ())
        if len(pool) <= count:
            return [self._invented_code() for _ in range(count)]
        start = self.rng.randrange(len(pool) - count)
        return pool[start : start + count]

    def _invented_code(self) -> str:
        return self.fill(self.rng.choice(_INVENTED_CODE))


_INVENTED_CODE = (
    "{snake} = {snake}({snake}, {int})",
    "if ({camel} == null) return {camel};",
    "{camel}.{camel}({camel});",
    "return {snake}[{int:0-9}]",
    "const {camel} = await {camel}({camel});",
    "{pascal} {camel} = new {pascal}({int});",
)


def _slots(writer: Writer) -> dict[str, Callable[[str], str]]:
    """What each slot's name calls; every value takes the slot's argument, empty where there is none."""
    rng, fill, name = writer.rng, writer.fill, writer.name

    def of(pattern: str) -> Callable[[str], str]:
        return lambda _: fill(pattern)

    def one(argument: str) -> str:
        return fill(rng.choice(alternatives(argument)))

    return {
        "noun": lambda _: writer.word("nouns"),
        "Noun": lambda _: writer.word("nouns").capitalize(),
        "verb": lambda _: writer.word("verbs"),
        "Verb": lambda _: writer.word("verbs").capitalize(),
        "adj": lambda _: writer.word("adjectives"),
        "first": lambda _: writer.word("people"),
        "family": lambda _: writer.word("families"),
        "person": of("{first} {family}"),
        "login": lambda _: fill(rng.choice(("{first}", "{first}{int:1-99}", "{family}", "{noun}{family}"))).lower(),
        "snake": lambda _: name("snake"),
        "kebab": lambda _: name("kebab"),
        "camel": lambda _: name("camel"),
        "pascal": lambda _: name("pascal"),
        "const": lambda _: name("const"),
        "dotted": lambda _: name("dotted"),
        "flat": lambda _: name("flat"),
        "package": of("{one:com|org|io|net|dev}.{flat}.{noun}.{noun}"),
        "path": writer.path,
        "file": writer.file,
        "abs": writer.absolute,
        "dir": lambda _: writer.path("").rpartition("/")[0] or writer.word("nouns"),
        "win": lambda a: "C:\\" + writer.path(a).replace("/", "\\"),
        "url": lambda _: fill(rng.choice(("https://{domain}/{noun}/{kebab}", "http://{host}:{port}/{noun}"))),
        "urlpath": lambda _: fill(
            rng.choice(("/{noun}", "/api/v{int:1-3}/{noun}s/{int:1-90000}", "/{noun}/{kebab}", "/{noun}?{noun}={int}"))
        ),
        "host": writer.host,
        "domain": writer.domain,
        "email": writer.email,
        "ip": lambda _: ".".join(str(rng.randrange(1, 255)) for _ in range(4)),
        "port": lambda _: rng.choice(("80", "443", "8080", "5432", "6379", str(rng.randrange(1024, 65536)))),
        "int": writer.integer,
        "float": writer.decimal,
        "hex": writer.hexadecimal,
        "HEX": lambda a: writer.hexadecimal(a).upper(),
        "uuid": of("{hex:8}-{hex:4}-4{hex:3}-a{hex:3}-{hex:12}"),
        "version": lambda _: fill(rng.choice(("{int:0-9}.{int:0-30}.{int:0-20}", "{int:1-20}.{int:0-9}"))),
        "size": of("{float:0-900}{one: kB| MB| KiB| MiB|k|M| bytes|G}"),
        "time": writer.time,
        "carets": writer.carets,
        "phrase": writer.phrase,
        "sentence": writer.sentence,
        "code": writer.code,
        "one": one,
        "msg": lambda _: fill(writer.word("messages")),
        "error": lambda _: fill(writer.word("errors")),
        "exception": lambda _: fill(writer.word("exceptions")),
        "throwable": lambda _: fill(writer.word("throwables")),
        "sp": lambda a: " " * int(a or 1),
        "lb": lambda _: "{",
        "rb": lambda _: "}",
    }
