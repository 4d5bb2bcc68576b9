"""``/v2``, the Open Inference Protocol: tensors of texts in, tensors of labels out, in JSON and in binary."""

from __future__ import annotations

import json
import logging
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from linewise.features.labels import LABEL_NAMES, N_LABELS, names_of
from linewise.service.http import create_app
from linewise.service.keys import digest_of, new_key
from linewise.service.settings import Settings

INFER = "/v2/models/linewise/infer"
LENGTH = "Inference-Header-Content-Length"
JSON = {"Content-Type": "application/json"}
LOOP = "for item in queue:\n    send(item)\n"
SECRET = "s3cr3t_t0ken"
DIGEST = "f" * 64


def tensor(name: str, *values: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "datatype": "BYTES", "shape": [len(values)], "data": list(values), **more}


def infer(client: TestClient, *inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    response = client.post(INFER, json={"inputs": inputs, **more})
    assert response.status_code == 200, response.text
    answer: dict[str, Any] = response.json()
    return {**answer, "outputs": {output["name"]: output for output in answer["outputs"]}}


def elements(*values: bytes) -> bytes:
    return b"".join(len(value).to_bytes(4, "little") + value for value in values)


def post_binary(client: TestClient, request: Any, binary: bytes, length: Any = None, **headers: str) -> Any:
    document = json.dumps(request).encode()
    told = {LENGTH: str(len(document) if length is None else length)}
    return client.post(INFER, content=document + binary, headers={**told, **headers})


def sized(name: str, count: int, size: Any) -> dict[str, Any]:
    return {"name": name, "datatype": "BYTES", "shape": [count], "parameters": {"binary_data_size": size}}


def check_error(response: Any, status: int) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert list(response.json()) == ["error"]
    assert SECRET not in response.text
    error: str = response.json()["error"]
    assert error
    return error


def test_the_server_and_the_model_describe_themselves(client: TestClient) -> None:
    server = client.get("/v2").json()
    assert (server["name"], server["extensions"]) == ("linewise", ["binary_tensor_data"])
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    for address in ("/v2/models/linewise", f"/v2/models/linewise/versions/{DIGEST}"):
        model = client.get(address).json()
        assert (model["name"], model["versions"]) == ("linewise", [DIGEST])
        assert [each["name"] for each in model["inputs"]] == ["text", "language", "filename", "context", "mode"]
        assert {"name": "scores", "datatype": "FP32", "shape": [-1, N_LABELS]} in model["outputs"]
        assert client.get(f"{address}/ready").json() == {"name": "linewise", "ready": True}


@pytest.mark.parametrize("address", ["", "/ready", "/infer"])
def test_another_model_or_version_is_not_there(client: TestClient, address: str) -> None:
    method = "POST" if address == "/infer" else "GET"
    for named in (SECRET, f"linewise/versions/{SECRET}", f"{SECRET}/versions/{DIGEST}", "linewise/versions/1"):
        body = json.dumps({"inputs": [tensor("text", "")]}) if method == "POST" else None
        check_error(client.request(method, f"/v2/models/{named}{address}", content=body), 404)


def test_the_labels_are_those_of_v1(client: TestClient) -> None:
    texts = [LOOP, "# now\n", "\n\n" + LOOP]
    answer = infer(client, tensor("text", *texts), id="42", parameters={"language": "python"})
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("linewise", DIGEST, "42")
    assert answer["parameters"] == {"taxonomy_version": "1.0"}
    outputs = answer["outputs"]
    assert list(outputs) == ["labels", "uncertain", "line_offsets", "language", "language_score"]
    offsets = outputs["line_offsets"]["data"]
    assert outputs["line_offsets"]["shape"] == [4]
    for index, text in enumerate(texts):
        expected = client.post("/v1/classify", json={"text": text, "language": "python"}).json()
        lines = slice(offsets[index], offsets[index + 1])
        labels, uncertain = (outputs[name]["data"][lines] for name in ("labels", "uncertain"))
        assert [list(names_of(mask)) for mask in labels] == [line["labels"] for line in expected["lines"]]
        assert [list(names_of(mask)) for mask in uncertain] == [line["uncertain"] for line in expected["lines"]]
    assert outputs["language"]["data"] == ["python"] * 3
    assert outputs["language_score"]["data"] == [1.0] * 3


def test_options_come_as_parameters_or_as_inputs(fake_classifier: Any) -> None:
    with TestClient(create_app(Settings(threads=1), fake_classifier)) as client:
        fake_classifier.calls.clear()
        parameters = {"language": "js", "context": "file", "mode": "best-guess", "binary_data_output": False}
        infer(client, tensor("text", "a", "b"), parameters=parameters)
        infer(
            client,
            tensor("mode", "high-confidence"),
            tensor("text", "c", "d"),
            tensor("filename", "", "src/d.c"),
            tensor("language", "Rust", ""),
            parameters={"context": "fragment"},
        )
    assert fake_classifier.calls == [
        {"text": text, "language": language, "filename": name, "context": context, "mode": mode}
        for text, language, name, context, mode in (
            (b"a", "javascript", None, "file", "best-guess"),
            (b"b", "javascript", None, "file", "best-guess"),
            (b"c", "rust", None, "fragment", "high-confidence"),
            (b"d", None, "src/d.c", "fragment", "high-confidence"),
        )
    ]


def test_elements_may_be_nested_as_the_shape_is(client: TestClient) -> None:
    flat = infer(client, tensor("text", LOOP, "x"))
    for data in ([[LOOP], ["x"]], [LOOP, "x"]):
        assert infer(client, tensor("text", shape=[2, 1]) | {"data": data}) == flat


def test_outputs_come_as_asked(client: TestClient) -> None:
    names = ["scores", "line_offsets", "labels"]
    answer = infer(client, tensor("text", LOOP), outputs=[{"name": name} for name in names])
    assert list(answer["outputs"]) == names
    assert answer["outputs"]["scores"]["shape"] == [2, N_LABELS]
    alone = client.post("/v1/classify", json={"text": LOOP, "scores": True}).json()
    expected = [value for line in alone["lines"] for value in line["probabilities"]]
    assert answer["outputs"]["scores"]["data"] == expected


def test_many_numbers_are_all_there(client: TestClient) -> None:
    answer = infer(client, tensor("text", "x\n" * 900), outputs=[{"name": "scores"}, {"name": "labels"}])
    assert len(answer["outputs"]["scores"]["data"]) == 900 * N_LABELS
    assert len(answer["outputs"]["labels"]["data"]) == 900


def test_binary_data_goes_both_ways(client: TestClient) -> None:
    texts, names = elements(LOOP.encode(), b"// \xe9\x00\xff"), elements(b"a.py", b"b.c")
    request = {
        "inputs": [sized("text", 2, len(texts)), sized("filename", 2, len(names)), tensor("context", "file")],
        "parameters": {"binary_data_output": True},
        "outputs": [
            {"name": "scores_fp16"},
            {"name": "labels"},
            {"name": "uncertain", "parameters": {"binary_data": False}},
            {"name": "scores"},
            {"name": "language"},
        ],
    }
    response = post_binary(client, request, texts + names)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/octet-stream"
    length = int(response.headers[LENGTH])
    outputs = {output["name"]: output for output in json.loads(response.content[:length])["outputs"]}
    assert len(outputs["uncertain"]["data"]) == 3
    rest = response.content[length:]
    values = {}
    for name in ("scores_fp16", "labels", "scores", "language"):
        assert "data" not in outputs[name]
        size = outputs[name]["parameters"]["binary_data_size"]
        values[name], rest = rest[:size], rest[size:]
    assert rest == b""
    labels = np.frombuffer(values["labels"], "<u4")
    assert [names_of(mask)[0] for mask in labels.tolist()] == ["code", "code", "comment"]
    scores = np.frombuffer(values["scores"], "<f4").reshape(3, -1)
    assert scores[2, LABEL_NAMES.index("comment")] == np.float32(0.9876543)
    np.testing.assert_array_equal(np.frombuffer(values["scores_fp16"], "<f2").reshape(3, -1), scores.astype("<f2"))
    assert values["language"] == elements(b"python", b"c")


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "application/octet-stream"}, JSON])
def test_a_binary_body_may_be_declared_or_not(client: TestClient, headers: dict[str, str]) -> None:
    data = elements(b"x")
    assert post_binary(client, {"inputs": [sized("text", 1, len(data))]}, data, **headers).status_code == 200
    assert post_binary(client, {"inputs": [tensor("text", "x")]}, b"", **headers).status_code == 200


