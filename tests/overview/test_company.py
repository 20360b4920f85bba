"""A company at a glance: works, who may, who may not, bad input, edges."""

from __future__ import annotations

import datetime as dt
import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import db
from app.accounts.models import Role, User
from app.coaching.models import Side, TimeKind, VisitStatus
from app.coaching.visiting import Promise
from app.companies.models import Company
from app.documents.models import Document, DocumentKind
from app.fields import Field
from app.overview.timeline import PAGE, place_of, topic_of
from app.roadmap.models import MeasureStatus, RoadmapAgreement
from tests.counting import count_statements
from tests.factories import (
    make_commitment,
    make_company,
    make_contact,
    make_user,
    make_visit,
    post,
    sign_in,
)
from tests.overview.firms import agree_targets, assess, plan


@pytest.fixture
def coach(session: Session) -> User:
    return make_user(session, language="en", first_name="Anke", last_name="Krüger")


@pytest.fixture
def company(session: Session, coach: User) -> Company:
    made = make_company(
        session, coach, name="Warnow Präzisionsteile GmbH", city="Waren", nuts3="DE80J", wz_code="25.62"
    )
    session.commit()
    return made


@pytest.fixture
def staff(client: FlaskClient, coach: User, company: Company) -> FlaskClient:
    return sign_in(client, coach)


