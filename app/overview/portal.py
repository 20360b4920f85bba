"""The portal's words and choices: one sentence from the data, what is next for the company, what it brought.

Nothing here is invented: every sentence and figure comes from an assessment, an agreed measure or a visit.
Templates stand in the catalogue; `*…*` in a template is emphasised.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from babel.dates import format_date
from babel.lists import format_list
from flask_babel import gettext as _
from flask_babel import pgettext
from markupsafe import Markup

from app.accounts.models import User
from app.coaching.models import Commitment, Side, VisitStatus
from app.fields import Field
from app.filters import day_short, field_name
from app.i18n import local
from app.maturity.results import DimensionResult, FieldResult, Result
from app.overview.queries_portal import Meeting
from app.reports.sentences import NAMED_AT_MOST, locale, ngettext, sentence
from app.roadmap.drafting import Horizon
from app.roadmap.models import Measure, MeasureStatus, OwnerSide
from app.roadmap.queries import Progress

SHARED = (MeasureStatus.PLANNED, MeasureStatus.RUNNING, MeasureStatus.DONE, MeasureStatus.NOT_NOW)
WAITING = (MeasureStatus.PLANNED, MeasureStatus.RUNNING)
NEXT_AT_MOST = 3  # more than three things to do are not done


def shared(measures: Iterable[Measure]) -> list[Measure]:
    """The measures that the company sees: agreed with it, and neither proposed anew nor dropped."""
    return [m for m in measures if m.agreed_on is not None and m.status in SHARED]


# What is next


@dataclass(frozen=True)
class Step:
    """Something the company can do: a promise of its side, or an agreed measure that it carries."""

    id: uuid.UUID
    title: str
    due_on: dt.date | None
    who: str
    anchor: str
    status: MeasureStatus | None = None  # none for a promise
    field: Field | None = None
    dimension_key: str = ""

    @property
    def is_measure(self) -> bool:
        """Whether it stands on the roadmap."""
        return self.status is not None


def next_steps(measures: Iterable[Measure], commitments: Iterable[Commitment]) -> list[Step]:
    """What the company's side can do, soonest first; what has begun before what has not, no date last."""
    steps = [_promise(c) for c in commitments if c.side is Side.COMPANY and c.done_at is None]
    steps += [
        _measure_step(m)
        for m in sorted(measures, key=lambda m: (list(Horizon).index(m.horizon), m.position))
        if m.status in WAITING and m.owner_side is not OwnerSide.CENTRE
    ]
    return sorted(
        steps, key=lambda s: (s.due_on or dt.date.max, s.status is MeasureStatus.PLANNED, s.is_measure)
    )


def _promise(one: Commitment) -> Step:
    return Step(one.id, one.text, one.due_on, one.contact.name if one.contact else "", f"c-{one.id}")


def _measure_step(one: Measure) -> Step:
    return Step(
        one.id,
        local(one.title),
        one.due_on,
        one.owner_contact.name if one.owner_contact else "",
        one.number,
        one.status,
        one.field,
        one.dimension_key,
    )


def ours(commitments: Iterable[Commitment]) -> list[Commitment]:
    """What the centre has promised and not done yet, soonest first."""
    return [c for c in commitments if c.side is Side.CENTRE and c.done_at is None]


# Meetings


@dataclass(frozen=True)
class Support:
    """The coaching that took place and the meeting that comes next."""

    meetings: int
    minutes: int
    next: Meeting | None


def support_of(meetings: Sequence[Meeting], now: dt.datetime) -> Support:
    """Sessions that were done with their length (travel and preparation left out), and the next one."""
    done = [m for m in meetings if m.status is VisitStatus.DONE]
    planned = [m for m in meetings if m.status is VisitStatus.PLANNED and m.starts_at >= now]
    return Support(len(done), sum(m.minutes for m in done), planned[0] if planned else None)


# Sentences


def greeting(user: User) -> str:
    """Guten Tag, Frau Semmler."""
    if user.salutation == "ms":
        return _("Good day, Ms %(name)s", name=user.last_name)
    if user.salutation == "mr":
        return _("Good day, Mr %(name)s", name=user.last_name)
    return _("Good day, %(name)s", name=user.name)


def coach_title(coach: User) -> str:
    """Ihre Coachin, Ihr Coach: German tells them apart."""
    return pgettext("woman", "Your coach") if coach.salutation == "ms" else _("Your coach")


def headline(result: Result | None, progress: Progress, support: Support, today: dt.date) -> Markup:
    """The first page's sentence: what moved since the start, where it stands, or what comes first."""
    if result is None:
        return _before_the_first(support)
    if result.start is None:
        return _standing_first(result)
    compared = _compared(result)
    if not compared:
        return _standing_first(result)
    since = month(result.start.assessed_on, today)
    changes = [(row.effective or 0) - (row.start.effective or 0) for row in compared if row.start]
    risen = sum(change > 0 for change in changes)
    if risen:
        text = _("Since %(month)s you are one level further in *%(n)s of %(total)s dimensions*.")
        if max(changes) > 1:
            text = _("Since %(month)s you are at least one level further in *%(n)s of %(total)s dimensions*.")
        return sentence(text, month=since, n=risen, total=len(changes))
    if progress.done:
        text = ngettext(
            "Since %(month)s *%(n)s of %(total)s measures* is done; no level has risen yet.",
            "Since %(month)s *%(n)s of %(total)s measures* are done; no level has risen yet.",
            progress.done,
        )
        return sentence(text, month=since, n=progress.done, total=progress.total)
    if min(changes) < 0:
        return sentence(_("Since %(month)s no dimension has reached a higher level."), month=since)
    return sentence(_("Since %(month)s every dimension has kept its level."), month=since)


