"""Inviting people: an account without a passphrase, and the mail with the link that lets them join."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.accounts import mails, queries
from app.accounts.models import Role, User
from app.errors import RuleBroken


def invite(
    session: Session,
    inviter: User | None,
    email: str,
    first_name: str,
    last_name: str,
    *,
    role: Role,
    salutation: str = "",
    job_title: str = "",
    phone: str = "",
    language: str | None = None,
) -> User:
    """The account of somebody who is invited; `send_invitation` then sends the mail.

    A company user who already has an account gets no second one: it is returned as it is, so that they can
    become a member of a further company. Any other account with this address is a refusal that names the
    person to people of the centre (`value` is the account's key), and nobody to people of a company.
    """
    existing = queries.user_by_email(session, email)
    if existing is None:
        return queries.new_user(
            session,
            email=email,
            first_name=first_name,
            last_name=last_name,
            role=role,
            salutation=salutation,
            job_title=job_title,
            phone=phone,
            language=language,
        )
    if existing.active and existing.role is Role.COMPANY and role is Role.COMPANY:
        return existing
    if inviter is not None and inviter.role is Role.COMPANY:
        raise RuleBroken(
            "invitation.impossible",
            _l("Nobody can be invited with this address."),
            field="email",
            way_out=_l("Please ask your contact at the centre."),
        )
    if not existing.active:
        raise RuleBroken(
            "invitation.disabled",
            _l("%(name)s has an account that is disabled.", name=existing.name),
            field="email",
            value=existing.id,
            way_out=_l("An administrator can enable it again."),
        )
    raise RuleBroken(
        "invitation.duplicate",
        _l("%(name)s already has an account with this address.", name=existing.name),
        field="email",
        value=existing.id,
        way_out=_l("You can send the invitation again.") if existing.joined_at is None else None,
    )


def send_invitation(session: Session, user: User, inviter: User | None, company: str = "") -> None:
    """Mail the link to join, or, to somebody who has joined already, what they now have access to.

    `company` is the name of the firm that the person is invited to see. Earlier invitation links end.
    """
    name = inviter.name if inviter is not None else queries.centre(session).name or "Wandelwerk"
    if user.joined_at is None:
        mails.send_invitation(session, user, name, company)
    else:
        mails.send_further_access(session, user, name, company)
