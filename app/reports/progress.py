"""What a progress report says, as frozen data: filled by queries, shown by templates, attached as JSON."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from app.coaching.models import Side, VisitKind
from app.fields import Field
from app.maturity.models import AssessmentKind
from app.maturity.scoring import Strength
from app.roadmap.drafting import Horizon
from app.roadmap.models import MeasureStatus, OwnerSide

FORMAT, FORMAT_VERSION = "wandelwerk/progress-report", 1
ON_THE_ROADMAP = (MeasureStatus.PLANNED, MeasureStatus.RUNNING, MeasureStatus.DONE)


@dataclass(frozen=True)
class Person:
    """Somebody to call."""

    name: str
    role: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class CentreCard:
    """The issuing centre; its pictures travel beside the data."""

    name: str
    address: tuple[str, ...] = ()
    email: str = ""
    phone: str = ""
    website: str = ""
    funding_notice: str = ""


@dataclass(frozen=True)
class CompanyCard:
    """The firm reported on."""

    number: str
    name: str
    place: str = ""


@dataclass(frozen=True)
class AssessmentCard:
    """Which assessment a figure comes from."""

    number: str
    kind: AssessmentKind
    assessed_on: dt.date


@dataclass(frozen=True)
class DimensionResult:
    """One dimension: the level that counts, the chosen one, where it began and where it shall go."""

    key: str
    name: str
    short: str
    level: int | None = None  # as chosen
    effective: int | None = None  # as it counts
    start: int | None = None  # effective level at the start, only if comparable
    target: int | None = None
    criterion: str = ""  # the text of the level that counts
    strength: Strength | None = None
    not_applicable: bool = False
    reason: str = ""

    @property
    def change(self) -> int | None:
        """Levels up or down since the start."""
        return None if self.effective is None or self.start is None else self.effective - self.start

    @property
    def gap(self) -> int:
        """Levels missing to the agreed target."""
        return (
            max(0, self.target - self.effective)
            if self.target is not None and self.effective is not None
            else 0
        )

    @property
    def capped(self) -> bool:
        """Whether the evidence holds the chosen level down."""
        return self.level is not None and self.effective is not None and self.effective < self.level


@dataclass(frozen=True)
class FieldResult:
    """One field: its score never without its weakest dimensions."""

    field: Field
    name: str
    dimensions: tuple[DimensionResult, ...]
    score: Decimal | None = None  # none below three rated dimensions
    change: Decimal | None = None  # since the start, on the dimensions rated both times
    target_score: Decimal | None = None
    weakest: tuple[str, ...] = ()  # keys

    @property
    def rated(self) -> tuple[DimensionResult, ...]:
        """The dimensions that have a level."""
        return tuple(d for d in self.dimensions if d.effective is not None)


@dataclass(frozen=True)
class CommitmentLine:
    """A promise of one side (Zusage)."""

    text: str
    side: Side
    due_on: dt.date | None = None
    owner: str = ""
    done_on: dt.date | None = None
    late: bool = False


@dataclass(frozen=True)
class VisitLine:
    """A visit that took place, and what was agreed at it. Internal notes are never part of a report."""

    number: str
    on: dt.date
    kind: VisitKind
    minutes: int
    fields: tuple[Field, ...] = ()
    subject: str = ""
    agreed: tuple[CommitmentLine, ...] = ()


@dataclass(frozen=True)
class MeasureLine:
    """A step on the roadmap."""

    number: str
    title: str
    field: Field
    status: MeasureStatus
    horizon: Horizon
    owner_side: OwnerSide
    owner: str = ""
    starts_on: dt.date | None = None
    due_on: dt.date | None = None
    done_on: dt.date | None = None
    reason: str = ""  # why not now
    result: str = ""
    late: bool = False


@dataclass(frozen=True)
class Appointment:
    """The next visit, at local time."""

    starts_at: dt.datetime
    kind: VisitKind
    subject: str = ""


@dataclass(frozen=True)
class ProgressReport:
    """One company's progress as of a day, in one language. Texts are already in that language."""

    language: str
    as_of: dt.date
    begins_on: dt.date
    company: CompanyCard
    centre: CentreCard
    coach: Person | None = None
    number: str | None = None
    issued_on: dt.date | None = None
    model_version: str = ""
    start: AssessmentCard | None = None  # none while there is only one assessment
    now: AssessmentCard | None = None
    fields: tuple[FieldResult, ...] = ()
    visits: tuple[VisitLine, ...] = ()  # newest first
    measures: tuple[MeasureLine, ...] = ()  # in roadmap order
    commitments: tuple[CommitmentLine, ...] = ()  # open ones, earliest date first
    next_visit: Appointment | None = None

    @property
    def draft(self) -> bool:
        """Not issued: it has no number."""
        return self.number is None

    @property
    def dimensions(self) -> tuple[DimensionResult, ...]:
        """Every dimension of the model."""
        return tuple(d for f in self.fields for d in f.dimensions)

    @property
    def rated(self) -> tuple[DimensionResult, ...]:
        """The dimensions that have a level."""
        return tuple(d for d in self.dimensions if d.effective is not None)

    @property
    def comparable(self) -> tuple[DimensionResult, ...]:
        """The dimensions rated at the start and now."""
        return tuple(d for d in self.dimensions if d.change is not None)

    @property
    def visit_minutes(self) -> int:
        """Length of all sessions together."""
        return sum(visit.minutes for visit in self.visits)

    @property
    def roadmap(self) -> tuple[MeasureLine, ...]:
        """The measures that count as agreed: planned, running or done."""
        return tuple(m for m in self.measures if m.status in ON_THE_ROADMAP)

    def measures_in(self, *states: MeasureStatus) -> tuple[MeasureLine, ...]:
        """The measures in one of these states."""
        return tuple(m for m in self.measures if m.status in states)

    def roadmap_groups(self) -> Iterator[tuple[str, tuple[MeasureLine, ...]]]:
        """Done, then the open ones by horizon, then what was put off; dropped measures are left out."""
        waiting = self.measures_in(MeasureStatus.PROPOSED, MeasureStatus.PLANNED, MeasureStatus.RUNNING)
        groups: list[tuple[str, Iterable[MeasureLine]]] = [
            (horizon.value, [m for m in waiting if m.horizon is horizon]) for horizon in Horizon
        ]
        groups.insert(0, ("done", self.measures_in(MeasureStatus.DONE)))
        groups.append(("not_now", self.measures_in(MeasureStatus.NOT_NOW)))
        yield from ((name, lines) for name, group in groups if (lines := tuple(group)))

    def as_data(self) -> dict[str, Any]:
        """Plain values for JSON, in the order in which they are declared."""
        head = {"format": FORMAT, "version": FORMAT_VERSION, "draft": self.draft}
        data: dict[str, Any] = json.loads(json.dumps(head | asdict(self), default=_plain))
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ProgressReport:
        """The report that `as_data` was taken from, for instance years ago."""
        report: ProgressReport = _read(cls, data)
        return report

    def to_json(self) -> bytes:
        """The report's data as it travels inside the PDF: the same report gives the same bytes."""
        return (json.dumps(self.as_data(), ensure_ascii=False, indent=2) + "\n").encode()

    def content_hash(self) -> str:
        """Tells whether anything has changed since the last issue: all but number and days of issue."""
        passing = ("draft", "number", "issued_on", "as_of")
        content = {key: value for key, value in self.as_data().items() if key not in passing}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _read(kind: Any, value: Any) -> Any:
    """A plain value as the declared type; keys that a newer format has added are passed over."""
    if get_origin(kind) is UnionType:
        kind = next(option for option in get_args(kind) if option is not NoneType)
        return None if value is None else _read(kind, value)
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], item) for item in value)
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{f.name: _read(hints[f.name], value[f.name]) for f in fields(kind) if f.name in value})
    if kind in (dt.date, dt.datetime):
        return kind.fromisoformat(value)
    return kind(str(value)) if kind is Decimal else kind(value)


def _plain(value: object) -> Any:
    if isinstance(value, dt.date):  # a moment is a date, too
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, StrEnum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no place in a report")
