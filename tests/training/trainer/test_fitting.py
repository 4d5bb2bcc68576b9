from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from linewise.features.labels import LABEL_INDEX, N_LABELS
from linewise.features.lines import split_lines
from linewise.features.plain_text import parse_plain_text
from linewise.models import pipeline
from linewise.models.layout import LOGIT_SCALE, REFINED
from linewise.models.network import Inputs, Layer, Part, run, sigmoid
from linewise.models.pipeline import Networks
from linewise.models.store import N_SIZES, load, save, sizes_of
from linewise.training.corpus.shards import LabelledFile
from linewise.training.oracle import label_file
from linewise.training.oracle.anatomy import anatomy_of
from linewise.training.oracle.evidence import evidence_of
from linewise.training.trainer.checkpoints import Checkpoints
from linewise.training.trainer.evaluation import random_windows
from linewise.training.trainer.perceptron import Perceptron, Schedule, Start, label_targets
from linewise.training.trainer.run import Corpus, fit_stages, training_key
from linewise.training.trainer.sampling import TEXT_CLASS, Sample
from linewise.training.trainer.stages import Recipe, Run, without
from linewise.training.trainer.thresholds import (
    N_BINS,
    N_HIDDEN_BINS,
    SURELY_OUT,
    Histograms,
    fit_thresholds,
    histograms,
)

SMALL = Recipe(
    language=Schedule((), 2e-2, 4, 1),
    line=Schedule((64,), 2e-2, 1024, 2),
    first_context=Schedule((48,), 3e-3, 64, 2),
    second_context=Schedule((48,), 1e-3, 64, 1),
)


def conformance_files() -> list[LabelledFile]:
    files = []
    for path in sorted((Path(__file__).parents[2] / "conformance").glob("*.txt")):
        labelled = parse_plain_text(path.read_bytes())
        masks = np.array(labelled.masks, dtype=np.uint32)
        files.append(
            LabelledFile(path.stem, path.stem, "gold", path.name, labelled.data, masks, np.ones(len(masks), bool))
        )
    return files


def fit_all(folder: Path | None = None, reports: list[str] | None = None) -> Networks:
    files = conformance_files() * 4

    def report(stage: str, progress: float, loss: float) -> None:
        if reports is not None:
            reports.append(stage)

    return fit_stages(
        files, files, Corpus({"python": files}, [], [], [], frozenset()), Run(SMALL, report, Checkpoints(folder))
    )


def weights(networks: Networks) -> list[np.ndarray]:
    layers = [*networks.first_context.layers, *networks.second_context.layers]
    assert isinstance(networks.words, Layer)
    return [layer.weight for layer in (networks.language, networks.words, networks.line, *layers)]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Networks:
    return fit_all(tmp_path_factory.mktemp("checkpoints"))


def test_the_forward_pass_agrees_with_the_trainer() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((700, 30)).astype(np.float32)
    targets = (rng.random((700, N_LABELS)) < 0.3).astype(np.uint8)
    perceptron = Perceptron(Schedule((16,), 1e-2, 50, 1), seed=1)
    perceptron.fit(rows, targets, 0.0, np.arange(N_LABELS))

    _, logits = run(perceptron.network(), np.array([0, 130, 700]), Inputs((Part(0, rows),)))
    assert np.abs(sigmoid(logits) - perceptron.model.predict_proba(rows)).max() < 1e-5


def test_a_lower_learning_rate_takes_smaller_steps() -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((200, 5)).astype(np.float32)
    targets = (rows[:, :3] > 0).astype(np.uint8)

    def moved(progress: float) -> float:
        perceptron = Perceptron(Schedule((4,), 1e-2, 50, 1), seed=1)
        perceptron.fit(rows, targets, 0.0, np.arange(3))
        before = perceptron.model.coefs_[0].copy()
        perceptron.fit(rows, targets, progress, np.arange(3))
        return float(np.abs(perceptron.model.coefs_[0] - before).max())

    assert moved(1.0) < 0.2 * moved(0.0)


def test_a_refining_network_begins_with_the_answers_that_it_gets() -> None:
    rng = np.random.default_rng(0)
    n = len(REFINED)
    logits = rng.standard_normal((64, n)).astype(np.float32) * 4
    rows = np.concatenate((logits * LOGIT_SCALE, rng.random((64, 20), np.float32)), axis=1).astype(np.float32)
    perceptron = Perceptron(Schedule((2 * n + 8,), 1e-9, 64, 1), seed=1, start=Start(n, LOGIT_SCALE))
    perceptron.fit(rows, (logits > 0).astype(np.uint8), 0.0, np.arange(n))
    given = perceptron.model.predict_proba(rows)
    assert np.abs(given - sigmoid(logits)).max() < 0.15
    assert ((given > 0.5) == (logits > 0)).mean() > 0.97