def test_an_undeclared_body_comes_from_no_web_page(client: TestClient) -> None:
    body = json.dumps({"inputs": [tensor("text", SECRET)]})
    for headers in ({}, JSON, {"Content-Type": "application/octet-stream"}):
        assert client.post(INFER, content=body, headers=headers).status_code == 200
    for headers in (
        {"Origin": "http://elsewhere.example"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {"Content-Encoding": "gzip"},
        {"Content-Type": "application/json; charset=latin-1"},
    ):
        check_error(client.post(INFER, content=body, headers=headers), 415)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"inputs": [s3cr3t_t0ken]}',
        b'\xef\xbb\xbf{"inputs": []}',
        b'{"id": "s3cr3t_t0ken\xff"}',
        b'{"s3cr3t_t0ken": NaN}',
        b'{"inputs": 1e400}',
        b'{"inputs": ' + b"9" * 5000 + b"}",
        b'{"inputs": 1, "inputs": 2}',
        b'{"inputs": ' + b"[" * 30_000,
        '{"inputs": []}'.encode("utf-16"),
    ],
)
def test_what_is_no_json_gets_400(client: TestClient, body: bytes) -> None:
    check_error(client.post(INFER, content=body, headers=JSON), 400)
    check_error(client.post(INFER, content=body, headers={LENGTH: str(len(body))}), 400)


