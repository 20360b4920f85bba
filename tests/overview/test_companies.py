"""The list of companies: works, who may, who may not, bad input, edges."""

from __future__ import annotations

import datetime as dt
import html
import random
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import db
from app.accounts.models import Role, User
from app.companies import listing
from app.companies.models import Company, CompanyStatus, CompanyTag
from app.maturity import queries as maturity
from app.maturity.scoring import Strength
from app.overview import queries_companies
from app.roadmap.models import MeasureStatus
from tests.counting import count_statements
from tests.factories import make_company, make_user, make_visit, sign_in
from tests.overview.firms import assess, plan


@pytest.fixture
def coach(session: Session) -> User:
    return make_user(session, language="en", first_name="Anke", last_name="Krüger")


@pytest.fixture
def staff(client: FlaskClient, session: Session, coach: User) -> FlaskClient:
    session.commit()
    return sign_in(client, coach)


def names(client: FlaskClient, address: str = "") -> list[str]:
    """The names in the list, in their order."""
    page = client.get(f"/companies{address}").get_data(as_text=True)
    return [html.unescape(name) for name in re.findall(r'class="row-link"[^>]*>([^<]*)</a>', page)]


def link(client: FlaskClient, address: str, rel: str) -> str:
    """The address of the next or previous page."""
    page = client.get(f"/companies{address}").get_data(as_text=True)
    found = re.search(rf'rel="{rel}" href="/companies([^"]*)"', page)
    return html.unescape(found[1]) if found else ""


def firms(session: Session, coach: User) -> None:
    """Four firms that differ in everything that the list sorts and filters by."""
    for name, city, status, wz, nuts3 in (
        ("Müritz Mühlentechnik GmbH", "Waren", CompanyStatus.ACTIVE, "28.93", "DE80J"),
        ("Boddenfisch Feinkost GmbH", "Stralsund", CompanyStatus.PROSPECT, "10.20", "DE80L"),
        ("Warnow Präzisionsteile GmbH", "Rostock", CompanyStatus.ACTIVE, "25.62", "DE803"),
        ("Alt Metall GmbH", "Wismar", CompanyStatus.ENDED, "25.11", "DE80M"),
    ):
        owner = [coach] if name.startswith(("Müritz", "Warnow")) else []
        firm = make_company(session, *owner, name=name, city=city, status=status, wz_code=wz, nuts3=nuts3)
        if name.startswith("Boddenfisch"):
            session.add(CompanyTag(company_id=firm.id, name="Ernährung"))
    session.commit()


def test_it_shows_what_is_known_about_each_firm(staff: FlaskClient, session: Session, coach: User) -> None:
    firm = make_company(session, coach, name="Warnow Präzisionsteile GmbH", city="Rostock", wz_code="25.62")
    assess(session, firm, coach, level=2)
    make_visit(session, firm, coach)
    for status in (MeasureStatus.DONE, MeasureStatus.RUNNING, MeasureStatus.DROPPED):
        plan(session, firm, "Rüstzeit halbieren", status)
    session.commit()
    page = staff.get("/companies").get_data(as_text=True)
    for shown in (f"/companies/{firm.id}", "Rostock", "C25", "Active", "1 / 2", "Anke Krüger", "1 company"):
        assert shown in page
    assert "Maturity: Automation 2.0, Digitalization 2.0, AI 2.0, Decarbonization 2.0" in page


def test_an_open_assessment_does_not_show_yet(staff: FlaskClient, session: Session, coach: User) -> None:
    assess(session, make_company(session, coach), coach, submit=False)
    session.commit()
    assert "not assessed yet" in staff.get("/companies").get_data(as_text=True)


