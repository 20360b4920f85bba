"""What accounts do in the background: mailing links that were asked for, clearing away what has expired."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy.orm import Session

from app.accounts import mails, queries
from app.accounts.models import LinkPurpose, Role, User
from app.db import utcnow
from app.i18n import use_zone
from app.jobs import Handler, handler, scheduled


@handler("accounts.mail_link")
class MailLinkAsked(Handler):
    """Company users get a link that signs them in, people of the centre one to set a new passphrase.

    The page enqueues this for unknown addresses too (without a user), so that its answer takes equally long.
    """

    def apply(self, session: Session, payload: dict[str, Any], prepared: Any) -> dict[str, Any]:
        """Make the link and write the mail."""
        account = session.get(User, uuid.UUID(payload["user"])) if payload["user"] else None
        if account is None or not account.active:
            return {"mailed": False}
        use_zone(queries.centre(session).time_zone)
        purpose = LinkPurpose.SIGN_IN if account.role is Role.COMPANY else LinkPurpose.RESET
        mails.send_link(session, account, purpose)
        return {"mailed": True}


@handler("accounts.clean_up")
class CleanUp(Handler):
    """Removes expired sessions, old links and old counts."""

    def apply(self, session: Session, payload: dict[str, Any], prepared: Any) -> dict[str, Any]:
        """Delete them."""
        return {"deleted": queries.clean_up(session, utcnow())}


scheduled("accounts.clean_up", minute="7", hour="3")
