"""Conflicts and pasted code: the code's own lines keep their labels, what is put between them is text."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from linewise.features.labels import mask_of
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle import label_file, violations
from linewise.training.text.conflicts import insert_conflicts
from linewise.training.text.mix import mix, window
from linewise.training.text.plain import TEXT, lines_of

SOURCE = b"""import os


def first(queue, limit):
    for item in queue:
        if item.size > limit:
            item.old_name()

            item.send_all(limit)
        item.newName(limit)
    return limit


for one in two:
    one.go()
for three in four:
    three.go()
"""
MARKERS = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")
REGIONS = mask_of(["in_type", "in_function", "in_loop", "in_conditional", "in_exception"])


def labelled(data: bytes = SOURCE, path: str = "a.py") -> LabelledFile:
    truth = label_file(data, "python")
    return LabelledFile("python", "P", "p", path, data, truth.masks, truth.known)


def is_marker(line: bytes) -> bool:
    return line.startswith(MARKERS)


@settings(deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([b"\n", b"\r\n"]), st.booleans())
def test_conflicts_keep_the_code_and_its_labels(seed, line_break, ends_bare):
    data = SOURCE.replace(b"\n", line_break)
    source = labelled(data.rstrip() if ends_bare else data)
    result = insert_conflicts(source, random.Random(seed))
    lines = lines_of(result.data)
    assert len(lines) == len(result.masks) == len(result.known)
    assert violations(result.masks, result.data) == []
    code = [(line.rstrip(), int(mask)) for line, mask in zip(lines, result.masks, strict=True) if not is_marker(line)]
    rest = iter(code)
    own = zip(lines_of(source.data), source.masks, strict=True)
    assert all((line.rstrip(), int(mask)) in rest for line, mask in own)  # in order, among the copies
    for line, mask in zip(lines, result.masks, strict=True):
        assert bool(int(mask) & TEXT) == is_marker(line)
        assert not is_marker(line) or int(mask) & ~REGIONS == TEXT
        assert line.endswith(line_break) or line == lines[-1]


@given(st.integers(0, 10_000))
def test_conflict_markers_come_in_order(seed):
    result = insert_conflicts(labelled(), random.Random(seed))
    signs = [line[:1] for line in lines_of(result.data) if is_marker(line)]
    text = b"".join(signs).replace(b"|", b"")
    assert text == b"<=>" * (len(text) // 3)
    assert text


def test_a_marker_inside_a_loop_is_part_of_it_and_none_stands_between_two_loops():
    inside = mask_of(["in_function", "in_loop"])
    seen = set()
    for seed in range(300):
        result = insert_conflicts(labelled(), random.Random(seed))
        lines = lines_of(result.data)
        for at, line in enumerate(lines[:-1]):
            if is_marker(line) and lines[at - 1].strip() == b"item.newName(limit)":
                seen.add(int(result.masks[at]) & REGIONS)
            assert not (line.startswith(b"<<<") and lines[at + 1].startswith(b"for three"))
    assert mask_of(["in_function"]) in seen
    assert all(regions & ~inside == 0 for regions in seen)


def test_a_file_without_a_fit_place_stays():
    short = labelled(b"x = 1\n")
    assert insert_conflicts(short, random.Random(0)) is short
    unknown = LabelledFile("c", "P", "p", "a.c", SOURCE, np.zeros(17, np.uint32), np.zeros(17, np.bool_))
    assert insert_conflicts(unknown, random.Random(0)) is unknown


def test_conflicts_follow_from_the_seed():
    results = [insert_conflicts(labelled(), random.Random(11)).data for _ in range(2)]
    assert results[0] == results[1]


@pytest.mark.parametrize("seed", range(20))
def test_pasted_code_keeps_its_truth_in_the_whole_file(seed):
    source = labelled()
    piece = window(source, 4, 9)
    text = ["look at this:", "", "it fails"]
    document = mix(text, piece, random.Random(seed))
    lines = lines_of(document.data)
    assert len(lines) == len(document.masks) == len(document.known)
    assert violations(document.masks, document.data) == []
    start = lines.index(lines_of(piece.data)[0])
    assert document.masks[start : start + 5].tolist() == source.masks[4:9].tolist()
    assert [line.decode().rstrip("\n") for line in lines if line.decode().rstrip("\n") in text and line.strip()] == [
        "look at this:",
        "it fails",
    ]
    assert document.language == "python"
    assert document.path == "a.py#pasted"
