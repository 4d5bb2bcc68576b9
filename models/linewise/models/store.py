"""The saved model: a folder that can hold numbers and text, and nothing that runs.

::

    model.json           format and taxonomy versions, label order, languages, thresholds, training summary, and the
                         SHA-256 of the weights
    weights.safetensors  the arrays named in `_ARRAYS`
    MODEL_CARD.md        for people

`FORMAT_VERSION` is raised whenever an older program could misread a new folder: another set of arrays, another
meaning or order of features. Raise it together with the golden features of the tests, and add a test that the
previous version is refused by name.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from linewise.features import kernel
from linewise.features.labels import LABEL_NAMES, N_LABELS, TAXONOMY_VERSION
from linewise.features.languages import LANGUAGE_NAMES
from linewise.features.vectors import N_LANGUAGE_BUCKETS, N_LINE_BUCKETS

from .layout import HIDDEN_LINE, N_FIRST_INPUTS, N_LANGUAGE_SCORES, REFINED, second_layout
from .network import LanguageLayer, Layer, Network
from .pipeline import N_LINE_OUTPUTS, Networks
from .sparse import CODE_LIMIT, CodedLayer, decode, encode

FORMAT_VERSION = "6"
MODES = ("high-confidence", "balanced", "best-guess")
SIZES = (1, 4, 11, 28, 80)
"""Of texts, in lines: those of up to so many share their thresholds, and those with more do."""
N_SIZES = len(SIZES) + 1
_JSON_NAME, _WEIGHTS_NAME = "model.json", "weights.safetensors"
_UNFAMILIAR = "language.unfamiliar"
_MAX_JSON_BYTES, _MAX_WEIGHTS_BYTES = 1 << 20, 64 << 20


class ModelError(ValueError):
    """A model folder that cannot be used; the message names the file or field and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """For one mode: a label is given from `upper` on, and is uncertain from `lower` on.

    They depend on the text's length: what a line is part of, a short text often does not show, and a guess needs to be
    a good one.

    Attributes:
        lower, upper: float32 of shape (N_SIZES, n_labels): for texts of at most `SIZES` lines, and for longer ones.
    """

    lower: NDArray[np.float32]
    upper: NDArray[np.float32]

    def of_lines(self, n_lines: NDArray[np.int64]) -> LineThresholds:
        """The thresholds of each line of texts that have so many lines and follow each other."""
        rows = np.repeat(sizes_of(n_lines), n_lines)
        return LineThresholds(self.lower[rows], self.upper[rows])


@dataclass(frozen=True, slots=True)
class LineThresholds:
    """The thresholds of some lines, each by its text's length.

    Attributes:
        lower, upper: float32 of shape (n_lines, n_labels).
    """

    lower: NDArray[np.float32]
    upper: NDArray[np.float32]

    def taken(self, lines: NDArray[np.bool_ | np.int64]) -> LineThresholds:
        """Those of some of the lines."""
        return LineThresholds(self.lower[lines], self.upper[lines])


