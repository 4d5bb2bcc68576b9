"""The words that abstract hashes keep: those that many projects share, such as keywords and common names."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable

from linewise.training.corpus.shards import LabelledFile

_WORD = re.compile(rb"[A-Za-z_$][A-Za-z0-9_$]*")
MAX_WORDS = 3000
MIN_PROJECT_SHARE = 0.34


def shared_words(files: Iterable[LabelledFile], limit: int = MAX_WORDS) -> list[str]:
    """The words that stand in most of some language's projects, the most widely shared first.

    A word's score is the greatest share, over the languages, of a language's projects that use it; words that only
    comments or texts use count as well, since they tell comments and texts.
    """
    words_of: dict[tuple[str, str], set[bytes]] = defaultdict(set)
    for file in files:
        words_of[file.language, file.project].update(set(_WORD.findall(file.data)))
    n_projects = Counter(language for language, _ in words_of)
    users: dict[str, Counter[bytes]] = defaultdict(Counter)
    for (language, _), words in words_of.items():
        users[language].update(words)
    scores: Counter[bytes] = Counter()
    for language, counts in users.items():
        for word, count in counts.items():
            share = count / (n_projects[language] + 1)
            if count >= 3 and share >= MIN_PROJECT_SHARE:
                scores[word] = max(scores[word], round(1000 * share))
    ranked = sorted(scores, key=lambda word: (-scores[word], word))
    return [word.decode("ascii") for word in ranked[:limit] if len(word) <= 32]
