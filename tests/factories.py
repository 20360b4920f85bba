"""Plain functions that make records for tests; each takes a session and what matters to the test."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from typing import Any
from zoneinfo import ZoneInfo

from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import db
from app.accounts import queries as accounts
from app.accounts.models import Role, User
from app.coaching.models import Commitment, Side, Visit
from app.coaching.visiting import VisitFacts, log_visit
from app.companies.models import (
    Company,
    CompanyCoach,
    CompanyMember,
    CompanyStatus,
    Contact,
    MemberRight,
)

_count = itertools.count(1)


def make_user(session: Session, role: Role = Role.COACH, **values: Any) -> User:
    """An account that has joined."""
    n = next(_count)
    values = {"email": f"person{n}@example.org", "first_name": "Anke", "last_name": f"Krüger {n}", **values}
    user = accounts.new_user(session, role=role, **values)
    user.joined_at = db.utcnow()
    session.flush()
    return user


def make_company(session: Session, *coaches: User, name: str | None = None, **values: Any) -> Company:
    """A company with its coaches, the first one leading."""
    n = next(_count)
    company = Company(number=f"T-{n:04d}", **{"city": "Rostock", "status": CompanyStatus.ACTIVE, **values})
    company.rename(name or f"Warnow Präzisionsteile {n} GmbH")
    session.add(company)
    session.flush()
    for position, coach in enumerate(coaches):
        session.add(CompanyCoach(company_id=company.id, user_id=coach.id, lead=position == 0))
    session.flush()
    return company


def make_member(session: Session, company: Company, right: MemberRight = MemberRight.OWNER) -> User:
    """A company user of the firm."""
    user = make_user(session, Role.COMPANY, first_name="Martina", last_name="Semmler")
    session.add(CompanyMember(company_id=company.id, user_id=user.id, right=right))
    session.flush()
    return user


def sign_in(client: FlaskClient, user: User) -> FlaskClient:
    """Sign the browser in as the user, past the sign-in page."""
    app = client.application
    database: db.Database = app.extensions["database"]
    with app.app_context(), database.writing() as own:
        token = accounts.start_session(own, user, "test", db.utcnow())
    client.set_cookie(app.config["SIGN_IN_COOKIE"], token)
    return client


def csrf_token(client: FlaskClient) -> str:
    """The token that the browser's forms carry."""
    page = client.get("/accessibility").get_data(as_text=True)
    found = re.search(r'<meta name="csrf-token" content="([^"]+)"', page)
    assert found is not None
    return found.group(1)


def post(client: FlaskClient, url: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
    """Send a form as a page of ours would."""
    return client.post(url, data={"csrf_token": csrf_token(client), **(data or {})}, **options)


def make_contact(session: Session, company: Company, name: str = "Martina Semmler", **values: Any) -> Contact:
    """Somebody of the company."""
    first, _blank, last = name.rpartition(" ")
    contact = Contact(company_id=company.id, first_name=first, last_name=last, **values)
    session.add(contact)
    session.flush()
    return contact


def make_visit(session: Session, company: Company, coach: User, **values: Any) -> Visit:
    """A visit that was done yesterday at ten, through the same verb as the pages."""
    now = db.utcnow()
    yesterday = dt.datetime.combine(now.date() - dt.timedelta(days=1), dt.time(10), tzinfo=dt.UTC)
    facts = VisitFacts(**{"starts_at": yesterday, **values})
    return log_visit(session, company, coach.id, facts, now=now, zone=ZoneInfo("Europe/Berlin"))


def make_commitment(
    session: Session, company: Company, text: str = "Angebot prüfen", **values: Any
) -> Commitment:
    """A promise made without a visit."""
    commitment = Commitment(company_id=company.id, text=text, **{"side": Side.CENTRE, **values})
    session.add(commitment)
    session.flush()
    return commitment
