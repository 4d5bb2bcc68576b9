"""How the service logs: a line for each event on standard error, as text or as JSON, and never any source text."""

from __future__ import annotations

import json
import logging
import time
from contextvars import ContextVar
from types import TracebackType
from typing import Any, TypeAlias

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being answered, where one is."""

FIELDS = ("method", "route", "status", "milliseconds", "requests")
"""What log records of requests have beside their message, by ``extra``."""

_Raised: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def describe_fault(error: BaseException) -> str:
    """An error's type and places in the code, without its message: a KeyError's may be source text."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    return "\n  ".join((f"{type(error).__name__} at", *places))


class TextFormatter(logging.Formatter):
    """``2026-01-31T12:00:00+0100 INFO linewise.access: POST /v1/classify 200 3.2 ms [request id]``."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name that logging gave it
        """The line, with the request's id at its end."""
        line = super().formatMessage(record)
        identity = request_id.get()
        return line if identity is None else f"{line} [{identity}]"

    def formatException(self, ei: _Raised) -> str:  # noqa: N802  # the name that logging gave it
        """Where an error came from, but not its message."""
        return describe_fault(ei[1]) if ei[1] is not None else ""


class JsonFormatter(logging.Formatter):
    """One JSON object on one line: ``time``, ``level``, ``logger``, ``message`` and the fields of a request."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        # Seconds with milliseconds, in UTC: 2026-01-31T11:00:00.123Z.
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry: dict[str, Any] = {
            "time": f"{seconds}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (identity := request_id.get()) is not None:
            entry["request_id"] = identity
        entry.update({name: getattr(record, name) for name in FIELDS if hasattr(record, name)})
        if record.exc_info is not None and record.exc_info[1] is not None:
            entry["fault"] = describe_fault(record.exc_info[1])
        return json.dumps(entry)


_FORMATTERS = {"text": TextFormatter, "json": JsonFormatter}


def log_configuration(level: str, form: str) -> dict[str, Any]:
    """The logging configuration, as ``logging.config.dictConfig`` takes it.

    Args:
        level: least level that is logged, in lower case.
        form: ``text`` or ``json``.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": _FORMATTERS[form]}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "stream": "ext://sys.stderr"}},
        "loggers": {
            name: {"handlers": ["stderr"], "level": level.upper(), "propagate": False}
            for name in ("linewise", "uvicorn")
        },
    }
