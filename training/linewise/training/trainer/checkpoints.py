"""What lets an interrupted training go on: finished stages and epochs, stored under a digest of all they depend on.

Checkpoints are scikit-learn estimators dumped by joblib into the user's cache folder. They are read back only by
training, on the machine that wrote them; the model that ships holds arrays and text alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import joblib
from sklearn.neural_network import MLPClassifier

from linewise.training.corpus.cache import cache_folder, replaced_file


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """A folder of estimators by stage and number of finished epochs; nothing is kept where the folder is None."""

    folder: Path | None

    @classmethod
    def for_key(cls, key: str, cache: Path | None = None) -> Checkpoints:
        """The checkpoints of one training, told apart by a digest of its recipe, corpus and code."""
        return cls((cache or cache_folder()) / "training" / key)

    def save(self, stage: str, epochs: int, model: MLPClassifier) -> None:
        """Keep an estimator after some epochs; it appears whole or not at all."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        with replaced_file(self._path(stage, epochs)) as partial:
            joblib.dump(model, partial)
        if epochs > 1:
            self._path(stage, epochs - 1).unlink(missing_ok=True)

    def latest(self, stage: str, max_epochs: int) -> tuple[int, MLPClassifier | None]:
        """The number of finished epochs of a stage and the estimator after them; 0 and None where there are none."""
        for epochs in range(max_epochs, 0, -1):
            if self.folder is not None and self._path(stage, epochs).exists():
                return epochs, joblib.load(self._path(stage, epochs))
        return 0, None

    def _path(self, stage: str, epochs: int) -> Path:
        if self.folder is None:
            raise ValueError("these checkpoints have no folder")
        return self.folder / f"{stage.replace(' ', '-')}-{epochs}.joblib"
