"""Documents of a company: works, who may, who may not, bad input, edges."""

from __future__ import annotations

import hashlib

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import files
from app.accounts.models import Role, User
from app.companies.models import Company, MemberRight
from app.documents.models import Document, DocumentKind
from tests.counting import count_statements
from tests.documents.conftest import PDF, PNG, office, upload
from tests.factories import make_company, make_member, make_user, post, sign_in


def documents(session: Session, company: Company) -> list[Document]:
    session.expire_all()
    statement = select(Document).where(Document.company_id == company.id)
    return list(session.scalars(statement.order_by(Document.created_at, Document.id)))


def a_document(
    app: Flask, session: Session, company: Company, content: bytes = PDF, **values: object
) -> Document:
    with app.app_context():
        stored = files.store(session, content, "application/pdf")
    document = Document(
        company_id=company.id,
        **{
            "kind": DocumentKind.UPLOAD,
            "title": "Netzplan",
            "filename": "netzplan.pdf",
            "sha256": stored.sha256,
            "size": stored.size,
            "content_type": "application/pdf",
            **values,
        },
    )
    session.add(document)
    session.commit()
    return document


def status_of(client: FlaskClient, document: Document) -> int:
    with client.get(file_url(document)) as answer:
        return answer.status_code


def file_url(document: Document) -> str:
    return f"/documents/{document.id}/file"


def test_a_file_is_put_on_file_and_read_again(
    staff: FlaskClient, session: Session, company: Company, coach: User
) -> None:
    assert upload(staff, company, "Netzplan Halle 1.pdf", PDF).status_code == 303
    [document] = documents(session, company)
    assert (document.title, document.filename, document.size, document.released, document.created_by_id) == (
        "Netzplan Halle 1",
        "Netzplan Halle 1.pdf",
        len(PDF),
        False,
        coach.id,
    )
    assert document.sha256 == hashlib.sha256(PDF).hexdigest()
    page = staff.get(f"/companies/{company.id}/documents").get_data(as_text=True)
    for shown in ("Netzplan Halle 1", document.sha256, "internal"):
        assert shown in page
    with staff.get(file_url(document)) as answer:
        assert (answer.data, answer.content_type) == (PDF, "application/pdf")
        assert answer.headers["Content-Disposition"].startswith("attachment")
    with staff.get(f"{file_url(document)}?open=1") as answer:
        assert answer.headers["Content-Disposition"].startswith("inline")


def test_the_longest_media_type_fits(staff: FlaskClient, session: Session, company: Company) -> None:
    assert upload(staff, company, "Angebot.docx", office("word/document.xml")).status_code == 303
    assert documents(session, company)[0].content_type.endswith("wordprocessingml.document")


def test_the_title_is_changed_and_the_file_stays(
    app: Flask, staff: FlaskClient, session: Session, company: Company
) -> None:
    document = a_document(app, session, company)
    url = f"/documents/{document.id}/edit"
    assert 'value="Netzplan"' in staff.get(url).get_data(as_text=True)
    assert post(staff, url, {"title": "Netzplan Halle 2", "version": "1"}).status_code == 303
    [saved] = documents(session, company)
    assert (saved.title, saved.sha256) == ("Netzplan Halle 2", document.sha256)
    answer = post(staff, url, {"title": "Netzplan neu", "version": "1"})
    assert answer.status_code == 409
    assert "Netzplan Halle 2" in answer.get_data(as_text=True)


def test_the_company_sees_what_is_released_and_only_as_long(
    app: Flask, staff: FlaskClient, session: Session, company: Company
) -> None:
    member = make_member(session, company, MemberRight.READER)
    document = a_document(app, session, company)
    theirs = sign_in(app.test_client(), member)
    assert status_of(theirs, document) == 404
    post(staff, f"/documents/{document.id}/release", {"released": "1"})
    assert status_of(theirs, document) == 200
    post(staff, f"/documents/{document.id}/release", {"released": "0"})
    assert status_of(theirs, document) == 404


