"""``POST /v1/classify/batch`` and ``/stream``: many texts, each with an answer or a problem of its own."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from linewise.features.labels import LABEL_NAMES, N_LABELS
from linewise.service.http import create_app
from linewise.service.schemas.answers import BATCH_ANSWER, DOCUMENT_ANSWER
from linewise.service.settings import Settings

LOOP = "for item in queue:\n    send(item)\n"
SECRET = "s3cr3t_t0ken"
NDJSON = {"Content-Type": "application/x-ndjson"}
RECORDS: list[Any] = [
    {"id": "a", "text": LOOP, "filename": "a.py"},
    {"id": "b", "text": 7},
    {"text": "", "scores": True},
    {"id": "c", "text": "x", "language": SECRET},
    {"id": "d", "text": f"{SECRET}\ud800"},
    {"id": "\ud800", "text": ""},
    {"id": 3, "text": ""},
    [SECRET],
    None,
    {"id": "e", "text": "\n" * 999},
    {"id": "f", "text": LOOP},
    {"id": "g", "text": "x"},
    {"text": "", SECRET: SECRET},
    {"id": '\u00e9 "\\', "text": ""},
]
STATUSES = [200, 422, 200, 422, 422, 422, 422, 422, 422, 413, 200, 200, 422, 200]
IDS = ["a", "b", None, "c", "d", None, None, None, None, "e", "f", "g", None, '\u00e9 "\\']


def check_entries(client: TestClient, entries: list[dict[str, Any]], statuses: list[int]) -> None:
    assert [entry["status"] for entry in entries] == statuses
    assert [entry.get("id") for entry in entries] == IDS
    for request, entry in zip(RECORDS, entries, strict=True):
        assert set(entry) - {"id"} == {"status", "answer" if entry["status"] == 200 else "problem"}
        if entry["status"] == 200:
            alone = {name: value for name, value in request.items() if name != "id"}
            assert entry["answer"] == client.post("/v1/classify", json=alone).json()
        else:
            assert entry["problem"]["status"] == entry["status"]
    assert SECRET not in json.dumps(entries)


def test_one_bad_document_harms_none_of_its_neighbours(client: TestClient) -> None:
    response = client.post("/v1/classify/batch", content=json.dumps({"documents": RECORDS}), headers=JSON)
    assert response.status_code == 200
    BATCH_ANSWER.validate_json(response.content, strict=True)
    check_entries(client, response.json()["documents"], STATUSES)
    assert response.json()["model_digest"] == "f" * 64


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b'{"documents": [NaN]}', 400),
        (b"{}", 422),
        (b'{"documents": {}}', 422),
        (b'{"documents": []}', 422),
        (b'{"documents": [' + b",".join([b"1"] * 1001) + b"]}", 422),
        (b'{"documents": [1], "s3cr3t_t0ken": 1}', 422),
    ],
)
def test_a_body_that_is_no_batch_is_one_problem(client: TestClient, body: bytes, status: int) -> None:
    response = client.post("/v1/classify/batch", content=body, headers=JSON)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert SECRET not in response.text


def test_the_line_limit_holds_for_all_documents_together(client: TestClient) -> None:
    documents = [{"text": "\n" * count} for count in (600, 600, 300, 200, 100, 1)]
    entries = client.post("/v1/classify/batch", json={"documents": documents}).json()["documents"]
    assert [entry["status"] for entry in entries] == [200, 413, 200, 413, 200, 413]


def test_a_stream_answers_each_record_with_a_line(client: TestClient) -> None:
    body = b"\n".join(json.dumps(record).encode() for record in RECORDS[:9]) + b"\r\n\n  \n"
    body += b"\n".join(json.dumps(record).encode() for record in RECORDS[9:])
    for size in (1, 7, 100, len(body)):
        chunks = (body[start : start + size] for start in range(0, len(body), size))
        response = client.post("/v1/classify/stream", content=chunks, headers=NDJSON)
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/x-ndjson"
        lines = response.text.split("\n")
        assert lines.pop() == ""
        for line in lines:
            DOCUMENT_ANSWER.validate_json(line, strict=True)
        entries = [json.loads(line) for line in lines]
        # Here the limit of lines is each record's own.
        check_entries(client, entries, [200 if status == 413 else status for status in STATUSES])


def stream(client: TestClient, content: Any) -> list[dict[str, Any]]:
    response = client.post("/v1/classify/stream", content=content, headers=NDJSON)
    assert response.status_code == 200
    return [json.loads(line) for line in response.iter_lines()]


def test_what_is_no_json_is_that_records_problem_alone(client: TestClient) -> None:
    body = b'{"text": ""}\n{"text": "s3cr3t_t0ken\nnull\n\xff\n{"text": "x"}'
    entries = [
        json.loads(line) for line in client.post("/v1/classify/stream", content=body, headers=NDJSON).iter_lines()
    ]
    assert [entry["status"] for entry in entries] == [200, 400, 422, 400, 200]
    assert SECRET not in json.dumps(entries)


def test_a_stream_may_be_empty_and_of_any_length(client: TestClient) -> None:
    assert client.post("/v1/classify/stream", content=b"", headers=NDJSON).content == b""
    record = json.dumps({"text": "x = 1\n" * 900}).encode() + b"\n"
    body = (record for _ in range(100))
    assert [entry["status"] for entry in stream(client, body)] == [200] * 100


@pytest.mark.parametrize("ending", [b"\n", b""])
def test_a_record_over_the_limit_ends_the_stream(client: TestClient, ending: bytes) -> None:
    long = b'{"text": "' + b"x" * 70_000 + b'"}' + ending
    body = [b'{"text": ""}\n', b'{"text": ""}\n', long[:40_000], long[40_000:], b'{"text": ""}\n']
    assert [entry["status"] for entry in stream(client, iter(body))] == [200, 200, 413]


def test_a_stream_has_to_be_declared(client: TestClient) -> None:
    for content_type in ("application/json", "text/plain"):
        response = client.post("/v1/classify/stream", content=b"", headers={"Content-Type": content_type})
        assert response.status_code == 415


def test_a_fault_amid_a_stream_is_its_records_alone(fake_classifier: Any) -> None:
    classify = fake_classifier.classify

    def failing(text: bytes, **options: Any) -> Any:
        if text == b"fault":
            raise KeyError(text)
        return classify(text, **options)

    with TestClient(create_app(Settings(threads=1), fake_classifier)) as client:
        fake_classifier.classify = failing
        body = (json.dumps({"text": text}).encode() + b"\n" for text in ("a", "fault", "b"))
        entries = [
            json.loads(line) for line in client.post("/v1/classify/stream", content=body, headers=NDJSON).iter_lines()
        ]
    assert [entry["status"] for entry in entries] == [200, 500, 200]


def stream_scope(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/v1/classify/stream",
        "raw_path": b"/v1/classify/stream",
        "query_string": b"",
        "root_path": "",
        "headers": [(b"content-type", b"application/x-ndjson"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }


@pytest.mark.parametrize(
    ("declared", "first_answer_after"), [(None, 1), (b"70", 5), (b"262144", 5), (b"262145", 1), (b"0", 1)]
)
def test_only_a_short_body_of_declared_length_is_read_whole_first(
    fake_classifier: Any, declared: bytes | None, first_answer_after: int
) -> None:
    app = create_app(Settings(threads=1), fake_classifier)
    record = b'{"text": "x"}\n'
    taken = 0
    taken_before_answers: list[int] = []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": record, "more_body": taken < 5}

    async def send(message: dict[str, Any]) -> None:
        if message.get("body"):
            taken_before_answers.append(taken)

    async def scene() -> None:
        headers = [] if declared is None else [(b"content-length", declared)]
        async with app.router.lifespan_context(app):
            await app(stream_scope(*headers), receive, send)  # type: ignore[arg-type]

    asyncio.run(scene())
    assert taken_before_answers[0] == first_answer_after
    assert taken_before_answers[-1] == 5


def test_nothing_is_read_while_the_client_takes_no_answers(fake_classifier: Any) -> None:
    app = create_app(Settings(threads=1), fake_classifier)
    record = b'{"text": "x"}\n'
    taken = 0

    async def scene() -> None:
        nonlocal taken
        reads = asyncio.Event()

        async def receive() -> dict[str, Any]:
            nonlocal taken
            taken += 1
            return {"type": "http.request", "body": record, "more_body": True}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.body":
                reads.set()
                await asyncio.sleep(3600)

        async with app.router.lifespan_context(app):
            serving = asyncio.create_task(app(stream_scope(), receive, send))  # type: ignore[arg-type]
            await asyncio.wait_for(reads.wait(), 10)
            await asyncio.sleep(0.1)
            assert taken == 1
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("first", "last", "numbers"),
    [(1, None, [1, 2, 3, 4]), (2, 3, [2, 3]), (4, 4, [4]), (3, 99, [3, 4]), (5, None, []), (9, 99, []), (1, 1, [1])],
)
def test_a_range_of_lines_is_answered_as_in_the_whole(
    client: TestClient, first: int, last: int | None, numbers: list[int]
) -> None:
    request = {"text": LOOP * 2, "scores": True}
    whole = {line["number"]: line for line in client.post("/v1/classify", json=request).json()["lines"]}
    response = client.post("/v1/classify", json={**request, "first_line": first, "last_line": last})
    assert response.json()["lines"] == [whole[number] for number in numbers]


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        ({"first_line": 0}, "body.first_line"),
        ({"first_line": 2**40}, "body.first_line"),
        ({"last_line": 0}, "body.last_line"),
        ({"first_line": 3, "last_line": 2}, "body.last_line"),
        ({"scores": "float32"}, "body.scores"),
        ({"scores": 1}, "body.scores"),
    ],
)
def test_a_wrong_range_or_form_of_scores_is_named(client: TestClient, fields: dict[str, Any], location: str) -> None:
    response = client.post("/v1/classify", json={"text": "", **fields})
    assert response.status_code == 422
    assert [error["location"] for error in response.json()["errors"]] == [location]


def test_compact_scores_are_those_of_each_line(client: TestClient) -> None:
    plain = client.post("/v1/classify", json={"text": LOOP, "scores": True, "first_line": 2}).json()
    answer = client.post("/v1/classify", json={"text": LOOP, "scores": "float16", "first_line": 2}).json()
    assert answer["label_order"] == list(LABEL_NAMES)
    assert all("probabilities" not in line for line in answer["lines"])
    read = np.frombuffer(base64.b64decode(answer["probabilities_float16"]), "<f2").reshape(-1, N_LABELS)
    np.testing.assert_allclose(read, [line["probabilities"] for line in plain["lines"]], atol=3e-4)
