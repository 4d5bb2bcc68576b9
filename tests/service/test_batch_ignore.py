"""Nested ignore files outside of git, held to what git itself makes of them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.service.files import list_folder

from .batches import git

NAMES = ("a.py", "b.log", "build", "c d.py", "#x", "é.py", "A.PY")
FOLDERS = ("", "build", "src", "src/build", "src/deep/er")
PATTERNS = st.sampled_from(
    (
        "*.py", "*.log", "build", "build/", "/build", "src/build/", "/src/*", "**/er", "src/**", "**/build/*.py",
        "!a.py", "!build/", "!*.log", "a.*", "?.py", "[ab].*", "[!a].py", "\\#x", "#x", "c d.py", "c d.py   ",
        "c\\ d.py", "*", "!*/", "deep", "src/deep/**/a.py", "/*", "!/src", "é.py", "", "   ", "**", "*/", "a.py/",
        "/", "\\", "[", "***.py", "src//build", "src/**/", "**/", "!src/build/", "!src/**", "er/*.py",
    )
)  # fmt: skip
RULES = st.dictionaries(st.sampled_from(FOLDERS), st.lists(PATTERNS, max_size=5), max_size=3)


def make(folder: Path, rules: dict[str, list[str]]) -> None:
    """A tree with all names in all folders, and ignore files in some."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        for file in NAMES:
            if not (folder / name / file).exists():
                (folder / name / file).write_text("")
    for name, lines in rules.items():
        (folder / name / ".gitignore").write_text("".join(f"{line}\n" for line in lines))


def check(rules: dict[str, list[str]]) -> None:
    """What is found without git must be what git does not ignore."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, rules)
        found = set(list_folder(folder))
        everything = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
        git(folder, "init", "-q")
        asked = "\0".join(sorted(everything)).encode()
        command = ["git", "check-ignore", "--stdin", "-z", "--no-index"]
        done = subprocess.run(command, cwd=folder, input=asked, capture_output=True, check=False)
        ignored = {entry.decode() for entry in done.stdout.split(b"\0") if entry}
        assert found == everything - ignored


@settings(max_examples=25, deadline=None)
@given(RULES)
def test_walk_agrees_with_check_ignore(rules: dict[str, list[str]]) -> None:
    check(rules)


@pytest.mark.full
@settings(max_examples=250, deadline=None)
@given(RULES)
def test_walk_agrees_with_check_ignore_at_length(rules: dict[str, list[str]]) -> None:
    check(rules)
