"""``/metrics``: the service's numbers about itself, for Prometheus."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request, Response

from ..gate import Gate
from ..metrics import MEDIA_TYPE, Metrics

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """The numbers of all workers, in the text format of Prometheus."""
    counted: Metrics = request.app.state.metrics
    gate: Gate = request.app.state.gate
    gate.tell()
    # With several workers, files are read.
    return Response(await asyncio.to_thread(counted.exposition), headers={"Content-Type": MEDIA_TYPE})
