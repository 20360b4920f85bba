"""Pages of the progress report: preview, draft as PDF, issuing with progress, the issued file."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts.marks import allow
from app.accounts.models import STAFF, Role
from app.accounts.signing_in import signed_in_user
from app.companies import queries as companies
from app.config import LANGUAGES
from app.errors import NotAllowed
from app.i18n import language, today
from app.notices import say
from app.reports import access, issuing, queries, rendering
from app.reports.models import ReportState

bp = Blueprint("reports", __name__)


def _wanted_language() -> str:
    wanted = request.values.get("language", "")
    return wanted if wanted in LANGUAGES else language()


@bp.get("/companies/<uuid:company_id>/report")
@allow(*STAFF)
def preview(company_id: uuid.UUID) -> ResponseReturnValue:
    """The progress report as it would be issued today."""
    user = signed_in_user()
    company = companies.company(db.session, company_id, user)
    wanted = _wanted_language()
    report = queries.progress_data(db.session, company, today(), wanted)
    issued = queries.same_content(db.session, company.id, wanted, report.content_hash())
    names = {"de": _("German"), "en": _("English")}
    return render_template(
        "reports/progress_preview.html",
        company=company,
        report=report,
        body=rendering.progress_body(report, pictures=issuing.pictures(db.session)),
        crumbs=[
            (_("Companies"), url_for("overview.companies")),
            (company.name, url_for("overview.company", company_id=company.id)),
        ],
        languages=[
            {
                "label": names[code],
                "url": url_for("reports.preview", company_id=company.id, language=code),
                "active": code == wanted,
                "count": None,
            }
            for code in LANGUAGES
        ],
        may_issue=access.can_issue(user, company),
        issue_url=url_for("reports.issue", company_id=company.id),
        download_url=url_for("reports.draft", company_id=company.id, language=wanted),
        issued=issued,
        issued_url=url_for("reports.show", report_id=issued.id) if issued else None,
    )


@bp.get("/companies/<uuid:company_id>/report/draft.pdf")
@allow(*STAFF)
def draft(company_id: uuid.UUID) -> ResponseReturnValue:
    """The same as PDF, marked as a draft on every page."""
    company = companies.company(db.session, company_id, signed_in_user())
    report = queries.progress_data(db.session, company, today(), _wanted_language())
    content = rendering.progress_pdf(report, issuing.pictures(db.session))
    answer = Response(content, mimetype="application/pdf")
    answer.headers.set("Content-Disposition", "attachment", filename=rendering.file_name(report, "pdf"))
    return answer


@bp.post("/companies/<uuid:company_id>/reports")
@allow(*STAFF)
def issue(company_id: uuid.UUID) -> ResponseReturnValue:
    """Issue the report of today; unchanged content leads to the issue that exists."""
    user = signed_in_user()
    company = companies.company(db.session, company_id, user, for_update=True)
    if not access.can_issue(user, company):
        raise NotAllowed
    made, new = issuing.issue(db.session, company, user, _wanted_language(), today())
    db.session.commit()
    if not new:
        say(_("Nothing has changed since %(number)s; here it is.", number=made.number))
        return redirect(url_for("reports.show", report_id=made.id), 303)
    return redirect(url_for("accounts.job", job_id=made.job_id), 303)


@bp.get("/reports/<uuid:report_id>")
@allow(*STAFF, Role.COMPANY)
def show(report_id: uuid.UUID) -> ResponseReturnValue:
    """An issued report: its file, or how far the making is."""
    made = queries.report(db.session, report_id, signed_in_user())
    if made.state is ReportState.ISSUED and made.document_id:
        return redirect(url_for("documents.download", document_id=made.document_id))
    return redirect(url_for("accounts.job", job_id=made.job_id))
