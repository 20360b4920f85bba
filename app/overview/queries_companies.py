"""Reads for the list of companies: its page of rows, the figures beside them, counts and filter choices."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Uuid,
    case,
    cast,
    exists,
    func,
    literal,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.coaching.models import Visit, VisitStatus
from app.companies.access import visible_companies
from app.companies.listing import PAGE_SIZE, QUIET_DAYS, Listing, Order, View, write_cursor
from app.companies.models import Company, CompanyCoach, CompanyStatus, CompanyTag
from app.companies.names import folded
from app.db import UTCDateTime
from app.fields import Field
from app.maturity.models import Answer, Assessment, Dimension, Party
from app.maturity.queries import CLOSED
from app.maturity.scoring import CLAIMED_CAP, Strength, mean_of
from app.roadmap.models import Measure, MeasureStatus

COUNTED: Final = 1000  # counts stop here: "1,000+"
CHOICES: Final = 300
_NEVER: Final = dt.datetime(1900, 1, 1, tzinfo=dt.UTC)  # sorts firms without a visit before all others
_ON_ROADMAP: Final = (MeasureStatus.PLANNED, MeasureStatus.RUNNING, MeasureStatus.DONE)


@dataclass(frozen=True)
class Row:
    """One company as the list shows it."""

    id: uuid.UUID
    name: str
    number: str
    city: str
    wz_version: str
    wz_code: str
    status: CompanyStatus
    created_at: dt.datetime
    coach: str | None
    visited_at: dt.datetime | None
    done: int
    measures: int
    assessment_id: uuid.UUID | None


@dataclass(frozen=True)
class Page:
    """Rows of one page and the cursors of its neighbours (empty where there is none)."""

    rows: Sequence[Row]
    previous: str
    next: str


def _last_visit() -> Any:
    return (
        select(func.max(Visit.starts_at))
        .where(Visit.company_id == Company.id, Visit.status == VisitStatus.DONE)
        .scalar_subquery()
    )


def _hits(user: User, listing: Listing, now: dt.datetime) -> Select[Company]:
    """The companies of a view that pass its filters."""
    hits = visible_companies(user)
    archived = listing.view is View.ARCHIVED
    hits = hits.where(Company.archived_at.is_not(None) if archived else Company.archived_at.is_(None))
    if listing.view is View.MINE:
        hits = hits.where(Company.id.in_(_companies_of(user.id)))
    if listing.view is View.QUIET:
        since = now - dt.timedelta(days=QUIET_DAYS)
        recent = exists().where(
            Visit.company_id == Company.id, Visit.status == VisitStatus.DONE, Visit.starts_at >= since
        )
        hits = hits.where(Company.status != CompanyStatus.ENDED, Company.created_at < since, ~recent)
    for name, value in listing.filters.items():
        hits = hits.where(_passes(name, value))
    return hits


def _companies_of(user_id: uuid.UUID) -> Select[uuid.UUID]:
    return select(CompanyCoach.company_id).where(CompanyCoach.user_id == user_id)


def _passes(name: str, value: str) -> ColumnElement[bool]:
    if name == "q":
        found = Company.name_folded.contains(folded(value), autoescape=True)
        return found | (Company.number == value.upper()) if folded(value) else literal(value=False)
    if name == "coach":
        return Company.id.in_(_companies_of(uuid.UUID(value)))
    if name == "tag":
        return Company.id.in_(select(CompanyTag.company_id).where(CompanyTag.name == value))
    if name == "region":
        return Company.nuts3.startswith(value, autoescape=True)
    if name == "division":
        return Company.wz_code.startswith(value, autoescape=True)
    return Company.status == CompanyStatus(value)


def _keys(order: Order) -> list[Any]:
    """What a page is sorted by: the column, then the name, then the key."""
    first: dict[Order, Any] = {
        Order.CITY: Company.city,
        Order.WZ: Company.wz_code,
        Order.STATUS: cast(Company.status, String(30)),
        Order.VISIT: func.coalesce(_last_visit(), literal(_NEVER, UTCDateTime())),
    }
    return [*([first[order]] if order in first else []), Company.name_folded, Company.id]


def _bound(order: Order, values: list[str], key: uuid.UUID) -> list[Any] | None:
    """A cursor's values as the database compares them."""
    bound: list[Any] = [*values]
    if order is Order.VISIT:
        try:
            bound[0] = literal(dt.datetime.fromisoformat(values[0]).astimezone(dt.UTC), UTCDateTime())
        except ValueError:
            return None
    return [*bound, literal(key, Uuid())]


def page(session: Session, user: User, listing: Listing, now: dt.datetime) -> Page:
    """One page by keyset: as quick deep inside as at the beginning; one statement."""
    keys, back = _keys(listing.order), bool(listing.before)
    descending = listing.descending != back
    hits = _hits(user, listing, now)
    cursor = listing.cursor
    bound = _bound(listing.order, *cursor) if cursor and len(cursor[0]) == len(keys) - 1 else None
    if bound is None:
        back, descending = False, listing.descending
    else:
        place = tuple_(*keys)
        hits = hits.where(place < tuple_(*bound) if descending else place > tuple_(*bound))
    chosen = (
        hits.with_only_columns(*(key.label(f"key{n}") for n, key in enumerate(keys)))
        .order_by(*(key.desc() if descending else key for key in keys))
        .limit(PAGE_SIZE + 1)
        .subquery()
    )
    columns = list(chosen.c)
    statement = (
        select(*columns[:-1], *_row_columns())
        .join_from(chosen, Company, Company.id == columns[-1])
        .order_by(*(column.desc() if descending else column for column in columns))
    )
    found = [(list(row[: len(keys) - 1]), Row(*row[len(keys) - 1 :])) for row in session.execute(statement)]
    more, found = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    if back:
        found.reverse()
    edges = [write_cursor([_text(v) for v in values], row.id) for values, row in (found[:1] + found[-1:])]
    before, after = (more, True) if back else (bound is not None, more)
    return Page(
        [row for _values, row in found],
        edges[0] if edges and before else "",
        edges[-1] if edges and after else "",
    )


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)


