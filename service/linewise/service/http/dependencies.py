"""What the routes are given: the model in service and the settings of the app that they belong to."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from linewise.models import Classifier

from ..settings import Settings
from .inference import Inference


def _inference(request: Request) -> Inference:
    inference: Inference = request.app.state.inference
    return inference


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _classifier(request: Request) -> Classifier:
    return _inference(request).classifier


def _ready_classifier(request: Request) -> Classifier:
    return _inference(request).ready_classifier


InferenceDependency = Annotated[Inference, Depends(_inference)]
SettingsDependency = Annotated[Settings, Depends(_settings)]
ClassifierDependency = Annotated[Classifier, Depends(_classifier)]
ReadyClassifierDependency = Annotated[Classifier, Depends(_ready_classifier)]
