"""People and a firm that the pages of companies are tested with."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import Role, User
from app.companies.models import Company
from tests.factories import make_company, make_user, sign_in


@pytest.fixture
def coach(session: Session) -> User:
    return make_user(session, language="en")


@pytest.fixture
def company(session: Session, coach: User) -> Company:
    """A firm that the coach looks after."""
    made = make_company(session, coach, name="Müritz Mühlentechnik GmbH")
    session.commit()
    return made


@pytest.fixture
def staff(client: FlaskClient, coach: User, company: Company) -> FlaskClient:
    """A browser in which the firm's coach is signed in."""
    return sign_in(client, coach)


@pytest.fixture
def strangers(client: FlaskClient, session: Session, company: Company) -> dict[str, FlaskClient]:
    """Browsers of people who do not look after the firm, by what they are."""
    app = client.application
    people = {
        "another coach": make_user(session, language="en"),
        "administrator": make_user(session, Role.ADMIN, language="en"),
        "company user": make_user(session, Role.COMPANY, language="en"),
    }
    session.commit()
    return {name: sign_in(app.test_client(), person) for name, person in people.items()}