def _row_columns() -> list[Any]:
    coach = (
        select(User.first_name + " " + User.last_name)
        .join(CompanyCoach, CompanyCoach.user_id == User.id)
        .where(CompanyCoach.company_id == Company.id)
        .order_by(CompanyCoach.lead.desc(), User.last_name, User.id)
        .limit(1)
        .scalar_subquery()
    )
    newest = (
        select(Assessment.id)
        .where(Assessment.company_id == Company.id, Assessment.status.in_(CLOSED))
        .order_by(Assessment.assessed_on.desc(), Assessment.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return [
        *(Company.id, Company.name, Company.number, Company.city, Company.wz_version, Company.wz_code),
        *(Company.status, Company.created_at, coach, _last_visit()),
        *(_measures(MeasureStatus.DONE), _measures(*_ON_ROADMAP), newest),
    ]


def _measures(*states: MeasureStatus) -> Any:
    return (
        select(func.count())
        .select_from(Measure)
        .where(Measure.company_id == Company.id, Measure.status.in_(states))
        .scalar_subquery()
    )


def levels(
    session: Session, assessment_ids: Collection[uuid.UUID]
) -> dict[uuid.UUID, dict[Field, Decimal | None]]:
    """Field scores by assessment: sums of effective levels made by the database, one row a field.

    The same rule as `scoring.effective_level`; a test holds the two together.
    """
    if not assessment_ids:
        return {}
    claimed = Answer.strength.is_(None) | (Answer.strength == Strength.CLAIMED)
    effective = case((claimed & (Answer.level > CLAIMED_CAP), CLAIMED_CAP), else_=Answer.level)
    rows = session.execute(
        select(Answer.assessment_id, Dimension.field, func.sum(effective), func.count())
        .join(Dimension, Dimension.id == Answer.dimension_id)
        .where(
            Answer.assessment_id.in_(assessment_ids),
            Answer.party == Party.COACH,
            Answer.level.is_not(None),
            ~Answer.not_applicable,
        )
        .group_by(Answer.assessment_id, Dimension.field)
    )
    scores: dict[uuid.UUID, dict[Field, Decimal | None]] = {}
    for assessment_id, field, total, rated in rows:
        scores.setdefault(assessment_id, dict.fromkeys(Field))[field] = mean_of(int(total), int(rated))
    return scores


def _capped(hits: Select[Company]) -> Any:
    some = hits.with_only_columns(literal(1)).limit(COUNTED + 1).subquery()
    return select(func.count()).select_from(some).scalar_subquery()


def counts(session: Session, user: User, listing: Listing, now: dt.datetime) -> dict[str, int]:
    """How many companies the list ("hits") and each view hold, counted up to a limit; one statement."""
    wanted = {view.value: listing.seen_as(view) for view in View if view is not View.ARCHIVED}
    if listing.filters or listing.view is View.ARCHIVED:
        wanted["hits"] = listing
    figures = session.execute(select(*(_capped(_hits(user, one, now)) for one in wanted.values()))).one()
    counted = dict(zip(wanted, figures, strict=True))
    return {"hits": counted[listing.view.value], **counted} if "hits" not in counted else counted


def tightest_filter(session: Session, user: User, listing: Listing, now: dt.datetime) -> tuple[str, int]:
    """The filter without which there would be the most hits, and how many; one statement."""
    names = list(listing.filters)
    figures = session.execute(
        select(*(_capped(_hits(user, listing.but(**{name: ""}), now)) for name in names))
    ).one()
    return max(zip(names, figures, strict=True), key=lambda pair: pair[1])


def choices(session: Session, user: User) -> Mapping[str, list[tuple[str, str]]]:
    """What the list can be filtered by: (value, name) of coaches, regions, branches and tags in use.

    For people of the centre, who see every company: so each list comes straight from one index.
    """
    seen, nothing = visible_companies(user).where(Company.archived_at.is_(None)), literal("")
    # distinct over the bare column: an engine then skips through its index instead of reading all of it
    regions = seen.with_only_columns(Company.nuts3).where(Company.nuts3 != "").distinct().subquery()
    branches = seen.with_only_columns(Company.wz_code).where(Company.wz_code != "").distinct().subquery()
    tags = select(CompanyTag.name).distinct().limit(CHOICES).subquery()
    parts = (
        select(literal("coach"), cast(User.id, String(36)), User.last_name + ", " + User.first_name).where(
            User.id.in_(select(CompanyCoach.user_id))
        ),
        select(literal("region"), regions.c[0], nothing),
        select(literal("division"), branches.c[0], nothing),
        select(literal("tag"), tags.c[0], tags.c[0]),
    )
    found: dict[str, set[tuple[str, str]]] = {
        "coach": set(),
        "region": set(),
        "division": set(),
        "tag": set(),
    }
    for kind, value, name in session.execute(union_all(*parts)):
        known = str(uuid.UUID(value)) if kind == "coach" else value[:2] if kind == "division" else value
        found[kind].add((known, name))
    return {kind: sorted(rows, key=lambda row: (row[1].casefold(), row[0])) for kind, rows in found.items()}
