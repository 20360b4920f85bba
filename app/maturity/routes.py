"""Pages of the maturity: a company's result, assessing dimension by dimension, agreeing targets."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app import db
from app.accounts.marks import allow
from app.accounts.models import STAFF, Role
from app.accounts.signing_in import signed_in_user
from app.companies import queries as companies
from app.companies.frame import frame
from app.errors import NotAllowed, NotFound, RuleBroken
from app.forms import resolve_conflicts
from app.i18n import local, today
from app.maturity import access, assessing, queries
from app.maturity.forms import AnswerForm, StartForm, TargetRow, targets_form
from app.maturity.models import Answer, Assessment, Dimension, Target
from app.maturity.results import rating_of, result_of
from app.maturity.scoring import effective_levels
from app.maturity.targets import default_target
from app.notices import say

bp = Blueprint("maturity", __name__)


@bp.get("/companies/<uuid:company_id>/maturity")
@allow(*STAFF)
def index(company_id: uuid.UUID) -> ResponseReturnValue:
    """The company's latest result, its assessments, and the next one to start."""
    user = signed_in_user()
    company = companies.company(db.session, company_id, user)
    form = StartForm(assessed_on=today())
    return render_template(
        "maturity/index.html",
        **frame(company, user, "maturity"),
        form=form,
        result=queries.latest_result(db.session, company.id),
        draft=queries.draft_of(db.session, company.id),
        next_kind=queries.next_kind(db.session, company.id),
        assessments=queries.assessments_of(db.session, company.id, user),
        may_assess=access.can_assess(user, company),
    )


@bp.post("/companies/<uuid:company_id>/assessments")
@allow(*STAFF)
def create(company_id: uuid.UUID) -> ResponseReturnValue:
    """Start the next assessment and go to its first dimension."""
    user = signed_in_user()
    company = companies.company(db.session, company_id, user, for_update=True)
    if not access.can_assess(user, company):
        raise NotAllowed
    form = StartForm()
    day = form.assessed_on.data if form.validate_on_submit() else None
    if day is None:
        say(_("Enter the day of the assessment as a date."), kind="problem")
        return redirect(url_for("maturity.index", company_id=company.id), 303)
    opened = assessing.start_assessment(db.session, company, user, day, today())
    first = queries.dimensions_of(db.session, opened.model_id)[0]
    db.session.commit()
    return redirect(url_for("maturity.answer", assessment_id=opened.id, key=first.key), 303)


@bp.get("/assessments/<uuid:assessment_id>")
@allow(*STAFF)
def show(assessment_id: uuid.UUID) -> ResponseReturnValue:
    """One assessment: the overview of its dimensions while it is open, its result afterwards."""
    user = signed_in_user()
    opened = queries.assessment(db.session, assessment_id, user)
    dimensions = queries.dimensions_of(db.session, opened.model_id)
    answers = queries.answers_of(db.session, opened.id)
    return render_template(
        "maturity/show.html",
        **frame(opened.company, user, "maturity"),
        assessment=opened,
        result=result_of(opened, dimensions, answers),
        answered=sum(a.complete for a in answers.values()),
        total=len(dimensions),
        steps=_steps(opened, dimensions, answers),
        may_answer=access.can_answer(user, opened),
        may_reopen=access.can_reopen(user, opened),
    )


def _state(answer: Answer | None) -> str:
    if answer is None:
        return "open"
    return "done" if answer.complete else "parked" if answer.parked else "open"


def _steps(
    opened: Assessment, dimensions: Any, answers: dict[str, Answer], current: str | None = None
) -> list[dict[str, Any]]:
    return [
        {
            "label": local(d.name),
            "url": url_for("maturity.answer", assessment_id=opened.id, key=d.key),
            "state": _state(answers.get(d.key)),
            "active": d.key == current,
            "dimension": d,
        }
        for d in dimensions
    ]


def _fill(form: AnswerForm, answer: Answer | None) -> None:
    form.version.data = str(answer.version if answer else 0)
    if answer is None:
        return
    form.level.data = None if answer.level is None else str(answer.level)
    form.strength.data = answer.strength.value if answer.strength else None
    form.not_applicable.data, form.reason.data, form.note.data = (
        answer.not_applicable,
        answer.reason,
        answer.note,
    )


@bp.get("/assessments/<uuid:assessment_id>/dimensions/<key>")
@allow(*STAFF)
def answer(assessment_id: uuid.UUID, key: str) -> ResponseReturnValue:
    """One dimension per step: its level cards, the strength of evidence, a note."""
    opened, dimension, dimensions, answers = _step(assessment_id, key)
    form = AnswerForm(formdata=None)
    _fill(form, answers.get(key))
    return _answer_page(form, opened, dimension, dimensions, answers)


