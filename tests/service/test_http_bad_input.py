"""Requests that can't be answered: each class of them gets its status and a problem that holds nothing of it."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from linewise.service.http import create_app
from linewise.service.http.json_body import decode_json
from linewise.service.http.problems import ProblemError
from linewise.service.settings import Settings

SECRET = "s3cr3t_t0ken"


def check_problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert set(problem) == {"type", "title", "status", "detail", "errors"}
    assert problem["status"] == status
    assert SECRET not in response.text
    return problem


def post(client: TestClient, body: bytes | str, content_type: str = "application/json") -> Any:
    return client.post("/v1/classify", content=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"{",
        b'{"text": "s3cr3t_t0ken',
        b'{"text": s3cr3t_t0ken}',
        b"{'text': 's3cr3t_t0ken'}",
        b'{"text": "s3cr3t_t0ken\n"}',
        b'{"text": "s3cr3t_t0ken"} s3cr3t_t0ken',
        b'\xef\xbb\xbf{"text": "s3cr3t_t0ken"}',
        '{"text": "s3cr3t_t0ken"}'.encode("utf-16"),
        '{"text": "s3cr3t_t0ken"}'.encode("utf-16-le"),
        '{"text": "s3cr3t_t0ken"}'.encode("utf-32"),
        b'{"text": "s3cr3t_t0ken\xff"}',
        b'{"text": "\xed\xa0\x80 s3cr3t_t0ken"}',
        b'{"text": "", "s3cr3t_t0ken": NaN}',
        b'{"text": "", "s3cr3t_t0ken": -Infinity}',
        b'{"text": "", "scores": 1e400}',
        b'{"text": "", "scores": ' + b"9" * 5000 + b"}",
        b'{"text": "s3cr3t_t0ken", "text": "s3cr3t_t0ken"}',
        b'{"text": ' + b"[" * 30_000,
        b'{"text": ' + b'{"s3cr3t_t0ken":' * 2_000,
        b"[" * 20_000 + b"]" * 20_000,
    ],
)
def test_what_is_no_json_gets_400(client: TestClient, body: bytes) -> None:
    problem = check_problem(post(client, body), 400)
    assert problem["detail"].startswith("the body ")


@pytest.mark.parametrize("opening", [b"[", b'{"text":'])
def test_a_million_levels_are_too_deep(opening: bytes) -> None:
    with pytest.raises(ProblemError, match="400: the body is nested too deeply"):
        decode_json(opening * 1_000_000)


def test_a_text_may_hold_any_character(client: TestClient) -> None:
    text = "a\0b\n\u202ec\u2066d\n\ufeff\x1b[31m"
    response = post(client, json.dumps({"text": text}))
    assert (response.status_code, len(response.json()["lines"])) == (200, 3)


@pytest.mark.parametrize("body", [b"null", b"[]", b'"s3cr3t_t0ken"', b"3", b"true"])
def test_json_that_is_no_object_gets_422(client: TestClient, body: bytes) -> None:
    check_problem(post(client, body), 422)


@pytest.mark.parametrize(
    ("request_", "location"),
    [
        ({}, "body.text"),
        ({"text": None}, "body.text"),
        ({"text": 7}, "body.text"),
        ({"text": [SECRET]}, "body.text"),
        ({"text": {SECRET: SECRET}}, "body.text"),
        ({"text": f"{SECRET} \ud800"}, "body.text"),
        ({"text": "", "filename": f"{SECRET} \udfff"}, "body.filename"),
        ({"text": "", "filename": SECRET * 1000}, "body.filename"),
        ({"text": "", "filename": 1}, "body.filename"),
        ({"text": "", "language": SECRET}, "body.language"),
        ({"text": "", "language": ""}, "body.language"),
        ({"text": "", "language": f"{SECRET}\ud800"}, "body.language"),
        ({"text": "", "language": SECRET * 100}, "body.language"),
        ({"text": "", "context": SECRET}, "body.context"),
        ({"text": "", "context": None}, "body.context"),
        ({"text": "", "mode": [SECRET]}, "body.mode"),
        ({"text": "", "mode": f"{SECRET}\ud800"}, "body.mode"),
        ({"text": "", "scores": "true"}, "body.scores"),
        ({"text": "", "scores": 1}, "body.scores"),
        ({"text": "", "scores": None}, "body.scores"),
        ({"text": SECRET, SECRET: SECRET}, "body"),
        ({"text": SECRET, f"{SECRET}\ud800": SECRET}, "body"),
    ],
)
def test_a_wrong_field_gets_422_with_its_place(client: TestClient, request_: dict[str, Any], location: str) -> None:
    problem = check_problem(post(client, json.dumps(request_)), 422)
    assert [error["location"] for error in problem["errors"]] == [location]
    assert all(error["reason"] for error in problem["errors"])


def test_every_wrong_field_is_named_at_once(client: TestClient) -> None:
    problem = check_problem(post(client, b'{"mode": 1, "scores": 2, "a": 3, "b": 4}'), 422)
    places = [error["location"] for error in problem["errors"]]
    assert places == ["body.text", "body.mode", "body.scores", "body"]
    assert problem["errors"][-1]["reason"].startswith("2 unknown fields; known are text, language")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.dictionaries(
        st.sampled_from(["text", "language", "filename", "context", "mode", "scores", "other"]), JSON_VALUES
    )
)
def test_no_json_makes_the_service_fail(client: TestClient, fields: dict[str, Any]) -> None:
    response = post(client, json.dumps(fields))
    assert response.status_code in (200, 400, 422)
    if response.status_code != 200:
        check_problem(response, response.status_code)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary() | st.binary().map(lambda inside: b'{"text": "' + inside + b'"}'))
def test_no_bytes_make_the_service_fail(client: TestClient, body: bytes) -> None:
    assert post(client, body).status_code in (200, 400, 422)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_another_kind_of_body_gets_415(client: TestClient, headers: dict[str, str]) -> None:
    check_problem(client.post("/v1/classify", content=b'{"text": "s3cr3t_t0ken"}', headers=headers), 415)


def test_an_unknown_address_gets_404_and_is_not_echoed(client: TestClient) -> None:
    for address in (f"/{SECRET}", f"/v1/{SECRET}?q={SECRET}", f"/static/{SECRET}", "/v1/labels/", "/redoc"):
        check_problem(client.get(address), 404)


def test_a_wrong_method_gets_405_and_the_right_ones(client: TestClient) -> None:
    for address, allowed in (("/v1/classify", "POST"), ("/v1/labels", "GET")):
        response = client.request("PUT", address, content=SECRET)
        check_problem(response, 405)
        assert response.headers["allow"] == allowed
    check_problem(client.get(f"/v1/classify?text={SECRET}"), 405)


def test_a_fault_gets_500_and_neither_answer_nor_log_holds_the_text(
    fake_classifier: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(Settings(), fake_classifier)

    def fail(text: bytes, **_options: Any) -> None:
        raise KeyError(text)

    with TestClient(app) as client, caplog.at_level(logging.DEBUG):
        fake_classifier.classify = fail
        check_problem(client.post("/v1/classify", json={"text": SECRET}), 500)
        assert client.get("/health/ready").status_code == 200
    assert "KeyError at" in caplog.text
    assert "in answer_together" in caplog.text
    assert SECRET not in caplog.text


def test_the_access_log_names_routes_and_no_addresses(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "linewise.access"):
        client.post(f"/v1/classify?q={SECRET}", json={"text": SECRET})
        client.get(f"/{SECRET}")
    assert SECRET not in caplog.text
    lines = [record.getMessage().rsplit(" ", 2)[0] for record in caplog.records if record.name == "linewise.access"]
    assert lines == ["POST /v1/classify 200", "GET - 404"]
