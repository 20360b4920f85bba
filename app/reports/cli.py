"""`bin/wandelwerk report …`: a report as a file, without issuing it."""

from __future__ import annotations

import datetime as dt

import click
from sqlalchemy.orm import Session

from app.errors import NotFound
from app.i18n import today
from app.reports import issuing, queries, rendering


def write_progress(session: Session, number: str, language: str, as_of: dt.date | None) -> bytes:
    """The progress report of a company as it stands, as PDF, marked as a draft."""
    day = as_of or today()
    if day > today():
        raise click.ClickException(f"--as-of {day} lies in the future.")
    try:
        company = queries.company_by_number(session, number)
    except NotFound:
        raise click.ClickException(f"There is no company with the number {number}.") from None
    report = queries.progress_data(session, company, day, language)
    return rendering.progress_pdf(report, issuing.pictures(session))
