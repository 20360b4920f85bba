"""Reads about outgoing mail for the outbox page, and putting a mail back into the queue."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import jobs
from app.errors import NotFound, RuleBroken
from app.mail import MailState, OutboxMail, SendMail

UNSENT = (MailState.FAILED, MailState.UNKNOWN, MailState.OUTBOX)


def mails(
    session: Session, state: MailState | None = None, *, before: uuid.UUID | None = None, limit: int = 50
) -> Sequence[OutboxMail]:
    """A page of mails, newest first."""
    statement = select(OutboxMail)
    if state is not None:
        statement = statement.where(OutboxMail.state == state)
    if before is not None:
        statement = statement.where(OutboxMail.id < before)
    return session.scalars(statement.order_by(OutboxMail.id.desc()).limit(limit)).all()


def count_by_state(session: Session) -> dict[MailState, int]:
    """How many mails are in each state; states without mails are left out."""
    rows = session.execute(select(OutboxMail.state, func.count().label("mails")).group_by(OutboxMail.state))
    found = {row.state: row.mails for row in rows}
    return {state: found[state] for state in MailState if state in found}


def mail(session: Session, mail_id: uuid.UUID, *, for_update: bool = False) -> OutboxMail:
    """One mail."""
    found = session.get(OutboxMail, mail_id, with_for_update=for_update or None)
    if found is None:
        raise NotFound
    return found


def send_again(session: Session, unsent: OutboxMail) -> None:
    """Queue a mail that did not leave."""
    if unsent.state not in UNSENT:
        raise RuleBroken("mail.on_its_way", _l("This mail has left or is on its way."), value=unsent.state)
    unsent.state, unsent.error = MailState.QUEUED, None
    jobs.enqueue(session, SendMail.kind, {"mail": str(unsent.id)})
