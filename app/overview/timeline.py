"""The timeline of a company: what kinds of things happened, and the place in it that an address names."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from dataclasses import dataclass
from typing import Final

PAGE: Final = 12


class Topic(enum.StrEnum):
    """What the timeline can be narrowed to."""

    VISITS = "visits"
    MATURITY = "maturity"
    ROADMAP = "roadmap"
    COMMITMENTS = "commitments"
    DOCUMENTS = "documents"


class Happening(enum.StrEnum):
    """What happened."""

    VISIT = "visit"
    ASSESSMENT = "assessment"
    MEASURE = "measure"
    AGREEMENT = "agreement"
    PROMISED = "promised"
    KEPT = "kept"
    DOCUMENT = "document"


TOPICS: Final = {
    Topic.VISITS: (Happening.VISIT,),
    Topic.MATURITY: (Happening.ASSESSMENT,),
    Topic.ROADMAP: (Happening.MEASURE, Happening.AGREEMENT),
    Topic.COMMITMENTS: (Happening.PROMISED, Happening.KEPT),
    Topic.DOCUMENTS: (Happening.DOCUMENT,),
}


@dataclass(frozen=True)
class Entry:
    """One thing that happened. `code` is the coded value that names it (kind of visit, status …)."""

    what: Happening
    id: uuid.UUID
    at: dt.datetime
    title: str
    code: str
    text: str
    who: str
    field: str
    minutes: int
    count: int

    @property
    def cursor(self) -> str:
        """Its place, for the address of what is older."""
        return f"{self.at.isoformat()}~{self.id.hex}"


@dataclass(frozen=True)
class Excerpt:
    """Some entries, and where the older ones begin (empty: these are all)."""

    entries: list[Entry]
    older: str


def topic_of(text: str | None) -> Topic | None:
    """The topic that an address names, if it is one."""
    return next((topic for topic in Topic if topic.value == text), None)


def place_of(text: str | None) -> tuple[dt.datetime, uuid.UUID] | None:
    """The place that an address names; a broken one means the newest."""
    at, sign, key = (text or "").replace(" ", "+").partition("~")
    try:
        moment = dt.datetime.fromisoformat(at)
        return (moment.astimezone(dt.UTC), uuid.UUID(hex=key)) if sign and moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
