"""The benchmark of patches: what a change truly amounts to, the edits, and the table of what came out."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from linewise.training.benchmark.patches.edits import EDITS, Text
from linewise.training.benchmark.patches.measuring import PatchFigures
from linewise.training.benchmark.patches.packages import Half, histories
from linewise.training.benchmark.patches.report import as_markdown
from linewise.training.benchmark.patches.truth import Side, Truth, true_verdict
from linewise.training.corpus.manifest import Split, load_manifest
from linewise.training.oracle import label_file
from linewise.training.trainer.evaluation import Counts

PYTHON = '''"""Reads things.

Of several kinds, one after
the other.
"""
import os
import sys

# Words of a comment
# and more of them,
# so that it goes on.
def read(name):
    """Read one.

    Not two at once, which would
    be hard to tell apart.
    """
    text = """first words
second words
third words"""
    print("some words here", name)
    return text

def other():
    return 1
'''


def changed(name: str, language: str, old: str, new: str) -> Truth | None:
    """The truth of a change by which every line of one text that the other lacks comes or goes."""
    before, after = (Side(text.encode(), language, name) for text in (old, new))
    gone = [row for row, line in enumerate(old.splitlines()) if line not in new.splitlines()]
    come = [row for row, line in enumerate(new.splitlines()) if line not in old.splitlines()]
    return true_verdict(before, after, gone, come)


@pytest.mark.parametrize(
    ("name", "old", "new", "verdict"),
    [
        ("x.py", "a()\n", "a()\n\n", "blank-only"),
        ("x.py", "a()\n", "a()\n# words\n", "comment-only"),
        ("x.py", "a()\n", "a()\n# noqa\n", "code"),
        ("x.py", 'def f():\n    """A."""\n', 'def f():\n    """B."""\n', "documentation-only"),
        ("x.py", 'def f():\n    """A."""\n', 'def f():\n    """B."""\n    # c\n', "non-code"),
        ("x.py", "a()\n", 'a()\n"""Words."""\n', "code"),
        ("x.py", "import a\n", "import b\n", "import-only"),
        ("x.py", "import a\n", "from __future__ import b\n", "code"),
        ("x.py", 'f("a")\n', 'f("b")\n', "string-only"),
        ("x.py", 'f("a")\n', "f('a')\n", "string-only"),
        ("x.py", 'f("a")\n', 'f(b"a")\n', "code"),
        ("x.py", 'f(f"a{x}")\n', 'f(f"b{x}")\n', "string-only"),
        ("x.py", 'f(f"a{x}")\n', 'f(f"a{y}")\n', "code"),
        ("x.c", "int a;\n", "/*\nint a;\n*/\n", "code"),
        ("x.lua", "local a = require('a')\n", "local a = require('b')\n", "import-only"),
        ("x.go", 'package a\n\nimport "a"\n', 'package a\n\nimport "b"\n', "import-only"),
    ],
)
def test_what_a_change_truly_amounts_to(name: str, old: str, new: str, verdict: str) -> None:
    language = {"py": "python", "c": "c", "lua": "lua", "go": "go"}[name.partition(".")[2]]
    assert changed(name, language, old, new) == Truth(verdict)


def test_what_can_be_defended_either_way_is_left_open() -> None:
    truth = changed("x.c", "c", "int a; // old\n", "int a; // new\n")
    assert truth is not None
    assert not truth.settled
    assert changed("x.c", "c", "int a = ((;\n", "int b = ((;\n") is None


@pytest.mark.parametrize("name", sorted(EDITS))
def test_every_edit_finds_its_place_and_changes_something(name: str) -> None:
    masks = tuple(label_file(PYTHON.encode(), "python").masks.tolist())
    text = Text("python", tuple(PYTHON.encode().split(b"\n")[:-1]), masks)
    made = [EDITS[name](text, random.Random(seed)) for seed in range(20)]
    assert any(lines is not None and tuple(lines) != text.lines for lines in made)
    assert made[:5] == [EDITS[name](text, random.Random(seed)) for seed in range(5)]


def test_no_history_is_of_a_project_that_the_model_was_trained_or_is_tested_on() -> None:
    used = {package.name.casefold() for package in load_manifest().packages if package.split is not Split.VALIDATION}
    names = {half: {history.name.casefold() for history in histories(half)} for half in Half}
    assert not used & (names[Half.TUNING] | names[Half.REPORT])
    assert not names[Half.TUNING] & names[Half.REPORT]
    assert all(2 <= len(history.versions) <= 4 for history in histories())


def test_report() -> None:
    figures = PatchFigures(n_files=12, n_unknown=1, n_open=1)
    view = figures.views["patch alone"]
    view.verdicts["histories"] = Counter({("comment-only", "comment-only"): 3, ("comment-only", "code"): 1})
    view.verdicts["edits"] = Counter({("code", "comment-only"): 1, ("code", "code"): 5})
    view.labels["python"] = figures.views["repository at hand"].labels["python"] = Counts(n_lines=2, n_exact=1)
    report = as_markdown(figures)
    assert "Every label right on 50.0% of the lines." in report
    assert "12 changed files, of which 10 are judged" in report
    assert "| `comment-only` | 4 | 4 | 4 | 0.750 | 0.750 | 1 |" in report
    assert "| `import-only` | 0 | 0 | 0 | — | — | 0 |" in report
