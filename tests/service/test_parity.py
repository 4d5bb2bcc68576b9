"""Every way to the labels gives the same ones: real code of all languages, over HTTP, in Python, by the command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner

from linewise.features.labels import LABEL_NAMES, names_of
from linewise.features.languages import LANGUAGE_NAMES, language_named
from linewise.features.plain_text import parse_plain_text
from linewise.models import Classifier, Document, Prediction
from linewise.models.store import MODES
from linewise.service.cli import linewise
from linewise.service.client import Client, Text

from .running import running

CONFORMANCE = Path(__file__).parents[1] / "conformance"
SOURCES = {
    f"{path.stem}{language_named(path.stem).extensions[0]}": parse_plain_text(path.read_bytes()).data
    for path in sorted(CONFORMANCE.glob("*.txt"))
}
ENTIRE = ("file", 0)
CUT_OUT = ("fragment", 25)
"""A context, and how many lines are cut off before and behind."""


@dataclass(frozen=True)
class Labels:
    """What a text got, line by line."""

    labels: tuple[tuple[str, ...], ...]
    uncertain: tuple[tuple[str, ...], ...]
    language: str | None


@dataclass(frozen=True)
class Case:
    """Texts by name, and what is said of all of them."""

    texts: dict[str, bytes]
    context: str
    mode: str

    def documents(self) -> list[Document]:
        return [
            Document(text, filename=name, context=self.context, mode=self.mode) for name, text in self.texts.items()
        ]

    def requests(self) -> list[Text]:
        return [
            {"id": name, "text": text.decode(), "filename": name, "context": self.context, "mode": self.mode}  # type: ignore[typeddict-item]
            for name, text in self.texts.items()
        ]


CASES = [
    Case(
        {
            name: b"".join(lines[margin : len(lines) - margin or None])
            for name, text in SOURCES.items()
            for lines in [text.splitlines(keepends=True)]
        },
        context,
        mode,
    )
    for context, margin in (ENTIRE, CUT_OUT)
    for mode in MODES
]


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier.load()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with running() as server:
        yield server.address


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[Client]:
    with Client(address, timeout_seconds=120) as client:
        yield client


def of_prediction(prediction: Prediction) -> Labels:
    return Labels(
        tuple(line.labels for line in prediction.lines),
        tuple(line.uncertain for line in prediction.lines),
        prediction.language,
    )


def of_answer(answer: Any) -> Labels:
    lines = answer["lines"]
    return Labels(
        tuple(tuple(line["labels"]) for line in lines),
        tuple(tuple(line["uncertain"]) for line in lines),
        answer["language"],
    )


def of_tensors(outputs: Sequence[dict[str, Any]]) -> list[Labels]:
    data = {output["name"]: output["data"] for output in outputs}
    edges = data["line_offsets"]
    return [
        Labels(*(tuple(map(names_of, data[name][begin:end])) for name in ("labels", "uncertain")), language)
        for begin, end, language in zip(edges, edges[1:], data["language"], strict=False)
    ]


def of_command(case: Case, folder: Path) -> list[Labels]:
    for name, text in case.texts.items():
        (folder / name).write_bytes(text)
    options = ["--format", "jsonl", "--context", case.context, "--mode", case.mode]
    result = CliRunner().invoke(linewise, ["label", *options, *(str(folder / name) for name in case.texts)])
    assert result.exit_code == 0, result.stderr
    lines: dict[str, list[Any]] = {name: [] for name in case.texts}
    for line in map(json.loads, result.stdout.splitlines()):
        lines[Path(line["path"]).name].append(line)
    return [of_answer({"lines": own, "language": own[0]["language"]}) for own in lines.values()]


def by_protocol(address: str, case: Case) -> list[Labels]:
    def tensor(name: str, values: Sequence[str]) -> dict[str, Any]:
        return {"name": name, "datatype": "BYTES", "shape": [len(values)], "data": values}

    texts = [text.decode() for text in case.texts.values()]
    request = {
        "inputs": [tensor("text", texts), tensor("filename", list(case.texts))],
        "parameters": {"context": case.context, "mode": case.mode},
    }
    response = httpx2.post(f"{address}/v2/models/linewise/infer", json=request, timeout=120)
    assert response.status_code == 200, response.text
    return of_tensors(response.json()["outputs"])


def test_all_languages_are_there() -> None:
    assert {path.stem for path in CONFORMANCE.glob("*.txt")} == set(LANGUAGE_NAMES)
    assert all(re.fullmatch(r"\w+\.\w+", name) for name in SOURCES)
    assert min(map(len, CASES[0].texts.values())) > 1000
    assert min(text.count(b"\n") for text in CASES[-1].texts.values()) > 5


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.context}-{case.mode}")
def test_every_way_gives_the_same_labels(
    classifier: Classifier, client: Client, address: str, tmp_path: Path, case: Case
) -> None:
    expected = [of_prediction(prediction) for prediction in classifier.classify_many(case.documents())]
    assert {label for labels in expected for line in labels.labels for label in line} >= set(LABEL_NAMES[:5])
    options = {"context": case.context, "mode": case.mode}
    requests = case.requests()
    ways = {
        "classify": [
            of_prediction(classifier.classify(text, filename=name, **options)) for name, text in case.texts.items()
        ],
        "/v1/classify": [
            of_answer(client.classify(text.decode(), filename=name, **options))  # type: ignore[typeddict-item]
            for name, text in case.texts.items()
        ],
        "/v1/classify/batch": [of_answer(entry["answer"]) for entry in client.classify_batch(requests)["documents"]],
        "/v1/classify/stream": [of_answer(entry["answer"]) for entry in client.classify_stream(requests)],
        "/v2": by_protocol(address, case),
        "linewise label": of_command(case, tmp_path),
    }
    for way, labels in ways.items():
        assert labels == expected, way
