"""Files that the pages of documents are tested with."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.accounts.models import User
from app.companies.models import Company
from tests.factories import make_company, make_user, post, sign_in

PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


def office(part: str, *more: str) -> bytes:
    """A minimal Office file that has this part."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in ("[Content_Types].xml", part, *more):
            archive.writestr(name, "<x/>")
    return file.getvalue()


def upload(client: FlaskClient, company: Company, name: str, content: bytes, **values: Any) -> TestResponse:
    """Send a file as the page's form does."""
    return post(client, f"/companies/{company.id}/documents", {"file": (io.BytesIO(content), name), **values})


@pytest.fixture
def coach(session: Session) -> User:
    return make_user(session, language="en")


@pytest.fixture
def company(session: Session, coach: User) -> Company:
    made = make_company(session, coach)
    session.commit()
    return made


@pytest.fixture
def staff(client: FlaskClient, coach: User, company: Company) -> FlaskClient:
    """A browser in which the firm's coach is signed in."""
    return sign_in(client, coach)