def test_training_learns_its_own_examples(trained: Networks) -> None:
    files = conformance_files()
    answers = pipeline.answer(trained, [pipeline.Document(file.data) for file in files])
    truth = label_targets(np.concatenate([file.masks for file in files])).astype(bool)
    given = answers.probabilities > 0.5
    agreement = (given == truth).mean(axis=0)
    assert agreement.mean() > 0.93
    assert agreement[LABEL_INDEX["comment"]] > 0.9
    assert np.isfinite(answers.probabilities).all()


def test_the_same_seed_gives_the_same_weights_and_a_resumed_training_too(trained: Networks, tmp_path: Path) -> None:
    again = fit_all(tmp_path)
    for first, second in zip(weights(trained), weights(again), strict=True):
        assert np.array_equal(first, second)
    for path in (path for stage in ("first", "second") for path in tmp_path.glob(f"*{stage}*")):
        path.unlink()
    reports: list[str] = []
    resumed = fit_all(tmp_path, reports)
    assert set(reports) == {"first context", "second context"}
    for first, second in zip(weights(trained), weights(resumed), strict=True):
        assert np.array_equal(first, second)


def test_smaller_weights_answer_nearly_alike(trained: Networks, tmp_path: Path) -> None:
    save(tmp_path, trained, fit_thresholds(no_lines(1)), {})
    documents = [pipeline.Document(file.data) for file in conformance_files()]
    exact = pipeline.answer(trained, documents).probabilities
    stored = pipeline.answer(load(tmp_path).networks, documents).probabilities
    assert np.abs(exact - stored).max() < 0.02
    assert ((exact > 0.5) == (stored > 0.5)).mean() > 0.999


def no_lines(n_languages: int) -> Histograms:
    every = np.zeros((n_languages, N_LABELS, 2, N_BINS), np.int64)
    hidden = np.zeros((N_SIZES, N_LABELS, N_HIDDEN_BINS + 1), np.int64)
    return Histograms(every, np.zeros((N_SIZES, *every.shape), np.int64), hidden)


def test_what_a_window_does_not_show_is_counted_apart() -> None:
    """Two files of a function each, the second one's deeper down; each window is cut out of the right one."""
    files = []
    for blanks in (0, 3):
        data = b"\n" * blanks + b"def f():\n" + b"    a()\n" * 60
        truth = label_file(data, "python")
        files.append(LabelledFile("python", "project", "package", f"{blanks}.py", data, truth.masks, truth.known))
    anatomies = {"python": [anatomy_of(file.data, "python", file.masks) for file in files]}
    windows = list(random_windows(files, 1, seed=1, per_file=30)) + list(random_windows(files, 4, seed=1, per_file=30))

    def sure(documents: Sequence[pipeline.Document]) -> np.ndarray:
        return np.ones((sum(len(split_lines(document.text)) for document in documents), N_LABELS), np.float32)

    column = LABEL_INDEX["in_function"]
    counts = histograms([{"python": windows}], sure, anatomies)
    every, shown = counts.every[0, column].sum(axis=-1), counts.shown[:, 0, column].sum(axis=-1)
    hidden = np.zeros(N_SIZES, np.int64)
    for window in windows:
        assert window.place is not None
        number, begin = window.place
        length = len(window.masks)
        assert np.array_equal(files[number].masks[begin : begin + length], window.masks)
        of_size = int(sizes_of(np.array([length]))[0])
        hidden[of_size] += evidence_of(anatomies["python"][number], begin, window.masks).hidden[:, column].sum()
    assert (hidden[:2] > 10).all()
    assert shown[:, 0].sum() == every[0]
    assert shown[:, 1].sum() == every[1] - hidden.sum()
    assert np.array_equal(counts.hidden[:, column, -1], hidden)
    assert counts.hidden.sum() == counts.hidden[:, column].sum()


