"""Languages: the user's choice, then the browser's wish; German is the default."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from flask import Flask, g, has_request_context, request, session
from flask_babel import Babel, get_locale

from app.config import LANGUAGES

babel = Babel()


def choose_language() -> str:
    """The language of this answer: signed-in user's, else chosen here, else asked for, else German."""
    if not has_request_context():
        return LANGUAGES[0]
    user = g.get("user")
    if user is not None and user.language in LANGUAGES:
        return str(user.language)
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    return request.accept_languages.best_match(LANGUAGES) or LANGUAGES[0]


def language() -> str:
    """The current language, "de" or "en"."""
    locale = get_locale()
    return locale.language if locale is not None and locale.language in LANGUAGES else LANGUAGES[0]


def local(text: dict[str, str] | None) -> str:
    """A bilingual text in the reader's language; the other one where it is missing."""
    if not text:
        return ""
    return text.get(language()) or next((t for t in text.values() if t), "")


def centre_zone() -> ZoneInfo:
    """The centre's time zone; moments are stored in UTC and shown in it."""
    return ZoneInfo(g.get("time_zone") or "Europe/Berlin")


def use_zone(name: str) -> None:
    """Show moments in this zone for the rest of the request, command or job."""
    g.time_zone = name


def today() -> dt.date:
    """The present day in the centre's time zone."""
    return dt.datetime.now(centre_zone()).date()


def init_app(app: Flask) -> None:
    """Connect Flask-Babel with our choice of language."""
    babel.init_app(
        app,
        default_locale=LANGUAGES[0],
        default_timezone="Europe/Berlin",
        locale_selector=choose_language,
        timezone_selector=lambda: str(centre_zone()),
        default_translation_directories="translations",
    )
