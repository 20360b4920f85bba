"""What a company sees in its portal, and what it never sees."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.accounts.models import Role, User
from app.companies.models import CompanyMember, MemberRight
from app.fields import Field
from app.roadmap.models import MeasureStatus
from tests.counting import count_statements
from tests.factories import make_company, make_user, sign_in
from tests.overview.portal_case import (
    BEGINNING,
    SECRET,
    TODAY,
    Case,
    add_measure,
    agree,
    aim,
    assess,
    days,
    file_document,
    full_case,
    make_case,
    meet,
    move,
    promise,
)

PAGES = ("", "/roadmap", "/assessment", "/documents")


def words(page: str) -> str:
    """A page's text without its markup."""
    inside = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", inside))


def shown(client: FlaskClient, case: Case, page: str = "") -> str:
    answer = client.get(f"/portal/{case.company.id}{page}")
    assert answer.status_code == 200
    return answer.text


def speak(session: Session, user: User, language: str) -> None:
    user.language = language
    session.commit()


@pytest.fixture
def case(session: Session) -> Case:
    made = full_case(session)
    session.commit()
    return made


# It works


def test_the_overview_says_in_one_sentence_what_moved_and_shows_what_is_next(
    client: FlaskClient, case: Case
) -> None:
    page = shown(sign_in(client, case.owner), case)
    text = words(page)
    assert "Guten Tag, Frau Semmler" in text
    heading = re.search(r"<h1[^>]*>(.*?)</h1>", page, re.DOTALL)
    assert heading
    assert "<strong>14 von 22 Merkmalen</strong> mindestens eine Stufe weiter." in heading[1]
    assert "Am weitesten ist die Digitalisierung . Der größte Abstand zum Ziel liegt bei" in text
    assert page.count('class="chart chart-radar"') == len(Field)
    steps = page[page.index('id="next"') : page.index('id="ours"')]
    assert [t.strip() for t in re.findall(r'item-title"><a[^>]*>([^<]+)', steps)][:2] == [
        "Netzplan der Maschinen freigeben",
        "Energieverbrauch 2025 zusammenstellen",
    ]
    assert steps.count('class="list-item"') == 3
    assert steps.count("btn-primary") == 1
    assert "seit 3 Tagen fällig · Henning Voss" in text
    assert "Muster für die Energieliste schicken" in text[text.index("Als Nächstes für uns") :]
    assert "Anke Krüger Ihre Coachin · nächster Termin" in text
    assert f'href="mailto:{case.coach.email}"' in page
    assert 'href="tel:+49381445512"' in page
    assert "2 von 10" in text
    assert "Rüstzeit von 48 auf 21 Minuten" in text
    assert "Coaching für Sie 12 h 30" in text  # five sessions of 150 minutes; travel is not coaching


def test_the_same_in_english(client: FlaskClient, session: Session, case: Case) -> None:
    speak(session, case.owner, "en")
    page = shown(sign_in(client, case.owner), case)
    assert "<strong>14 of 22 dimensions</strong>" in page
    for text in ("Good day, Ms Semmler", "Next for you", "Where you stand", "Your coach", "2 of 10"):
        assert text in words(page)


def test_the_roadmap_shows_each_measure_with_its_reason_effort_cost_owner_and_date(
    client: FlaskClient, session: Session
) -> None:
    case = make_case(session)
    add_measure(
        session,
        case,
        "Rüstwagen bauen",
        why="Rüsten dauert 48 Minuten.",
        dimension_key="work_standards",
        from_level=1,
        to_level=2,
        company_days=3,
        coach_days=1,
        cost_band="B",
        owner_contact_id=case.contact.id,
        due_on=days(-2),
    )
    agree(session, case)
    session.commit()
    text = words(shown(sign_in(client, case.owner), case, "/roadmap"))
    for fact in (
        "Die vereinbarte Maßnahme ist noch nicht begonnen.",
        "Rüsten dauert 48 Minuten.",
        "Stufe 1 → 2",
        "3 Tage bei Ihnen, 1 Tag Coach",
        "1.000–5.000 EUR",
        "Henning Voss",
        "seit 2 Tagen fällig",
        "Begonnen",
        "Erledigt",
        "Jetzt nicht",
    ):
        assert fact in text


