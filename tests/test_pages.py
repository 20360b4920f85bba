"""Error pages: what two people do at the same moment, and values that the database cannot hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from app.cli import cli
from tests.factories import make_user


def twin(session: Session) -> IntegrityError:
    """What the database says to a second account with the same address."""
    first = make_user(session)
    with pytest.raises(IntegrityError) as caught, session.begin_nested():
        make_user(session, email=first.email)
    return caught.value


def nameless(session: Session) -> IntegrityError:
    """What it says to a row without a value that it must have."""
    with pytest.raises(IntegrityError) as caught, session.begin_nested():
        session.execute(text("update users set email = null"), {})
    return caught.value


def answer(app: Flask, error: Exception) -> int:
    """The status of a request that ends in this error."""
    with app.test_request_context("/"):
        return app.make_response(app.handle_user_exception(error)).status_code


def test_the_second_of_two_at_the_same_moment_is_told_so(app: Flask, session: Session) -> None:
    assert answer(app, twin(session)) == 409


def test_a_mistake_of_ours_is_not_taken_for_a_collision(app: Flask, session: Session) -> None:
    make_user(session)
    session.flush()
    error = nameless(session)
    with pytest.raises(IntegrityError):
        answer(app, error)


def test_a_value_that_the_database_cannot_hold_is_a_bad_request(app: Flask) -> None:
    assert answer(app, DataError("select", {}, ValueError("NUL"))) == 400


def test_what_the_command_writes_is_for_nobody_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSTANCE_DIR", str(tmp_path / "instance"))
    before = os.umask(0o022)
    try:
        CliRunner().invoke(cli, ["health"])
        made = list((tmp_path / "instance").iterdir())
        assert made
        assert [path.name for path in made if path.stat().st_mode & 0o077] == []
        assert (tmp_path / "instance").stat().st_mode & 0o077 == 0
    finally:
        os.umask(before)