@pytest.mark.parametrize(
    ("address", "found"),
    [
        ("", ["Alt", "Boddenfisch", "Müritz", "Warnow"]),
        ("?sort=-name", ["Warnow", "Müritz", "Boddenfisch", "Alt"]),
        ("?sort=city", ["Warnow", "Boddenfisch", "Müritz", "Alt"]),
        ("?sort=wz", ["Boddenfisch", "Alt", "Warnow", "Müritz"]),
        ("?sort=status", ["Müritz", "Warnow", "Alt", "Boddenfisch"]),
        ("?sort=-status", ["Boddenfisch", "Alt", "Warnow", "Müritz"]),
        ("?view=mine", ["Müritz", "Warnow"]),
        ("?view=archived", []),
        ("?q=mueritz", ["Müritz"]),
        ("?q=MÜRITZ+mühl", ["Müritz"]),
        ("?q=metall", ["Alt"]),
        ("?q=%25", []),
        ("?q=_", []),
        ("?status=active", ["Müritz", "Warnow"]),
        ("?region=DE80", ["Alt", "Boddenfisch", "Müritz", "Warnow"]),
        ("?region=DE80L", ["Boddenfisch"]),
        ("?division=25", ["Alt", "Warnow"]),
        ("?tag=Ern%C3%A4hrung", ["Boddenfisch"]),
        ("?status=active&division=25&q=warn", ["Warnow"]),
        (
            "?status=nonsense&view=nonsense&sort=nonsense&after=nonsense",
            ["Alt", "Boddenfisch", "Müritz", "Warnow"],
        ),
    ],
)
def test_views_filters_and_orders(
    staff: FlaskClient, session: Session, coach: User, address: str, found: list[str]
) -> None:
    firms(session, coach)
    assert [name.split()[0] for name in names(staff, address)] == found


def test_a_firm_is_found_by_its_number_and_its_coach(
    staff: FlaskClient, session: Session, coach: User
) -> None:
    firms(session, coach)
    firm = make_company(session, name="Peene Elektronik GmbH")
    session.commit()
    assert names(staff, f"?q={firm.number.lower()}") == ["Peene Elektronik GmbH"]
    assert len(names(staff, f"?coach={coach.id}")) == 2


def test_firms_without_contact_are_told_longest_silence_first(
    staff: FlaskClient, session: Session, coach: User
) -> None:
    now = db.utcnow()
    for name, days, status in (
        ("Lange still", 200, CompanyStatus.ACTIVE),
        ("Länger still", 300, CompanyStatus.ACTIVE),
        ("Neulich besucht", 10, CompanyStatus.ACTIVE),
        ("Beendet", 300, CompanyStatus.ENDED),
    ):
        firm = make_company(session, coach, name=name, status=status, created_at=now - dt.timedelta(days=400))
        make_visit(session, firm, coach, starts_at=now - dt.timedelta(days=days))
    make_company(session, coach, name="Nie besucht", created_at=now - dt.timedelta(days=400))
    make_company(session, coach, name="Gestern aufgenommen")
    session.commit()
    assert names(staff, "?view=quiet") == ["Nie besucht", "Länger still", "Lange still"]
    page = staff.get("/companies?view=quiet").get_data(as_text=True)
    assert page.count("more than 90 days ago") == 2
    assert names(staff, "?sort=-visit")[0] == "Neulich besucht"


def test_archived_firms_stand_in_their_own_view_only(
    staff: FlaskClient, session: Session, coach: User
) -> None:
    firms(session, coach)
    session.query(Company).filter_by(city="Wismar").one().archive()
    session.commit()
    assert "Alt Metall GmbH" not in names(staff)
    assert names(staff, "?view=archived") == ["Alt Metall GmbH"]