def standing(result: Result, steps: Sequence[Step]) -> Markup:
    """Below the radars: the strongest field, then the widest gap to a target and what helps there."""
    parts = []
    if result.start is not None and _compared(result):  # else the headline has said it
        best, _worst = _extremes(result)
        if best:
            parts.append(_strongest(best))
    parts += _widest_gap(result, steps)
    return Markup(" ").join(parts)


def roadmap_line(progress: Progress) -> Markup:
    """How far the agreed measures are."""
    if progress.total == 1:
        return sentence(
            _("*The agreed measure* is done.") if progress.done
            else _("*The agreed measure* is running.") if progress.running
            else _("*The agreed measure* has not been started yet.")
        )  # fmt: skip
    if progress.total == progress.done:
        return sentence(_("*All %(total)s measures* are done."), total=progress.total)
    done = sentence(
        ngettext(
            "*%(n)s of %(total)s* measures is done", "*%(n)s of %(total)s* measures are done", progress.done
        ),
        n=progress.done,
        total=progress.total,
    )
    if not progress.running:
        return Markup("{}.").format(done)
    running = sentence(ngettext("one is running", "%(n)s are running", progress.running), n=progress.running)
    return sentence(_("%(done)s, %(running)s."), done=done, running=running)


def month(on: dt.date, today: dt.date) -> str:
    """September; with its year from eleven months on, when the name alone could mean another one."""
    long_ago = (today.year - on.year) * 12 + today.month - on.month >= 11
    return format_date(on, "MMMM yyyy" if long_ago else "MMMM", locale=locale())


def _compared(result: Result) -> list[DimensionResult]:
    """The dimensions rated both times."""
    return [
        row
        for row in result.rows
        if row.start is not None and row.start.effective is not None and row.effective is not None
    ]


def _before_the_first(support: Support) -> Markup:
    if support.next is not None:
        return sentence(
            _("On *%(day)s* we look together at where you stand."),
            day=format_date(support.next.starts_at, "EEEE, d. MMMM" if locale() == "de_DE" else "EEEE d MMMM",
                            locale=locale()),
        )  # fmt: skip
    return sentence(_("First we look together at *where you stand*."))


def _extremes(result: Result) -> tuple[list[FieldResult], list[FieldResult]]:
    """The fields with the highest and with the lowest score; empty where nothing sets them apart."""
    scored = [f for f in result.fields if f.score.mean is not None]
    means = [f.score.mean or 0 for f in scored]
    if len(scored) < 2 or max(means) == min(means):
        return [], []
    best = [f for f in scored if f.score.mean == max(means)]
    worst = [f for f in scored if f.score.mean == min(means)]
    return best, worst


def _standing_first(result: Result) -> Markup:
    best, worst = _extremes(result)
    if best:
        text = _("You are furthest along in *%(best)s*; there is most to gain in *%(worst)s*.")
        return sentence(text, best=_fields(best), worst=_fields(worst))
    rated = [row for row in result.rows if row.effective is not None]
    scored = [f for f in result.fields if f.score.mean is not None]
    if len(scored) > 1:
        return sentence(_("You stand equally in *%(fields)s*."), fields=_fields(scored))
    text = ngettext(
        "*%(n)s of %(total)s dimensions* is rated.", "*%(n)s of %(total)s dimensions* are rated.", len(rated)
    )
    return sentence(text, n=len(rated), total=len(result.rows))


def _strongest(best: Sequence[FieldResult]) -> Markup:
    text = ngettext(
        "The field furthest along is *%(fields)s*.", "The fields furthest along are *%(fields)s*.", len(best)
    )
    return sentence(text, fields=_fields(best))


def _fields(fields: Sequence[FieldResult]) -> str:
    return format_list([field_name(f.field) for f in fields], locale=locale())


def _widest_gap(result: Result, steps: Sequence[Step]) -> list[Markup]:
    if not any(row.effective is not None for row in result.rows):
        return []
    if not any(row.target is not None for row in result.rows):
        return [sentence(_("Target levels have not been agreed yet."))]
    widest = max(row.gap for row in result.rows)
    if widest == 0:
        return [sentence(_("All agreed target levels are reached."))]
    rows = [row for row in result.rows if row.gap == widest]
    if len(rows) > NAMED_AT_MOST:
        text = ngettext(
            "In *%(count)s dimensions* one level is missing to the target.",
            "In *%(count)s dimensions* %(n)s levels are missing to the target.",
            widest,
        )
        found = sentence(text, count=len(rows), n=widest)
    else:
        text = ngettext(
            "The widest gap to the target is in *%(names)s*.",
            "The widest gaps to the target are in *%(names)s*.",
            len(rows),
        )
        quoted = [_("“%(name)s”", name=local(row.dimension.name)) for row in rows]
        found = sentence(text, names=format_list(quoted, locale=locale()))
    return [found, *_help(rows, steps)]


def _help(rows: Sequence[DimensionResult], steps: Sequence[Step]) -> list[Markup]:
    """The company's next measure in one of these dimensions."""
    keys = {row.dimension.key for row in rows}
    step = next((s for s in steps if s.is_measure and s.dimension_key in keys), None)
    if step is None:
        return []
    if step.due_on is None:
        return [sentence(_("“%(title)s” helps there."), title=step.title)]
    return [
        sentence(
            _("“%(title)s” helps there, planned by %(day)s."), title=step.title, day=day_short(step.due_on)
        )
    ]
