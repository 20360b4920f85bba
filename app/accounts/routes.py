"""Signing in by passphrase, asking for a link, signing out; language and appearance."""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from flask import Blueprint, abort, current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from app import db, history, jobs
from app.accounts import background, passwords, queries, queries_throttle, signing_in
from app.accounts.forms import THEMES, AskLinkForm, SignInForm
from app.accounts.marks import EVERYONE, allow, public
from app.accounts.models import Role, User
from app.accounts.throttling import keys_of
from app.config import LANGUAGES, LOOPBACK, Settings
from app.security import own_path

bp = Blueprint("accounts", __name__)
log = structlog.get_logger()


def _target() -> str:
    return own_path(request.args.get("next"), url_for("home.index"))


# What proxies add: a request that carries one of these was not made on this machine.
PASSED_ON = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")


def demo_people() -> dict[Role, User]:
    """Whom a visitor may enter as: only in a demo centre, asked for on the machine it runs on."""
    settings: Settings = current_app.config["SETTINGS"]
    host = urlsplit(f"//{request.host}").hostname
    passed_on = any(name in request.headers for name in PASSED_ON)
    at_home = request.remote_addr in LOOPBACK and host in LOOPBACK and not passed_on
    if not (g.centre.demo and settings.on_loopback and at_home):
        return {}
    return queries.people_by_role(db.session)


def _sign_in_page(form: SignInForm) -> str:
    return render_template("accounts/sign_in.html", form=form, demo_people=demo_people())


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """The sign-in page; whoever is signed in goes on."""
    if current_user.is_authenticated:
        return redirect(_target())
    return _sign_in_page(SignInForm())


@bp.post("/sign-in")
@public
def check_passphrase() -> ResponseReturnValue:
    """Sign in. Wrong passphrase, unknown address, disabled account: the same answer in the same time."""
    form = SignInForm()
    if not form.validate_on_submit():
        return _sign_in_page(form), 422
    keys = keys_of("sign_in", form.email.data or "", request.remote_addr)
    queries_throttle.count_try(db.session, keys, db.utcnow())
    account = queries.user_by_email(db.session, form.email.data or "")
    db.session.commit()  # the count stays whatever follows, and nothing is locked while the hash is computed
    usable = account if account is not None and account.active else None
    if (
        not passwords.verified(usable.password_hash if usable else None, form.passphrase.data or "")
        or not usable
    ):
        log.warning("sign_in_refused")
        form.form_errors.append(_("E-mail address and passphrase do not belong together."))
        return _sign_in_page(form), 422
    history.act_as(db.session, history.Actor(usable.id, usable.name, "web", "accounts.sign_in"))
    if passwords.needs_rehash(usable.password_hash or ""):
        usable.password_hash = passwords.hashed(form.passphrase.data or "")
    queries_throttle.forgive_try(db.session, keys)
    response = signing_in.after_first_factor(usable, _target())
    db.session.commit()
    return response


@bp.post("/sign-in/demo/<role>")
@public
def enter_demo(role: str) -> ResponseReturnValue:
    """Enter the demo centre as one of its people."""
    person = next((p for r, p in demo_people().items() if r == role), None)
    if person is None:
        abort(404)
    response = signing_in.after_first_factor(person, _target())
    db.session.commit()
    return response


@bp.get("/sign-in/link")
@public
def ask_link() -> ResponseReturnValue:
    """Where to send a link to."""
    return render_template("accounts/ask_link.html", form=AskLinkForm())


@bp.post("/sign-in/link")
@public
def send_link() -> ResponseReturnValue:
    """Send a link if there is such an account; the answer does not tell."""
    form = AskLinkForm()
    if not form.validate_on_submit():
        return render_template("accounts/ask_link.html", form=form), 422
    queries_throttle.count_try(
        db.session, keys_of("link", form.email.data or "", request.remote_addr), db.utcnow()
    )
    account = queries.user_by_email(db.session, form.email.data or "")
    jobs.enqueue(db.session, background.MailLinkAsked.kind, {"user": str(account.id) if account else None})
    db.session.commit()
    return redirect(url_for(".link_sent"), 303)


@bp.get("/sign-in/link/sent")
@public
def link_sent() -> ResponseReturnValue:
    """What to do next, the same for everybody."""
    return render_template(
        "accounts/link_sent.html", mailed=current_app.config["SETTINGS"].smtp_url is not None
    )


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """End this session; harmless without one."""
    response = signing_in.sign_out(redirect(url_for(".sign_in"), 303))
    db.session.commit()
    return response


@bp.post("/language")
@public
def language() -> ResponseReturnValue:
    """Choose the language: kept with the account, or in this browser before signing in."""
    chosen = request.form.get("language")
    if chosen in LANGUAGES:
        session["language"] = chosen
        if current_user.is_authenticated:
            signing_in.signed_in_user().language = chosen
            db.session.commit()
    return redirect(own_path(request.form.get("next"), "/"), 303)


@bp.post("/theme")
@allow(*EVERYONE)
def theme() -> ResponseReturnValue:
    """Choose light or dark."""
    chosen = request.form.get("theme")
    if chosen in {choice.value for choice in THEMES}:
        signing_in.signed_in_user().theme = str(chosen)
        db.session.commit()
    return redirect(own_path(request.form.get("next"), "/"), 303)
