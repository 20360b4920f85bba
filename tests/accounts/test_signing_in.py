"""Signing in by passphrase: the order, what it refuses, and that refusals tell nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import db
from app.accounts import passwords, queries
from app.accounts.models import Role, Throttle, User, UserSession
from tests.accounts.conftest import PASSPHRASE, with_passphrase
from tests.factories import csrf_token, make_user, post, sign_in

WRONG = "drei Hunde schlafen im Garten"


def enter(client: FlaskClient, email: str, passphrase: str = PASSPHRASE, **options: Any) -> Any:
    return post(client, "/sign-in", {"email": email, "passphrase": passphrase}, **options)


def cookie(client: FlaskClient) -> str | None:
    found = client.get_cookie(client.application.config["SIGN_IN_COOKIE"])
    return found.value if found else None


def body(response: Any) -> str:
    """A page without what differs by nature: nonces, tokens, the reference and what was typed."""
    text = re.sub(r'content="[\w.\-]{60,}"|value="[\w.\-]{60,}"|nonce="[^"]+"', "", response.text)
    return re.sub(r'value="[^"]*@[^"]*"', "", text)


# It works


def test_right_passphrase_signs_in_and_leads_home(client: FlaskClient, coach: User) -> None:
    answer = enter(client, coach.email)
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/me").status_code == 200


def test_the_address_may_be_written_in_other_letter_case(client: FlaskClient, coach: User) -> None:
    assert enter(client, f"  {coach.email.upper()} ").status_code == 303


def test_signing_in_leads_where_one_wanted_to_go(client: FlaskClient, admin: User) -> None:
    asked = client.get("/users?group=companies")
    assert asked.location == "/sign-in?next=/users?group%3Dcompanies"
    answer = post(client, asked.location, {"email": admin.email, "passphrase": PASSPHRASE})
    assert answer.location == "/users?group=companies"


def test_the_start_page_asks_to_sign_in_without_a_target(client: FlaskClient) -> None:
    assert client.get("/").location == "/sign-in"


def test_whoever_is_signed_in_needs_no_sign_in_page(client: FlaskClient, coach: User) -> None:
    assert sign_in(client, coach).get("/sign-in").location == "/"


def test_a_hash_with_older_parameters_is_renewed(client: FlaskClient, session: Session, coach: User) -> None:
    coach.password_hash = old = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash(
        PASSPHRASE
    )
    session.commit()
    assert enter(client, coach.email).status_code == 303
    session.refresh(coach)
    assert coach.password_hash != old
    assert not passwords.needs_rehash(coach.password_hash or "")
    assert passwords.verified(coach.password_hash, PASSPHRASE)


# Sessions: nothing from before is valid after


def test_a_token_set_before_signing_in_is_worth_nothing(client: FlaskClient, coach: User) -> None:
    client.set_cookie(client.application.config["SIGN_IN_COOKIE"], "chosen-by-an-attacker")
    enter(client, coach.email)
    assert cookie(client) != "chosen-by-an-attacker"
    client.set_cookie(client.application.config["SIGN_IN_COOKIE"], "chosen-by-an-attacker")
    assert client.get("/me").status_code == 302


def test_signing_in_ends_the_browsers_earlier_session(
    client: FlaskClient, session: Session, coach: User, admin: User
) -> None:
    sign_in(client, coach)
    earlier = cookie(client)
    enter(client, admin.email)
    client.set_cookie(client.application.config["SIGN_IN_COOKIE"], str(earlier))
    assert client.get("/me").status_code == 302


def test_signing_in_makes_a_new_csrf_token(client: FlaskClient, coach: User) -> None:
    before = csrf_token(client)
    client.post("/sign-in", data={"csrf_token": before, "email": coach.email, "passphrase": PASSPHRASE})
    answer = client.post("/theme", data={"csrf_token": before, "theme": "dark"})
    assert answer.status_code == 403


def test_the_cookie_is_not_readable_by_scripts_and_stays_here(client: FlaskClient, coach: User) -> None:
    answer = enter(client, coach.email)
    name = client.application.config["SIGN_IN_COOKIE"]
    given = next(c for c in answer.headers.getlist("Set-Cookie") if c.startswith(f"{name}="))
    assert "HttpOnly" in given
    assert "SameSite=Lax" in given
    assert "Path=/" in given
    assert "Domain" not in given


# Refusals


def test_wrong_unknown_disabled_and_without_passphrase_look_the_same(
    client: FlaskClient, session: Session, coach: User, semmler: User
) -> None:
    disabled = with_passphrase(session, Role.COACH)
    disabled.active = False
    session.commit()
    answers = [
        enter(client, coach.email, WRONG),
        enter(client, "nobody@example.org"),
        enter(client, disabled.email),
        enter(client, semmler.email),
    ]
    assert [a.status_code for a in answers] == [422] * 4
    assert len({body(a) for a in answers}) == 1
    assert "E-Mail-Adresse und Passphrase gehören nicht zusammen." in answers[0].text
    assert cookie(client) is None


def test_every_refusal_computes_one_hash(
    client: FlaskClient, coach: User, semmler: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time is spent in argon2: the same number of hashes is the same time."""
    seen: list[str] = []

    class Counting:
        def __init__(self, hasher: PasswordHasher) -> None:
            self.hasher = hasher

        def verify(self, stored: str, passphrase: str) -> bool:
            seen.append(stored.split("$")[3])
            return self.hasher.verify(stored, passphrase)

    monkeypatch.setattr(passwords, "_hasher", Counting(passwords._hasher))
    for email in (coach.email, "nobody@example.org", semmler.email):
        enter(client, email, WRONG)
    assert len(seen) == 3
    assert len(set(seen)) == 1


