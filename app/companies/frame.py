"""The frame around every page of one company: heading, tabs, what the reader may do."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app.accounts.models import User
from app.companies.access import can_change_company
from app.companies.models import Company


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
