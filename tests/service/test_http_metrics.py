"""What the service shows of itself: metrics, log lines, request ids; none of which holds any text."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from linewise.service.http import create_app
from linewise.service.logs import JsonFormatter, TextFormatter, log_configuration, request_id
from linewise.service.settings import Settings

SECRET = "s3cr3t_t0ken"


def samples(client: TestClient) -> dict[tuple[str, ...], float]:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(response.text)
        for sample in family.samples
    }


def test_requests_lines_and_the_model_are_counted(client: TestClient) -> None:
    client.post("/v1/classify", json={"text": "a\nb\n"})
    client.post("/v1/classify", json={"text": "a\n"})
    client.post("/v1/classify", json={"text": 3})
    client.post("/v1/classify/batch", json={"documents": [{"text": "a\n"}, {"text": "b\n" * 3}, {}]})
    client.get(f"/{SECRET}")
    client.request("BREW", "/v1/labels")
    counted = samples(client)
    assert counted["linewise_requests_total", "POST", "/v1/classify", "200"] == 2
    assert counted["linewise_requests_total", "POST", "/v1/classify", "422"] == 1
    assert counted["linewise_requests_total", "GET", "-", "404"] == 1
    assert counted["linewise_requests_total", "-", "/v1/labels", "405"] == 1
    assert counted["linewise_request_seconds_count", "/v1/classify"] == 3
    assert counted["linewise_lines_total",] == 2 + 1 + 4
    assert counted["linewise_requests_in_progress",] == 1
    assert counted["linewise_requests_waiting",] == 0
    assert counted["linewise_model_info", "f" * 64, "1.0"] == 1
    assert SECRET not in client.get("/metrics").text


def test_what_finds_no_place_is_refused_before_it_is_read_and_counted_all_the_same(client: TestClient) -> None:
    app: Any = client.app
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(app.state.inference.pool), "is_full", True)
        refused = client.post("/v1/classify", content=b"no JSON", headers={"X-Request-ID": "mine"})
        assert client.get("/v1/labels").status_code == 200
        app.state.inference.draining = True
        assert client.post("/v1/classify", content=b"no JSON").status_code == 415
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert refused.json()["detail"] == "as many requests as may wait do so already"
    other = client.post("/v1/classify", json={"text": 3})
    assert set(refused.headers) == set(other.headers) - {"connection"} | {"retry-after"}
    for name in set(refused.headers) - {"retry-after", "content-length", "x-request-id"}:
        assert refused.headers[name] == other.headers[name]
    assert refused.headers["x-request-id"] == "mine"
    assert samples(client)["linewise_requests_total", "POST", "/v1/classify", "429"] == 1


def test_of_two_models_the_one_in_service_is_shown(client: TestClient, fake_classifier: Any) -> None:
    client.app.state.inference.use(None)  # type: ignore[attr-defined]
    assert samples(client)["linewise_model_info", "f" * 64, "1.0"] == 0


def test_every_answer_has_an_id(client: TestClient) -> None:
    given = {"X-Request-ID": "abc-1.2_X"}
    assert client.get("/health/live", headers=given).headers["x-request-id"] == "abc-1.2_X"
    assert client.get("/nowhere", headers=given).headers["x-request-id"] == "abc-1.2_X"
    made = {client.get("/health/live").headers["x-request-id"] for _ in range(3)}
    assert len(made) == 3
    for bad in ("", "x" * 65, "for x in y:", "a\tb"):
        answered = client.get("/health/live", headers={"X-Request-ID": bad}).headers["x-request-id"]
        assert len(answered) == 32


def test_log_lines_have_the_id_of_their_request(fake_classifier: Any, caplog: pytest.LogCaptureFixture) -> None:
    lines: list[dict[str, Any]] = []

    class Listing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(JsonFormatter().format(record)))

    def fail(text: bytes, **_options: Any) -> None:
        raise KeyError(text)

    listing = Listing()
    logger = logging.getLogger("linewise")
    logger.addHandler(listing)
    try:
        with TestClient(create_app(Settings(), fake_classifier)) as client, caplog.at_level(logging.INFO, "linewise"):
            fake_classifier.classify = fail
            client.post("/v1/classify", json={"text": SECRET}, headers={"X-Request-ID": "id-7"})
    finally:
        logger.removeHandler(listing)
    fault, access = lines
    assert fault["request_id"] == access["request_id"] == "id-7"
    assert (fault["level"], fault["logger"]) == ("error", "linewise.http")
    assert fault["message"].startswith("a request failed with KeyError at")
    assert (access["method"], access["route"], access["status"]) == ("POST", "/v1/classify", 500)
    assert access["milliseconds"] > 0
    assert SECRET not in json.dumps(lines)


def record_of_an_error() -> logging.LogRecord:
    try:
        raise KeyError(SECRET)
    except KeyError as error:
        raised = (type(error), error, error.__traceback__)
    return logging.LogRecord("linewise.http", logging.ERROR, __file__, 1, "it\nfailed", (), raised)


def test_errors_are_logged_without_their_messages() -> None:
    token = request_id.set("id-8")
    try:
        as_json = JsonFormatter().format(record_of_an_error())
        as_text = TextFormatter().format(record_of_an_error())
    finally:
        request_id.reset(token)
    assert SECRET not in as_json + as_text
    assert "\n" not in as_json
    entry = json.loads(as_json)
    assert entry["fault"].startswith("KeyError at\n")
    assert entry["message"] == "it\nfailed"
    assert "[id-8]" in as_text
    assert "KeyError at" in as_text


@pytest.mark.parametrize("form", ["text", "json"])
def test_the_configuration_is_one_that_logging_takes(form: str) -> None:
    configuration = log_configuration("warning", form)
    assert configuration["loggers"]["linewise"]["level"] == "WARNING"
    assert isinstance(configuration["formatters"]["line"]["()"](), logging.Formatter)
