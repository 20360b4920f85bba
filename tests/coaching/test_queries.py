"""What other domains read: shared visits, hours, next and last visit, and who may see which rows."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import db
from app.accounts.models import Role, User
from app.coaching import access, queries
from app.coaching.models import Side, TimeKind, VisitStatus
from app.coaching.visiting import Promise
from app.companies.models import Company
from app.fields import Field
from tests.factories import (
    make_commitment,
    make_company,
    make_contact,
    make_member,
    make_user,
    make_visit,
)


def test_the_shared_part_of_a_visit_has_no_note(session: Session, company: Company, coach: User) -> None:
    person = make_contact(session, company, "Carla Brandt")
    make_visit(
        session,
        company,
        coach,
        subject="Kälteanlage",
        note="GEHEIM",
        main_field=Field.DECARBONIZATION,
        further_fields=["ai"],
        minutes={TimeKind.ON_SITE: 120, TimeKind.TRAVEL: 30},
        contact_ids=[person.id],
        promises=[Promise("Lastgang schicken", Side.COMPANY, owner_id=person.id)],
    )
    (shared,) = queries.shared_visits_of(session, company)
    assert "GEHEIM" not in repr(dataclasses.asdict(shared))
    assert (shared.subject, shared.session_minutes, shared.minutes) == ("Kälteanlage", 120, 150)
    assert (shared.coach, shared.people) == ("Anke Krüger", ("Carla Brandt",))
    assert shared.fields == (Field.DECARBONIZATION, Field.AI)
    (promise,) = shared.commitments
    assert (promise.text, promise.owner, promise.side) == ("Lastgang schicken", "Carla Brandt", Side.COMPANY)


def test_cancelled_visits_are_shared_with_nobody_and_have_no_hours(
    session: Session, company: Company, coach: User
) -> None:
    visit = make_visit(session, company, coach, minutes={TimeKind.ON_SITE: 60})
    assert queries.hours_of(session, company).total == 60
    visit.call_off()
    session.flush()
    assert queries.shared_visits_of(session, company) == []
    assert queries.visits_of(session, company, 10) == []
    assert queries.hours_of(session, company).by_kind == dict.fromkeys(TimeKind, 0)


def test_next_and_last_visit(app: Flask, session: Session, company: Company, coach: User) -> None:
    now = db.utcnow()
    for days in (9, 4, -2):
        make_visit(
            session, company, coach, starts_at=now + dt.timedelta(days=days), status=VisitStatus.PLANNED
        )
    make_visit(session, company, coach, starts_at=dt.datetime(2025, 5, 31, 22, 30, tzinfo=dt.UTC))
    coming = queries.next_visit(session, company)
    assert coming is not None
    assert coming.starts_at == now + dt.timedelta(days=4)
    other = make_company(session)
    with app.app_context():
        last = queries.last_visit_day(session, [company.id, other.id])
    assert last == {company.id: dt.date(2025, 6, 1)}
    assert queries.next_visit(session, other) is None


def test_open_commitments_with_the_earliest_date_first(session: Session, company: Company) -> None:
    for text, due_on in (("ohne", None), ("spät", dt.date(2027, 1, 2)), ("früh", dt.date(2026, 1, 2))):
        make_commitment(session, company, text, due_on=due_on)
    make_commitment(session, company, "erledigt", done_at=db.utcnow())
    assert [c.text for c in queries.open_commitments_of(session, company)] == ["früh", "spät", "ohne"]


@pytest.mark.parametrize(
    ("who", "visits", "time", "commitments"),
    [("coach", 2, 1, 2), ("manager", 2, 2, 2), ("admin", 0, 0, 0), ("member", 0, 0, 1)],
)
def test_scopes(
    session: Session, company: Company, coach: User, who: str, visits: int, time: int, commitments: int
) -> None:
    other = make_user(session)
    elsewhere = make_company(session, other)
    make_visit(session, company, coach, minutes={TimeKind.ON_SITE: 60}, promises=[Promise("a")])
    make_visit(session, elsewhere, other, minutes={TimeKind.ON_SITE: 60}, promises=[Promise("b")])
    person = {
        "coach": lambda: coach,
        "manager": lambda: make_user(session, Role.MANAGER),
        "admin": lambda: make_user(session, Role.ADMIN),
        "member": lambda: make_member(session, company),
    }[who]()
    assert len(session.scalars(access.visible_visits(person)).all()) == visits
    assert len(session.scalars(access.visible_time(person)).all()) == time
    assert len(session.scalars(access.visible_commitments(person)).all()) == commitments
