"""``POST /v1/diff``: a patch in, labels on both sides and verdicts out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
from pydantic import TypeAdapter
from starlette.testclient import TestClient

from linewise.models import Classifier
from linewise.service.http import create_app
from linewise.service.patches import Verdict
from linewise.service.schemas.diff import DiffAnswer, VerdictName
from linewise.service.settings import Settings

from .conftest import ScanningClassifier

PATCH = "--- a/x.py\n+++ b/x.py\n@@ -1,2 +1,2 @@ def f():\n-# old\n+# new\n f()\n"
ANSWER: TypeAdapter[DiffAnswer] = TypeAdapter(DiffAnswer)


@pytest.fixture
def scanning_client() -> Iterator[TestClient]:
    scanner = cast(Classifier, ScanningClassifier())
    with TestClient(create_app(Settings(max_lines=100, threads=1), scanner)) as client:
        yield client


def ask(client: TestClient, patch: str, **options: Any) -> dict[str, Any]:
    response = client.post("/v1/diff", json={"patch": patch, **options})
    assert response.status_code == 200, response.text
    ANSWER.validate_json(response.content)
    answer: dict[str, Any] = response.json()
    return answer


def test_labels_and_verdict(scanning_client: TestClient) -> None:
    answer = ask(scanning_client, PATCH)
    (file,) = answer["files"]
    assert (answer["verdict"], file["verdict"], file["context"]) == ("comment-only", "comment-only", "fragment")
    assert answer["added"] == {"lines": 1, "labels": {"comment": 1}}
    assert file["hunks"][0]["lines"][0] == {
        "change": "removed",
        "old": {"number": 1, "labels": ["comment"], "uncertain": []},
        "new": None,
        "text": "# old",
    }
    assert ask(scanning_client, PATCH, mode="high-confidence") == answer


def test_patch_of_no_file(scanning_client: TestClient) -> None:
    answer = ask(scanning_client, "")
    assert (answer["files"], answer["verdict"]) == ([], "blank-only")


def test_name_that_is_no_utf8(scanning_client: TestClient) -> None:
    (file,) = ask(scanning_client, PATCH.replace("a/x.py", '"a/\\377.py"').replace("b/x.py", '"b/\\377.py"'))["files"]
    assert file["path"] == "\ufffd.py"


@pytest.mark.parametrize(
    ("patch", "status", "detail"),
    [
        ("hello", 422, "the patch cannot be read: there is no unified diff in the input"),
        (PATCH[:-6], 422, "the patch cannot be read: the patch ends within the hunk of line 3"),
        (
            PATCH.replace("-1,2 +1,2", "-1,2 +1,102") + "+# s3cr3t\n" * 100,
            413,
            "the patch needs 208 lines labelled; at most 100 are taken",
        ),
    ],
)
def test_what_cannot_be_labelled(scanning_client: TestClient, patch: str, status: int, detail: str) -> None:
    response = scanning_client.post("/v1/diff", json={"patch": patch})
    assert (response.status_code, response.json()["detail"]) == (status, detail)


@pytest.mark.parametrize("body", [{}, {"patch": 3}, {"patch": "", "mode": "sure"}, {"patch": "", "other": 1}])
def test_fields(scanning_client: TestClient, body: dict[str, Any]) -> None:
    assert scanning_client.post("/v1/diff", json=body).status_code == 422


def test_verdicts_of_the_interface_are_those_that_are_given() -> None:
    assert tuple(TypeAdapter(VerdictName).json_schema()["enum"]) == tuple(verdict.value for verdict in Verdict)
