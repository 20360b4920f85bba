"""How values are written for people: days, moments, durations, numbers, in the reader's language."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from babel.dates import format_date, format_datetime, format_timedelta
from babel.numbers import format_decimal
from flask import Flask
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from app import db, markdown
from app.fields import Field
from app.i18n import centre_zone, language, local, today
from app.words import word

NARROW = "\N{NARROW NO-BREAK SPACE}"


def _format_locale() -> str:
    return "de_DE" if language() == "de" else "en_GB"


def _as_day(value: dt.date | dt.datetime) -> dt.date:
    return value.astimezone(centre_zone()).date() if isinstance(value, dt.datetime) else value


def day(value: dt.date | dt.datetime | None) -> str:
    """21.11.2026 / 21/11/2026."""
    return (
        ""
        if value is None
        else format_date(_as_day(value), "dd.MM.yyyy" if language() == "de" else "dd/MM/yyyy")
    )


def day_short(value: dt.date | dt.datetime | None) -> str:
    """21. Nov. / 21 Nov; with the year when it is another one."""
    if value is None:
        return ""
    value = _as_day(value)
    pattern = "d. MMM" if language() == "de" else "d MMM"
    if value.year != today().year:
        pattern += " yyyy"
    return format_date(value, pattern, locale=_format_locale())


def day_long(value: dt.date | dt.datetime | None) -> str:
    """21. November 2026 / 21 November 2026."""
    if value is None:
        return ""
    pattern = "d. MMMM yyyy" if language() == "de" else "d MMMM yyyy"
    return format_date(_as_day(value), pattern, locale=_format_locale())


def moment(value: dt.datetime | None) -> str:
    """Do., 3. Dez., 9:00 / Thu 3 Dec, 9:00."""
    if value is None:
        return ""
    value = value.astimezone(centre_zone())
    year = "" if value.year == today().year else " yyyy"
    pattern = f"EEE, d. MMM{year}, H:mm" if language() == "de" else f"EEE d MMM{year}, H:mm"
    return format_datetime(value, pattern, locale=_format_locale())


def clock(value: dt.datetime | None) -> str:
    """9:00."""
    return "" if value is None else format_datetime(value.astimezone(centre_zone()), "H:mm")


def iso(value: dt.date | dt.datetime | None) -> str:
    """For the datetime attribute of <time>."""
    return "" if value is None else value.isoformat()


def since(value: dt.date | dt.datetime | None) -> str:
    """vor 3 Tagen / in 2 weeks: near in human words."""
    if value is None:
        return ""
    days = (_as_day(value) - today()).days
    if days == 0:
        return _("today")
    if abs(days) == 1:
        return _("tomorrow") if days > 0 else _("yesterday")
    return format_timedelta(
        dt.timedelta(days=days), granularity="day", threshold=1.5, add_direction=True, locale=_format_locale()
    )


def due(value: dt.date | None) -> str:
    """seit 3 Tagen fällig / fällig heute / bis 28. Nov."""
    if value is None:
        return _("no date")
    late = (today() - value).days
    if late == 0:
        return _("due today")
    if late > 0:
        return ngettext("due since yesterday", "due for %(num)s days", late)
    return _("by %(day)s", day=day_short(value))


def is_late(value: dt.date | None) -> bool:
    """Whether a day has passed."""
    return value is not None and value < today()


def number(value: float | Decimal | None, digits: int = 0) -> str:
    """A number by locale with so many decimals; "–" for none."""
    if value is None:
        return "–"
    return format_decimal(value, "#,##0" + ("." + "0" * digits if digits else ""), locale=_format_locale())


def signed(value: float | Decimal | None, digits: int = 1) -> str:
    """+0,6 / −0,3 / ±0,0 with a real minus."""
    if value is None:
        return "–"
    text = number(abs(Decimal(value)), digits)
    return ("+" if value > 0 else "−" if value < 0 else "±") + text


def hours(minutes: int | None) -> str:
    """2 h 15 from minutes; 45 min below an hour."""
    if not minutes:
        return f"0{NARROW}min"
    full, rest = divmod(minutes, 60)
    if not full:
        return f"{rest}{NARROW}min"
    return f"{full}{NARROW}h" + (f"{NARROW}{rest:02d}" if rest else "")


def money(cents: int | None) -> str:
    """1.234,50 € / €1,234.50 from integer cents."""
    if cents is None:
        return "–"
    text = number(Decimal(cents) / 100, 2)
    return f"{text}{NARROW}€" if language() == "de" else f"€{text}"


def file_size(size: int) -> str:
    """340 kB / 1,4 MB, counted in thousands as on the reader's own machine."""
    if size < 1_000_000:
        return f"{number(max(1, round(size / 1000)))}{NARROW}kB"
    return f"{number(size / 1_000_000, 1)}{NARROW}MB"


def field_name(key: str | Field | None) -> str:
    """The name of a field of transformation."""
    return "" if not key else str(word(Field(key)))


def init_app(app: Flask) -> None:
    """Register every filter under its own name."""
    filters: dict[str, Any] = {
        f.__name__: f
        for f in (
            day,
            day_short,
            day_long,
            moment,
            clock,
            iso,
            since,
            due,
            number,
            signed,
            hours,
            money,
            file_size,
            local,
            word,
        )
    }
    app.jinja_env.filters |= filters
    app.jinja_env.filters["markdown"] = markdown.render
    app.jinja_env.tests["late"] = is_late
    app.jinja_env.globals |= {
        "field_name": field_name,
        "fields": tuple(Field),
        "today": today,
        "now": db.utcnow,
        "language": language,
        "get_locale": get_locale,
    }
