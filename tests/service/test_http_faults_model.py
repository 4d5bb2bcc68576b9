"""Damaged model folders: each is refused with a reason that names the file, and the model in service stays."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from linewise.models import Classifier, ModelError
from linewise.service.http.inference import Inference
from linewise.service.http.metrics import Metrics
from linewise.service.http.pool import PoolLimits

from .load import ask
from .running import running

WEIGHTS = "weights.safetensors"


@pytest.fixture
def damaged(model_folder: Path, tmp_path: Path) -> Path:
    """A copy of the model, to be damaged."""
    shutil.copytree(model_folder, tmp_path / "damaged")
    return tmp_path / "damaged"


@pytest.fixture
def inference(model_folder: Path) -> Inference:
    inference = Inference(Metrics(), PoolLimits(threads=1, queue=1, largest_bytes=1000, timeout_seconds=10))
    inference.use(Classifier.load(model_folder))
    return inference


def check_refused(inference: Inference, folder: Path, reason: str) -> None:
    in_service = inference.classifier
    with pytest.raises(ModelError, match=reason):
        asyncio.run(inference.load(folder))
    assert inference.classifier is in_service


@pytest.mark.parametrize("name", [WEIGHTS, "model.json"])
@pytest.mark.parametrize("step", [200_000, pytest.param(1000, marks=pytest.mark.full)])
def test_a_truncated_file_is_refused(inference: Inference, damaged: Path, name: str, step: int) -> None:
    content = (damaged / name).read_bytes()
    for size in {*range(0, len(content), step), len(content) - 1}:
        (damaged / name).write_bytes(content[:size])
        # A description may end before its last newline; then it is another description, and as good.
        if name == WEIGHTS or size < len(content.rstrip()):
            check_refused(inference, damaged, re.escape(name))


@pytest.mark.parametrize("flips", [20, pytest.param(2000, marks=pytest.mark.full)])
def test_a_flipped_bit_in_the_weights_is_refused(inference: Inference, damaged: Path, flips: int) -> None:
    rng = random.Random(0)
    content = bytearray((damaged / WEIGHTS).read_bytes())
    for _ in range(flips):
        place, bit = rng.randrange(len(content)), 1 << rng.randrange(8)
        content[place] ^= bit
        (damaged / WEIGHTS).write_bytes(content)
        check_refused(inference, damaged, WEIGHTS)
        content[place] ^= bit


def rewrite(folder: Path, change: Callable[[dict[str, np.ndarray]], None]) -> None:
    """Change the arrays of a model, with a description that says that they are sound."""
    arrays = load_file(folder / WEIGHTS)
    change(arrays)
    save_file(arrays, folder / WEIGHTS)
    description = json.loads((folder / "model.json").read_bytes())
    description["weights_sha256"] = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(description), "utf-8")


def poison(arrays: dict[str, np.ndarray]) -> None:
    arrays["line.0.weight"][7, 7] = np.nan


def shrink(arrays: dict[str, np.ndarray]) -> None:
    arrays["first_context.0.weight"] = arrays["first_context.0.weight"][:-1].copy()


def drop(arrays: dict[str, np.ndarray]) -> None:
    del arrays["line.0.bias"]


DAMAGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "a value that is no number": (lambda folder: rewrite(folder, poison), "not a finite number"),
    "a wrong shape": (lambda folder: rewrite(folder, shrink), r"first_context\.0\.weight has shape"),
    "an array too few": (lambda folder: rewrite(folder, drop), r"line\.0\.bias is missing"),
    "no weights": (lambda folder: (folder / WEIGHTS).unlink(), WEIGHTS),
    "no description": (lambda folder: (folder / "model.json").unlink(), r"model\.json"),
    "no folder": (shutil.rmtree, r"model\.json"),
}


@pytest.mark.parametrize("kind", DAMAGES)
def test_each_kind_of_damage_is_refused_with_its_reason(inference: Inference, damaged: Path, kind: str) -> None:
    damage, reason = DAMAGES[kind]
    damage(damaged)
    check_refused(inference, damaged, reason)


def test_a_running_service_refuses_each_kind_of_damage_and_keeps_its_model(model_folder: Path, tmp_path: Path) -> None:
    link = tmp_path / "model"
    link.symlink_to(model_folder)
    digest = Classifier.load(model_folder).info.digest
    with running("--threads", "1", "--model-folder", str(link)) as server:
        for number, (damage, reason) in enumerate(DAMAGES.values()):
            folder = tmp_path / str(number)
            shutil.copytree(model_folder, folder)
            damage(folder)
            link.unlink()
            link.symlink_to(folder)
            server.process.send_signal(signal.SIGHUP)
            refusals = (
                f"(?s)({re.escape('the model was not swapped, and the old one stays in service')}.*){{{number + 1}}}"
            )
            server.wait_for(lambda pattern=refusals: bool(re.search(pattern, "".join(server.log))))  # type: ignore[misc]
            assert re.search(reason, server.log[-1]) or re.search(reason, "".join(server.log[-3:]))
            assert ask(server.port, "x = 1\n").answer["model_digest"] == digest
        assert "Traceback" not in "".join(server.log)