def test_access_is_checked_at_download_time(app: Flask, session: Session, company: Company) -> None:
    document = a_document(app, session, company, released=True)
    foreign = make_member(session, make_company(session))
    former = make_member(session, company)
    admin, other_coach = make_user(session, Role.ADMIN), make_user(session)
    session.commit()
    status = {
        name: status_of(sign_in(app.test_client(), person), document)
        for name, person in {
            "foreign": foreign,
            "member": former,
            "admin": admin,
            "coach": other_coach,
        }.items()
    }
    assert status == {"foreign": 404, "member": 200, "admin": 403, "coach": 200}
    company.archive()
    session.commit()
    assert status_of(sign_in(app.test_client(), former), document) == 404
    assert status_of(app.test_client(), document) == 302


@pytest.mark.parametrize(
    ("role", "read", "write"),
    [(Role.MANAGER, 200, 303), (Role.COACH, 200, 403), (Role.ADMIN, 403, 403), (Role.COMPANY, 403, 403)],
)
def test_its_coaches_and_managers_put_files_on_file(
    app: Flask, session: Session, company: Company, role: Role, read: int, write: int
) -> None:
    document = a_document(app, session, company)
    person = make_user(session, role, language="en")
    session.commit()
    browser = sign_in(app.test_client(), person)
    assert browser.get(f"/companies/{company.id}/documents").status_code == read
    assert upload(browser, company, "bild.png", PNG).status_code == write
    assert post(browser, f"/documents/{document.id}/release", {"released": "1"}).status_code == write
    assert post(browser, f"/documents/{document.id}/edit", {"title": "x"}).status_code == write


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("", b"", "Choose a file."),
        ("virus.exe", b"MZ", "Files like “virus.exe” cannot be put on file here. Accepted are pdf, png"),
        ("plan.pdf", b"", "“plan.pdf” is empty."),
        ("plan.pdf", b"<script>alert(1)</script>", "The content of “plan.pdf” is no PDF."),
        ("<script>.txt.exe", b"x", "&lt;script"),
    ],
)
def test_bad_files_are_refused_and_the_title_stays(
    staff: FlaskClient, session: Session, company: Company, name: str, content: bytes, says: str
) -> None:
    answer = upload(staff, company, name, content, title="Mein Titel")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert says in page or (name.startswith("<") and "<script>.txt" not in page)
    assert 'value="Mein Titel"' in page
    assert documents(session, company) == []


def test_a_file_over_the_limit_is_refused(
    app: Flask, staff: FlaskClient, session: Session, company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "up to 25 MB" in staff.get(f"/companies/{company.id}/documents").get_data(as_text=True)
    monkeypatch.setitem(app.config, "MAX_CONTENT_LENGTH", 10_000)
    answer = upload(staff, company, "gross.pdf", PDF + b"\0" * 10_000)
    assert answer.status_code == 413
    assert documents(session, company) == []


def test_the_same_file_twice_names_the_first(staff: FlaskClient, session: Session, company: Company) -> None:
    upload(staff, company, "plan.pdf", PDF, title="Netzplan")
    answer = upload(staff, company, "plan (1).pdf", PDF)
    assert answer.status_code == 422
    assert "on file already as “Netzplan”" in answer.get_data(as_text=True)
    assert len(documents(session, company)) == 1


def test_names_with_folders_and_signs_become_safe(
    staff: FlaskClient, session: Session, company: Company
) -> None:
    upload(staff, company, "..\\..\\etc/passwd\u202efdp.pdf", PDF)
    [document] = documents(session, company)
    assert not set("/\\\u202e") & set(document.filename)


def test_an_unknown_document_is_not_found(staff: FlaskClient) -> None:
    base = "/documents/01999999-0000-7000-8000-000000000000"
    assert staff.get(f"{base}/file").status_code == 404
    assert staff.get(f"{base}/edit").status_code == 404
    assert post(staff, f"{base}/release").status_code == 404


def test_the_number_of_statements_does_not_depend_on_the_rows(
    app: Flask, staff: FlaskClient, session: Session, company: Company
) -> None:
    url = f"/companies/{company.id}/documents"
    a_document(app, session, company)
    with count_statements(app) as one:
        staff.get(url)
    for n in (1, 2):
        a_document(app, session, company, PDF + bytes([n]))
    with count_statements(app) as three:
        staff.get(url)
    assert len(one) == len(three)
