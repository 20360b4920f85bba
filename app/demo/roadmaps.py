"""Roadmaps of the demo: drafted from the gaps, agreed, then started, finished, put off or dropped."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from app.companies.models import Contact
from app.demo.calendar import DAY
from app.demo.firm import Firm
from app.demo.script import Data, Stage
from app.fields import Field
from app.maturity import queries as maturity
from app.roadmap import planning, queries
from app.roadmap.drafting import Draft, Horizon
from app.roadmap.models import Measure, MeasureStatus, OwnerSide

SOON = 90  # days
TRACKS = 2  # what a small firm works on at the same time
SLIPS = (-6, -1, 0, 0, 4, 10, 18, 30, 55)  # days between the date set and the day it is done


def drafted(stage: Stage, firm: Firm) -> Draft[Any]:
    """What the catalogue offers for the firm's gaps."""
    result = maturity.latest_result(stage.session, firm.company.id)
    if result is None:
        raise LookupError(f"{firm.data['name']} has no assessment to draft a roadmap from")
    targets = maturity.targets_of(stage.session, firm.company.id)
    known = queries.measures_of(stage.session, firm.company.id, stage.people[firm.lead])
    return planning.draft_for(result, targets, stage.catalogue, known)


def draft(stage: Stage, firm: Firm, moment: dt.datetime, wanted: int, *, dated: bool) -> None:
    """Put the most urgent proposals on the roadmap with their people and, where that is decided, dates."""

    def take(at: dt.datetime) -> None:
        day = stage.day_of(at)
        left_out: set[str] = set()
        for proposal in drafted(stage, firm).proposals:
            waits_in_vain = left_out & set(proposal.after)
            if len(firm.measures) == wanted or waits_in_vain or firm.rng.random() < 0.15:
                left_out.add(proposal.measure.key)
                continue
            measure = planning.take_up(stage.session, firm.company, proposal, len(firm.measures) + 1, day)
            measure.due_on = None
            give_to(stage, firm, measure, _owner(firm))
            firm.measures.append(measure)
        if dated:
            _set_dates(stage, firm, day)

    stage.at(moment, firm.lead, "roadmap.take_draft", take)


def _owner(firm: Firm) -> Contact:
    """Mostly the ones below the managing director."""
    people = firm.people[1:] or firm.people
    return firm.contacts[firm.rng.choice(people)]


def give_to(stage: Stage, firm: Firm, measure: Measure, contact: Contact) -> None:
    """Say who carries it, on the sides that carry it."""
    if measure.owner_side is not OwnerSide.CENTRE:
        measure.owner_contact_id = contact.id
    if measure.owner_side is not OwnerSide.COMPANY:
        measure.owner_user_id = stage.people[firm.coach(measure.field)].id


def _key(stage: Stage, measure: Measure) -> str:
    return next((one.key for one in stage.catalogue if one.id == measure.catalogue_id), "")


def _set_dates(stage: Stage, firm: Firm, day: dt.date) -> None:
    """A start and an end for each: two at a time, and after what it builds on."""
    free = [day + firm.rng.randrange(27, 41) * DAY for _track in range(TRACKS)]
    ends: dict[str, dt.date] = {}
    for measure in firm.measures:
        track = free.index(min(free))
        start = max([free[track], *(ends[key] for key in _after(measure) if key in ends)])
        length = 45 + 4 * (measure.company_days or 0) + firm.rng.randrange(0, 30)
        measure.starts_on = stage.calendar.on_or_after(start)
        measure.due_on = stage.calendar.on_or_after(start + length * DAY)
        free[track] = measure.due_on + firm.rng.randrange(8, 35) * DAY
        ends[_key(stage, measure)] = measure.due_on


def _after(measure: Measure) -> list[str]:
    factors: dict[str, Any] = measure.factors or {}
    return list(factors.get("after", ()))


def agree(stage: Stage, firm: Firm, moment: dt.datetime, with_whom: str) -> None:
    """Agree the roadmap with somebody of the firm; then it takes its course."""

    def decide(at: dt.datetime) -> None:
        day, coach = stage.day_of(at), stage.people[firm.lead]
        measures = queries.measures_of(stage.session, firm.company.id, coach)
        targets = maturity.targets_of(stage.session, firm.company.id)
        name = firm.contacts[with_whom].name
        planning.agree(stage.session, firm.company, measures, targets, coach, day, name, day)

    stage.at(moment, firm.lead, "roadmap.agreement", decide)


