from pathlib import Path

import pytest

from linewise.features.labels import LABELS, N_LABELS, Group, group_mask, mask_of, names_of
from linewise.features.languages import (
    LANGUAGES,
    UnknownLanguageError,
    language_named,
    language_of_file_name,
    language_of_shebang,
)
from linewise.features.plain_text import PlainTextError, format_lines, parse_plain_text

CONFORMANCE = sorted((Path(__file__).parents[1] / "conformance").glob("*.txt"))


def test_there_are_27_labels_in_three_groups() -> None:
    assert N_LABELS == 27
    assert [sum(label.group is group for label in LABELS) for group in Group] == [7, 15, 5]
    assert sum(group_mask(group) for group in Group) == (1 << N_LABELS) - 1


def test_masks_and_names_are_each_others_inverse() -> None:
    for mask in (0, 1, 0b1010, (1 << N_LABELS) - 1):
        assert mask_of(names_of(mask)) == mask
    with pytest.raises(KeyError):
        mask_of(["no such label"])


@pytest.mark.parametrize("path", CONFORMANCE, ids=lambda path: path.stem)
def test_the_plain_text_form_is_read_and_written_alike(path: Path) -> None:
    content = path.read_bytes()
    labelled = parse_plain_text(content)
    lines = labelled.data.decode().split("\n")[:-1]
    assert "\n".join(format_lines(labelled.masks, lines)) + "\n" == content.decode()
    assert language_named(path.stem).name == path.stem


@pytest.mark.parametrize(("content", "message"), [(b"code x", "line 1"), (b"- | x\nfoo | y", "line 2: .*'foo'")])
def test_what_is_not_of_the_form_is_named_by_line(content: bytes, message: str) -> None:
    with pytest.raises(PlainTextError, match=message):
        parse_plain_text(content)


def test_no_extension_or_name_tells_two_languages() -> None:
    for field in ("extensions", "file_names", "interpreters"):
        values = [value for language in LANGUAGES for value in getattr(language, field)]
        assert len(values) == len(set(values))


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a/b.PY", "python"), ("x.tsx", "typescript"), ("C:\\dir\\y.hpp", "cpp"), ("Rakefile", "ruby"), ("README", None)],
)
def test_file_names_tell_languages(name: str, expected: str | None) -> None:
    language = language_of_file_name(name)
    assert (language.name if language else None) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"#!/usr/bin/env -S python3.11 -u", "python"),
        (b"#!/bin/sh", "bash"),
        (b"#! /usr/bin/env FOO=1 node", "javascript"),
        (b"#!/usr/bin/perl", None),
        (b"# no shebang", None),
    ],
)
def test_shebangs_tell_languages(line: bytes, expected: str | None) -> None:
    language = language_of_shebang(line)
    assert (language.name if language else None) == expected


def test_an_unknown_language_is_named_with_those_known() -> None:
    with pytest.raises(UnknownLanguageError, match=r"'cobol'.*bash.*typescript"):
        language_named("cobol")
    assert language_named(" C++ ").name == "cpp"
