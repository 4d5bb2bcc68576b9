"""``/health``: whether the process lives, and whether it can answer."""

from __future__ import annotations

from fastapi import APIRouter

from ...schemas.answers import LiveAnswer, ReadyAnswer
from ..dependencies import ReadyClassifierDependency
from ..problems import documented

router = APIRouter(prefix="/health", tags=["health"])


@router.get("/live", operation_id="live", summary="Whether the process answers", response_model=LiveAnswer)
async def live() -> LiveAnswer:
    """Always 200. A process that does not answer here is to be restarted."""
    return {"status": "live"}


@router.get(
    "/ready",
    operation_id="ready",
    summary="Whether a model is loaded and answers",
    response_model=ReadyAnswer,
    responses=documented(503),
)
async def ready(classifier: ReadyClassifierDependency) -> ReadyAnswer:
    """200 once a model is loaded and until the service is told to end, 503 before and after.

    Send requests only to a process that is ready.
    """
    return {"status": "ready", "model_digest": classifier.info.digest}
