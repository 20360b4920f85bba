"""The data tab with sites and yearly data: works, who may not, bad input, edges."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.companies.models import Company, CompanyYear, Site
from tests.counting import count_statements
from tests.factories import make_company, post

THIS_YEAR = dt.datetime.now(dt.UTC).year


def sites(session: Session, company: Company) -> list[Site]:
    session.expire_all()
    return list(session.scalars(select(Site).where(Site.company_id == company.id).order_by(Site.name)))


def years(session: Session, company: Company) -> list[CompanyYear]:
    session.expire_all()
    return list(session.scalars(select(CompanyYear).where(CompanyYear.company_id == company.id)))


def a_site(session: Session, company: Company, name: str = "Werk 2") -> Site:
    site = Site(company_id=company.id, name=name, city="Wismar")
    session.add(site)
    session.commit()
    return site


def a_year(session: Session, company: Company, year: int = 2024, **values: Any) -> CompanyYear:
    made = CompanyYear(company_id=company.id, year=year, **{"turnover": 760_000_000, **values})
    session.add(made)
    session.commit()
    return made


def test_a_site_is_added_changed_and_deleted(staff: FlaskClient, session: Session, company: Company) -> None:
    base = f"/companies/{company.id}/sites"
    assert post(staff, f"{base}/new", {"name": "Werk 2", "postcode": "23966"}).status_code == 303
    [site] = sites(session, company)
    changed = {"name": "Werk Hafen", "postcode": "23966", "version": "1"}
    assert post(staff, f"{base}/{site.id}/edit", changed).status_code == 303
    assert [one.name for one in sites(session, company)] == ["Werk Hafen"]
    asked = staff.get(f"{base}/{site.id}/removal").get_data(as_text=True)
    assert "Delete the site “Werk Hafen”?" in asked
    assert post(staff, f"{base}/{site.id}/removal").status_code == 303
    assert sites(session, company) == []
    assert "Site Werk Hafen: removed" in staff.get(f"/companies/{company.id}/data").get_data(as_text=True)


def test_years_are_kept_in_cents_and_tenths(staff: FlaskClient, session: Session, company: Company) -> None:
    typed = {"year": "2025", "staff_tenths": "43,5", "turnover": "8.200.000", "balance_sheet": "5100000,55"}
    assert post(staff, f"/companies/{company.id}/years/new", typed).status_code == 303
    [year] = years(session, company)
    assert (year.year, year.staff_tenths, year.turnover, year.balance_sheet) == (
        2025,
        435,
        820_000_000,
        510_000_055,
    )
    page = staff.get(f"/companies/{company.id}/data").get_data(as_text=True)
    assert "43.5" in page
    assert "8,200,000" in page
    form = staff.get(f"/companies/{company.id}/years/{year.id}/edit").get_data(as_text=True)
    assert 'value="5100000.55"' in form


def test_a_year_is_changed_and_deleted(staff: FlaskClient, session: Session, company: Company) -> None:
    year = a_year(session, company)
    url = f"/companies/{company.id}/years/{year.id}"
    assert (
        post(staff, f"{url}/edit", {"year": "2024", "turnover": "7700000", "version": "1"}).status_code == 303
    )
    assert [one.turnover for one in years(session, company)] == [770_000_000]
    assert "Delete the data of 2024?" in staff.get(f"{url}/removal").get_data(as_text=True)
    assert post(staff, f"{url}/removal").status_code == 303
    assert years(session, company) == []


@pytest.mark.parametrize("who", ["another coach", "administrator", "company user"])
def test_strangers_change_neither_sites_nor_years(
    strangers: dict[str, FlaskClient], session: Session, company: Company, who: str
) -> None:
    site, year = a_site(session, company), a_year(session, company)
    base = f"/companies/{company.id}"
    for url in (f"{base}/sites/new", f"{base}/sites/{site.id}/edit", f"{base}/sites/{site.id}/removal"):
        assert strangers[who].get(url).status_code == 403
        assert post(strangers[who], url, {"name": "x"}).status_code == 403
    for url in (f"{base}/years/new", f"{base}/years/{year.id}/edit", f"{base}/years/{year.id}/removal"):
        assert strangers[who].get(url).status_code == 403
        assert post(strangers[who], url, {"year": "2023"}).status_code == 403
    assert (len(sites(session, company)), len(years(session, company))) == (1, 1)


def test_a_part_is_found_below_its_own_company_only(
    staff: FlaskClient, session: Session, company: Company, coach: Any
) -> None:
    other = make_company(session, coach)
    site, year = a_site(session, other), a_year(session, other)
    for url in (f"sites/{site.id}/edit", f"years/{year.id}/edit", f"sites/{uuid.uuid4()}/removal"):
        assert staff.get(f"/companies/{company.id}/{url}").status_code == 404


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"year": "2025"}, "Enter at least one figure for the year."),
        ({"year": "", "turnover": "1"}, "Enter the year."),
        ({"year": "1889", "turnover": "1"}, "whole number from 1990"),
        (
            {"year": str(THIS_YEAR + 1), "turnover": "1"},
            f"{THIS_YEAR + 1} is not between 1990 and {THIS_YEAR}",
        ),
        ({"year": "2024", "turnover": "1"}, "There are data for 2024 already."),
        ({"year": "2025", "turnover": "viel"}, "“viel” is not a number."),
        ({"year": "2025", "turnover": "-5"}, "“-5” is less than nothing."),
        ({"year": "2025", "turnover": "1e40"}, "is too large"),
        ({"year": "abc", "turnover": "1"}, "Enter a whole number"),
    ],
)
def test_bad_years_are_refused_with_what_was_typed(
    staff: FlaskClient, session: Session, company: Company, typed: dict[str, str], says: str
) -> None:
    a_year(session, company)
    answer = post(staff, f"/companies/{company.id}/years/new", typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert says in page
    assert all(f'value="{value}"' in page for value in typed.values() if value)
    assert len(years(session, company)) == 1


def test_two_people_change_one_year(staff: FlaskClient, session: Session, company: Company) -> None:
    year = a_year(session, company)
    url = f"/companies/{company.id}/years/{year.id}/edit"
    opened = {"year": "2024", "turnover": "7600000", "version": "1"}
    post(staff, url, {**opened, "turnover": "7700000"})
    answer = post(staff, url, {**opened, "turnover": "7800000", "staff_tenths": "40"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert [shown in page for shown in ("7800000", "7700000", "7600000")] == [True, True, True]
    settled = {**opened, "turnover": "7800000", "staff_tenths": "40", "resolve-turnover": "theirs"}
    assert post(staff, url, settled).status_code == 303
    [saved] = years(session, company)
    assert (saved.turnover, saved.staff_tenths) == (770_000_000, 400)


def test_a_site_without_a_name_or_with_a_foreign_region_is_refused(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    url = f"/companies/{company.id}/sites/new"
    assert "Enter a name for the site." in post(staff, url, {"name": ""}).get_data(as_text=True)
    assert post(staff, url, {"name": "Werk", "nuts3": "XX"}).status_code == 422
    assert sites(session, company) == []


def test_the_number_of_statements_does_not_depend_on_the_rows(
    app: Flask, staff: FlaskClient, session: Session, company: Company
) -> None:
    url = f"/companies/{company.id}/data"
    a_site(session, company, "A")
    a_year(session, company, 2020)
    with count_statements(app) as one:
        staff.get(url)
    for n in (1, 2):
        a_site(session, company, f"B{n}")
        a_year(session, company, 2020 + n)
    with count_statements(app) as three:
        staff.get(url)
    assert len(one) == len(three)
