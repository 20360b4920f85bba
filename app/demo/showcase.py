"""The demo's one story told in full: two assessments, agreed targets and a roadmap on its way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from random import Random
from typing import Any

from app.coaching.models import Side, TimeKind, VisitKind
from app.companies import queries as companies
from app.companies.models import CompanyStatus
from app.demo.assessments import SUBMITTED, agree_targets, assess
from app.demo.firm import Firm, change_status, take_up
from app.demo.levels import supported
from app.demo.people import Doorkeeper
from app.demo.roadmaps import add_free, agree, drafted, finish, give_to, rest, start
from app.demo.script import Data, Stage, read
from app.demo.visits import Appointment, Pledge, log, plan
from app.fields import Field
from app.maturity.assessing import Given
from app.maturity.models import AssessmentKind
from app.maturity.scoring import Strength
from app.reports import issuing
from app.roadmap import planning
from app.roadmap.drafting import Horizon
from app.roadmap.models import Measure, MeasureStatus, OwnerSide

OTHERWISE = Field.AUTOMATION  # main field of visits about the whole firm
BEFORE = 4  # days from being taken up to the first visit
PUT_OFF_AFTER = 190  # days after the agreement


def tell(stage: Stage, doorkeeper: Doorkeeper, rows: list[Data], user: Data) -> None:
    """Everything that the story says, each at its day; `user` is who of the firm may sign in."""
    story = read("showcase")
    row = next(row for row in rows if row["name"] == story["company"])
    firm = Firm(row, Random(row["name"]))
    first = stage.calendar.day(story["visits"][0]["day"])
    take_up(stage, firm, stage.calendar.day(stage.calendar.offset(first) - BEFORE))
    for visit in story["visits"]:
        log(stage, firm, _appointment(stage, firm, visit))
    for visit in story["planned"]:
        plan(stage, firm, _appointment(stage, firm, visit), stage.calendar.day(-2))
    for row in story["assessments"]:
        _assess(stage, firm, story, row)
    _plan_roadmap(stage, firm, story, user["key"])
    agreed = stage.calendar.day(story["roadmap_agreed"])
    doorkeeper.let_in_company_user(firm, user, stage.calendar.moment(agreed, "17:50"))
    _report(stage, firm, story)


def _appointment(stage: Stage, firm: Firm, row: Data) -> Appointment:
    day, coach = stage.calendar.day(row["day"]), row.get("coach", firm.lead)
    starts_at = stage.calendar.moment(day, row["at"])
    stage.calendar.take(coach, starts_at, row["minutes"])
    main = Field(row["field"]) if row.get("field") else OTHERWISE
    hours = {kind: row[kind.value] for kind in TimeKind if kind.value in row}
    return Appointment(
        starts_at=starts_at,
        coach=coach,
        kind=VisitKind(row["kind"]),
        minutes=row["minutes"],
        subject=row["subject"],
        note=row.get("note", ""),
        main_field=main,
        further_fields=tuple(row.get("further", ())),
        people=tuple(row["with"]),
        hours=hours,
        pledges=tuple(_pledge(stage, one) for one in row.get("commitments", ())),
    )


def _pledge(stage: Stage, row: Data) -> Pledge:
    kept = stage.calendar.day(row["done"]) if "done" in row else None
    due = stage.calendar.day(row["due"])
    return Pledge(Side(row["side"]), row["text"], due, kept, row.get("contact", ""))


def _assess(stage: Stage, firm: Firm, story: Data, row: Data) -> None:
    kind = AssessmentKind(row["kind"])
    day = stage.calendar.day(row["day"])
    visit = next(one for one in story["visits"] if one["day"] == row["day"])
    starts_at = stage.calendar.moment(day, visit["at"])
    assess(stage, firm, starts_at, story["coach"], lambda: _answers(stage, firm, story, kind), kind=kind)
    if kind is AssessmentKind.T0:
        change_status(stage, firm, day, CompanyStatus(firm.data["status"]))


def _answers(stage: Stage, firm: Firm, story: Data, kind: AssessmentKind) -> dict[str, Given]:
    """As the story says; the notes are those of the second assessment."""
    when = kind.value.lower()
    given: dict[str, Given] = {}
    for key, row in story["levels"].items():
        level, strength = row[when], Strength(row[f"{when}_strength"])
        if kind is AssessmentKind.T0:
            given[key] = supported(key, level, strength, stage.texts["evidence"], firm.rng)
        else:
            given[key] = Given(level=level, strength=strength, note=row["note"])
    return given


def _plan_roadmap(stage: Stage, firm: Firm, story: Data, user: str) -> None:
    agreed = stage.calendar.day(story["roadmap_agreed"])

    def wanted(_levels: Mapping[str, int | None]) -> dict[str, tuple[int, int]]:
        return {key: (level, importance) for key, (level, importance) in story["targets"].items()}

    moment = stage.calendar.moment
    agree_targets(stage, firm, moment(agreed, "13:40"), firm.lead, wanted)
    stage.at(
        moment(agreed, "14:20"),
        firm.lead,
        "roadmap.take_draft",
        lambda _at: _take(stage, firm, story, agreed),
    )
    for position, row in enumerate(story["measures"], 1):
        if "catalogue" not in row:
            add_free(stage, firm, moment(agreed, "14:40"), row)
            stage.at(
                moment(agreed, "14:45"), firm.lead, "measures.edit", _arrangement(stage, firm, row, position)
            )
    agree(stage, firm, moment(agreed, "14:55"), firm.people[0])
    stage.at(
        moment(agreed, "15:05"), firm.lead, "measures.edit", lambda _at: _carry_out(stage, firm, story, user)
    )


def _report(stage: Stage, firm: Firm, story: Data) -> None:
    """The coach issues the progress report after the second assessment; the worker makes its file."""
    submitted = stage.calendar.moment(stage.calendar.day(story["assessments"][-1]["day"]), SUBMITTED)
    moment = max(stage.calendar.moment(stage.calendar.day(-1), "10:10"), submitted + dt.timedelta(minutes=20))

    def issue(at: dt.datetime) -> None:
        coach = stage.people[firm.lead]
        company = companies.company(stage.session, firm.company.id, coach)
        issuing.issue(stage.session, company, coach, "de", stage.day_of(at))

    stage.at(moment, firm.lead, "reports.issue", issue)


def _title(stage: Stage, row: Data) -> dict[str, str]:
    if "title" in row:
        return dict(row["title"])
    return next(dict(entry.name) for entry in stage.catalogue if entry.key == row["catalogue"])


def _measure(stage: Stage, firm: Firm, row: Data) -> Measure:
    return next(one for one in firm.measures if one.title == _title(stage, row))


def _take(stage: Stage, firm: Firm, story: Data, day: dt.date) -> None:
    """Put the story's measures on the roadmap, as they were proposed, with its words and dates."""
    draft = drafted(stage, firm)
    offered = {one.measure.key: one for one in (*draft.alternatives, *draft.proposals)}
    for position, row in enumerate(story["measures"], 1):
        if "catalogue" in row:
            measure = planning.take_up(stage.session, firm.company, offered[row["catalogue"]], position, day)
            measure.title = _title(stage, row)
            firm.measures.append(measure)
            _arrange(stage, firm, measure, row, position)


