"""What the routes are given: the model in service and the settings of the app that they belong to.

They are coroutines though they wait for nothing: FastAPI would run plain functions on threads, one after the other.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from linewise.models import Classifier

from ..settings import Settings
from .inference import Inference


async def _inference(request: Request) -> Inference:
    inference: Inference = request.app.state.inference
    return inference


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _classifier(request: Request) -> Classifier:
    return (await _inference(request)).classifier


async def _ready_classifier(request: Request) -> Classifier:
    return (await _inference(request)).ready_classifier


InferenceDependency = Annotated[Inference, Depends(_inference)]
SettingsDependency = Annotated[Settings, Depends(_settings)]
ClassifierDependency = Annotated[Classifier, Depends(_classifier)]
ReadyClassifierDependency = Annotated[Classifier, Depends(_ready_classifier)]
