"""Logging a visit: works · who may · edges; what is refused is in the file beside."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Role, User
from app.coaching.models import (
    Commitment,
    Side,
    TimeEntry,
    TimeKind,
    Visit,
    VisitContact,
    VisitKind,
    VisitStatus,
)
from app.companies.models import Company, Contact
from app.fields import Field
from tests.coaching.conftest import day_ago, form_values, opened, send
from tests.counting import count_statements
from tests.factories import make_company, make_contact, make_member, make_user, make_visit, post, sign_in


def visits(session: Session, company: Company) -> list[Visit]:
    session.expire_all()
    return list(session.scalars(select(Visit).where(Visit.company_id == company.id).order_by(Visit.number)))


def url_of(company: Company) -> str:
    return f"/visits/new?company={company.id}"


def test_company_and_day_suffice(staff: FlaskClient, session: Session, company: Company, coach: User) -> None:
    token = opened(staff, url_of(company))["csrf_token"]
    answer = staff.post(
        url_of(company),
        data={"csrf_token": token, "starts_at": day_ago(), "status": "done", "kind": "on_site"},
    )
    (visit,) = visits(session, company)
    assert answer.status_code == 303
    assert answer.location == f"/visits/{visit.id}"
    assert (visit.status, visit.coach_id, visit.minutes, visit.number[:2]) == (
        VisitStatus.DONE,
        coach.id,
        0,
        "V-",
    )
    page = staff.get(answer.location).text
    assert "Es fehlen noch: Stunden, Haupt-Handlungsfeld, Personen, Thema" in page


def test_everything_at_once(staff: FlaskClient, session: Session, company: Company, coach: User) -> None:
    person = make_contact(session, company, "Henning Voss")
    session.commit()
    answer = send(
        staff,
        url_of(company),
        opened(staff, url_of(company)),
        starts_at=[day_ago(), "09:30"],
        kind="workshop",
        main_field="decarbonization",
        further_fields=["decarbonization", "ai"],
        contacts=[str(person.id)],
        new_people="Frau Carla Brandt",
        on_site="135",
        travel="60",
        subject="Kälteanlage",
        note="**Verdampfer** von 2004",
        **{
            "commitments-0-text": "Rechnung zur Abwärmenutzung",
            "commitments-1-text": "Lastgang Oktober schicken",
            "commitments-1-owner": f"company:{person.id}",
            "commitments-1-due_on": day_ago(-7),
        },
    )
    assert answer.status_code == 303
    (visit,) = visits(session, company)
    assert (visit.kind, visit.main_field, visit.further_fields) == (
        VisitKind.WORKSHOP,
        Field.DECARBONIZATION,
        ["ai"],
    )
    assert visit.minutes == 135
    hours = {
        e.kind: e.minutes for e in session.scalars(select(TimeEntry).where(TimeEntry.visit_id == visit.id))
    }
    assert hours == {TimeKind.ON_SITE: 135, TimeKind.TRAVEL: 60}
    names = session.scalars(
        select(Contact.last_name)
        .join(VisitContact)
        .where(VisitContact.visit_id == visit.id)
        .order_by(Contact.last_name)
    ).all()
    assert names == ["Brandt", "Voss"]
    made = session.scalars(
        select(Commitment).where(Commitment.visit_id == visit.id).order_by(Commitment.created_at)
    ).all()
    assert [(c.text, c.side, c.user_id, c.contact_id) for c in made] == [
        ("Rechnung zur Abwärmenutzung", Side.CENTRE, coach.id, None),
        ("Lastgang Oktober schicken", Side.COMPANY, None, person.id),
    ]
    page = staff.get(answer.location).text
    assert "<strong>Verdampfer</strong>" in page
    assert "3\N{NARROW NO-BREAK SPACE}h\N{NARROW NO-BREAK SPACE}15" in page
    assert "Frau" not in names


def test_a_new_form_is_like_the_last_visit(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    person, absent = make_contact(session, company), make_contact(session, company, "Henning Voss")
    make_visit(
        session,
        company,
        coach,
        kind=VisitKind.REMOTE,
        contact_ids=[person.id],
        minutes={TimeKind.ON_SITE: 45},
    )
    session.commit()
    values = opened(staff, url_of(company))
    assert (values["kind"], values["contacts"], values["on_site"]) == (["remote"], [str(person.id)], ["45"])
    assert str(absent.id) in staff.get(url_of(company)).text
    assert values["travel"] == [""]


@time_machine.travel("2026-11-18T09:58:00+00:00", tick=False)
def test_a_new_form_begins_now_at_a_full_quarter(client: FlaskClient, coach: User, company: Company) -> None:
    staff = sign_in(client, coach)
    assert opened(staff, url_of(company))["starts_at"] == ["2026-11-18", "10:45"]
    assert opened(staff, f"{url_of(company)}&status=planned")["starts_at"] == ["2026-11-19", "09:00"]


def test_a_planned_visit_keeps_its_length_and_has_no_hours(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    values = opened(staff, f"{url_of(company)}&status=planned")
    assert send(staff, url_of(company), values, on_site="90").status_code == 303
    (visit,) = visits(session, company)
    assert (visit.status, visit.minutes) == (VisitStatus.PLANNED, 90)
    assert session.scalars(select(TimeEntry).where(TimeEntry.visit_id == visit.id)).all() == []


def test_the_company_is_chosen_first(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    make_company(session, make_user(session), name="Fremde Guss AG")
    make_company(session, coach, name="Archivierte KG").archive()
    session.commit()
    page = staff.get("/visits/new").text
    assert "Boddenfisch Feinkost GmbH" in page
    assert "Fremde Guss AG" not in page
    assert "Archivierte KG" not in page
    assert "Boddenfisch" in staff.get("/visits/new?q=bodden").text
    assert "Boddenfisch" not in staff.get("/visits/new?q=uecker").text


def test_a_manager_chooses_among_all_own_ones_first(
    client: FlaskClient, session: Session, company: Company
) -> None:
    manager = make_user(session, Role.MANAGER)
    make_company(session, manager, name="Zander Guss AG")
    session.commit()
    page = sign_in(client, manager).get("/visits/new").text
    order = [
        page.index(text) for text in ("Ihre Unternehmen", "Zander Guss AG", "Alle anderen", company.name)
    ]
    assert order == sorted(order)


def test_a_manager_logs_for_a_coach(
    client: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    manager = make_user(session, Role.MANAGER)
    session.commit()
    sign_in(client, manager)
    values = opened(client, url_of(company))
    assert values["coach_id"] == [str(manager.id)]
    assert (
        send(
            client,
            url_of(company),
            values,
            starts_at=[day_ago(), "09:00"],
            on_site="60",
            coach_id=str(coach.id),
        ).status_code
        == 303
    )
    (visit,) = visits(session, company)
    entry = session.scalars(select(TimeEntry).where(TimeEntry.visit_id == visit.id)).one()
    assert (visit.coach_id, entry.user_id) == (coach.id, coach.id)


# Who may not


def test_a_coach_of_other_companies_may_not(client: FlaskClient, session: Session, company: Company) -> None:
    other = make_user(session)
    session.commit()
    sign_in(client, other)
    assert client.get(url_of(company)).status_code == 403
    assert post(client, url_of(company), {"starts_at": day_ago()}).status_code == 403
    assert visits(session, company) == []


@pytest.mark.parametrize("role", [Role.ADMIN, Role.COMPANY])
def test_nobody_outside_the_coaching_may(
    client: FlaskClient, session: Session, company: Company, role: Role
) -> None:
    person = make_member(session, company) if role is Role.COMPANY else make_user(session, role)
    session.commit()
    sign_in(client, person)
    assert client.get(url_of(company)).status_code == 403


def test_no_visit_for_an_archived_company(staff: FlaskClient, session: Session, company: Company) -> None:
    company.archive()
    session.commit()
    assert staff.get(url_of(company)).status_code == 409


# Edges


def test_the_same_form_sent_twice_is_one_visit(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    values = opened(staff, url_of(company))
    typed = {
        "new_people": "Carla Brandt",
        "on_site": "60",
        "starts_at": [day_ago(), "09:00"],
        "commitments-0-text": "Angebot",
    }
    first = send(staff, url_of(company), values, **typed)
    second = send(staff, url_of(company), values, **typed)
    (visit,) = visits(session, company)
    assert (first.status_code, second.status_code) == (303, 303)
    assert second.location == f"/visits/{visit.id}"
    assert len(session.scalars(select(Contact).where(Contact.company_id == company.id)).all()) == 1
    assert len(session.scalars(select(Commitment).where(Commitment.visit_id == visit.id)).all()) == 1


def test_what_was_typed_after_a_torn_connection_is_not_lost(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    values = opened(staff, url_of(company))
    values |= {"commitments-0-text": ["Angebot"], "starts_at": [day_ago(), "09:00"]}
    send(staff, url_of(company), values, note="Erster Satz.")
    again = send(staff, url_of(company), values, note="Erster Satz. Zweiter Satz.")
    assert again.status_code == 409
    assert "Erster Satz. Zweiter Satz." in again.text
    (visit,) = visits(session, company)
    saved = send(staff, f"/visits/{visit.id}/edit", dict(form_values(again.text)))
    assert saved.status_code == 303
    (visit,) = visits(session, company)
    assert visit.note == "Erster Satz. Zweiter Satz."
    assert len(session.scalars(select(Commitment).where(Commitment.visit_id == visit.id)).all()) == 1


def test_a_broken_form_id_still_saves(staff: FlaskClient, session: Session, company: Company) -> None:
    for text in ("", "kein uuid", str(uuid.uuid4())[:-1]):
        values = opened(staff, url_of(company))
        assert send(staff, url_of(company), values, new_id=text).status_code == 303
    assert len(visits(session, company)) == 3


@pytest.mark.parametrize(
    ("day", "time", "stored"),
    [
        ("2025-07-01", "23:30", "2025-07-01T21:30:00+00:00"),
        ("2025-07-01", "00:15", "2025-06-30T22:15:00+00:00"),
        ("2025-03-30", "02:30", "2025-03-30T01:30:00+00:00"),  # this hour does not exist
        ("2025-10-26", "02:30", "2025-10-26T00:30:00+00:00"),  # this hour exists twice
        ("2025-01-15", "09:00", "2025-01-15T08:00:00+00:00"),
    ],
)
def test_hours_fall_on_the_day_of_the_centre(
    staff: FlaskClient, session: Session, company: Company, day: str, time: str, stored: str
) -> None:
    values = opened(staff, url_of(company))
    assert send(staff, url_of(company), values, starts_at=[day, time], on_site="30").status_code == 303
    (visit,) = visits(session, company)
    entry = session.scalars(select(TimeEntry).where(TimeEntry.visit_id == visit.id)).one()
    assert visit.starts_at == dt.datetime.fromisoformat(stored)
    assert entry.day == dt.date.fromisoformat(day)


def test_without_a_time_it_is_nine(staff: FlaskClient, session: Session, company: Company) -> None:
    send(staff, url_of(company), opened(staff, url_of(company)), starts_at=["2025-01-15", ""])
    assert visits(session, company)[0].starts_at == dt.datetime(2025, 1, 15, 8, tzinfo=dt.UTC)


def test_a_known_person_typed_again_is_not_doubled(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    make_contact(session, company, "Carla Brandt")
    session.commit()
    send(staff, url_of(company), opened(staff, url_of(company)), new_people="frau brandt, Carla  BRANDT")
    assert len(session.scalars(select(Contact).where(Contact.company_id == company.id)).all()) == 1
    assert len(session.scalars(select(VisitContact).where(VisitContact.company_id == company.id)).all()) == 1


def test_two_of_one_name_must_be_told_apart(staff: FlaskClient, session: Session, company: Company) -> None:
    make_contact(session, company, "Carla Brandt")
    make_contact(session, company, "Karl Brandt")
    session.commit()
    answer = send(staff, url_of(company), opened(staff, url_of(company)), new_people="Brandt")
    assert answer.status_code == 422
    assert "mehrere Personen namens Brandt" in answer.text


def test_row_names_that_only_look_like_numbers(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    values = opened(staff, url_of(company))
    odd = {"commitments-²-text": "x", "commitments--1-text": "y", "commitments-99999999999-text": "z"}
    assert send(staff, url_of(company), values, **odd).status_code == 303


def test_too_many_rows_are_refused(staff: FlaskClient, session: Session, company: Company) -> None:
    values = opened(staff, url_of(company))
    rows = {f"commitments-{n}-text": f"Zusage {n}" for n in range(60)}
    answer = send(staff, url_of(company), values, **rows)
    assert answer.status_code == 422
    assert "Zusage 59" in answer.text
    assert visits(session, company) == []


def test_saving_needs_few_statements(
    app: Flask, staff: FlaskClient, session: Session, company: Company
) -> None:
    people = [make_contact(session, company, f"Person {n}") for n in range(4)]
    session.commit()
    values = opened(staff, url_of(company))
    typed = {"contacts": [str(p.id) for p in people], "on_site": "60", "travel": "30", "preparation": "15"}
    rows = {f"commitments-{n}-text": f"Zusage {n}" for n in range(5)}
    with count_statements(app) as seen:
        answer = send(staff, url_of(company), values, starts_at=[day_ago(), "09:00"], **typed, **rows)
    assert answer.status_code == 303
    own = [s for s in seen if "history_" not in s and "user_sessions" not in s and "FROM centre" not in s]
    assert len(own) <= 12, own
