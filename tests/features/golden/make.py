"""Write the golden features: what the extractor makes of the conformance texts, as frozen arrays.

Run it (`python tests/features/golden/make.py`) only when the features are meant to change; a model fits one meaning
of the features only, so `FORMAT_VERSION` in `linewise.models.store` changes along with them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from linewise.features.documents import make_batch
from linewise.features.languages import LANGUAGE_INDEX
from linewise.features.novelty import novelty
from linewise.features.plain_text import parse_plain_text
from linewise.features.states import read_states
from linewise.features.structure import build_structure, continued
from linewise.features.tokens import tokenize
from linewise.features.vectors import indentation, language_vectors, line_vectors

FOLDER = Path(__file__).parent
CONFORMANCE = FOLDER.parents[1] / "conformance"


def features() -> dict[str, np.ndarray]:
    """All features of all conformance texts, each read as its own language."""
    paths = sorted(CONFORMANCE.glob("*.txt"))
    batch = make_batch([parse_plain_text(path.read_bytes()).data for path in paths])
    languages = np.array([LANGUAGE_INDEX[path.stem] for path in paths])
    tokens = tokenize(batch)
    states = read_states(batch, tokens, languages)
    indents = indentation(batch)
    vectors = line_vectors(batch, tokens, states, indents, languages)
    structure = build_structure(batch, tokens, states, indents, languages)
    opens_scope = np.arange(len(structure.parent)) % 7 == 3
    continues = continued(batch, tokens, structure)
    words = language_vectors(batch, tokens)
    return {
        "exact": tokens.exact,
        "abstract": tokens.abstract,
        "token_states": states.of_token,
        "line_states": states.at_start,
        "line_indices": vectors.indices.astype(np.uint16),
        "line_offsets": vectors.offsets.astype(np.uint32),
        "language_indices": words.indices.astype(np.uint16),
        "indent": structure.indent.astype(np.int16),
        "parent": structure.parent.astype(np.uint16),
        "sibling": structure.sibling.astype(np.uint16),
        "enclosing": structure.enclosing.astype(np.uint16),
        "matching": structure.matching.astype(np.uint16),
        "root": structure.root.astype(np.uint16),
        "next_lower": structure.next_lower.astype(np.uint16),
        "unopened": structure.unopened.astype(np.uint16),
        "novelty": novelty(batch, tokens, states, structure, continues, opens_scope).astype(np.uint8),
    }


if __name__ == "__main__":
    np.savez_compressed(FOLDER / "features.npz", **features())
