"""The model in service, and the way of each request to it.

The event loop only moves bytes: whatever takes time in proportion to a text (decoding, labelling, serialising)
runs on the threads of a ``Pool``, so that a health check is quick whatever else goes on.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from linewise.models import Classifier

from .metrics import Metrics
from .pool import Pool, PoolLimits
from .pool_thread import Work
from .problems import ProblemError

_WARM_UP_TEXTS = (
    "",
    "total = 0\nfor item in queue:\n    total += item.size  # bytes\n" * 20,
    '/* a comment\n * goes on */\nint main(void) {\n\treturn f("s");\n}\n' * 200,
)


class Inference:
    """Answers requests with the model in service.

    The model is one reference that is read once for each request, so every answer comes from exactly one model,
    also while ``use`` puts another in service.
    """

    def __init__(self, metrics: Metrics, limits: PoolLimits) -> None:
        self.pool = Pool(limits)
        self._metrics = metrics
        self.draining = False
        self._classifier: Classifier | None = None

    @property
    def classifier(self) -> Classifier:
        """The model in service; raises ProblemError (503) while there is none."""
        classifier = self._classifier
        if classifier is None:
            raise ProblemError(503, "no model is loaded", headers={"Retry-After": "1"})
        return classifier

    @property
    def ready_classifier(self) -> Classifier:
        """The model in service; raises ProblemError (503) while there is none and once the service is to end."""
        if self.draining:
            raise ProblemError(503, "the service is about to end", headers={"Retry-After": "1"})
        return self.classifier

    def use(self, classifier: Classifier | None) -> None:
        """Put a model in service, or none."""
        self._classifier = classifier
        if classifier is None:
            self._metrics.set_model(None)
        else:
            self._metrics.set_model(classifier.info.digest, classifier.info.taxonomy_version)

    async def load(self, folder: Path | None) -> Classifier:
        """Load a model, warm it up so that its first request is not its slowest, put it in service.

        Args:
            folder: a saved model's folder; None for the shipped model.

        Raises:
            linewise.models.ModelError: the folder holds no sound model; the one in service stays.
        """
        classifier = await asyncio.to_thread(load_warm, folder)
        self.use(classifier)
        return classifier

    async def run(self, work: Work, classifier: Classifier | None = None) -> bytes:
        """The answer to a request.

        Args:
            work: what is asked.
            classifier: the model that shall answer, where it is not simply the one in service.

        Raises:
            ProblemError: 429, 503 or 504 as ``Pool.run`` has them, 503 while there is no model, and what
                ``work`` raises.
        """
        answering = self.pool.run(classifier or self.classifier, work)
        try:
            answer = await answering
        finally:
            self._metrics.set_waiting(self.pool.waiting)
        self._metrics.count_lines(work.lines)
        return answer

    def close(self) -> None:
        """Put no model in service any more, and end the threads."""
        self.use(None)
        self.pool.close()


def load_warm(folder: Path | None) -> Classifier:
    """Load a model and let it label small and larger texts once, which fills its caches; raises ModelError."""
    # Where a symbolic link names the model, all of its files shall be of one folder, even if the link moves meanwhile.
    classifier = Classifier.load(None if folder is None else folder.resolve())
    warm_up(classifier)
    return classifier


def warm_up(classifier: Classifier) -> None:
    """Let a model label small and larger texts once."""
    for text in _WARM_UP_TEXTS:
        classifier.classify(text)
