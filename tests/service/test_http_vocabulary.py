"""The read-only addresses: labels, languages, the model, health; and the OpenAPI document that describes all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from linewise.features.labels import LABELS, TAXONOMY_VERSION
from linewise.features.languages import LANGUAGES
from linewise.service.http import create_app
from linewise.service.schemas.answers import CLASSIFY_ANSWER
from linewise.service.settings import Settings

DIGEST = "f" * 64


def test_labels_come_in_label_order(client: TestClient) -> None:
    answer = client.get("/v1/labels").json()
    assert answer["labels"] == [
        {"name": label.name, "group": label.group.value, "meaning": label.meaning} for label in LABELS
    ]
    assert (answer["model_digest"], answer["taxonomy_version"]) == (DIGEST, TAXONOMY_VERSION)


def test_languages_tell_how_they_are_known(client: TestClient) -> None:
    answer = client.get("/v1/languages").json()
    assert [language["name"] for language in answer["languages"]] == [language.name for language in LANGUAGES]
    cpp = next(language for language in answer["languages"] if language["name"] == "cpp")
    assert cpp["title"] == "C++"
    assert "c++" in cpp["aliases"]
    assert ".hpp" in cpp["extensions"]
    assert (answer["model_digest"], answer["taxonomy_version"]) == (DIGEST, TAXONOMY_VERSION)


def test_the_model_is_described(client: TestClient) -> None:
    answer = client.get("/v1/model").json()
    assert answer["model_digest"] == DIGEST
    assert answer["size_bytes"] == 1234
    assert answer["summary"] == {"training_lines": 8}
    assert answer["format_version"] == "1"


def test_a_service_with_a_model_is_live_and_ready(client: TestClient) -> None:
    assert client.get("/health/live").json() == {"status": "live"}
    assert client.get("/health/ready").json() == {"status": "ready", "model_digest": DIGEST}


def test_without_a_model_it_is_live_but_answers_503(fake_classifier: Any) -> None:
    # No lifespan runs here, so no model is loaded.
    client = TestClient(create_app(Settings(), fake_classifier))
    assert client.get("/health/live").status_code == 200
    for response in (
        client.get("/health/ready"),
        client.get("/v1/model"),
        client.get("/v1/labels"),
        client.post("/v1/classify", json={"text": ""}),
    ):
        assert response.status_code == 503
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["retry-after"] == "1"


def test_after_the_service_ends_it_is_not_ready(fake_classifier: Any) -> None:
    app = create_app(Settings(), fake_classifier)
    with TestClient(app) as client:
        assert client.get("/health/ready").status_code == 200
    assert client.get("/health/ready").status_code == 503


@pytest.fixture
def document(client: TestClient) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").json()
    return document


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(path, operation) for path, item in document["paths"].items() for operation in item.values()]


def test_openapi_lists_every_operation(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert {path for path, _ in operations(document)} == {
        "/v1/classify",
        "/v1/classify/batch",
        "/v1/classify/stream",
        "/v1/diff",
        "/v1/labels",
        "/v1/languages",
        "/v1/model",
        "/health/live",
        "/health/ready",
        "/v2",
        "/v2/health/live",
        "/v2/health/ready",
        "/v2/models/{name}",
        "/v2/models/{name}/infer",
        "/v2/models/{name}/ready",
        "/v2/models/{name}/versions/{version}",
        "/v2/models/{name}/versions/{version}/infer",
        "/v2/models/{name}/versions/{version}/ready",
    }


def test_openapi_declares_errors_as_problems(document: dict[str, Any]) -> None:
    statuses = {path: set(operation["responses"]) for path, operation in operations(document)}
    assert statuses["/v1/classify"] == {
        *("200", "400", "408", "413", "415", "422", "429", "500", "503", "504"),
    }
    assert statuses["/health/ready"] == {"200", "503"}
    for path, operation in operations(document):
        own = ["application/x-ndjson" if path == "/v1/classify/stream" else "application/json"]
        if path.endswith("/infer"):
            own.append("application/octet-stream")
        error = "application/json" if path.startswith("/v2") else "application/problem+json"
        for status, response in operation["responses"].items():
            assert list(response.get("content", own)) == (own if status == "200" else [error]), (path, status)


def test_openapi_has_no_dangling_reference(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    names = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert names <= set(document["components"]["schemas"])
    assert "x-request" not in text
    assert "HTTPValidationError" not in text


def test_the_examples_in_openapi_are_true(client: TestClient, document: dict[str, Any]) -> None:
    for path, operation in operations(document):
        for media_type, content in operation.get("requestBody", {"content": {}})["content"].items():
            if media_type == "application/octet-stream":
                continue  # no example of it can be written down
            assert content["examples"]
            for example in content["examples"].values():
                body = json.dumps(example["value"])
                address = path.format(name="linewise", version=DIGEST)
                response = client.post(address, content=body, headers={"Content-Type": media_type})
                assert response.status_code == 200
                assert '"problem"' not in response.text
    for example in document["components"]["schemas"]["ClassifyAnswer"]["examples"]:
        CLASSIFY_ANSWER.validate_python(example)


def test_answers_are_as_their_schema_says(client: TestClient) -> None:
    for scores in (False, True):
        answer = client.post("/v1/classify", json={"text": "for x in y:\n  f(x)\n", "scores": scores})
        CLASSIFY_ANSWER.validate_json(answer.content, strict=True)
