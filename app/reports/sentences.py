"""The progress report in plain sentences, made from its data; every number of things has its grammar.

Texts stand as templates in the catalogue; `*…*` in a template is emphasised. Call under `force_locale`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from babel.dates import format_date
from babel.lists import format_list
from flask_babel import get_translations
from flask_babel import gettext as _
from markupsafe import Markup, escape

from app.filters import number
from app.i18n import language
from app.reports.progress import AssessmentCard, DimensionResult, FieldResult, ProgressReport
from app.roadmap.models import MeasureStatus

NAMED_AT_MOST = 3  # more than three names in a row are counted instead


def ngettext(singular: str, plural: str, n: int) -> str:
    """The template for so many things, its placeholders still open."""
    return str(get_translations().ungettext(singular, plural, n))


def sentence(template: str, **values: object) -> Markup:
    """Fill a template: values are escaped, emphasis comes from the template alone."""
    marked = re.sub(r"\*(.+?)\*", r"<strong>\1</strong>", str(escape(template)))
    return Markup(marked) % values  # noqa: S704 - the template is ours and escaped, the values get escaped


def summary(report: ProgressReport) -> Markup:
    """The result on the cover: what moved, what is done, what is strong, what is missing."""
    parts = [*_assessed(report), *_measures(report), *_furthest(report.fields), *_gaps(report)]
    return Markup(" ").join(parts)


def field_finding(field: FieldResult, report: ProgressReport) -> Markup:
    """What one field's section begins with: the change, then the weakest dimension."""
    if not field.rated:
        return sentence(_("Nothing has been rated in this field yet."))
    parts: list[Markup] = []
    if field.score is None:
        few = ngettext(
            "Only one dimension is rated; a score needs three.",
            "Only %(n)s dimensions are rated; a score needs three.",
            len(field.rated),
        )
        parts.append(sentence(few, n=len(field.rated)))
    if report.start:
        parts += _moved([d for d in field.rated if d.change is not None])
    return Markup(" ").join([*parts, *_weakest(field)])


def radar_finding(field: FieldResult) -> str:
    """The radar's text alternative."""
    if field.score is None:
        return sentence(_("%(field)s: no score yet."), field=field.name).striptags()
    levels = format_list([f"{d.name} {d.effective}" for d in field.rated], locale=locale())
    text = _("%(field)s: score %(score)s of 5. %(levels)s.")
    return str(text % {"field": field.name, "score": number(field.score, 1), "levels": levels})


def ladder_finding(dimension: DimensionResult) -> str:
    """The ladder's text alternative: level, start, target, and a claim that does not count."""
    if dimension.effective is None:
        return str(_("Not applicable") if dimension.not_applicable else _("Not rated"))
    parts = [_("Level %(level)s of 5") % {"level": dimension.effective}]
    if dimension.capped:
        parts.append(_("claimed %(level)s") % {"level": dimension.level})
    if dimension.start is not None:
        parts.append(_("start %(level)s") % {"level": dimension.start})
    if dimension.target is not None:
        parts.append(_("target %(level)s") % {"level": dimension.target})
    return ", ".join(parts)


def locale() -> str:
    """The locale for names of months and for lists."""
    return "de_DE" if language() == "de" else "en_GB"


def _names(names: Iterable[str]) -> Markup:
    quoted = [str(escape(_("“%(name)s”") % {"name": name})) for name in names]
    return Markup(format_list(quoted, locale=locale()))  # noqa: S704 - each name is escaped


def _assessed(report: ProgressReport) -> Iterator[Markup]:
    rated, total = len(report.rated), len(report.dimensions)
    if report.now is None:
        yield sentence(_("There is no maturity assessment yet."))
        return
    if report.start is not None:
        yield from _progress(report, report.start)
        return
    month = format_date(report.now.assessed_on, "MMMM yyyy", locale=locale())
    if rated == total:
        yield sentence(
            _("The first assessment in %(month)s rated *all %(total)s dimensions*."), month=month, total=total
        )
    elif rated:
        text = ngettext(
            "The first assessment in %(month)s rated *one of %(total)s dimensions*.",
            "The first assessment in %(month)s rated *%(n)s of %(total)s dimensions*.",
            rated,
        )
        yield sentence(text, month=month, n=rated, total=total)
    else:
        yield sentence(_("The first assessment in %(month)s has not rated any dimension."), month=month)


def _progress(report: ProgressReport, start: AssessmentCard) -> Iterator[Markup]:
    month = format_date(start.assessed_on, "MMMM yyyy", locale=locale())
    changes = [d.change or 0 for d in report.comparable]
    up, down = sum(c > 0 for c in changes), sum(c < 0 for c in changes)
    if not changes:
        yield sentence(
            _("The two assessments have no rated dimension in common, so they cannot be compared.")
        )
    elif up and len(changes) == 1:
        text = _(
            "Since the first assessment in %(month)s your company is further "
            "in *the one dimension* rated both times."
        )
        yield sentence(text, month=month)
    elif up:
        text = _(
            "Since the first assessment in %(month)s your company is at least one level further "
            "in *%(n)s of %(total)s dimensions*."
        )
        yield sentence(text, month=month, n=up, total=len(changes))
    elif down:
        yield sentence(
            _("Since the first assessment in %(month)s no dimension has reached a higher level."), month=month
        )
    else:
        yield sentence(
            _("Since the first assessment in %(month)s every dimension has kept its level."), month=month
        )
    if down:
        text = ngettext(
            "In one dimension the level is lower than at the start.",
            "In %(n)s dimensions the level is lower than at the start.",
            down,
        )
        yield sentence(text, n=down)


