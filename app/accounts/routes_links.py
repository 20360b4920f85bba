"""Links from mails: joining, signing in, a new passphrase. Opening one shows a page, only sending acts."""

from __future__ import annotations

import structlog
from flask import Response, g, make_response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import db, history
from app.accounts import mails, passwords, queries, signing_in
from app.accounts.forms import NewPassphraseForm
from app.accounts.marks import public
from app.accounts.models import LinkPurpose, MailLink, Role, User
from app.accounts.routes import bp
from app.errors import RuleBroken

log = structlog.get_logger()


def _page(template: str, status: int = 200, **values: object) -> Response:
    """A page under an address that is a secret: it goes into no Referer."""
    response = make_response(render_template(f"accounts/{template}.html", **values), status)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _broken(found: MailLink | None) -> Response:
    """What is wrong with a link and how to get a new one."""
    if found is None or not found.user.active:
        return _page("link_broken", 404, reason="unknown", purpose=None)
    reason = "used" if found.used_at else "expired"
    return _page("link_broken", 410, reason=reason, purpose=found.purpose)


def _usable(found: MailLink | None) -> bool:
    """Whether a link still lets its bearer in; one to sign in serves company users only."""
    if found is None or found.used_at or found.expires_at <= db.utcnow() or not found.user.active:
        return False
    return found.purpose is not LinkPurpose.SIGN_IN or found.user.role is Role.COMPANY


def _may_skip(found: MailLink) -> bool:
    """Company users can always ask for a link, so they may do without a passphrase."""
    return found.purpose is LinkPurpose.INVITATION and found.user.role is Role.COMPANY


def _link_page(found: MailLink, form: NewPassphraseForm, status: int = 200) -> Response:
    may_skip = _may_skip(found)
    return _page("link", status, link=found, account=found.user, form=form, may_skip=may_skip)


@bp.get("/link/<token>")
@public
def link(token: str) -> ResponseReturnValue:
    """What the link does; scanners that open links in mails change nothing."""
    found = queries.link(db.session, token)
    return _link_page(found, NewPassphraseForm()) if found and _usable(found) else _broken(found)


@bp.post("/link/<token>")
@public
def use_link(token: str) -> ResponseReturnValue:
    """Use the link up: take the passphrase where one is set, and sign in."""
    found = queries.link(db.session, token)
    if found is None or not _usable(found):
        return _broken(found)
    account = found.user
    history.act_as(db.session, history.Actor(account.id, account.name, "web", f"accounts.{found.purpose}"))
    if found.purpose is not LinkPurpose.SIGN_IN and not (_may_skip(found) and "skip" in request.form):
        form = NewPassphraseForm()
        if not _takes_passphrase(form, account):
            return _link_page(found, form, 422)
    if not queries.use_link(db.session, found, db.utcnow()):
        db.session.rollback()
        return _broken(queries.link(db.session, token))
    if found.purpose is LinkPurpose.RESET:
        queries.end_sessions(db.session, account)
        queries.end_links(db.session, account)
        mails.send_passphrase_changed(db.session, account)
    account.joined_at = account.joined_at or db.utcnow()
    log.info("link_used", user=str(account.id), purpose=found.purpose.value)
    response = signing_in.after_first_factor(account, url_for("home.index"))
    db.session.commit()
    return response


def _takes_passphrase(form: NewPassphraseForm, account: User) -> bool:
    """Check the new passphrase and keep it."""
    if not form.validate_on_submit():
        return False
    try:
        passwords.set_passphrase(account, form.passphrase.data or "", g.centre)
    except RuleBroken as rule:
        form.refuse(rule)
        return False
    return True
