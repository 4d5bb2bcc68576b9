"""``/v2`` as NVIDIA's client for Triton speaks it, over real sockets: binary tensors by default, JSON on request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tritonclient.http as triton
import tritonclient.http.aio as triton_aio
from tritonclient.utils import InferenceServerException

from linewise.features.labels import N_LABELS
from linewise.models import Classifier, Document

from .running import running

TEXTS = ["for item in queue:\n    item.send()\n", "", "// caf\xe9\nreturn total;"]
NAMES = ["queue.py", "", "src/sum.c"]
DOCUMENTS = [Document(text, filename=name or None, mode="best-guess") for text, name in zip(TEXTS, NAMES, strict=True)]


@pytest.fixture(scope="module")
def address(model_folder: Path) -> Iterator[str]:
    with running("--model-folder", str(model_folder), "--max-lines", "1000") as server:
        yield server.address.removeprefix("http://")


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[triton.InferenceServerClient]:
    with triton.InferenceServerClient(address, connection_timeout=60, network_timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def classifier(model_folder: Path) -> Classifier:
    return Classifier.load(model_folder)


def tensor(name: str, values: list[str], *, binary: bool = True) -> triton.InferInput:
    made = triton.InferInput(name, [len(values)], "BYTES")
    made.set_data_from_numpy(np.array([value.encode() for value in values], dtype=np.object_), binary_data=binary)
    return made


def check(result: triton.InferResult, classifier: Classifier) -> None:
    expected = list(classifier.classify_many(DOCUMENTS))
    masks = np.concatenate([prediction.masks for prediction in expected])
    uncertain = np.concatenate([prediction.uncertain_masks for prediction in expected])
    np.testing.assert_array_equal(result.as_numpy("labels"), masks)
    np.testing.assert_array_equal(result.as_numpy("uncertain"), uncertain)
    np.testing.assert_array_equal(result.as_numpy("line_offsets"), np.cumsum([0, *map(len, expected)]))
    languages = [name.decode() if isinstance(name, bytes) else name for name in result.as_numpy("language")]
    assert languages == [prediction.language or "" for prediction in expected]
    scores = [prediction.language_score for prediction in expected]
    np.testing.assert_allclose(result.as_numpy("language_score"), scores, atol=1e-4)
    assert result.get_response()["model_version"] == classifier.info.digest


def test_health_and_metadata(client: triton.InferenceServerClient, classifier: Classifier) -> None:
    digest = classifier.info.digest
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("linewise")
    assert client.is_model_ready("linewise", digest)
    assert not client.is_model_ready("linewise", "1")
    assert not client.is_model_ready("other")
    assert "binary_tensor_data" in client.get_server_metadata()["extensions"]
    assert client.get_model_metadata("linewise", digest)["versions"] == [digest]


@pytest.mark.parametrize("binary", [True, False])
def test_labels_go_both_ways_in_either_form(
    client: triton.InferenceServerClient, classifier: Classifier, binary: bool
) -> None:
    inputs = [tensor(name, values, binary=binary) for name, values in (("text", TEXTS), ("filename", NAMES))]
    names = ("labels", "uncertain", "line_offsets", "language", "language_score")
    outputs = [triton.InferRequestedOutput(name, binary_data=binary) for name in names]
    for asked in (outputs, None):
        result = client.infer("linewise", inputs, outputs=asked, request_id="42", parameters={"mode": "best-guess"})
        check(result, classifier)
        assert result.get_response()["id"] == "42"


def test_forms_may_be_mixed_and_a_version_named(client: triton.InferenceServerClient, classifier: Classifier) -> None:
    inputs = [
        tensor("filename", NAMES, binary=False),
        tensor("mode", ["best-guess"]),
        tensor("text", TEXTS),
    ]
    check(client.infer("linewise", inputs, model_version=classifier.info.digest), classifier)


def test_scores_come_in_two_precisions(client: triton.InferenceServerClient, classifier: Classifier) -> None:
    names = ("scores", "scores_fp16")
    outputs = [triton.InferRequestedOutput(name) for name in names]
    result = client.infer("linewise", [tensor("text", TEXTS), tensor("filename", NAMES)], outputs=outputs)
    expected = np.concatenate([prediction.probabilities for prediction in classifier.classify_many(DOCUMENTS)])
    scores, short = (result.as_numpy(name) for name in names)
    assert scores.dtype == np.float32
    assert scores.shape == (4, N_LABELS)
    np.testing.assert_array_equal(scores, expected)
    np.testing.assert_array_equal(short, expected.astype(np.float16))


def test_requests_run_side_by_side(address: str, classifier: Classifier) -> None:
    inputs = [tensor("text", TEXTS), tensor("filename", NAMES), tensor("mode", ["best-guess"])]
    with triton.InferenceServerClient(address, concurrency=4, connection_timeout=60, network_timeout=60) as client:
        for request in [client.async_infer("linewise", inputs) for _ in range(12)]:
            check(request.get_result(), classifier)


@pytest.mark.parametrize("binary", [True, False])
def test_the_asynchronous_client_is_answered_too(address: str, classifier: Classifier, binary: bool) -> None:
    async def ask() -> triton.InferResult:
        async with triton_aio.InferenceServerClient(address) as client:
            inputs = [tensor(name, values, binary=binary) for name, values in (("text", TEXTS), ("filename", NAMES))]
            return await client.infer("linewise", inputs, parameters={"mode": "best-guess"})

    check(asyncio.run(ask()), classifier)


def test_refusals_reach_the_client_as_they_are_meant(client: triton.InferenceServerClient) -> None:
    for inputs, more, status, part in (
        ([tensor("text", ["\n" * 1001])], {}, "413", "at most 1000"),
        ([tensor("text", ["x"]), tensor("language", ["cobol"])], {}, "422", "body.inputs.language: Unknown language"),
        ([tensor("text", ["x"])], {"priority": 1}, "422", "body.parameters: 1 unknown field"),
        ([tensor("text", ["x"])], {"model_version": "1"}, "404", "this version is not in service"),
        ([tensor("text", ["x"])], {"request_compression_algorithm": "gzip"}, "415", "Content-Encoding"),
    ):
        with pytest.raises(InferenceServerException) as refusal:
            client.infer("linewise", inputs, **more)
        assert refusal.value.status() == status
        assert part in refusal.value.message()
