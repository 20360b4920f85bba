"""Assessments of the demo: answered field by field, submitted in the evening, targets agreed later."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping

from app.demo.firm import Firm
from app.demo.script import Stage
from app.fields import Field
from app.maturity import assessing, queries
from app.maturity.assessing import Given
from app.maturity.models import Assessment, AssessmentKind
from app.maturity.scoring import effective_levels

SUBMITTED = "19:30"
Answers = Callable[[], Mapping[str, Given]]
Wanted = Callable[[Mapping[str, int | None]], Mapping[str, tuple[int, int]]]


def assess(
    stage: Stage,
    firm: Firm,
    starts_at: dt.datetime,
    coach: str,
    answers: Answers,
    *,
    kind: AssessmentKind,
    stop_after: int | None = None,
) -> None:
    """Rate the firm during a visit and submit it in the evening; `stop_after` leaves it in progress.

    The answers are asked for when it starts: what measures have reached by then is known only then.
    """
    opened: list[Assessment] = []
    given: dict[str, Given] = {}

    def start(at: dt.datetime) -> None:
        day = stage.day_of(at)
        opened.append(
            assessing.start_assessment(stage.session, firm.company, stage.people[coach], day, day, kind)
        )
        given.update(answers())

    def answer(field: Field) -> Callable[[dt.datetime], None]:
        return lambda _at: _answer(stage, opened[0], coach, field, given, stop_after)

    def submit(at: dt.datetime) -> None:
        answered = queries.answers_of(stage.session, opened[0].id)
        opened[0].submit(at, sum(one.complete for one in answered.values()), len(stage.dimensions))

    stage.at(starts_at, coach, "maturity.create", start)
    for step, field in enumerate(Field, 1):
        stage.at(starts_at + dt.timedelta(minutes=40 * step), coach, "maturity.save_answer", answer(field))
    if stop_after is None:
        evening = stage.calendar.moment(stage.day_of(starts_at), SUBMITTED)
        stage.at(evening, coach, "maturity.submit", submit)


def _answer(
    stage: Stage,
    opened: Assessment,
    coach: str,
    field: Field,
    given: Mapping[str, Given],
    stop_after: int | None,
) -> None:
    """One field; an assessment in progress ends with two parked dimensions."""
    for position, dimension in enumerate(stage.dimensions):
        if dimension.field is not field or (stop_after is not None and position >= stop_after + 2):
            continue
        parked = stop_after is not None and position >= stop_after
        said = Given(note="Nachweis folgt, beim nächsten Termin ansehen") if parked else given[dimension.key]
        assessing.check_given(dimension, said)
        if not parked:
            assessing.check_complete(said)
        answer = assessing.new_answer(stage.session, opened, dimension)
        assessing.write_answer(answer, said, stage.people[coach])
        answer.parked = parked


def agree_targets(stage: Stage, firm: Firm, moment: dt.datetime, coach: str, wanted: Wanted) -> None:
    """Agree with the firm which level it wants to reach in each dimension."""

    def agree(at: dt.datetime) -> None:
        result = queries.latest_result(stage.session, firm.company.id)
        levels = effective_levels(row.rating for row in result.rows) if result else {}
        assessing.agree_targets(stage.session, firm.company, levels, wanted(levels), stage.day_of(at))

    stage.at(moment, coach, "maturity.targets", agree)
