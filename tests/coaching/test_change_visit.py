"""Changing, finishing and calling off a visit, alone and with somebody else at the same time."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import db
from app.accounts.models import Role, User
from app.coaching.models import Commitment, Side, TimeEntry, TimeKind, Visit, VisitContact, VisitStatus
from app.coaching.visiting import Promise
from app.companies.models import Company
from app.fields import Field
from tests.coaching.conftest import day_ago, form_values, opened, send
from tests.factories import make_company, make_contact, make_user, make_visit, post, sign_in

NARROW = "\N{NARROW NO-BREAK SPACE}"


@pytest.fixture
def visit(session: Session, company: Company, coach: User) -> Visit:
    made = make_visit(
        session,
        company,
        coach,
        subject="Rundgang",
        note="Alt",
        minutes={TimeKind.ON_SITE: 60, TimeKind.TRAVEL: 30},
        promises=[Promise("Angebot prüfen", Side.CENTRE, owner_id=coach.id)],
    )
    session.commit()
    return made


def stored(session: Session, visit: Visit) -> Visit:
    session.expire_all()
    return session.scalars(select(Visit).where(Visit.id == visit.id)).one()


def hours(session: Session, visit: Visit) -> dict[str, int]:
    session.expire_all()
    rows = session.scalars(select(TimeEntry).where(TimeEntry.visit_id == visit.id))
    return {entry.kind.value: entry.minutes for entry in rows}


def promised(session: Session, visit: Visit) -> list[str]:
    session.expire_all()
    rows = session.scalars(select(Commitment).where(Commitment.visit_id == visit.id))
    return sorted(one.text for one in rows)


def url_of(visit: Visit) -> str:
    return f"/visits/{visit.id}/edit"


def test_hours_people_and_commitments_are_changed(
    staff: FlaskClient, session: Session, visit: Visit, company: Company
) -> None:
    person = make_contact(session, company, "Henning Voss")
    session.commit()
    answer = send(
        staff,
        url_of(visit),
        opened(staff, url_of(visit)),
        on_site="90",
        travel="",
        preparation="15",
        contacts=[str(person.id)],
        **{"commitments-0-text": "Angebot schicken", "commitments-1-text": "Zähler melden"},
    )
    assert answer.location == f"/visits/{visit.id}"
    assert hours(session, visit) == {"on_site": 90, "preparation": 15}
    assert promised(session, visit) == ["Angebot schicken", "Zähler melden"]
    assert session.scalars(select(VisitContact.contact_id)).all() == [person.id]
    page = staff.get(answer.location).text
    assert "Henning Voss" in page
    assert "1\N{NARROW NO-BREAK SPACE}h\N{NARROW NO-BREAK SPACE}45" in page


def test_an_emptied_line_is_removed_and_can_be_brought_back(
    staff: FlaskClient, session: Session, visit: Visit
) -> None:
    answer = send(staff, url_of(visit), opened(staff, url_of(visit)), **{"commitments-0-text": ""})
    assert promised(session, visit) == []
    page = staff.get(answer.location).text
    assert "„Angebot prüfen“ ist aus" in page
    undo = page.split("/restoration")[0].rsplit('action="', 1)[1] + "/restoration"
    assert post(staff, undo).status_code == 303
    assert promised(session, visit) == ["Angebot prüfen"]


def test_hours_follow_the_visit_to_another_day(staff: FlaskClient, session: Session, visit: Visit) -> None:
    send(staff, url_of(visit), opened(staff, url_of(visit)), starts_at=[day_ago(5), "23:30"])
    days = session.scalars(select(TimeEntry.day).where(TimeEntry.visit_id == visit.id)).all()
    assert {day.isoformat() for day in days} == {day_ago(5)}


def test_a_planned_visit_is_finished(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    soon = db.utcnow() + dt.timedelta(days=2)
    planned = make_visit(
        session, company, coach, starts_at=soon, status=VisitStatus.PLANNED, minutes={TimeKind.ON_SITE: 120}
    )
    session.commit()
    assert "finish=1" in staff.get(f"/visits/{planned.id}").text
    values = opened(staff, f"{url_of(planned)}?finish=1")
    assert (values["status"], values["on_site"]) == (["done"], ["120"])
    assert values["starts_at"][0] <= day_ago(0)
    assert send(staff, url_of(planned), values, travel="45").status_code == 303
    assert stored(session, planned).status is VisitStatus.DONE
    assert hours(session, planned) == {"on_site": 120, "travel": 45}


def test_a_done_visit_that_becomes_planned_loses_its_hours(
    staff: FlaskClient, session: Session, visit: Visit
) -> None:
    values = opened(staff, url_of(visit))
    answer = send(staff, url_of(visit), values, status="planned", starts_at=[day_ago(-3), "09:00"], travel="")
    assert answer.status_code == 303
    assert hours(session, visit) == {}


def test_calling_off_and_taking_that_back(staff: FlaskClient, session: Session, visit: Visit) -> None:
    answer = post(staff, f"/visits/{visit.id}/cancellation")
    assert stored(session, visit).status is VisitStatus.CANCELLED
    page = staff.get(answer.location).text
    assert f'action="/visits/{visit.id}/reinstatement"' in page
    assert staff.get(url_of(visit)).status_code == 409
    assert "Rundgang" not in staff.get("/visits").text
    post(staff, f"/visits/{visit.id}/reinstatement")
    assert stored(session, visit).status is VisitStatus.DONE
    assert hours(session, visit) == {"on_site": 60, "travel": 30}


def test_the_history_tells_what_changed(staff: FlaskClient, session: Session, visit: Visit) -> None:
    typed = {"subject": "Rundgang Halle 1", "travel": "45", "preparation": "15", "new_people": "Carla Brandt"}
    send(staff, url_of(visit), opened(staff, url_of(visit)), **typed)
    send(staff, url_of(visit), opened(staff, url_of(visit)), preparation="", **{"commitments-0-text": ""})
    page = staff.get(f"/visits/{visit.id}").text.split('class="changes"')[1]
    lines = re.findall(r"<li>(.*?)</li>", page)
    assert lines == [
        f"Vorbereitung: 15{NARROW}min entfernt",
        "Zusage „Angebot prüfen“ entfernt",
        "Thema geändert von „Rundgang“ zu „Rundgang Halle 1“",
        "Carla Brandt war dabei",
        f"Vorbereitung: 15{NARROW}min eingetragen",
        f"Fahrt geändert von 30{NARROW}min zu 45{NARROW}min",
    ]
    assert page.count("<strong>Anke Krüger</strong>") == 2
    assert "Besuch erfasst" in page


# Who may


def test_other_coaches_read_but_do_not_change(client: FlaskClient, session: Session, visit: Visit) -> None:
    other = make_user(session)
    session.commit()
    sign_in(client, other)
    page = client.get(f"/visits/{visit.id}")
    assert page.status_code == 200
    assert "Stunden dieses Besuchs" not in page.text
    assert f"/visits/{visit.id}/edit" not in page.text
    assert client.get(url_of(visit)).status_code == 403
    assert post(client, url_of(visit), {"subject": "x"}).status_code == 403
    assert post(client, f"/visits/{visit.id}/cancellation").status_code == 403
    assert stored(session, visit).subject == "Rundgang"


def test_a_coach_of_the_company_changes_it_without_the_hours(
    client: FlaskClient, session: Session, coach: User
) -> None:
    second = make_user(session, first_name="Jonas", last_name="Dietz")
    visit = make_visit(
        session, make_company(session, coach, second), coach, subject="Alt", minutes={TimeKind.ON_SITE: 60}
    )
    session.commit()
    sign_in(client, second)
    values = opened(client, url_of(visit))
    assert "on_site" not in values
    assert send(client, url_of(visit), values, subject="Neu", on_site="600").status_code == 303
    assert stored(session, visit).subject == "Neu"
    assert (stored(session, visit).minutes, hours(session, visit)) == (60, {"on_site": 60})


def test_the_visits_coach_may_after_the_company_went_to_somebody_else(
    client: FlaskClient, session: Session, coach: User
) -> None:
    visit = make_visit(session, make_company(session), coach, subject="Alt")
    session.commit()
    sign_in(client, coach)
    assert send(client, url_of(visit), opened(client, url_of(visit)), subject="Neu").status_code == 303


def test_a_manager_changes_hours_and_coach(client: FlaskClient, session: Session, visit: Visit) -> None:
    manager, other = make_user(session, Role.MANAGER), make_user(session)
    session.commit()
    sign_in(client, manager)
    values = opened(client, url_of(visit))
    assert send(client, url_of(visit), values, coach_id=str(other.id), on_site="75").status_code == 303
    assert stored(session, visit).coach_id == other.id
    owners = session.scalars(select(TimeEntry.user_id).where(TimeEntry.visit_id == visit.id)).all()
    assert set(owners) == {other.id}
    assert hours(session, visit) == {"on_site": 75, "travel": 30}


@pytest.mark.parametrize("role", [Role.ADMIN, Role.COMPANY])
def test_nobody_outside_the_coaching_sees_a_visit(
    client: FlaskClient, session: Session, visit: Visit, role: Role
) -> None:
    person = make_user(session, role)
    session.commit()
    sign_in(client, person)
    assert client.get(f"/visits/{visit.id}").status_code == 403


# Two at once


def other_saves(session: Session, visit: Visit, **values: Any) -> None:
    """Somebody else changes the visit meanwhile."""
    found = stored(session, visit)
    for name, value in values.items():
        setattr(found, name, value)
    session.commit()


def test_different_fields_are_merged_silently(staff: FlaskClient, session: Session, visit: Visit) -> None:
    values = opened(staff, url_of(visit))
    other_saves(session, visit, subject="Von der Kollegin", main_field=Field.AI)
    assert send(staff, url_of(visit), values, note="Von mir").status_code == 303
    now = stored(session, visit)
    assert (now.subject, now.note, now.main_field) == ("Von der Kollegin", "Von mir", Field.AI)


@pytest.mark.parametrize(("choice", "kept"), [("mine", "Von mir"), ("theirs", "Von der Kollegin")])
def test_the_same_field_is_asked_about(
    staff: FlaskClient, session: Session, visit: Visit, choice: str, kept: str
) -> None:
    values = opened(staff, url_of(visit))
    other_saves(session, visit, note="Von der Kollegin")
    answer = send(staff, url_of(visit), values, note="Von mir", subject="Auch von mir")
    assert answer.status_code == 409
    for text in ("Von mir", "Von der Kollegin", "Alt", "Auch von mir"):
        assert text in answer.text
    assert stored(session, visit).note == "Von der Kollegin"
    again = dict(form_values(answer.text)) | {"resolve-note": choice}
    assert send(staff, url_of(visit), again).status_code == 303
    assert (stored(session, visit).note, stored(session, visit).subject) == (kept, "Auch von mir")


def test_the_moment_in_a_conflict_is_readable(staff: FlaskClient, session: Session, visit: Visit) -> None:
    values = opened(staff, url_of(visit))
    other_saves(session, visit, starts_at=dt.datetime(2025, 3, 4, 8, tzinfo=dt.UTC), further_fields=["ai"])
    answer = send(
        staff, url_of(visit), values, starts_at=["2025-03-05", "10:00"], further_fields=["automation"]
    )
    assert answer.status_code == 409
    assert "4. März 2025, 9:00" in answer.text
    assert "5. März 2025, 10:00" in answer.text
    assert "Automatisierung" in answer.text
    again = dict(form_values(answer.text)) | {"resolve-starts_at": "mine", "resolve-further_fields": "theirs"}
    assert send(staff, url_of(visit), again).status_code == 303
    now = stored(session, visit)
    assert (now.starts_at, now.further_fields) == (dt.datetime(2025, 3, 5, 9, tzinfo=dt.UTC), ["ai"])


def test_hours_of_both_are_merged_or_asked_about(staff: FlaskClient, session: Session, visit: Visit) -> None:
    values = opened(staff, url_of(visit))
    send(staff, url_of(visit), values, travel="40")
    assert send(staff, url_of(visit), values, preparation="20").status_code == 303
    assert hours(session, visit) == {"on_site": 60, "travel": 40, "preparation": 20}
    answer = send(staff, url_of(visit), values, travel="55")
    assert answer.status_code == 409
    assert "resolve-travel" in answer.text
    again = dict(form_values(answer.text)) | {"resolve-travel": "mine"}
    assert send(staff, url_of(visit), again).status_code == 303
    assert hours(session, visit) == {"on_site": 60, "travel": 55, "preparation": 20}


def test_people_of_both_are_merged(
    staff: FlaskClient, session: Session, visit: Visit, company: Company
) -> None:
    one, two, three = (make_contact(session, company, f"Person {n}") for n in range(3))
    session.commit()
    first = opened(staff, url_of(visit)) | {"contacts": [str(one.id), str(two.id)]}
    send(staff, url_of(visit), first)
    stale = opened(staff, url_of(visit))
    send(staff, url_of(visit), stale, contacts=[str(one.id), str(two.id), str(three.id)])
    assert send(staff, url_of(visit), stale, contacts=[str(one.id)]).status_code == 303
    present = session.scalars(select(VisitContact.contact_id).where(VisitContact.visit_id == visit.id)).all()
    assert set(present) == {one.id, three.id}


def test_a_commitment_changed_by_both_is_asked_about(
    staff: FlaskClient, session: Session, visit: Visit
) -> None:
    values = opened(staff, url_of(visit))
    send(staff, url_of(visit), values, **{"commitments-0-text": "Von der Kollegin"})
    answer = send(staff, url_of(visit), values, **{"commitments-0-text": "Von mir"})
    assert answer.status_code == 409
    assert "Von der Kollegin" in answer.text
    assert "Von mir" in answer.text
    again = dict(form_values(answer.text)) | {"resolve-commitments-0-text": "theirs"}
    assert send(staff, url_of(visit), again).status_code == 303
    assert promised(session, visit) == ["Von der Kollegin"]


def test_a_removed_commitment_stays_removed_unless_i_changed_it(
    staff: FlaskClient, session: Session, visit: Visit
) -> None:
    values = opened(staff, url_of(visit))
    send(staff, url_of(visit), values, **{"commitments-0-text": ""})
    send(staff, url_of(visit), values, note="Nur die Notiz")
    assert promised(session, visit) == []
    send(staff, url_of(visit), values, **{"commitments-0-text": "Angebot ändern"})
    assert promised(session, visit) == ["Angebot ändern"]


def test_a_form_sent_twice_adds_its_lines_once(staff: FlaskClient, session: Session, visit: Visit) -> None:
    values = opened(staff, url_of(visit))
    for _time in range(2):
        send(
            staff, url_of(visit), values, new_people="Carla Brandt", **{"commitments-2-text": "Zweite Zusage"}
        )
    assert promised(session, visit) == ["Angebot prüfen", "Zweite Zusage"]
    assert len(session.scalars(select(VisitContact).where(VisitContact.visit_id == visit.id)).all()) == 1


# Bad input and edges


def test_a_refused_change_keeps_what_was_typed(staff: FlaskClient, session: Session, visit: Visit) -> None:
    answer = send(
        staff, url_of(visit), opened(staff, url_of(visit)), on_site="1440", note="Bleibt", starts_at=["", ""]
    )
    assert answer.status_code == 422
    assert "Bleibt" in answer.text
    assert 'value="1440"' in answer.text
    assert stored(session, visit).note == "Alt"


def test_ids_of_foreign_commitments_are_not_touched(
    staff: FlaskClient, session: Session, visit: Visit, coach: User
) -> None:
    foreign = make_visit(session, make_company(session), coach, promises=[Promise("Fremde Zusage")])
    session.commit()
    theirs = session.scalars(select(Commitment).where(Commitment.visit_id == foreign.id)).one()
    values = opened(staff, url_of(visit))
    for key in (str(theirs.id), "kein-uuid", "0"):
        answer = send(
            staff, url_of(visit), values, **{"commitments-0-id": key, "commitments-0-text": "Übernommen"}
        )
        assert answer.status_code == 303
    assert promised(session, foreign) == ["Fremde Zusage"]


@pytest.mark.parametrize("seen", ["", "[]", "null", "[{},[],{}]", '[{"on_site": "x"}, [], {}]', "[" * 50])
def test_a_damaged_hidden_field_does_not_stop_saving(
    staff: FlaskClient, session: Session, visit: Visit, seen: str
) -> None:
    answer = send(staff, url_of(visit), opened(staff, url_of(visit)), seen=seen, note="Neu")
    assert answer.status_code in (303, 409)
    assert answer.status_code == 409 or stored(session, visit).note == "Neu"


def test_an_archived_participant_stays(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    person = make_contact(session, company)
    visit = make_visit(session, company, coach, contact_ids=[person.id])
    person.archived_at = db.utcnow()
    session.commit()
    assert send(staff, url_of(visit), opened(staff, url_of(visit)), note="Neu").status_code == 303
    assert len(session.scalars(select(VisitContact).where(VisitContact.visit_id == visit.id)).all()) == 1


def test_an_unchanged_form_changes_nothing(staff: FlaskClient, session: Session, visit: Visit) -> None:
    version = stored(session, visit).version
    assert send(staff, url_of(visit), opened(staff, url_of(visit))).status_code == 303
    assert stored(session, visit).version == version
    assert hours(session, visit) == {"on_site": 60, "travel": 30}
    assert promised(session, visit) == ["Angebot prüfen"]


def test_a_visit_that_does_not_exist_is_not_found(staff: FlaskClient, company: Company) -> None:
    assert staff.get(f"/visits/{company.id}").status_code == 404
    assert staff.get("/visits/x/edit").status_code == 404
