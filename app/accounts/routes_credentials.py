"""Changing the passphrase and the mail address: asks for the present proof and tells the owner."""

from __future__ import annotations

from urllib.parse import quote

import structlog
from flask import current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import db, mail
from app.accounts import email_change, mails, passwords, queries, queries_throttle, signing_in
from app.accounts.email_change import Wish
from app.accounts.forms import ChangePassphraseForm, EmailForm, NewPassphraseForm
from app.accounts.marks import EVERYONE, allow
from app.accounts.models import User, normalised_email
from app.accounts.routes import bp
from app.accounts.signing_in import signed_in_user
from app.accounts.throttling import keys_of
from app.errors import RuleBroken

log = structlog.get_logger()


def _prove(user: User, passphrase: str) -> None:
    """Refuse unless the present passphrase is right; tries count like those of signing in.

    People who sign in by mail link only prove themselves by having done so a few minutes ago.
    """
    if user.password_hash is None:
        if not signing_in.is_fresh():
            raise RuleBroken(
                "proof.stale",
                _l("This needs a sign-in within the last 15 minutes."),
                way_out=_l("Sign out, ask for a new link and come back here."),
            )
        return
    keys = keys_of("sign_in", user.email, request.remote_addr)
    queries_throttle.count_try(db.session, keys, db.utcnow())
    db.session.commit()  # the count stays whatever follows
    if not passwords.verified(user.password_hash, passphrase):
        log.warning("proof_refused", user=str(user.id))
        raise RuleBroken("proof.wrong", _l("This is not your present passphrase."), field="current")
    queries_throttle.forgive_try(db.session, keys)


def _passphrase_page(form: NewPassphraseForm, status: int = 200) -> ResponseReturnValue:
    return render_template("accounts/passphrase.html", form=form), status


def _passphrase_form(user: User) -> NewPassphraseForm:
    return ChangePassphraseForm() if user.password_hash else NewPassphraseForm()


@bp.get("/me/passphrase")
@allow(*EVERYONE)
def passphrase() -> ResponseReturnValue:
    """Change the passphrase, or set a first one."""
    return _passphrase_page(_passphrase_form(signed_in_user()))


@bp.post("/me/passphrase")
@allow(*EVERYONE)
def save_passphrase() -> ResponseReturnValue:
    """Change it; all other sessions end, and a mail tells so."""
    user = signed_in_user()
    form = _passphrase_form(user)
    if not form.validate_on_submit():
        return _passphrase_page(form, 422)
    try:
        _prove(user, form["current"].data or "" if "current" in form else "")
        passwords.set_passphrase(user, form.passphrase.data or "", g.centre)
    except RuleBroken as rule:
        form.refuse(rule)
        return _passphrase_page(form, 422)
    queries.end_sessions(db.session, user, but=g.session_id)
    queries.end_links(db.session, user)
    mails.send_passphrase_changed(db.session, user)
    log.info("passphrase_changed", user=str(user.id))
    db.session.commit()
    flash(_("Your passphrase is changed. All other devices are signed out."), "success")
    return redirect(url_for(".profile"), 303)


def _email_page(form: EmailForm, status: int = 200) -> ResponseReturnValue:
    return render_template("accounts/email.html", form=form), status


@bp.get("/me/email")
@allow(*EVERYONE)
def email() -> ResponseReturnValue:
    """Where a new mail address is entered."""
    return _email_page(EmailForm())


@bp.post("/me/email")
@allow(*EVERYONE)
def wish_email() -> ResponseReturnValue:
    """Send the new address a link that confirms it; the page does not tell whether it belongs to somebody."""
    user, form = signed_in_user(), EmailForm()
    if not form.validate_on_submit():
        return _email_page(form, 422)
    try:
        _prove(user, form.current.data or "")
    except RuleBroken as rule:
        form.refuse(rule)
        return _email_page(form, 422)
    new = (form.email.data or "").strip()
    owner = queries.user_by_email(db.session, new)
    if owner is None or owner.id == user.id:
        wish = Wish(user.id, user.email, new)
        token = email_change.token_of(current_app.config["SECRET_KEY"], wish)
        url = mail.public_address(f"/me/email/{quote(token)}")
        mails.send_email_confirmation(db.session, user, new, url, db.utcnow() + email_change.LIFE)
    else:
        mails.send_email_taken(db.session, owner)
    db.session.commit()
    flash(_("A link went to the new address. It counts once you open the link there."), "success")
    return redirect(url_for(".profile"), 303)


def _wish(token: str, user: User) -> Wish | None:
    wish = email_change.wish_of(current_app.config["SECRET_KEY"], token)
    return wish if wish is not None and (wish.user_id, wish.old) == (user.id, user.email) else None


@bp.get("/me/email/<token>")
@allow(*EVERYONE)
def confirm_email(token: str) -> ResponseReturnValue:
    """What the link does; only sending acts."""
    wish = _wish(token, signed_in_user())
    return render_template("accounts/email_confirm.html", wish=wish), 200 if wish else 410


@bp.post("/me/email/<token>")
@allow(*EVERYONE)
def change_email(token: str) -> ResponseReturnValue:
    """The new address counts from now on; the old one is told."""
    user = signed_in_user()
    wish = _wish(token, user)
    if wish is None:
        return render_template("accounts/email_confirm.html", wish=None), 410
    owner = queries.user_by_email(db.session, wish.new)
    if owner is not None and owner.id != user.id:
        raise RuleBroken(
            "email.taken",
            _l("This address meanwhile belongs to another account."),
            way_out=_l("Take another address."),
        )
    user.email, user.email_norm = wish.new, normalised_email(wish.new)
    queries.end_links(db.session, user)  # they went to the address that may be lost
    mails.send_email_changed(db.session, user, wish.old)
    log.info("email_changed", user=str(user.id))
    db.session.commit()
    flash(_("Your e-mail address is changed."), "success")
    return redirect(url_for(".profile"), 303)
