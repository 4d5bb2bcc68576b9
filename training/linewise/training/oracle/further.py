"""Languages that the model learns from without having a name for them.

They show it what code may look like outside of its own languages: their files train the line network and the context
networks, never the layer that tells languages, so each is read as a language that the model does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ..grammars import Dialect
from .haskell_text import prepare_haskell
from .preparation import prepare_matlab
from .profile import SLASHED_DOCUMENTATION, Profile


def _further(
    name: str,
    containers: str = "",
    documentation: bytes | None = None,
    *,
    prepare: Callable[[bytes], bytes] | None = None,
) -> Profile:
    """A profile.

    Args:
        name: the language, as the manifest names it and the language pack names its grammar.
        containers: node types that merely hold definitions.
        documentation: matched where a comment begins: is it documentation?
        prepare: rewrites a text before it is parsed, every byte keeping its place.
    """
    return Profile(
        name,
        (Dialect(name, f"tree_sitter_language_pack.bindings.{name}", (f"further/{name}",)),),
        frozenset(containers.split()),
        re.compile(documentation) if documentation else None,
        prepare=prepare,
    )


FURTHER = {
    profile.language: profile
    for profile in (
        _further(
            "ada",
            "compilation compilation_unit package_body package_declaration generic_package_declaration "
            "non_empty_declarative_part",
        ),
        _further(
            "d",
            "module_def aggregate_body class_declaration struct_declaration union_declaration interface_declaration "
            "conditional_declaration template_declaration mixin_template_declaration",
            rb"/\*\*(?!/)|/\+\+(?!/)|///(?!/)",
        ),
        _further("elisp"),
        _further("elixir"),
        _further("erlang"),
        _further(
            "fortran",
            "module program submodule internal_procedures interface derived_type_definition derived_type_procedures "
            "preproc_if preproc_ifdef preproc_else preproc_elif",
        ),
        _further("gdscript", "class_definition class_body", rb"##(?!#)"),
        _further(
            "haskell",
            "haskell declarations class class_declarations instance instance_declarations imports",
            prepare=prepare_haskell,
        ),
        _further("matlab", "class_definition methods properties", prepare=prepare_matlab),
        _further(
            "ocaml",
            "compilation_unit module_definition module_binding structure module_type_definition signature",
            rb"\(\*\*(?![*)])",
        ),
        _further(
            "pascal",
            "root unit interface implementation program library declTypes declType declClass declSection declVars "
            "declConsts",
            rb"///(?!/)",
        ),
        _further(
            "powershell",
            "program statement_list script_block script_block_body named_block_list named_block function_statement "
            "statement_block",
        ),
        _further(
            "solidity",
            "contract_declaration interface_declaration library_declaration contract_body",
            SLASHED_DOCUMENTATION,
        ),
        _further("tcl", "source_file procedure braced_word namespace word_list if elseif else while foreach"),
        _further("vim", "if_statement body"),
    )
}