@pytest.mark.parametrize(
    ("request_", "place"),
    [
        (None, "object"),
        ([SECRET], "object"),
        ({}, "body.inputs"),
        ({"inputs": {}}, "body.inputs"),
        ({"inputs": []}, "body.inputs"),
        ({"inputs": [tensor("text", "x")] * 6}, "body.inputs"),
        ({"inputs": [tensor("text", "x")] * 2}, "body.inputs.1"),
        ({"inputs": [tensor("filename", "x")]}, "body.inputs"),
        ({"inputs": [tensor(SECRET, "x")]}, "body.inputs.0.name"),
        ({"inputs": [tensor("text", "x", datatype="FP32")]}, "body.inputs.0.datatype"),
        ({"inputs": [tensor("text", "x", datatype=SECRET)]}, "body.inputs.0.datatype"),
        ({"inputs": [tensor("text", "x", shape=[])]}, "body.inputs.0.shape"),
        ({"inputs": [tensor("text", "x", shape=[0])]}, "body.inputs.0.shape.0"),
        ({"inputs": [tensor("text", "x", shape=[-1])]}, "body.inputs.0.shape.0"),
        ({"inputs": [tensor("text", "x", shape=[1.0])]}, "body.inputs.0.shape.0"),
        ({"inputs": [tensor("text", "x", shape=[True])]}, "body.inputs.0.shape.0"),
        ({"inputs": [tensor("text", "x", shape=[10**18])]}, "body.inputs.0.shape.0"),
        ({"inputs": [tensor("text", "x", shape=[1, 1, 1])]}, "body.inputs.0.shape"),
        ({"inputs": [tensor("text", "x", shape=[1, 2])]}, "body.inputs.0.shape"),
        ({"inputs": [tensor("text", "x", shape=[2])]}, "body.inputs.0.data"),
        ({"inputs": [tensor("text", "x", "y", shape=[1])]}, "body.inputs.0.data"),
        ({"inputs": [tensor("text", shape=[2, 1]) | {"data": [["x", "y"], []]}]}, "body.inputs.0.data"),
        ({"inputs": [tensor("text", shape=[1]) | {"data": [["x"]]}]}, "body.inputs.0.data"),
        ({"inputs": [tensor("text", shape=[1]) | {"data": [1.5]}]}, "body.inputs.0.data"),
        ({"inputs": [tensor("text", shape=[1]) | {"data": [None]}]}, "body.inputs.0.data"),
        ({"inputs": [tensor("text", shape=[1]) | {"data": SECRET}]}, "body.inputs.0.data"),
        ({"inputs": [tensor("text", shape=[1]) | {"data": None}]}, "body.inputs.0"),
        ({"inputs": [tensor("text", f"{SECRET}\ud800")]}, "body.inputs.0.data"),
        ({"inputs": [tensor("text", "x", parameters={"binary_data_size": 1})]}, "body.inputs.0"),
        ({"inputs": [tensor("text", "x", parameters={SECRET: 1})]}, "body.inputs.0.parameters"),
        ({"inputs": [tensor("text", "x", parameters=[])]}, "body.inputs.0.parameters"),
        ({"inputs": [tensor("text", "x") | {SECRET: SECRET}]}, "body.inputs.0"),
        ({"inputs": [tensor("text", "x"), tensor("language", SECRET)]}, "body.inputs.language"),
        ({"inputs": [tensor("text", "x"), tensor("context", SECRET)]}, "body.inputs.context"),
        ({"inputs": [tensor("text", "x"), tensor("filename", SECRET * 1000)]}, "body.inputs.filename"),
        ({"inputs": [tensor("text", "x"), tensor("mode", "", "")]}, "body.inputs"),
        ({"inputs": [tensor("text", "x", "y", "z"), tensor("mode", "", "")]}, "body.inputs"),
        ({"inputs": [tensor("text", "x")], SECRET: SECRET}, "body"),
        ({"inputs": [tensor("text", "x")], "id": 7}, "body.id"),
        ({"inputs": [tensor("text", "x")], "id": "\ud800"}, "body.id"),
        ({"inputs": [tensor("text", "x")], "model_name": SECRET}, "body.model_name"),
        ({"inputs": [tensor("text", "x")], "parameters": {"language": SECRET}}, "body.parameters.language"),
        ({"inputs": [tensor("text", "x")], "parameters": {"mode": 1}}, "body.parameters.mode"),
        ({"inputs": [tensor("text", "x")], "parameters": {"priority": 1}}, "body.parameters"),
        (
            {"inputs": [tensor("text", "x")], "parameters": {"binary_data_output": 1}},
            "body.parameters.binary_data_output",
        ),
        (
            {"inputs": [tensor("text", "x"), tensor("mode", "")], "parameters": {"mode": "balanced"}},
            "body.parameters.mode",
        ),
        ({"inputs": [tensor("text", "x")], "outputs": SECRET}, "body.outputs"),
        ({"inputs": [tensor("text", "x")], "outputs": [{"name": SECRET}]}, "body.outputs.0.name"),
        ({"inputs": [tensor("text", "x")], "outputs": [{"name": "labels"}] * 2}, "body.outputs.1"),
        ({"inputs": [tensor("text", "x")], "outputs": [{"name": "scores_fp16"}]}, "body.outputs.0"),
    ],
)
def test_a_wrong_field_gets_422_with_its_place(client: TestClient, request_: Any, place: str) -> None:
    error = check_error(client.post(INFER, content=json.dumps(request_), headers=JSON), 422)
    assert f"{place}: " in error or place == "object"


