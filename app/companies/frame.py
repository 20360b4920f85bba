"""The frame around every page of one company: heading, tabs, what the reader may do."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.accounts.models import User
from app.companies import codes
from app.companies.access import can_change_company
from app.companies.models import Company
from app.i18n import language


def frame(company: Company, user: User, active: str) -> dict[str, Any]:
    """Values for layouts/company.html; `active` is the open tab's key."""
    tabs = (
        ("overview", _("Overview"), "overview.company"),
        ("timeline", _("Timeline"), "coaching.timeline"),
        ("maturity", _("Maturity"), "maturity.index"),
        ("roadmap", _("Roadmap"), "roadmap.show"),
        ("people", _("People"), "companies.people"),
        ("documents", _("Documents"), "documents.index"),
        ("data", _("Data"), "companies.data"),
    )
    return {
        "company": company,
        "company_meta": _facts(company),
        "may_change": can_change_company(user, company),
        "tabs": [
            {
                "label": label,
                "url": url_for(endpoint, company_id=company.id),
                "active": key == active,
                "count": None,
            }
            for key, label, endpoint in tabs
        ],
    }


def _facts(company: Company) -> list[str]:
    """What stands below the name: place, branch, who leads (needs `company.coaches` with their users)."""
    region = codes.region_name(company.nuts3) if company.nuts3 else ""
    if company.city and company.city in region:
        region = company.nuts3  # the town is its own district: its name would stand there twice
    branch = ""
    if company.wz_code:
        letter = codes.section_and_division(company.wz_version, company.wz_code)[0]
        label = codes.wz_label(company.wz_version, company.wz_code, language())
        branch = f"{letter}{company.wz_code} {label}"
    lead = company.lead
    coach = _("Coach %(name)s", name=lead.name) if lead else _("no coach yet")
    return [" · ".join(part for part in (company.city, region) if part), branch, coach]
