"""A few small labelled files, as the corpus gives them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle import label_file

MakeFile = Callable[..., LabelledFile]

SOURCE = b'''\
"""Says what it is for.

More of it.
"""

import os


class Queue:
    """Holds items."""

    def drain(self, items):
        total = 0
        for item in items:
            if item:
                total = total + 1
            os.remove(item)

        text = """one
two # three
four"""
        return total, text
'''
"""A Python file: loop on lines 14-17, conditional on 15-16, function on 12-22, string on 19-21 (from 1)."""


@pytest.fixture
def make_file() -> MakeFile:
    """Makes a labelled file of some bytes, its truth given by the oracle."""

    def make(data: bytes = SOURCE, language: str = "python", project: str = "p") -> LabelledFile:
        truth = label_file(data, language)
        return LabelledFile(language, project, project, f"{project}/file", data, truth.masks, truth.known)

    return make
