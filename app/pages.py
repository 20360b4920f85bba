"""What every page has: error pages with a reference number, and the names that templates may use."""

from __future__ import annotations

from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NoResultFound, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from app.errors import NotAllowed, NotFound, RuleBroken, TooManyTries
from app.security import reference

log = structlog.get_logger()
DESIGNED = (401, 403, 404, 409, 413, 429, 500, 503)


def _rollback() -> None:
    if (open_session := g.get("db_session")) is not None:
        open_session.rollback()


def page(
    code: int, text: str | None = None, way_out: str | None = None, status: int | None = None, **more: Any
) -> tuple[Response | str, int]:
    """A designed error page, or the same as JSON for those who ask for JSON; `status` if it is another."""
    if request.accept_mimetypes.best == "application/json":
        return jsonify(
            code=code, message=text, way_out=way_out, reference=reference(), **more
        ), status or code
    template = f"errors/{code}.html" if code in DESIGNED else "errors/404.html"
    return render_template(
        template, code=code, text=text, way_out=way_out, reference=reference(), **more
    ), status or code


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < 400:
        return error
    _rollback()
    if isinstance(error, CSRFError):
        return page(
            403,
            _("This form no longer belongs to your session."),
            _("Go back, reload the page and send the form again; what you typed is still there."),
        )
    if error.code in DESIGNED:
        return page(error.code)
    if error.code == 405:
        return page(404, _("This address only takes other kinds of requests."), status=405)
    return page(404, str(error.description or ""), status=error.code)


def _missing(_error: Exception) -> ResponseReturnValue:
    _rollback()
    return page(404)


def _not_allowed(_error: NotAllowed) -> ResponseReturnValue:
    _rollback()
    return page(403)


def _rule(error: RuleBroken) -> ResponseReturnValue:
    _rollback()
    return page(
        409,
        str(error.message),
        str(error.way_out) if error.way_out else None,
        rule=error.code,
        field=error.field,
    )


def _throttled(error: TooManyTries) -> ResponseReturnValue:
    _rollback()
    minutes = -(-error.seconds // 60)
    answer = page(429, _("Too many tries."), _("Try again in %(n)s minutes.", n=minutes))
    return *answer, {"Retry-After": str(error.seconds)}


def _stale(_error: StaleDataError) -> ResponseReturnValue:
    _rollback()
    return page(
        409,
        _("Somebody else saved this record at the same moment."),
        _("Go back and save again; you will see both versions where they differ."),
    )


def _collision(error: IntegrityError) -> ResponseReturnValue:
    """Two made the same at the same moment, or one used what the other deleted; all else is our mistake."""
    reason = getattr(error.orig, "sqlstate", None) or str(error.orig)
    if not reason.startswith(("23505", "23503", "UNIQUE", "FOREIGN KEY")):
        raise error
    log.warning("collision", reference=reference(), endpoint=request.endpoint)
    return _stale(StaleDataError())


def _unreadable(_error: DataError) -> ResponseReturnValue:
    """An address or a form carries a value that the database cannot hold, such as a NUL character."""
    _rollback()
    return page(404, status=400)


def _database_away(error: OperationalError) -> ResponseReturnValue:
    log.error("database_unavailable", error=type(error.orig).__name__, reference=reference())
    return page(503)


def _unexpected(error: Exception) -> ResponseReturnValue:
    _rollback()
    shown = type(error.orig).__name__ if isinstance(error, DBAPIError) else type(error).__name__
    log.error("unexpected", error=shown, reference=reference(), endpoint=request.endpoint, exc_info=error)
    return page(500)


def _name_next_page(response: Response) -> Response:
    """A form sent by our script learns the next page from a header and opens it; a redirect would hide it."""
    if "X-Form" in request.headers and response.status_code in (302, 303):
        response.headers["X-Location"] = response.headers.pop("Location")
        response.status_code = 204
        response.set_data(b"")
    return response


def init_app(app: Flask) -> None:
    """Register the error pages."""
    app.after_request(_name_next_page)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RuleBroken, _rule)
    app.register_error_handler(NotFound, _missing)
    app.register_error_handler(NoResultFound, _missing)
    app.register_error_handler(NotAllowed, _not_allowed)
    app.register_error_handler(TooManyTries, _throttled)
    app.register_error_handler(StaleDataError, _stale)
    app.register_error_handler(IntegrityError, _collision)
    app.register_error_handler(DataError, _unreadable)
    app.register_error_handler(OperationalError, _database_away)
    if not app.config["SETTINGS"].testing:
        app.register_error_handler(Exception, _unexpected)
