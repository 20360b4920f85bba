"""Forms that no browser of ours sends: they are refused or read as far as possible, and cost little."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.coaching.models import Commitment, Side, Visit
from app.coaching.visiting import Promise
from app.companies.models import Company
from tests.coaching.conftest import opened, send
from tests.factories import make_visit


@pytest.fixture
def visit(session: Session, company: Company, coach: User) -> Visit:
    made = make_visit(session, company, coach, promises=[Promise("Angebot prüfen", Side.CENTRE)])
    session.commit()
    return made


@pytest.mark.parametrize("seen", ["[" * 100_000, '[{"on_site": Infinity}, [], {}]', "[{}, [], [1]]"])
def test_what_the_form_says_it_has_seen_may_be_anything(
    staff: FlaskClient, session: Session, visit: Visit, seen: str
) -> None:
    address = f"/visits/{visit.id}/edit"
    assert send(staff, address, opened(staff, address), seen=seen, subject="Neu").status_code == 303
    session.refresh(visit)
    assert visit.subject == "Neu"
    address = f"/commitments/{session.scalars(select(Commitment.id)).one()}/edit"
    assert send(staff, address, opened(staff, address), seen=seen).status_code == 303


def test_thousands_of_rows_are_refused_before_they_are_built(staff: FlaskClient, visit: Visit) -> None:
    rows = {f"commitments-{place}-text": "x" for place in range(5000)}
    address = f"/visits/{visit.id}/edit"
    answer = send(staff, address, opened(staff, address), **rows)
    assert answer.status_code == 422
    assert answer.text.count("-due_on") < 500
