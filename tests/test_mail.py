"""Mail: kept with the transaction, sent to a real server afterwards, retried, and failed with a reason."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from flask_babel import lazy_gettext
from jinja2 import DictLoader
from sqlalchemy import select

from app import db, jobs, mail, worker
from app.errors import RuleBroken
from app.jobs import Job, JobState
from app.mail import MailState, OutboxMail
from tests.tools.installation import own_database, plumbing_app

WELCOME = "{{ _('Hello') }} {{ name }}\n\nhttps://crm.example/link/geheim-geheim\n"


class Postbox:
    """A mail server's memory; `answer` is what it says to a mail."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.answer = "250 Message accepted for delivery"
        self.refuse_recipient: str | None = None

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        if self.answer == "hang up":
            server.transport.close()
        return self.answer


@pytest.fixture(autouse=True)
def _rolled_back() -> None:
    """These tests have a database of their own."""


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def server(postbox: Postbox, port: int) -> Iterator[Controller]:
    """A real SMTP server."""
    controller = Controller(postbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield controller
    controller.stop()


@pytest.fixture
def smtp_url(port: int) -> str:
    """Where the settings say that the mail server is, whether it runs or not."""
    return f"smtp://127.0.0.1:{port}"


@pytest.fixture
def app(engine: str, tmp_path: Path, smtp_url: str, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The plumbing with a mail server's address in its settings."""
    own = request.getfixturevalue("postgres_url") if engine == "postgresql" else None
    with (
        own_database(engine, own, tmp_path) as url,
        plumbing_app(url, tmp_path, SMTP_URL=smtp_url) as plumbing,
        plumbing.app_context(),
    ):
        plumbing.jinja_loader = DictLoader({"mails/welcome.txt": WELCOME})  # type: ignore[assignment]
        yield plumbing


def write(to: str = "anna@example.org", subject: Any = "Welcome", **options: Any) -> OutboxMail:
    with db.database().writing() as session:
        return mail.send(session, to, subject, "welcome", "de", **{"name": "{{ 7*7 }}", **options})


def look(mail_id: Any) -> OutboxMail:
    with db.database().writing() as session:
        return session.get_one(OutboxMail, mail_id)


def job() -> Job:
    with db.database().writing() as session:
        return session.scalars(select(Job)).one()


def make_due() -> None:
    with db.database().writing() as session:
        session.scalars(select(Job)).one().run_after = db.utcnow()


# --- it works


def test_a_mail_leaves_after_the_commit(app: Flask, server: Controller, postbox: Postbox) -> None:
    written = write(sender="Zentrum für Wandel <post@zentrum.example>", subject="Grüße aus Rostock")
    assert (written.state, postbox.received) == (MailState.QUEUED, [])
    worker.run_pending(app)
    [message] = postbox.received
    assert message["To"] == "anna@example.org"
    assert message["From"] == "Zentrum für Wandel <post@zentrum.example>"
    assert message["Subject"] == "Grüße aus Rostock"
    assert message["Message-ID"] == written.message_id
    assert "{{ 7*7 }}" in message.get_content()  # a name is never a template
    sent = look(written.id)
    assert (sent.state, sent.error) == (MailState.SENT, None)
    assert sent.sent_at is not None


def test_links_are_not_kept_once_a_mail_is_sent(app: Flask, server: Controller, postbox: Postbox) -> None:
    written = write()
    worker.run_pending(app)
    assert "https://crm.example/link/geheim-geheim" in postbox.received[0].get_content()
    assert "geheim" not in look(written.id).text


def test_the_mail_is_written_in_its_own_language(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(mail, "force_locale", lambda code: seen.append(code) or _nothing())
    write(subject=lazy_gettext("Welcome"))
    assert seen == ["de"]


class _nothing:  # noqa: N801 -- stands for a function
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


@pytest.mark.parametrize("smtp_url", [""])
def test_without_a_mail_server_it_is_read_in_the_application(app: Flask, smtp_url: str) -> None:
    written = write()
    assert written.state == MailState.OUTBOX
    assert "https://crm.example/link/geheim-geheim" in written.text
    assert worker.run_pending(app) == 0


def test_a_rolled_back_mail_is_never_sent(app: Flask, server: Controller, postbox: Postbox) -> None:
    session = db.database().new_session()
    mail.send(session, "anna@example.org", "Welcome", "welcome", "de", name="Anna")
    session.rollback()
    session.close()
    assert worker.run_pending(app) == 0
    assert postbox.received == []


# --- bad input


@pytest.mark.parametrize("subject", ["Hi\r\nBcc: evil@example.org", "Hi\nthere", "Hi\x00", "a\u2028b"])
def test_nobody_adds_headers(app: Flask, subject: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        write(subject=subject)
    assert (refusal.value.code, refusal.value.field) == ("mail_header", "subject")


@pytest.mark.parametrize(
    "address", ["", "anna", "anna@", "a@b.de\nBcc: x@y.de", "a@b.de, c@d.de", "a b@c.de", "@example.org"]
)
def test_an_address_is_one_address(app: Flask, address: str) -> None:
    with pytest.raises(RuleBroken) as refusal:
        write(to=address)
    assert refusal.value.field == "email"


# --- trouble


def test_a_server_that_is_down_is_tried_again_and_then_the_mail_fails(app: Flask) -> None:
    written = write()
    for _ in range(6):
        worker.run_pending(app)
        make_due()
    assert (job().state, job().attempts) == (JobState.FAILED, 6)
    failed = look(written.id)
    assert (failed.state, failed.error) == (MailState.FAILED, "Der Mailserver ist nicht erreichbar.")
    assert "geheim" in failed.text  # it can still be sent again


def test_a_mail_waits_for_its_server(app: Flask, postbox: Postbox, request: pytest.FixtureRequest) -> None:
    written = write()
    worker.run_pending(app)
    assert (job().state, job().error_code) == (JobState.QUEUED, "mail_server")
    request.getfixturevalue("server")
    make_due()
    worker.run_pending(app)
    assert (look(written.id).state, len(postbox.received)) == (MailState.SENT, 1)


def test_a_refused_address_fails_at_once(app: Flask, server: Controller, postbox: Postbox) -> None:
    postbox.refuse_recipient = "550 no such user"
    written = write()
    worker.run_pending(app)
    assert look(written.id).state == MailState.FAILED
    assert look(written.id).error == "Der Mailserver nimmt diese Adresse nicht an (550)."


def test_a_full_mailbox_is_tried_again(app: Flask, server: Controller, postbox: Postbox) -> None:
    postbox.answer = "452 try later"
    written = write()
    worker.run_pending(app)
    assert (look(written.id).state, job().error_code) == (MailState.QUEUED, "mail_put_off")


def test_a_broken_off_mail_is_repeated_with_the_same_message_id(
    app: Flask, server: Controller, postbox: Postbox
) -> None:
    postbox.answer = "hang up"
    written = write()
    worker.run_pending(app)
    assert job().error_code == "mail_unknown"
    postbox.answer = "250 OK"
    make_due()
    worker.run_pending(app)
    assert [m["Message-ID"] for m in postbox.received] == [written.message_id] * 2
    assert look(written.id).state == MailState.SENT


def test_whether_a_broken_off_mail_arrived_is_not_claimed(
    app: Flask, server: Controller, postbox: Postbox
) -> None:
    postbox.answer = "hang up"
    written = write()
    for _ in range(6):
        worker.run_pending(app)
        make_due()
    assert look(written.id).state == MailState.UNKNOWN


def test_a_stranger_without_encryption_gets_no_mail(
    app: Flask, server: Controller, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "LOOPBACK", frozenset())
    write()
    worker.run_pending(app)
    assert (job().error_code, postbox.received) == ("mail_unencrypted", [])


def test_old_mails_are_deleted(app: Flask) -> None:
    old, young = write(), write()
    with db.database().writing() as session:
        session.get_one(OutboxMail, old.id).created_at = db.utcnow() - dt.timedelta(days=91)
        jobs.enqueue(session, "mail.clean_up", {})
    worker.run_pending(app)
    with db.database().writing() as session:
        assert session.scalars(select(OutboxMail.id)).all() == [young.id]
