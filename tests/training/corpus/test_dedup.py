from __future__ import annotations

import numpy as np
import pytest

from linewise.training.corpus.dedup import Candidate, Duplicate, digest_of, duplicates, signature_of
from linewise.training.corpus.filters import Reason
from linewise.training.corpus.manifest import Split


def candidate(index: int, split: Split, data: bytes, language: str = "python") -> Candidate:
    return Candidate(index, split, language, f"{index:05}", digest_of(data), signature_of(data))


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_training_gives_way_to_validation_and_that_to_test(source, order: tuple[int, ...]) -> None:
    splits = (Split.TRAIN, Split.VALIDATION, Split.TEST)
    candidates = [candidate(index, split, source(3)) for index, split in enumerate(splits)]
    found = duplicates(candidates[index] for index in order)
    assert {(d.index, d.kept) for d in found} == {(0, 2), (1, 2)}


def test_layout_makes_no_difference_and_a_few_changed_lines_little(source) -> None:
    original = source(5, 80)
    indented = b"\r\n".join(b"    " + line for line in original.split(b"\n"))
    edited = original.replace(b"value_5_7 ", b"renamed ").replace(b"value_5_60 ", b"other ")
    found = duplicates(
        [
            candidate(0, Split.TRAIN, original),
            candidate(1, Split.TRAIN, indented),
            candidate(2, Split.TRAIN, edited),
            candidate(3, Split.TRAIN, source(6, 80)),
        ]
    )
    assert found == [Duplicate(1, 0, Reason.EXACT_DUPLICATE), Duplicate(2, 0, Reason.NEAR_DUPLICATE)]


def test_headers_of_c_and_cpp_are_compared_with_each_other_and_python_is_not(source) -> None:
    near = source(8, 60).replace(b"value_8_1 ", b"x ")
    test = candidate(0, Split.TEST, source(8, 60), "cpp")
    assert duplicates([test, candidate(1, Split.TRAIN, near, "c")])
    assert not duplicates([test, candidate(1, Split.TRAIN, near, "python")])


@pytest.mark.parametrize("data", [b"", b"\n", b"a", b"a\nb\n"])
def test_short_files_have_a_signature(data: bytes) -> None:
    assert signature_of(data).shape == (64,)
    assert signature_of(data).dtype == np.uint64