def _step(assessment_id: uuid.UUID, key: str, *, for_update: bool = False) -> Any:
    opened = queries.assessment(db.session, assessment_id, signed_in_user(), for_update=for_update)
    dimensions = queries.dimensions_of(db.session, opened.model_id)
    dimension = next((d for d in dimensions if d.key == key), None)
    if dimension is None:
        raise NotFound
    return opened, dimension, dimensions, queries.answers_of(db.session, opened.id)


def _answer_page(
    form: AnswerForm,
    opened: Assessment,
    dimension: Dimension,
    dimensions: Any,
    answers: Any,
    status: int = 200,
) -> ResponseReturnValue:
    user = signed_in_user()
    position = list(dimensions).index(dimension)
    of_field = [d for d in dimensions if d.field is dimension.field]
    current = answers.get(dimension.key)
    return render_template(
        "maturity/answer.html",
        **frame(opened.company, user, "maturity"),
        assessment=opened,
        dimension=dimension,
        form=form,
        answer=current,
        rating=rating_of(dimension, current),
        steps=_steps(opened, dimensions, answers, dimension.key),
        answered=sum(a.complete for a in answers.values()),
        total=len(dimensions),
        place=(of_field.index(dimension) + 1, len(of_field)),
        before=dimensions[position - 1] if position else None,
        following=dimensions[position + 1] if position + 1 < len(dimensions) else None,
        may_answer=access.can_answer(user, opened),
    ), status


@bp.post("/assessments/<uuid:assessment_id>/dimensions/<key>")
@allow(*STAFF)
def save_answer(assessment_id: uuid.UUID, key: str) -> ResponseReturnValue:
    """Save one dimension; every tap saves in the background, "Next" and "Park" also go on."""
    user = signed_in_user()
    opened, dimension, dimensions, answers = _step(assessment_id, key, for_update=True)
    if not access.can_answer(user, opened):
        raise NotAllowed
    form, background = AnswerForm(), bool(request.headers.get("HX-Request"))
    saved = queries.answer(db.session, opened, dimension)
    if not form.validate():
        return _refused(form, opened, dimension, dimensions, answers, background)
    if saved is not None and not resolve_conflicts(
        db.session, form, saved, AnswerForm.FIELDS, request.form, me=user.id
    ):
        return _refused(form, opened, dimension, dimensions, answers, background, 409)
    given, action = form.given(), request.form.get("action", "next")
    try:
        assessing.check_given(dimension, given)
        if action == "next" and not background:
            assessing.check_complete(given)
    except RuleBroken as rule:
        form.refuse(rule)
        return _refused(form, opened, dimension, dimensions, answers, background)
    saved = saved or assessing.new_answer(db.session, opened, dimension)
    assessing.write_answer(saved, given, user)
    saved.parked = action == "park"
    db.session.commit()
    answers[key] = saved
    if background:
        form.version.data = str(saved.version)
        form.version.raw_data = None
        return _saved_fragment(form, dimension, saved, answers, len(dimensions))
    return redirect(_next_url(opened, dimension, dimensions), 303)


def _next_url(opened: Assessment, dimension: Dimension, dimensions: Any) -> str:
    position = list(dimensions).index(dimension)
    if position + 1 < len(dimensions):
        return url_for("maturity.answer", assessment_id=opened.id, key=dimensions[position + 1].key)
    return url_for("maturity.show", assessment_id=opened.id)


def _saved_fragment(
    form: AnswerForm, dimension: Dimension, saved: Answer, answers: dict[str, Answer], total: int
) -> ResponseReturnValue:
    return render_template(
        "maturity/_saved.html",
        alone=True,
        form=form,
        rating=rating_of(dimension, saved),
        dimension=dimension,
        answered=sum(a.complete for a in answers.values()),
        total=total,
        answer=saved,
    )


def _refused(
    form: AnswerForm,
    opened: Assessment,
    dimension: Dimension,
    dimensions: Any,
    answers: Any,
    background: bool,
    status: int = 422,
) -> ResponseReturnValue:
    if background:
        return render_template("maturity/_unsaved.html", form=form, conflict=status == 409), status
    return _answer_page(form, opened, dimension, dimensions, answers, status)


@bp.post("/assessments/<uuid:assessment_id>/submission")
@allow(*STAFF)
def submit(assessment_id: uuid.UUID) -> ResponseReturnValue:
    """Close the coach's rating."""
    user = signed_in_user()
    opened = queries.assessment(db.session, assessment_id, user, for_update=True)
    if not access.can_answer(user, opened) and opened.open:
        raise NotAllowed
    dimensions = queries.dimensions_of(db.session, opened.model_id)
    answered = sum(a.complete for a in queries.answers_of(db.session, opened.id).values())
    opened.submit(db.utcnow(), answered, len(dimensions))
    db.session.commit()
    say(
        _("%(kind)s is submitted.", kind=opened.kind.value),
        undo_url=url_for("maturity.reopen", assessment_id=opened.id),
    )
    return redirect(url_for("maturity.show", assessment_id=opened.id), 303)


