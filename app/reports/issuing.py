"""Issuing a report: number and frozen data at once, its file by a job; unchanged content only once."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import replace
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app import files, jobs
from app.accounts import queries as accounts
from app.accounts.models import User
from app.companies.models import Company
from app.db import next_number
from app.documents.models import Document, DocumentKind
from app.reports import pdf, queries, rendering
from app.reports.models import IssuedReport, ReportState
from app.reports.progress import ProgressReport

KIND = "report.progress"


def issue(
    session: Session, company: Company, user: User | None, language: str, day: dt.date
) -> tuple[IssuedReport, bool]:
    """Issue the company's progress report of today; returns it and whether it is new.

    The number and the content are fixed here, in one transaction with the job that makes the file.
    """
    content = queries.progress_data(session, company, day, language)
    fingerprint = content.content_hash()
    known = queries.same_content(session, company.id, language, fingerprint)
    if known is not None:
        return known, False
    number = f"FB-{day.year}-{next_number(session, f'report-{day.year}'):04d}"
    numbered = replace(content, number=number, issued_on=day)
    made = IssuedReport(
        number=number,
        company_id=company.id,
        language=language,
        content_hash=fingerprint,
        data=numbered.as_data(),
        issued_on=day,
        issued_by_id=user.id if user else None,
    )
    session.add(made)
    session.flush()
    order_file(session, made)
    return made, True


def order_file(session: Session, made: IssuedReport) -> None:
    """Order the job that makes the report's file."""
    made.state = ReportState.MAKING
    job = jobs.enqueue(
        session,
        KIND,
        {"report": str(made.id), "url": f"/reports/{made.id}"},
        company_id=made.company_id,
        unique_key=f"report:{made.id}",
    )
    made.job_id = job.id


def pictures(session: Session) -> rendering.Pictures:
    """The logos of the centre and of its funder."""
    centre = accounts.centre(session)
    return rendering.Pictures(
        *(files.read_bytes(sha) if sha else None for sha in (centre.logo_sha, centre.funder_logo_sha))
    )


@jobs.handler(KIND, max_attempts=3, time_limit=180)
class MakeFile(jobs.Handler):
    """Renders the issued content and puts the file under the company's documents."""

    def prepare(
        self, session: Session, payload: dict[str, Any], progress: jobs.Progress
    ) -> tuple[bytes, str]:
        """Render the frozen data."""
        made = session.get_one(IssuedReport, uuid.UUID(payload["report"]))
        progress(1, 3, _("Putting the pages together"))
        report = ProgressReport.from_data(made.data)
        try:
            content = rendering.progress_pdf(report, pictures(session))
        except pdf.RenderFailed as failure:
            raise jobs.TryAgain("render_failed", str(failure)) from failure
        progress(2, 3, _("Filing the report"))
        with force_locale(report.language):
            return content, rendering.document_title(report)

    def apply(self, session: Session, payload: dict[str, Any], prepared: tuple[bytes, str]) -> dict[str, Any]:
        """Keep the file with its hash; the company sees it from now on."""
        content, title = prepared
        made = session.get_one(IssuedReport, uuid.UUID(payload["report"]))
        stored = files.store(session, content, "application/pdf")
        document = Document(
            company_id=made.company_id,
            kind=DocumentKind.REPORT,
            number=made.number,
            title=title[:200],
            filename=f"{made.number}.pdf",
            sha256=stored.sha256,
            size=stored.size,
            content_type="application/pdf",
            language=made.language,
            released=True,
            created_by_id=made.issued_by_id,
        )
        session.add(document)
        session.flush()
        made.document_id, made.state = document.id, ReportState.ISSUED
        return {"url": payload["url"]}

    def failed(self, session: Session, payload: dict[str, Any], code: str, reason: str) -> None:
        """Say on the report that its file could not be made."""
        session.get_one(IssuedReport, uuid.UUID(payload["report"])).state = ReportState.FAILED
