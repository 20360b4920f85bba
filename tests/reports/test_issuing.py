"""Issuing: number and content at once, the file by a job, unchanged content only once, kept with its hash."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from typing import Any

import pikepdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import db, jobs, worker
from app.accounts.models import Role, User
from app.coaching.models import Commitment, Side, Visit, VisitStatus
from app.companies.models import Company
from app.documents.models import Document
from app.fields import Field
from app.history import HistoryAction
from app.reports import queries
from app.reports.models import IssuedReport, ReportState
from app.reports.progress import ProgressReport
from app.roadmap.models import Measure, MeasureStatus
from tests.factories import make_company, make_member, make_user, post, sign_in
from tests.reports import examples

CANARY = "nur-intern-7381"


@pytest.fixture
def coach(session: Session) -> User:
    return make_user(session)


@pytest.fixture
def company(session: Session, coach: User) -> Company:
    made = make_company(session, coach, name="Warnow Präzisionsteile GmbH", remark=CANARY)
    now = db.utcnow()
    visit = Visit(
        number="V-9001",
        company_id=made.id,
        coach_id=coach.id,
        status=VisitStatus.DONE,
        starts_at=now - dt.timedelta(days=20),
        minutes=135,
        main_field=Field.DIGITALIZATION,
        subject="Rundgang Halle 1",
        note=CANARY,
    )
    session.add(visit)
    session.flush()
    session.add(
        Commitment(
            company_id=made.id,
            visit_id=visit.id,
            side=Side.COMPANY,
            text="Netzplan schicken",
            due_on=now.date() + dt.timedelta(days=9),
        )
    )
    session.add(
        Measure(
            number="M-9001",
            company_id=made.id,
            field=Field.DIGITALIZATION,
            title={"de": "Maschinendaten erfassen", "en": "Record machine data"},
            status=MeasureStatus.RUNNING,
        )
    )
    session.commit()
    return made


@pytest.fixture
def staff(client: FlaskClient, coach: User) -> FlaskClient:
    return sign_in(client, coach)


def issued(session: Session, company: Company) -> list[IssuedReport]:
    session.expire_all()
    statement = select(IssuedReport).where(IssuedReport.company_id == company.id).order_by(IssuedReport.id)
    return list(session.scalars(statement))


def run_jobs(app: Flask) -> int:
    with app.app_context():
        return worker.run_pending(app)


def downloaded(client: FlaskClient, url: str) -> bytes:
    answer = client.get(url, follow_redirects=True, buffered=True)
    assert answer.status_code == 200
    data = answer.data
    answer.close()
    return data


def attached(content: bytes) -> dict[str, Any]:
    with pikepdf.open(io.BytesIO(content)) as pdf:
        [name] = list(pdf.attachments)
        found: dict[str, Any] = json.loads(pdf.attachments[name].get_file().read_bytes())
        return found


# It works


def test_the_preview_says_what_the_report_will_say(staff: FlaskClient, company: Company) -> None:
    page = staff.get(f"/companies/{company.id}/report")
    assert page.status_code == 200
    assert "Rundgang Halle 1" in page.text
    assert "Netzplan schicken" in page.text
    assert CANARY not in page.text


def test_issuing_numbers_at_once_and_files_by_a_job(
    app: Flask, session: Session, staff: FlaskClient, company: Company, coach: User
) -> None:
    answer = post(staff, f"/companies/{company.id}/reports", {"language": "de"})
    assert answer.status_code == 303
    [made] = issued(session, company)
    year = made.issued_on.year
    assert (made.state, made.number.startswith(f"FB-{year}-"), made.issued_by_id) == (
        ReportState.MAKING,
        True,
        coach.id,
    )
    assert answer.location.endswith(f"/jobs/{made.job_id}")
    assert staff.get(answer.location).status_code == 200
    assert run_jobs(app) >= 1
    [made] = issued(session, company)
    document = session.get_one(Document, made.document_id)
    content = downloaded(staff, f"/reports/{made.id}")
    assert hashlib.sha256(content).hexdigest() == document.sha256
    assert (document.number, document.released, document.filename) == (
        made.number,
        True,
        f"{made.number}.pdf",
    )
    data = attached(content)
    assert data == made.data
    assert data["number"] == made.number
    assert data["visits"][0]["subject"] == "Rundgang Halle 1"
    assert CANARY not in str(data)


def test_unchanged_content_leads_to_the_same_issue_and_a_change_to_a_new_one(
    app: Flask, session: Session, staff: FlaskClient, company: Company
) -> None:
    post(staff, f"/companies/{company.id}/reports", {"language": "de"})
    run_jobs(app)
    [first] = issued(session, company)
    bytes_before = downloaded(staff, f"/reports/{first.id}")
    again = post(staff, f"/companies/{company.id}/reports", {"language": "de"})
    assert again.location.endswith(f"/reports/{first.id}")
    assert downloaded(staff, again.location) == bytes_before
    assert len(issued(session, company)) == 1
    measure = session.scalars(select(Measure).where(Measure.company_id == company.id)).one()
    measure.set_status(MeasureStatus.DONE, "", db.utcnow(), db.utcnow().date())
    session.commit()
    post(staff, f"/companies/{company.id}/reports", {"language": "de"})
    assert len(issued(session, company)) == 2
    assert downloaded(staff, f"/reports/{first.id}") == bytes_before


def test_each_language_is_an_issue_of_its_own(session: Session, staff: FlaskClient, company: Company) -> None:
    for language in ("de", "en", "en"):
        post(staff, f"/companies/{company.id}/reports", {"language": language})
    assert [(r.language, r.data["measures"][0]["title"]) for r in issued(session, company)] == [
        ("de", "Maschinendaten erfassen"),
        ("en", "Record machine data"),
    ]


def test_the_draft_carries_no_number_and_is_the_same_twice(staff: FlaskClient, company: Company) -> None:
    url = f"/companies/{company.id}/report/draft.pdf?language=en"
    first, second = downloaded(staff, url), downloaded(staff, url)
    assert first == second
    assert attached(first)["number"] is None
    assert attached(first)["draft"] is True


def test_frozen_data_gives_the_same_report_back() -> None:
    full = examples.realistic()
    assert ProgressReport.from_data(full.as_data()) == full
    bare = examples.report(number=None, issued_on=None)
    assert ProgressReport.from_data(bare.as_data()) == bare


def test_a_past_day_shows_what_was_known_then(
    app: Flask, session: Session, company: Company, coach: User
) -> None:
    week_ago = db.utcnow() - dt.timedelta(days=7)
    for action in session.scalars(select(HistoryAction)):
        action.at = week_ago
    measure = session.scalars(select(Measure).where(Measure.company_id == company.id)).one()
    measure.created_at = week_ago
    session.commit()
    measure.set_status(MeasureStatus.DONE, "", db.utcnow(), db.utcnow().date())
    session.commit()
    made = queries.company_by_number(session, company.number)
    with app.app_context():
        now = queries.progress_data(session, made, db.utcnow().date(), "de")
        then = queries.progress_data(session, made, week_ago.date() + dt.timedelta(days=1), "de")
        before = queries.progress_data(session, made, week_ago.date() - dt.timedelta(days=60), "de")
    assert [m.status for m in now.measures] == [MeasureStatus.DONE]
    assert [(m.status, m.done_on) for m in then.measures] == [(MeasureStatus.RUNNING, None)]
    assert (before.measures, before.visits) == ((), ())


def test_a_report_whose_file_cannot_be_made_says_so(
    app: Flask, session: Session, staff: FlaskClient, company: Company
) -> None:
    post(staff, f"/companies/{company.id}/reports", {"language": "de"})
    [made] = issued(session, company)
    job = session.get_one(jobs.Job, made.job_id)
    job.attempts = job.max_attempts
    made.data = {"format": "broken"}
    session.commit()
    run_jobs(app)
    [made] = issued(session, company)
    assert made.state is ReportState.FAILED
    page = staff.get(f"/reports/{made.id}", follow_redirects=True)
    assert page.status_code == 200
    again = post(staff, f"/companies/{company.id}/reports", {"language": "de"})
    assert again.status_code == 303
    assert len(issued(session, company)) == 2


# Who may, who may not


@pytest.mark.parametrize(
    ("role", "seen", "written"),
    [(Role.MANAGER, 200, 303), (Role.COACH, 200, 403), (Role.ADMIN, 403, 403), (Role.COMPANY, 403, 403)],
)
def test_others_read_at_most(
    session: Session, staff: FlaskClient, company: Company, role: Role, seen: int, written: int
) -> None:
    other = make_user(session, role)
    session.commit()
    sign_in(staff, other)
    assert staff.get(f"/companies/{company.id}/report").status_code == seen
    assert post(staff, f"/companies/{company.id}/reports", {"language": "de"}).status_code == written


def test_the_company_reads_its_issued_report_and_nobody_elses(
    app: Flask, session: Session, staff: FlaskClient, company: Company
) -> None:
    post(staff, f"/companies/{company.id}/reports", {"language": "de"})
    [made] = issued(session, company)
    member, stranger = make_member(session, company), make_member(session, make_company(session))
    session.commit()
    sign_in(staff, member)
    assert staff.get(f"/reports/{made.id}").status_code == 404  # not issued yet
    run_jobs(app)
    assert downloaded(staff, f"/reports/{made.id}")[:5] == b"%PDF-"
    sign_in(staff, stranger)
    assert staff.get(f"/reports/{made.id}").status_code == 404
