"""What stands around the rows of the company list: tabs, chips, links that sort, the filter to drop."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from flask_babel import gettext as _
from markupsafe import Markup

from app import filters
from app.accounts.models import Role, User
from app.charts import field_bars
from app.companies import codes
from app.companies.listing import QUIET_DAYS, Listing, Order, View
from app.companies.models import CompanyStatus
from app.fields import Field
from app.i18n import language
from app.words import word

Choices = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True)
class Chip:
    """A filter in use and the list without it."""

    name: str
    text: str
    without: Listing


@dataclass(frozen=True)
class Tab:
    """A view of the list and how many companies it holds."""

    label: str
    listing: Listing
    active: bool
    count: str | None


def capped(count: int, limit: int) -> str:
    """A count that stops at its limit: 41, or 1,000+."""
    return f"{filters.number(limit)}+" if count > limit else filters.number(count)


def tabs(listing: Listing, user: User, counts: Mapping[str, int], limit: int) -> list[Tab]:
    """The views with their counts; one's own only for people who have firms of their own."""
    names = {
        View.ALL: _("All"),
        View.MINE: _("Mine"),
        View.QUIET: _("Without contact for %(days)s days", days=QUIET_DAYS),
        View.ARCHIVED: _("Archived"),
    }
    if user.role is not Role.COACH and not counts.get(View.MINE) and listing.view is not View.MINE:
        del names[View.MINE]
    return [
        Tab(
            name,
            listing.seen_as(view),
            view is listing.view,
            capped(counts[view], limit) if view in counts else None,
        )
        for view, name in names.items()
    ]


def named(offered: Choices) -> dict[str, list[tuple[str, str]]]:
    """The choices with names in the reader's language."""
    regions = [(code, codes.region_name(code)) for code, _name in offered["region"]]
    divisions = [(code, _division(code)) for code, _name in offered["division"]]
    return {
        "status": [(status.value, str(word(status))) for status in CompanyStatus],
        "coach": list(offered["coach"]),
        "region": sorted(regions, key=lambda pair: pair[1]),
        "division": sorted(divisions),
        "tag": list(offered["tag"]),
    }


def _division(code: str) -> str:
    return f"{code} {codes.wz_label('2008', code, language())}"


def chips(listing: Listing, choices: Choices) -> list[Chip]:
    """The filters in use, in words."""
    labels = {
        "status": _("Status"),
        "coach": _("Coach"),
        "region": _("Region"),
        "division": _("Branch"),
        "tag": _("Tag"),
        "q": _("Name"),
    }
    found = []
    for name, value in listing.filters.items():
        known = dict(choices.get(name, ()))
        if name == "region":
            shown = codes.region_name(value)
        elif name == "division":
            shown = _division(value)
        else:
            shown = known.get(value, value if name in ("q", "tag") else _("unknown"))
        text = f"{labels[name]}: {shown}"
        found.append(Chip(name, text, listing.but(**{name: ""})))
    return found


def direction(listing: Listing, order: Order) -> str | None:
    """How a column is sorted at present."""
    if order is not listing.order:
        return None
    return "descending" if listing.descending else "ascending"


def bars(
    levels: Mapping[uuid.UUID, Mapping[Field, Decimal | None]],
) -> dict[uuid.UUID, Markup]:
    """The four tiny bars by assessment, each with its text alternative."""
    names, lang = tuple(str(word(field)) for field in Field), language()
    return {
        key: _drawn(tuple(scores[field] for field in Field), names, lang) for key, scores in levels.items()
    }


@lru_cache(maxsize=4096)
def _drawn(scores: tuple[Decimal | None, ...], names: tuple[str, ...], _lang: str) -> Markup:
    """Few firms differ in all four scores: a drawing is made once."""
    words = ", ".join(f"{name} {filters.number(score, 1)}" for name, score in zip(names, scores, strict=True))
    return field_bars(dict(zip(Field, scores, strict=True)), title=_("Maturity: %(levels)s", levels=words))
