"""The verbs of an assessment: start one, answer a dimension, park it, agree targets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.companies.models import Company
from app.db import utcnow
from app.errors import RuleBroken
from app.maturity import queries
from app.maturity.models import Answer, Assessment, AssessmentKind, Dimension, Party, Target
from app.maturity.scoring import CHOOSABLE_STRENGTHS, Strength
from app.maturity.targets import check_importance, check_target

EARLIEST_YEAR = 2000


@dataclass(frozen=True)
class Given:
    """What somebody says about one dimension."""

    level: int | None = None
    strength: Strength | None = None
    not_applicable: bool = False
    reason: str = ""
    note: str = ""


def start_assessment(
    session: Session,
    company: Company,
    user: User,
    day: dt.date,
    today: dt.date,
    kind: AssessmentKind | None = None,
) -> Assessment:
    """Open the company's next assessment; one at a time."""
    if queries.draft_of(session, company.id) is not None:
        raise RuleBroken(
            "assessment.open_one",
            _l("An assessment of this company is still in progress."),
            way_out=_l("Finish it first, then start the next one."),
        )
    if day > today:
        raise RuleBroken(
            "assessment.future",
            _l("An assessment cannot be dated in the future."),
            field="assessed_on",
            value=day,
            limit=today,
            way_out=_l("Take today or an earlier day."),
        )
    if day.year < EARLIEST_YEAR:
        raise RuleBroken(
            "assessment.too_early",
            _l("An assessment cannot lie before the year %(year)s.", year=EARLIEST_YEAR),
            field="assessed_on",
            value=day,
            limit=EARLIEST_YEAR,
            way_out=_l("Check the year."),
        )
    opened = Assessment(
        number=queries.new_assessment_number(session),
        company_id=company.id,
        model_id=queries.current_model(session).id,
        kind=kind or queries.next_kind(session, company.id),
        assessed_on=day,
        assessor_id=user.id,
    )
    session.add(opened)
    session.flush()
    return opened


def check_given(dimension: Dimension, given: Given) -> None:
    """Refuse a combination that cannot be kept: n/a where the model does not allow it or without a reason."""
    if given.not_applicable:
        if not dimension.na_allowed:
            raise RuleBroken(
                "answer.na_not_allowed",
                _l("This dimension applies to every firm."),
                field="not_applicable",
                way_out=_l("Choose level 0 if nothing of it is there."),
            )
        if not given.reason:
            raise RuleBroken(
                "answer.na_reason",
                _l("Say why this dimension does not apply."),
                field="reason",
                way_out=_l("A few words are enough."),
            )
    if given.strength is not None and given.strength not in CHOOSABLE_STRENGTHS:
        raise RuleBroken(
            "answer.strength", _l("This strength of evidence cannot be chosen."), field="strength"
        )


def check_complete(given: Given) -> None:
    """Refuse going on while the answer says too little to count."""
    if given.not_applicable:
        return
    if given.level is None:
        raise RuleBroken(
            "answer.level",
            _l("No level is chosen yet."),
            field="level",
            way_out=_l("Choose one, or park the dimension for later."),
        )
    if given.strength is None:
        raise RuleBroken(
            "answer.no_strength",
            _l("How is this level supported?"),
            field="strength",
            way_out=_l("Choose claimed, seen, documented or measured."),
        )


def write_answer(answer: Answer, given: Given, user: User) -> None:
    """Put what was said onto the answer; a level and "not applicable" exclude each other."""
    answer.level = None if given.not_applicable else given.level
    answer.strength = None if given.not_applicable else given.strength
    answer.not_applicable = given.not_applicable
    answer.reason = given.reason if given.not_applicable else ""
    answer.note, answer.parked = given.note, False
    answer.answered_by_id, answer.answered_at = user.id, utcnow()


def new_answer(
    session: Session, opened: Assessment, dimension: Dimension, party: Party = Party.COACH
) -> Answer:
    """An empty answer of a party."""
    answer = Answer(party=party, assessment=opened, dimension=dimension)
    session.add(answer)
    return answer


def agree_targets(
    session: Session,
    company: Company,
    levels: Mapping[str, int | None],
    wanted: Mapping[str, tuple[int | None, int]],
    day: dt.date | None,
) -> int:
    """Set level and importance per dimension, an empty level takes the target away; the number of changes."""
    known = queries.targets_of(session, company.id)
    model = queries.current_model(session)
    names = {d.key: d.name["de"] for d in queries.dimensions_of(session, model.id)}
    changed = 0
    for key, (level, importance) in wanted.items():
        target = known.get(key)
        if target is not None:
            target.dimension_name = names.get(key, key)
        if level is None:
            if target is not None:
                session.delete(target)
                changed += 1
            continue
        check_target(key, levels.get(key), level)
        check_importance(key, importance)
        if target is None:
            target = Target(
                company_id=company.id,
                dimension_key=key,
                level=level,
                importance=importance,
                agreed_on=day,
            )
            target.dimension_name = names.get(key, key)
            session.add(target)
            changed += 1
        elif (target.level, target.importance) != (level, importance):
            target.level, target.importance, target.agreed_on = level, importance, day
            changed += 1
    return changed


Wish = tuple[int | None, int]
"""A target as a form says it: level (none: no target) and importance."""


def as_wish(target: Target | None) -> Wish | None:
    """How a target stands, as a form would say it."""
    return None if target is None else (target.level, target.importance)


def merged_targets(
    seen: Mapping[str, Wish | None], mine: Mapping[str, Wish], now: Mapping[str, Wish | None]
) -> tuple[dict[str, Wish], dict[str, Wish | None]]:
    """What results when two people agreed targets at once, and where both chose differently."""
    result, clashes = dict(mine), {}
    for key, wish in mine.items():
        if now.get(key) == seen.get(key) or wish == now.get(key):
            continue
        if wish == seen.get(key):
            result[key] = now[key] or (None, wish[1])
        else:
            clashes[key] = now.get(key)
    return result, clashes
