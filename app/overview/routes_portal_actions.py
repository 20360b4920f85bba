"""What a company does in its portal: reports how a measure stands, keeps its promises, takes either back."""

from __future__ import annotations

import datetime as dt
import uuid

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db, history
from app.accounts.marks import allow
from app.accounts.models import Role
from app.accounts.signing_in import signed_in_user
from app.coaching import queries as coaching
from app.coaching.models import Commitment, Side
from app.errors import NotAllowed, NotFound, RuleBroken
from app.i18n import local, today
from app.notices import say
from app.overview import portal
from app.overview.forms_portal import ReportForm
from app.overview.portal_frame import Place, place_of
from app.overview.routes_portal import bp, roadmap_page
from app.roadmap import access
from app.roadmap import queries as roadmaps
from app.roadmap.models import Measure, MeasureStatus
from app.security import own_path


def _place(company_id: uuid.UUID) -> Place:
    place = place_of(signed_in_user(), company_id)
    if not place.may_act:
        raise NotAllowed
    return place


def _measure(place: Place, measure_id: uuid.UUID) -> Measure:
    found = roadmaps.measure(db.session, measure_id, place.user, for_update=True)
    if found.company_id != place.company.id or found not in portal.shared([found]):
        raise NotFound
    if not access.can_report_status(place.user, found):
        raise NotAllowed
    return found


def _back(place: Place, anchor: str) -> ResponseReturnValue:
    here = url_for("portal.roadmap", company_id=place.company.id, _anchor=anchor)
    return redirect(own_path(request.form.get("next"), here), 303)


@bp.post("/portal/<uuid:company_id>/measures/<uuid:measure_id>/status")
@allow(Role.COMPANY)
def report_status(company_id: uuid.UUID, measure_id: uuid.UUID) -> ResponseReturnValue:
    """Say that a measure has begun, is done or has to wait; and what came out."""
    place = _place(company_id)
    measure, form = _measure(place, measure_id), ReportForm()
    if not form.validate():
        return roadmap_page(place, measure, form, 422)
    status, reason = MeasureStatus(form.status.data), ""
    if status is MeasureStatus.NOT_NOW:
        reason = form.reason.data or ""
    try:
        measure.set_status(status, reason, db.utcnow(), today())
    except RuleBroken as rule:
        form.refuse(rule)
        return roadmap_page(place, measure, form, 422)
    if "result" in request.form:
        measure.result = form.result.data or ""
    before = measure.version
    db.session.commit()
    if measure.version != before:
        undo = url_for(
            "portal.undo_status", company_id=company_id, measure_id=measure_id, version=measure.version
        )
        say(_message(measure), undo_url=undo)
    return _back(place, measure.number)


def _message(measure: Measure) -> str:
    title = local(measure.title)
    if measure.status is MeasureStatus.RUNNING:
        return _("Begun: %(title)s", title=title)
    if measure.status is MeasureStatus.DONE:
        return _("Done: %(title)s", title=title)
    return _("Put off: %(title)s", title=title)


@bp.post("/portal/<uuid:company_id>/measures/<uuid:measure_id>/status/<int:version>/undoing")
@allow(Role.COMPANY)
def undo_status(company_id: uuid.UUID, measure_id: uuid.UUID, version: int) -> ResponseReturnValue:
    """Bring a measure back to what it was before the change that made this version."""
    place = _place(company_id)
    measure = _measure(place, measure_id)
    old = history.changed_since(db.session, measure, measure.version - 1)
    if measure.version != version or old.get("status", measure.status.value) not in portal.SHARED:
        raise RuleBroken(
            "measure.moved_on",
            _("%(title)s has been changed since.", title=local(measure.title)),
            value=measure.version,
            limit=version,
            way_out=_("Look at the roadmap and set the status that is right now."),
        )
    status = MeasureStatus(old.get("status", measure.status.value))
    done_on = dt.date.fromisoformat(old["done_on"]) if old.get("done_on") else today()
    measure.set_status(status, old.get("status_reason", measure.status_reason), db.utcnow(), done_on)
    measure.result = old.get("result", measure.result)
    db.session.commit()
    say(_("As before: %(title)s", title=local(measure.title)))
    return _back(place, measure.number)


def _promise(place: Place, commitment_id: uuid.UUID) -> Commitment:
    found = coaching.commitment(db.session, commitment_id, place.user, for_update=True)
    if found.company_id != place.company.id:
        raise NotFound
    if found.side is not Side.COMPANY:
        raise NotAllowed
    return found


@bp.post("/portal/<uuid:company_id>/commitments/<uuid:commitment_id>/done")
@allow(Role.COMPANY)
def keep_commitment(company_id: uuid.UUID, commitment_id: uuid.UUID) -> ResponseReturnValue:
    """Tick a promise of the company's own side."""
    place = _place(company_id)
    promise = _promise(place, commitment_id)
    promise.tick(place.user, db.utcnow())
    db.session.commit()
    undo = url_for("portal.reopen_commitment", company_id=company_id, commitment_id=commitment_id)
    say(_("Done: %(title)s", title=promise.text), undo_url=undo)
    return _back(place, "promises")


@bp.post("/portal/<uuid:company_id>/commitments/<uuid:commitment_id>/reopening")
@allow(Role.COMPANY)
def reopen_commitment(company_id: uuid.UUID, commitment_id: uuid.UUID) -> ResponseReturnValue:
    """Take a tick back."""
    place = _place(company_id)
    promise = _promise(place, commitment_id)
    promise.untick()
    db.session.commit()
    say(_("Open again: %(title)s", title=promise.text))
    return _back(place, "promises")
