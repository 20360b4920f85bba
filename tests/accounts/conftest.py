"""What tests of accounts share: people with a passphrase, and a look at the outbox."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import passwords
from app.accounts.models import Role, User
from app.mail import OutboxMail
from app.worker import run_pending
from tests.factories import make_user

PASSPHRASE = "vier Möwen tanzen im Regen"
_HASH = passwords.hashed(PASSPHRASE)


@pytest.fixture
def coach(session: Session) -> User:
    """A coach who signs in by passphrase."""
    return with_passphrase(session, Role.COACH)


@pytest.fixture
def admin(session: Session) -> User:
    """An administrator who signs in by passphrase."""
    return with_passphrase(session, Role.ADMIN)


@pytest.fixture
def manager(session: Session) -> User:
    """A manager who signs in by passphrase."""
    return with_passphrase(session, Role.MANAGER)


@pytest.fixture
def semmler(session: Session) -> User:
    """A company user who signs in by mail link."""
    user = make_user(session, Role.COMPANY, first_name="Martina", last_name="Semmler", salutation="ms")
    session.commit()
    return user


@pytest.fixture
def outbox(session: Session) -> Callable[[], list[OutboxMail]]:
    """The mails written so far, oldest first."""

    def mails() -> list[OutboxMail]:
        session.expire_all()
        return list(session.scalars(select(OutboxMail).order_by(OutboxMail.id)))

    return mails


@pytest.fixture
def work(app: Flask) -> Callable[[], int]:
    """Run the background jobs that are due."""

    return lambda: run_pending(app)


def with_passphrase(session: Session, role: Role, **values: str) -> User:
    user = make_user(session, role, **values)
    user.password_hash = _HASH
    session.commit()
    return user


def link_in(mail: OutboxMail) -> str:
    """The path of the link that a mail carries."""
    found = re.search(r"http://127\.0\.0\.1:8000(/\S+)", mail.text)
    assert found is not None, mail.text
    return found.group(1)
