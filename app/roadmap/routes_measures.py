"""Pages of one measure: add, show, change, move on."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db, history, history_words
from app.accounts import queries as accounts
from app.accounts.marks import allow
from app.accounts.models import STAFF
from app.accounts.signing_in import signed_in_user
from app.companies import queries as companies
from app.companies.frame import frame
from app.errors import NotAllowed, RuleBroken
from app.fields import Field
from app.forms import resolve_conflicts
from app.i18n import language, local, today
from app.maturity import queries as maturity
from app.notices import say
from app.roadmap import access, queries
from app.roadmap.catalogue import seed_catalogue
from app.roadmap.drafting import Horizon
from app.roadmap.forms import MeasureForm, StatusForm
from app.roadmap.models import Measure, MeasureKind, MeasureStatus, OwnerSide
from app.security import own_path

bp = Blueprint("measures", __name__)


def _form(company_id: uuid.UUID, **data: Any) -> MeasureForm:
    form = MeasureForm(data=data) if data else MeasureForm()
    form.halves = {"title": language()}
    model = maturity.current_model(db.session)
    form.offer(
        [(d.key, local(d.name)) for d in maturity.dimensions_of(db.session, model.id)],
        companies.contacts_of(db.session, company_id),
        accounts.staff(db.session),
        [(key, local(dict(text))) for key, text in seed_catalogue().cost_bands.items()],
    )
    return form


def _write(measure: Measure, form: MeasureForm) -> None:
    text = form.title.data or ""
    if text != local(measure.title or {}):
        measure.title = {"de": text, "en": text}
    measure.field, measure.dimension_key = Field(form.field.data), form.dimension_key.data or ""
    measure.why, measure.kind = form.why.data or "", MeasureKind(form.kind.data)
    measure.horizon, measure.owner_side = Horizon(form.horizon.data), OwnerSide(form.owner_side.data)
    measure.owner_contact_id = _key(form.owner_contact_id.data)
    measure.owner_user_id = _key(form.owner_user_id.data)
    measure.starts_on, measure.due_on = form.starts_on.data, form.due_on.data
    measure.company_days, measure.coach_days = form.company_days.data, form.coach_days.data
    measure.cost_band = form.cost_band.data or ""


def _key(text: object) -> uuid.UUID | None:
    return uuid.UUID(str(text)) if text else None


@bp.route("/companies/<uuid:company_id>/measures/new", methods=["GET", "POST"])
@allow(*STAFF)
def new(company_id: uuid.UUID) -> ResponseReturnValue:
    """Add a free measure to the roadmap."""
    user = signed_in_user()
    company = companies.company(db.session, company_id, user, for_update=request.method == "POST")
    if not access.can_plan(user, company):
        raise NotAllowed
    form = _form(company.id)
    if form.validate_on_submit():
        measure = Measure(number=queries.new_measure_number(db.session), company_id=company.id, title={})
        _write(measure, form)
        db.session.add(measure)
        db.session.commit()
        say(_("%(number)s is on the roadmap.", number=measure.number))
        return redirect(url_for("roadmap.show", company_id=company.id), 303)
    page = render_template(
        "roadmap/measure_form.html", **frame(company, user, "roadmap"), form=form, measure=None
    )
    return page, 422 if form.is_submitted() else 200


@bp.get("/measures/<uuid:measure_id>")
@allow(*STAFF)
def show(measure_id: uuid.UUID) -> ResponseReturnValue:
    """One measure: facts, why it has its priority, status, history."""
    user = signed_in_user()
    measure = queries.measure(db.session, measure_id, user)
    form = StatusForm(
        formdata=None, status=measure.status.value, reason=measure.status_reason, result=measure.result
    )
    form.version.data = str(measure.version)
    return _page(measure, form)


def _page(measure: Measure, form: StatusForm, status: int = 200) -> ResponseReturnValue:
    user = signed_in_user()
    model = maturity.current_model(db.session)
    names = {d.key: d for d in maturity.dimensions_of(db.session, model.id)}
    return render_template(
        "roadmap/measure.html",
        **frame(measure.company, user, "roadmap"),
        measure=measure,
        dimension=names.get(measure.dimension_key),
        form=form,
        bands=seed_catalogue().cost_bands,
        changes=history_words.rows(history.entries_of(db.session, measure), of_one_record=True),
        may_move=access.can_report_status(user, measure),
    ), status


@bp.route("/measures/<uuid:measure_id>/edit", methods=["GET", "POST"])
@allow(*STAFF)
def edit(measure_id: uuid.UUID) -> ResponseReturnValue:
    """Change a measure; a lost race shows both versions."""
    user = signed_in_user()
    measure = queries.measure(db.session, measure_id, user, for_update=request.method == "POST")
    if not access.can_change_measure(user, measure):
        raise NotAllowed
    company, status = measure.company, 200
    if request.method == "GET":
        form = _form(company.id, **_data(measure))
        form.version.data = str(measure.version)
    else:
        form, status = _form(company.id), 422
        if form.validate_on_submit():
            if resolve_conflicts(db.session, form, measure, MeasureForm.NAMES, request.form):
                _write(measure, form)
                db.session.commit()
                say(_("%(number)s is saved.", number=measure.number))
                return redirect(url_for("measures.show", measure_id=measure.id), 303)
            status = 409
    page = render_template(
        "roadmap/measure_form.html", **frame(company, user, "roadmap"), form=form, measure=measure
    )
    return page, status


def _data(measure: Measure) -> dict[str, Any]:
    return {
        "title": local(measure.title),
        "field": measure.field.value,
        **{name: getattr(measure, name) for name in MeasureForm.NAMES if name not in ("title", "field")},
        "kind": measure.kind.value,
        "horizon": measure.horizon.value,
        "owner_side": measure.owner_side.value,
        "owner_contact_id": str(measure.owner_contact_id or ""),
        "owner_user_id": str(measure.owner_user_id or ""),
    }


@bp.post("/measures/<uuid:measure_id>/status")
@allow(*STAFF)
def set_status(measure_id: uuid.UUID) -> ResponseReturnValue:
    """Move a measure on: running, done, not now with a reason …"""
    user = signed_in_user()
    measure = queries.measure(db.session, measure_id, user, for_update=True)
    if not access.can_report_status(user, measure):
        raise NotAllowed
    form = StatusForm()
    before, reason = measure.status, measure.status_reason
    if not form.validate():
        return _page(measure, form, 422)
    try:
        measure.set_status(MeasureStatus(form.status.data), form.reason.data or "", db.utcnow(), today())
    except RuleBroken as rule:
        form.refuse(rule)
        return _page(measure, form, 422)
    if "result" in request.form:
        measure.result = form.result.data or ""
    db.session.commit()
    undo = url_for("measures.undo_status", measure_id=measure.id, status=before.value, reason=reason)
    say(_("The status of %(number)s is changed.", number=measure.number), undo_url=undo)
    return redirect(own_path(request.form.get("next"), url_for("measures.show", measure_id=measure.id)), 303)


@bp.post("/measures/<uuid:measure_id>/status/<status>/undoing")
@allow(*STAFF)
def undo_status(measure_id: uuid.UUID, status: str) -> ResponseReturnValue:
    """Take a change of status back."""
    user = signed_in_user()
    measure = queries.measure(db.session, measure_id, user, for_update=True)
    if not access.can_report_status(user, measure) or status not in [s.value for s in MeasureStatus]:
        raise NotAllowed
    measure.set_status(MeasureStatus(status), request.args.get("reason", "")[:200], db.utcnow(), today())
    db.session.commit()
    say(_("The status of %(number)s is as before.", number=measure.number))
    return redirect(url_for("measures.show", measure_id=measure.id), 303)
