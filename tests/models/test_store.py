import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from linewise.features.labels import N_LABELS
from linewise.features.vectors import N_LINE_BUCKETS
from linewise.models import Classifier, ModelError
from linewise.models.network import Layer
from linewise.models.store import N_SIZES, Thresholds, load, save, sizes_of

from .networks import plain_thresholds, random_networks


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path, random_networks(), plain_thresholds(), {"note": "random"})
    return tmp_path


def rewrite(folder: Path, **changes: object) -> None:
    description = json.loads((folder / "model.json").read_bytes())
    (folder / "model.json").write_text(json.dumps({**description, **changes}))


def resave(folder: Path, arrays: dict[str, np.ndarray]) -> None:
    save_file(arrays, folder / "weights.safetensors")
    rewrite(folder, weights_sha256=hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest())


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    networks = random_networks()
    save(tmp_path, networks, plain_thresholds(), {"note": "x"}, small=False)
    loaded = load(tmp_path)
    assert isinstance(networks.words, Layer)
    assert isinstance(loaded.networks.words, Layer)
    assert np.array_equal(loaded.networks.words.weight, networks.words.weight)
    assert np.array_equal(loaded.networks.second_context.layers[1].bias, networks.second_context.layers[1].bias)
    for name in ("lower", "upper"):
        saved, given = (getattr(each["balanced"], name) for each in (plain_thresholds(), loaded.thresholds))
        assert np.allclose(saved, given, atol=1e-6)
    assert loaded.info.summary == {"note": "x"}
    assert loaded.info.size_bytes == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_the_shipped_model_is_small() -> None:
    assert Classifier.load().info.size_bytes <= 5_000_000


@pytest.mark.parametrize("name", ["model.json", "weights.safetensors"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        load(folder)


def test_every_truncation_is_refused(folder: Path) -> None:
    content = (folder / "weights.safetensors").read_bytes()
    for size in range(0, len(content), 400_000):
        (folder / "weights.safetensors").write_bytes(content[:size])
        with pytest.raises(ModelError, match="SHA-256"):
            load(folder)


def test_a_flipped_bit_is_refused(folder: Path) -> None:
    content = bytearray((folder / "weights.safetensors").read_bytes())
    content[len(content) // 2] ^= 4
    (folder / "weights.safetensors").write_bytes(content)
    with pytest.raises(ModelError, match="SHA-256"):
        load(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format_version": "1"}, "format_version is 1"),
        ({"format_version": "4"}, "format_version is 4"),
        ({"taxonomy_version": "9.9"}, "taxonomy_version is 9.9"),
        ({"labels": ["code"]}, "labels"),
        ({"languages": []}, "languages"),
        ({"thresholds": {}}, "thresholds of mode 'high-confidence'"),
        ({"thresholds": {"high-confidence": {"lower": ["x"], "upper": [1]}}}, "no numbers"),
        ({"summary": 3}, "summary is missing or not a dict"),
    ],
)
def test_a_wrong_field_is_named(folder: Path, changes: dict[str, object], message: str) -> None:
    rewrite(folder, **changes)
    with pytest.raises(ModelError, match=message):
        load(folder)


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_description_is_refused(folder: Path, content: bytes) -> None:
    (folder / "model.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.json"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("line.0.weight", np.zeros((3, 28), np.float16), r"line\.0\.weight has shape \(3, 28\)"),
        ("line.0.bias", np.full(28, np.nan, np.float16), r"line\.0\.bias holds a value that is not a finite number"),
        ("words.codes", np.zeros((3, 64), np.int8), r"words\.codes has type int8 and shape \(3, 64\)"),
        ("words.codes", np.full((N_LINE_BUCKETS, 64), -128, np.int8), r"words\.codes holds a value out of range"),
        ("words.scale", np.full(64, np.inf, np.float32), r"words\.scale holds a value out of range"),
        ("language.bias", np.zeros(17, np.int64), r"language\.bias has type int64"),
        ("language.unfamiliar", np.full(1, np.nan, np.float32), r"language\.unfamiliar is not one finite number"),
        ("second_context.0.bias", np.zeros(48, np.int64), r"second_context\.0\.bias is of type int64"),
        ("unexpected", np.zeros(1, np.float16), "unexpected array 'unexpected'"),
    ],
)
def test_a_wrong_array_is_named(folder: Path, name: str, value: np.ndarray, message: str) -> None:
    resave(folder, {**load_file(folder / "weights.safetensors"), name: value})
    with pytest.raises(ModelError, match=message):
        load(folder)


def test_a_missing_array_is_named(folder: Path) -> None:
    arrays = load_file(folder / "weights.safetensors")
    for name in ("second_context.1.bias", "language.unfamiliar"):
        resave(folder, {other: array for other, array in arrays.items() if other != name})
        with pytest.raises(ModelError, match=rf"array {name} is missing"):
            load(folder)


def test_texts_share_thresholds_up_to_a_length() -> None:
    assert sizes_of(np.array([0, 1, 2, 4, 5, 11, 12, 28, 29, 80, 81, 10**6])).tolist() == [
        0,
        0,
        1,
        1,
        2,
        2,
        3,
        3,
        4,
        4,
        5,
        5,
    ]
    rows = np.arange(N_SIZES, dtype=np.float32)[:, None] * np.ones(N_LABELS, np.float32)
    of_lines = Thresholds(rows, rows + 1).of_lines(np.array([1, 0, 3, 29]))
    assert of_lines.lower[:, 0].tolist() == [0] + [1] * 3 + [4] * 29
    assert np.array_equal(of_lines.upper, of_lines.lower + 1)
    assert of_lines.taken(np.array([0, 4])).upper[:, 5].tolist() == [1, 5]
