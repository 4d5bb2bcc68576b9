"""Other programs that say something about the lines of a text, each run over the same files on one core."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tree_sitter import Parser

from linewise.features.languages import LANGUAGES, language_named
from linewise.training.corpus.storage import SourceFile
from linewise.training.grammars import load_grammar
from linewise.training.oracle.labelling import label_file
from linewise.training.oracle.profiles import profile_of


@dataclass(frozen=True, slots=True)
class Rival:
    """A program to compare with: its name, what it says of a line, and how it is run over some files."""

    name: str
    says: str
    run: Callable[[], object]


def rivals(files: Sequence[SourceFile], folder: Path) -> list[Rival]:
    """All rivals that are installed.

    Args:
        files: the files that each is to read.
        folder: an empty folder, into which the files are written for programs that read from there.
    """
    found = [
        Rival("tree-sitter, parse alone", "a tree of nodes, no labels", _parse(files)),
        Rival("tree-sitter, parse and labels", "the same labels, of whole files that parse", _oracle(files)),
    ]
    pygments = _pygments(files)
    if pygments is not None:
        found.append(Rival("Pygments", "a kind for each token", pygments))
    if shutil.which("cloc"):
        found.append(Rival("cloc", "code, comment or blank, as totals", _cloc(files, folder)))
    return found


def _parse(files: Sequence[SourceFile]) -> Callable[[], None]:
    parsers: dict[str, Parser] = {}
    for language in {file.language for file in files}:
        dialect = profile_of(language).dialects[0]
        parsers[language] = Parser(load_grammar(dialect.module, dialect.function))

    def run() -> None:
        for file in files:
            parsers[file.language].parse(file.data)

    return run


def _oracle(files: Sequence[SourceFile]) -> Callable[[], None]:
    def run() -> None:
        for file in files:
            label_file(file.data, file.language, file_name=file.path)

    return run


def _pygments(files: Sequence[SourceFile]) -> Callable[[], None] | None:
    try:
        from pygments.lexers import get_lexer_by_name  # noqa: PLC0415
    except ImportError:
        return None
    lexers = {language.name: get_lexer_by_name(language.name) for language in LANGUAGES}
    texts = [(lexers[file.language], file.data.decode("utf-8", "replace")) for file in files]

    def run() -> None:
        for lexer, text in texts:
            for _ in lexer.get_tokens(text):
                pass

    return run


def _cloc(files: Sequence[SourceFile], folder: Path) -> Callable[[], None]:
    for index, file in enumerate(files):
        extension = Path(file.path).suffix or language_named(file.language).extensions[0]
        (folder / f"{index}{extension}").write_bytes(file.data)

    def run() -> None:
        with tempfile.TemporaryFile() as output:
            subprocess.run(["cloc", "--quiet", "--skip-uniqueness", str(folder)], check=True, stdout=output)

    return run
