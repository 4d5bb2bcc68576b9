"""The truth of languages that no training data holds, for the benchmark alone.

The model knows nothing of them, so they are none of its vocabulary; their queries and profiles are for testing, and
read like those of its own languages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from linewise.features.lines import split_lines

from ..grammars import Dialect
from .labelling import Truth, _label
from .profile import SLASHED_DOCUMENTATION, Profile


@dataclass(frozen=True, slots=True)
class UnseenLanguage:
    """One language: its title for people, its files' extensions, and whether a trained language is close to it."""

    name: str
    title: str
    extensions: frozenset[str]
    close: bool
    profile: Profile


def _unseen(
    name: str,
    title: str,
    extensions: str,
    module: str,
    containers: str,
    *,
    close: bool,
    documentation: bytes | None = None,
) -> UnseenLanguage:
    profile = Profile(
        name,
        (Dialect(name, module, (f"unseen/{name}",)),),
        frozenset(containers.split()),
        re.compile(documentation) if documentation else None,
    )
    return UnseenLanguage(name, title, frozenset(extensions.split()), close, profile)


UNSEEN = {
    language.name: language
    for language in (
        _unseen(
            "objective-c",
            "Objective-C",
            ".m",
            "tree_sitter_language_pack.bindings.objc",
            "class_implementation implementation_definition class_interface protocol_declaration "
            "qualified_protocol_interface_declaration preproc_if preproc_ifdef preproc_else preproc_elif",
            close=True,
            documentation=SLASHED_DOCUMENTATION,
        ),
        _unseen(
            "dart",
            "Dart",
            ".dart",
            "tree_sitter_language_pack.bindings.dart",
            "class_definition class_body mixin_declaration extension_declaration extension_body",
            close=True,
            documentation=SLASHED_DOCUMENTATION,
        ),
        _unseen(
            "zig",
            "Zig",
            ".zig",
            "tree_sitter_language_pack.bindings.zig",
            "Decl VarDecl ErrorUnionExpr SuffixExpr ContainerDecl",
            close=True,
            documentation=SLASHED_DOCUMENTATION,
        ),
        _unseen(
            "julia",
            "Julia",
            ".jl",
            "tree_sitter_language_pack.bindings.julia",
            "module_definition block struct_definition",
            close=False,
        ),
        _unseen(
            "perl",
            "Perl",
            ".pl .pm .t",
            "tree_sitter_language_pack.bindings.perl",
            "package_statement",
            close=False,
            documentation=rb"=",
        ),
        _unseen(
            "r",
            "R",
            ".R .r",
            "tree_sitter_language_pack.bindings.r",
            "",
            close=False,
            documentation=rb"#'",
        ),
    )
}


def label_unseen(data: bytes, name: str) -> Truth:
    """The true labels of a file in a language that the model was not trained on.

    Raises:
        KeyError: the language is none of `UNSEEN`.
        GrammarError: its grammar is not installed.
    """
    profile = UNSEEN[name].profile
    (dialect,) = profile.dialects
    return _label(data, split_lines(data), dialect, profile)
