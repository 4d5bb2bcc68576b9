"""The words and phrases that generated text is built from; none serves two splits.

A text that the network has seen in training would only tell how well it remembers. So every word belongs to one
split, by its checksum; prose and code that generated text quotes come from that split's own packages.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from linewise.training.corpus.manifest import Split

# Of ten equal parts of the words, by checksum: six train, two validate, two test.
_SPLIT_OF_PART = (Split.TRAIN,) * 6 + (Split.VALIDATION,) * 2 + (Split.TEST,) * 2


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one split, by kind, and what its packages lend: lines of prose and of code.

    Attributes:
        words: kind (``nouns``, ``verbs``, ``messages``, …: the headings of the two files) to words or phrases.
        prose: sentences of the split's own documents; may be empty, then sentences are composed.
        code: language name to code lines of the split's own files, in their order; may be empty.
    """

    words: Mapping[str, tuple[str, ...]]
    prose: Sequence[str] = ()
    code: Mapping[str, Sequence[str]] = field(default_factory=dict)


def split_of_word(word: str) -> Split:
    """The one split that a word or phrase serves."""
    return _SPLIT_OF_PART[zlib.crc32(word.encode()) % len(_SPLIT_OF_PART)]


def vocabulary(split: Split, prose: Sequence[str] = (), code: Mapping[str, Sequence[str]] | None = None) -> Vocabulary:
    """The vocabulary of a split, with what its packages lend."""
    words = {
        kind: tuple(word for word in every if split_of_word(word) == split) for kind, every in _all_words().items()
    }
    return Vocabulary(words, prose, code or {})


@cache
def _all_words() -> dict[str, tuple[str, ...]]:
    """Every word of ``words.txt`` and every line of ``phrases.txt``, by the heading it stands under."""
    kinds: dict[str, list[str]] = {}
    for name in ("words.txt", "phrases.txt"):
        kind = ""
        for line in files(__package__).joinpath(name).read_text("utf-8").split("\n"):
            if line.startswith("[") and line.endswith("]") and " " not in line:
                kind = line.strip("[]")
                kinds[kind] = []
            elif line and not line.startswith("#"):
                kinds[kind].extend(line.split() if name == "words.txt" else [line])
    return {kind: tuple(dict.fromkeys(words)) for kind, words in kinds.items()}
