"""Starting the service: everything that can be wrong with the settings is found before the first request."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

import uvicorn

from linewise.models import Classifier, ModelError

from ..logs import log_configuration
from ..settings import Settings, SettingsError
from .app import create_app

_APP = "linewise.service.http:app_from_environment"
_GRACE_SECONDS = 30
"""How long requests under way may take to end after SIGTERM."""


class ServerError(RuntimeError):
    """The service can't start; the message says why and what to change."""


def run(options: Mapping[str, Any]) -> None:
    """Serve until told to stop.

    Args:
        options: settings by name; those that are None come from the environment.

    Raises:
        ServerError: wrong settings, no sound model, or an address that can't be listened on.
    """
    try:
        settings = Settings.load(**options)
        classifier = Classifier.load(settings.model_folder)
    except SettingsError as error:
        raise ServerError(f"these settings can't be served with:\n{error}") from None
    except ModelError as error:
        raise ServerError(f"the model can't be loaded: {error}") from None
    _check_address(settings.host, settings.port)
    common: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "log_config": log_configuration(settings.log_level),
        "log_level": settings.log_level,
        "access_log": False,
        "server_header": False,
        "ws": "none",
        "timeout_graceful_shutdown": _GRACE_SECONDS,
    }
    if settings.workers == 1:
        uvicorn.run(create_app(settings, classifier), **common)
    else:
        # Worker processes read their settings from the environment; each loads the model, now known to be
        # sound, for itself.
        os.environ.update(settings.environment())
        uvicorn.run(_APP, factory=True, workers=settings.workers, **common)


def _check_address(host: str, port: int) -> None:
    """Raise a ServerError that says why, where the address can't be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        raise ServerError(
            f"can't listen on {host} port {port}: {error.strerror or error}; choose others with --host and --port"
        ) from None
