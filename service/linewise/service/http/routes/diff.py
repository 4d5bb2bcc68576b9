"""``POST /v1/diff``: a patch in, the labels of its lines on both sides and what it amounts to out."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from ...schemas.diff import DiffAnswer, DiffRequest
from ..diff_work import DiffWork
from .labelling import labelled, labelling

router = APIRouter(prefix="/v1", tags=["classify"])

_PATCH = "--- a/queue.py\n+++ b/queue.py\n@@ -1,2 +1,2 @@\n-# Sends.\n+# Sends all of them.\n for item in queue:\n"
_EXAMPLES: dict[str, dict[str, Any]] = {"A comment that changes": {"patch": _PATCH}}


@router.post(
    "/diff",
    operation_id="diff",
    summary="Label the lines of a patch",
    **labelling(DiffRequest, DiffAnswer, _EXAMPLES),
)
async def diff(request: Request) -> Response:
    """Labels each line of a patch on the sides that have it, from the patch alone, and judges the files.

    A verdict other than `code` says that the change is of that kind only; in doubt it is `code`.
    """
    return await labelled(request, DiffWork)
