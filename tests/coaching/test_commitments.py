"""Commitments: the list, ticking, adding, changing, removing and bringing back."""

from __future__ import annotations

import datetime as dt

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from app import db
from app.accounts.models import Role, User
from app.coaching.listing import CommitmentFilter, Cursor
from app.coaching.models import Commitment, Side
from app.coaching.queries_lists import commitment_page
from app.coaching.visiting import Promise
from app.companies.models import Company
from tests.coaching.conftest import day_ago, form_values, opened, send
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


def day(days: int) -> dt.date:
    return dt.date.fromisoformat(day_ago(-days))


def stored(session: Session, one: Commitment) -> Commitment | None:
    key = one.__dict__.get("id") or inspect(one).identity[0]
    session.expire_all()
    return session.scalars(select(Commitment).where(Commitment.id == key)).one_or_none()


@pytest.fixture
def commitment(session: Session, company: Company, coach: User) -> Commitment:
    made = make_commitment(session, company, "Angebot prüfen", due_on=day(-3), user_id=coach.id)
    session.commit()
    return made


def test_overdue_ones_come_first_grouped_by_company(
    staff: FlaskClient, session: Session, company: Company, coach: User, commitment: Commitment
) -> None:
    person = make_contact(session, company, "Carla Brandt")
    later = make_company(session, coach, name="Uecker Guss GmbH")
    make_commitment(session, later, "Lastgang schicken", side=Side.COMPANY, due_on=day(4))
    make_commitment(session, company, "Ohne Termin", side=Side.COMPANY, contact_id=person.id)
    session.commit()
    page = staff.get("/commitments").text
    assert "1 ist überfällig" in page
    assert "seit 3 Tagen fällig · wir · Anke Krüger" in page
    assert "ohne Termin · das Unternehmen · Carla Brandt" in page
    order = [page.index(text) for text in ("Angebot prüfen", "Ohne Termin", "Uecker Guss GmbH", "Lastgang")]
    assert order == sorted(order)


def test_mine_all_sides_and_done_are_told_apart(
    staff: FlaskClient, session: Session, company: Company, commitment: Commitment
) -> None:
    other = make_user(session)
    make_commitment(session, make_company(session, other), "Fremde Zusage", user_id=other.id)
    make_commitment(session, company, "Zähler melden", side=Side.COMPANY)
    make_commitment(session, company, "Schon erledigt", done_at=db.utcnow())
    session.commit()
    mine = staff.get("/commitments").text
    assert "Fremde Zusage" not in mine
    assert "Schon erledigt" not in mine
    assert "Zähler melden" in mine
    assert "Fremde Zusage" in staff.get("/commitments?who=all").text
    assert "Zähler melden" not in staff.get("/commitments?side=centre").text
    done = staff.get("/commitments?state=done").text
    assert "Schon erledigt" in done
    assert "Angebot prüfen" not in done


def test_a_tick_and_its_undo(
    staff: FlaskClient, session: Session, coach: User, commitment: Commitment
) -> None:
    answer = post(staff, f"/commitments/{commitment.id}/completion", {"next": "/commitments?who=all"})
    assert (answer.status_code, answer.location) == (303, "/commitments?who=all")
    now = stored(session, commitment)
    assert now is not None
    assert now.done_at is not None
    assert now.done_by_id == coach.id
    page = staff.get("/commitments").text
    assert f'action="/commitments/{commitment.id}/reopening?next=/commitments' in page
    post(staff, f"/commitments/{commitment.id}/reopening")
    now = stored(session, commitment)
    assert now is not None
    assert (now.done_at, now.done_by_id) == (None, None)


def test_ticking_twice_keeps_the_first_moment(
    staff: FlaskClient, session: Session, commitment: Commitment
) -> None:
    post(staff, f"/commitments/{commitment.id}/completion")
    first = stored(session, commitment)
    assert first is not None
    moment = first.done_at
    post(staff, f"/commitments/{commitment.id}/completion")
    again = stored(session, commitment)
    assert again is not None
    assert again.done_at == moment


