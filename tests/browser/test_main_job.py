"""The main job as people do it: company, visit, assessment, roadmap, report; the company ticks a measure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Server, join

NAMES = {"de": "Warnow Präzisionsteile GmbH", "en": "Boddenfisch Feinkost GmbH"}
DRESSES = [
    pytest.param(("de-DE", 1440), id="german-desk"),
    pytest.param(("en-GB", 390), id="english-phone"),
]


@pytest.fixture(params=DRESSES)
def dress(request: pytest.FixtureRequest) -> tuple[str, int]:
    """Language and width."""
    locale, width = request.param
    return locale, width


@pytest.fixture
def person(browser: Browser, dress: tuple[str, int]) -> Iterator[Callable[[], Page]]:
    """A browser of its own for each person; any script error or policy violation fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def arrive() -> Page:
        locale, width = dress
        context = browser.new_context(
            locale=locale,
            viewport={"width": width, "height": 844},
            has_touch=width < 600,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: errors.append(str(e)))
        return page

    yield arrive
    for context in contexts:
        context.close()
    assert errors == []


def save(page: Page) -> None:
    """Press the form's main button."""
    before = page.url
    page.locator("main form button.btn-primary[type=submit]").last.click()
    expect(page).not_to_have_url(before)


def company_url(page: Page) -> str:
    found = re.match(r".*/companies/[0-9a-f-]{36}", page.url)
    assert found is not None, page.url
    return found.group(0)


def create_company(page: Page, server: Server, name: str, language: str) -> str:
    page.goto(f"{server.url}/companies/new")
    page.fill("[name=name]", name)
    page.select_option("[name=legal_form]", "GmbH")
    page.fill("[name=city]", "Rostock")
    page.fill("[name=postcode]", "18055")
    page.select_option("[name=nuts3]", "DE803")
    page.fill("[name=wz_code]", "25.62")
    save(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.locator("html")).to_have_attribute("lang", language)
    return company_url(page)


def log_visit(page: Page, url: str) -> None:
    page.goto(f"{url.replace('/companies/', '/visits/new?company=')}")
    page.locator("label:has([name=main_field][value=digitalization])").click()
    page.fill("[name=new_people]", "Martina Semmler")
    page.fill("[name=on_site]", "135")
    page.fill("[name=subject]", "Rundgang Halle 1")
    page.fill("[name=note]", "**Netzplan** fehlt noch. <script>alert(1)</script>")
    page.fill("[name=commitments-0-text]", "Angebot prüfen")
    page.fill("[name=commitments-0-due_on]", "2027-01-15")
    page.fill("[name=commitments-1-text]", "Energieverbrauch liefern")
    page.select_option(
        "[name=commitments-1-owner]", index=page.locator("[name=commitments-1-owner] option").count() - 1
    )
    save(page)
    page.goto(url)
    expect(page.locator("main")).to_contain_text("Angebot prüfen")
    expect(page.locator("main")).to_contain_text("Energieverbrauch liefern")
    expect(page.locator("main")).to_contain_text("Rundgang Halle 1")


def assess(page: Page, url: str, accessible: Callable[[Page], None]) -> None:
    page.goto(f"{url}/maturity")
    page.locator("form[action$='/assessments'] button[type=submit]").click()
    for step in range(22):
        expect(page).to_have_url(re.compile("/dimensions/"))
        strength = "claimed" if step == 1 else "seen"
        page.locator(".level-card").nth(3 if step == 1 else step % 3).click()
        page.locator(f"label:has([name=strength][value={strength}])").click()
        expect(page.locator("#answer-state .saved")).to_contain_text(f"{step + 1} ")
        if step == 1:
            expect(page.locator("#answer-state")).to_contain_text(re.compile("nur behauptet|claimed only"))
            accessible(page)
        before = page.url
        page.locator("button[name=action][value=next]").click()
        expect(page).not_to_have_url(before)
    page.wait_for_url(re.compile(r"/assessments/[0-9a-f-]+$"))
    page.locator("form[action$='/submission'] button").click()
    expect(page.locator("main svg[role=img]").first).to_be_visible()


def plan(page: Page, url: str) -> None:
    page.goto(f"{url}/targets")
    save(page)
    page.goto(f"{url}/roadmap/draft")
    assert page.locator("input[name=measure]:checked").count() >= 10
    save(page)
    page.goto(f"{url}/roadmap/agreement")
    page.fill("[name=agreed_with]", "Martina Semmler")
    save(page)
    expect(page.locator("main")).to_contain_text("Martina Semmler")


def issue_report(page: Page, url: str) -> None:
    page.goto(f"{url}/report")
    page.locator("form[action$='/reports'] button").click()
    link = page.locator("a[href*='/reports/']").first
    link.wait_for(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    file = download.value.path()
    assert file.read_bytes()[:5] == b"%PDF-"
    assert download.value.suggested_filename.startswith("FB-")


def invitation_from_outbox(admin: Page, server: Server, email: str) -> str:
    admin.goto(f"{server.url}/outbox")
    admin.locator("main tr, main li", has_text=email).first.get_by_role("link").first.click()
    admin.wait_for_load_state("load")
    found = re.search(r"http://\S+/link/[\w-]+", admin.locator("main").inner_text())
    assert found is not None
    return found.group(0)


def test_the_main_job_from_company_to_tick(
    empty_centre: Server,
    person: Callable[[], Page],
    dress: tuple[str, int],
    accessible: Callable[[Page], None],
) -> None:
    server, tag = empty_centre, dress[0][:2]
    coach, admin, director = person(), person(), person()
    join(coach, server.invite("coach", "Anke", f"Krueger{tag}", tag))
    join(admin, server.invite("admin", "Uwe", f"Lorenz{tag}", tag))
    url = create_company(coach, server, NAMES[tag], tag)
    log_visit(coach, url)
    assess(coach, url, accessible)
    plan(coach, url)
    issue_report(coach, url)

    email = f"semmler-{tag}@example.org"
    coach.goto(f"{url}/members/new")
    coach.fill("[name=first_name]", "Martina")
    coach.fill("[name=last_name]", "Semmler")
    coach.fill("[name=email]", email)
    coach.locator("label:has([name=right][value=owner])").click()
    save(coach)
    join(director, invitation_from_outbox(admin, server, email))
    director.wait_for_url(re.compile("/portal/"))
    expect(director.locator("main svg[role=img]").first).to_be_visible()
    accessible(director)
    assert "Netzplan" not in director.content()

    director.goto(f"{director.url.rstrip('/')}/roadmap")
    director.locator("form[action*='/measures/']:has([name=status][value=running]) button").first.click()
    expect(director.locator(".toast").first).to_be_visible()  # the next page is there
    expect(director.locator("main")).to_contain_text(re.compile("läuft|running", re.IGNORECASE))
    accessible(director)
    coach.goto(f"{url}/roadmap")
    expect(coach.locator("main")).to_contain_text(re.compile("läuft|running"))
    coach.goto(url)
    expect(coach.locator("main")).to_contain_text("Martina Semmler")
    accessible(coach)
