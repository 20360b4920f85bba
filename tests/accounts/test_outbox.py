"""The outbox: reading mails without a mail server, sending again what did not leave."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import mail
from app.accounts import mails, queries_outbox
from app.accounts.models import LinkPurpose, Role, User
from app.accounts.routes_outbox import with_own_links
from app.config import Settings
from app.errors import RuleBroken
from app.jobs import Job
from app.mail import MailState, OutboxMail
from tests.counting import count_statements
from tests.factories import make_user, post, sign_in


def write(app: Flask, session: Session, user: User) -> OutboxMail:
    with app.app_context():
        mails.send_link(session, user, LinkPurpose.SIGN_IN)
    session.commit()
    return session.scalars(select(OutboxMail).order_by(OutboxMail.id.desc())).first()  # type: ignore[return-value]


@pytest.fixture
def with_server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The same installation with a mail server in its settings."""
    changed = replace(app.config["SETTINGS"], smtp_url="smtp://127.0.0.1:2525")
    monkeypatch.setitem(app.config, "SETTINGS", changed)
    return changed


def test_an_administrator_reads_a_mail_and_follows_its_link(
    app: Flask, client: FlaskClient, session: Session, admin: User, semmler: User
) -> None:
    written = write(app, session, semmler)
    sign_in(client, admin)
    listed = client.get("/outbox").text
    assert semmler.email in listed
    assert "Ihr Anmeldelink" in listed
    assert "im Postausgang" in listed
    assert "Es ist kein Mailserver eingerichtet" in listed
    page = client.get(f"/outbox/{written.id}").text
    assert '<a href="http://127.0.0.1:8000/link/' in page
    assert "Noch einmal senden" not in page


@pytest.mark.parametrize("role", [Role.COACH, Role.MANAGER, Role.COMPANY])
def test_nobody_else_reads_mails(
    app: Flask, client: FlaskClient, session: Session, semmler: User, role: Role
) -> None:
    written = write(app, session, semmler)
    user = make_user(session, role)
    session.commit()
    sign_in(client, user)
    assert client.get("/outbox").status_code == 403
    assert client.get(f"/outbox/{written.id}").status_code == 403
    assert post(client, f"/outbox/{written.id}/sending").status_code == 403


def test_an_empty_outbox_says_what_belongs_here(client: FlaskClient, admin: User) -> None:
    assert "Hier stehen Einladungen, Anmeldelinks und Hinweise" in sign_in(client, admin).get("/outbox").text


def test_a_failed_mail_says_why_and_is_sent_again(
    app: Flask, client: FlaskClient, session: Session, admin: User, semmler: User, with_server: Settings
) -> None:
    written = write(app, session, semmler)
    written.state, written.error = MailState.FAILED, "Der Mailserver ist nicht erreichbar."
    session.commit()
    jobs_before = len(session.scalars(select(Job)).all())
    sign_in(client, admin)
    page = client.get(f"/outbox/{written.id}").text
    assert "Der Mailserver ist nicht erreichbar." in page
    assert "Noch einmal senden" in page
    assert post(client, f"/outbox/{written.id}/sending").status_code == 303
    session.refresh(written)
    assert (written.state, written.error) == (MailState.QUEUED, None)
    newest = session.scalars(select(Job).order_by(Job.id.desc())).first()
    assert newest is not None
    assert (newest.kind, newest.payload) == ("mail.send", {"mail": str(written.id)})
    assert len(session.scalars(select(Job)).all()) == jobs_before + 1
    assert post(client, f"/outbox/{written.id}/sending").status_code == 409


def test_without_a_server_nothing_is_sent(
    app: Flask, client: FlaskClient, session: Session, admin: User, semmler: User
) -> None:
    written = write(app, session, semmler)
    answer = post(sign_in(client, admin), f"/outbox/{written.id}/sending")
    assert answer.status_code == 409
    assert "SMTP_URL" in answer.text


@pytest.mark.parametrize("state", [MailState.QUEUED, MailState.SENT])
def test_what_left_or_waits_is_not_sent_twice(
    app: Flask, session: Session, semmler: User, state: MailState
) -> None:
    written = write(app, session, semmler)
    written.state = state
    with pytest.raises(RuleBroken):
        queries_outbox.send_again(session, written)


def test_the_link_in_a_sent_mail_is_not_kept(
    app: Flask, client: FlaskClient, session: Session, admin: User, semmler: User
) -> None:
    written = write(app, session, semmler)
    written.mark_sent()
    session.commit()
    page = sign_in(client, admin).get(f"/outbox/{written.id}").text
    assert "/link/" not in page
    assert "Links aus versandten E-Mails werden nicht aufbewahrt" in page


def test_tabs_show_one_state(
    app: Flask, client: FlaskClient, session: Session, admin: User, semmler: User
) -> None:
    failed, kept = write(app, session, semmler), write(app, session, semmler)
    failed.state = MailState.FAILED
    session.commit()
    sign_in(client, admin)
    page = client.get("/outbox?state=failed").text
    assert f"/outbox/{failed.id}" in page
    assert f"/outbox/{kept.id}" not in page


@pytest.mark.parametrize("query", ["?state=x", "?before=x", "?before=" + str(uuid.uuid4())])
def test_odd_addresses_show_the_list(client: FlaskClient, admin: User, query: str) -> None:
    assert sign_in(client, admin).get(f"/outbox{query}").status_code == 200


def test_an_unknown_mail_is_not_found(client: FlaskClient, admin: User) -> None:
    sign_in(client, admin)
    assert client.get(f"/outbox/{uuid.uuid4()}").status_code == 404
    assert client.get("/outbox/x").status_code == 404


def test_the_list_has_pages_and_needs_the_same_statements(
    app: Flask, client: FlaskClient, session: Session, admin: User
) -> None:
    with app.app_context():
        for n in range(53):
            mail.send(session, f"p{n}@example.org", f"Betreff {n:02d}", "accounts/email_taken", "de",
                      account=admin, centre=session.merge(mails.queries.centre(session)))  # fmt: skip
    session.commit()
    sign_in(client, admin)
    client.get("/outbox")
    with count_statements(app) as first:
        page = client.get("/outbox").text
    assert page.count("row-link") == 50
    before = page.split("before=")[1].split('"')[0]
    with count_statements(app) as second:
        page = client.get(f"/outbox?before={before}").text
    assert page.count("row-link") == 3
    assert "Betreff 00" in page
    assert len(first) == len(second)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "a http://127.0.0.1:8000/link/x b",
            'a <a href="http://127.0.0.1:8000/link/x">http://127.0.0.1:8000/link/x</a> b',
        ),
        ("https://evil.example/link/x", "https://evil.example/link/x"),
        ("http://127.0.0.1:8000.evil.example/", "http://127.0.0.1:8000.evil.example/"),
        (
            'http://127.0.0.1:8000/"onclick=',
            '<a href="http://127.0.0.1:8000/">http://127.0.0.1:8000/</a>&#34;onclick=',
        ),
        ("<script>", "&lt;script&gt;"),
    ],
)
def test_only_own_addresses_become_links(app: Flask, text: str, html: str) -> None:
    with app.app_context():
        assert str(with_own_links(text)) == html