def test_the_roadmap_says_who_moved_a_measure_and_why_it_waits(client: FlaskClient, case: Case) -> None:
    text = words(shown(sign_in(client, case.owner), case, "/roadmap"))
    assert "Zurückgestellt 1 Palettierroboter prüfen jetzt nicht Erst nach dem Umzug in Halle 3" in text
    assert re.search(r"jetzt nicht: \d+\. \w+\.?,", text)
    assert "Vereinbart am" in text
    assert "Martina Semmler" in text


def test_the_assessment_shows_levels_criteria_evidence_and_targets(client: FlaskClient, case: Case) -> None:
    page = shown(sign_in(client, case.owner), case, "/assessment")
    text = words(page)
    assert "T1 vom" in text
    assert "verglichen mit T0 vom" in text
    assert "Stufe 2 · Erprobt" in text
    assert "Stufe 3 · Eingeführt" in text
    assert "Nachweis: gemessen" in text
    assert "gesagt: Stufe 3" in text
    assert "Beginn: Stufe 1" in text
    assert page.count('class="chart chart-ladder"') == len(TODAY)


def test_the_documents_page_lists_released_ones_with_number_date_language_and_size(
    client: FlaskClient, session: Session, case: Case
) -> None:
    released = file_document(session, case, "Auswertung", released=True)
    session.commit()
    page = shown(sign_in(client, case.owner), case, "/documents")
    assert f"/documents/{released.id}/file" in page
    text = words(page)
    assert f"Auswertung {released.number} {days(0):%d.%m.%Y} Deutsch 412 kB" in text


@pytest.mark.parametrize("language", ["de", "en"])
def test_an_empty_portal_says_what_will_come(client: FlaskClient, session: Session, language: str) -> None:
    case = make_case(session)
    speak(session, case.owner, language)
    texts = {
        "de": (
            "Zuerst nehmen wir gemeinsam auf,",
            "Ihre Roadmap steht noch bevor",
            "Ihre erste Aufnahme steht noch bevor",
            "Noch keine Dokumente",
        ),
        "en": (
            "First we look together at",
            "Your roadmap is still to come",
            "Your first assessment is still to come",
            "No documents yet",
        ),
    }[language]
    sign_in(client, case.owner)
    for page, text in zip(PAGES, texts, strict=True):
        content = shown(client, case, page)
        assert text in words(content)
        assert f"mailto:{case.coach.email}" in content  # one way on: ask the coach


def test_with_the_first_assessment_only_nothing_is_compared(client: FlaskClient, session: Session) -> None:
    case = make_case(session)
    assess(session, case, BEGINNING, days(-20))
    session.commit()
    text = words(shown(sign_in(client, case.owner), case))
    assert "Am weitesten sind Sie in Automatisierung , am meisten zu gewinnen ist in KI ." in text
    assert "seit" not in text[text.index("Wo Sie stehen") : text.index("Als Nächstes")]


def test_a_firm_without_coach_is_referred_to_the_centre(client: FlaskClient, session: Session) -> None:
    case = make_case(session)
    alone = make_company(session, name="Ohne Coach GmbH")
    session.add(CompanyMember(company_id=alone.id, user_id=case.owner.id, right=MemberRight.OWNER))
    session.commit()
    answer = sign_in(client, case.owner).get(f"/portal/{alone.id}")
    assert "Testzentrum Ihr Zentrum · noch kein Termin geplant" in words(answer.text)


def test_people_of_several_firms_switch_between_them(client: FlaskClient, session: Session) -> None:
    case, other = make_case(session, "Warnow GmbH"), make_case(session, "Peene GmbH")
    session.add(CompanyMember(company_id=other.company.id, user_id=case.owner.id, right=MemberRight.READER))
    session.commit()
    page = shown(sign_in(client, case.owner), case)
    assert f'href="/portal/{other.company.id}"' in page
    assert "Peene GmbH" in page
    alone = shown(sign_in(client, case.reader), case)
    assert "Peene GmbH" not in alone
    assert str(other.company.id) not in alone


# Who may and who may not


@pytest.mark.parametrize("path", PAGES)
def test_a_foreign_firm_looks_like_a_missing_one(
    client: FlaskClient, session: Session, case: Case, path: str
) -> None:
    stranger = make_case(session, "Fremde GmbH")
    session.commit()
    sign_in(client, stranger.owner)
    foreign, missing = (client.get(f"/portal/{key}{path}") for key in (case.company.id, uuid.uuid4()))
    assert (foreign.status_code, missing.status_code) == (404, 404)

    def body(text: str) -> str:
        return re.sub(r"\b[0-9A-F]{8}\b|[0-9a-f-]{36}|(nonce|content|value)=\"[^\"]*\"", "", text)

    assert body(foreign.text) == body(missing.text)


