"""The frame around every portal page: which company, what the reader may do there, where else to go."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from flask_babel import gettext as _

from app import db
from app.accounts.models import Role, User
from app.companies.access import can_act_for_company
from app.companies.models import Company
from app.errors import NotFound
from app.overview.queries_portal import companies_shown


@dataclass(frozen=True)
class Place:
    """One company's portal as somebody opens it."""

    user: User
    company: Company
    companies: Sequence[Company]

    @property
    def may_act(self) -> bool:
        """Owners and editors of the firm; readers and people of the centre only read."""
        return can_act_for_company(self.user, self.company)

    @property
    def preview(self) -> bool:
        """Whether somebody of the centre looks at what the company sees."""
        return self.user.role is not Role.COMPANY


def place_of(user: User, company_id: uuid.UUID) -> Place:
    """The company's portal; refuses with NotFound (404) where there is none for this user."""
    companies = companies_shown(db.session, user, company_id)
    company = next((c for c in companies if c.id == company_id), None)
    if company is None:
        raise NotFound
    return Place(user, company, companies)


def frame(place: Place) -> dict[str, Any]:
    """Values for layouts/portal.html; a page lights up its own entry of the navigation."""
    pages = (
        ("portal.overview", _("Overview"), "home"),
        ("portal.roadmap", _("Roadmap"), "route"),
        ("portal.assessment", _("Maturity"), "chart-radar"),
        ("portal.documents", _("Documents"), "files"),
    )
    return {
        "company": place.company,
        "coach": place.company.lead,
        "companies": place.companies,
        "may_act": place.may_act,
        "preview": place.preview,
        "nav": [
            {
                "label": label,
                "icon": icon,
                "url": url_for(endpoint, company_id=place.company.id),
                "active": request.endpoint == endpoint,
            }
            for endpoint, label, icon in pages
        ],
    }
