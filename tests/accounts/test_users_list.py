"""The list of users: groups, search, pages, and what a row shows."""

from __future__ import annotations

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import LinkPurpose, User
from app.accounts.queries import UserGroup
from app.db import utcnow
from tests.accounts.test_users import NINA, nina
from tests.counting import count_statements
from tests.factories import make_user, post, sign_in


def test_the_groups_and_their_counts(session: Session, admin: User, coach: User, semmler: User) -> None:
    coach.active = False
    session.flush()
    assert queries.count_users(session, admin) == {
        UserGroup.CENTRE: 1,
        UserGroup.COMPANIES: 1,
        UserGroup.DISABLED: 1,
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [("kranich", 1), ("Özil", 1), ("özil", 1), ("oezil@", 1), ("Mesut Öz", 1), ("%", 0), ("_", 0), ("x", 0)],
)
def test_searching_by_part_of_name_or_address(session: Session, admin: User, text: str, found: int) -> None:
    make_user(session, first_name="Mesut", last_name="Özil-Kranich", email="oezil@firma.de")
    rows = queries.users(session, admin, UserGroup.CENTRE, text=text)
    assert len([u for u, _seen in rows if u.id != admin.id]) == found


def test_long_lists_have_pages(client: FlaskClient, session: Session, admin: User) -> None:
    for n in range(60):
        make_user(session, last_name=f"Person {n:02d}")
    session.commit()
    sign_in(client, admin)
    first = client.get("/users").text
    assert first.count("row-link") == 50
    after = first.split("after=")[1].split('"')[0].split("&")[0]
    second = client.get("/users", query_string={"after": after}).text
    assert second.count("row-link") == 11
    assert "Person 59" in second


@pytest.mark.parametrize(
    "query",
    ["?after=x", "?group=x", "?q=%00", "?q=" + "x" * 5000, "?after=01900000-0000-7000-8000-000000000000"],
)
def test_odd_addresses_show_the_list(client: FlaskClient, admin: User, query: str) -> None:
    assert sign_in(client, admin).get(f"/users{query}").status_code == 200


def test_the_list_needs_the_same_statements_for_any_length(
    app: Flask, client: FlaskClient, session: Session, admin: User
) -> None:
    sign_in(client, admin)
    client.get("/users")
    counts = []
    for _round in range(2):
        make_user(session)
        make_user(session)
        session.commit()
        with count_statements(app) as seen:
            client.get("/users")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_last_seen_and_the_open_invitation_are_shown(
    client: FlaskClient, session: Session, admin: User
) -> None:
    with time_machine.travel("2026-11-20 09:00+00:00", tick=False):
        sign_in(client, admin)
        post(client, "/users/new", NINA)
        page = client.get(f"/users/{nina(session).id}").text
        assert "Einladungslink gilt bis" in page
        assert "4. Dez." in page
        assert ">heute</time>" in client.get("/users").text
        assert queries.open_link(session, admin, LinkPurpose.INVITATION, utcnow()) is None
