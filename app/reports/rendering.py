"""From a report's data to its pages: the same body as preview on screen and as PDF.

Needs an application context for the words in the report's language, no request.
"""

from __future__ import annotations

import datetime as dt
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from typing import Any

from babel.dates import format_datetime
from flask_babel import force_locale
from flask_babel import gettext as _
from jinja2 import Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from app import filters
from app.charts import PRINT, SCREEN, Axis, Palette, field_mark, ladder, radar
from app.i18n import language
from app.reports import pdf, sentences
from app.reports.progress import FieldResult, ProgressReport
from app.words import word

STYLESHEETS = ("print.css", "progress/report.css")


@dataclass(frozen=True)
class Pictures:
    """The centre's own and its funder's logo, as stored (re-encoded on upload)."""

    logo: bytes | None = None
    funder: bytes | None = None

    def sources(self, palette: Palette) -> dict[str, str]:
        """Where each picture comes from: an asset of the document on paper, inside the page on screen."""
        found = {"logo": self.logo, "funder": self.funder}
        if palette is PRINT:
            return {name: f"asset:{name}" if data else "" for name, data in found.items()}
        return {name: _inline(data) if data else "" for name, data in found.items()}


def _inline(picture: bytes) -> str:
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{b64encode(picture).decode()}"


def progress_body(
    report: ProgressReport, palette: Palette = SCREEN, pictures: Pictures | None = None
) -> Markup:
    """The report's content for a page of the application or for the PDF."""
    with force_locale(report.language):
        body = _template("print/progress/_body.html", report, palette, pictures or Pictures())
    return Markup(body)  # noqa: S704 - rendered by our own autoescaping template


def progress_html(report: ProgressReport, pictures: Pictures | None = None) -> str:
    """The whole document as it goes to the PDF engine."""
    with force_locale(report.language):
        return _template("print/progress/report.html", report, PRINT, pictures or Pictures())


def progress_pdf(report: ProgressReport, pictures: Pictures | None = None) -> bytes:
    """The report as PDF/A-3a and PDF/UA-1 with its data inside; one day's data gives the same bytes."""
    pictures = pictures or Pictures()
    found = {"logo": pictures.logo, "funder": pictures.funder}
    assets = {name: data for name, data in found.items() if data}
    with force_locale(report.language):
        html = _template("print/progress/report.html", report, PRINT, pictures)
        title = document_title(report)
        data = pdf.Attachment(
            name=file_name(report, "json"),
            data=report.to_json(),
            mime="application/json",
            relationship="Data",
            description=_("The data of this report"),
        )
        if report.draft:
            assets["draft.svg"] = _watermark(_("Draft"))
    return pdf.render(
        html,
        title=title,
        lang=report.language,
        created=dt.datetime.combine(report.issued_on or report.as_of, dt.time(12), dt.UTC),
        stylesheets=STYLESHEETS,
        attachments=[data],
        assets=assets,
    )


def document_title(report: ProgressReport) -> str:
    """The name in the window's title bar and in the list of documents, in the current language."""
    return f"{_('Progress report')} {report.number or ''}".rstrip() + f" · {report.company.name}"


def file_name(report: ProgressReport, suffix: str) -> str:
    """FB-2026-0117.pdf once issued, else by company and day."""
    return f"{report.number or f'{report.company.number}-{report.as_of.isoformat()}'}.{suffix}"


def axes(field: FieldResult) -> list[Axis]:
    """A field's dimensions as the radar's axes; what does not apply leaves a gap."""
    return [
        Axis(d.short or d.name, d.effective, d.start, _shown_target(d.target, d.effective))
        for d in field.dimensions
    ]


def _shown_target(target: int | None, level: int | None) -> int | None:
    return None if level is None else target


def _template(name: str, report: ProgressReport, palette: Palette, pictures: Pictures) -> str:
    text: dict[str, Any] = {
        "report": report,
        "palette": palette,
        "pictures": pictures.sources(palette),
        "title": document_title(report),
        "summary": sentences.summary(report),
        "field_finding": lambda field: sentences.field_finding(field, report),
        "radar_finding": sentences.radar_finding,
        "ladder_finding": sentences.ladder_finding,
        "axes": axes,
        "appointment": _appointment,
    }
    return _environment().get_template(name).render(text)


@cache
def _environment() -> Environment:
    """The print templates' own: no request, no session, only words, numbers, days and charts."""
    environment = Environment(
        loader=PrefixLoader({"print": FileSystemLoader(pdf.STYLES)}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(_, sentences.ngettext, newstyle=True)  # type: ignore[attr-defined]
    written = (filters.day, filters.hours, filters.number, filters.signed, word)
    environment.filters |= {made.__name__: made for made in written}
    environment.globals |= {made.__name__: made for made in (field_mark, ladder, radar, filters.field_name)}
    return environment


def _appointment(moment: dt.datetime) -> str:
    """Donnerstag, 3. Dezember 2026, 9:00 Uhr / Thursday, 3 December 2026, 9:00."""
    pattern = "EEEE, d. MMMM yyyy, H:mm 'Uhr'" if language() == "de" else "EEEE, d MMMM yyyy, H:mm"
    return format_datetime(moment.replace(tzinfo=None), pattern, locale=sentences.locale())


def _watermark(word: str) -> bytes:
    """The word across the page, pale enough to read over; a background is no content to a screen reader."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="595" height="842" viewBox="0 0 595 842">'
        '<text x="298" y="450" font-family="Inter" font-weight="600" font-size="132" letter-spacing="6" '
        f'text-anchor="middle" fill="#f4eaea" transform="rotate(-52 298 421)">{word.upper()}</text></svg>'
    ).encode()
