"""Starting the service: everything that can be wrong with the settings is found before the first request."""

from __future__ import annotations

import contextlib
import logging
import logging.config
import os
import socket
import sys
import tempfile
from collections.abc import Mapping
from typing import Any

from linewise.models import Classifier, ModelError

from ..keys import KeysError, read_keys
from ..logs import log_configuration
from ..settings import Settings, SettingsError
from .inference import load_warm
from .metrics import SharedCounts
from .worker import forgo_collecting, serve_on

_log = logging.getLogger("linewise.server")
_BACKLOG = 2048
_SWITCH_SECONDS = 0.001
"""How long a thread may keep the interpreter while others wait for it: a fifth of what Python takes otherwise.

The event loop is one of those that wait, after each of its calls to the system.
"""


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
        if settings.workers > 1 and not hasattr(os, "fork"):
            raise ServerError("several workers need a system that can fork processes; use --workers 1")
        if settings.demands_keys and settings.keys_file is not None:
            read_keys(settings.keys_file)
        classifier = load_warm(settings.model_folder)
    except SettingsError as error:
        raise ServerError(f"these settings can't be served with:\n{error}") from None
    except KeysError as error:
        raise ServerError(f"the API keys can't be used: {error}") from None
    except ModelError as error:
        raise ServerError(f"the model can't be loaded: {error}") from None
    listener = _listen(settings.host, settings.port)
    logging.config.dictConfig(log_configuration(settings.log_level, settings.log_format))
    _log.info("running on %s (Ctrl+C or SIGTERM to end)", _address(settings.host, listener))
    sys.setswitchinterval(_SWITCH_SECONDS)
    _raise_file_limit()
    # Before there are any workers: a look at an object by the collector writes to it, and they share them.
    forgo_collecting()

    with listener:
        if settings.workers == 1:
            serve_on(listener, settings, classifier)
            return
        try:
            _supervise(listener, settings, classifier)
        except OSError as error:
            raise ServerError(f"the workers can't be started: {error}") from None


def _supervise(listener: socket.socket, settings: Settings, classifier: Classifier) -> None:
    from .prefork import Supervisor  # noqa: PLC0415  # not every system can fork

    with tempfile.TemporaryDirectory(prefix="linewise-metrics-") as folder:
        counts = SharedCounts(folder, settings.workers)
        Supervisor(settings, classifier, listener, counts).run()


def _raise_file_limit() -> None:
    """Take as many descriptors as the system lets this process have: each connection is one."""
    if sys.platform != "win32":
        import resource  # noqa: PLC0415  # not every system has it

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises ServerError that says why, where the address can't be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        raise ServerError(
            f"can't listen on {host} port {port}: {error.strerror or error}; choose others with --host and --port"
        ) from None
    return listener


def _address(host: str, listener: socket.socket) -> str:
    port = listener.getsockname()[1]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
