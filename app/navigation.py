"""The main navigation: which items a role has, in which order, and which one is open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, g, request, url_for
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


@dataclass(frozen=True)
class Item:
    """One entry; `section` is the first part of the endpoints that light it up."""

    label: LazyString
    icon: str
    endpoint: str
    roles: tuple[str, ...]
    lights: tuple[str, ...]
    phone: bool = True


STAFF = ("coach", "manager")
ITEMS = (
    Item(_l("Overview"), "home", "home.index", ("company",), ("home.",)),
    Item(
        _l("Companies"),
        "building-factory-2",
        "overview.companies",
        STAFF,
        (
            "companies.",
            "overview.compan",
            "maturity.",
            "documents.",
            "reports.",
            "coaching.timeline",
            "roadmap.",
            "measures.",
            "people.",
            "members.",
            "sites.",
            "years.",
        ),
    ),
    Item(_l("Visits"), "calendar-event", "coaching.index", STAFF, ("coaching.",)),
    Item(_l("Commitments"), "checkbox", "coaching.commitments", STAFF, ("coaching.commitment",)),
    Item(_l("Roadmaps"), "route", "roadmap.index", STAFF, ("roadmap.index",), phone=False),
    Item(_l("Users"), "users", "accounts.users", ("admin", "manager"), ("accounts.user",)),
    Item(_l("Mail outbox"), "mail", "accounts.outbox", ("admin",), ("accounts.outbox",)),
    Item(
        _l("Centre"), "settings", "accounts.centre", ("admin", "manager"), ("accounts.centre",), phone=False
    ),
    Item(
        _l("Maturity model"),
        "chart-radar",
        "maturity.reference",
        ("coach", "manager", "admin"),
        ("maturity.reference",),
        phone=False,
    ),
    Item(
        _l("Catalogue of measures"),
        "book-2",
        "roadmap.catalogue",
        ("coach", "manager", "admin"),
        ("roadmap.catalogue",),
        phone=False,
    ),
)


def _entries() -> list[dict[str, Any]]:
    user = g.get("user")
    if user is None:
        return []
    endpoint = request.endpoint or ""
    mine = [item for item in ITEMS if user.role.value in item.roles]
    best = max(
        ((len(light), item) for item in mine for light in item.lights if endpoint.startswith(light)),
        key=lambda pair: pair[0],
        default=(0, None),
    )[1]
    entries: list[dict[str, Any]] = [
        {
            "label": item.label,
            "short": "",
            "add": False,
            "icon": item.icon,
            "url": url_for(item.endpoint),
            "active": item is best,
            "phone": item.phone,
        }
        for item in mine
    ]
    if user.role.value in STAFF:
        add = {"label": _l("Log a visit"), "icon": "plus", "url": url_for("coaching.new"), "add": True}
        entries.append(add)
    return entries


# What layouts may read although a page does not set it.
LAYOUT_DEFAULTS: dict[str, Any] = dict.fromkeys(
    ("crumbs", "tabs", "company_meta", "companies_url", "search_url", "page_title", "lead", "wide"), None
)


def init_app(app: Flask) -> None:
    """Give templates the signed-in user, the centre and the navigation."""

    @app.context_processor
    def names() -> dict[str, Any]:
        return {
            **LAYOUT_DEFAULTS,
            "user": g.get("user"),
            "centre": g.get("centre"),
            "nav": _entries(),
        }