@pytest.mark.parametrize("length", ["", "-1", "+1", "1.0", "1e3", "0x1", SECRET, "\xb2", "9" * 19, "9" * 5000, "7, 7"])
def test_a_length_that_is_none_gets_400(client: TestClient, length: str) -> None:
    headers = {LENGTH: length.encode("latin-1")}
    check_error(client.post(INFER, content=b'{"inputs": []}', headers=headers), 400)  # type: ignore[arg-type]


def test_two_lengths_get_400(client: TestClient) -> None:
    check_error(client.post(INFER, content=b"{}", headers=[(LENGTH, "2"), (LENGTH, "2")]), 400)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sizes", "binary", "status"),
    [
        ([5], elements(b"x"), 200),
        ([5], elements(b"x") + b"x", 400),
        ([5], elements(b"x")[:-1], 400),
        ([2**63 - 1], elements(b"x"), 400),
        ([0], b"", 422),
        ([2], b"\x01\x00", 422),
        ([4], b"\x01\x00\x00\x00", 422),
        ([6], elements(b"x") + b"x", 422),
        ([10], elements(b"x", b"y"), 422),
        ([5], b"\xff\xff\xff\xffx", 422),
        ([-1], b"", 422),
        ([2**63], b"", 422),
        (["5"], elements(b"x"), 422),
        ([5, 5], elements(b"x") + elements(b"y")[:-1], 400),
        ([5, 6], elements(b"x", b"\xff\xfe"), 422),
    ],
)
def test_binary_data_that_does_not_fit_is_refused(
    client: TestClient, sizes: list[Any], binary: bytes, status: int
) -> None:
    names = ("text", "filename")
    inputs = [sized(name, 1, size) for name, size in zip(names, sizes, strict=False)]
    response = post_binary(client, {"inputs": inputs}, binary)
    if status == 200:
        assert response.status_code == 200
    else:
        check_error(response, status)


def test_a_length_that_is_not_the_jsons_is_refused(client: TestClient) -> None:
    request = {"inputs": [sized("text", 1, 5)]}
    size = len(json.dumps(request))
    for length in (0, 1, size - 1, size + 1, size + 6, 10**17):
        check_error(post_binary(client, request, elements(b"x"), length), 400)
    check_error(client.post(INFER, content=json.dumps(request).encode() + elements(b"x"), headers=JSON), 400)


