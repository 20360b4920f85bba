"""History: every change is written by the session itself, grouped, complete; bulk statements are refused."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import db, history
from app.accounts.models import User
from app.companies.models import Company, CompanyStatus
from tests.factories import make_company, make_user


def test_a_new_record_is_written_with_all_its_fields(session: Session) -> None:
    company = make_company(session, name="Recknitz Holzbau e. K.")
    [entry] = history.entries_of(session, company)
    assert (entry.kind, entry.label, entry.fields["name"]) == (
        "created",
        "Recknitz Holzbau e. K.",
        [None, "Recknitz Holzbau e. K."],
    )


def test_a_change_names_who_what_before_and_after(session: Session) -> None:
    coach = make_user(session)
    company = make_company(session, coach)
    history.act_as(session, history.Actor(coach.id, coach.name, "web", "companies.edit"))
    company.status = CompanyStatus.PAUSED
    session.flush()
    entry = history.entries_of(session, company)[0]
    assert entry.actor == coach.name
    assert entry.fields == {"status": ["active", "paused"]}
    assert entry.kind == "changed"


def test_changes_of_one_transaction_are_one_action(session: Session) -> None:
    make_company(session)
    make_company(session)
    of_companies = select(history.HistoryChange.action_id).where(
        history.HistoryChange.record_type == "Company"
    )
    assert len(set(session.scalars(of_companies))) == 1
    session.commit()
    make_company(session)
    session.flush()
    assert len(set(session.scalars(of_companies))) == 2


def test_a_rolled_back_change_leaves_no_trace(session: Session) -> None:
    company = make_company(session)
    session.commit()
    company.city = "Wismar"
    session.flush()
    session.rollback()
    assert [e.kind for e in history.entries_of(session, company)] == ["created"]
    company.city = "Parchim"
    session.flush()
    newest = history.entries_of(session, company)[0]
    assert newest.fields == {"city": ["Rostock", "Parchim"]}
    assert newest.actor == "Wandelwerk"


def test_a_deletion_keeps_every_value(session: Session) -> None:
    company = make_company(session)
    session.delete(company)
    session.flush()
    entry = history.entries_of(session, company)[0]
    assert (entry.kind, entry.fields["city"]) == ("deleted", ["Rostock", None])


def test_passwords_are_never_written(session: Session) -> None:
    user = make_user(session)
    user.password_hash = "$argon2id$secret"
    session.flush()
    assert history.entries_of(session, user)[0].fields == {"password_hash": [None, "•••"]}


def test_the_new_version_stands_beside_each_change(session: Session) -> None:
    company = make_company(session)
    opened = company.version
    company.city = "Wismar"
    session.flush()
    company.city = "Bützow"
    company.street = "Am Hafen 4"
    session.flush()
    assert history.changed_since(session, company, opened) == {"city": "Rostock", "street": ""}
    assert history.changed_since(session, company, opened + 1) == {"city": "Wismar", "street": ""}
    assert history.changed_since(session, company, company.version) == {}


def test_bulk_statements_on_business_records_are_refused(session: Session) -> None:
    make_company(session)
    with pytest.raises(RuntimeError, match="no history"):
        session.execute(update(Company).values(city="Nirgendwo"))


@pytest.mark.parametrize("change", ["attribute", "insert", "bulk"])
def test_a_reading_session_cannot_write(app, session: Session, change: str) -> None:
    company = make_company(session)
    session.commit()
    database: db.Database = app.extensions["database"]
    reader = database.new_session(reader=True)
    mine = reader.get_one(Company, company.id)
    if change == "attribute":
        mine.city = "Wismar"
    elif change == "insert":
        reader.add(User(email="a", email_norm="a", first_name="a", last_name="b", role="coach"))
    bulk = update(db.Counter).values(value=1)
    with pytest.raises(RuntimeError, match="tried to write"):
        reader.execute(bulk) if change == "bulk" else reader.flush()
    reader.close()
