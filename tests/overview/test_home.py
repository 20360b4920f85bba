"""The start page leads everybody to where their work begins."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.companies.models import CompanyMember, MemberRight
from app.db import utcnow
from tests.factories import make_company, make_member, make_user, sign_in


@pytest.mark.parametrize(
    ("role", "target"),
    [(Role.COACH, "/companies?view=mine"), (Role.MANAGER, "/companies"), (Role.ADMIN, "/users")],
)
def test_people_of_the_centre(client: FlaskClient, session: Session, role: Role, target: str) -> None:
    user = make_user(session, role)
    session.commit()
    answer = sign_in(client, user).get("/")
    assert answer.location == target
    assert client.get(target).status_code == 200


def test_people_of_one_company_see_its_portal(client: FlaskClient, session: Session) -> None:
    company = make_company(session)
    user = make_member(session, company)
    session.commit()
    assert sign_in(client, user).get("/").location == f"/portal/{company.id}"


def test_people_of_several_companies_choose(client: FlaskClient, session: Session) -> None:
    first, second, foreign = (make_company(session, name=f"Firma {n} GmbH") for n in range(3))
    user = make_member(session, first)
    session.add(CompanyMember(company_id=second.id, user_id=user.id, right=MemberRight.READER))
    session.commit()
    page = sign_in(client, user).get("/").text
    assert f'href="/portal/{first.id}"' in page
    assert f'href="/portal/{second.id}"' in page
    assert str(foreign.id) not in page
    assert foreign.name not in page


def test_people_of_no_company_are_told_whom_to_ask(client: FlaskClient, session: Session) -> None:
    company = make_company(session)
    user = make_member(session, company)
    company.archived_at = utcnow()
    session.commit()
    answer = sign_in(client, user).get("/")
    assert answer.status_code == 200
    assert "Ihr Konto gehört zu keinem Unternehmen" in answer.text
    assert company.name not in answer.text


def test_strangers_sign_in_first(client: FlaskClient) -> None:
    assert client.get("/").location == "/sign-in"
