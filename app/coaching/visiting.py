"""What makes a visit valid, and how it is saved together with its hours, people and commitments."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app import db
from app.coaching import queries
from app.coaching.models import (
    Commitment,
    Side,
    TimeEntry,
    TimeKind,
    Visit,
    VisitContact,
    VisitKind,
    VisitStatus,
)
from app.coaching.naming import Name
from app.companies.models import Company, Contact
from app.errors import RuleBroken
from app.fields import Field
from app.filters import day, moment

EARLIEST = dt.date(2000, 1, 1)
FARTHEST = dt.timedelta(days=5 * 365)
DAY_MINUTES = 1440


@dataclass(frozen=True)
class Promise:
    """A line of "we owe / they owe". An empty text takes back the commitment that has this id."""

    text: str
    side: Side = Side.CENTRE
    due_on: dt.date | None = None
    owner_id: uuid.UUID | None = None
    id: uuid.UUID | None = None
    row: int = 0


@dataclass(frozen=True)
class VisitFacts:
    """All that is said about a visit. `minutes` None leaves the hours as they are."""

    starts_at: dt.datetime
    status: VisitStatus = VisitStatus.DONE
    kind: VisitKind = VisitKind.ON_SITE
    main_field: Field | None = None
    further_fields: Collection[str] = ()
    subject: str = ""
    note: str = ""
    minutes: Mapping[TimeKind, int] | None = field(default_factory=dict)
    contact_ids: Collection[uuid.UUID] = ()
    new_people: Sequence[Name] = ()
    promises: Sequence[Promise] = ()
    coach_id: uuid.UUID | None = None  # none: stays


def check_day(on: dt.date, today: dt.date) -> None:
    """A visit lies between 2000 and five years from now; anything else is a typing error."""
    if EARLIEST <= on <= today + FARTHEST:
        return
    first, last = EARLIEST, today + FARTHEST
    raise RuleBroken(
        "visit.day_out_of_range",
        _l("%(day)s cannot be the day of a visit.", day=day(on)),
        field="starts_at",
        value=on,
        limit=(first, last),
        way_out=_l("Enter a day from %(first)s to %(last)s.", first=day(first), last=day(last)),
    )


def check_due(due_on: dt.date | None, earliest: dt.date, field_name: str) -> None:
    """A commitment cannot be due before the visit at which it was made (without one: before 2000)."""
    if due_on is None or due_on >= earliest:
        return
    raise RuleBroken(
        "commitment.due_too_early",
        _l("%(due)s lies before %(day)s.", due=day(due_on), day=day(earliest))
        if earliest == EARLIEST
        else _l("%(due)s lies before the visit on %(day)s.", due=day(due_on), day=day(earliest)),
        field=field_name,
        value=due_on,
        limit=earliest,
        way_out=_l("Enter a later date or leave it empty."),
    )


def problems(facts: VisitFacts, now: dt.datetime, zone: ZoneInfo) -> list[RuleBroken]:
    """Every rule that these facts break, in the order of the form."""
    on = facts.starts_at.astimezone(zone).date()
    found = [
        _broken(check_day, on, now.astimezone(zone).date()),
        _broken(_check_future, facts, now),
        _broken(_check_minutes, facts),
    ]
    found += [
        _broken(check_due, promise.due_on, on, f"commitments-{promise.row}-due_on")
        for promise in facts.promises
        if promise.text
    ]
    return [rule for rule in found if rule is not None]


def _broken(check: Callable[..., None], *values: object) -> RuleBroken | None:
    try:
        check(*values)
    except RuleBroken as rule:
        return rule
    return None


def _check_future(facts: VisitFacts, now: dt.datetime) -> None:
    if facts.status is VisitStatus.DONE and facts.starts_at > now:
        raise RuleBroken(
            "visit.future_done",
            _l(
                "%(moment)s is still to come; the visit cannot be done yet.",
                moment=moment(facts.starts_at),
            ),
            field="starts_at",
            value=facts.starts_at,
            limit=now,
            way_out=_l("Correct the date, or save the visit as planned."),
        )


def _check_minutes(facts: VisitFacts) -> None:
    minutes = facts.minutes or {}
    total = sum(minutes.values())
    if any(value < 0 for value in minutes.values()) or total > DAY_MINUTES:
        raise RuleBroken(
            "visit.minutes",
            _l("%(total)s minutes do not fit into one day.", total=total),
            field="on_site",
            value=total,
            limit=DAY_MINUTES,
            way_out=_l("Session, preparation, follow-up and travel together have at most 1440 minutes."),
        )
    spent = {kind: value for kind, value in minutes.items() if value and kind is not TimeKind.ON_SITE}
    if facts.status is VisitStatus.PLANNED and spent:
        kind, value = next(iter(spent.items()))
        raise RuleBroken(
            "visit.planned_hours",
            _l("A planned visit has no hours yet; %(value)s minutes were entered.", value=value),
            field=kind.value,
            value=value,
            limit=0,
            way_out=_l("Enter them once the visit is done, or save it as done."),
        )


def log_visit(
    session: Session,
    company: Company,
    coach_id: uuid.UUID,
    facts: VisitFacts,
    *,
    now: dt.datetime,
    zone: ZoneInfo,
    visit_id: uuid.UUID | None = None,
) -> Visit:
    """A new visit with everything that was said about it."""
    _refuse(facts, now, zone)
    visit = Visit(
        id=visit_id or db.new_id(),
        number=f"V-{db.next_number(session, 'visit'):04d}",
        company_id=company.id,
        coach_id=coach_id,
    )
    session.add(visit)
    _write(visit, facts)
    people = _new_people(session, company.id, facts)
    session.flush()
    _set_people(session, visit, {*facts.contact_ids, *people}, [])
    _set_hours(session, visit, facts, zone, [])
    _set_promises(session, visit, facts.promises, [])
    session.flush()
    return visit


def change_visit(
    session: Session, visit: Visit, facts: VisitFacts, *, now: dt.datetime, zone: ZoneInfo
) -> list[Commitment]:
    """Bring a visit to these facts; answers with the commitments that were taken back."""
    refuse_called_off(visit)
    _refuse(facts, now, zone)
    _write(visit, facts)
    people = _new_people(session, visit.company_id, facts)
    session.flush()
    _set_people(session, visit, {*facts.contact_ids, *people}, queries.participants_of(session, visit))
    _set_hours(session, visit, facts, zone, queries.times_of(session, visit))
    return _set_promises(session, visit, facts.promises, queries.commitments_of_visit(session, visit))


def refuse_called_off(visit: Visit) -> None:
    """A visit that was called off is not changed."""
    if visit.status is VisitStatus.CANCELLED:
        raise RuleBroken(
            "visit.called_off",
            _l("%(number)s was called off.", number=visit.number),
            field="status",
            value=visit.number,
            way_out=_l("Reinstate it first."),
        )


def says_the_same(
    visit: Visit,
    facts: VisitFacts,
    times: Sequence[TimeEntry],
    people: Sequence[VisitContact],
    commitments: Sequence[Commitment],
) -> bool:
    """Whether saving these facts would change nothing."""
    shadow = Visit(further_fields=[])
    _write(shadow, facts)
    own = ("status", "kind", "starts_at", "main_field", "further_fields", "subject", "note")
    if any(getattr(shadow, name) != getattr(visit, name) for name in own):
        return False
    if facts.new_people or {one.contact_id for one in people} != set(facts.contact_ids):
        return False
    if facts.minutes is not None:
        spent = {kind: value for kind, value in facts.minutes.items() if value}
        stored = {one.kind: one.minutes for one in times if one.user_id == visit.coach_id}
        if visit.minutes != shadow.minutes or (visit.status is VisitStatus.DONE and spent != stored):
            return False
    said = [(p.text, p.side, p.owner_id, p.due_on) for p in facts.promises if p.text]
    return said == [(c.text, c.side, c.owner_id, c.due_on) for c in commitments]


def _refuse(facts: VisitFacts, now: dt.datetime, zone: ZoneInfo) -> None:
    for rule in problems(facts, now, zone):
        raise rule


def _write(visit: Visit, facts: VisitFacts) -> None:
    visit.status = facts.status
    visit.kind = facts.kind
    visit.starts_at = facts.starts_at
    visit.main_field = facts.main_field
    wanted = {str(value) for value in facts.further_fields}
    visit.further_fields = [f.value for f in Field if f.value in wanted and f is not facts.main_field]
    visit.subject = facts.subject
    visit.note = facts.note
    if facts.minutes is not None:
        visit.minutes = facts.minutes.get(TimeKind.ON_SITE, 0)


def _new_people(session: Session, company_id: uuid.UUID, facts: VisitFacts) -> list[uuid.UUID]:
    people = [
        Contact(
            id=db.new_id(),
            company_id=company_id,
            salutation=name.salutation,
            first_name=name.first,
            last_name=name.last,
        )
        for name in facts.new_people
    ]
    session.add_all(people)
    return [person.id for person in people]


def _set_people(
    session: Session, visit: Visit, wanted: set[uuid.UUID], present: Sequence[VisitContact]
) -> None:
    for one in present:
        if one.contact_id not in wanted:
            session.delete(one)
    known = {one.contact_id for one in present}
    session.add_all(
        VisitContact(
            company_id=visit.company_id,
            visit_id=visit.id,
            contact_id=contact_id,
            contact=session.get(
                Contact, contact_id
            ),  # known to the session: who was on offer was read before
        )
        for contact_id in sorted(wanted - known, key=str)
    )


def _set_hours(
    session: Session, visit: Visit, facts: VisitFacts, zone: ZoneInfo, present: Sequence[TimeEntry]
) -> None:
    """The visit's time entries: one a kind, on the day of the visit in the centre's zone, for its coach.

    Only done visits have hours. Entries follow the visit when its day or its coach changes.
    """
    on = visit.starts_at.astimezone(zone).date()
    before = visit.coach_id
    visit.coach_id = facts.coach_id or before
    own = {entry.kind: entry for entry in present if entry.user_id == before}
    for entry in present:
        entry.day = on
        if entry.user_id == before:
            entry.user_id = visit.coach_id
    counts = visit.status is VisitStatus.DONE
    if facts.minutes is None and counts:
        return
    wanted = (facts.minutes or {}) if counts else {}
    for kind in TimeKind:
        found, value = own.get(kind), wanted.get(kind, 0)
        if found is None and value:
            session.add(
                TimeEntry(
                    company_id=visit.company_id,
                    visit_id=visit.id,
                    user_id=visit.coach_id,
                    day=on,
                    kind=kind,
                    minutes=value,
                )
            )
        elif found is not None and value:
            found.minutes = value
        elif found is not None:
            session.delete(found)


def _set_promises(
    session: Session, visit: Visit, promises: Sequence[Promise], present: Sequence[Commitment]
) -> list[Commitment]:
    known = {one.id: one for one in present}
    taken_back = []
    for promise in promises:
        found = known.get(promise.id) if promise.id else None
        if found is not None and not promise.text:
            session.delete(found)
            taken_back.append(found)
        elif promise.text:
            if found is None:
                found = Commitment(
                    id=promise.id or db.new_id(), company_id=visit.company_id, visit_id=visit.id
                )
                session.add(found)
            say(found, promise)
    return taken_back


def promise_by_itself(
    session: Session, company: Company, promise: Promise, commitment_id: uuid.UUID
) -> Commitment:
    """A commitment that was made without a visit."""
    check_due(promise.due_on, EARLIEST, "due_on")
    commitment = Commitment(id=commitment_id, company_id=company.id)
    say(commitment, promise)
    session.add(commitment)
    return commitment


def reword(commitment: Commitment, promise: Promise, visit_day: dt.date | None) -> None:
    """Change what was promised; not due before the visit at which it was made."""
    check_due(promise.due_on, visit_day or EARLIEST, "due_on")
    say(commitment, promise)


def say(commitment: Commitment, promise: Promise) -> None:
    """Write what was promised, by when and by whom."""
    commitment.text, commitment.due_on = promise.text, promise.due_on
    commitment.give_to(promise.side, promise.owner_id)