def test_what_is_too_large_gets_413(client: TestClient) -> None:
    check_error(client.post(INFER, content=b"x" * 70_000, headers=JSON), 413)
    check_error(client.post(INFER, content=iter([b"x" * 40_000] * 2), headers=JSON), 413)
    for request in ([tensor("text", "\n" * 1001)], [tensor("text", "\n" * 600, "\n" * 600)]):
        assert "1,000" in check_error(client.post(INFER, json={"inputs": request}), 413).replace("1000", "1,000")


def test_whatever_goes_wrong_under_v2_is_said_as_the_protocol_has_it(client: TestClient) -> None:
    check_error(client.get(f"/v2/{SECRET}"), 404)
    check_error(client.get(INFER), 405)
    assert client.get(f"/v2{SECRET}").headers["content-type"] == "application/problem+json"


def test_a_fault_gets_500_without_the_text(fake_classifier: Any, caplog: pytest.LogCaptureFixture) -> None:
    def fail(text: bytes, **_options: Any) -> None:
        raise KeyError(text)

    with TestClient(create_app(Settings(), fake_classifier)) as client, caplog.at_level(logging.DEBUG):
        fake_classifier.classify = fail
        check_error(client.post(INFER, json={"inputs": [tensor("text", SECRET)]}), 500)
    assert SECRET not in caplog.text


def test_without_a_model_it_is_not_ready(fake_classifier: Any) -> None:
    app = create_app(Settings(), fake_classifier)
    with TestClient(app) as client:
        app.state.inference.draining = True
        check_error(client.get("/v2/health/ready"), 503)
        check_error(client.get("/v2/models/linewise/ready"), 503)
        assert client.post(INFER, json={"inputs": [tensor("text", "")]}).status_code == 200
        app.state.inference.use(None)
        check_error(client.get("/v2/models/linewise"), 503)
        check_error(client.post(INFER, json={"inputs": [tensor("text", "")]}), 503)
        assert client.get("/v2/health/live").status_code == 200


def test_it_needs_a_key_but_for_its_health(fake_classifier: Any, tmp_path: Any) -> None:
    key = new_key()
    (tmp_path / "keys").write_text(f"me {digest_of(key)} 2\n", "utf-8")
    headers = {"Authorization": f"Bearer {key}"}
    with TestClient(create_app(Settings(keys_file=tmp_path / "keys"), fake_classifier)) as client:
        for address in ("/v2", "/v2/models/linewise", "/v2/models/linewise/ready"):
            check_error(client.get(address), 401)
        for address in ("/v2/health/live", "/v2/health/ready"):
            assert client.get(address).status_code == 200
        assert [client.get("/v2", headers=headers).status_code for _ in range(2)] == [200, 200]
        refused = client.get("/v2", headers=headers)
        check_error(refused, 429)
        assert refused.headers["retry-after"]
        document = client.get("/openapi.json").json()
    refusal = document["paths"]["/v2/models/{name}/infer"]["post"]["responses"]["401"]
    assert refusal["content"]["application/json"]["schema"]["$ref"].endswith("/ProtocolError")
    assert "401" not in document["paths"]["/v2/health/live"]["get"]["responses"]


def test_it_is_counted_by_its_route(client: TestClient) -> None:
    infer(client, tensor("text", LOOP))
    shown = client.get("/metrics").text
    assert 'linewise_requests_total{method="POST",route="/v2/models/{name}/infer",status="200"} 1.0' in shown
    assert "linewise_lines_total 2.0" in shown


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TENSORS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["text", "mode", "other"]) | VALUES,
        "datatype": st.just("BYTES") | VALUES,
        "shape": st.lists(st.integers(-1, 3), max_size=3) | VALUES,
        "parameters": st.dictionaries(st.just("binary_data_size"), st.integers(-1, 20)) | VALUES,
        "data": st.lists(st.text(st.characters()), max_size=3) | VALUES,
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(inputs=st.lists(TENSORS, max_size=3) | VALUES, more=st.binary(max_size=30), is_binary=st.booleans())
def test_no_tensors_make_the_service_fail(client: TestClient, inputs: Any, more: bytes, is_binary: bool) -> None:
    request = {"inputs": inputs}
    if is_binary:
        response = post_binary(client, request, more)
    else:
        response = client.post(INFER, content=json.dumps(request), headers=JSON)
    assert response.status_code in (200, 400, 422)
    if response.status_code != 200:
        check_error(response, response.status_code)
