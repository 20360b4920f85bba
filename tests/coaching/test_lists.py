"""The list of visits and a company's timeline: filters, sums, pages, who sees which hours."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import db
from app.accounts.models import Role, User
from app.coaching.listing import Cursor, VisitFilter
from app.coaching.models import Side, TimeKind, VisitKind, VisitStatus
from app.coaching.queries_lists import timeline_of, visit_page
from app.coaching.visiting import Promise
from app.companies.models import Company
from app.fields import Field
from tests.counting import count_statements
from tests.factories import (
    make_commitment,
    make_company,
    make_contact,
    make_member,
    make_user,
    make_visit,
    sign_in,
)

HOUR = {TimeKind.ON_SITE: 60}
NARROW = "\N{NARROW NO-BREAK SPACE}"


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text + ":00+00:00")


def test_my_visits_with_their_sum(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    make_visit(session, company, coach, subject="Mein Besuch", minutes={**HOUR, TimeKind.TRAVEL: 15})
    make_visit(session, company, make_user(session), subject="Besuch der Kollegin", minutes=HOUR)
    session.commit()
    page = staff.get("/visits").text
    assert "Mein Besuch" in page
    assert "Besuch der Kollegin" not in page
    assert f"1 Besuch · zusammen 1{NARROW}h{NARROW}15" in page
    everything = staff.get("/visits?who=all").text
    assert "Besuch der Kollegin" in everything
    assert f"2 Besuche · davon 1{NARROW}h{NARROW}15 Ihre" in everything


def test_a_manager_sees_all_hours(
    client: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    make_visit(session, company, coach, minutes=HOUR)
    make_visit(session, company, make_user(session), minutes=HOUR)
    manager = make_user(session, Role.MANAGER)
    session.commit()
    sign_in(client, manager)
    assert f"2 Besuche · zusammen 2{NARROW}h" in client.get("/visits").text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"A", "B", "C", "P"}),
        ("status=planned", {"P"}),
        ("status=cancelled", {"X"}),
        ("status=done", {"A", "B", "C"}),
        ("field=ai", {"B"}),
        ("kind=phone", {"C"}),
        ("first=2025-06-01&last=2025-06-30", {"B"}),
        ("first=2025-07-01", {"C", "P"}),
        ("last=2025-05-31", {"A"}),
        ("status=unsinn&field=x&kind=&first=gestern&last=99999-01-01&before=kaputt", {"A", "B", "C", "P"}),
    ],
)
def test_filters_stand_in_the_address(
    staff: FlaskClient, session: Session, company: Company, coach: User, query: str, expected: set[str]
) -> None:
    soon = db.utcnow() + dt.timedelta(days=3)
    make_visit(session, company, coach, subject="Wort-A", starts_at=at("2025-05-31T21:30"))  # 23:30 in Berlin
    make_visit(
        session, company, coach, subject="Wort-B", starts_at=at("2025-05-31T22:30"), main_field=Field.AI
    )
    make_visit(
        session, company, coach, subject="Wort-C", starts_at=at("2025-07-01T08:00"), kind=VisitKind.PHONE
    )
    make_visit(session, company, coach, subject="Wort-P", starts_at=soon, status=VisitStatus.PLANNED)
    make_visit(session, company, coach, subject="Wort-X", starts_at=at("2025-07-02T08:00")).call_off()
    session.commit()
    page = staff.get(f"/visits?{query}").text
    assert {letter for letter in "ABCPX" if f"Wort-{letter}" in page} == expected


def test_pages_lead_forth_and_back(app: Flask, session: Session, company: Company, coach: User) -> None:
    for n in range(7):
        make_visit(session, company, coach, subject=str(n), starts_at=at(f"2025-03-0{n // 2 + 1}T08:00"))
    wanted = VisitFilter(mine=True)

    def subjects(**place: Cursor | None) -> tuple[list[str], Cursor | None, Cursor | None]:
        page = visit_page(session, coach, wanted, size=3, **place)
        return [v.subject for v in page.visits], page.previous, page.next

    first, none, after_first = subjects()
    second, before_second, after_second = subjects(older_than=Cursor.read(str(after_first)))
    third, before_third, end = subjects(older_than=after_second)
    assert sorted([*first, *second, *third]) == [str(n) for n in range(7)]
    assert (none, end) == (None, None)
    back, before_back, _next = subjects(newer_than=Cursor.read(str(before_third)))
    assert back == second
    assert subjects(newer_than=before_back)[0] == first
    assert subjects(newer_than=before_second)[0] == first


def test_unfinished_visits_say_what_is_missing(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    make_visit(session, company, coach)
    past = db.utcnow() - dt.timedelta(hours=3)
    make_visit(session, company, coach, starts_at=past, status=VisitStatus.PLANNED)
    session.commit()
    page = staff.get("/visits").text
    assert "es fehlen noch: Stunden, Haupt-Handlungsfeld, Personen, Thema" in page
    assert "geplant, noch nicht abgeschlossen" in page


def test_complete_visits_miss_nothing(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    person = make_contact(session, company)
    values = {"minutes": HOUR, "contact_ids": [person.id], "main_field": Field.AI, "subject": "Rundgang"}
    make_visit(session, company, coach, **values)
    session.commit()
    assert "fehl" not in staff.get("/visits").text.split('id="visits"')[1].split("</table>")[0]


def test_an_empty_list_says_what_belongs_here(staff: FlaskClient, company: Company) -> None:
    assert "Noch keine Besuche" in staff.get("/visits").text
    assert "Kein Besuch passt zu diesen Filtern" in staff.get("/visits?kind=phone").text


@pytest.mark.parametrize("role", [Role.ADMIN, Role.COMPANY])
@pytest.mark.parametrize("url", ["/visits", "/commitments"])
def test_lists_are_for_the_coaching_only(client: FlaskClient, session: Session, role: Role, url: str) -> None:
    person = make_user(session, role)
    session.commit()
    assert sign_in(client, person).get(url).status_code == 403


def test_lists_need_the_same_statements_for_one_and_three(
    app: Flask, staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    def grow() -> None:
        firm = make_company(session, coach)
        person = make_contact(session, firm)
        promises = [Promise("a"), Promise("b", Side.COMPANY, owner_id=person.id)]
        make_visit(session, firm, coach, minutes=HOUR, contact_ids=[person.id], promises=promises)
        mine = make_contact(session, company)
        make_visit(session, company, coach, minutes=HOUR, contact_ids=[mine.id], promises=[Promise("c")])
        make_commitment(session, company, "lose Zusage")
        session.commit()

    grow()
    urls = ("/visits", f"/companies/{company.id}/timeline", "/visits/new")
    counts = []
    for _round in range(2):
        with count_statements(app) as seen:
            for url in urls:
                assert staff.get(url).status_code == 200
        counts.append(len(seen))
        grow()
        grow()
    assert counts[0] == counts[1]


# The timeline


def test_the_timeline_sums_the_hours_that_the_reader_may_see(
    client: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    make_visit(session, company, coach, minutes=HOUR)
    make_visit(session, company, make_user(session), minutes={TimeKind.TRAVEL: 90})
    manager = make_user(session, Role.MANAGER)
    session.commit()
    url = f"/companies/{company.id}/timeline"
    mine = sign_in(client, coach).get(url).text
    assert "Ihre Stunden" in mine
    assert f"1{NARROW}h{NARROW}30" not in mine
    everything = sign_in(client, manager).get(url).text
    assert "Stunden des Zentrums" in everything
    assert f"2{NARROW}h{NARROW}30" in everything


def test_planned_on_top_then_latest_first(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    soon = db.utcnow() + dt.timedelta(days=3)
    person = make_contact(session, company, "Henning Voss")
    make_visit(session, company, coach, subject="Der ältere", starts_at=at("2025-03-01T08:00"), minutes=HOUR)
    make_visit(session, company, coach, subject="Der neuere", minutes=HOUR, contact_ids=[person.id])
    make_visit(session, company, coach, subject="Der geplante", starts_at=soon, status=VisitStatus.PLANNED)
    make_commitment(session, company, "Lose Zusage", created_at=at("2025-06-01T08:00"))
    session.commit()
    page = staff.get(f"/companies/{company.id}/timeline").text
    order = [page.index(text) for text in ("Der geplante", "Der neuere", "Lose Zusage", "Der ältere")]
    assert order == sorted(order)
    assert "mit Henning Voss" in page
    assert f"2{NARROW}h" in page


def test_the_timeline_can_be_narrowed(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    make_visit(session, company, coach, subject="Ein Besuch", promises=[Promise("Zusage beim Besuch")])
    make_commitment(session, company, "Lose Zusage")
    session.commit()
    url = f"/companies/{company.id}/timeline"
    only_visits, only_promises = (
        staff.get(f"{url}?show=visits").text,
        staff.get(f"{url}?show=commitments").text,
    )
    assert "Ein Besuch" in only_visits
    assert "Lose Zusage" not in only_visits
    assert "Ein Besuch" not in only_promises
    assert "Zusage beim Besuch" in only_promises
    assert "Lose Zusage" in only_promises


def test_a_long_timeline_has_pages(app: Flask, session: Session, company: Company, coach: User) -> None:
    for n in range(5):
        make_visit(session, company, coach, subject=str(n), starts_at=at(f"2025-03-0{n + 1}T08:00"))
        make_commitment(session, company, f"z{n}", created_at=at(f"2025-03-0{n + 1}T09:00"))
    seen, before = [], None
    for _page in range(4):
        line = timeline_of(session, company, before=before, size=3)
        seen += [getattr(e, "subject", None) or getattr(e, "text", "") for e in line.entries]
        before = Cursor.read(str(line.next)) if line.next else None
    assert seen == ["z4", "4", "z3", "3", "z2", "2", "z1", "1", "z0", "0"]
    assert before is None


def test_other_coaches_read_the_timeline_without_buttons(
    client: FlaskClient, session: Session, company: Company
) -> None:
    other = make_user(session)
    session.commit()
    page = sign_in(client, other).get(f"/companies/{company.id}/timeline")
    assert page.status_code == 200
    assert f"/visits/new?company={company.id}" not in page.text


def test_members_of_a_company_do_not_see_the_coaches_timeline(
    client: FlaskClient, session: Session, company: Company
) -> None:
    member = make_member(session, company)
    session.commit()
    assert sign_in(client, member).get(f"/companies/{company.id}/timeline").status_code == 403


def test_an_unknown_company_is_not_found(staff: FlaskClient, coach: User) -> None:
    assert staff.get(f"/companies/{coach.id}/timeline").status_code == 404
    assert staff.get(f"/visits/new?company={coach.id}").status_code == 404
