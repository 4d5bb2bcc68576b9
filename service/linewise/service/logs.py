"""How the service logs: a line for each event on standard error, with time and level."""

from __future__ import annotations

from typing import Any


def log_configuration(level: str) -> dict[str, Any]:
    """The logging configuration, as ``logging.config.dictConfig`` and uvicorn take it.

    Args:
        level: least level that is logged, in lower case.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
                "datefmt": "%Y-%m-%dT%H:%M:%S%z",
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "loggers": {
            name: {"handlers": ["stderr"], "level": level.upper(), "propagate": False}
            for name in ("linewise", "uvicorn")
        },
    }
