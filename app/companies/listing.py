"""The state of the company list: view, search, filters, order and place, all of it in the address."""

from __future__ import annotations

import base64
import binascii
import enum
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from app.companies.models import CompanyStatus


class View(enum.StrEnum):
    """The tabs of the list."""

    ALL = "all"
    MINE = "mine"
    QUIET = "quiet"  # without contact for 90 days
    ARCHIVED = "archived"


class Order(enum.StrEnum):
    """What the list can be sorted by; names break ties."""

    NAME = "name"
    CITY = "city"
    WZ = "wz"
    STATUS = "status"
    VISIT = "visit"


FILTERS: Final = ("q", "status", "coach", "region", "division", "tag")
QUIET_DAYS: Final = 90
PAGE_SIZE: Final = 50
Cursor = tuple[list[str], uuid.UUID]
_PLAIN: Final = {View.QUIET: (Order.VISIT, False)}  # the longest silence first


@dataclass(frozen=True)
class Listing:
    """One state of the list. Unknown values in an address count as not given."""

    view: View = View.ALL
    q: str = ""
    status: str = ""
    coach: str = ""
    region: str = ""
    division: str = ""
    tag: str = ""
    order: Order = Order.NAME
    descending: bool = False
    after: str = ""
    before: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Listing:
        """The state that an address describes."""
        view = _member(View, given.get("view"), View.ALL)
        sort = given.get("sort", "")
        order, descending = _PLAIN.get(view, (Order.NAME, False))
        if sort.lstrip("-") in list(Order):
            order, descending = Order(sort.lstrip("-")), sort.startswith("-")
        return cls(
            view=view,
            q=" ".join(given.get("q", "").split())[:100],
            status=_member(CompanyStatus, given.get("status"), ""),
            coach=_uuid(given.get("coach", "")),
            region=_matching(r"DE[0-9A-Z]{0,3}", given.get("region", "")),
            division=_matching(r"\d\d", given.get("division", "")),
            tag=given.get("tag", "").strip()[:60],
            order=order,
            descending=descending,
            after=given.get("after", ""),
            before=given.get("before", ""),
        )

    def params(self) -> dict[str, str]:
        """The address of this state; what is usual is left out."""
        found = {name: getattr(self, name) for name in (*FILTERS, "after", "before")}
        found["view"] = "" if self.view is View.ALL else self.view.value
        if (self.order, self.descending) != _PLAIN.get(self.view, (Order.NAME, False)):
            found["sort"] = f"{'-' if self.descending else ''}{self.order.value}"
        return {name: str(value) for name, value in found.items() if value}

    def but(self, **changes: Any) -> Listing:
        """The same list otherwise, from its first page."""
        return replace(self, **{"after": "", "before": "", **changes})

    def seen_as(self, view: View) -> Listing:
        """The view of another tab, in that view's own order, without filters."""
        return Listing.read({"view": view.value})

    def sorted_by(self, order: Order) -> Listing:
        """Sorted by a column; by the same column again: turned round."""
        if order is self.order:
            return self.but(descending=not self.descending)
        return self.but(order=order, descending=order is Order.VISIT)

    @property
    def filters(self) -> dict[str, str]:
        """The filters in use by name."""
        return {name: value for name in FILTERS if (value := getattr(self, name))}

    @property
    def cursor(self) -> Cursor | None:
        """The row that the page begins after, or ends before; a broken one means the first page."""
        return read_cursor(self.before or self.after)


def write_cursor(values: list[str], key: uuid.UUID) -> str:
    """A row's place in the order, for an address."""
    return base64.urlsafe_b64encode(json.dumps([*values, key.hex]).encode()).decode().rstrip("=")


def read_cursor(text: str) -> Cursor | None:
    """The place that an address names, if it is one."""
    try:
        read = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        *values, key = read
        if all(isinstance(value, str) for value in read) and values:
            return values, uuid.UUID(hex=key)
    except (ValueError, TypeError, RecursionError, binascii.Error):
        pass
    return None


def _member(kind: Any, given: str | None, otherwise: Any) -> Any:
    return kind(given) if given in list(kind) else otherwise


def _matching(pattern: str, text: str) -> str:
    text = text.strip().upper()
    return text if re.fullmatch(pattern, text) else ""


def _uuid(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""