def _measures(report: ProgressReport) -> Iterator[Markup]:
    total = len(report.roadmap)
    done = len(report.measures_in(MeasureStatus.DONE))
    running = len(report.measures_in(MeasureStatus.RUNNING))
    if not total:
        yield _none_agreed(len(report.measures_in(MeasureStatus.PROPOSED)))
    elif total == 1:
        yield sentence(
            _("*The agreed measure* is done.") if done
            else _("*The agreed measure* is running.") if running
            else _("*The agreed measure* has not been started yet.")
        )  # fmt: skip
    elif done == total:
        yield sentence(_("*All %(total)s measures* are done."), total=total)
    elif done:
        text = ngettext(
            "*%(n)s of %(total)s* measures is done.", "*%(n)s of %(total)s* measures are done.", done
        )
        yield sentence(text, n=done, total=total)
    elif running:
        text = ngettext(
            "Of *%(total)s measures* none is done yet; one is running.",
            "Of *%(total)s measures* none is done yet; %(n)s are running.",
            running,
        )
        yield sentence(text, n=running, total=total)
    else:
        yield sentence(_("Of *%(total)s measures* none has been started yet."), total=total)


def _none_agreed(proposed: int) -> Markup:
    if not proposed:
        return sentence(_("No measures have been agreed yet."))
    text = ngettext(
        "One measure is proposed, none has been agreed yet.",
        "%(n)s measures are proposed, none has been agreed yet.",
        proposed,
    )
    return sentence(text, n=proposed)


def _furthest(fields: Sequence[FieldResult]) -> Iterator[Markup]:
    """Named only where it sets fields apart: not with a single score, nor when most share it."""
    scores = {f.name: f.score for f in fields if f.score is not None}
    best = [name for name, score in scores.items() if score == max(scores.values())]
    if len(scores) < 2 or len(best) == len(scores) or len(best) > 2:
        return
    if len(best) == 1:
        yield sentence(_("The field furthest along is %(field)s."), field=best[0])
    else:
        yield sentence(_("The fields furthest along are %(one)s and %(two)s."), one=best[0], two=best[1])


def _gaps(report: ProgressReport) -> Iterator[Markup]:
    if not any(d.target is not None for d in report.rated):
        if report.rated:
            yield sentence(_("Target levels have not been agreed yet."))
        return
    widest = max(d.gap for d in report.rated)
    if widest == 0:
        yield sentence(_("All agreed target levels are reached."))
        return
    names = [d.name for d in report.rated if d.gap == widest]
    if len(names) == 1:
        yield sentence(_("The widest gap to the target is in %(name)s."), name=_names(names))
    elif len(names) <= NAMED_AT_MOST:
        yield sentence(_("The widest gaps to the target are in %(names)s."), names=_names(names))
    else:
        text = ngettext(
            "In %(count)s dimensions one level is missing to the target.",
            "In %(count)s dimensions %(n)s levels are missing to the target.",
            widest,
        )
        yield sentence(text, n=widest, count=len(names))


def _moved(dimensions: Sequence[DimensionResult]) -> Iterator[Markup]:
    up, down = sum((d.change or 0) > 0 for d in dimensions), sum((d.change or 0) < 0 for d in dimensions)
    if not dimensions:
        yield sentence(_("Nothing here was rated both times."))
    elif not up and not down:
        yield sentence(_("No dimension has changed since the start."))
    if up:
        text = ngettext("One dimension has improved.", "%(n)s dimensions have improved.", up)
        yield sentence(text, n=up)
    if down:
        text = ngettext(
            "One dimension is lower than at the start.", "%(n)s dimensions are lower than at the start.", down
        )
        yield sentence(text, n=down)


def _weakest(field: FieldResult) -> Iterator[Markup]:
    weakest = [d for d in field.rated if d.key in field.weakest]
    if not weakest or len(field.rated) == 1:
        return
    level = weakest[0].effective
    if len(weakest) == len(field.rated):
        yield sentence(_("All rated dimensions are at level %(level)s."), level=level)
    elif len(weakest) == 1:
        yield sentence(
            _("The weakest is %(name)s at level %(level)s."), name=_names([weakest[0].name]), level=level
        )
    elif len(weakest) <= NAMED_AT_MOST:
        yield sentence(
            _("The weakest are %(names)s at level %(level)s."),
            names=_names([d.name for d in weakest]),
            level=level,
        )
    else:
        yield sentence(_("%(n)s dimensions share the lowest level, %(level)s."), n=len(weakest), level=level)
