"""A classifier that needs no model: labels by crude rules, with the interface of the real one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from linewise.features.labels import LABEL_INDEX, N_LABELS, TAXONOMY_VERSION, mask_of
from linewise.features.languages import LANGUAGE_NAMES, language_named, language_of_file_name
from linewise.features.lines import encode, split_lines
from linewise.models import Classifier, Document, Prediction
from linewise.models.store import save
from linewise.service.http import create_app
from linewise.service.settings import Settings

from ..models.networks import plain_thresholds, random_networks

RULES = {
    "comment": r"^\s*(#|//|/?\*)",
    "import": r"^\s*(import|from|#include|use)\b",
    "function_definition": r"\b(def|function|fn|func)\b",
    "loop": r"^\s*(for|while)\b",
    "conditional": r"^\s*(if|else|elif|case)\b",
    "return": r"\breturn\b",
    "string": r"[\"']",
    "call": r"\w\(",
    "assignment": r"\w\s*=[^=]",
    "in_function": r"^\s+\S",
}


@dataclass(frozen=True)
class FakeInfo:
    digest: str = "f" * 64
    format_version: str = "1"
    taxonomy_version: str = TAXONOMY_VERSION
    languages: tuple[str, ...] = LANGUAGE_NAMES
    size_bytes: int = 1234
    summary: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "summary", {"training_lines": 8})


@dataclass(frozen=True)
class FakePrediction:
    masks: np.ndarray
    uncertain_masks: np.ndarray
    probabilities: np.ndarray
    language: str | None
    language_score: float
    model_digest: str = "f" * 64
    taxonomy_version: str = TAXONOMY_VERSION

    def __len__(self) -> int:
        return len(self.masks)


class FakeClassifier:
    """Labels by regular expressions; remembers what it was asked."""

    def __init__(self) -> None:
        self.info = FakeInfo()
        self.calls: list[dict[str, Any]] = []

    def classify(self, text: str | bytes, **options: Any) -> FakePrediction:
        self.calls.append({"text": text, **options})
        data = encode(text)
        spans = split_lines(data)
        lines = [data[a:b].decode("utf-8", "replace") for a, b in zip(spans.starts, spans.ends, strict=True)]
        probabilities = np.full((len(lines), N_LABELS), 0.0123456, dtype=np.float32)
        masks = np.zeros(len(lines), dtype=np.uint32)
        uncertain = np.zeros(len(lines), dtype=np.uint32)
        for number, line in enumerate(lines):
            names = [label for label, rule in RULES.items() if re.search(rule, line)]
            names = ["blank"] if not line.strip() else names if "comment" in names else ["code", *names]
            masks[number] = mask_of(names)
            for name in names:
                probabilities[number, LABEL_INDEX[name]] = 0.9876543
            if "loop" in names:
                uncertain[number] = mask_of(["in_loop"])
                probabilities[number, LABEL_INDEX["in_loop"]] = 0.5
        language, filename = options.get("language"), options.get("filename")
        told = language_named(language) if language else language_of_file_name(filename or "")
        return FakePrediction(masks, uncertain, probabilities, told.name if told else "python", 1.0 if told else 0.8)

    def classify_many(self, texts: Iterable[Document]) -> Iterator[FakePrediction]:
        for document in texts:
            options = {name: getattr(document, name) for name in ("language", "filename", "context", "mode")}
            yield self.classify(document.text, **options)


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved model with random weights, sound in every other way."""
    folder = tmp_path_factory.mktemp("model")
    save(folder, random_networks(), plain_thresholds(), {})
    return folder


@pytest.fixture
def fake_classifier() -> FakeClassifier:
    return FakeClassifier()


@pytest.fixture
def client(fake_classifier: FakeClassifier) -> Iterator[TestClient]:
    """A client of an app with small limits: 64 KiB and 1,000 lines."""
    settings = Settings(max_body_bytes=65_536, max_lines=1_000, threads=2)
    with TestClient(create_app(settings, fake_classifier)) as client:
        yield client


