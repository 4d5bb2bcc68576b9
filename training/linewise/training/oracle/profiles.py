"""The profiles of the languages that the model has names for, as plain data."""

from __future__ import annotations

import re
from collections.abc import Callable

from linewise.features.languages import language_named

from ..grammars import Dialect
from . import bash_text, c_text, csharp_text
from .errors import OracleError
from .further import FURTHER
from .mended import Mended
from .preparation import (
    mend_typescript,
    prepare_csharp,
    prepare_ecma,
    prepare_kotlin,
    prepare_lua,
    prepare_rust,
    prepare_swift,
)
from .profile import SLASHED_DOCUMENTATION, Profile


def _profile(
    language: str,
    containers: str,
    *dialects: Dialect,
    documentation: bytes | None = None,
    free_names_are_global: bool = False,
    prepare: Callable[[bytes], bytes] | None = None,
    mend: Callable[[bytes], Mended] | None = None,
    telling: bytes | None = None,
    one_line: str = "",
) -> Profile:
    return Profile(
        language,
        dialects or (Dialect(language, f"tree_sitter_{language}", (language,)),),
        frozenset(containers.split()),
        re.compile(documentation) if documentation else None,
        frozenset(one_line.split()),
        free_names_are_global,
        mend,
        prepare,
        re.compile(telling) if telling else None,
    )


_CPP_CONTAINERS = (
    "preproc_if preproc_ifdef preproc_else preproc_elif preproc_elifdef linkage_specification "
    "namespace_definition class_specifier struct_specifier declaration_list field_declaration_list "
    "template_declaration"
)
_C = Dialect("c", "tree_sitter_c", ("c_family", "c"))
_CPP = Dialect("cpp", "tree_sitter_cpp", ("c_family", "cpp"))
_ECMA_CONTAINERS = "export_statement class_declaration abstract_class_declaration class_body"

_PROFILES = {
    profile.language: profile
    for profile in (
        _profile("bash", "", free_names_are_global=True, one_line="command file_redirect", mend=bash_text.mend),
        # A header of C may be one of C++ by its content.
        _profile(
            "c",
            _CPP_CONTAINERS,
            _C,
            _CPP,
            documentation=SLASHED_DOCUMENTATION,
            prepare=c_text.without_head_macros,
            mend=c_text.mend,
        ),
        _profile(
            "cpp",
            _CPP_CONTAINERS,
            _CPP,
            documentation=SLASHED_DOCUMENTATION,
            prepare=c_text.without_head_macros,
            mend=c_text.mend,
        ),
        _profile(
            "csharp",
            "namespace_declaration file_scoped_namespace_declaration declaration_list class_declaration "
            "struct_declaration interface_declaration record_declaration preproc_if preproc_else "
            "preproc_elif",
            Dialect("csharp", "tree_sitter_c_sharp", ("csharp",)),
            documentation=SLASHED_DOCUMENTATION,
            prepare=prepare_csharp,
            mend=csharp_text.mend,
        ),
        _profile("go", ""),
        _profile(
            "java",
            "class_declaration class_body interface_declaration interface_body enum_declaration enum_body "
            "enum_body_declarations record_declaration",
            documentation=SLASHED_DOCUMENTATION,
        ),
        _profile(
            "javascript",
            _ECMA_CONTAINERS,
            Dialect("javascript", "tree_sitter_javascript", ("ecma", "jsx", "javascript")),
            documentation=SLASHED_DOCUMENTATION,
            prepare=prepare_ecma,
        ),
        _profile(
            "kotlin",
            "class_declaration object_declaration companion_object class_body enum_class_body",
            documentation=SLASHED_DOCUMENTATION,
            prepare=prepare_kotlin,
        ),
        _profile("lua", "", documentation=rb"---(?!-)", free_names_are_global=True, prepare=prepare_lua),
        _profile(
            "php",
            "namespace_definition compound_statement class_declaration interface_declaration "
            "trait_declaration enum_declaration declaration_list enum_declaration_list",
            Dialect("php", "tree_sitter_php", ("php",), "language_php"),
            documentation=SLASHED_DOCUMENTATION,
        ),
        # A function's body is a block too, but the function is met first.
        _profile("python", "class_definition block decorated_definition"),
        _profile("ruby", "module class singleton_class body_statement", documentation=rb"=begin\b"),
        _profile(
            "rust",
            "mod_item declaration_list impl_item trait_item",
            documentation=SLASHED_DOCUMENTATION,
            prepare=prepare_rust,
            telling=rb"\b(?:fn|for|while|loop|if|else|match|let|return|break|continue|struct|enum|union|impl|trait|type|"
            rb"static|const|mod|use|extern)\b|\||#!?\[",
        ),
        _profile(
            "scala",
            "package_clause class_definition object_definition trait_definition template_body "
            "enum_definition enum_body",
            documentation=SLASHED_DOCUMENTATION,
        ),
        _profile(
            "swift",
            "class_declaration class_body protocol_declaration protocol_body enum_class_body",
            documentation=SLASHED_DOCUMENTATION,
            prepare=prepare_swift,
        ),
        _profile(
            "typescript",
            f"{_ECMA_CONTAINERS} interface_declaration interface_body internal_module module statement_block "
            "ambient_declaration expression_statement",
            Dialect(
                "typescript",
                "tree_sitter_typescript",
                ("ecma", "typescript"),
                "language_typescript",
                (".ts",),
            ),
            Dialect(
                "tsx",
                "tree_sitter_typescript",
                ("ecma", "jsx", "typescript"),
                "language_tsx",
                (".tsx", ".jsx"),
            ),
            documentation=SLASHED_DOCUMENTATION,
            prepare=prepare_ecma,
            mend=mend_typescript,
        ),
    )
}


def profile_of(language: str) -> Profile:
    """The profile of a language, by name or alias; of a further one by its name.

    Raises:
        UnknownLanguageError: it is none of linewise's languages.
        OracleError: the oracle has no profile of it.
    """
    if language in FURTHER:
        return FURTHER[language]
    name = language_named(language).name
    try:
        return _PROFILES[name]
    except KeyError:
        raise OracleError(f"the oracle has no profile of {name}") from None
