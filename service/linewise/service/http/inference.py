"""The model in service and the threads it answers on.

The event loop only moves bytes: whatever takes time in proportion to a text (decoding, labelling,
serialising) runs on a bounded number of threads, so that a health check is quick whatever else goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from anyio import CapacityLimiter, to_thread

from linewise.models import Classifier

from .problems import ProblemError

T = TypeVar("T")

_WARM_UP_TEXTS = (
    "",
    "total = 0\nfor item in queue:\n    total += item.size  # bytes\n" * 20,
    '/* a comment\n * goes on */\nint main(void) {\n\treturn f("s");\n}\n' * 200,
)


class Inference:
    """Runs work with the model in service, at most ``threads`` pieces at a time.

    The model is one reference that is read once for each piece of work, so every answer comes from exactly
    one model, also while ``use`` puts another in service.
    """

    def __init__(self, threads: int) -> None:
        self._limiter = CapacityLimiter(threads)
        self._classifier: Classifier | None = None

    @property
    def classifier(self) -> Classifier:
        """The model in service; raises ProblemError (503) while there is none."""
        classifier = self._classifier
        if classifier is None:
            raise ProblemError(503, "no model is loaded", headers={"Retry-After": "1"})
        return classifier

    def use(self, classifier: Classifier | None) -> None:
        """Put a model in service, or none."""
        self._classifier = classifier

    async def load(self, folder: Path | None) -> None:
        """Load a model, warm it up so that its first request is not its slowest, put it in service.

        Args:
            folder: a saved model's folder; None for the shipped model.

        Raises:
            linewise.models.ModelError: the folder holds no sound model; the one in service stays.
        """

        def ready() -> Classifier:
            classifier = Classifier.load(folder)
            warm_up(classifier)
            return classifier

        self.use(await to_thread.run_sync(ready))

    async def run(self, work: Callable[[Classifier], T]) -> T:
        """The result of ``work`` with the model in service, done on a thread.

        Raises:
            ProblemError: 503 while there is no model.
        """
        return await to_thread.run_sync(work, self.classifier, limiter=self._limiter)


def warm_up(classifier: Classifier) -> None:
    """Let a model label small and larger texts once, which fills its caches."""
    for text in _WARM_UP_TEXTS:
        classifier.classify(text)
