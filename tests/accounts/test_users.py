"""The users page: inviting, changing, disabling; who may and who may not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import invitations, queries
from app.accounts.models import Role, User, UserSession
from app.errors import RuleBroken
from app.mail import OutboxMail
from tests.accounts.conftest import PASSPHRASE, link_in
from tests.factories import make_user, post, sign_in

Outbox = Callable[[], list[OutboxMail]]
SCRIPT = "<script>alert(1)</script>"
NINA = {
    "email": "nina.neu@example.org",
    "first_name": "Nina",
    "last_name": "Neu",
    "salutation": "ms",
    "job_title": "Coachin",
    "phone": "",
    "role": "coach",
    "language": "de",
}


def edited(user: User, **values: str) -> dict[str, str]:
    return {
        "first_name": user.first_name,
        "last_name": user.last_name,
        "salutation": "",
        "role": user.role.value,
        "language": "de",
        "version": str(user.version),
        **values,
    }


def nina(session: Session) -> User:
    found = queries.user_by_email(session, NINA["email"])
    assert found is not None
    return found


# Inviting


def test_an_administrator_invites_and_the_person_joins(
    app: Flask, client: FlaskClient, session: Session, admin: User, outbox: Outbox
) -> None:
    sign_in(client, admin)
    assert post(client, "/users/new", NINA).location == "/users"
    page = client.get("/users").text
    assert "Nina Neu ist per E-Mail eingeladen." in page
    assert "eingeladen am" in page
    (mail,) = outbox()
    assert mail.recipient == "nina.neu@example.org"
    assert f"{admin.name} lädt Sie ein" in mail.text
    new = app.test_client()
    words = "fünf Kraniche über Zingst"
    assert post(new, link_in(mail), {"passphrase": words, "repeat": words}).status_code == 303
    assert new.get("/me").status_code == 200
    assert nina(session).joined_at is not None


@pytest.mark.parametrize("role", ["coach", "manager", "admin"])
def test_an_administrator_invites_all_people_of_the_centre(
    client: FlaskClient, session: Session, admin: User, role: str
) -> None:
    assert post(sign_in(client, admin), "/users/new", {**NINA, "role": role}).status_code == 303
    assert nina(session).role == role


@pytest.mark.parametrize("role", ["manager", "admin", "company", "root", ""])
def test_a_manager_invites_coaches_only(
    client: FlaskClient, session: Session, manager: User, role: str
) -> None:
    sign_in(client, manager)
    assert post(client, "/users/new", {**NINA, "role": role}).status_code == 422
    assert queries.user_by_email(session, NINA["email"]) is None
    assert post(client, "/users/new", NINA).status_code == 303


def test_a_duplicate_is_named_and_can_be_invited_again(
    client: FlaskClient, session: Session, admin: User, outbox: Outbox
) -> None:
    sign_in(client, admin)
    post(client, "/users/new", NINA)
    first = link_in(outbox()[0])
    answer = post(client, "/users/new", {**NINA, "email": " Nina.NEU@example.org", "first_name": "Tina"})
    assert answer.status_code == 422
    assert (
        "Nina Neu hat mit dieser Adresse bereits ein Konto. Sie können die Einladung noch einmal senden."
        in answer.text
    )
    assert 'value="Tina"' in answer.text
    again = f"/users/{nina(session).id}/invitation"
    assert f'action="{again}"' in answer.text
    assert post(client, again).status_code == 303
    assert client.get(first).status_code == 404
    assert client.get(link_in(outbox()[1])).status_code == 200
    assert session.scalar(select(func.count()).select_from(User)) == 2


def test_somebody_who_has_joined_is_not_offered_an_invitation(
    client: FlaskClient, coach: User, admin: User
) -> None:
    answer = post(sign_in(client, admin), "/users/new", {**NINA, "email": coach.email})
    assert answer.status_code == 422
    assert coach.name in answer.text
    assert "/invitation" not in answer.text


def test_a_disabled_account_is_said_to_be_so(
    client: FlaskClient, session: Session, coach: User, admin: User
) -> None:
    coach.active = False
    session.commit()
    answer = post(sign_in(client, admin), "/users/new", {**NINA, "email": coach.email})
    assert "hat ein Konto, das gesperrt ist" in answer.text


def test_people_of_companies_are_told_nothing_about_other_accounts(
    session: Session, coach: User, semmler: User
) -> None:
    with pytest.raises(RuleBroken) as refusal:
        invitations.invite(session, semmler, coach.email, "A", "B", role=Role.COMPANY)
    assert refusal.value.code == "invitation.impossible"
    assert coach.last_name not in str(refusal.value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", ""),
        ("email", "x"),
        ("email", "a@b"),
        ("email", "a@b.de\r\nBcc: c@d.de"),
        ("email", "x" * 200 + "@b.de"),
        ("first_name", ""),
        ("first_name", "x" * 61),
        ("last_name", " "),
        ("role", "root"),
        ("language", "fr"),
        ("phone", "1" * 61),
        ("job_title", "x" * 201),
    ],
)
def test_bad_input_is_refused_and_nothing_typed_is_lost(
    client: FlaskClient, session: Session, admin: User, outbox: Outbox, field: str, value: str
) -> None:
    answer = post(sign_in(client, admin), "/users/new", {**NINA, field: value})
    assert answer.status_code == 422
    assert 'value="Nina"' in answer.text or field == "first_name"
    assert outbox() == []
    assert session.scalar(select(func.count()).select_from(User)) == 1


def test_a_script_in_every_field_is_shown_as_text(
    client: FlaskClient, session: Session, admin: User, outbox: Outbox
) -> None:
    typed = dict.fromkeys(("first_name", "last_name", "job_title", "phone"), SCRIPT)
    sign_in(client, admin)
    assert post(client, "/users/new", {**NINA, **typed}).status_code == 303
    key = nina(session).id
    for path in ("/users", f"/users/{key}", "/outbox", f"/outbox/{outbox()[0].id}"):
        page = client.get(path).text
        assert SCRIPT not in page, path
    assert "&lt;script&gt;" in client.get(f"/users/{key}").text


# Who may


@pytest.mark.parametrize("path", ["/users", "/users/new"])
@pytest.mark.parametrize(
    ("role", "status"), [(Role.ADMIN, 200), (Role.MANAGER, 200), (Role.COACH, 403), (Role.COMPANY, 403)]
)
def test_who_sees_the_users_page(
    client: FlaskClient, session: Session, path: str, role: Role, status: int
) -> None:
    user = make_user(session, role)
    session.commit()
    assert sign_in(client, user).get(path).status_code == status


def test_managers_do_not_see_administrators(
    client: FlaskClient, admin: User, manager: User, coach: User
) -> None:
    sign_in(client, manager)
    page = client.get("/users").text
    assert coach.email in page
    assert admin.email not in page
    missing = client.get("/users/01900000-0000-7000-8000-000000000000")
    foreign = client.get(f"/users/{admin.id}")
    assert foreign.status_code == missing.status_code == 404


def test_managers_read_each_others_account_without_a_form(
    client: FlaskClient, session: Session, manager: User
) -> None:
    other = make_user(session, Role.MANAGER, job_title="Stellvertretung")
    session.commit()
    page = sign_in(client, manager).get(f"/users/{other.id}")
    assert page.status_code == 200
    assert "Stellvertretung" in page.text
    assert 'name="first_name"' not in page.text
    assert "/disabling" not in page.text


VERBS = ["", "/invitation", "/reset", "/disabling", "/enabling", "/sessions/end"]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("other", "status"), [(Role.ADMIN, 404), (Role.MANAGER, 403)])
def test_managers_change_neither_administrators_nor_managers(
    client: FlaskClient, session: Session, manager: User, verb: str, other: Role, status: int
) -> None:
    target = make_user(session, other)
    session.commit()
    data = edited(target, first_name="Neu")
    assert post(sign_in(client, manager), f"/users/{target.id}{verb}", data).status_code == status
    session.refresh(target)
    assert (target.first_name, target.active) == ("Anke", True)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("role", [Role.COACH, Role.COMPANY])
def test_others_change_nobody(
    client: FlaskClient, session: Session, admin: User, verb: str, role: Role
) -> None:
    user = make_user(session, role)
    session.commit()
    assert post(sign_in(client, user), f"/users/{admin.id}{verb}").status_code == 403


def test_a_manager_cannot_give_roles(
    client: FlaskClient, session: Session, manager: User, coach: User
) -> None:
    sign_in(client, manager)
    for role in ("manager", "admin"):
        assert post(client, f"/users/{coach.id}", edited(coach, role=role)).status_code == 422
    session.refresh(coach)
    assert coach.role is Role.COACH


# Changing


def test_changing_name_and_role(client: FlaskClient, session: Session, admin: User, coach: User) -> None:
    sign_in(client, admin)
    assert (
        post(client, f"/users/{coach.id}", edited(coach, first_name="Anja", role="manager")).status_code
        == 303
    )
    session.refresh(coach)
    assert (coach.first_name, coach.role) == ("Anja", Role.MANAGER)
    page = client.get(f"/users/{coach.id}").text
    assert "Coach" in page
    assert "Zentrumsleitung" in page


def test_company_users_stay_what_they_are(
    client: FlaskClient, session: Session, admin: User, semmler: User
) -> None:
    sign_in(client, admin)
    assert post(client, f"/users/{semmler.id}", edited(semmler, role="admin")).status_code == 422
    assert post(client, f"/users/{semmler.id}", edited(semmler, phone="0381 2")).status_code == 303
    session.refresh(semmler)
    assert (semmler.role, semmler.phone) == (Role.COMPANY, "0381 2")


def test_the_last_administrator_stays_one(client: FlaskClient, session: Session, admin: User) -> None:
    answer = post(sign_in(client, admin), f"/users/{admin.id}", edited(admin, role="coach"))
    assert answer.status_code == 422
    assert "ist die letzte Person mit der Rolle Administration." in answer.text
    session.refresh(admin)
    assert admin.role is Role.ADMIN


def test_the_last_administrator_cannot_be_disabled(session: Session, admin: User) -> None:
    with pytest.raises(RuleBroken) as refusal:
        admin.disable(None, queries.count_admins(session))
    assert refusal.value.code == "user.last_admin"
    make_user(session, Role.ADMIN)
    admin.disable(None, queries.count_admins(session))
    assert not admin.active


def test_nobody_disables_themselves(client: FlaskClient, session: Session, admin: User) -> None:
    make_user(session, Role.ADMIN)
    session.commit()
    answer = post(sign_in(client, admin), f"/users/{admin.id}/disabling")
    assert answer.status_code == 409
    assert "Das eigene Konto sperrt niemand selbst." in answer.text


def test_disabling_can_be_undone(client: FlaskClient, session: Session, admin: User, coach: User) -> None:
    sign_in(client, admin)
    post(client, f"/users/{coach.id}/disabling")
    session.refresh(coach)
    assert not coach.active
    assert f'action="/users/{coach.id}/enabling"' in client.get("/users?group=disabled").text
    post(client, f"/users/{coach.id}/enabling")
    session.refresh(coach)
    assert coach.active


def test_a_started_reset_is_a_mail_to_the_person_and_no_more(
    client: FlaskClient, session: Session, admin: User, coach: User, outbox: Outbox
) -> None:
    before = coach.password_hash
    answer = post(
        sign_in(client, admin), f"/users/{coach.id}/reset", {"passphrase": "vom Admin gewählt 2026"}
    )
    assert answer.status_code == 303
    (mail,) = outbox()
    assert mail.recipient == coach.email
    assert f"{admin.name} hat ihn für Sie angefordert." in mail.text
    session.refresh(coach)
    assert coach.password_hash == before
    assert link_in(mail) not in client.get(f"/users/{coach.id}").text


def test_no_form_takes_somebody_elses_passphrase(
    client: FlaskClient, session: Session, admin: User, coach: User
) -> None:
    before = coach.password_hash
    more = {"passphrase": "vom Admin gewählt 2026", "password_hash": "x", "email": "x@y.de", "active": ""}
    post(sign_in(client, admin), f"/users/{coach.id}", {**edited(coach), **more})
    session.refresh(coach)
    assert (coach.password_hash, coach.active) == (before, True)
    assert coach.email != "x@y.de"


def test_a_disabled_account_gets_neither_invitation_nor_reset(
    client: FlaskClient, session: Session, admin: User, coach: User, outbox: Outbox
) -> None:
    coach.active = False
    session.commit()
    sign_in(client, admin)
    assert post(client, f"/users/{coach.id}/invitation").status_code == 403
    assert post(client, f"/users/{coach.id}/reset").status_code == 403
    assert outbox() == []


def test_sessions_of_anyone_can_be_ended(
    app: Flask, client: FlaskClient, session: Session, admin: User, coach: User
) -> None:
    sign_in(app.test_client(), coach)
    post(sign_in(client, admin), f"/users/{coach.id}/sessions/end")
    assert session.scalars(select(UserSession.user_id)).all() == [admin.id]


def test_get_requests_do_not_act(client: FlaskClient, admin: User, coach: User) -> None:
    sign_in(client, admin)
    for verb in VERBS[1:]:
        answer: Any = client.get(f"/users/{coach.id}{verb}")
        assert answer.status_code == 405, verb
    assert post(client, "/sign-in", {"email": coach.email, "passphrase": PASSPHRASE}).status_code == 303
