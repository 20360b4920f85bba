"""A coach with a company, and the visit form as a browser without scripts sends it."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import db
from app.accounts.models import User
from app.companies.models import Company
from tests.factories import make_company, make_user, sign_in

_FIELD = re.compile(r"<(input|textarea|select)\b([^>]*)>(?:(.*?)</\1>)?", re.DOTALL)


@pytest.fixture
def coach(session: Session) -> User:
    return make_user(session, first_name="Anke", last_name="Krüger")


@pytest.fixture
def company(session: Session, coach: User) -> Company:
    made = make_company(session, coach, name="Boddenfisch Feinkost GmbH")
    session.commit()
    return made


@pytest.fixture
def staff(client: FlaskClient, coach: User) -> FlaskClient:
    return sign_in(client, coach)


def _attribute(text: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', text)
    return html.unescape(found.group(1)) if found else ""


def form_values(page: str, action: str | None = None) -> dict[str, list[str]]:
    """What the page's main form would send as it stands."""
    found = re.search(r'<form method="post" action="[^"]*" class="form"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert found is not None
    values: dict[str, list[str]] = {}
    for kind, attributes, inner in _FIELD.findall(found.group(1)):
        name, type_ = _attribute(attributes, "name"), _attribute(attributes, "type")
        if not name or (type_ in ("radio", "checkbox") and not re.search(r"\bchecked\b", attributes)):
            continue
        if kind == "select":
            options = re.findall(r"<option([^>]*)>", inner)
            chosen = [o for o in options if "selected" in o] or options[:1]
            value = _attribute(chosen[0], "value") if chosen else ""
        else:
            value = (
                html.unescape(inner).removeprefix("\r\n")
                if kind == "textarea"
                else _attribute(attributes, "value")
            )
        values.setdefault(name, []).append(value)
    return values


def opened(client: FlaskClient, url: str) -> dict[str, Any]:
    """The values of the form at an address."""
    page = client.get(url)
    assert page.status_code == 200, page.text[:500]
    return dict(form_values(page.text))


def send(client: FlaskClient, url: str, values: dict[str, Any], **changed: Any) -> Any:
    """Send a form with some of its values changed."""
    return client.post(url, data={**values, **changed})


def day_ago(days: int = 1) -> str:
    """A day in the centre's zone, as an input writes it."""
    return (db.utcnow().astimezone(ZoneInfo("Europe/Berlin")).date() - dt.timedelta(days=days)).isoformat()
