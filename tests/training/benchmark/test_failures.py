"""Examples of errors are the most confident ones that may be shown."""

from __future__ import annotations

import numpy as np
import pytest

from linewise.features.labels import LABEL_INDEX
from linewise.training.benchmark import failures
from linewise.training.benchmark.cases import whole_files
from linewise.training.benchmark.failures import Failure, FailureList
from linewise.training.trainer.perceptron import label_targets

CALL, LOOP, RETURN = (LABEL_INDEX[name] for name in ("call", "loop", "return"))


def found(file, errors: dict[tuple[int, int], float], scored: np.ndarray | None = None) -> tuple[Failure, ...]:
    """What is chosen when of these lines (from 0) these labels are wrong, with these probabilities."""
    truth = label_targets(file.masks).astype(bool)
    given, probabilities = truth.copy(), truth.astype(np.float32)
    for (line, label), probability in errors.items():
        given[line, label] ^= True
        probabilities[line, label] = probability
    scored = np.ones(len(truth), bool) if scored is None else scored
    failing = FailureList([file])
    failing.add(list(whole_files([file])), scored, truth[scored], given[scored], probabilities[scored])
    return failing.chosen()


@pytest.fixture(autouse=True)
def licences(monkeypatch: pytest.MonkeyPatch) -> None:
    licences = {("python", "free"): "MIT OR GPL-2.0", ("python", "bound"): "GPL-2.0"}
    monkeypatch.setattr(failures, "_licences", lambda: licences)


def test_the_most_confident_error_of_each_label_is_kept(make_file) -> None:
    file = make_file(project="free")
    # Lines 13 and 16 loop and bind; line 10 imports. A label that is missing is the surer, the less probable it is.
    chosen = found(file, {(13, LOOP): 0.1, (12, CALL): 0.7, (15, CALL): 0.9, (15, RETURN): 0.95})
    assert [(one.label, one.line, one.given) for one in chosen] == [("return", 16, True), ("loop", 14, False)]
    assert chosen[0].text == "total = total + 1"
    assert chosen[0].confidence == pytest.approx(0.95)


def test_lines_that_do_not_count_are_passed_over(make_file) -> None:
    file = make_file(project="free")
    scored = np.ones(len(file.masks), bool)
    scored[12] = False
    (one,) = found(file, {(12, CALL): 0.9, (13, CALL): 0.8}, scored)
    assert one.text == "for item in items:"


def test_only_permissively_licensed_lines_are_quoted(make_file) -> None:
    assert not found(make_file(project="bound"), {(13, CALL): 0.9})
    assert not found(make_file(project="unknown"), {(13, CALL): 0.9})