def test_htmx_gets_the_line_alone(staff: FlaskClient, commitment: Commitment) -> None:
    url = f"/commitments/{commitment.id}/completion"
    answer = post(staff, url, {"next": "/commitments"}, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.text.strip().startswith("<li")
    assert f"/commitments/{commitment.id}/reopening" in answer.text
    assert "<html" not in answer.text
    assert "Angebot prüfen</a>" in answer.text


def test_next_never_leads_away(staff: FlaskClient, company: Company, commitment: Commitment) -> None:
    for evil in ("https://boese.example", "//boese.example", "/\\boese.example", "javascript:alert(1)"):
        answer = post(staff, f"/commitments/{commitment.id}/completion", {"next": evil})
        assert answer.location == f"/companies/{company.id}/timeline"


def test_a_commitment_without_a_visit(staff: FlaskClient, session: Session, company: Company) -> None:
    url = f"/companies/{company.id}/commitments/new"
    values = opened(staff, url)
    for _time in range(2):  # sent twice: stored once
        answer = send(staff, url, values, text="Fördermittel prüfen", owner="company", due_on=day_ago(-9))
        assert answer.location == f"/companies/{company.id}/timeline"
    (made,) = session.scalars(select(Commitment).where(Commitment.company_id == company.id)).all()
    assert (made.text, made.side, made.due_on, made.visit_id) == (
        "Fördermittel prüfen",
        Side.COMPANY,
        day(9),
        None,
    )
    assert "Fördermittel prüfen" in staff.get(answer.location).text


def test_changing_and_removing_with_undo(
    staff: FlaskClient, session: Session, company: Company, commitment: Commitment
) -> None:
    url = f"/commitments/{commitment.id}/edit"
    assert send(staff, url, opened(staff, url), text="Angebot schicken", due_on="").status_code == 303
    now = stored(session, commitment)
    assert now is not None
    assert (now.text, now.due_on) == ("Angebot schicken", None)
    answer = post(staff, f"/commitments/{commitment.id}/removal", {"next": "/commitments"})
    assert answer.location == "/commitments"
    assert stored(session, commitment) is None
    restore = url.replace("edit", "restoration")
    assert restore in staff.get("/commitments").text
    assert post(staff, restore).status_code == 303
    now = stored(session, commitment)
    assert now is not None
    assert (now.text, now.side, now.company_id) == ("Angebot schicken", Side.CENTRE, company.id)
    assert post(staff, restore).status_code == 404


def test_a_lost_race_is_merged_or_asked_about(
    staff: FlaskClient, session: Session, company: Company, commitment: Commitment
) -> None:
    url = f"/commitments/{commitment.id}/edit"
    stale = opened(staff, url)
    send(staff, url, stale, text="Von der Kollegin", owner="company")
    assert send(staff, url, stale, due_on=day_ago(-5)).status_code == 303
    now = stored(session, commitment)
    assert now is not None
    assert (now.text, now.side, now.due_on) == ("Von der Kollegin", Side.COMPANY, day(5))
    answer = send(staff, url, stale, text="Von mir")
    assert answer.status_code == 409
    assert "Von der Kollegin" in answer.text
    again = dict(form_values(answer.text)) | {"resolve-text": "mine"}
    assert send(staff, url, again).status_code == 303
    now = stored(session, commitment)
    assert now is not None
    assert now.text == "Von mir"


# Who may


def test_other_coaches_see_but_do_not_tick(
    client: FlaskClient, session: Session, commitment: Commitment
) -> None:
    other = make_user(session)
    session.commit()
    sign_in(client, other)
    page = client.get("/commitments?who=all").text
    assert "Angebot prüfen" in page
    assert f"/commitments/{commitment.id}/completion" not in page
    for verb in ("completion", "reopening", "removal"):
        assert post(client, f"/commitments/{commitment.id}/{verb}").status_code == 403
    assert client.get(f"/commitments/{commitment.id}/edit").status_code == 403
    assert client.get(f"/companies/{commitment.company_id}/commitments/new").status_code == 403


def test_who_promised_may_tick_at_a_colleagues_company(client: FlaskClient, session: Session) -> None:
    other = make_user(session)
    one = make_commitment(session, make_company(session, make_user(session)), user_id=other.id)
    session.commit()
    sign_in(client, other)
    assert post(client, f"/commitments/{one.id}/completion").status_code == 303


def test_a_manager_may(client: FlaskClient, session: Session, commitment: Commitment) -> None:
    manager = make_user(session, Role.MANAGER)
    session.commit()
    sign_in(client, manager)
    assert post(client, f"/commitments/{commitment.id}/completion").status_code == 303
    post(client, f"/commitments/{commitment.id}/removal")
    other = make_user(session)
    session.commit()
    client.delete_cookie(client.application.config["SIGN_IN_COOKIE"])
    sign_in(client, other)
    assert post(client, f"/commitments/{commitment.id}/restoration").status_code == 403


# Bad input and edges


def test_a_commitment_of_a_visit_is_not_due_before_it(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    visit = make_visit(session, company, coach, promises=[Promise("Angebot")])
    session.commit()
    one = session.scalars(select(Commitment).where(Commitment.visit_id == visit.id)).one()
    url = f"/commitments/{one.id}/edit"
    answer = send(staff, url, opened(staff, url), due_on=day_ago(20), text="Angebot neu")
    assert answer.status_code == 422
    assert "liegt vor dem Besuch" in answer.text
    assert 'value="Angebot neu"' in answer.text


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"text": ""}, "Schreiben Sie, was zugesagt wurde."),
        ({"text": "x" * 201}, "200 Zeichen"),
        ({"text": "Gut", "due_on": "1899-01-01"}, "01.01.1899 liegt vor dem 01.01.2000"),
        ({"text": "Gut", "due_on": "morgen"}, "morgen"),
        ({"text": "Gut", "owner": "company:11111111-1111-1111-1111-111111111111"}, "Bitte"),
    ],
)
def test_refused_with_everything_kept(
    staff: FlaskClient, session: Session, company: Company, typed: dict[str, str], message: str
) -> None:
    url = f"/companies/{company.id}/commitments/new"
    answer = send(staff, url, opened(staff, url), **typed)
    assert answer.status_code == 422
    assert message in answer.text
    assert typed["text"] in answer.text
    assert session.scalars(select(Commitment).where(Commitment.company_id == company.id)).all() == []


