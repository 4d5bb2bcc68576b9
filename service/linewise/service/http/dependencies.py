"""What the routes are given: the model in service and the settings of the app that they belong to.

Operations that label ask for these themselves (``inference_of``, ``settings_of``), since FastAPI takes a tenth of a
millisecond to bring them. The others declare them. What they declare are coroutines, though they wait for nothing:
FastAPI would run plain functions on threads, one after the other.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from linewise.models import Classifier

from ..settings import Settings
from .inference import Inference


def inference_of(request: Request) -> Inference:
    """What answers requests in the app that a request came to."""
    inference: Inference = request.app.state.inference
    return inference


def settings_of(request: Request) -> Settings:
    """The settings of the app that a request came to."""
    settings: Settings = request.app.state.settings
    return settings


async def _classifier(request: Request) -> Classifier:
    return inference_of(request).classifier


async def _ready_classifier(request: Request) -> Classifier:
    return inference_of(request).ready_classifier


ClassifierDependency = Annotated[Classifier, Depends(_classifier)]
ReadyClassifierDependency = Annotated[Classifier, Depends(_ready_classifier)]
