"""The mails about accounts: who gets which, with links made from the public address only."""

from __future__ import annotations

import datetime as dt
from email.utils import formataddr
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app import db, mail
from app.accounts import queries
from app.accounts.models import Centre, LinkPurpose, User
from app.config import LANGUAGES

_SUBJECTS = {
    LinkPurpose.SIGN_IN: _l("Your sign-in link"),
    LinkPurpose.RESET: _l("Set a new passphrase"),
}


def sender_of(centre: Centre) -> str:
    """The centre's own sender if one is set, else the installation's."""
    return formataddr((centre.name or "Wandelwerk", centre.mail_from)) if centre.mail_from else ""


def _send(
    session: Session, account: User, subject: Any, template: str, *, to: str | None = None, **values: Any
) -> None:
    centre = queries.centre(session)
    mail.send(
        session,
        to or account.email,
        subject,
        f"accounts/{template}",
        account.language or LANGUAGES[0],
        sender=sender_of(centre),
        account=account,
        centre=centre,
        **values,
    )


def send_link(session: Session, account: User, purpose: LinkPurpose, *, by: str = "") -> None:
    """A new link to sign in or to set a passphrase; `by` names the person who asked for it instead."""
    url, until = make_url(session, account, purpose)
    _send(session, account, _SUBJECTS[purpose], purpose.value, url=url, until=until, by=by)


def send_invitation(session: Session, account: User, inviter: str, company: str) -> None:
    """The link with which somebody joins."""
    url, until = make_url(session, account, LinkPurpose.INVITATION)
    subject = _l("Your access to Wandelwerk")
    _send(session, account, subject, "invitation", url=url, until=until, inviter=inviter, company=company)


def send_further_access(session: Session, account: User, inviter: str, company: str) -> None:
    """To somebody who has an account already: what is new for them."""
    subject = _l("Your access to Wandelwerk")
    _send(session, account, subject, "access", url=mail.public_address(), inviter=inviter, company=company)


def send_passphrase_changed(session: Session, account: User) -> None:
    """So that a change by somebody else does not go unnoticed."""
    _send(session, account, _l("Your passphrase was changed"), "passphrase_changed", at=db.utcnow())


def send_email_confirmation(session: Session, account: User, new: str, url: str, until: dt.datetime) -> None:
    """To the new address: only who reads its mail makes it theirs."""
    subject = _l("Confirm your new e-mail address")
    _send(session, account, subject, "email_confirm", to=new, url=url, until=until)


def send_email_taken(session: Session, account: User) -> None:
    """To the owner of an address that another account wanted; the page itself does not tell."""
    _send(session, account, _l("Your e-mail address was entered elsewhere"), "email_taken")


def send_email_changed(session: Session, account: User, old: str) -> None:
    """To the old address."""
    _send(session, account, _l("Your e-mail address was changed"), "email_changed", to=old, at=db.utcnow())


def make_url(session: Session, account: User, purpose: LinkPurpose) -> tuple[str, dt.datetime]:
    """A new single-use link and the moment it expires."""
    now = db.utcnow()
    token = queries.make_link(session, account, purpose, now)
    return mail.public_address(f"/link/{token}"), now + queries.LINK_LIFE[purpose]