def sizes_of(n_lines: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows of `Thresholds` that serve texts of so many lines."""
    return np.searchsorted(SIZES, n_lines, side="left")


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a model says of itself."""

    digest: str
    format_version: str
    taxonomy_version: str
    languages: tuple[str, ...]
    summary: dict[str, Any]
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SavedModel:
    """A model as it is in memory."""

    networks: Networks
    thresholds: dict[str, Thresholds]
    info: ModelInfo


def default_folder() -> Path:
    """The folder of the model that ships with the package."""
    return Path(str(files("linewise.models").joinpath("default")))


def save(
    folder: Path,
    networks: Networks,
    thresholds: dict[str, Thresholds],
    summary: dict[str, Any],
    *,
    small: bool = True,
) -> None:
    """Write a model folder; the weights are written first, and each file appears whole or not at all.

    Args:
        folder: where to.
        networks: the weights.
        thresholds: by mode.
        summary: what the model says of itself.
        small: keep the hashed layers in one byte a weight and the rest in two; else all as they are.
    """
    weights = save_tensors(_to_arrays(compact(networks), np.float16) if small else _to_arrays(networks, np.float32))
    description = {
        "format_version": FORMAT_VERSION,
        "taxonomy_version": TAXONOMY_VERSION,
        "labels": list(LABEL_NAMES),
        "languages": list(LANGUAGE_NAMES),
        "thresholds": {
            mode: {"lower": _rounded(pair.lower), "upper": _rounded(pair.upper)} for mode, pair in thresholds.items()
        },
        "summary": summary,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / _WEIGHTS_NAME, weights)
    _write(folder / _JSON_NAME, (json.dumps(description, indent=1, sort_keys=True) + "\n").encode())


def load(folder: Path) -> SavedModel:
    """Read a model folder: parse, check, then build.

    Raises:
        ModelError: if a file is missing or too large, a field or array is not what this version reads, the weights
            are not those that `model.json` was written with, or a weight is not a finite number.
    """
    json_bytes = _read(folder / _JSON_NAME, _MAX_JSON_BYTES)
    weights = _read(folder / _WEIGHTS_NAME, _MAX_WEIGHTS_BYTES)
    description = _checked_description(folder / _JSON_NAME, json_bytes)
    weights_digest = hashlib.sha256(weights).hexdigest()
    if weights_digest != description["weights_sha256"]:
        raise ModelError(
            f"{folder / _WEIGHTS_NAME}: its SHA-256 is not the one in {_JSON_NAME}: damaged, or of another model"
        )
    try:
        arrays = load_tensors(weights)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ModelError(f"{folder / _WEIGHTS_NAME}: not a safetensors file ({type(error).__name__})") from error
    networks = _from_arrays(folder / _WEIGHTS_NAME, arrays)
    thresholds = {mode: _thresholds(folder / _JSON_NAME, mode, description["thresholds"]) for mode in MODES}
    info = ModelInfo(
        digest=hashlib.sha256(json_bytes + weights_digest.encode()).hexdigest(),
        format_version=FORMAT_VERSION,
        taxonomy_version=TAXONOMY_VERSION,
        languages=tuple(description["languages"]),
        summary=description["summary"],
        size_bytes=len(json_bytes) + len(weights),
    )
    return SavedModel(networks, thresholds, info)


def compact(networks: Networks) -> Networks:
    """The same networks with the hashed layers as they are stored, in one byte a weight."""
    if isinstance(networks.words, CodedLayer):
        return networks
    language = decode(encode(networks.language))
    return replace(
        networks,
        language=LanguageLayer(language.weight, language.bias, networks.language.unfamiliar),
        words=encode(networks.words),
    )


def _to_arrays(networks: Networks, dtype: type[np.float16 | np.float32]) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {_UNFAMILIAR: np.array([networks.language.unfamiliar], dtype=np.float32)}
    named = {"line.0": networks.line}
    for name, network in (("first_context", networks.first_context), ("second_context", networks.second_context)):
        named.update({f"{name}.{index}": layer for index, layer in enumerate(network.layers)})
    if isinstance(networks.words, CodedLayer):
        for name, coded in (("language", encode(networks.language)), ("words", networks.words)):
            arrays |= {f"{name}.codes": coded.codes, f"{name}.scale": coded.scale, f"{name}.bias": coded.bias}
    else:
        named |= {"language": networks.language, "words": networks.words}
    for name, layer in named.items():
        arrays[f"{name}.weight"] = np.ascontiguousarray(layer.weight.astype(dtype))
        arrays[f"{name}.bias"] = layer.bias.astype(dtype)
    return arrays


def _from_arrays(path: Path, arrays: dict[str, NDArray[Any]]) -> Networks:
    def network(name: str, n_layers: int, n_inputs: int, n_outputs: int) -> Network:
        layers = []
        for index in range(n_layers):
            last = index == n_layers - 1
            layer = _layer(path, arrays, f"{name}.{index}", n_inputs, n_outputs if last else None)
            layers.append(layer)
            n_inputs = layer.weight.shape[1]
        return Network(tuple(layers))

    words: Layer | CodedLayer
    if "words.weight" in arrays:
        language = _layer(path, arrays, "language", N_LANGUAGE_BUCKETS, N_LANGUAGE_SCORES)
        words = _layer(path, arrays, "words", N_LINE_BUCKETS, HIDDEN_LINE)
    else:
        language = decode(_coded_layer(path, arrays, "language", N_LANGUAGE_BUCKETS, N_LANGUAGE_SCORES))
        words = _coded_layer(path, arrays, "words", N_LINE_BUCKETS, HIDDEN_LINE)
    line = _layer(path, arrays, "line.0", HIDDEN_LINE, N_LINE_OUTPUTS)
    first = network("first_context", 2, N_FIRST_INPUTS, N_LABELS)
    n_hidden = first.layers[-1].weight.shape[0]
    second = network("second_context", 2, second_layout(n_hidden)["context"].stop, len(REFINED))
    unfamiliar = _number(path, arrays, _UNFAMILIAR)
    networks = Networks(LanguageLayer(language.weight, language.bias, unfamiliar), words, line, first, second)
    extra = sorted(set(arrays) - set(_to_arrays(networks, np.float32)))
    if extra:
        raise ModelError(f"{path}: unexpected array {extra[0]!r}")
    return networks


def _number(path: Path, arrays: dict[str, NDArray[Any]], name: str) -> float:
    array = arrays.get(name)
    if array is None:
        raise ModelError(f"{path}: array {name} is missing")
    if array.dtype != np.float32 or array.shape != (1,) or not np.isfinite(array).all():
        raise ModelError(f"{path}: array {name} is not one finite number of type float32")
    return float(array[0])


def _coded_layer(path: Path, arrays: dict[str, NDArray[Any]], name: str, n_inputs: int, n_outputs: int) -> CodedLayer:
    for part, dtype, shape in (
        ("codes", np.int8, (n_inputs, n_outputs)),
        ("scale", np.float32, (n_outputs,)),
        ("bias", np.float32, (n_outputs,)),
    ):
        array = arrays.get(f"{name}.{part}")
        if array is None:
            raise ModelError(f"{path}: array {name}.{part} is missing")
        if array.dtype != dtype or array.shape != shape:
            raise ModelError(
                f"{path}: array {name}.{part} has type {array.dtype} and shape {array.shape}, expected "
                f"{np.dtype(dtype)} and {shape}"
            )
        if not np.isfinite(array).all() or (part == "codes" and array.min() < -CODE_LIMIT):
            raise ModelError(f"{path}: array {name}.{part} holds a value out of range or not a finite number")
    codes = kernel.aligned_empty((n_inputs, n_outputs), np.int8)
    codes[:] = arrays[f"{name}.codes"]
    return CodedLayer(codes, *(np.ascontiguousarray(arrays[f"{name}.{part}"]) for part in ("scale", "bias")))


def _layer(path: Path, arrays: dict[str, NDArray[Any]], name: str, n_inputs: int, n_outputs: int | None) -> Layer:
    loaded = []
    for part in ("weight", "bias"):
        array = arrays.get(f"{name}.{part}")
        if array is None:
            raise ModelError(f"{path}: array {name}.{part} is missing")
        if array.dtype not in (np.float16, np.float32):
            raise ModelError(f"{path}: array {name}.{part} is of type {array.dtype}")
        if not np.isfinite(array).all():
            raise ModelError(f"{path}: array {name}.{part} holds a value that is not a finite number")
        loaded.append(np.ascontiguousarray(array, dtype=np.float32))
    weight, bias = loaded
    good = weight.ndim == 2 and weight.shape[0] == n_inputs and bias.shape == weight.shape[1:]
    if not good or (n_outputs is not None and weight.shape[1] != n_outputs) or weight.shape[1] > 4096:
        raise ModelError(
            f"{path}: array {name}.weight has shape {weight.shape}, expected ({n_inputs}, "
            f"{n_outputs or 'n'}) and a bias to match"
        )
    return Layer(weight, bias)


def _checked_description(path: Path, content: bytes) -> dict[str, Any]:
    try:
        description = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path}: not valid JSON ({type(error).__name__})") from error
    if not isinstance(description, dict):
        raise ModelError(f"{path}: not a JSON object")
    expected = {
        "format_version": FORMAT_VERSION,
        "taxonomy_version": TAXONOMY_VERSION,
        "labels": list(LABEL_NAMES),
        "languages": list(LANGUAGE_NAMES),
    }
    for field, value in expected.items():
        if description.get(field) != value:
            shown = str(description.get(field))[:60]
            raise ModelError(f"{path}: {field} is {shown}, and this version of linewise reads {str(value)[:60]}")
    for field, kind in (("weights_sha256", str), ("thresholds", dict), ("summary", dict)):
        if not isinstance(description.get(field), kind):
            raise ModelError(f"{path}: {field} is missing or not a {kind.__name__}")
    return description


def _thresholds(path: Path, mode: str, by_mode: dict[str, Any]) -> Thresholds:
    try:
        lower = np.array(by_mode[mode]["lower"], dtype=np.float32)
        upper = np.array(by_mode[mode]["upper"], dtype=np.float32)
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: thresholds of mode {mode!r} are missing or no numbers") from error
    if lower.shape != (N_SIZES, N_LABELS) or upper.shape != lower.shape or not (lower <= upper).all():
        raise ModelError(
            f"{path}: thresholds of mode {mode!r} are not {N_SIZES} times {N_LABELS} pairs, lower before upper"
        )
    return Thresholds(lower, upper)


def _rounded(values: NDArray[np.float32]) -> list[list[float]]:
    return [[round(float(value), 4) for value in row] for row in values]


def _read(path: Path, limit: int) -> bytes:
    try:
        if path.stat().st_size > limit:
            raise ModelError(f"{path}: larger than {limit} bytes")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror})") from error


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(path.name + ".partial")
    temporary.write_bytes(content)
    temporary.replace(path)
