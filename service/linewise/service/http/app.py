"""The HTTP service as an ASGI app: its middleware, its routes, and the model that it loads as it starts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from linewise.models import Classifier

from ..keys import KeyRecord
from ..settings import Settings
from .access_log import AccessLog
from .authentication import Authentication, Guard
from .body_limit import BodyLimit
from .drain import Drain
from .faults import Faults
from .gate import Gate
from .inference import Inference, warm_up
from .metrics import Metrics
from .oip.errors import ProtocolErrors
from .openapi import install_openapi
from .pool import PoolLimits
from .problems import install_problems
from .read_deadline import ReadDeadline
from .refusals import Refusals, Refusing
from .request_id import RequestId
from .routes import classify, diff, health, inference_protocol, pages, vocabulary
from .routes import metrics as metrics_route
from .security_headers import SecurityHeaders
from .shortcut import Shortcut

_DESCRIPTION = """\
Says, for every line of source text, what the line is and what it is part of, in any state of the text.

Errors are problem documents (RFC 9457), and under `/v2` as the Open Inference Protocol has them. None of them holds
anything of what was sent.
"""

_STREAMS = frozenset({"/v1/classify/stream"})
_TAGS = [
    {"name": "classify", "description": "Label lines."},
    {"name": "vocabulary", "description": "What the answers mean, and which model gives them."},
    {"name": "health", "description": "For load balancers and supervisors."},
    {"name": "inference protocol", "description": "The Open Inference Protocol (V2), for clients of any model server."},
]


def create_app(
    settings: Settings, classifier: Classifier | None = None, keys: Sequence[KeyRecord] | None = None
) -> FastAPI:
    """The app that serves by these settings.

    Args:
        settings: the limits, the number of threads, the model's folder.
        classifier: a model that is loaded already; without one, the app loads one as it starts, and does
            not start where that fails (``linewise.models.ModelError``).
        keys: the API keys, if they have been read already.

    Raises:
        KeysError: keys are demanded, and their file can't be used.
    """
    metrics = Metrics()
    guard = Guard(settings, keys)
    inference = Inference(
        metrics,
        PoolLimits(
            threads=settings.threads,
            queue=settings.queue,
            largest_bytes=settings.max_body_bytes,
            timeout_seconds=settings.request_timeout_seconds,
        ),
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        if classifier is None:
            await inference.load(settings.model_folder)
        else:
            warm_up(classifier)
            inference.use(classifier)
        try:
            yield
        finally:
            inference.close()

    app = FastAPI(
        title="linewise",
        summary="What every line of source text is, and what it is part of",
        description=_DESCRIPTION,
        version=version("linewise"),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_tags=_TAGS,
        lifespan=lifespan,
        redirect_slashes=False,
        # The generated pages load their assets from elsewhere; ours is among the routes.
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.inference = inference
    app.state.metrics = metrics
    app.state.guard = guard
    install_problems(app)
    install_openapi(app, demands_keys=settings.demands_keys)
    for routes in (classify, diff, vocabulary, health, inference_protocol, metrics_route, pages):
        app.include_router(routes.router)
    app.include_router(inference_protocol.labelling)
    pages.install_assets(app)
    # The last one added is the first to see a request.
    labelling = (*classify.router.routes, *diff.router.routes, *inference_protocol.labelling.routes)
    refusals = Refusals(labelling)
    app.state.gate = Gate(inference, refusals, metrics)
    app.add_middleware(Shortcut, routes=labelling)
    app.add_middleware(ReadDeadline, timeout_seconds=settings.read_timeout_seconds)
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, streams=_STREAMS)
    app.add_middleware(Authentication, guard=guard)
    app.add_middleware(Faults)
    app.add_middleware(ProtocolErrors)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Drain, inference=inference)
    app.add_middleware(Refusing, inference=inference, refusals=refusals)
    app.add_middleware(AccessLog, metrics=metrics)
    app.add_middleware(RequestId)
    return app


def app_from_environment() -> FastAPI:
    """The app by the settings of the environment, for servers that import it in their worker processes."""
    return create_app(Settings.load())
