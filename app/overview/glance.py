"""What a company's first page says: the next steps, the four fields with their charts, the first sentence."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from app import filters
from app.charts import SOFT_HYPHEN, Axis, radar, radar_table
from app.coaching.models import Commitment, Side, Visit, VisitKind
from app.fields import Field
from app.i18n import centre_zone, local, today
from app.maturity.results import FieldResult, Result
from app.maturity.scoring import Strength
from app.overview.queries import Standing
from app.roadmap.models import Measure, MeasureStatus
from app.words import word

SHOWN_MEASURES = 5
_SUPPORTED = (Strength.SEEN, Strength.DOCUMENTED, Strength.MEASURED)
_LIVELY = (MeasureStatus.RUNNING, MeasureStatus.PLANNED, MeasureStatus.DONE, MeasureStatus.PROPOSED)


@dataclass(frozen=True)
class Step:
    """Something that is next: a commitment to tick off, or a planned visit."""

    text: str
    meta: str
    late: bool
    day: dt.date | None
    commitment_id: uuid.UUID | None = None
    visit_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Card:
    """One field: its score, what changed, the weakest dimension, its chart and the chart's figures."""

    field: Field
    score: str
    change: str
    weakest: str
    chart: Markup
    table: Markup


def next_steps(commitments: Sequence[Commitment], planned: Sequence[Visit]) -> list[Step]:
    """Commitments of both sides and planned visits by date, those without a date last."""
    steps = [
        *(_commitment(one) for one in commitments),
        *(_planned(one) for one in planned),
    ]
    return sorted(steps, key=lambda step: (step.day is None, step.day or dt.date.max))


def _commitment(one: Commitment) -> Step:
    person = one.contact if one.side is Side.COMPANY else one.user
    side = person.name if person else _("the company") if one.side is Side.COMPANY else _("we")
    return Step(
        one.text,
        f"{filters.due(one.due_on)} · {side}",
        filters.is_late(one.due_on),
        one.due_on,
        commitment_id=one.id,
    )


def _planned(visit: Visit) -> Step:
    day = visit.starts_at.astimezone(centre_zone()).date()
    passed = day < today()
    when = filters.moment(visit.starts_at)
    if passed:
        when = _("planned for %(day)s, not logged yet", day=filters.day_short(day))
    kind = "" if visit.kind is VisitKind.ON_SITE and not visit.subject else f" · {word(visit.kind)}"
    return Step(
        visit.subject or str(word(visit.kind)),
        f"{when}{kind if visit.subject else ''} · {visit.coach.name}",
        passed,
        day,
        visit_id=visit.id,
    )


def roadmap_lines(measures: Sequence[Measure]) -> list[Measure]:
    """The measures that say most at a glance: under way, planned, done, proposed."""
    shown = [one for one in measures if one.status in _LIVELY]
    return sorted(shown, key=lambda one: _LIVELY.index(one.status))[:SHOWN_MEASURES]


def sentence(result: Result) -> str:
    """The finding in words: what rose since the start, and what is farthest from its target."""
    total = sum(1 for row in result.rows if row.effective is not None)
    parts = []
    if result.start is not None:
        parts.append(
            _(
                "%(n)s of %(total)s dimensions are at least one level higher than at %(start)s.",
                n=result.improved,
                total=total,
                start=result.start.kind.value,
            )
        )
    if (widest := result.widest_gap) is not None:
        alike = sum(1 for row in result.rows if row.gap == widest.gap)
        parts.append(
            ngettext(
                "In %(n)s dimensions one level is missing to the target.",
                "In %(n)s dimensions %(num)s levels are missing to the target.",
                widest.gap,
                n=alike,
            )
            if alike > 1
            else ngettext(
                "Farthest from its target: %(name)s (%(num)s level).",
                "Farthest from its target: %(name)s (%(num)s levels).",
                widest.gap,
                name=local(widest.dimension.name),
            )
        )
    elif result.strongest is not None:
        parts.append(
            _(
                "Strongest field: %(name)s with %(score)s of 5.",
                name=word(result.strongest.field),
                score=filters.number(result.strongest.score.mean, 1),
            )
        )
    return " ".join(parts)


def card(field: FieldResult, result: Result) -> Card:
    """One field of the result."""
    score, start = field.score, result.start
    change = ""
    if field.change is not None and field.change.difference is not None and start is not None:
        difference = filters.signed(field.change.difference, 1)
        change = _("%(change)s since %(start)s", change=difference, start=start.kind.value)
    elif score.mean is None:
        change = _("%(n)s of %(total)s rated", n=score.rated, total=score.applicable)
    axes = [
        Axis(
            local(row.dimension.short), row.effective, row.start.effective if row.start else None, row.target
        )
        for row in field.rows
        if not row.rating.not_applicable
    ]
    shown = filters.number(score.mean, 1)
    title = f"{word(field.field)}: {shown} {change}".strip()
    names = [local(one.short).replace(SOFT_HYPHEN, "") for one in field.weakest]
    return Card(
        field.field,
        shown,
        change,
        _weakest(names, score.lowest_level),
        radar(axes, field.field, title=title, width=150, height=126, labels=False),
        radar_table(
            axes,
            caption=str(word(field.field)),
            heads=(_("Dimension"), start.kind.value if start else _("Beginning"), _("now"), _("Target")),
            number=lambda value: filters.number(value, 0),
        ),
    )


def _weakest(names: list[str], level: int | None) -> str:
    if not names or level is None:
        return ""
    if len(names) > 1:
        return _("Lowest: %(n)s dimensions at level %(level)s", n=len(names), level=level)
    return _("Weakest: %(names)s (%(level)s)", names=names[0], level=level)


def summary(result: Result) -> str:
    """An assessment in the timeline: how many dimensions, how well supported, the weakest field."""
    rated = [row for row in result.rows if row.effective is not None]
    supported = sum(row.strength in _SUPPORTED for row in rated)
    text = _(
        "%(rated)s dimensions rated, %(supported)s of them seen, documented or measured.",
        rated=len(rated),
        supported=supported,
    )
    scored = [field for field in result.fields if field.score.mean is not None]
    if scored:
        weakest = min(scored, key=lambda field: field.score.mean or 0)
        text += " " + _("Weakest field: %(name)s.", name=word(weakest.field))
    return text


def first_steps(standing: Standing, measures: Sequence[Measure], *, visited: bool) -> dict[str, bool]:
    """What a new company needs first, and whether it is there; empty once all of it is."""
    steps = {"visit": visited, "assessment": standing.result is not None, "roadmap": bool(measures)}
    return {} if all(steps.values()) else steps