class ScanningClassifier:
    """Tells comments, docstrings and strings by a scanner that begins outside of all of them.

    A line with the word MAYBE may be code for all it knows; one with SELDOM has its `call` by no sure mode.
    """

    info = FakeInfo()

    def __init__(self) -> None:
        self.documents: list[Document] = []

    def classify(self, text: str | bytes, **options: Any) -> Prediction:
        return next(self.classify_many([Document(text, **options)]))

    def classify_many(self, texts: Iterable[str | bytes | Document]) -> Iterator[Prediction]:
        for text in texts:
            document = text if isinstance(text, Document) else Document(text)
            self.documents.append(document)
            yield self._predict(document)

    def classify_blocks(self, document: str | bytes | Document, *, lines: int) -> Iterator[Prediction]:
        """Blocks of one, two, three lines and so on."""
        (whole,) = self.classify_many([document])
        begin, count = 0, 1
        while begin < len(whole):
            some = slice(begin, begin + count)
            yield replace(
                whole,
                masks=whole.masks[some],
                uncertain_masks=whole.uncertain_masks[some],
                probabilities=whole.probabilities[some],
            )
            begin, count = begin + count, min(lines, count + 1)

    def _predict(self, document: Document) -> Prediction:
        data = encode(document.text)
        spans = split_lines(data)
        lines = [data[a:b].decode("utf-8", "replace") for a, b in zip(spans.starts, spans.ends, strict=True)]
        names, state = [], ""
        for line in lines:
            found, state = scan(line, state)
            if "SELDOM" in line and document.mode == "high-confidence":
                found.discard("call")
            names.append(found)
        masks = np.array([mask_of(found) for found in names], dtype=np.uint32)
        uncertain = np.array([mask_of(["code"] if "MAYBE" in line else []) for line in lines], dtype=np.uint32) & ~masks
        probabilities = np.full((len(lines), N_LABELS), 0.0123456, dtype=np.float32)
        probabilities[uncertain != 0, LABEL_INDEX["code"]] = 0.4
        for row, found in zip(probabilities, names, strict=True):
            row[[LABEL_INDEX[name] for name in found]] = 0.9876543
        told = (
            language_named(document.language) if document.language else language_of_file_name(document.filename or "")
        )
        language = told.name if told else None
        return Prediction(masks, uncertain, probabilities, language, 1.0, "f" * 64, TAXONOMY_VERSION)


def scan(line: str, state: str) -> tuple[set[str], str]:
    """The labels of a line that begins in a state, and the state that it ends in: "", or what is left open."""
    text = line.strip()
    if not text:
        return {"blank"}, state
    if state:
        return set(OPEN_LABELS[state]), "" if CLOSER[state] in text else state
    for opener in ("/**", "/*", '"""'):
        if text.startswith(opener):
            return set(OPEN_LABELS[opener]), "" if CLOSER[opener] in text[len(opener) :] else opener
    if re.match(r"#(?!include)|//", text):
        return {"comment", "documentation"} if text.startswith("///") else {"comment"}, ""
    found = {"code"} | {name for name, rule in RULES.items() if name in CODE_RULES and re.search(rule, line)}
    return found, 'x"""' if text.count('"""') == 1 else ""


CODE_RULES = ("import", "function_definition", "loop", "conditional", "return", "string", "call", "assignment")
CLOSER = {"/**": "*/", "/*": "*/", '"""': '"""', 'x"""': '"""'}
OPEN_LABELS = {
    "/**": ("comment", "documentation"),
    "/*": ("comment",),
    '"""': ("documentation",),
    'x"""': ("code", "string"),
}


@pytest.fixture
def scanning_classifier(monkeypatch: pytest.MonkeyPatch) -> ScanningClassifier:
    """The classifier that commands load."""
    scanner = ScanningClassifier()
    monkeypatch.setattr(Classifier, "load", lambda: scanner)
    return scanner
