"""The state of the lists of visits and commitments, as it stands in their addresses."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

from app.coaching.models import Side, VisitKind, VisitStatus
from app.fields import Field

Member = TypeVar("Member", bound=enum.StrEnum)
FIRST, LAST = dt.date(2000, 1, 1), dt.date(2100, 1, 1)


def _member(kind: type[Member], text: str | None) -> Member | None:
    return next((member for member in kind if member.value == text), None)


def _day(text: str | None) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text or "")
    except ValueError:
        return None
    return day if FIRST <= day <= LAST else None


@dataclass(frozen=True)
class Cursor:
    """The row at which a page begins: the sorting value as text, and the row's id."""

    at: str
    id: uuid.UUID

    @classmethod
    def read(cls, text: str | None) -> Cursor | None:
        """What an address says; anything unreadable counts as the first page."""
        at, _, key = (text or "").rpartition("~")
        try:
            found = cls(at, uuid.UUID(key))
            sensible = found.moment.year >= FIRST.year
        except ValueError:
            return None
        return found if sensible else None

    @classmethod
    def of(cls, at: dt.datetime | dt.date, key: uuid.UUID) -> Cursor:
        """The place of a row."""
        if isinstance(at, dt.datetime):
            at = at.astimezone(dt.UTC).replace(tzinfo=None)
        return cls(at.isoformat(), key)

    def __str__(self) -> str:
        """As it stands in an address."""
        return f"{self.at}~{self.id.hex}"

    @property
    def moment(self) -> dt.datetime:
        """The sorting value as a moment."""
        return dt.datetime.fromisoformat(self.at).replace(tzinfo=dt.UTC)

    @property
    def day(self) -> dt.date:
        """The sorting value as a day."""
        return self.moment.date()


@dataclass(frozen=True)
class VisitFilter:
    """Which visits are listed."""

    mine: bool
    status: VisitStatus | None = None
    field: Field | None = None
    kind: VisitKind | None = None
    first: dt.date | None = None
    last: dt.date | None = None

    @classmethod
    def read(cls, args: Mapping[str, str], *, mine: bool) -> VisitFilter:
        """What an address says; `mine` when it does not say whose."""
        return cls(
            mine=mine if "who" not in args else args["who"] == "mine",
            status=_member(VisitStatus, args.get("status")),
            field=_member(Field, args.get("field")),
            kind=_member(VisitKind, args.get("kind")),
            first=_day(args.get("first")),
            last=_day(args.get("last")),
        )

    def args(self, **changed: str | None) -> dict[str, str]:
        """The address's parameters, some of them changed (None: left out)."""
        values = {
            "who": "mine" if self.mine else "all",
            "status": self.status,
            "field": self.field,
            "kind": self.kind,
            "first": self.first and self.first.isoformat(),
            "last": self.last and self.last.isoformat(),
        } | changed
        return {name: str(value) for name, value in values.items() if value}


@dataclass(frozen=True)
class CommitmentFilter:
    """Which commitments are listed."""

    mine: bool
    done: bool = False
    side: Side | None = None

    @classmethod
    def read(cls, args: Mapping[str, str], *, mine: bool) -> CommitmentFilter:
        """What an address says; `mine` when it does not say whose."""
        return cls(
            mine=mine if "who" not in args else args["who"] == "mine",
            done=args.get("state") == "done",
            side=_member(Side, args.get("side")),
        )

    def args(self, **changed: str | None) -> dict[str, str]:
        """The address's parameters, some of them changed (None: left out)."""
        values = {
            "who": "mine" if self.mine else "all",
            "state": "done" if self.done else None,
            "side": self.side,
        } | changed
        return {name: str(value) for name, value in values.items() if value}
