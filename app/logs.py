"""Logging: one JSON event per line on stderr, bound to the request's reference, without personal data."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, Final

import structlog
from flask import Flask, Response, g, request

from app.security import reference

_ROOT: Final = f"{Path(__file__).parent.parent}/"
_QUIET: Final = (
    "huey",
    "fontTools",
    "weasyprint",
    "PIL",
    "werkzeug",
    "alembic",
    "_granian",
    "granian.access",
)
log = structlog.get_logger()


def _where(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)
    return [f"{f.filename.removeprefix(_ROOT)}:{f.lineno} {f.name}" for f in frames]


def describe(error: BaseException, *, with_messages: bool = False) -> list[dict[str, Any]]:
    """An exception and its causes: types and places. Messages may quote what a person typed: left out."""
    causes: list[dict[str, Any]] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        cause: dict[str, Any] = {"type": type(current).__qualname__, "at": _where(current)}
        if with_messages:
            cause["message"] = str(current)
        causes.append(cause)
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return causes


class _Exceptions:
    """Writes exc_info as data instead of text."""

    def __init__(self, with_messages: bool) -> None:
        self.with_messages = with_messages

    def __call__(
        self, _logger: Any, _method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        info = event.pop("exc_info", None)
        if info is True:
            info = sys.exc_info()
        error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else None
        if error is not None:
            event["exception"] = describe(error, with_messages=self.with_messages)
        return event


def configure(level: str) -> None:
    """Send our events and those of libraries through the same JSON writer."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _Exceptions(with_messages=level == "DEBUG"),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    writer = logging.StreamHandler(sys.stderr)
    writer.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [h for h in root.handlers if not isinstance(h, logging.StreamHandler)] + [writer]
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING if level != "DEBUG" else logging.DEBUG)


def _begin() -> None:
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(reference=reference())
    g.began_at = time.perf_counter()


def _end(response: Response) -> Response:
    """One event per request. The endpoint stands for the path: a path may hold a mailed link's secret."""
    if request.endpoint != "static":
        log.info(
            "request",
            method=request.method,
            endpoint=request.endpoint,
            status=response.status_code,
            ms=round((time.perf_counter() - g.get("began_at", time.perf_counter())) * 1000, 1),
            bytes=response.content_length,
        )
    return response


def init_app(app: Flask) -> None:
    """Set logging up and note every request."""
    settings = app.config["SETTINGS"]
    if not settings.testing:
        configure(settings.log_level)
    app.before_request(_begin)
    app.after_request(_end)