@pytest.mark.parametrize("path", PAGES)
def test_an_archived_firm_has_no_portal(client: FlaskClient, session: Session, case: Case, path: str) -> None:
    case.company.archive()
    session.commit()
    for user in (case.owner, case.coach):
        assert sign_in(client, user).get(f"/portal/{case.company.id}{path}").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_administrators_have_no_business_here(
    client: FlaskClient, session: Session, case: Case, path: str
) -> None:
    admin = make_user(session, Role.ADMIN)
    session.commit()
    assert sign_in(client, admin).get(f"/portal/{case.company.id}{path}").status_code == 403


def test_without_signing_in_the_way_leads_to_the_sign_in_page(client: FlaskClient, case: Case) -> None:
    answer = client.get(f"/portal/{case.company.id}/roadmap")
    assert answer.status_code == 302
    assert "/sign-in" in answer.location


@pytest.mark.parametrize("path", ["", "/roadmap"])
def test_readers_and_the_centre_get_no_button_that_changes_something(
    client: FlaskClient, case: Case, path: str
) -> None:
    for user in (case.reader, case.coach):
        content = shown(sign_in(client, user), case, path)
        assert f'action="/portal/{case.company.id}/' not in content


@pytest.mark.parametrize("path", PAGES)
def test_nothing_internal_is_ever_shown(client: FlaskClient, case: Case, path: str) -> None:
    for user in (case.owner, case.reader, case.coach):
        content = shown(sign_in(client, user), case, path)
        assert SECRET not in content
        assert "Palettierroboter" in content or path != "/roadmap"


def test_a_draft_assessment_does_not_show(client: FlaskClient, session: Session) -> None:
    case = make_case(session)
    assess(session, case, TODAY, days(-1), submit=False)
    session.commit()
    sign_in(client, case.owner)
    assert "Ihre erste Aufnahme steht noch bevor" in shown(client, case)
    text = words(shown(client, case, "/assessment"))
    assert "Erprobt" not in text
    assert "T0" not in text


def test_the_centre_is_told_that_it_looks_at_the_companys_view(client: FlaskClient, case: Case) -> None:
    page = shown(sign_in(client, case.coach), case)
    assert f"So sieht es {case.company.name}" in page
    assert f'href="/companies/{case.company.id}"' in page
    assert "So sieht es" not in shown(sign_in(client, case.owner), case)


# Edges


def test_every_page_needs_the_same_number_of_statements_however_much_there_is(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    """The first page needs at most ten, the sign-in and the centre's name included."""
    small = make_case(session)
    assess(session, small, BEGINNING, days(-40))
    aim(session, small)
    first = add_measure(session, small, "Rüstwagen bauen")
    agree(session, small)
    move(session, first, MeasureStatus.RUNNING)
    meet(session, small, -3, promise("Liste schicken", 4))
    file_document(session, small, "Bericht", released=True)
    large = full_case(session)
    session.commit()
    counts: dict[str, list[int]] = {page: [] for page in PAGES}
    for case in (small, large):
        sign_in(client, case.owner)
        for page in PAGES:
            with count_statements(app) as seen:
                shown(client, case, page)
            counts[page].append(len(seen))
    assert all(one == other for one, other in counts.values())
    assert counts[""][0] <= 10


def test_long_names_and_markup_are_shown_as_they_were_typed(client: FlaskClient, session: Session) -> None:
    case = make_case(session, "<b>Donaudampfschifffahrtsgesellschaft</b> GmbH")
    add_measure(session, case, "<script>alert(1)</script>", why="<i>weil</i>", due_on=days(3))
    agree(session, case)
    meet(session, case, -2, promise('"><img src=x onerror=alert(2)>', 1))
    session.commit()
    sign_in(client, case.owner)
    for page in PAGES:
        content = shown(client, case, page)
        assert "<b>Donau" not in content
        assert "&lt;b&gt;Donau" in content
        for bad in ("<script>alert", "<img src=x", "<i>weil"):
            assert bad not in content


def test_a_visit_that_was_called_off_or_missed_is_not_the_next_one(
    client: FlaskClient, session: Session
) -> None:
    case = make_case(session)
    meet(session, case, 3).call_off()
    missed = meet(session, case, 1)
    missed.starts_at -= dt.timedelta(days=2)
    session.commit()
    assert "noch kein Termin geplant" in words(shown(sign_in(client, case.owner), case))
