"""`bin/wandelwerk user …`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.cli import user_group
from app.accounts.models import Role, User, UserSession
from tests.factories import make_user, post, sign_in

Run = Callable[..., Result]
NINA = ("--email", "nina@example.org", "--first-name", "Nina", "--last-name", "Neu", "--role", "admin")


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a command within the test's installation."""

    def enter(command: Callable[..., Any]) -> Callable[..., Any]:
        def inside(*arguments: Any, **options: Any) -> Any:
            with app.app_context():
                return command(app, *arguments, **options)

        return inside

    return lambda *arguments: CliRunner().invoke(user_group, arguments, obj=enter)


def test_add_prints_a_link_with_which_the_first_administrator_joins(
    client: FlaskClient, session: Session, run: Run
) -> None:
    result = run("add", *NINA)
    assert result.exit_code == 0, result.output
    link = result.output.strip()
    assert link.startswith("http://127.0.0.1:8000/link/")
    words = "fünf Kraniche über Zingst"
    path = link.removeprefix("http://127.0.0.1:8000")
    assert post(client, path, {"passphrase": words, "repeat": words}).status_code == 303
    user = queries.user_by_email(session, "nina@example.org")
    assert user is not None
    assert (user.role, user.language, user.joined_at is not None) == (Role.ADMIN, "de", True)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"--email": "x"}, "--email"),
        ({"--role": "company"}, "--role"),
        ({"--role": "root"}, "--role"),
        ({"--language": "fr"}, "--language"),
        ({"--first-name": " "}, "Both names are needed."),
    ],
)
def test_add_refuses_bad_input(session: Session, run: Run, changed: dict[str, str], words: str) -> None:
    options = {**dict(zip(NINA[::2], NINA[1::2], strict=True)), **changed}
    result = run("add", *(part for pair in options.items() for part in pair))
    assert result.exit_code == 2
    assert words in result.output
    assert session.scalar(select(func.count()).select_from(User)) == 0


def test_add_refuses_a_duplicate(session: Session, run: Run) -> None:
    run("add", *NINA)
    result = run("add", *NINA)
    assert result.exit_code == 1
    assert session.scalar(select(func.count()).select_from(User)) == 1


def test_list_shows_everybody_with_their_state(
    session: Session, run: Run, coach: User, semmler: User
) -> None:
    make_user(session, Role.ADMIN, email="weg@example.org").active = False
    session.commit()
    run("add", *NINA)
    lines = [line.split()[:3] for line in run("list").output.splitlines()]
    assert lines == [
        ["admin", "disabled", "weg@example.org"],
        ["admin", "invited", "nina@example.org"],
        ["coach", "active", coach.email],
        ["company", "active", semmler.email],
    ]


def test_disable_ends_sessions_at_once(client: FlaskClient, session: Session, run: Run, coach: User) -> None:
    sign_in(client, coach)
    assert run("disable", coach.email.upper()).exit_code == 0
    assert session.scalar(select(func.count()).select_from(UserSession)) == 0
    assert client.get("/me").status_code == 302


def test_disable_refuses_the_last_administrator(session: Session, run: Run, admin: User) -> None:
    assert run("disable", admin.email).exit_code == 1
    session.refresh(admin)
    assert admin.active


def test_reset_prints_a_link_once(client: FlaskClient, run: Run, coach: User) -> None:
    path = run("reset", coach.email).output.strip().removeprefix("http://127.0.0.1:8000")
    assert "Neue Passphrase setzen" in client.get(path).text


@pytest.mark.parametrize("command", ["disable", "reset"])
def test_unknown_addresses_are_named(run: Run, command: str) -> None:
    result = run(command, "nobody@example.org")
    assert result.exit_code == 1
    assert "nobody@example.org" in result.output


def test_no_link_for_a_disabled_account(session: Session, run: Run, coach: User) -> None:
    coach.active = False
    session.commit()
    result = run("reset", coach.email)
    assert result.exit_code == 1
    assert "/link/" not in result.output


def test_help_needs_no_installation() -> None:
    result = CliRunner().invoke(user_group, ["add", "--help"])
    assert result.exit_code == 0
    assert "--first-name" in result.output
