"""The client against a running service: every operation, in both forms, and the service's refusals as exceptions."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from linewise.features.labels import LABEL_NAMES
from linewise.features.languages import LANGUAGE_NAMES
from linewise.models import Classifier
from linewise.service.client import (
    AsyncClient,
    BusyError,
    Client,
    ClientError,
    ConnectionFailedError,
    KeyRefusedError,
    RequestRefusedError,
    Retries,
    ServiceError,
    Text,
)
from linewise.service.keys import digest_of, new_key
from linewise.service.schemas.problem import FieldError

from .running import running

LOOP = "for item in queue:\n    item.send()\n"
PATCH = "--- a/queue.py\n+++ b/queue.py\n@@ -1,2 +1,2 @@\n-# Sends.\n+# Sends all of them.\n for item in queue:\n"
TIMEOUT_SECONDS = 120


class Waiting:
    """The asynchronous client with the methods of the other one."""

    def __init__(self, address: str, **options: Any) -> None:
        self._runner = asyncio.Runner()
        self._client = AsyncClient(address, **options)

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            return self._runner.run(getattr(self._client, name)(*arguments, **options))

        return call

    def classify_stream(self, texts: Any, **options: Any) -> Iterator[Any]:
        answers = self._client.classify_stream(texts, **options)
        try:
            while (answer := self._runner.run(anext(answers, None))) is not None:
                yield answer
        finally:
            self._runner.run(answers.aclose())

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()


@pytest.fixture(scope="module")
def address(model_folder: Path) -> Iterator[str]:
    with running("--model-folder", str(model_folder), "--max-lines", "1000", "--max-body-bytes", "400000") as server:
        yield server.address


@pytest.fixture(params=[Client, Waiting])
def client(request: pytest.FixtureRequest, address: str) -> Iterator[Any]:
    client = request.param(address, timeout_seconds=TIMEOUT_SECONDS)
    yield client
    client.close()


@pytest.fixture(scope="module")
def classifier(model_folder: Path) -> Classifier:
    return Classifier.load(model_folder)


def test_a_text_gets_its_labels(client: Any, classifier: Classifier) -> None:
    expected = classifier.classify(LOOP, filename="queue.py", context="file", mode="best-guess")
    answer = client.classify(LOOP, filename="queue.py", context="file", mode="best-guess", scores=True)
    assert [(line["number"], line["labels"], line["uncertain"]) for line in answer["lines"]] == [
        (line.number, line.labels, line.uncertain) for line in expected.lines
    ]
    assert answer["label_order"] == list(LABEL_NAMES)
    assert answer["lines"][1]["probabilities"] == pytest.approx(expected.probabilities[1].tolist(), abs=1e-4)
    assert (answer["language"], answer["model_digest"]) == ("python", classifier.info.digest)
    only = client.classify(LOOP, first_line=2, last_line=2, scores="float16")
    assert [line["number"] for line in only["lines"]] == [2]
    assert len(only["probabilities_float16"]) == 72


def test_a_batch_has_a_status_for_each_text(client: Any) -> None:
    texts: list[Text] = [{"id": "a", "text": LOOP}, {"id": "b", "text": "x", "language": "cobol"}, {"text": "\ud800"}]
    answer = client.classify_batch(texts)
    assert [entry["status"] for entry in answer["documents"]] == [200, 422, 422]
    assert [entry.get("id") for entry in answer["documents"]] == ["a", "b", None]
    assert answer["documents"][0]["answer"] == client.classify(LOOP)
    assert answer["documents"][1]["problem"].errors[0].location == "body.language"
    assert answer["documents"][2]["problem"].errors[0].location == "body.text"


def test_a_patch_gets_its_verdict(client: Any) -> None:
    answer = client.diff(PATCH, mode="high-confidence")
    assert [file["path"] for file in answer["files"]] == ["queue.py"]
    assert answer["files"][0]["hunks"][0]["lines"][0]["old"]["number"] == 1


def test_the_vocabulary_and_the_model_are_told(client: Any, classifier: Classifier) -> None:
    assert tuple(label["name"] for label in client.labels()["labels"]) == LABEL_NAMES
    assert tuple(language["name"] for language in client.languages()["languages"]) == LANGUAGE_NAMES
    assert client.model()["model_digest"] == classifier.info.digest
    assert client.is_live() is True
    assert client.is_ready() is True


def texts_of_all_sizes() -> Iterator[Text]:
    for number in range(150):
        yield {"id": str(number), "text": LOOP * (1 + number % 4)}
    yield {"id": "long", "text": "x = '" + "long " * 60_000 + "'\n"}
    yield {"id": "lines", "text": "\n" * 1001}
    yield {"id": "scores", "text": LOOP * 400, "scores": True}
    yield {"id": "last", "text": "\u2028\x85 one line"}


def test_a_stream_answers_every_text_in_order(client: Any) -> None:
    entries = list(client.classify_stream(texts_of_all_sizes()))
    assert [entry["id"] for entry in entries] == [text["id"] for text in texts_of_all_sizes()]
    statuses = {entry["id"]: entry["status"] for entry in entries if entry["status"] != 200}
    assert statuses == {"lines": 413}
    assert entries[7]["answer"] == client.classify(LOOP * 4)
    assert len(entries[-1]["answer"]["lines"]) == 1
    assert list(client.classify_stream([])) == []


def test_answers_much_longer_than_the_texts_keep_nobody_waiting(client: Any) -> None:
    texts: list[Text] = [{"text": LOOP * 100, "scores": True}] * 70
    assert [len(entry["answer"]["lines"]) for entry in client.classify_stream(texts)] == [200] * 70


def test_a_record_over_the_limit_is_alone_with_its_problem(client: Any) -> None:
    texts: list[Text] = [{"text": "a"}, {"text": "x" * 400_000}, {"text": "b"}]
    assert [entry["status"] for entry in client.classify_stream(texts)] == [200, 413, 200]


@pytest.mark.parametrize("records", [1, 3, 64])
def test_a_stream_takes_no_more_texts_than_a_portion_ahead(client: Any, records: int) -> None:
    taken = 0

    def texts() -> Iterator[Text]:
        nonlocal taken
        while True:
            taken += 1
            yield {"text": LOOP}

    answers = client.classify_stream(texts(), records_at_a_time=records)
    for answered in range(1, 70):
        assert next(answers)["status"] == 200
        assert taken <= answered + records - 1
    answers.close()
    assert client.is_ready()


def test_texts_may_have_to_be_awaited(address: str) -> None:
    async def texts() -> AsyncIterator[Text]:
        for text in texts_of_all_sizes():
            await asyncio.sleep(0)
            yield text

    async def ask() -> list[Any]:
        async with AsyncClient(address, timeout_seconds=TIMEOUT_SECONDS) as client:
            return [answer async for answer in client.classify_stream(texts())]

    with Client(address, timeout_seconds=TIMEOUT_SECONDS) as client:
        assert asyncio.run(ask()) == list(client.classify_stream(texts_of_all_sizes()))


def test_a_refusal_has_the_problem(client: Any) -> None:
    with pytest.raises(RequestRefusedError, match="422 Unprocessable") as refusal:
        client.classify("x", language="cobol")
    assert refusal.value.problem.status == 422
    assert refusal.value.problem.errors[0].location == "body.language"
    assert refusal.value.request_id
    for call in (
        lambda: client.classify("\ud800"),
        lambda: client.classify("x", mode="exact"),
        lambda: client.classify("x", filename=7),
        lambda: client.classify_batch([]),
        lambda: client.diff("--- a\n+++ b\n@@ -1,2 +1,2 @@\n-x\n"),
    ):
        with pytest.raises(RequestRefusedError) as refusal:
            call()
        assert refusal.value.problem.status == 422
    with pytest.raises(RequestRefusedError) as refusal:
        client.classify("\n" * 1001)
    assert refusal.value.problem.status == 413


def test_keys_are_sent_and_refused_ones_told(model_folder: Path, tmp_path: Path) -> None:
    key = new_key()
    (tmp_path / "keys").write_text(f"me {digest_of(key)} 2\n", "utf-8")
    with running("--model-folder", str(model_folder), "--keys-file", str(tmp_path / "keys")) as server:
        for make in (Client, Waiting):
            nobody: Any = make(server.address, timeout_seconds=TIMEOUT_SECONDS)
            with pytest.raises(KeyRefusedError):
                nobody.labels()
            with pytest.raises(KeyRefusedError):
                list(nobody.classify_stream([{"text": ""}]))
            assert nobody.is_ready()
            nobody.close()
        with Client(server.address, api_key=key, retries=Retries(attempts=1)) as client:
            assert client.classify("")["lines"] == []
            client.labels()
            with pytest.raises(BusyError) as refusal:
                client.labels()
            assert 1 <= (refusal.value.retry_after_seconds or 0) <= 30


def test_nobody_there(tmp_path: Path) -> None:
    for make in (Client, Waiting):
        client: Any = make("http://127.0.0.1:9", timeout_seconds=TIMEOUT_SECONDS)
        assert client.is_live() is client.is_ready() is False
        with pytest.raises(ConnectionFailedError):
            client.labels()
        with pytest.raises(ConnectionFailedError):
            list(client.classify_stream([{"text": ""}]))
        client.close()
    with pytest.raises(ClientError):
        Client("http://a:b")


def test_the_client_needs_nothing_of_the_server() -> None:
    program = "import sys, linewise.service.client; print(*sorted(sys.modules), sep='\\n')"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(result.stdout.split())
    assert "httpx2" in loaded
    assert loaded.isdisjoint({"numpy", "scipy", "fastapi", "starlette", "uvicorn", "linewise.models", "click"})


def test_its_errors_are_of_one_family() -> None:
    assert issubclass(ServiceError, ClientError)
    assert FieldError(location="body", reason="x").location == "body"
