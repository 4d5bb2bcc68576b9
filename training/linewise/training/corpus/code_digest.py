"""Digests of code by what it does: what was made by it is made again when it changes, and not when it is tidied."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable
from importlib import resources


def meaning_of(source: str) -> str:
    """A module's syntax tree as text: without comments, layout and docstrings."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [item for item in body if not _is_bare_string(item)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def digest_of_modules(package: str, names: Iterable[str]) -> str:
    """The SHA-256 of some modules (file names) of a package, by what they do."""
    digest = hashlib.sha256()
    for name in sorted(names):
        source = resources.files(package).joinpath(name).read_text("utf-8")
        digest.update(f"{name}\0{meaning_of(source)}\0".encode())
    return digest.hexdigest()


def _is_bare_string(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
