"""Requests made up from the OpenAPI document, sound and unsound: none makes it fail, and each answer is as it says."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from linewise.service.http import create_app
from linewise.service.settings import Settings

from .running import running

DOCUMENT = create_app(Settings()).openapi()
OPERATIONS = [
    (path, method, mode)
    for path, item in DOCUMENT["paths"].items()
    for method in item
    # Where nothing is asked for, nothing can be wrong.
    for mode in (GenerationMode if method == "post" else [GenerationMode.POSITIVE])
]
CASES = int(os.environ.get("LINEWISE_SCHEMA_CASES", "180"))
"""How many requests with a body to make up in all; `.ci/run` asks for 2,000."""
CASES_OF_EACH = math.ceil(CASES / sum(method == "post" for _, method, _ in OPERATIONS))
# What the document can't say makes some requests that follow it fail: an unknown language, a range that is none.
UNSUITABLE = ["positive_data_acceptance"]
# Where each record has a status of its own, a wrong one makes no wrong request.
OF_RECORDS = ("/v1/classify/batch", "/v1/classify/stream")


@schemathesis.serializer("application/x-ndjson")
def one_record(_context: Any, value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


@pytest.fixture(scope="module")
def address(model_folder: Path) -> Iterator[str]:
    with running("--model-folder", str(model_folder)) as server:
        yield server.address


@pytest.mark.parametrize(("path", "method", "mode"), OPERATIONS)
@pytest.mark.parametrize("n_cases", [CASES_OF_EACH, pytest.param(1000, marks=pytest.mark.full)])
def test_every_operation_answers_as_described(
    address: str, path: str, method: str, mode: GenerationMode, n_cases: int
) -> None:
    load_all_checks()
    unsuitable = CHECKS.get_by_names([*UNSUITABLE, *(["negative_data_rejection"] if path in OF_RECORDS else [])])
    operation = schemathesis.openapi.from_dict(DOCUMENT)[path][method.upper()]

    @settings(
        max_examples=n_cases, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        case.call_and_validate(base_url=address, excluded_checks=unsuitable, timeout=30)

    ask()