def page(client: FlaskClient, company: Company, address: str = "") -> str:
    """The page's words, without tags."""
    answer = client.get(f"/companies/{company.id}{address}")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def entries(client: FlaskClient, company: Company, address: str = "") -> list[str]:
    """The titles of the timeline."""
    found = re.findall(r'class="entry-title">(.*?)</h3>', page(client, company, address), re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", title)).replace("\u202f", " ").strip() for title in found]


def with_a_past(session: Session, company: Company, coach: User) -> None:
    """Something of every kind, each on its own day."""
    now = db.utcnow()
    visit = now - dt.timedelta(days=3)
    promise = Promise(side=Side.CENTRE, text="Angebot prüfen", due_on=now.date() - dt.timedelta(days=1))
    make_visit(
        session,
        company,
        coach,
        starts_at=visit,
        minutes={TimeKind.ON_SITE: 135},
        main_field=Field.DIGITALIZATION,
        subject="Rundgang Halle 1",
        note="**Datenerfassung** besprochen",
        promises=[promise],
    )
    assess(session, company, coach, level=1, days_ago=60)
    assess(session, company, coach, level=2, days_ago=20)
    agree_targets(session, company, 4)
    plan(session, company, "Rüstzeit halbieren", MeasureStatus.DONE, days_ago=5)
    plan(session, company, "Bildprüfung", MeasureStatus.PLANNED)
    kept = make_commitment(session, company, "Zählerstände schicken", side=Side.COMPANY)
    kept.created_at, kept.done_at, kept.done_by_id = (
        now - dt.timedelta(days=30),
        now - dt.timedelta(days=8),
        coach.id,
    )
    agreed = {
        "company_id": company.id,
        "agreed_on": now.date(),
        "agreed_with": "M. Semmler",
        "user_id": coach.id,
    }
    session.add(RoadmapAgreement(**agreed, snapshot={}, created_at=now - dt.timedelta(days=10)))
    session.add(
        Document(
            company_id=company.id,
            kind=DocumentKind.REPORT,
            number="FB-2026-0001",
            title="Fortschrittsbericht",
            filename="fb.pdf",
            sha256="0" * 64,
            size=1,
            content_type="application/pdf",
            created_at=now - dt.timedelta(days=2),
        )
    )
    session.commit()


def test_the_timeline_tells_everything_newest_first(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    with_a_past(session, company, coach)
    assert entries(staff, company) == [
        "Report FB-2026-0001 issued",
        "Visit on site · 2 h 15",
        "Measure done: Rüstzeit halbieren",
        "Kept: Zählerstände schicken",
        "Roadmap agreed with M. Semmler",
        "Assessment T1 submitted",
        "The company promised: Zählerstände schicken",
        "Assessment T0 submitted",
    ]
    shown = page(staff, company)
    for words in ("Datenerfassung besprochen", "1 commitment", "22 dimensions rated, 22 of them seen"):
        assert words in shown
    assert "**" not in shown


@pytest.mark.parametrize(
    ("topic", "number"),
    [("visits", 1), ("maturity", 2), ("roadmap", 2), ("commitments", 3), ("documents", 1), ("nonsense", 8)],
)
def test_chips_narrow_it(
    staff: FlaskClient, session: Session, company: Company, coach: User, topic: str, number: int
) -> None:
    with_a_past(session, company, coach)
    assert len(entries(staff, company, f"?topic={topic}")) == number


def test_htmx_gets_the_timeline_alone(staff: FlaskClient, company: Company) -> None:
    answer = staff.get(f"/companies/{company.id}?topic=visits", headers={"HX-Request": "true"})
    assert "<html" not in answer.get_data(as_text=True)
    assert "Nothing of this kind yet" in answer.get_data(as_text=True)


def test_older_entries_follow_without_gap_or_repetition(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    same = db.utcnow() - dt.timedelta(days=9)
    for n in range(2 * PAGE + 1):
        make_commitment(
            session, company, f"Zusage {n}", created_at=same if n % 3 else same - dt.timedelta(days=n)
        )
    session.commit()
    address, seen = "", []
    for _page in range(3):
        seen += entries(staff, company, address)
        found = re.search(
            r'href="/companies/[^"?]*(\?before=[^"#]*)#timeline"', page(staff, company, address)
        )
        address = html.unescape(found[1]) if found else ""
    assert (len(seen), len(set(seen)), address) == (2 * PAGE + 1, 2 * PAGE + 1, "")


@pytest.mark.parametrize(
    "broken",
    [
        *("x", "~", "2026-01-01~", "2026-01-01T10:00:00~" + "0" * 32, "2026-13-01T10:00:00+00:00~x"),
        "0001-01-01T00:00:00+14:00~" + "0" * 32,
        "9999-12-31T23:00:00-14:00~" + "0" * 32,
    ],
)
def test_a_broken_place_means_the_newest(broken: str) -> None:
    assert place_of(broken) is None
    assert topic_of(broken) is None


def test_next_shows_promises_of_both_sides_and_planned_visits_by_date(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    today = db.utcnow().date()
    semmler = make_contact(session, company)
    make_commitment(
        session,
        company,
        "Energieverbrauch liefern",
        side=Side.COMPANY,
        contact_id=semmler.id,
        due_on=today + dt.timedelta(days=20),
    )
    make_commitment(session, company, "Angebot prüfen", user_id=coach.id, due_on=today - dt.timedelta(days=3))
    make_commitment(session, company, "Irgendwann")
    planned = make_visit(
        session,
        company,
        coach,
        starts_at=db.utcnow() + dt.timedelta(days=10),
        status=VisitStatus.PLANNED,
        subject="T1-Aufnahme",
    )
    missed = make_visit(
        session,
        company,
        coach,
        starts_at=db.utcnow() - dt.timedelta(days=10),
        status=VisitStatus.PLANNED,
        subject="Vergessen",
    )
    session.commit()
    shown = page(staff, company)
    order = ["Vergessen", "Angebot prüfen", "T1-Aufnahme", "Energieverbrauch liefern", "Irgendwann"]
    places = [shown.index(f">{text}<") for text in order]
    assert places == sorted(places)
    for words in (
        "due for 3 days · Anke Krüger",
        "Martina Semmler",
        "not logged yet",
        f"/visits/{planned.id}",
        f"/visits/{missed.id}",
    ):
        assert words in shown


def test_a_promise_is_ticked_off_from_here_and_opened_again(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    promise = make_commitment(session, company, "Angebot prüfen")
    session.commit()
    url = f"/commitments/{promise.id}/completion"
    assert f'action="{url}"' in page(staff, company)
    answer = post(staff, url, {"next": f"/companies/{company.id}"})
    assert answer.location.split("?")[0] == f"/companies/{company.id}"
    shown = page(staff, company)
    assert f"/commitments/{promise.id}/reopening" in shown
    assert f'action="{url}"' not in shown


def test_four_fields_with_score_change_target_and_chart(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    with_a_past(session, company, coach)
    shown = page(staff, company)
    assert shown.count('class="chart chart-radar"') == 4
    assert shown.count("+1.0 since T0") >= 4
    for words in (
        "22 of 22 dimensions are at least one level higher than at T0.",
        "missing to the target.",
        "2 levels are missing",
        "dimensions at level 2",
        "1 of 2 done",
    ):
        assert words in shown
    assert shown.count('class="chart-table"') == 4


def test_the_head_says_who_and_where(staff: FlaskClient, company: Company) -> None:
    shown = page(staff, company)
    for words in (
        "Waren · Mecklenburgische Seenplatte",
        "C25.62",
        "Coach Anke Krüger",
        "Active",
        f"/visits/new?company={company.id}",
    ):
        assert words in shown


def test_a_new_company_is_led_to_its_first_steps(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    shown = page(staff, company)
    for words in (
        "First steps",
        "Log the first visit",
        "Nothing has happened yet",
        "Not assessed yet",
        "Start T0",
    ):
        assert words in shown
    make_visit(session, company, coach)
    opened = assess(session, company, coach, submit=False)
    session.commit()
    shown = page(staff, company)
    assert "T0 in progress: 22 of 22 rated" in shown
    assert f"/assessments/{opened.id}" in shown
    opened.submit(db.utcnow(), 22, 22)
    plan(session, company, "Schritt")
    session.commit()
    assert "First steps" not in page(staff, company)


@pytest.mark.parametrize(
    ("role", "status"), [(Role.COACH, 200), (Role.MANAGER, 200), (Role.ADMIN, 403), (Role.COMPANY, 403)]
)
def test_coaches_and_managers_read_every_company(
    client: FlaskClient, session: Session, company: Company, role: Role, status: int
) -> None:
    person = make_user(session, role)
    session.commit()
    assert sign_in(client, person).get(f"/companies/{company.id}").status_code == status


def test_a_coach_of_others_is_offered_no_changes(
    client: FlaskClient, session: Session, company: Company
) -> None:
    promise = make_commitment(session, company, "Angebot prüfen")
    other = make_user(session, language="en")
    session.commit()
    shown = page(sign_in(client, other), company)
    for url in (
        f"{company.id}/edit",
        f"{company.id}/archiving",
        f"visits/new?company={company.id}",
        f"{promise.id}/completion",
    ):
        assert url not in shown


def test_an_archived_company_says_so_and_takes_no_visits(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    company.archive()
    session.commit()
    shown = page(staff, company)
    assert ">archived</span>" in shown
    assert f"/companies/{company.id}/restoration" in shown
    assert f"/visits/new?company={company.id}" not in shown


def test_eight_statements_however_long_the_past(
    app: Flask, staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    with_a_past(session, company, coach)
    with count_statements(app) as one:
        page(staff, company)
    for n in range(3):
        visit = db.utcnow() - dt.timedelta(days=40 + n)
        make_visit(session, company, coach, starts_at=visit, promises=[Promise(side=Side.COMPANY, text="x")])
        plan(session, company, f"Schritt {n}", MeasureStatus.RUNNING)
        make_visit(
            session, company, coach, starts_at=db.utcnow() + dt.timedelta(days=9), status=VisitStatus.PLANNED
        )
    session.commit()
    with count_statements(app) as three:
        page(staff, company)
    assert len(one) == len(three) <= 8


def test_scripts_in_notes_and_titles_are_shown_as_text(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    script = "<script>alert(1)</script>"
    make_visit(
        session,
        company,
        coach,
        subject=script,
        note=script,
        promises=[Promise(side=Side.CENTRE, text=script)],
    )
    plan(session, company, script, MeasureStatus.DONE)
    session.commit()
    shown = page(staff, company)
    assert script not in shown
    assert shown.count("&lt;script&gt;") >= 4