def carry_out(
    stage: Stage, firm: Firm, moment: dt.datetime, until: dt.date, put_off: Sequence[MeasureStatus]
) -> None:
    """Schedule what happens to the agreed measures until a day: started, done, and some put off."""

    def schedule(_at: dt.datetime) -> None:
        resting = dict(_put_off(stage, firm, put_off))
        for measure in firm.measures:
            if measure.number in resting:
                status = resting[measure.number]
                on = stage.calendar.on_or_after(stage.day_of(moment) + firm.rng.randrange(10, 45) * DAY)
                if on < until:
                    reason = firm.rng.choice(_reasons(stage, measure, status))
                    rest(stage, firm, measure, on, status, reason)
                continue
            _course(stage, firm, measure, until)

    stage.at(moment, firm.lead, "measures.edit", schedule)


def _reasons(stage: Stage, measure: Measure, status: MeasureStatus) -> list[str]:
    evidence = stage.texts["evidence"]
    reasons: list[str] = (
        evidence["postponed"] if status is MeasureStatus.NOT_NOW else evidence["dropped"][measure.field.value]
    )
    return reasons


def _put_off(
    stage: Stage, firm: Firm, wanted: Sequence[MeasureStatus]
) -> Iterator[tuple[str, MeasureStatus]]:
    """Measures near the end of the roadmap that no other one waits for."""
    needed = {key for measure in firm.measures for key in _after(measure)}
    free = [m for m in firm.measures[2:] if _key(stage, m) not in needed]
    for measure, status in zip(reversed(free), wanted, strict=False):
        yield measure.number, status


def _course(stage: Stage, firm: Firm, measure: Measure, until: dt.date) -> None:
    starts, due = measure.starts_on, measure.due_on
    if starts is None or due is None or starts >= until:
        return
    start(stage, firm, measure, starts)
    done = stage.calendar.on_or_after(due + firm.rng.choice(SLIPS) * DAY)
    if starts < done < until:
        result: Data = stage.texts["evidence"]["results"]
        finish(stage, firm, measure, done, firm.lead, result.get(_key(stage, measure), ""))


def start(stage: Stage, firm: Firm, measure: Measure, on: dt.date) -> None:
    """Work on it begins."""

    def begin(at: dt.datetime) -> None:
        measure.set_status(MeasureStatus.RUNNING, "", at, stage.day_of(at))
        measure.horizon = Horizon.NOW

    stage.at(stage.calendar.moment(on, "09:10"), firm.lead, "measures.set_status", begin)


def finish(stage: Stage, firm: Firm, measure: Measure, on: dt.date, who: str, result: str) -> None:
    """It is done, with what came out."""

    def end(at: dt.datetime) -> None:
        measure.set_status(MeasureStatus.DONE, "", at, stage.day_of(at))
        measure.result = result
        if measure.dimension_key and measure.to_level is not None:
            before = firm.reached.get(measure.dimension_key, 0)
            firm.reached[measure.dimension_key] = max(before, measure.to_level)

    stage.at(stage.calendar.moment(on, "15:20"), who, "measures.set_status", end)


def rest(stage: Stage, firm: Firm, measure: Measure, on: dt.date, status: MeasureStatus, reason: str) -> None:
    """It is put off or dropped, and why; its dates no longer hold."""

    def put_off(at: dt.datetime) -> None:
        measure.set_status(status, reason, at, stage.day_of(at))
        measure.starts_on = measure.due_on = None
        if status is MeasureStatus.NOT_NOW:
            measure.horizon = Horizon.LATER

    stage.at(stage.calendar.moment(on, "14:40"), firm.lead, "measures.set_status", put_off)


def look_again(stage: Stage, firm: Firm, moment: dt.datetime) -> None:
    """Move what is planned to where it belongs by now: soon or later."""

    def sort(_at: dt.datetime) -> None:
        near = stage.today + SOON * DAY
        for measure in firm.measures:
            if measure.status is MeasureStatus.PLANNED and measure.starts_on is not None:
                measure.horizon = Horizon.SOON if measure.starts_on <= near else Horizon.LATER

    stage.at(moment, firm.lead, "measures.edit", sort)


def add_free(stage: Stage, firm: Firm, moment: dt.datetime, row: Data, **values: Any) -> None:
    """Add a measure that the catalogue does not have; it waits to be agreed unless the roadmap still does."""

    def add(_at: dt.datetime) -> None:
        measure = Measure(
            number=queries.new_measure_number(stage.session),
            company_id=firm.company.id,
            title=dict(row["title"]),
            field=Field(row["field"]),
            dimension_key=row["dimension"],
            position=len(firm.measures) + 1,
            owner_side=OwnerSide.COMPANY,
            owner_contact_id=_owner(firm).id,
            **values,
        )
        stage.session.add(measure)
        firm.measures.append(measure)

    stage.at(moment, firm.lead, "measures.new", add)
