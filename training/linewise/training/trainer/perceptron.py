"""scikit-learn's MLPClassifier as an incremental trainer with a learning-rate schedule.

`partial_fit` sees one shard at a time, cuts it into minibatches of our size and takes one Adam step on each. Its
learning rate can't be changed through public API, so the schedule sets the optimizer's attribute between shards; a
test holds that this has effect.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, csr_matrix
from sklearn.neural_network import MLPClassifier

from linewise.features.labels import N_LABELS
from linewise.models.network import Float32Array, Layer, Network

Rows = Float32Array | csr_array


@dataclass(frozen=True, slots=True)
class Schedule:
    """How a stage is trained.

    Attributes:
        hidden: widths of the hidden layers.
        learning_rate: Adam's step size at the start; it falls linearly to `final_share` of it.
        batch_size: rows per step.
        epochs: how often every line is seen.
        weight_decay: L2 penalty, scikit-learn's alpha.
    """

    hidden: tuple[int, ...]
    learning_rate: float
    batch_size: int
    epochs: int
    weight_decay: float = 1e-6
    final_share: float = 0.05


@dataclass(frozen=True, slots=True)
class Start:
    """Weights from which a network begins that is to improve answers which it gets as inputs.

    Its first `n_answers` inputs are those answers' logits times `scale`, in the order of its outputs. Two hidden units
    pass each of them on, so that at first the outputs are the answers themselves.
    """

    n_answers: int
    scale: float


class Perceptron:
    """A multi-label or multi-class perceptron that is fitted shard by shard."""

    def __init__(self, schedule: Schedule, seed: int, start: Start | None = None) -> None:
        self.schedule = schedule
        self.start = start
        self.model = MLPClassifier(
            hidden_layer_sizes=schedule.hidden,
            activation="relu",
            solver="adam",
            alpha=schedule.weight_decay,
            batch_size=schedule.batch_size,
            learning_rate_init=schedule.learning_rate,
            shuffle=True,
            random_state=seed,
            max_iter=1,
        )

    def fit(self, rows: Rows, targets: NDArray[np.generic], progress: float, classes: NDArray[np.intp]) -> float:
        """One pass over a shard.

        Args:
            rows: float32 inputs, dense or sparse, of shape (n, n_in).
            targets: 0/1 of shape (n, n_labels), or class indices of shape (n,).
            progress: how much of the whole training is done, 0 to 1; sets the learning rate.
            classes: all classes that targets may hold; for multi-label targets all label indices.

        Returns:
            The shard's mean loss.
        """
        if rows.shape[0] < self.schedule.batch_size:
            return float("nan")  # a short remainder would be clipped to a smaller batch, with a warning
        optimizer: Any = getattr(self.model, "_optimizer", None)
        if optimizer is not None:
            decay = 1 - (1 - self.schedule.final_share) * min(progress, 1.0)
            optimizer.learning_rate_init = self.schedule.learning_rate * decay
        matrix = rows if isinstance(rows, np.ndarray) else csr_matrix(rows)
        if optimizer is None and self.start is not None:
            # The weights come into being with the first step; from then on they can be set in place.
            first = self.schedule.batch_size
            self.model.partial_fit(matrix[:first], targets[:first], classes=classes)
            self._pass_on_answers(self.start)
        self.model.partial_fit(matrix, targets, classes=classes)
        return float(self.model.loss_)

    def _pass_on_answers(self, start: Start) -> None:
        n = start.n_answers
        into, out = self.model.coefs_
        units = np.arange(n)
        into[:, : 2 * n] = 0
        into[units, units] = 1
        into[units, n + units] = -1
        out[: 2 * n] = 0
        out[units, units] = 1 / start.scale
        out[n + units, units] = -1 / start.scale
        out[2 * n :] *= 0.1
        for bias in self.model.intercepts_:
            bias[:] = 0

    def network(self) -> Network:
        """The weights as the forward pass takes them."""
        pairs = zip(self.model.coefs_, self.model.intercepts_, strict=True)
        return Network(tuple(Layer(weight.astype(np.float32), bias.astype(np.float32)) for weight, bias in pairs))


def label_targets(masks: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """Label masks as 0/1 targets, uint8 of shape (n, N_LABELS)."""
    bits = np.arange(N_LABELS, dtype=np.uint32)
    return (masks[:, None] >> bits & 1).astype(np.uint8)
