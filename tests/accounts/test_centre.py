"""The centre's settings, its logos and its legal pages."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from app.accounts import queries
from app.accounts.models import Centre, Role, User
from tests.factories import make_user, post, sign_in

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def centre(session: Session) -> Centre:
    return queries.centre(session)


def settings(centre: Centre, **values: Any) -> dict[str, Any]:
    return {
        "version": str(centre.version),
        "name": "Transformationszentrum Küste",
        "short_name": "TZK",
        "street": "Am Strande 1",
        "postcode": "18055",
        "city": "Rostock",
        "email": "kontakt@tz-kueste.de",
        "phone": "0381 12",
        "website": "https://tz-kueste.de",
        "funding_notice_de": "Gefördert vom Land.",
        "funding_notice_en": "Funded by the state.",
        "time_zone": "Europe/Berlin",
        "regions": "de80; DE40 de80",
        "mail_from": "post@tz-kueste.de",
        "mail_signature": "TZK\nRostock",
        **values,
    }


def logo(colour: str = "#0a5560") -> tuple[io.BytesIO, str]:
    out = io.BytesIO()
    Image.new("RGB", (2000, 500), colour).save(out, "PNG")
    out.seek(0)
    return out, "logo.png"


def test_saving_the_settings(client: FlaskClient, session: Session, admin: User, centre: Centre) -> None:
    sign_in(client, admin)
    assert post(client, "/centre", settings(centre)).location == "/centre"
    session.refresh(centre)
    assert (centre.name, centre.city, centre.mail_signature) == (
        "Transformationszentrum Küste",
        "Rostock",
        "TZK\nRostock",
    )
    assert centre.funding_notice == {"de": "Gefördert vom Land.", "en": "Funded by the state."}
    assert centre.regions == ["DE80", "DE40"]
    assert centre.permits_region("DE80K")
    assert not centre.permits_region("DE600")
    page = client.get("/centre").text
    assert 'value="DE80, DE40"' in page
    assert "Funded by the state.</textarea>" in page


@pytest.mark.parametrize("path", ["/centre", "/centre/texts"])
@pytest.mark.parametrize(
    ("role", "status"), [(Role.ADMIN, 200), (Role.MANAGER, 200), (Role.COACH, 403), (Role.COMPANY, 403)]
)
def test_who_may(
    client: FlaskClient, session: Session, centre: Centre, path: str, role: Role, status: int
) -> None:
    user = make_user(session, role)
    session.commit()
    sign_in(client, user)
    assert client.get(path).status_code == status
    assert post(client, path, settings(centre)).status_code == (303 if status == 200 else 403)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Bitte ausfüllen."),
        ("name", "x" * 201, "höchstens 200"),
        ("email", "x", "Das ist keine E-Mail-Adresse"),
        ("mail_from", "post@tz.de\nBcc: x@y.de", "Das ist keine E-Mail-Adresse"),
        ("website", "javascript:alert(1)", "vollständige Webadresse"),
        ("website", " JavaScript:alert(1)", "vollständige Webadresse"),
        ("website", "tz-kueste.de", "vollständige Webadresse"),
        ("website", "data:text/html,x", "vollständige Webadresse"),
        ("regions", "DE80, Mecklenburg", "„MECKLENBURG“ ist kein deutscher NUTS-Code"),
        ("regions", "DE80, DE80KKK", "ist kein deutscher NUTS-Code"),
        ("time_zone", "Mars/Olympus", ""),
        ("postcode", "1" * 21, "höchstens 20"),
        ("funding_notice_de", "x" * 2001, "höchstens"),
        ("mail_signature", "x" * 2001, "höchstens"),
    ],
)
def test_bad_input_is_refused_and_nothing_typed_is_lost(
    client: FlaskClient, session: Session, admin: User, centre: Centre, field: str, value: str, words: str
) -> None:
    answer = post(sign_in(client, admin), "/centre", settings(centre, **{field: value}))
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Am Strande 1"' in answer.text
    session.refresh(centre)
    assert centre.name == "Testzentrum"


def test_two_people_editing_are_asked_about_the_same_field_only(
    app: Flask, client: FlaskClient, session: Session, admin: User, manager: User, centre: Centre
) -> None:
    opened = settings(centre)
    post(
        sign_in(app.test_client(), manager),
        "/centre",
        settings(centre, funding_notice_de="Vom Bund.", city="Wismar"),
    )
    sign_in(client, admin)
    answer = post(client, "/centre", {**opened, "funding_notice_en": "Funded by us."})
    assert answer.status_code == 409
    assert 'name="resolve-funding_notice_de"' in answer.text
    assert 'name="resolve-city"' in answer.text
    assert "Vom Bund." in answer.text
    assert "Funded by us." in answer.text
    session.refresh(centre)
    assert centre.funding_notice["de"] == "Vom Bund."
    chosen = {"version": str(centre.version), "resolve-funding_notice_de": "mine", "resolve-city": "theirs"}
    again = post(
        client, "/centre", {**opened, **chosen, "city": centre.city, "funding_notice_en": "Funded by us."}
    )
    assert again.status_code == 303
    session.refresh(centre)
    assert centre.funding_notice == {"de": "Gefördert vom Land.", "en": "Funded by us."}
    assert centre.city == "Wismar"


# Logos


def test_a_logo_is_scaled_down_and_public(
    app: Flask, client: FlaskClient, session: Session, admin: User, centre: Centre
) -> None:
    sign_in(client, admin)
    answer = post(client, "/centre", settings(centre, logo=logo(), funder_logo=logo("#aa3311")))
    assert answer.status_code == 303
    session.refresh(centre)
    stranger = app.test_client()
    assert f'src="{centre.logo_url}"' in stranger.get("/sign-in").text
    for url in (centre.logo_url, centre.funder_logo_url):
        with stranger.get(str(url)) as shown:
            assert shown.status_code == 200
            assert "immutable" in shown.headers["Cache-Control"]
            assert Image.open(io.BytesIO(shown.data)).size == (1200, 300)


def test_a_logo_can_be_taken_away(client: FlaskClient, session: Session, admin: User, centre: Centre) -> None:
    sign_in(client, admin)
    post(client, "/centre", settings(centre, logo=logo()))
    session.refresh(centre)
    url = str(centre.logo_url)
    post(client, "/centre", settings(centre, remove_logo="y"))
    session.refresh(centre)
    assert centre.logo_sha is None
    assert client.get(url).status_code == 404


@pytest.mark.parametrize("data", [b"<svg onload='alert(1)'/>", b"GIF89a<script>", b"%PDF-1.7"])
def test_what_is_no_picture_is_refused(
    client: FlaskClient, session: Session, admin: User, centre: Centre, data: bytes
) -> None:
    answer = post(sign_in(client, admin), "/centre", settings(centre, logo=(io.BytesIO(data), "logo.png")))
    assert answer.status_code == 422
    session.refresh(centre)
    assert (centre.logo_sha, centre.name) == (None, "Testzentrum")


def test_no_other_stored_file_is_shown_as_a_logo(client: FlaskClient, session: Session, admin: User) -> None:
    out, name = logo()
    post(sign_in(client, admin), "/me/photo", {"photo-photo": (out, name)})
    session.refresh(admin)
    assert admin.photo_sha is not None
    assert client.get(f"/centre/logo/{admin.photo_sha}").status_code == 404
    assert client.get("/centre/logo/None").status_code == 404


# Legal pages

PAGES = ["imprint", "privacy", "accessibility"]


@pytest.mark.parametrize("page", PAGES)
def test_an_unwritten_text_still_says_whose_pages_these_are(client: FlaskClient, page: str) -> None:
    answer = client.get(f"/{page}")
    assert answer.status_code == 200
    assert "Das Zentrum hat diesen Text noch nicht geschrieben." in answer.text
    assert "Testzentrum" in answer.text
    assert "/centre/texts" not in answer.text


@pytest.mark.parametrize("page", PAGES)
def test_texts_are_shown_in_the_readers_language_as_safe_markdown(
    app: Flask, client: FlaskClient, session: Session, admin: User, centre: Centre, page: str
) -> None:
    text = f"**Wir** haften [so](javascript:alert(1)) und [so](https://a.de). {SCRIPT} {{{{7*7}}}}"
    form = {"version": str(centre.version), f"{page}_de": text, f"{page}_en": "**We** do."}
    assert post(sign_in(client, admin), "/centre/texts", form).location == "/centre/texts"
    stranger = app.test_client()
    german = stranger.get(f"/{page}").text
    assert "<strong>Wir</strong> haften" in german
    assert 'href="https://a.de"' in german
    assert SCRIPT not in german
    assert 'href="javascript:' not in german
    assert "{{7*7}}" in german
    english = stranger.get(f"/{page}", headers={"Accept-Language": "en"}).text
    assert "<strong>We</strong> do." in english


def test_a_text_in_one_language_is_shown_in_the_other_too(
    client: FlaskClient, session: Session, centre: Centre
) -> None:
    centre.imprint = {"de": "Nur deutsch", "en": ""}
    session.commit()
    assert "Nur deutsch" in client.get("/imprint", headers={"Accept-Language": "en"}).text


def test_a_script_in_every_field_is_shown_as_text(
    client: FlaskClient, session: Session, admin: User, centre: Centre
) -> None:
    texts = (
        "name",
        "short_name",
        "street",
        "city",
        "phone",
        "funding_notice_de",
        "funding_notice_en",
        "mail_signature",
    )
    sign_in(client, admin)
    assert post(client, "/centre", settings(centre, **dict.fromkeys(texts, SCRIPT))).status_code == 303
    for path in ("/centre", "/imprint", "/sign-in", "/users"):
        assert SCRIPT not in client.get(path).text, path
