"""Logs: one JSON event per line, with the request's reference and without what people type."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from app import logs

SECRET = "martina.semmler@warnow.example"


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Logging is global: put everything back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def written(do: Any, level: str = "INFO") -> list[dict[str, Any]]:
    """The events that `do` writes."""
    logs.configure(level)
    [handler] = [h for h in logging.getLogger().handlers if h.formatter is not None][-1:]
    out = io.StringIO()
    handler.stream = out  # type: ignore[attr-defined]
    do()
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_an_event_is_one_line_of_json() -> None:
    [event] = written(lambda: structlog.get_logger().info("saved", company="U-0001"))
    assert (event["event"], event["company"], event["level"]) == ("saved", "U-0001", "info")
    assert event["timestamp"].endswith("Z")


@given(st.text())
def test_whatever_is_logged_stays_one_line(value: str) -> None:
    events = written(lambda: structlog.get_logger().info("saved", value=value))
    assert len(events) == 1


def test_libraries_write_the_same_way() -> None:
    [event] = written(lambda: logging.getLogger("sqlalchemy.pool").warning("connection %s lost", 7))
    assert (event["event"], event["logger"]) == ("connection 7 lost", "sqlalchemy.pool")


def test_an_exception_says_where_but_not_what_was_typed() -> None:
    engine = create_engine("sqlite://")

    def fail() -> None:
        with engine.begin() as connection:
            connection.execute(text("create table t (email text unique)"))
            try:
                for _ in range(2):
                    connection.execute(text("insert into t values (:email)"), {"email": SECRET})
            except IntegrityError:
                structlog.get_logger().error("unexpected", exc_info=True)
            try:
                raise ValueError(SECRET)
            except ValueError:
                logging.getLogger("library").exception("failed")

    events = written(fail)
    engine.dispose()
    assert SECRET not in json.dumps(events)
    causes = events[0]["exception"]
    assert [c["type"] for c in causes] == ["IntegrityError", "IntegrityError"]
    assert causes[0]["at"][0].startswith("tests/test_logs.py:")
    assert events[1]["exception"][0]["type"] == "ValueError"


def test_messages_of_exceptions_are_for_developers_only() -> None:
    def fail() -> None:
        try:
            raise ValueError("what is wrong")
        except ValueError:
            structlog.get_logger().exception("failed")

    [event] = written(fail, "DEBUG")
    assert event["exception"][0]["message"] == "what is wrong"


def test_a_request_is_noted_by_its_endpoint_and_reference_not_by_its_path() -> None:
    app = Flask("logs")
    app.add_url_rule("/link/<token>", "link", lambda token: structlog.get_logger().info("used") or token)
    app.before_request(logs._begin)
    app.after_request(logs._end)
    with app.test_client() as client:
        events = written(lambda: client.get("/link/geheim?email=" + SECRET))
    assert [e["event"] for e in events] == ["used", "request"]
    assert (events[1]["endpoint"], events[1]["status"], events[1]["bytes"]) == ("link", 200, 6)
    assert events[0]["reference"] == events[1]["reference"]
    assert "geheim" not in json.dumps(events)
    assert SECRET not in json.dumps(events)