@bp.post("/assessments/<uuid:assessment_id>/reopening")
@allow(*STAFF)
def reopen(assessment_id: uuid.UUID) -> ResponseReturnValue:
    """Take a submission back to correct an answer."""
    user = signed_in_user()
    opened = queries.assessment(db.session, assessment_id, user, for_update=True)
    if not opened.open and not access.can_reopen(user, opened):
        raise NotAllowed
    opened.reopen()
    db.session.commit()
    say(_("%(kind)s is open again.", kind=opened.kind.value))
    return redirect(url_for("maturity.show", assessment_id=opened.id), 303)


@bp.route("/companies/<uuid:company_id>/targets", methods=["GET", "POST"])
@allow(*STAFF)
def targets(company_id: uuid.UUID) -> ResponseReturnValue:
    """Agree the level to reach per dimension, and how much it matters to the firm."""
    user = signed_in_user()
    company = companies.company(db.session, company_id, user, for_update=request.method == "POST")
    if not access.can_assess(user, company):
        raise NotAllowed
    result = queries.latest_result(db.session, company.id)
    if result is None:
        raise RuleBroken(
            "target.no_assessment",
            _("There is no submitted assessment yet."),
            way_out=_("Submit the first assessment, then agree targets."),
        )
    levels = effective_levels(row.rating for row in result.rows)
    form = targets_form([row.dimension for row in result.rows], levels)()
    known = queries.targets_of(db.session, company.id)
    status = 200
    if form.validate_on_submit():
        rated = [key for key, level in levels.items() if level is not None]
        mine = {
            key: (_whole(form[TargetRow.level(key)].data), int(form[TargetRow.importance(key)].data))
            for key in rated
        }
        seen = {key: _wish(form[TargetRow.seen(key)].data) for key in rated}
        now = {key: assessing.as_wish(known.get(key)) for key in rated}
        wanted, clashes = assessing.merged_targets(seen, mine, now)
        if not clashes:
            changed = assessing.agree_targets(db.session, company, levels, wanted, today())
            db.session.commit()
            say(ngettext("%(num)s target saved.", "%(num)s targets saved.", changed))
            return redirect(url_for("roadmap.show", company_id=company.id), 303)
        _show_clashes(form, clashes)
        status = 409
    elif form.errors:
        status = 422
    else:
        _fill_targets(form, levels, known)
    return render_template(
        "maturity/targets.html",
        **frame(company, user, "roadmap"),
        form=form,
        result=result,
        names=TargetRow,
        first=not known,
    ), status


def _fill_targets(form: Any, levels: dict[str, int | None], known: dict[str, Target]) -> None:
    for key, level in levels.items():
        if level is None:
            continue
        target = known.get(key)
        proposed = target.level if target else default_target(level) if not known else None
        form[TargetRow.level(key)].data = "" if proposed is None else str(max(proposed, level))
        form[TargetRow.importance(key)].data = str(target.importance if target else 2)
        form[TargetRow.seen(key)].data = f"{target.level}:{target.importance}" if target else ""


def _show_clashes(form: Any, clashes: dict[str, assessing.Wish | None]) -> None:
    """Say at each dimension what somebody else has agreed meanwhile; saving again decides."""
    for key, theirs in clashes.items():
        field = form[TargetRow.level(key)]
        level = _("none") if theirs is None else theirs[0]
        text = _(
            "Somebody else has set the target %(level)s meanwhile; save again to keep yours.", level=level
        )
        field.errors = [*field.errors, text]
        seen = form[TargetRow.seen(key)]
        seen.data, seen.raw_data = "" if theirs is None else f"{theirs[0]}:{theirs[1]}", None


def _wish(text: str | None) -> assessing.Wish | None:
    level, _sign, importance = (text or "").partition(":")
    whole = level.isascii() and level.isdigit() and importance.isascii() and importance.isdigit()
    return (int(level), int(importance)) if whole and len(text or "") < 9 else None


def _whole(text: str | None) -> int | None:
    return int(text) if text else None


@bp.get("/reference/maturity")
@allow(*STAFF, Role.ADMIN)
def reference() -> ResponseReturnValue:
    """The maturity model as it is in use: dimensions, criteria, evidence; and its versions."""
    model = queries.current_model(db.session)
    return render_template(
        "maturity/reference.html",
        model=model,
        models=queries.models(db.session),
        dimensions=queries.dimensions_of(db.session, model.id),
    )
