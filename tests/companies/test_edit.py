"""Changing, archiving and restoring a company: works, who may, who may not, bad input, two people at once."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.accounts import queries as accounts
from app.accounts.models import Role, User
from app.companies.forms import CompanyForm
from app.companies.models import Company, CompanyCoach, CompanyStatus, CompanyTag
from tests.factories import make_company, make_user, post, sign_in


def opened(company: Company, tags: str = "", coaches: str = "") -> dict[str, Any]:
    """The form as a browser sends it that has just opened it."""
    fields = {name: getattr(company, name) for name in CompanyForm.FIELDS}
    return {
        **{name: getattr(value, "value", value) for name, value in fields.items()},
        "version": str(company.version),
        "tags": tags,
        "tags_before": tags,
        "coaches": coaches.split(),
        "coaches_before": coaches,
    }


def now(session: Session, company: Company) -> Company:
    session.expire_all()
    return session.get_one(Company, company.id)


def edit_url(company: Company) -> str:
    return f"/companies/{company.id}/edit"


def test_a_change_is_kept_and_told(staff: FlaskClient, session: Session, company: Company) -> None:
    answer = post(staff, edit_url(company), {**opened(company), "status": "paused", "city": "Waren"})
    assert (answer.status_code, answer.location) == (303, f"/companies/{company.id}/data")
    saved = now(session, company)
    assert (saved.status, saved.city, saved.version) == (CompanyStatus.PAUSED, "Waren", 2)
    page = staff.get(f"/companies/{company.id}/data").get_data(as_text=True)
    assert "Status changed from “Active” to “Paused”" in page
    assert "Town changed from “Rostock” to “Waren”" in page


def test_a_new_name_is_found_by_its_folded_form(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    post(staff, edit_url(company), {**opened(company), "name": "Müritz Getränke AG"})
    assert now(session, company).name_folded == "mueritz getraenke ag"


def test_saving_without_a_change_leaves_no_trace(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    before = len(history.entries_of_company(session, company.id))
    assert post(staff, edit_url(company), opened(company)).status_code == 303
    assert now(session, company).version == 1
    assert len(history.entries_of_company(session, company.id)) == before


@pytest.mark.parametrize(
    ("role", "status"), [(Role.COACH, 403), (Role.MANAGER, 200), (Role.ADMIN, 403), (Role.COMPANY, 403)]
)
def test_its_coaches_and_managers_may(
    client: FlaskClient, session: Session, company: Company, role: Role, status: int
) -> None:
    person = make_user(session, role)
    session.commit()
    browser = sign_in(client, person)
    assert browser.get(edit_url(company)).status_code == status
    assert post(browser, edit_url(company), opened(company)).status_code == (303 if status == 200 else 403)


def test_another_coach_reads_but_changes_nothing(
    strangers: dict[str, FlaskClient], session: Session, company: Company
) -> None:
    browser = strangers["another coach"]
    for tab in ("", "/data", "/people", "/documents", "/history"):
        assert browser.get(f"/companies/{company.id}{tab}").status_code == 200
    for verb in ("archiving", "restoration"):
        assert post(browser, f"/companies/{company.id}/{verb}").status_code == 403
    page = browser.get(f"/companies/{company.id}/data").get_data(as_text=True)
    assert f"/companies/{company.id}/edit" not in page
    assert now(session, company).archived_at is None


@pytest.mark.parametrize("who", ["administrator", "company user"])
@pytest.mark.parametrize("tab", ["", "/data", "/people", "/documents", "/history", "/edit"])
def test_others_see_nothing(strangers: dict[str, FlaskClient], company: Company, who: str, tab: str) -> None:
    assert strangers[who].get(f"/companies/{company.id}{tab}").status_code == 403


def test_an_unknown_company_is_not_found(staff: FlaskClient) -> None:
    for tab in ("", "/edit", "/data", "/people", "/documents"):
        assert staff.get(f"/companies/01999999-0000-7000-8000-000000000000{tab}").status_code == 404


def test_different_fields_of_two_people_are_merged(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    mine, theirs = opened(company), opened(company)
    assert post(staff, edit_url(company), {**theirs, "city": "Waren"}).status_code == 303
    assert post(staff, edit_url(company), {**mine, "street": "Am Hafen 1"}).status_code == 303
    saved = now(session, company)
    assert (saved.city, saved.street, saved.version) == ("Waren", "Am Hafen 1", 3)


def test_the_same_field_shows_mine_theirs_and_before(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    mine, theirs = opened(company), opened(company)
    post(staff, edit_url(company), {**theirs, "city": "Waren"})
    answer = post(staff, edit_url(company), {**mine, "city": "Röbel", "street": "Am Hafen 1"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert now(session, company).city == "Waren"
    for shown in ("Röbel", "Waren", "Rostock", 'value="Am Hafen 1"', 'name="resolve-city"'):
        assert shown in page
    settled = {**mine, "city": "Röbel", "street": "Am Hafen 1", "resolve-city": "mine"}
    assert post(staff, edit_url(company), settled).status_code == 303
    saved = now(session, company)
    assert (saved.city, saved.street) == ("Röbel", "Am Hafen 1")


def test_theirs_can_be_kept_and_the_rest_is_still_saved(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    mine = {**opened(company), "status": "ended", "street": "Am Hafen 1"}
    post(staff, edit_url(company), {**opened(company), "status": "paused"})
    assert post(staff, edit_url(company), mine).status_code == 409
    post(staff, edit_url(company), {**mine, "resolve-status": "theirs"})
    saved = now(session, company)
    assert (saved.status, saved.street) == (CompanyStatus.PAUSED, "Am Hafen 1")


def test_tags_of_two_people_are_both_kept(staff: FlaskClient, session: Session, company: Company) -> None:
    session.add(CompanyTag(company_id=company.id, name="Holz"))
    session.commit()
    mine, theirs = opened(company, "Holz"), opened(company, "Holz")
    post(staff, edit_url(company), {**theirs, "tags": "Holz, IHK"})
    post(staff, edit_url(company), {**mine, "tags": "Metall"})
    tags = session.scalars(select(CompanyTag.name).where(CompanyTag.company_id == company.id)).all()
    assert sorted(tags) == ["IHK", "Metall"]


def test_coaches_of_two_people_are_both_kept_and_one_leads(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    one, two = make_user(session), make_user(session)
    session.commit()
    mine, theirs = opened(company, coaches=str(coach.id)), opened(company, coaches=str(coach.id))
    post(staff, edit_url(company), {**theirs, "coaches": [str(coach.id), str(one.id)]})
    post(staff, edit_url(company), {**mine, "coaches": [str(coach.id), str(two.id)], "lead": str(two.id)})
    looking = session.execute(
        select(CompanyCoach.user_id, CompanyCoach.lead).where(CompanyCoach.company_id == company.id)
    ).all()
    assert {tuple(row) for row in looking} == {(coach.id, False), (one.id, False), (two.id, True)}


def test_bad_input_keeps_what_was_typed_and_what_is_stored(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    answer = post(staff, edit_url(company), {**opened(company), "vat_id": "DE1", "city": "Röbel"})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert "DE1 is not a VAT number" in page
    assert 'value="Röbel"' in page
    assert now(session, company).city == "Rostock"


def test_a_region_that_is_no_longer_permitted_may_stay(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    company.nuts3 = "DE600"
    accounts.centre(session).regions = ["DE80"]
    session.commit()
    assert 'value="DE600"' in staff.get(edit_url(company)).get_data(as_text=True)
    assert post(staff, edit_url(company), {**opened(company), "city": "Hamburg"}).status_code == 303
    assert now(session, company).nuts3 == "DE600"


def test_archiving_is_undone_by_one_click(staff: FlaskClient, session: Session, company: Company) -> None:
    answer = post(staff, f"/companies/{company.id}/archiving", follow_redirects=True)
    page = answer.get_data(as_text=True)
    undo = f"/companies/{company.id}/restoration"
    assert f'action="{undo}"' in page
    assert now(session, company).archived_at is not None
    assert company.name not in staff.get("/companies").get_data(as_text=True)
    assert company.name in staff.get("/companies?view=archived").get_data(as_text=True)
    assert post(staff, undo).status_code == 303
    assert now(session, company).archived_at is None
    page = staff.get(f"/companies/{company.id}/history").get_data(as_text=True)
    assert page.index("Brought back from the archive") < page.index("<li>Archived</li>")


def test_archiving_twice_keeps_the_first_moment(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    post(staff, f"/companies/{company.id}/archiving")
    first = now(session, company).archived_at
    post(staff, f"/companies/{company.id}/archiving")
    assert now(session, company).archived_at == first


@pytest.mark.parametrize("version", ["1e9", "²", "٣", "-1", "9" * 400])
def test_a_broken_version_counts_as_none(
    staff: FlaskClient, session: Session, company: Company, version: str
) -> None:
    assert post(staff, edit_url(company), {**opened(company), "version": version}).status_code == 303


def test_a_company_without_coaches_is_changed_by_managers_only(client: FlaskClient, session: Session) -> None:
    company, manager, coach = make_company(session), make_user(session, Role.MANAGER), make_user(session)
    session.commit()
    app = client.application
    assert sign_in(app.test_client(), coach).get(edit_url(company)).status_code == 403
    assert sign_in(app.test_client(), manager).get(edit_url(company)).status_code == 200
