"""The people tab with contacts and coaches: works, who may, who may not, bad input, edges."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Role, User
from app.companies.models import Company, CompanyCoach, Contact
from tests.counting import count_statements
from tests.factories import make_company, make_contact, make_member, make_user, post, sign_in

SEMMLER = {
    "salutation": "ms",
    "first_name": "Martina",
    "last_name": "Semmler",
    "function": "Geschäftsführerin",
    "email": "semmler@mueritz.example",
    "phone": "+49 (0)381 12345-6",
}


def contacts(session: Session, company: Company) -> list[Contact]:
    session.expire_all()
    statement = select(Contact).where(Contact.company_id == company.id).order_by(Contact.last_name)
    return list(session.scalars(statement))


def people(company: Company) -> str:
    return f"/companies/{company.id}/people"


def test_the_first_contact_is_the_main_one(staff: FlaskClient, session: Session, company: Company) -> None:
    assert post(staff, f"/companies/{company.id}/contacts/new", SEMMLER).status_code == 303
    [semmler] = contacts(session, company)
    assert (semmler.name, semmler.main, semmler.dialled) == ("Martina Semmler", True, "+49381123456")
    page = staff.get(people(company)).get_data(as_text=True)
    for shown in (
        "Martina Semmler",
        "Geschäftsführerin",
        'href="tel:+49381123456"',
        'href="mailto:semmler@mueritz.example"',
    ):
        assert shown in page


def test_there_is_one_main_contact(staff: FlaskClient, session: Session, company: Company) -> None:
    first = make_contact(session, company, "Olaf Brandt", main=True)
    session.commit()
    post(staff, f"/companies/{company.id}/contacts/new", {**SEMMLER, "main": "y"})
    assert {one.last_name: one.main for one in contacts(session, company)} == {
        "Brandt": False,
        "Semmler": True,
    }
    url = f"/companies/{company.id}/contacts/{first.id}/edit"
    post(staff, url, {"last_name": "Brandt", "main": "y"})
    assert {one.last_name: one.main for one in contacts(session, company)} == {
        "Brandt": True,
        "Semmler": False,
    }


def test_a_contact_is_changed_and_two_people_do_not_overwrite_each_other(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    contact = make_contact(session, company, "Martina Semmler", phone="0381 1")
    session.commit()
    url = f"/companies/{company.id}/contacts/{contact.id}/edit"
    opened = {"first_name": "Martina", "last_name": "Semmler", "phone": "0381 1", "version": "1"}
    post(staff, url, {**opened, "phone": "0381 22"})
    assert post(staff, url, {**opened, "function": "Inhaberin"}).status_code == 303
    answer = post(staff, url, {**opened, "phone": "0381 33"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert [number in page for number in ("0381 33", "0381 22", "0381 1")] == [True, True, True]
    [saved] = contacts(session, company)
    assert (saved.phone, saved.function) == ("0381 22", "Inhaberin")


def test_somebody_who_left_is_archived_and_brought_back(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    contact = make_contact(session, company, "Olaf Brandt", main=True)
    session.commit()
    url = f"/companies/{company.id}/contacts/{contact.id}"
    page = post(staff, f"{url}/archiving", follow_redirects=True).get_data(as_text=True)
    assert f'action="{url}/restoration"' in page
    assert "1 archived contact" in page
    [gone] = contacts(session, company)
    assert (gone.archived_at is None, gone.main) == (False, False)
    post(staff, f"{url}/restoration")
    assert contacts(session, company)[0].archived_at is None


@pytest.mark.parametrize("who", ["another coach", "administrator", "company user"])
def test_strangers_change_no_contacts(
    strangers: dict[str, FlaskClient], session: Session, company: Company, who: str
) -> None:
    contact = make_contact(session, company, "Olaf Brandt")
    session.commit()
    base, browser = f"/companies/{company.id}/contacts", strangers[who]
    for url in (f"{base}/new", f"{base}/{contact.id}/edit"):
        assert browser.get(url).status_code == 403
        assert post(browser, url, SEMMLER).status_code == 403
    assert post(browser, f"{base}/{contact.id}/archiving").status_code == 403
    assert [one.name for one in contacts(session, company)] == ["Olaf Brandt"]


def test_another_companys_contact_is_not_found(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    other = make_contact(session, make_company(session, coach), "Olaf Brandt")
    session.commit()
    assert staff.get(f"/companies/{company.id}/contacts/{other.id}/edit").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("last_name", "", "Enter the last name."),
        ("last_name", "x" * 61, "At most 60 characters"),
        ("email", "semmler", "This is no mail address"),
        ("phone", "ring me", "“ring me” is not a phone number."),
        ("salutation", "dr", "Not a valid choice"),
    ],
)
def test_bad_contacts_are_refused_with_what_was_typed(
    staff: FlaskClient, session: Session, company: Company, field: str, value: str, says: str
) -> None:
    answer = post(staff, f"/companies/{company.id}/contacts/new", {**SEMMLER, field: value})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert says in page
    assert 'value="Geschäftsführerin"' in page
    assert contacts(session, company) == []


def test_coaches_are_assigned_and_one_leads(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    second = make_user(session, first_name="Jan", last_name="Petersen")
    session.commit()
    url = f"/companies/{company.id}/coaches"
    before = str(coach.id)
    typed: dict[str, Any] = {
        "coaches": [before, str(second.id)],
        "coaches_before": before,
        "lead": str(second.id),
    }
    assert post(staff, url, typed).status_code == 303
    rows = session.execute(
        select(CompanyCoach.user_id, CompanyCoach.lead).where(CompanyCoach.company_id == company.id)
    )
    assert {tuple(row) for row in rows} == {(coach.id, False), (second.id, True)}
    page = staff.get(people(company)).get_data(as_text=True)
    assert page.index("Jan Petersen") < page.index(coach.name, page.index("Jan Petersen"))


def test_any_coach_takes_up_a_company_that_has_none(
    client: FlaskClient, session: Session, coach: User
) -> None:
    free, taken = make_company(session), make_company(session, coach)
    newcomer, admin = make_user(session), make_user(session, Role.ADMIN)
    session.commit()
    app = client.application
    browser = sign_in(app.test_client(), newcomer)
    assert browser.get(f"/companies/{taken.id}/coaches").status_code == 403
    assert post(browser, f"/companies/{free.id}/coaches", {"coaches": [str(newcomer.id)]}).status_code == 303
    assert browser.get(f"/companies/{free.id}/edit").status_code == 200
    assert sign_in(app.test_client(), admin).get(f"/companies/{free.id}/coaches").status_code == 403


def test_somebody_who_is_no_coach_cannot_be_assigned(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    admin = make_user(session, Role.ADMIN)
    session.commit()
    answer = post(staff, f"/companies/{company.id}/coaches", {"coaches": [str(admin.id)]})
    assert answer.status_code == 422
    assert session.scalar(select(CompanyCoach).where(CompanyCoach.user_id == admin.id)) is None


def test_the_number_of_statements_does_not_depend_on_the_rows(
    app: Flask, staff: FlaskClient, session: Session, company: Company
) -> None:
    make_contact(session, company, "A A")
    make_member(session, company)
    session.commit()
    with count_statements(app) as one:
        staff.get(people(company))
    for name in ("B B", "C C"):
        make_contact(session, company, name)
        make_member(session, company)
    session.commit()
    with count_statements(app) as three:
        staff.get(people(company))
    assert len(one) == len(three)
