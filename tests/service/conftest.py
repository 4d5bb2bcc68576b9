"""A classifier that needs no model: labels by crude rules, with the interface of the real one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from linewise.features.labels import LABEL_INDEX, N_LABELS, TAXONOMY_VERSION, mask_of
from linewise.features.languages import LANGUAGE_NAMES, language_named, language_of_file_name
from linewise.features.lines import encode, split_lines
from linewise.models import Document
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