def _arrange(stage: Stage, firm: Firm, measure: Measure, row: Data, position: int) -> None:
    measure.position, measure.horizon = position, Horizon(row["horizon"])
    measure.owner_side = OwnerSide(row["owner"])
    measure.owner_contact_id = measure.owner_user_id = None
    give_to(stage, firm, measure, firm.contacts[row["contact"]])
    if row["due"] is not None:
        measure.starts_on = stage.calendar.day(row["starts"])
        measure.due_on = stage.calendar.day(row["due"])


def _arrangement(stage: Stage, firm: Firm, row: Data, position: int) -> Any:
    return lambda _at: _arrange(stage, firm, _measure(stage, firm, row), row, position)


def _carry_out(stage: Stage, firm: Firm, story: Data, user: str) -> None:
    """Started, done, put off: as the story says; the firm reports its own measures itself."""
    for row in story["measures"]:
        measure, status = _measure(stage, firm, row), MeasureStatus(row["status"])
        if status in (MeasureStatus.RUNNING, MeasureStatus.DONE):
            start(stage, firm, measure, stage.calendar.day(row["starts"]))
        if status is MeasureStatus.DONE:
            own = measure.owner_side is OwnerSide.COMPANY
            who = user if own else firm.lead
            finish(stage, firm, measure, stage.calendar.day(row["done"]), who, row["result"])
        if status is MeasureStatus.NOT_NOW:
            on = stage.calendar.day(story["roadmap_agreed"] + PUT_OFF_AFTER)
            rest(stage, firm, measure, on, status, row["reason"])
