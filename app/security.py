"""What every answer and every request must satisfy: headers, content policy, origin, reference number."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, abort, g, request
from flask_wtf.csrf import CSRFProtect

from app.config import Settings
from app.db import SAFE_METHODS

csrf = CSRFProtect()
log = structlog.get_logger()

_FIXED_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def csp_nonce() -> str:
    """This answer's nonce for the few scripts and styles that are written into a page."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    return str(g.csp_nonce)


def _policy() -> str:
    nonce = f"'nonce-{csp_nonce()}'"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {nonce}",
            f"style-src 'self' {nonce}",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "frame-ancestors 'none'",
        )
    )


def own_path(target: str | None, otherwise: str) -> str:
    """A redirect target if it is a plain path of our own site, else `otherwise`."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return otherwise
    if any(ord(c) <= 32 or c == "\\" or ord(c) > 126 for c in target):
        return otherwise
    parts = urlsplit(target)
    return otherwise if parts.scheme or parts.netloc else target


def reference() -> str:
    """The number of this request that an error page shows and the log carries."""
    if "reference" not in g:
        g.reference = secrets.token_hex(4).upper()
    return str(g.reference)


def _refuse_foreign_origin() -> None:
    """Unsafe requests come from our own pages: Sec-Fetch-Site, with Origin as the fallback."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None and site not in ("same-origin", "none"):
        abort(403)
    if site is None and origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)


def init_app(app: Flask) -> None:
    """Install CSRF protection, the origin guard, headers and cookie flags."""
    settings: Settings = app.config["SETTINGS"]
    suffix = "" if settings.https else f"_{settings.public.port or 80}"
    prefix = "__Host-" if settings.https else ""
    app.config.update(
        SESSION_COOKIE_NAME=f"{prefix}wandelwerk_page{suffix}",
        SIGN_IN_COOKIE=f"{prefix}wandelwerk{suffix}",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # bound to the session, so that long forms can be saved
        WTF_CSRF_SSL_STRICT=False,  # the origin guard does this for every scheme
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=2_000_000,
        MAX_FORM_PARTS=2_000,
    )
    csrf.init_app(app)
    app.jinja_env.globals["csp_nonce"] = csp_nonce
    app.before_request(_refuse_foreign_origin)

    @app.after_request
    def harden(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _policy())
        for name, value in _FIXED_HEADERS.items():
            response.headers.setdefault(name, value)
        if settings.https:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        elif response.status_code in (200, 304):  # their names change with their content
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        response.headers["X-Reference"] = reference()
        return response
