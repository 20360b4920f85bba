"""Visits of the demo: planned, logged with their hours and promises, called off; promises kept in time."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field

from app import db
from app.coaching import visiting
from app.coaching.models import Commitment, Side, TimeKind, Visit, VisitKind, VisitStatus
from app.demo.firm import Firm
from app.demo.script import Stage
from app.fields import Field

AFTERWARDS = dt.timedelta(minutes=40)  # from the end of a session until it is logged


@dataclass(frozen=True)
class Pledge:
    """What one side promises, until when, and when it was kept."""

    side: Side
    text: str
    due_on: dt.date
    kept_on: dt.date | None = None
    who: str = ""  # a contact's key, for the company's side


@dataclass(frozen=True)
class Appointment:
    """A session in a coach's calendar with all that becomes of it."""

    starts_at: dt.datetime
    coach: str
    kind: VisitKind
    minutes: int
    subject: str
    note: str = ""
    main_field: Field | None = None
    further_fields: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    hours: dict[TimeKind, int] = field(default_factory=dict)  # beside the session itself
    pledges: tuple[Pledge, ...] = ()

    @property
    def logged_at(self) -> dt.datetime:
        """When the coach writes it down."""
        return self.starts_at + dt.timedelta(minutes=self.minutes) + AFTERWARDS


def log(stage: Stage, firm: Firm, session: Appointment) -> None:
    """The coach logs a session that took place; its promises are ticked when they are kept."""
    ids = [db.new_id() for _pledge in session.pledges]

    def write(at: dt.datetime) -> None:
        promises = [
            _promise(stage, firm, session, pledge, key)
            for pledge, key in zip(session.pledges, ids, strict=True)
        ]
        _log(stage, firm, session, VisitStatus.DONE, at, promises)

    stage.at(session.logged_at, session.coach, "coaching.create", write)
    for pledge, key in zip(session.pledges, ids, strict=True):
        if pledge.kept_on is not None:
            _keep(stage, session, pledge.kept_on, key)


def plan(stage: Stage, firm: Firm, session: Appointment, on: dt.date) -> uuid.UUID:
    """The coach enters a session that is to come; answers with its key."""
    key = db.new_id()
    stage.at(
        stage.calendar.moment(on, "11:20"),
        session.coach,
        "coaching.create",
        lambda at: _log(stage, firm, session, VisitStatus.PLANNED, at, (), key),
    )
    return key


def call_off(stage: Stage, session: Appointment, key: uuid.UUID, on: dt.date) -> None:
    """A planned session does not take place."""
    stage.at(
        stage.calendar.moment(on, "12:10"),
        session.coach,
        "coaching.call_off",
        lambda _at: stage.session.get_one(Visit, key).call_off(),
    )


def _log(
    stage: Stage,
    firm: Firm,
    session: Appointment,
    status: VisitStatus,
    at: dt.datetime,
    promises: list[visiting.Promise] | tuple[()],
    key: uuid.UUID | None = None,
) -> None:
    hours = {TimeKind.ON_SITE: session.minutes}
    facts = visiting.VisitFacts(
        starts_at=session.starts_at,
        status=status,
        kind=session.kind,
        main_field=session.main_field,
        further_fields=session.further_fields,
        subject=session.subject,
        note=session.note,
        minutes=hours | session.hours if status is VisitStatus.DONE else hours,
        contact_ids=[firm.contacts[name].id for name in session.people],
        promises=promises,
    )
    coach, zone = stage.people[session.coach], stage.calendar.zone
    visiting.log_visit(stage.session, firm.company, coach.id, facts, now=at, zone=zone, visit_id=key)


def _promise(
    stage: Stage, firm: Firm, session: Appointment, pledge: Pledge, key: uuid.UUID
) -> visiting.Promise:
    ours = pledge.side is Side.CENTRE
    owner = stage.people[session.coach].id if ours else firm.contacts[pledge.who].id
    return visiting.Promise(pledge.text, pledge.side, pledge.due_on, owner, key)


def _keep(stage: Stage, session: Appointment, on: dt.date, key: uuid.UUID) -> None:
    """Ticked by the coach on the day, never before the session is logged."""
    moment = max(stage.calendar.moment(on, "16:50"), session.logged_at + dt.timedelta(minutes=5))
    stage.at(
        moment,
        session.coach,
        "coaching.complete_commitment",
        lambda at: stage.session.get_one(Commitment, key).tick(stage.people[session.coach], at),
    )