def test_what_was_typed_stays_but_not_the_passphrase(client: FlaskClient, coach: User) -> None:
    page = enter(client, coach.email, WRONG).text
    assert f'value="{coach.email}"' in page
    assert WRONG not in page


@pytest.mark.parametrize(
    "data", [{}, {"email": "a@b.de"}, {"passphrase": PASSPHRASE}, {"email": " ", "passphrase": ""}]
)
def test_empty_fields_are_refused_with_a_word(client: FlaskClient, data: dict[str, str]) -> None:
    answer = post(client, "/sign-in", data)
    assert answer.status_code == 422
    assert "Bitte ausfüllen." in answer.text


@pytest.mark.parametrize("passphrase", ["x" * 257, "x" * 100_000, "\x00" * 20, "😀" * 300])
def test_odd_passphrases_are_simply_wrong(client: FlaskClient, coach: User, passphrase: str) -> None:
    assert enter(client, coach.email, passphrase).status_code == 422


def test_a_form_without_token_is_refused_with_a_page(client: FlaskClient, coach: User) -> None:
    answer = client.post("/sign-in", data={"email": coach.email, "passphrase": PASSPHRASE})
    assert answer.status_code == 403
    assert "Dieses Formular gehört nicht mehr zu Ihrer Sitzung." in answer.text
    assert cookie(client) is None


def test_another_browsers_token_is_refused(app: Flask, client: FlaskClient, coach: User) -> None:
    foreign = csrf_token(app.test_client())
    csrf_token(client)
    data = {"csrf_token": foreign, "email": coach.email, "passphrase": PASSPHRASE}
    assert client.post("/sign-in", data=data).status_code == 403


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_a_form_sent_from_elsewhere_is_refused(
    client: FlaskClient, coach: User, headers: dict[str, str]
) -> None:
    assert enter(client, coach.email, headers=headers).status_code == 403
    assert cookie(client) is None


ELSEWHERE = [
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example",
    "https:evil.example", "http:/evil.example", "javascript:alert(1)", "data:text/html,x", "/\t/evil.example",
    "/\n/evil.example", "/\r/evil.example", "\t//evil.example", " //evil.example", "/ /evil.example",
    "evil.example", "evil.example/me", "@evil.example", ".evil.example", "?next=//evil.example", "#x",
    "／／evil.example", "/／evil.example", "/%0d%0aSet-Cookie:x\r\n", "/\x00/evil.example", "/me\x7f", "ftp://evil.example",
    "//evil.example/..", "/\\/evil.example", "",
]  # fmt: skip


@pytest.mark.parametrize("target", ELSEWHERE)
def test_signing_in_never_leads_elsewhere(client: FlaskClient, coach: User, target: str) -> None:
    data = {"email": coach.email, "passphrase": PASSPHRASE}
    answer = post(client, "/sign-in", data, query_string={"next": target})
    assert (answer.status_code, answer.location) == (303, "/")


# Throttling


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel("2026-11-20 09:00:00+00:00", tick=False) as travelled:
        yield travelled


def test_the_sixth_wrong_try_has_to_wait(client: FlaskClient, coach: User, clock: Any) -> None:
    assert [enter(client, coach.email, WRONG).status_code for _try in range(5)] == [422] * 5
    answer = enter(client, coach.email, WRONG)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2"
    assert "Zu viele Versuche." in answer.text


def test_the_right_passphrase_waits_too_but_not_for_ever(
    client: FlaskClient, coach: User, clock: Any
) -> None:
    for _try in range(5):
        enter(client, coach.email, WRONG)
    assert enter(client, coach.email).status_code == 429
    clock.shift(3)
    assert enter(client, coach.email).status_code == 303


def test_waiting_grows_up_to_a_quarter_of_an_hour(
    client: FlaskClient, session: Session, coach: User, clock: Any
) -> None:
    waits = []
    for _try in range(17):
        answer = enter(client, coach.email, WRONG)
        if answer.status_code == 429:
            waits.append(int(answer.headers["Retry-After"]))
            clock.shift(waits[-1])
            enter(client, coach.email, WRONG)
    assert waits[:4] == [2, 3, 5, 9]
    assert waits[-1] == 901


def test_unknown_addresses_are_throttled_alike(client: FlaskClient, coach: User, clock: Any) -> None:
    for _try in range(5):
        enter(client, "nobody@example.org", WRONG)
    assert enter(client, "nobody@example.org", WRONG).status_code == 429


