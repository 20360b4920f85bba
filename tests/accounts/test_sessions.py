"""Sessions live on the server: what ends them ends them at the next request."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import Role, User, UserSession
from tests.accounts.conftest import PASSPHRASE
from tests.factories import make_user, post, sign_in

START = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)


def is_in(client: FlaskClient) -> bool:
    return client.get("/me").status_code == 200


def token(client: FlaskClient) -> str:
    found = client.get_cookie(client.application.config["SIGN_IN_COOKIE"])
    assert found is not None
    return found.value


def browser(app: Flask, user: User) -> FlaskClient:
    return sign_in(app.test_client(), user)


# What ends a session


def test_signing_out_ends_the_session_on_the_server(client: FlaskClient, coach: User) -> None:
    sign_in(client, coach)
    kept = token(client)
    assert post(client, "/sign-out").location == "/sign-in"
    client.set_cookie(client.application.config["SIGN_IN_COOKIE"], kept)
    assert not is_in(client)


def test_signing_out_twice_does_no_harm(client: FlaskClient) -> None:
    assert post(client, "/sign-out").status_code == 303


def change_passphrase(app: Flask, session: Session, user: User) -> None:
    form = {
        "current": PASSPHRASE,
        "passphrase": "fünf Kraniche über Zingst",
        "repeat": "fünf Kraniche über Zingst",
    }
    assert post(browser(app, user), "/me/passphrase", form).status_code == 303


def disable(app: Flask, session: Session, user: User) -> None:
    assert post(browser(app, make_admin(session)), f"/users/{user.id}/disabling").status_code == 303


def change_role(app: Flask, session: Session, user: User) -> None:
    form = {
        "first_name": "Anke", "last_name": "Krüger", "role": "manager", "language": "de", "salutation": "",
        "version": str(user.version),
    }  # fmt: skip
    assert post(browser(app, make_admin(session)), f"/users/{user.id}", form).status_code == 303


def sign_out_by_admin(app: Flask, session: Session, user: User) -> None:
    assert post(browser(app, make_admin(session)), f"/users/{user.id}/sessions/end").status_code == 303


def sign_out_everywhere(app: Flask, session: Session, user: User) -> None:
    assert post(browser(app, user), "/me/sessions/end").status_code == 303


def make_admin(session: Session) -> User:
    admin = make_user(session, Role.ADMIN)
    session.commit()
    return admin


@pytest.mark.parametrize(
    "end", [change_passphrase, disable, change_role, sign_out_by_admin, sign_out_everywhere]
)
def test_it_ends_at_the_next_request(
    app: Flask, client: FlaskClient, session: Session, coach: User, end: Callable[..., None]
) -> None:
    sign_in(client, coach)
    assert is_in(client)
    end(app, session, coach)
    assert not is_in(client)
    assert client.post("/theme", headers={"HX-Request": "true"}).status_code in (401, 403)


def test_a_disabled_user_stays_out_even_if_a_session_were_left(
    client: FlaskClient, session: Session, coach: User
) -> None:
    sign_in(client, coach)
    coach.active = False
    session.commit()
    assert not is_in(client)


def test_a_passphrase_change_leaves_the_browser_it_was_made_in(
    app: Flask, client: FlaskClient, coach: User
) -> None:
    sign_in(client, coach)
    form = {
        "current": PASSPHRASE,
        "passphrase": "fünf Kraniche über Zingst",
        "repeat": "fünf Kraniche über Zingst",
    }
    post(client, "/me/passphrase", form)
    assert is_in(client)


def test_a_changed_role_counts_at_the_next_request(
    client: FlaskClient, session: Session, admin: User
) -> None:
    sign_in(client, admin)
    assert client.get("/outbox").status_code == 200
    admin.role = Role.COACH
    session.commit()
    assert client.get("/outbox").status_code == 403


# Idle and absolute life, per role


@pytest.mark.parametrize(
    ("role", "idle"), [(Role.ADMIN, 12), (Role.MANAGER, 24), (Role.COACH, 168), (Role.COMPANY, 168)]
)
def test_an_idle_session_ends(client: FlaskClient, session: Session, role: Role, idle: int) -> None:
    with time_machine.travel(START, tick=False) as clock:
        user = make_user(session, role)
        session.commit()
        sign_in(client, user)
        clock.shift(idle * 3600 - 60)
        assert is_in(client)
        clock.shift(idle * 3600 + 60)
        assert not is_in(client)


@pytest.mark.parametrize(
    ("role", "life"), [(Role.ADMIN, 24), (Role.MANAGER, 168), (Role.COACH, 720), (Role.COMPANY, 720)]
)
def test_a_session_in_use_ends_too(client: FlaskClient, session: Session, role: Role, life: int) -> None:
    with time_machine.travel(START, tick=False) as clock:
        user = make_user(session, role)
        session.commit()
        sign_in(client, user)
        for _step in range(life // 6 - 1):
            clock.shift(6 * 3600)
            assert is_in(client)
        clock.shift(6 * 3600 - 60)
        assert is_in(client)
        clock.shift(120)
        assert not is_in(client)


def test_using_it_is_noted_every_few_minutes_only(client: FlaskClient, session: Session, coach: User) -> None:
    def seen() -> dt.datetime:
        session.expire_all()
        return session.scalars(select(UserSession.seen_at)).one()

    with time_machine.travel(START, tick=False) as clock:
        sign_in(client, coach)
        clock.shift(240)
        client.get("/me")
        assert seen() == START
        clock.shift(120)
        client.get("/me")
        assert seen() == START + dt.timedelta(minutes=6)


def test_what_has_expired_is_cleared_away(session: Session, coach: User) -> None:
    queries.start_session(session, coach, "old", START - dt.timedelta(days=60))
    queries.start_session(session, coach, "new", START)
    session.flush()
    assert queries.clean_up(session, START) == 1
    assert session.scalars(select(UserSession.agent)).all() == ["new"]


# The list of devices

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Mobile Safari/604.1"
)


def test_own_devices_are_listed_by_what_they_are(client: FlaskClient, session: Session, coach: User) -> None:
    for agent in (FIREFOX, IPHONE, "<script>alert(1)</script>"):
        queries.start_session(session, coach, agent, dt.datetime.now(dt.UTC))
    session.commit()
    page = sign_in(client, coach).get("/me/sessions").text
    assert "Firefox · Windows" in page
    assert "Safari · iPhone" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert page.count("dieses") == 1


def test_ending_one_of_three_ends_exactly_that_one(app: Flask, session: Session, coach: User) -> None:
    first, second, third = (browser(app, coach) for _n in range(3))
    hashed = queries.token_hash(token(second))
    chosen = session.scalars(select(UserSession.id).where(UserSession.token_hash == hashed)).one()
    assert post(first, f"/me/sessions/{chosen}/end").location == "/me/sessions"
    assert [is_in(b) for b in (first, second, third)] == [True, False, True]


def test_ending_the_present_one_leads_to_signing_in(
    client: FlaskClient, session: Session, coach: User
) -> None:
    sign_in(client, coach)
    here = session.scalars(select(UserSession.id)).one()
    assert post(client, f"/me/sessions/{here}/end").location == "/sign-in"
    assert not is_in(client)


def test_nobody_ends_sessions_of_others(app: Flask, session: Session, coach: User, admin: User) -> None:
    theirs = browser(app, admin)
    key = session.scalars(select(UserSession.id)).one()
    post(browser(app, coach), f"/me/sessions/{key}/end")
    assert is_in(theirs)
    assert session.scalar(select(func.count()).select_from(UserSession)) == 2
