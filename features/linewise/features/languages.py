"""The languages the model was trained on, and how a file's name tells one of them."""

from __future__ import annotations

from dataclasses import dataclass


class UnknownLanguageError(ValueError):
    """A language name that linewise does not know; the message names it and those it knows."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its name in every answer, its title for people, and the file names that tell it."""

    name: str
    title: str
    extensions: tuple[str, ...]
    file_names: tuple[str, ...] = ()
    interpreters: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


# `.h` is C here: by far most of the headers met in the wild that are C++ are read alike line by line.
LANGUAGES: tuple[Language, ...] = (
    Language(
        "bash",
        "Bash",
        (".sh", ".bash", ".bats", ".ksh", ".zsh"),
        (".bashrc", ".bash_profile", ".profile", ".zshrc"),
        ("sh", "bash", "dash", "ksh", "zsh", "bats"),
        ("sh", "shell", "zsh"),
    ),
    Language("c", "C", (".c", ".h")),
    Language(
        "cpp",
        "C++",
        (".cc", ".cpp", ".cxx", ".c++", ".hpp", ".hh", ".hxx", ".inl", ".ipp", ".tpp"),
        aliases=("c++", "cxx"),
    ),
    Language("csharp", "C#", (".cs", ".csx"), aliases=("c#", "cs")),
    Language("go", "Go", (".go",), aliases=("golang",)),
    Language("java", "Java", (".java",)),
    Language("javascript", "JavaScript", (".js", ".jsx", ".mjs", ".cjs"), (), ("node", "nodejs"), ("js", "jsx")),
    Language("kotlin", "Kotlin", (".kt", ".kts"), aliases=("kt",)),
    Language("lua", "Lua", (".lua", ".rockspec"), (), ("lua", "luajit", "texlua")),
    Language("php", "PHP", (".php", ".phtml", ".php5", ".inc"), (), ("php",)),
    Language(
        "python",
        "Python",
        (".py", ".pyi", ".pyw"),
        ("SConstruct", "SConscript", "wscript"),
        ("python", "python2", "python3", "pypy", "pypy3"),
        ("py",),
    ),
    Language(
        "ruby",
        "Ruby",
        (".rb", ".rake", ".gemspec", ".ru"),
        ("Rakefile", "Gemfile", "Vagrantfile", "Podfile"),
        ("ruby", "jruby"),
        ("rb",),
    ),
    Language("rust", "Rust", (".rs",), aliases=("rs",)),
    Language("scala", "Scala", (".scala", ".sc", ".sbt"), (), ("scala",)),
    Language("swift", "Swift", (".swift",)),
    Language(
        "typescript",
        "TypeScript",
        (".ts", ".tsx", ".mts", ".cts"),
        (),
        ("deno", "ts-node", "tsx"),
        ("ts", "tsx"),
    ),
)

LANGUAGE_NAMES: tuple[str, ...] = tuple(language.name for language in LANGUAGES)
LANGUAGE_INDEX: dict[str, int] = {name: index for index, name in enumerate(LANGUAGE_NAMES)}
_BY_NAME = {name: language for language in LANGUAGES for name in (language.name, *language.aliases)}
_BY_EXTENSION = {extension: language for language in LANGUAGES for extension in language.extensions}
_BY_FILE_NAME = {name: language for language in LANGUAGES for name in language.file_names}
_BY_INTERPRETER = {name: language for language in LANGUAGES for name in language.interpreters}


def language_named(name: str) -> Language:
    """The language of that name or alias, in any case; raises UnknownLanguageError."""
    try:
        return _BY_NAME[name.strip().lower()]
    except KeyError:
        known = ", ".join(LANGUAGE_NAMES)
        raise UnknownLanguageError(f"unknown language {name[:40]!r}; known are {known}") from None


def language_of_file_name(file_name: str) -> Language | None:
    """The language that a path or file name tells, or None where it tells none."""
    name = file_name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    suffix = dot + extension.lower() if stem else ""
    return _BY_FILE_NAME.get(name) or _BY_EXTENSION.get(suffix)


def language_of_shebang(first_line: bytes) -> Language | None:
    """The language that a ``#!`` line names, or None. `#!/usr/bin/env -S python3.11 -u` tells Python."""
    if not first_line.startswith(b"#!"):
        return None
    for word in first_line[2:200].decode("ascii", "replace").split():
        program = word.rsplit("/", 1)[-1]
        if program == "env" or program.startswith("-") or "=" in program:
            continue
        return _BY_INTERPRETER.get(program) or _BY_INTERPRETER.get(program.rstrip("0123456789."))
    return None
