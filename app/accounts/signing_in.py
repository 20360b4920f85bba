"""The signed-in user: server-side sessions behind a cookie, read through Flask-Login's request loader."""

from __future__ import annotations

import datetime as dt
from typing import cast

import structlog
from flask import Flask, Request, Response, abort, current_app, g, redirect, request, session, url_for
from flask_login import LoginManager, current_user
from werkzeug.wrappers import Response as BaseResponse

from app import db, history
from app.accounts import queries
from app.accounts.marks import roles_of
from app.accounts.models import User

FRESH = dt.timedelta(minutes=15)
login_manager = LoginManager()
log = structlog.get_logger()


def signed_in_user() -> User:
    """The signed-in user of this request; only pages that require one call this."""
    return cast(User, current_user._get_current_object())


def _token(req: Request) -> str | None:
    return req.cookies.get(current_app.config["SIGN_IN_COOKIE"])


@login_manager.request_loader  # type: ignore[untyped-decorator]
def _load(req: Request) -> User | None:
    token = _token(req)
    if not token or len(token) > 100:
        return None
    now = db.utcnow()
    found = queries.live_session(db.session, token, now)
    if found is None:
        return None
    g.session_id, g.session_began = found.id, found.created_at
    g.user = found.user
    if now - found.seen_at > queries.SEEN_EVERY:
        g.touch_session = True
    return found.user


def is_fresh() -> bool:
    """Whether this session began a few minutes ago: proof enough for people who sign in by mail link only."""
    return "session_began" in g and db.utcnow() - g.session_began <= FRESH


def after_first_factor(user: User, target: str) -> BaseResponse:
    """The step after the right passphrase or a mailed link: the session; the caller commits.

    A second factor is asked for here, before the session starts: no way in goes past this function.
    """
    return sign_in(user, redirect(target, 303))


def sign_in(user: User, response: BaseResponse) -> BaseResponse:
    """Start a session for the user and put its token into the answer; the caller commits.

    Nothing from before is valid after it: the browser's earlier session ends, and so does its CSRF token.
    """
    if "session_id" in g:
        queries.end_sessions(db.session, g.user, only=g.session_id)
    token = queries.start_session(db.session, user, request.user_agent.string, db.utcnow())
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    log.info("signed_in", user=str(user.id), role=user.role.value)
    return set_cookie(response, token, int(queries.SESSION_LIFE[user.role].total_seconds()))


def set_cookie(response: BaseResponse, token: str, max_age: int) -> BaseResponse:
    """Put the session's token into the answer; an empty one takes it away."""
    response.set_cookie(
        current_app.config["SIGN_IN_COOKIE"],
        token,
        max_age=max_age,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def sign_out(response: BaseResponse) -> BaseResponse:
    """End this session on the server and in the browser; the caller commits."""
    if "session_id" in g:
        queries.end_sessions(db.session, signed_in_user(), only=g.session_id)
        log.info("signed_out", user=str(g.user.id))
    session.clear()
    return set_cookie(response, "", 0)


def _require_role() -> BaseResponse | None:
    """Default deny: an endpoint opens for the roles it is marked with, and for nobody else."""
    if request.endpoint is None:
        return None  # 404 and 405 answer by themselves
    roles = roles_of(current_app, request.endpoint)
    user = current_user._get_current_object() if current_user.is_authenticated else None
    if user is not None and not db.session.info.get("reader"):
        history.act_as(db.session, history.Actor(user.id, user.name, "web", request.endpoint))
    if roles is None:
        return None
    if user is None:
        if request.method == "GET" and not request.headers.get("HX-Request"):
            back = request.full_path.rstrip("?")
            return redirect(url_for("accounts.sign_in", next=back if back != "/" else None))
        abort(401)
    if user.role not in roles:
        log.warning("refused", user=str(user.id), role=user.role.value, endpoint=request.endpoint)
        abort(403)
    return None


def _touch(response: Response) -> Response:
    if g.pop("touch_session", False):
        db.session.rollback()  # what is to stay is committed; two writers at once would block each other
        with db.database().writing() as own:
            queries.touch_session(own, g.session_id, db.utcnow())
    return response


def init_app(app: Flask) -> None:
    """Install the sign-in check before every request."""
    login_manager.init_app(app)
    app.before_request(_require_role)
    app.after_request(_touch)
