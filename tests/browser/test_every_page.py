"""Every kind of page of the demo centre, as each role: accessible, no sideways scroll, nothing broken."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Server

KEY = re.compile(r"(?<=/)[0-9a-f]{8}-[0-9a-f-]{27}(?=/|$)")
DIMENSION = re.compile(r"(?<=/dimensions/)\w+")
NOT_A_PAGE = re.compile(r"/static/|/file$|\.pdf$|/reports/")
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
DRESSES = [
    pytest.param({"locale": "de-DE", "color_scheme": "light", "width": 1440}, id="german-light-desk"),
    pytest.param({"locale": "en-GB", "color_scheme": "dark", "width": 360}, id="english-dark-phone"),
]
FEWEST_KINDS = {"coach": 25, "manager": 25, "admin": 8, "company": 8}


def kind_of(url: str) -> str:
    return DIMENSION.sub("*", KEY.sub("*", urlsplit(url).path))


def links(page: Page) -> list[str]:
    found: list[str] = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
    return found


def looked_at(page: Page, errors: list[str]) -> dict[str, Any]:
    """What is wrong with the open page."""
    violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    wrong = {
        "axe": [(v["id"], v["nodes"][0]["target"]) for v in violations],
        "sideways": page.evaluate(SIDEWAYS),
        "headings": abs(page.locator("h1").count() - 1),
        "console": errors[:],
    }
    errors.clear()
    return {name: what for name, what in wrong.items() if what}


@pytest.mark.parametrize("role", list(FEWEST_KINDS))
@pytest.mark.parametrize("dress", DRESSES)
def test_pages_are_sound(demo_centre: Server, browser: Browser, role: str, dress: dict[str, Any]) -> None:
    language = dress["locale"][:2]
    context = browser.new_context(
        locale=dress["locale"],
        color_scheme=dress["color_scheme"],
        viewport={"width": dress["width"], "height": 800},
        reduced_motion="reduce",
    )
    page, errors = context.new_page(), []
    page.on("console", lambda m: errors.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda e: errors.append(str(e)))
    page.goto(f"{demo_centre.url}/sign-in")
    page.locator(f"form[action$='/sign-in/demo/{role}'] button").click()
    page.wait_for_url(lambda there: "/sign-in" not in there)
    waiting, seen, wrong = [page.url], set(), {}
    while waiting:
        url = urljoin(demo_centre.url, waiting.pop(0)).split("#")[0]
        kind = kind_of(url)
        if kind in seen or not url.startswith(demo_centre.url) or NOT_A_PAGE.search(urlsplit(url).path):
            continue
        seen.add(kind)
        answer = page.goto(url)
        assert answer is not None
        assert answer.status < 400, url
        assert page.locator("html").get_attribute("lang") == language, url
        if found := looked_at(page, errors):
            wrong[url] = found
        waiting += links(page)
    context.close()
    assert wrong == {}
    assert len(seen) >= FEWEST_KINDS[role], sorted(seen)


def test_the_main_pages_work_without_scripts(demo_centre: Server, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, locale="de-DE")
    page = context.new_page()
    page.goto(f"{demo_centre.url}/sign-in")
    page.locator("form[action$='/sign-in/demo/coach'] button").click()
    page.get_by_role("link", name="Warnow Präzisionsteile").first.click()
    company = page.url
    page.goto(company.replace("/companies/", "/visits/new?company="))
    page.fill("[name=subject]", "Ohne Skripte erfasst")
    page.locator("main form button.btn-primary[type=submit]").last.click()
    assert "/visits/new" not in page.url
    page.goto(company)
    assert "Ohne Skripte erfasst" in page.content()
    page.locator("form[action*='/commitments/'][action$='/completion'] button").first.click()
    assert page.locator("form[action*='/reopening'], form[action*='undo']").count() > 0
    context.close()
