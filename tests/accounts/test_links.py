"""Mailed links: joining, signing in, a new passphrase; single use, for a limited time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import db
from app.accounts import invitations, mails, passwords, queries
from app.accounts.models import LinkPurpose, MailLink, Role, User, UserSession
from app.jobs import Job
from app.mail import OutboxMail
from tests.accounts.conftest import PASSPHRASE, link_in
from tests.factories import make_user, post, sign_in

Outbox = Callable[[], list[OutboxMail]]
Work = Callable[[], int]
NEW = "fünf Kraniche über Zingst"


def link(session: Session, user: User, purpose: LinkPurpose) -> str:
    token = queries.make_link(session, user, purpose, db.utcnow())
    session.commit()
    return f"/link/{token}"


def is_in(client: FlaskClient) -> bool:
    return client.get("/me").status_code == 200


# Signing in by link


def test_a_company_user_signs_in_by_link(
    client: FlaskClient, semmler: User, work: Work, outbox: Outbox
) -> None:
    asked = post(client, "/sign-in/link", {"email": semmler.email})
    assert (asked.status_code, asked.location) == (303, "/sign-in/link/sent")
    assert work() == 1
    (mail,) = outbox()
    assert (mail.recipient, mail.subject) == (semmler.email, "Ihr Anmeldelink")
    assert mail.text.startswith(
        "Guten Tag, Frau Semmler,\n\nMelden Sie sich mit diesem Link an:\nhttp://127.0.0.1:8000/link/"
    )
    path = link_in(mail)
    assert client.get(path).status_code == 200
    assert not is_in(client)
    assert post(client, path).location == "/"
    assert is_in(client)


def test_people_of_the_centre_get_a_link_for_a_new_passphrase_instead(
    client: FlaskClient, coach: User, work: Work, outbox: Outbox
) -> None:
    post(client, "/sign-in/link", {"email": coach.email})
    work()
    (mail,) = outbox()
    assert mail.subject == "Neue Passphrase setzen"
    assert post(client, link_in(mail)).status_code == 422
    assert post(client, link_in(mail), {"passphrase": NEW, "repeat": NEW}).status_code == 303
    assert is_in(client)


@pytest.mark.parametrize("who", ["semmler", "disabled", "nobody@example.org"])
def test_asking_for_a_link_tells_nothing(
    client: FlaskClient, session: Session, semmler: User, who: str, work: Work, outbox: Outbox
) -> None:
    disabled = make_user(session, Role.COMPANY)
    disabled.active = False
    session.commit()
    email = {"semmler": semmler.email, "disabled": disabled.email}.get(who, who)
    answer = post(client, "/sign-in/link", {"email": email})
    assert (answer.status_code, answer.location) == (303, "/sign-in/link/sent")
    assert session.scalar(select(func.count()).select_from(Job)) == 1
    assert email not in client.get("/sign-in/link/sent").text
    work()
    assert len(outbox()) == (1 if who == "semmler" else 0)


def test_a_link_asked_for_an_unknown_address_keeps_no_address(client: FlaskClient, session: Session) -> None:
    post(client, "/sign-in/link", {"email": "nobody@example.org"})
    assert session.scalars(select(Job.payload)).one() == {"user": None}


def test_asking_again_and_again_is_held_back(client: FlaskClient, semmler: User) -> None:
    with time_machine.travel("2026-11-20 09:00+00:00", tick=False):
        answers = [post(client, "/sign-in/link", {"email": semmler.email}).status_code for _try in range(6)]
    assert answers == [303] * 5 + [429]


@pytest.mark.parametrize("email", ["", "x", "a@b@c.de", "a@b.de\nBcc: c@d.de", "x" * 300 + "@b.de"])
def test_a_wrong_address_is_named(client: FlaskClient, email: str) -> None:
    assert post(client, "/sign-in/link", {"email": email}).status_code == 422


def test_links_carry_our_address_whatever_the_browser_says(
    client: FlaskClient, semmler: User, work: Work, outbox: Outbox
) -> None:
    client.get("/imprint", base_url="http://evil.example")
    post(client, "/sign-in/link", {"email": semmler.email}, headers={"X-Forwarded-Host": "evil.example"})
    work()
    assert "evil.example" not in outbox()[0].text
    assert "http://127.0.0.1:8000/link/" in outbox()[0].text


def test_a_sign_in_link_serves_no_staff(client: FlaskClient, session: Session, coach: User) -> None:
    path = link(session, coach, LinkPurpose.SIGN_IN)
    assert client.get(path).status_code == 410
    assert post(client, path).status_code == 410
    assert not is_in(client)


# Joining


def test_a_coach_joins_with_a_passphrase(client: FlaskClient, session: Session) -> None:
    user = make_user(session, Role.COACH)
    user.joined_at = None
    path = link(session, user, LinkPurpose.INVITATION)
    assert "Ohne Passphrase fortfahren" not in client.get(path).text
    assert post(client, path, {"skip": "1"}).status_code == 422
    assert post(client, path, {"passphrase": NEW, "repeat": NEW}).location == "/"
    session.refresh(user)
    assert user.joined_at is not None
    assert passwords.verified(user.password_hash, NEW)
    assert is_in(client)


def test_a_company_user_may_join_without_one(client: FlaskClient, session: Session, semmler: User) -> None:
    semmler.joined_at = None
    path = link(session, semmler, LinkPurpose.INVITATION)
    assert "Ohne Passphrase fortfahren" in client.get(path).text
    assert post(client, path, {"skip": "1"}).location == "/"
    session.refresh(semmler)
    assert semmler.joined_at is not None
    assert semmler.password_hash is None


def test_joining_stands_in_the_history_under_ones_own_name(
    client: FlaskClient, session: Session, semmler: User, admin: User
) -> None:
    post(client, link(session, semmler, LinkPurpose.INVITATION), {"passphrase": NEW, "repeat": NEW})
    page = sign_in(client, admin).get(f"/users/{semmler.id}").text
    assert "Martina Semmler" in page
    assert NEW not in page
    assert "argon2" not in page


# A new passphrase


def test_a_new_passphrase_ends_all_sessions_and_tells_the_owner(
    app: Flask, client: FlaskClient, session: Session, coach: User, outbox: Outbox
) -> None:
    other = sign_in(app.test_client(), coach)
    post(client, link(session, coach, LinkPurpose.RESET), {"passphrase": NEW, "repeat": NEW})
    assert not is_in(other)
    assert is_in(client)
    assert [m.subject for m in outbox()] == ["Ihre Passphrase wurde geändert"]
    session.refresh(coach)
    assert passwords.verified(coach.password_hash, NEW)


@pytest.mark.parametrize(
    ("passphrase", "repeat", "words"),
    [
        ("kurz", "kurz", "nötig sind mindestens 15"),
        ("x" * 257, "x" * 257, "mehr als 256"),
        ("passwordpassword", "passwordpassword", "die Angreifer probieren"),
        ("Anke Krüger Testzentrum", "Anke Krüger Testzentrum", "besteht aus Ihrem Namen"),
        (NEW, NEW + "!", "Die beiden Passphrasen unterscheiden sich."),
        ("", "", "Bitte ausfüllen."),
    ],
)
def test_weak_passphrases_are_refused_and_the_link_still_works(
    client: FlaskClient, session: Session, coach: User, passphrase: str, repeat: str, words: str
) -> None:
    coach.last_name = "Krüger"
    path = link(session, coach, LinkPurpose.RESET)
    answer = post(client, path, {"passphrase": passphrase, "repeat": repeat})
    assert answer.status_code == 422
    assert words in answer.text
    assert post(client, path, {"passphrase": NEW, "repeat": NEW}).status_code == 303


# Links that do not work any more

PURPOSES = [LinkPurpose.INVITATION, LinkPurpose.RESET]


@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_link_works_once(app: Flask, session: Session, semmler: User, purpose: LinkPurpose) -> None:
    path = link(session, semmler, purpose)
    form = {"passphrase": NEW, "repeat": NEW}
    assert post(app.test_client(), path, form).status_code == 303
    again = app.test_client()
    answer = post(again, path, form)
    assert answer.status_code == 410
    assert "Dieser Link wurde schon verwendet" in answer.text
    assert "Neuen Link senden lassen" in answer.text
    assert not is_in(again)


def test_two_clicks_at_once_cannot_both_win(session: Session, semmler: User) -> None:
    link(session, semmler, LinkPurpose.SIGN_IN)
    found = session.scalars(select(MailLink)).one()
    now = db.utcnow()
    assert [queries.use_link(session, found, now) for _click in range(2)] == [True, False]


@pytest.mark.parametrize(
    ("purpose", "life"),
    [
        (LinkPurpose.INVITATION, dt.timedelta(days=14)),
        (LinkPurpose.SIGN_IN, dt.timedelta(minutes=30)),
        (LinkPurpose.RESET, dt.timedelta(minutes=60)),
    ],
)
def test_a_link_expires(
    client: FlaskClient, session: Session, semmler: User, purpose: LinkPurpose, life: dt.timedelta
) -> None:
    with time_machine.travel("2026-11-20 09:00+00:00", tick=False) as clock:
        path = link(session, semmler, purpose)
        clock.shift(life - dt.timedelta(seconds=1))
        assert client.get(path).status_code == 200
        clock.shift(dt.timedelta(seconds=1))
        answer = client.get(path)
        assert answer.status_code == 410
        assert "Dieser Link ist abgelaufen" in answer.text
        assert post(client, path, {"passphrase": NEW, "repeat": NEW}).status_code == 410
        assert not is_in(client)


@pytest.mark.parametrize("token", ["x", "x" * 500, "%00", "../me", "ß"])
def test_an_unknown_link_shows_a_way_out(client: FlaskClient, token: str) -> None:
    answer = client.get(f"/link/{token}")
    assert answer.status_code == 404


def test_a_newer_link_replaces_the_older(client: FlaskClient, session: Session, semmler: User) -> None:
    older, newer = (link(session, semmler, LinkPurpose.SIGN_IN) for _n in range(2))
    assert client.get(older).status_code == 404
    assert client.get(newer).status_code == 200


def test_a_disabled_accounts_link_opens_nothing(client: FlaskClient, session: Session, semmler: User) -> None:
    path = link(session, semmler, LinkPurpose.SIGN_IN)
    semmler.active = False
    session.commit()
    assert post(client, path).status_code == 404
    assert not is_in(client)


def test_opening_a_link_changes_nothing_and_stays_secret(
    client: FlaskClient, session: Session, semmler: User
) -> None:
    path = link(session, semmler, LinkPurpose.SIGN_IN)
    for _scanner in range(3):
        answer = client.get(path)
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert client.head(path).status_code == 200
    assert session.scalar(select(func.count()).select_from(UserSession)) == 0
    assert post(client, path).status_code == 303


def test_only_hashes_of_links_are_kept(session: Session, semmler: User) -> None:
    path = link(session, semmler, LinkPurpose.SIGN_IN)
    kept = session.scalars(select(MailLink)).one()
    assert path.removeprefix("/link/") not in repr(vars(kept))


# Inviting, as the companies' pages do it


def test_an_existing_company_user_gets_no_second_account(
    app: Flask, session: Session, semmler: User, coach: User, outbox: Outbox
) -> None:
    again = invitations.invite(session, coach, semmler.email.upper(), "Tina", "Andere", role=Role.COMPANY)
    assert again.id == semmler.id
    assert again.name == "Martina Semmler"
    with app.app_context():
        invitations.send_invitation(session, again, coach, "Warnow GmbH")
    session.commit()
    (mail,) = outbox()
    assert "hat Ihnen Zugang zu Warnow GmbH gegeben" in mail.text
    assert "/link/" not in mail.text


def test_the_invitation_names_inviter_and_company(
    app: Flask, session: Session, coach: User, outbox: Outbox
) -> None:
    user = invitations.invite(
        session, coach, "neu@example.org", "Nina", "Neu", role=Role.COMPANY, language="en"
    )
    with app.app_context():
        invitations.send_invitation(session, user, coach, "Warnow GmbH")
    session.commit()
    (mail,) = outbox()
    assert f"{coach.name} invites you to Wandelwerk. There you see where Warnow GmbH stands" in mail.text
    assert mail.language == "en"


def test_the_sender_is_the_centres(app: Flask, session: Session, semmler: User, outbox: Outbox) -> None:
    centre = queries.centre(session)
    centre.mail_from, centre.mail_signature = "post@zentrum.example.org", "Ihr Zentrum\nRostock"
    with app.app_context():
        mails.send_link(session, semmler, LinkPurpose.SIGN_IN)
    session.commit()
    assert outbox()[0].sender == "Testzentrum <post@zentrum.example.org>"
    assert outbox()[0].text.endswith("Ihr Zentrum\nRostock\n")


def test_the_passphrase_is_never_asked_of_the_link_page_by_get(
    client: FlaskClient, session: Session, coach: User
) -> None:
    path = link(session, coach, LinkPurpose.RESET)
    client.get(path, query_string={"passphrase": NEW, "repeat": NEW})
    session.refresh(coach)
    assert passwords.verified(coach.password_hash, PASSPHRASE)