@pytest.mark.parametrize("sort", ["name", "-name", "city", "-city", "wz", "status", "-visit", "visit"])
def test_pages_follow_each_other_without_gap_or_repetition(
    staff: FlaskClient, session: Session, coach: User, sort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.overview.queries_companies.PAGE_SIZE", 3)
    for n in range(8):
        firm = make_company(session, coach, name=f"Firma {n % 3}", city=["Rostock", "Wismar", ""][n % 3])
        if n % 2:
            make_visit(session, firm, coach, starts_at=db.utcnow() - dt.timedelta(days=20 + n // 4))
    session.commit()
    monkeypatch.setattr("app.overview.queries_companies.PAGE_SIZE", 50)
    ids = r'class="row-link" href="/companies/([0-9a-f-]+)"'
    whole = re.findall(ids, staff.get(f"/companies?sort={sort}").get_data(as_text=True))
    monkeypatch.setattr("app.overview.queries_companies.PAGE_SIZE", 3)
    address, pages = f"?sort={sort}", []
    while address:
        pages.append((address, re.findall(ids, staff.get(f"/companies{address}").get_data(as_text=True))))
        address = link(staff, address, "next")
    assert [row for _a, rows in pages for row in rows] == whole
    back = link(staff, pages[2][0], "prev")
    assert re.findall(ids, staff.get(f"/companies{back}").get_data(as_text=True)) == pages[1][1]
    first = link(staff, back, "prev")
    assert re.findall(ids, staff.get(f"/companies{first}").get_data(as_text=True)) == pages[0][1]
    assert link(staff, first, "prev") == ""


def test_the_sorted_column_says_so(staff: FlaskClient, session: Session, coach: User) -> None:
    firms(session, coach)
    page = staff.get("/companies?sort=-city&q=e").get_data(as_text=True)
    assert page.count('aria-sort="descending"') == 1
    assert 'href="/companies?q=e&amp;sort=city"' in page


def test_a_filter_is_a_chip_that_can_be_taken_away(staff: FlaskClient, session: Session, coach: User) -> None:
    firms(session, coach)
    page = staff.get("/companies?region=DE80L&status=prospect").get_data(as_text=True)
    assert "Region: Vorpommern-Rügen" in page
    assert 'href="/companies?region=DE80L"' in page
    assert 'href="/companies?status=prospect"' in page


def test_no_hits_name_the_filter_that_excludes_the_most(
    staff: FlaskClient, session: Session, coach: User
) -> None:
    firms(session, coach)
    page = staff.get("/companies?status=active&region=DE80L&q=feinkost").get_data(as_text=True)
    assert "No company passes these filters" in page
    assert "Without “Status: Active” there is 1." in page
    nothing = staff.get("/companies?q=zzz").get_data(as_text=True)
    assert "Without “Name: zzz” there are 4." in nothing


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "No companies yet"),
        ("?view=mine", "No company is yours yet"),
        ("?view=quiet", "Nobody waits"),
        ("?view=archived", "The archive is empty"),
    ],
)
def test_an_empty_view_says_what_belongs_there(staff: FlaskClient, address: str, says: str) -> None:
    assert says in staff.get(f"/companies{address}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("role", "status"), [(Role.COACH, 200), (Role.MANAGER, 200), (Role.ADMIN, 403), (Role.COMPANY, 403)]
)
def test_coaches_and_managers_may(client: FlaskClient, session: Session, role: Role, status: int) -> None:
    person = make_user(session, role)
    session.commit()
    assert sign_in(client, person).get("/companies").status_code == status


def test_somebody_unknown_signs_in_first(client: FlaskClient) -> None:
    assert client.get("/companies?view=mine").status_code == 302


def test_counts_stop_at_their_limit(
    staff: FlaskClient, session: Session, coach: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.overview.queries_companies.COUNTED", 2)
    firms(session, coach)
    assert "2+ companies" in staff.get("/companies").get_data(as_text=True)


@pytest.mark.parametrize(
    "address", ["", "?view=mine&sort=-visit", "?status=active&q=firma&tag=x&division=25"]
)
def test_six_statements_whatever_the_number_of_rows(
    app: Flask, staff: FlaskClient, session: Session, coach: User, address: str
) -> None:
    def one_more(n: int) -> None:
        firm = make_company(session, coach, name=f"Firma {n}", wz_code="25.62")
        session.add(CompanyTag(company_id=firm.id, name="x"))
        assess(session, firm, coach)
        make_visit(session, firm, coach)
        plan(session, firm, "Schritt")
        session.commit()

    one_more(1)
    with count_statements(app) as one:
        assert len(names(staff, address)) == 1
    one_more(2)
    one_more(3)
    with count_statements(app) as three:
        assert len(names(staff, address)) == 3
    assert len(one) == len(three) <= 6


def test_a_page_has_fifty_rows() -> None:
    assert listing.PAGE_SIZE == 50


def test_the_databases_levels_are_those_of_the_scoring_rules(session: Session, coach: User) -> None:
    company = make_company(session, coach)
    opened = assess(session, company, coach)
    given = list(maturity.answers_of(session, opened.id).values())
    chooser = random.Random(7)  # noqa: S311 - the same levels on every run
    for answer in given:
        answer.level = chooser.choice([None, 0, 1, 2, 3, 4, 5])
        answer.strength = chooser.choice([None, *Strength])
        answer.not_applicable = chooser.random() < 0.15
    session.flush()
    result = maturity.latest_result(session, company.id)
    assert result is not None
    by_rules = {field.field: field.score.mean for field in result.fields}
    assert queries_companies.levels(session, [opened.id]) == {opened.id: by_rules}
    assert any(mean is not None for mean in by_rules.values())


def test_the_filter_form_carries_view_and_order_once(
    staff: FlaskClient, session: Session, coach: User
) -> None:
    firms(session, coach)
    page = staff.get("/companies?view=mine&sort=-visit").get_data(as_text=True)
    assert page.count('name="view"') == page.count('name="sort"') == 1
    assert '<input type="hidden" name="view" value="mine">' in page
    assert re.search(r'<option value="-visit" selected>', page)
    assert '<option value="" selected>' in staff.get("/companies?view=quiet").get_data(as_text=True)
