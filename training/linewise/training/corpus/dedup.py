"""Duplicates: the same file twice, exactly or nearly, never crosses splits and never repeats within one.

A file is described by its shingles (three consecutive lines that show something, without their indentation) and
summed up by a MinHash of them. Of two files whose shingles overlap by ``THRESHOLD`` or more (Jaccard, as MinHash
estimates it) the one of the earlier split stays: test before validation before train, so that training is what
gives way. Languages whose files may be taken for one another are compared together.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray

from linewise.training.corpus.filters import Reason
from linewise.training.corpus.manifest import Split

THRESHOLD = 0.7
N_PERMUTATIONS = 64
SCHEME: Literal["affine32"] = "affine32"
"""How datasketch derives its permutations; stored sketches are only comparable within one scheme."""
MAX_LINES = 4_000
"""Only so many lines of a file go into its MinHash."""
SPLIT_ORDER = (Split.TEST, Split.VALIDATION, Split.TRAIN)

FAMILIES: dict[str, str] = {"c": "c and c++", "cpp": "c and c++", "javascript": "ecma", "typescript": "ecma"}
"""Languages that are compared with each other; every other one only with itself."""


def shingles_of(data: bytes) -> NDArray[np.uint32]:
    """The hashes of a file's line shingles, uint32 of shape (n_shingles,); repeated ones once."""
    lines = [stripped for line in data.split(b"\n", MAX_LINES)[:MAX_LINES] if (stripped := line.strip())]
    hashes = np.array([zlib.crc32(line) for line in lines], dtype=np.uint32)
    while len(hashes) < 3:
        hashes = np.append(hashes, np.uint32(0))
    mixed = hashes[:-2] * np.uint32(0x9E3779B1) + hashes[1:-1] * np.uint32(0x85EBCA77) + hashes[2:]
    return np.unique(mixed ^ (mixed >> np.uint32(15)))


def signature_of(data: bytes) -> NDArray[np.uint64]:
    """The MinHash of a file, uint64 of shape (N_PERMUTATIONS,)."""
    sketch = MinHash(num_perm=N_PERMUTATIONS, hashfunc=int, scheme=SCHEME)
    sketch.update_batch(shingles_of(data))
    return np.asarray(sketch.hashvalues, dtype=np.uint64)


def digest_of(data: bytes) -> bytes:
    """What exact duplicates share: the hash of the content without indentation, line ends and blank lines."""
    lines = (line.strip() for line in data.split(b"\n"))
    return hashlib.blake2b(b"\n".join(line for line in lines if line), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Candidate:
    """One file as the comparison sees it; ``index`` is the caller's own."""

    index: int
    split: Split
    language: str
    order: str
    digest: bytes
    signature: NDArray[np.uint64]

    @property
    def family(self) -> str:
        """The languages it is compared with."""
        return FAMILIES.get(self.language, self.language)


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A file that gives way: its index, the one that stays, and whether they are the same or nearly."""

    index: int
    kept: int
    reason: Reason


def duplicates(candidates: Iterable[Candidate]) -> list[Duplicate]:
    """The files to leave out so that no two that stay are alike. The same candidates in any order give the same."""
    ordered = sorted(candidates, key=lambda c: (SPLIT_ORDER.index(c.split), c.order))
    exact: dict[bytes, int] = {}
    indices: dict[str, MinHashLSH] = {}
    sketches: dict[int, MinHash] = {}
    found = []
    for candidate in ordered:
        kept = exact.setdefault(candidate.digest, candidate.index)
        if kept != candidate.index:
            found.append(Duplicate(candidate.index, kept, Reason.EXACT_DUPLICATE))
            continue
        index = indices.get(candidate.family)
        if index is None:
            index = indices[candidate.family] = MinHashLSH(threshold=THRESHOLD, num_perm=N_PERMUTATIONS)
        sketch = MinHash(num_perm=N_PERMUTATIONS, hashvalues=candidate.signature, scheme=SCHEME)
        near = sorted(other for other in index.query(sketch) if sketches[other].jaccard(sketch) >= THRESHOLD)
        if near:
            found.append(Duplicate(candidate.index, near[0], Reason.NEAR_DUPLICATE))
            continue
        sketches[candidate.index] = sketch
        index.insert(candidate.index, sketch)
    return found