def test_thresholds_follow_the_histograms() -> None:
    found = no_lines(2)
    counts = found.every
    call = LABEL_INDEX["call"]
    # True lines lie at .3 and .9, others at .1; between .2 and .3 everything is right.
    counts[:, call, 1, 60], counts[:, call, 1, 180], counts[:, call, 0, 20] = 500, 500, 5000
    # A label whose lines can't be told apart needs the greatest confidence.
    loop = LABEL_INDEX["loop"]
    counts[:, loop, 1, 190] = counts[:, loop, 0, 190] = 500
    thresholds = fit_thresholds(found)
    for size in range(N_SIZES):
        assert 0.1 < thresholds["balanced"].upper[size, call] <= 0.3
        assert thresholds["high-confidence"].upper[size, call] == pytest.approx(0.5)
        assert thresholds["high-confidence"].upper[size, loop] == pytest.approx(0.99)
        assert thresholds["best-guess"].upper[size, call] == thresholds["best-guess"].lower[size, call] == 0.5
    for pair in thresholds.values():
        assert (pair.lower <= pair.upper).all()


def test_a_region_is_given_where_the_text_shows_it() -> None:
    found = no_lines(2)
    in_type = LABEL_INDEX["in_type"]
    # What is shown lies at .95, other lines at .6; what is hidden, at .6 too, makes up most of the true lines.
    found.every[:, in_type, 1, 120], found.every[:, in_type, 1, 190], found.every[:, in_type, 0, 120] = 900, 100, 100
    found.shown[0, :, in_type, 1, 190], found.shown[0, :, in_type, 0, 120] = 100, 100
    balanced = fit_thresholds(found)["balanced"]
    assert balanced.upper[0, in_type] > 0.6
    assert (balanced.upper[1:, in_type] <= 0.6).all()
    assert (balanced.lower[:, in_type] <= 0.6).all()


def test_a_region_that_texts_hide_is_ruled_out_more_cautiously() -> None:
    found = no_lines(1)
    in_loop, in_type = LABEL_INDEX["in_loop"], LABEL_INDEX["in_type"]
    # Of 1,000 lines of a loop that the text does not show, 15 have less than 0.002, and 85 more less than 0.004.
    found.hidden[3, in_loop, 10], found.hidden[3, in_loop, 30], found.hidden[3, in_loop, -1] = 15, 85, 900
    found.hidden[3, in_type, -1] = 1000
    lower = fit_thresholds(found)["high-confidence"].lower
    assert 0.002 <= lower[3, in_loop] <= 0.0031
    assert lower[3, in_type] == pytest.approx(SURELY_OUT)
    assert lower[0, in_loop] == lower[3, in_loop]  # too few of that size


def test_text_is_given_where_most_of_its_lines_are_told() -> None:
    found = no_lines(3)
    text = LABEL_INDEX["text"]
    # Where it is common, its lines lie at .3 and others at .1; where it is rare, at .6, and others at .3.
    found.shown[2, 0, text, 1, 60], found.shown[2, 0, text, 0, 20] = 10_000, 10_000
    found.shown[2, 1:, text, 1, 120], found.shown[2, 1:, text, 0, 60] = 60, 200
    assert 0.1 < fit_thresholds(found)["balanced"].upper[2, text] <= 0.3


def test_a_training_goes_on_only_with_the_files_that_it_began_with() -> None:
    first, second = (Corpus({}, [], [file], [], frozenset()) for file in conformance_files()[:2])
    keys = {training_key(SMALL, *pair) for pair in ((first, first), (first, second), (second, first))}
    assert len(keys) == 3
    assert training_key(SMALL, first, second) in keys


def test_what_a_withheld_language_scored_falls_to_the_others_in_proportion_and_to_no_language() -> None:
    scores = np.array([0.6, 0.1, 0.2, *[0.0] * 13, 0.06, 0.04], dtype=np.float32)
    with np.errstate(divide="ignore"):
        logits = np.log(np.stack([scores] * 3))
    nothing = np.empty(0, np.uint32)
    known = np.empty(0, bool)
    samples = [
        Sample(pipeline.Document(b""), 0, nothing, known, withheld=withheld)
        for withheld in ((), (0,), tuple(range(TEXT_CLASS)))
    ]
    of_none, of_one, of_all = pipeline.scores_of(without(logits, samples))
    assert np.allclose(of_none, scores[:-1])
    assert np.allclose(of_one[:3], [0, 0.25, 0.5])
    assert np.isclose(1 - of_one.sum(), 0.1)
    assert np.isclose(of_all[TEXT_CLASS], 0.6)
    assert not of_all[:TEXT_CLASS].any()
