"""Bad input for a new visit: refused with the way out, nothing lost."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.coaching.models import (
    Visit,
)
from app.companies.models import Company
from tests.coaching.conftest import day_ago, opened, send
from tests.factories import make_company, make_contact


def visits(session: Session, company: Company) -> list[Visit]:
    session.expire_all()
    return list(session.scalars(select(Visit).where(Visit.company_id == company.id).order_by(Visit.number)))


def url_of(company: Company) -> str:
    return f"/visits/new?company={company.id}"


def test_a_future_visit_cannot_be_done(staff: FlaskClient, session: Session, company: Company) -> None:
    values = opened(staff, url_of(company))
    answer = send(
        staff, url_of(company), values, starts_at=[day_ago(-30), "09:00"], note="Bleibt stehen", status="done"
    )
    assert answer.status_code == 422
    assert "liegt noch vor uns" in answer.text
    assert "als geplant" in answer.text
    assert "Bleibt stehen" in answer.text
    assert f'value="{day_ago(-30)}"' in answer.text
    assert visits(session, company) == []
    again = send(
        staff, url_of(company), values, starts_at=[day_ago(-30), "09:00"], status="planned", on_site=""
    )
    assert again.status_code == 303


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("1999-12-31", "31.12.1999"),
        ("0001-01-01", "01.01.0001"),
        ("9999-12-31", "31.12.9999"),
        ("gestern", "„gestern“ ist kein Tag"),
        ("", "Geben Sie den Tag des Besuchs ein."),
    ],
)
def test_impossible_days(
    staff: FlaskClient, session: Session, company: Company, typed: str, message: str
) -> None:
    answer = send(
        staff, url_of(company), opened(staff, url_of(company)), starts_at=[typed, "09:00"], subject="Bleibt"
    )
    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="Bleibt"' in answer.text
    assert visits(session, company) == []


@pytest.mark.parametrize(
    ("minutes", "message"),
    [
        ({"on_site": "1441"}, "von 0 bis 1440"),
        ({"travel": "-15"}, "von 0 bis 1440"),
        ({"on_site": "viel"}, "von 0 bis 1440"),
        ({"on_site": "1000", "travel": "441"}, "1441 Minuten passen nicht in einen Tag"),
    ],
)
def test_impossible_minutes(
    staff: FlaskClient, session: Session, company: Company, minutes: dict[str, str], message: str
) -> None:
    answer = send(staff, url_of(company), opened(staff, url_of(company)), **minutes)
    assert answer.status_code == 422
    assert message in answer.text
    for value in minutes.values():
        assert f'value="{value}"' in answer.text
    assert visits(session, company) == []


def test_a_planned_visit_with_travel_is_refused(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    values = opened(staff, f"{url_of(company)}&status=planned")
    answer = send(staff, url_of(company), values, travel="30")
    assert answer.status_code == 422
    assert "Ein geplanter Besuch hat noch keine Stunden" in answer.text
    assert visits(session, company) == []


def test_a_commitment_due_before_the_visit_is_refused(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    values = opened(staff, url_of(company))
    row = {"commitments-1-text": "Lastgang schicken", "commitments-1-due_on": day_ago(9)}
    answer = send(staff, url_of(company), values, starts_at=[day_ago(), "09:00"], **row)
    assert answer.status_code == 422
    assert "liegt vor dem Besuch" in answer.text
    assert "{&#39;" not in answer.text
    assert 'value="Lastgang schicken"' in answer.text
    assert visits(session, company) == []


def test_a_date_without_a_promise_is_refused(staff: FlaskClient, session: Session, company: Company) -> None:
    values = opened(staff, url_of(company))
    answer = send(staff, url_of(company), values, **{"commitments-0-due_on": day_ago(-3)})
    assert answer.status_code == 422
    assert "Schreiben Sie, was zugesagt wurde" in answer.text


def test_texts_are_shown_and_never_run(staff: FlaskClient, session: Session, company: Company) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)> [x](javascript:alert(3))"
    values = opened(staff, url_of(company))
    answer = send(
        staff,
        url_of(company),
        values,
        subject=evil,
        note=evil,
        new_people=evil[:50],
        **{"commitments-0-text": evil},
    )
    assert answer.status_code == 303
    for url in (answer.location, "/visits", "/commitments", f"/companies/{company.id}/timeline"):
        page = staff.get(url).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript' not in page
    assert visits(session, company)[0].note == evil


def test_too_long_texts_are_refused_and_kept(staff: FlaskClient, session: Session, company: Company) -> None:
    answer = send(staff, url_of(company), opened(staff, url_of(company)), subject="x" * 201)
    assert answer.status_code == 422
    assert "x" * 201 in answer.text
    assert visits(session, company) == []


def test_people_of_other_companies_cannot_take_part(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    stranger = make_contact(session, make_company(session, coach), "Fremde Person")
    session.commit()
    answer = send(staff, url_of(company), opened(staff, url_of(company)), contacts=[str(stranger.id)])
    assert answer.status_code == 422
    owner = {"commitments-0-text": "Etwas", "commitments-0-owner": f"company:{stranger.id}"}
    assert send(staff, url_of(company), opened(staff, url_of(company)), **owner).status_code == 422
    assert visits(session, company) == []
