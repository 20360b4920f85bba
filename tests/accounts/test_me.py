"""The pages about oneself: profile, photo, passphrase, mail address, language and appearance."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from app.accounts import passwords
from app.accounts.models import Role, User
from app.mail import OutboxMail
from tests.accounts.conftest import PASSPHRASE, link_in
from tests.factories import make_user, post, sign_in

Outbox = Callable[[], list[OutboxMail]]
NEW = "fünf Kraniche über Zingst"
SCRIPT = "<script>alert(1)</script>"
PROFILE = {
    "first_name": "Anke",
    "last_name": "Krüger",
    "salutation": "ms",
    "job_title": "Coachin",
    "phone": "0381 1",
    "language": "de",
    "theme": "dark",
}


def profile(user: User, **values: str) -> dict[str, str]:
    return {**PROFILE, "version": str(user.version), **values}


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 600)) -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", size, "#0a5560").save(out, kind)
    out.seek(0)
    return out


# The profile


@pytest.mark.parametrize("role", list(Role))
def test_everybody_has_a_profile(client: FlaskClient, session: Session, role: Role) -> None:
    user = make_user(session, role)
    session.commit()
    sign_in(client, user)
    for path in ("/me", "/me/passphrase", "/me/email", "/me/sessions"):
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("path", ["/me", "/me/passphrase", "/me/email", "/me/sessions", "/photos/x"])
def test_nobody_else_does(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.location) == (302, f"/sign-in?next={path}")


def test_saving_the_profile(client: FlaskClient, session: Session, coach: User) -> None:
    sign_in(client, coach)
    assert post(client, "/me", profile(coach)).location == "/me"
    session.refresh(coach)
    assert {name: getattr(coach, name) for name in PROFILE} == PROFILE
    page = client.get("/me").text
    assert 'data-bs-theme="dark"' in page
    assert "Ihr Profil ist gespeichert." in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("first_name", "", "Bitte ausfüllen."),
        ("first_name", "   ", "Bitte ausfüllen."),
        ("last_name", "x" * 61, "höchstens 60 Zeichen"),
        ("job_title", "x" * 201, "höchstens 200 Zeichen"),
        ("phone", "1" * 61, "höchstens 60 Zeichen"),
        ("language", "fr", ""),
        ("theme", "pink", ""),
        ("salutation", "dr", ""),
    ],
)
def test_a_wrong_field_is_refused_and_nothing_typed_is_lost(
    client: FlaskClient, session: Session, coach: User, field: str, value: str, words: str
) -> None:
    sign_in(client, coach)
    answer = post(client, "/me", profile(coach, city="Rostock", **{field: value}))
    assert answer.status_code == 422
    assert words in answer.text
    if field != "job_title":
        assert 'value="Coachin"' in answer.text
    session.refresh(coach)
    assert coach.job_title == ""


def test_what_is_not_on_the_form_cannot_be_set(client: FlaskClient, session: Session, coach: User) -> None:
    before = (coach.email, coach.password_hash, coach.joined_at)
    more = {
        "role": "admin",
        "active": "",
        "email": "x@y.de",
        "email_norm": "x",
        "password_hash": "x",
        "id": "x",
    }
    sign_in(client, coach)
    post(client, "/me", {**profile(coach), **more})
    session.refresh(coach)
    assert (coach.role, coach.active) == (Role.COACH, True)
    assert (coach.email, coach.password_hash, coach.joined_at) == before


def test_a_script_in_every_field_is_shown_as_text(
    app: Flask, client: FlaskClient, session: Session, coach: User, admin: User
) -> None:
    typed = dict.fromkeys(("first_name", "last_name", "job_title", "phone"), SCRIPT)
    assert post(sign_in(client, coach), "/me", profile(coach, **typed)).status_code == 303
    seen_by_admin = sign_in(app.test_client(), admin)
    for page in (client.get("/me"), seen_by_admin.get("/users"), seen_by_admin.get(f"/users/{coach.id}")):
        assert SCRIPT not in page.text
        assert "&lt;script&gt;" in page.text


def test_control_characters_do_not_reach_the_database(
    client: FlaskClient, session: Session, coach: User
) -> None:
    post(sign_in(client, coach), "/me", profile(coach, first_name="An\x00ke\x1b", last_name="Krü\nger"))
    session.refresh(coach)
    assert coach.name == "Anke Krü ger"


def test_two_who_change_different_fields_both_win(
    app: Flask, client: FlaskClient, session: Session, coach: User, admin: User
) -> None:
    opened = profile(coach, first_name=coach.first_name, last_name=coach.last_name)
    other = {**opened, "phone": "0381 999", "role": "coach"}
    assert post(sign_in(app.test_client(), admin), f"/users/{coach.id}", other).status_code == 303
    assert post(sign_in(client, coach), "/me", {**opened, "phone": "", "theme": "light"}).status_code == 303
    session.refresh(coach)
    assert (coach.phone, coach.theme) == ("0381 999", "light")


def test_two_who_change_the_same_field_are_asked(
    app: Flask, client: FlaskClient, session: Session, coach: User, admin: User
) -> None:
    opened = profile(coach, first_name=coach.first_name, last_name=coach.last_name)
    other = {**opened, "phone": "0381 999", "role": "coach"}
    post(sign_in(app.test_client(), admin), f"/users/{coach.id}", other)
    sign_in(client, coach)
    answer = post(client, "/me", {**opened, "phone": "0381 111"})
    assert answer.status_code == 409
    assert "0381 999" in answer.text
    assert 'value="0381 111"' in answer.text
    session.refresh(coach)
    version = str(coach.version)
    answer = post(client, "/me", {**opened, "phone": "0381 111", "resolve-phone": "mine", "version": version})
    assert answer.status_code == 303
    session.refresh(coach)
    assert coach.phone == "0381 111"


# Photo


def test_a_photo_is_scaled_down_and_shown(client: FlaskClient, session: Session, coach: User) -> None:
    sign_in(client, coach)
    answer = post(client, "/me/photo", {"photo-photo": (picture("JPEG"), "ich.jpg")})
    assert answer.location == "/me"
    session.refresh(coach)
    url = f"/photos/{coach.photo_sha}"
    assert f'src="{url}"' in client.get("/me").text
    with client.get(url) as shown:
        assert shown.headers["Content-Type"] == "image/jpeg"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert max(Image.open(io.BytesIO(shown.data)).size) == 400
    assert post(client, "/me/photo/removal").location == "/me"
    assert client.get(url).status_code == 404


def test_photos_are_for_people_who_are_signed_in(
    app: Flask, client: FlaskClient, session: Session, coach: User
) -> None:
    post(sign_in(client, coach), "/me/photo", {"photo-photo": (picture(), "ich.png")})
    session.refresh(coach)
    assert app.test_client().get(f"/photos/{coach.photo_sha}").status_code == 302


SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


@pytest.mark.parametrize(
    "data", [SVG, b"", b"GIF89a<script>", b"%PDF-1.7", b"\xff\xd8\xff<script>alert(1)</script>"]
)
def test_what_is_no_picture_is_refused(
    client: FlaskClient, session: Session, coach: User, data: bytes
) -> None:
    sign_in(client, coach)
    answer = post(client, "/me/photo", {"photo-photo": (io.BytesIO(data), "ich.png")})
    assert answer.status_code == 422
    session.refresh(coach)
    assert coach.photo_sha is None


def test_no_picture_chosen_is_said(client: FlaskClient, coach: User) -> None:
    answer = post(sign_in(client, coach), "/me/photo")
    assert answer.status_code == 422
    assert "Wählen Sie zuerst ein Bild aus." in answer.text


def test_an_upload_over_the_limit_is_refused_with_a_page(
    client: FlaskClient, coach: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(client.application.config, "MAX_CONTENT_LENGTH", 10_000)
    sign_in(client, coach)
    answer = post(client, "/me/photo", {"photo-photo": (io.BytesIO(b"0" * 20_000), "ich.jpg")})
    assert answer.status_code == 413
    assert "<h1>" in answer.text


# Passphrase


def change(client: FlaskClient, current: str = PASSPHRASE, passphrase: str = NEW) -> Any:
    return post(
        client, "/me/passphrase", {"current": current, "passphrase": passphrase, "repeat": passphrase}
    )


def test_changing_the_passphrase(client: FlaskClient, session: Session, coach: User, outbox: Outbox) -> None:
    sign_in(client, coach)
    assert change(client).location == "/me"
    session.refresh(coach)
    assert passwords.verified(coach.password_hash, NEW)
    assert [m.recipient for m in outbox()] == [coach.email]


def test_it_needs_the_present_one(client: FlaskClient, session: Session, coach: User, outbox: Outbox) -> None:
    sign_in(client, coach)
    answer = change(client, current="drei Hunde schlafen im Garten")
    assert answer.status_code == 422
    assert "Das ist nicht Ihre bisherige Passphrase." in answer.text
    session.refresh(coach)
    assert passwords.verified(coach.password_hash, PASSPHRASE)
    assert outbox() == []


def test_it_needs_a_good_new_one(client: FlaskClient, coach: User) -> None:
    assert change(sign_in(client, coach), passphrase="kurz").status_code == 422


def test_guessing_the_present_one_is_held_back(client: FlaskClient, coach: User) -> None:
    sign_in(client, coach)
    with time_machine.travel("2026-11-20 09:00+00:00", tick=False):
        sign_in(client, coach)
        answers = [change(client, current=f"drei Hunde schlafen {n}").status_code for n in range(6)]
    assert answers == [422] * 5 + [429]


def test_a_link_user_sets_a_first_passphrase_soon_after_signing_in(
    client: FlaskClient, session: Session, semmler: User
) -> None:
    sign_in(client, semmler)
    assert 'name="current"' not in client.get("/me/passphrase").text
    assert post(client, "/me/passphrase", {"passphrase": NEW, "repeat": NEW}).status_code == 303
    session.refresh(semmler)
    assert passwords.verified(semmler.password_hash, NEW)


def test_later_a_link_user_has_to_sign_in_again_first(
    client: FlaskClient, session: Session, semmler: User
) -> None:
    with time_machine.travel("2026-11-20 09:00+00:00", tick=False) as clock:
        sign_in(client, semmler)
        clock.shift(16 * 60)
        answer = post(client, "/me/passphrase", {"passphrase": NEW, "repeat": NEW})
    assert answer.status_code == 422
    assert "innerhalb der letzten 15 Minuten" in answer.text
    session.refresh(semmler)
    assert semmler.password_hash is None


# Mail address


def wish(client: FlaskClient, email: str, current: str = PASSPHRASE) -> Any:
    return post(client, "/me/email", {"email": email, "current": current})


def test_a_new_address_counts_once_confirmed_and_the_old_one_is_told(
    client: FlaskClient, session: Session, coach: User, outbox: Outbox
) -> None:
    old = coach.email
    sign_in(client, coach)
    assert wish(client, "neu@example.org").location == "/me"
    (asked,) = outbox()
    assert asked.recipient == "neu@example.org"
    path = link_in(asked)
    assert "neu@example.org" in client.get(path).text
    session.refresh(coach)
    assert coach.email == old
    assert post(client, path).location == "/me"
    session.refresh(coach)
    assert (coach.email, coach.email_norm) == ("neu@example.org", "neu@example.org")
    assert outbox()[1].recipient == old
    assert "neu@example.org" in outbox()[1].text


def test_the_confirmation_works_once_for_its_owner_for_an_hour(
    app: Flask, client: FlaskClient, session: Session, coach: User, admin: User, outbox: Outbox
) -> None:
    with time_machine.travel("2026-11-20 09:00+00:00", tick=False) as clock:
        sign_in(client, coach)
        wish(client, "neu@example.org")
        path = link_in(outbox()[0])
        stranger = sign_in(app.test_client(), admin)
        assert stranger.get(path).status_code == 410
        assert post(stranger, path).status_code == 410
        assert client.get(path[:-9] + ("A" if path[-9] != "A" else "B") + path[-8:]).status_code == 410
        clock.shift(3601)
        assert post(client, path).status_code == 410
        clock.shift(-10)
        assert post(client, path).status_code == 303
        assert post(client, path).status_code == 410


def test_an_address_in_use_is_not_given_away(
    client: FlaskClient, session: Session, coach: User, admin: User, outbox: Outbox
) -> None:
    sign_in(client, coach)
    answer = wish(client, admin.email.upper())
    assert (answer.status_code, answer.location) == (303, "/me")
    (told,) = outbox()
    assert told.recipient == admin.email
    assert "/me/email/" not in told.text


def test_an_address_taken_meanwhile_is_refused(
    client: FlaskClient, session: Session, coach: User, outbox: Outbox
) -> None:
    sign_in(client, coach)
    wish(client, "neu@example.org")
    make_user(session, email="neu@example.org")
    session.commit()
    answer = post(client, link_in(outbox()[0]))
    assert answer.status_code == 409
    assert "Diese Adresse gehört inzwischen zu einem anderen Konto." in answer.text


@pytest.mark.parametrize(
    ("email", "current"), [("neu@example.org", "falsch"), ("neu@example.org", ""), ("x", PASSPHRASE)]
)
def test_without_proof_or_address_nothing_is_sent(
    client: FlaskClient, coach: User, outbox: Outbox, email: str, current: str
) -> None:
    assert wish(sign_in(client, coach), email, current).status_code == 422
    assert outbox() == []


# Language and appearance


def test_the_language_follows_the_browser_then_the_choice(client: FlaskClient) -> None:
    assert 'lang="de"' in client.get("/imprint").text
    assert 'lang="en"' in client.get("/imprint", headers={"Accept-Language": "en-GB"}).text
    assert post(client, "/language", {"language": "en", "next": "/imprint"}).location == "/imprint"
    assert 'lang="en"' in client.get("/imprint").text


def test_the_choice_before_signing_in_stays_with_the_browser(
    client: FlaskClient, session: Session, coach: User
) -> None:
    post(client, "/language", {"language": "en"})
    post(client, "/sign-in", {"email": coach.email, "passphrase": PASSPHRASE})
    assert 'lang="en"' in client.get("/me").text


def test_the_choice_is_kept_with_the_account(
    app: Flask, session: Session, client: FlaskClient, coach: User
) -> None:
    post(sign_in(client, coach), "/language", {"language": "en"})
    post(client, "/theme", {"theme": "light"})
    session.refresh(coach)
    assert (coach.language, coach.theme) == ("en", "light")
    assert 'lang="en"' in sign_in(app.test_client(), coach).get("/me").text


@pytest.mark.parametrize("path", ["/language", "/theme"])
@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", ""])
def test_choosing_never_leads_elsewhere(client: FlaskClient, coach: User, path: str, target: str) -> None:
    sign_in(client, coach)
    answer = post(client, path, {"language": "fr", "theme": "pink", "next": target})
    assert (answer.status_code, answer.location) == (303, "/")
