import numpy as np
import pytest

from linewise.features.labels import LABEL_INDEX, N_LABELS
from linewise.features.lines import split_lines
from linewise.models.network import Layer, Network, sigmoid
from linewise.models.pipeline import Document
from linewise.training.trainer.calibration import Affine, calibrated, fit_calibration
from linewise.training.trainer.perceptron import label_targets
from linewise.training.trainer.sampling import Sample

N_LINES = 40_000


def overconfident(scale: float, shift: float) -> tuple[list[Sample], np.ndarray]:
    """Lines whose labels are true as often as `scale` times their log-odds and `shift` say."""
    rng = np.random.default_rng(3)
    odds = rng.normal(0, 2, (N_LINES, N_LABELS)).astype(np.float32)
    truth = rng.random((N_LINES, N_LABELS)) < sigmoid((scale * odds + shift).astype(np.float32))
    masks = (truth * (1 << np.arange(N_LABELS))).sum(axis=1).astype(np.uint32)
    assert np.array_equal(label_targets(masks), truth)
    text = b"x\n" * N_LINES
    assert len(split_lines(text)) == N_LINES
    return [Sample(Document(text), -1, masks, np.ones(N_LINES, dtype=bool))], sigmoid(odds)


@pytest.mark.parametrize(("scale", "shift"), [(0.5, 0.7), (1.0, 0.0), (1.8, -1.0)])
def test_what_bends_the_probabilities_is_found(scale: float, shift: float) -> None:
    samples, probabilities = overconfident(scale, shift)
    affine = fit_calibration([{"python": samples}, {"python": samples}], lambda documents: probabilities)
    assert np.abs(affine.scale - scale).max() < 0.1
    assert np.abs(affine.shift - shift).max() < 0.1


def test_predictions_that_are_nearly_all_right_stay_within_bounds() -> None:
    samples, _ = overconfident(1.0, 0.0)
    sure = np.where(label_targets(samples[0].masks).astype(bool), 0.97, 0.002).astype(np.float32)
    sure[::5000] = 0.4
    affine = fit_calibration([{"python": samples}], lambda documents: sure)
    assert np.isfinite(affine.scale).all()
    for label in range(N_LABELS):
        odds = np.log(sure[:, label] / (1 - sure[:, label]))
        likely = sigmoid((affine.scale[label] * odds + affine.shift[label]).astype(np.float32))
        truth = label_targets(samples[0].masks)[:, label].astype(bool)
        assert likely[truth & (sure[:, label] > 0.9)].min() > 0.9
        assert likely[~truth & (sure[:, label] < 0.1)].max() < 0.1


def test_labels_that_are_never_true_stay_as_they_are() -> None:
    samples, probabilities = overconfident(0.5, 0.0)
    label = LABEL_INDEX["text"]
    samples[0].masks[:] &= ~np.uint32(1 << label)
    affine = fit_calibration([{"python": samples}], lambda documents: probabilities)
    assert (affine.scale[label], affine.shift[label]) == (1, 0)


def test_a_calibrated_network_answers_with_scaled_log_odds() -> None:
    rng = np.random.default_rng(0)
    layers = [Layer(rng.random((3, 4), np.float32), rng.random(4, np.float32)) for _ in range(1)]
    affine = Affine(np.array([2.0, 1, 1, 0.5]), np.array([0.0, 1, 0, -1])).chosen(np.array([0, 3]))
    inputs = rng.random((5, 3), np.float32)
    before, after = (
        inputs @ network.layers[-1].weight + network.layers[-1].bias
        for network in (Network(tuple(layers)), calibrated(Network(tuple(layers)), affine))
    )
    assert np.allclose(after[:, [1, 2]], before[:, [1, 2]])
    assert np.allclose(after[:, 0], 2 * before[:, 0], atol=1e-5)
    assert np.allclose(after[:, 3], before[:, 3] / 2 - 1, atol=1e-5)
