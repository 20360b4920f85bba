"""Mailed links that were not used end with a new passphrase, a new address and a disabled account."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import db
from app.accounts import queries
from app.accounts.models import LinkPurpose, User
from app.mail import OutboxMail
from tests.accounts.conftest import PASSPHRASE, link_in
from tests.factories import post, sign_in

NEW = "fünf Kraniche über Zingst"
WORDS = {"passphrase": NEW, "repeat": NEW}


def link(session: Session, user: User, purpose: LinkPurpose = LinkPurpose.RESET) -> str:
    token = queries.make_link(session, user, purpose, db.utcnow())
    session.commit()
    return f"/link/{token}"


def test_a_passphrase_set_by_one_link_ends_the_others(
    client: FlaskClient, session: Session, coach: User
) -> None:
    used, other = link(session, coach), link(session, coach, LinkPurpose.INVITATION)
    post(client, used, WORDS)
    assert client.get(used).status_code == 410
    assert client.get(other).status_code == 404


def test_a_passphrase_changed_by_its_owner_ends_links(
    client: FlaskClient, session: Session, coach: User
) -> None:
    address = link(session, coach)
    post(sign_in(client, coach), "/me/passphrase", {"current": PASSPHRASE, **WORDS})
    assert client.get(address).status_code == 404


def test_links_to_an_earlier_address_end(
    client: FlaskClient, session: Session, coach: User, outbox: Callable[[], list[OutboxMail]]
) -> None:
    address = link(session, coach)
    post(sign_in(client, coach), "/me/email", {"email": "neu@example.org", "current": PASSPHRASE})
    assert client.get(address).status_code == 200
    post(client, link_in(outbox()[0]))
    assert client.get(address).status_code == 404


def test_links_from_before_a_disabling_stay_dead(
    client: FlaskClient, session: Session, admin: User, coach: User
) -> None:
    address = link(session, coach)
    sign_in(client, admin)
    post(client, f"/users/{coach.id}/disabling")
    post(client, f"/users/{coach.id}/enabling")
    assert client.get(address).status_code == 404
