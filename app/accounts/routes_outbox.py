"""The outbox: mails with their state; without a mail server they are read and passed on from here."""

from __future__ import annotations

import re
import uuid

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app import db
from app.accounts import queries_outbox
from app.accounts.marks import allow
from app.accounts.models import Role
from app.accounts.routes import bp
from app.errors import RuleBroken
from app.mail import MailState, public_address

PAGE = 50


def with_own_links(text: str) -> Markup:
    """A mail's text; addresses of this installation can be clicked, all else is plain text."""
    own = re.escape(public_address("/"))
    parts = re.split(rf"({own}[^\s<>\"]*)", text)
    return Markup("").join(
        Markup('<a href="{0}">{0}</a>').format(part) if position % 2 else escape(part)
        for position, part in enumerate(parts)
    )


def _has_server() -> bool:
    return current_app.config["SETTINGS"].smtp_url is not None


@bp.get("/outbox")
@allow(Role.ADMIN)
def outbox() -> ResponseReturnValue:
    """All mails, newest first."""
    state = next((s for s in MailState if s == request.args.get("state")), None)
    try:
        before = uuid.UUID(request.args.get("before", ""))
    except ValueError:
        before = None
    rows = queries_outbox.mails(db.session, state, before=before, limit=PAGE + 1)
    return render_template(
        "accounts/outbox.html",
        mails=rows[:PAGE],
        last=rows[PAGE - 1].id if len(rows) > PAGE else None,
        before=before,
        state=state,
        counts=queries_outbox.count_by_state(db.session),
        has_server=_has_server(),
    )


@bp.get("/outbox/<uuid:mail_id>")
@allow(Role.ADMIN)
def outbox_mail(mail_id: uuid.UUID) -> ResponseReturnValue:
    """One mail as its reader gets it."""
    mail = queries_outbox.mail(db.session, mail_id)
    may_send = _has_server() and mail.state in queries_outbox.UNSENT
    text = with_own_links(mail.text)
    return render_template(
        "accounts/outbox_mail.html", mail=mail, text=text, may_send=may_send, has_server=_has_server()
    )


@bp.post("/outbox/<uuid:mail_id>/sending")
@allow(Role.ADMIN)
def send_again(mail_id: uuid.UUID) -> ResponseReturnValue:
    """Try once more to send a mail that did not leave."""
    if not _has_server():
        raise RuleBroken("mail.no_server", _("No mail server is set up (SMTP_URL)."))
    queries_outbox.send_again(db.session, queries_outbox.mail(db.session, mail_id, for_update=True))
    db.session.commit()
    flash(_("The mail is sent again."), "success")
    return redirect(url_for(".outbox_mail", mail_id=mail_id), 303)
