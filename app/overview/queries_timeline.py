"""What happened at a company, from all domains in one stream and one statement."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Integer,
    Select,
    String,
    Uuid,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from app.accounts.models import User
from app.coaching.models import Commitment, Visit, VisitStatus
from app.companies.models import Contact
from app.db import UTCDateTime
from app.documents.models import Document
from app.maturity.models import Assessment
from app.maturity.queries import CLOSED
from app.overview.timeline import PAGE, TOPICS, Entry, Excerpt, Happening, Topic
from app.roadmap.models import Measure, MeasureStatus, RoadmapAgreement

EXCERPT: Final = 600  # letters of a note that are read for its first lines
_TELLING: Final = (
    *(MeasureStatus.RUNNING, MeasureStatus.DONE),
    *(MeasureStatus.NOT_NOW, MeasureStatus.DROPPED),
)


def timeline(
    session: Session,
    company_id: uuid.UUID,
    language: str,
    topic: Topic | None = None,
    before: tuple[dt.datetime, uuid.UUID] | None = None,
) -> Excerpt:
    """The newest entries, or those older than a place; every kind is read by its own index."""
    values: dict[str, Any] = {"company": company_id}
    if before is not None:
        values |= {"at": before[0], "key": before[1]}
    rows = session.execute(_statement(language, topic, older=before is not None), values)
    entries = [Entry(Happening(row[0]), *(_filled(value) for value in row[1:])) for row in rows]
    shown = entries[:PAGE]
    return Excerpt(shown, shown[-1].cursor if len(entries) > PAGE else "")


@cache
def _statement(language: str, topic: Topic | None, *, older: bool) -> Select[Any]:
    """Built once for each combination: putting it together takes longer than running it."""
    place = tuple_(bindparam("at", type_=UTCDateTime()), bindparam("key", type_=Uuid()))
    parts = []
    for what in TOPICS[topic] if topic else tuple(_BRANCHES):
        record, at, branch = _BRANCHES[what](language)
        branch = branch.where(record.company_id == bindparam("company", type_=Uuid()))
        if what is Happening.PROMISED and topic is None:
            branch = branch.where(record.visit_id.is_(None))  # others stand in their visit's entry
        if older:
            branch = branch.where(tuple_(at, record.id) < place)
        newest = branch.order_by(at.desc(), record.id.desc()).limit(PAGE + 1).subquery()
        parts.append(select(newest))
    merged = union_all(*parts).subquery()
    return select(merged).order_by(merged.c.at.desc(), merged.c.id.desc()).limit(PAGE + 1)


def _filled(value: Any) -> Any:
    return "" if value is None else value


def _text(value: Any) -> Any:
    return cast(null() if value is None else value, String)


def _named(person: Any) -> Any:
    return person.first_name + " " + person.last_name


_Branch = tuple[Any, Any, Select[Any]]


def _branch(
    what: Happening,
    record: Any,
    at: Any,
    *,
    title: Any = None,
    code: Any = None,
    text: Any = None,
    who: Any = None,
    field: Any = None,
    minutes: Any = None,
    count: Any = None,
) -> _Branch:
    """One kind of happening in the columns that all kinds share."""
    columns = {"title": title, "code": code, "text": text, "who": who, "field": field}
    return (
        record,
        at,
        select(
            literal(what.value).label("what"),
            record.id.label("id"),
            at.label("at"),
            *(_text(value).label(name) for name, value in columns.items()),
            cast(literal(0) if minutes is None else minutes, Integer).label("minutes"),
            cast(literal(0) if count is None else count, Integer).label("count"),
        ),
    )


def _visits(_language: str) -> _Branch:
    promises = select(func.count()).select_from(Commitment).where(Commitment.visit_id == Visit.id)
    record, at, branch = _branch(
        Happening.VISIT,
        Visit,
        Visit.starts_at,
        title=Visit.subject,
        code=Visit.kind,
        text=func.substr(Visit.note, 1, EXCERPT),
        who=_named(User),
        field=Visit.main_field,
        minutes=Visit.minutes,
        count=promises.correlate(Visit).scalar_subquery(),
    )
    return record, at, branch.join(User, User.id == Visit.coach_id).where(Visit.status == VisitStatus.DONE)


def _assessments(_language: str) -> _Branch:
    record, at, branch = _branch(
        Happening.ASSESSMENT,
        Assessment,
        Assessment.submitted_at,
        title=Assessment.kind,
        code=Assessment.status,
        who=_named(User),
    )
    branch = branch.join(User, User.id == Assessment.assessor_id)
    return record, at, branch.where(Assessment.status.in_(CLOSED), Assessment.submitted_at.is_not(None))


def _measures(language: str) -> _Branch:
    record, at, branch = _branch(
        Happening.MEASURE,
        Measure,
        Measure.status_changed_at,
        title=Measure.title[language].as_string(),
        code=Measure.status,
        text=func.coalesce(func.nullif(Measure.result, ""), Measure.status_reason),
        field=Measure.field,
    )
    return record, at, branch.where(Measure.status.in_(_TELLING))


def _agreements(_language: str) -> _Branch:
    record, at, branch = _branch(
        Happening.AGREEMENT,
        RoadmapAgreement,
        RoadmapAgreement.created_at,
        title=RoadmapAgreement.agreed_with,
        who=_named(User),
    )
    return record, at, branch.join(User, User.id == RoadmapAgreement.user_id)


def _promised(_language: str) -> _Branch:
    record, at, branch = _branch(
        Happening.PROMISED,
        Commitment,
        Commitment.created_at,
        title=Commitment.text,
        code=Commitment.side,
        who=func.coalesce(_named(User), _named(Contact)),
    )
    branch = branch.outerjoin(User, User.id == Commitment.user_id)
    return record, at, branch.outerjoin(Contact, Contact.id == Commitment.contact_id)


def _kept(_language: str) -> _Branch:
    keeper = aliased(User)
    record, at, branch = _branch(
        Happening.KEPT,
        Commitment,
        Commitment.done_at,
        title=Commitment.text,
        code=Commitment.side,
        who=_named(keeper),
    )
    branch = branch.outerjoin(keeper, keeper.id == Commitment.done_by_id)
    return record, at, branch.where(Commitment.done_at.is_not(None))


def _documents(_language: str) -> _Branch:
    record, at, branch = _branch(
        Happening.DOCUMENT,
        Document,
        Document.created_at,
        title=Document.title,
        code=Document.kind,
        text=Document.number,
        who=_named(User),
    )
    return record, at, branch.outerjoin(User, User.id == Document.created_by_id)


_BRANCHES: Final[dict[Happening, Callable[[str], _Branch]]] = {
    Happening.VISIT: _visits,
    Happening.ASSESSMENT: _assessments,
    Happening.MEASURE: _measures,
    Happening.AGREEMENT: _agreements,
    Happening.PROMISED: _promised,
    Happening.KEPT: _kept,
    Happening.DOCUMENT: _documents,
}
