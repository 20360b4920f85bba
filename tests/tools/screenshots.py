"""Takes the README's pictures from a running demo centre: `python -m tests.tools.screenshots URL`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM, QUIET

PICTURES = Path(__file__).parents[2] / "frontend" / "pictures"
SHOWCASE = "Warnow Präzisionsteile"


def entered(browser: Browser, url: str, role: str, width: int, height: int) -> Page:
    """A page of somebody who has entered the demo as `role`."""
    page = browser.new_context(
        locale="de-DE", viewport={"width": width, "height": height}, device_scale_factor=1.5
    ).new_page()
    page.goto(f"{url}/sign-in")
    page.locator(f"form[action$='/sign-in/demo/{role}'] button").click()
    page.wait_for_url(lambda there: "/sign-in" not in there)
    return page


def taken(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.png")
    print(PICTURES / f"{name}.png")


def main(url: str) -> None:
    """Company at a glance, portal, an assessment step on the phone, the report's cover."""
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        coach = entered(browser, url, "coach", 1440, 900)
        coach.get_by_role("link", name=SHOWCASE).first.click()
        coach.wait_for_load_state("load")
        taken(coach, "company")
        showcase = coach.url
        coach.goto(f"{showcase}/report")
        coach.locator("form[action$='/reports'] button, a.btn-primary[href*='/reports/']").first.click()
        link = coach.locator("main a[href*='/reports/']").first
        link.wait_for(timeout=60_000)
        with coach.expect_download() as download:
            link.click()
        with tempfile.TemporaryDirectory() as folder:
            pdf = Path(folder) / "report.pdf"
            download.value.save_as(pdf)
            subprocess.run(
                ["pdftoppm", "-r", "90", "-png", "-singlefile", pdf, PICTURES / "report"], check=True
            )
        phone = entered(browser, url, "coach", 390, 844)
        phone.goto(f"{showcase}/maturity")
        phone.locator("a[href*='/assessments/']").first.click()
        phone.wait_for_load_state("load")
        phone.goto(f"{phone.url}/dimensions/carbon_accounting")
        taken(phone, "assessment-phone")
        taken(entered(browser, url, "company", 1280, 860), "portal")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