def test_pages_follow_each_other(app: Flask, session: Session, company: Company, coach: User) -> None:
    for n in range(7):
        make_commitment(session, company, f"Zusage {n}", due_on=day(n) if n < 5 else None)
    wanted, seen, after = CommitmentFilter(mine=True), [], None
    for size in (3, 3, 3):
        page = commitment_page(session, coach, wanted, day(0), after=after, size=size)
        seen += [one.text for one in page.commitments]
        after = Cursor.read(str(page.next)) if page.next else None
    assert (sorted(seen), len(seen), page.count) == ([f"Zusage {n}" for n in range(7)], 7, 7)
    assert seen[:5] == [f"Zusage {n}" for n in range(5)]
    assert after is None


def test_the_list_needs_the_same_statements_for_one_and_three(
    app: Flask, staff: FlaskClient, session: Session, company: Company, coach: User, commitment: Commitment
) -> None:
    with count_statements(app) as one:
        staff.get("/commitments")
    person = make_contact(session, company)
    make_commitment(session, company, side=Side.COMPANY, contact_id=person.id)
    make_commitment(session, make_company(session, coach), user_id=coach.id)
    session.commit()
    with count_statements(app) as three:
        staff.get("/commitments")
    assert len(one) == len(three)


def test_an_empty_list_says_what_belongs_here(staff: FlaskClient, company: Company) -> None:
    assert "Nichts ist offen" in staff.get("/commitments").text
    assert "Noch nichts erledigt" in staff.get("/commitments?state=done").text


def test_archived_companies_ask_for_nothing(
    staff: FlaskClient, session: Session, company: Company, commitment: Commitment
) -> None:
    company.archive()
    session.commit()
    assert "Angebot prüfen" not in staff.get("/commitments").text
