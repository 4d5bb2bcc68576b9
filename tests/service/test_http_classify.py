"""``POST /v1/classify``: what it answers to good requests."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from linewise.features.labels import LABEL_NAMES, TAXONOMY_VERSION
from linewise.features.lines import split_lines
from linewise.service.http.rendering import LINES_AT_A_TIME

LOOP = "for item in queue:\n    send(item)\n"


def classify(client: TestClient, **request: Any) -> dict[str, Any]:
    response = client.post("/v1/classify", json=request)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    answer: dict[str, Any] = response.json()
    return answer


def test_it_answers_each_line_with_its_labels(client: TestClient) -> None:
    assert classify(client, text=LOOP) == {
        "lines": [
            {"number": 1, "labels": ["code", "loop"], "uncertain": ["in_loop"]},
            {"number": 2, "labels": ["code", "call", "in_function"], "uncertain": []},
        ],
        "language": "python",
        "language_score": 0.8,
        "model_digest": "f" * 64,
        "taxonomy_version": TAXONOMY_VERSION,
    }


def test_scores_come_on_request_in_the_named_order(client: TestClient) -> None:
    answer = classify(client, text=LOOP, scores=True)
    assert answer["label_order"] == list(LABEL_NAMES)
    for line in answer["lines"]:
        named = dict(zip(answer["label_order"], line["probabilities"], strict=True))
        assert all(named[label] == 0.9877 for label in line["labels"])
        assert named["blank"] == 0.0123


def test_the_options_reach_the_classifier(client: TestClient, fake_classifier: Any) -> None:
    classify(
        client,
        text="x",
        language="JS",
        filename="a.py",
        context="fragment",
        mode="high-confidence",
        scores=False,
    )
    assert fake_classifier.calls[-1] == {
        "text": b"x",
        "language": "javascript",
        "filename": "a.py",
        "context": "fragment",
        "mode": "high-confidence",
    }


def test_options_may_be_left_out_or_null(client: TestClient, fake_classifier: Any) -> None:
    classify(client, text="x", language=None, filename=None)
    assert fake_classifier.calls[-1] == {
        "text": b"x",
        "language": None,
        "filename": None,
        "context": "unknown",
        "mode": "balanced",
    }


@pytest.mark.parametrize(
    ("text", "n_lines"),
    [
        ("", 0),
        ("x", 1),
        ("x\n", 1),
        ("\n", 1),
        ("a\rb\r\nc\nd", 4),
        ("a\fb\vc\x1cd\x85e\u2028f\u2029g", 1),
        ("\u202e\u2066x\0y\ufeff\n\U0001f600", 2),
    ],
)
def test_lines_end_where_the_text_says(client: TestClient, text: str, n_lines: int) -> None:
    lines = classify(client, text=text)["lines"]
    assert [line["number"] for line in lines] == list(range(1, n_lines + 1))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_gets_one_entry_for_each_of_its_lines(client: TestClient, text: str) -> None:
    assert len(classify(client, text=text)["lines"]) == len(split_lines(text.encode()))


def test_a_content_type_may_name_the_charset(client: TestClient) -> None:
    for content_type in ("application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'):
        response = client.post("/v1/classify", content=b'{"text": ""}', headers={"Content-Type": content_type})
        assert response.status_code == 200


@pytest.mark.parametrize("n_lines", [LINES_AT_A_TIME - 1, LINES_AT_A_TIME, LINES_AT_A_TIME + 1, 999])
@pytest.mark.parametrize("scores", [False, True])
def test_many_lines_are_one_answer(client: TestClient, n_lines: int, scores: bool) -> None:
    texts = ["if x:" if number % 3 else "" for number in range(n_lines)]
    lines = classify(client, text="\n".join([*texts, ""]), scores=scores)["lines"]
    assert [line["number"] for line in lines] == list(range(1, n_lines + 1))
    assert [line["labels"] for line in lines] == [["code", "conditional"] if text else ["blank"] for text in texts]
    assert all(("probabilities" in line) == scores for line in lines)