def test_the_person_gets_in_from_another_address(client: FlaskClient, coach: User, clock: Any) -> None:
    attacker: Any = {"environ_base": {"REMOTE_ADDR": "203.0.113.9"}}
    for _try in range(20):
        enter(client, coach.email, WRONG, **attacker)
    assert enter(client, coach.email, WRONG, **attacker).status_code == 429
    assert enter(client, coach.email, environ_base={"REMOTE_ADDR": "198.51.100.7"}).status_code == 303


def test_one_address_may_not_try_many_accounts(client: FlaskClient, clock: Any) -> None:
    answers = [enter(client, f"person{n}@example.org", WRONG).status_code for n in range(31)]
    assert answers == [422] * 30 + [429]


def test_many_addresses_may_not_try_one_account(client: FlaskClient, coach: User, clock: Any) -> None:
    answers = [
        enter(client, coach.email, WRONG, environ_base={"REMOTE_ADDR": f"203.0.113.{n}"}).status_code
        for n in range(51)
    ]
    assert answers == [422] * 50 + [429]


def test_a_forged_forwarding_header_changes_nothing(client: FlaskClient, coach: User, clock: Any) -> None:
    answers = [
        enter(client, coach.email, WRONG, headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code
        for n in range(6)
    ]
    assert answers == [422] * 5 + [429]


def test_the_count_stays_for_other_workers_and_after_a_restart(
    app: Flask, client: FlaskClient, session: Session, coach: User
) -> None:
    enter(client, coach.email, WRONG)
    enter(app.test_client(), coach.email, WRONG)
    assert session.scalars(select(Throttle.failures)).all() == [2, 2, 2]


def test_own_success_does_not_wipe_the_count_of_the_address(
    client: FlaskClient, session: Session, coach: User, clock: Any
) -> None:
    for n in range(29):
        enter(client, f"person{n}@example.org", WRONG)
    assert enter(client, coach.email).status_code == 303
    assert session.scalar(select(Throttle.failures).where(Throttle.key.like("sign_in:@%"))) == 29


def test_counts_are_forgotten_after_an_hour(client: FlaskClient, coach: User, clock: Any) -> None:
    for _try in range(5):
        enter(client, coach.email, WRONG)
    clock.shift(3601)
    assert [enter(client, coach.email, WRONG).status_code for _try in range(5)] == [422] * 5


# The demo's doors


@pytest.fixture
def demo(session: Session) -> dict[Role, User]:
    queries.centre(session).demo = True
    people = {role: make_user(session, role) for role in Role}
    session.commit()
    return people


@pytest.mark.parametrize("role", list(Role))
def test_a_demo_on_ones_own_machine_has_a_door_per_role(
    client: FlaskClient, demo: dict[Role, User], role: Role
) -> None:
    page = client.get("/sign-in").text
    assert f'action="/sign-in/demo/{role.value}"' in page
    assert demo[role].name in page
    assert post(client, f"/sign-in/demo/{role.value}").status_code == 303
    assert demo[role].email in client.get("/me/email").text


def test_an_unknown_role_has_no_door(client: FlaskClient, demo: dict[Role, User]) -> None:
    assert post(client, "/sign-in/demo/root").status_code == 404


@pytest.mark.parametrize(
    "options",
    [
        {"environ_base": {"REMOTE_ADDR": "192.168.1.5"}},
        {"base_url": "http://wandelwerk.example.org"},
        {"headers": {"X-Forwarded-For": "203.0.113.9"}},
    ],
)
def test_nobody_enters_the_demo_from_outside(
    client: FlaskClient, session: Session, demo: dict[Role, User], options: dict[str, Any]
) -> None:
    assert "/sign-in/demo/" not in client.get("/sign-in", **options).text
    token = re.search(r'csrf-token" content="([^"]+)"', client.get("/imprint", **options).text)
    assert token is not None
    answer = client.post("/sign-in/demo/admin", data={"csrf_token": token.group(1)}, **options)
    assert answer.status_code == 404
    assert session.scalar(select(func.count()).select_from(UserSession)) == 0


def test_a_centre_that_is_no_demo_has_no_doors(client: FlaskClient, admin: User) -> None:
    assert "/sign-in/demo/" not in client.get("/sign-in").text
    assert post(client, "/sign-in/demo/admin").status_code == 404


def test_refused_tries_leave_no_session(client: FlaskClient, session: Session, coach: User) -> None:
    enter(client, coach.email, WRONG)
    assert session.scalar(select(func.count()).select_from(UserSession)) == 0


def test_sessions_are_kept_as_a_hash_only(client: FlaskClient, session: Session, coach: User) -> None:
    enter(client, coach.email)
    kept = session.scalars(select(UserSession)).one()
    token = cookie(client)
    assert token is not None
    assert token not in repr(vars(kept))
    assert kept.token_hash == queries.token_hash(token)
    assert kept.expires_at > db.utcnow()
