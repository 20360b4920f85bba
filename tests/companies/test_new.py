"""Taking up a company: it works, who may, who may not, bad input, edges."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app import history
from app.accounts import queries as accounts
from app.accounts.models import Role, User
from app.companies.models import Company, CompanyCoach, CompanyStatus, CompanyTag
from tests.factories import make_user, post, sign_in

SCRIPT = "<script>alert(1)</script>"
WHOLE: dict[str, Any] = {
    "name": "Warnow Präzisionsteile GmbH",
    "legal_form": "GmbH",
    "status": "prospect",
    "register_number": "hrb 1234",
    "register_court": "Amtsgericht Rostock",
    "vat_id": "DE 136 695 976",
    "wz_version": "2008",
    "wz_code": "2562",
    "street": "Industriestraße 4",
    "postcode": "18055",
    "city": "Rostock",
    "nuts3": "DE803",
    "website": "warnow.example",
    "source": "Messe",
    "tags": "Zulieferer, Metall",
    "remark": "Kontakt über die IHK.",
}


def form(**changes: Any) -> dict[str, Any]:
    return {"name": "Recknitz Holzbau e. K.", "status": "prospect", "wz_version": "2008", **changes}


def taken_up(session: Session, name: str) -> Company:
    session.expire_all()
    return session.scalars(select(Company).where(Company.name == name)).one()


def test_it_keeps_what_was_typed_in_its_usual_spelling(
    staff: FlaskClient, session: Session, coach: User
) -> None:
    answer = post(staff, "/companies/new", {**WHOLE, "coaches": [str(coach.id)], "lead": str(coach.id)})
    company = taken_up(session, "Warnow Präzisionsteile GmbH")
    assert (answer.status_code, answer.location) == (303, f"/companies/{company.id}")
    assert (company.register_number, company.register_court, company.vat_id) == (
        "HRB 1234",
        "Rostock",
        "DE136695976",
    )
    assert (company.wz_code, company.website, company.nuts3) == ("25.62", "https://warnow.example", "DE803")
    assert (company.name_folded, company.status) == ("warnow praezisionsteile gmbh", CompanyStatus.PROSPECT)
    tags = session.scalars(select(CompanyTag.name).where(CompanyTag.company_id == company.id)).all()
    assert sorted(tags) == ["Metall", "Zulieferer"]


def test_numbers_follow_each_other(staff: FlaskClient, session: Session) -> None:
    post(staff, "/companies/new", form(name="Erste Firma"))
    post(staff, "/companies/new", form(name="Ganz andere Werft"))
    first, second = (
        int(taken_up(session, n).number.removeprefix("U-")) for n in ("Erste Firma", "Ganz andere Werft")
    )
    assert second == first + 1


def test_whoever_takes_it_up_leads_as_the_form_proposes(
    staff: FlaskClient, session: Session, coach: User
) -> None:
    page = staff.get("/companies/new").get_data(as_text=True)
    assert f'<option selected value="{coach.id}">' in page
    post(staff, "/companies/new", form(coaches=[str(coach.id)], lead=str(coach.id)))
    company = taken_up(session, "Recknitz Holzbau e. K.")
    looking = session.scalars(
        select(CompanyCoach)
        .where(CompanyCoach.company_id == company.id)
        .options(joinedload(CompanyCoach.user))
    ).all()
    assert [(one.user_id, one.lead) for one in looking] == [(coach.id, True)]


def test_the_history_says_who_took_it_up(staff: FlaskClient, session: Session, coach: User) -> None:
    post(staff, "/companies/new", form())
    company = taken_up(session, "Recknitz Holzbau e. K.")
    entry = history.entries_of(session, company)[-1]
    assert (entry.kind, entry.actor) == ("created", coach.name)


def test_similar_names_show_while_typing(staff: FlaskClient, company: Company) -> None:
    fragment = staff.get("/companies/similar?name=mueritz muehlentechnik").get_data(as_text=True)
    assert f'href="/companies/{company.id}"' in fragment
    assert staff.get("/companies/similar?name=Quer").get_data(as_text=True).strip() == ""


def test_without_script_a_similar_name_is_asked_for_once(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    typed = form(name="Mueritz Mühlen-Technik", city="Waren")
    asked = post(staff, "/companies/new", typed)
    page = asked.get_data(as_text=True)
    assert asked.status_code == 409
    assert company.name in page
    assert 'value="Waren"' in page
    sure = post(staff, "/companies/new", {**typed, "anyway": "Mueritz Mühlen-Technik"})
    assert sure.status_code == 303
    assert taken_up(session, "Mueritz Mühlen-Technik").city == "Waren"


def test_a_consent_counts_for_the_name_that_was_shown_only(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    asked = post(staff, "/companies/new", form(name="Müritz Mühlentechnik", anyway="Something else"))
    assert asked.status_code == 409


def test_branches_are_found_by_code_and_by_word(staff: FlaskClient) -> None:
    by_code = staff.get("/companies/branches?wz_version=2008&wz_code=25.6").get_data(as_text=True)
    assert '<option value="25.62">' in by_code
    by_word = staff.get("/companies/branches?wz_version=2008&wz_code=machining").get_data(as_text=True)
    assert '<option value="25.62">' in by_word
    assert staff.get("/companies/branches?wz_version=1999&wz_code=").get_data(as_text=True).strip() == ""


@pytest.mark.parametrize(
    ("role", "status"), [(Role.COACH, 200), (Role.MANAGER, 200), (Role.ADMIN, 403), (Role.COMPANY, 403)]
)
@pytest.mark.parametrize(
    "url", ["/companies/new", "/companies/similar?name=x", "/companies/branches?wz_code=x"]
)
def test_coaches_and_managers_may(
    client: FlaskClient, session: Session, role: Role, status: int, url: str
) -> None:
    person = make_user(session, role)
    session.commit()
    assert sign_in(client, person).get(url).status_code == status


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "  ", "Enter the company’s name."),
        ("name", "x" * 201, "At most 200 characters"),
        ("city", "x" * 61, "At most 60 characters"),
        ("vat_id", "DE136695977", "check digit of the VAT number DE136695977"),
        ("wz_code", "99.99", "WZ 2008 has no code 99.99"),
        ("wz_code", "abc", "abc is not a WZ code"),
        ("wz_version", "1993", "Not a valid choice"),
        ("nuts3", "DE999", "no NUTS-3 region DE999"),
        ("postcode", "1805", "“1805” is not a German postcode"),
        ("website", "javascript:alert(1)", "is not a web address"),
        ("register_number", "HRB 12", "The register court is missing."),
        ("legal_form", "Limited", "There is no legal form “Limited”"),
        ("status", "rich", "Invalid Choice"),
        ("tags", ", ".join(f"tag{n}" for n in range(21)), "There are 21 tags; at most 20"),
    ],
)
def test_bad_input_is_refused_and_nothing_typed_is_lost(
    staff: FlaskClient, session: Session, field: str, value: str, says: str
) -> None:
    before = session.scalar(select(func.count()).select_from(Company))
    answer = post(staff, "/companies/new", form(**{"source": "Tag der Industrie", field: value}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert says in page
    assert 'value="Tag der Industrie"' in page
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Company)) == before


def test_a_region_outside_the_centre_is_refused_with_name_value_and_limit(
    staff: FlaskClient, session: Session
) -> None:
    accounts.centre(session).regions = ["DE80"]
    session.commit()
    page = post(staff, "/companies/new", form(nuts3="DE600")).get_data(as_text=True)
    assert "Hamburg (DE600) lies outside the regions of this centre (DE80)." in page
    offered = staff.get("/companies/new").get_data(as_text=True)
    assert 'value="DE803"' in offered
    assert 'value="DE600"' not in offered


def test_scripts_are_shown_as_text_everywhere(staff: FlaskClient, session: Session, coach: User) -> None:
    typed = dict.fromkeys(("name", "street", "source", "remark", "tags"), SCRIPT)
    post(staff, "/companies/new", form(**typed, city=SCRIPT[:60], coaches=[str(coach.id)]))
    company = taken_up(session, SCRIPT)
    pages = [
        f"/companies/{company.id}{tab}" for tab in ("", "/data", "/edit", "/people", "/documents", "/history")
    ]
    for url in (*pages, "/companies", f"/companies/similar?name={quote(SCRIPT)}"):
        page = staff.get(url).get_data(as_text=True)
        assert SCRIPT not in page, url
        assert "&lt;script&gt;" in page, url


def test_no_more_than_the_name_is_needed(staff: FlaskClient, session: Session) -> None:
    assert post(staff, "/companies/new", {"name": "O"}).status_code == 303


def test_control_characters_and_blanks_are_cleaned(staff: FlaskClient, session: Session) -> None:
    post(staff, "/companies/new", form(name="  Uecker\x00 \t Guss\u0007\n"))
    assert taken_up(session, "Uecker \t Guss").number.startswith("U-")


def test_an_unknown_coach_is_refused(staff: FlaskClient, session: Session) -> None:
    assert post(staff, "/companies/new", form(coaches=["not-a-key"])).status_code == 422
