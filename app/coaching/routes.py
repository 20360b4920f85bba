"""Pages of the visits: the list, one visit, a company's timeline, calling off and taking that back."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts.marks import allow
from app.accounts.models import STAFF, Role
from app.accounts.signing_in import signed_in_user
from app.coaching import access, changes, queries, queries_lists
from app.coaching.completeness import open_points
from app.coaching.listing import Cursor, VisitFilter
from app.coaching.models import TimeKind, Visit, VisitKind, VisitStatus
from app.companies import queries as companies
from app.companies.frame import frame
from app.errors import NotAllowed
from app.notices import say

bp = Blueprint("coaching", __name__)


@bp.get("/visits")
@allow(*STAFF)
def index() -> ResponseReturnValue:
    """All visits or one's own, filtered, with the sum of the hours."""
    user = signed_in_user()
    wanted = VisitFilter.read(request.args, mine=user.role is Role.COACH)
    page = queries_lists.visit_page(
        db.session,
        user,
        wanted,
        older_than=Cursor.read(request.args.get("before")),
        newer_than=Cursor.read(request.args.get("after")),
    )
    now = db.utcnow()
    lacks = {
        v.id: open_points(v, has_hours=v.id in page.with_hours, has_people=bool(v.people), now=now)
        for v in page.visits
    }
    return render_template(
        "coaching/index.html",
        page=page,
        lacks=lacks,
        wanted=wanted,
        all_hours=user.role is Role.MANAGER,
        statuses=VisitStatus,
        kinds=VisitKind,
    )


@bp.get("/companies/<uuid:company_id>/timeline")
@allow(*STAFF)
def timeline(company_id: uuid.UUID) -> ResponseReturnValue:
    """What is planned and what happened at a company."""
    user = signed_in_user()
    company = companies.company(db.session, company_id, user)
    show = request.args.get("show", "")
    before = Cursor.read(request.args.get("before"))
    return render_template(
        "coaching/timeline.html",
        **frame(company, user, "timeline"),
        line=queries_lists.timeline_of(db.session, company, show=show, before=before),
        hours=queries.hours_of(db.session, company, user) if before is None else None,
        all_hours=user.role is Role.MANAGER,
        kinds=TimeKind,
        show=show,
        before=before,
        is_visit=lambda entry: isinstance(entry, Visit),
        may_log=access.can_log_visit(user, company) and company.archived_at is None,
    )


@bp.get("/visits/<uuid:visit_id>")
@allow(*STAFF)
def show(visit_id: uuid.UUID) -> ResponseReturnValue:
    """One visit."""
    user = signed_in_user()
    visit = queries.visit(db.session, visit_id, user)
    times = queries.times_of(db.session, visit)
    people = queries.participants_of(db.session, visit)
    may_see_hours = access.can_see_hours(user, visit)
    return render_template(
        "coaching/show.html",
        visit=visit,
        company=visit.company,
        people=people,
        minutes=_by_kind(visit, times) if may_see_hours else None,
        commitments=queries.commitments_of_visit(db.session, visit),
        lacks=open_points(visit, has_hours=bool(times), has_people=bool(people), now=db.utcnow()),
        changes=changes.rows(queries.history_of(db.session, visit), visit, times),
        may_change=access.can_change_visit(user, visit),
        ends_at=visit.starts_at + dt.timedelta(minutes=visit.minutes),
    )


def _by_kind(visit: Visit, times: Any) -> dict[TimeKind, int]:
    own = {entry.kind: entry.minutes for entry in times if entry.user_id == visit.coach_id}
    return {kind: own[kind] for kind in TimeKind if kind in own}


@bp.post("/visits/<uuid:visit_id>/cancellation")
@allow(*STAFF)
def call_off(visit_id: uuid.UUID) -> ResponseReturnValue:
    """The visit does not take place, or was logged by mistake."""
    visit = _changeable(visit_id)
    visit.call_off()
    db.session.commit()
    undo = url_for("coaching.reinstate", visit_id=visit.id)
    say(_("%(number)s is called off.", number=visit.number), undo_url=undo)
    return redirect(url_for("coaching.show", visit_id=visit.id), 303)


@bp.post("/visits/<uuid:visit_id>/reinstatement")
@allow(*STAFF)
def reinstate(visit_id: uuid.UUID) -> ResponseReturnValue:
    """The visit counts again, as it did before."""
    visit = _changeable(visit_id)
    visit.reinstate(queries.status_before_calling_off(db.session, visit))
    db.session.commit()
    say(_("%(number)s counts again.", number=visit.number))
    return redirect(url_for("coaching.show", visit_id=visit.id), 303)


def _changeable(visit_id: uuid.UUID) -> Visit:
    user = signed_in_user()
    visit = queries.visit(db.session, visit_id, user, for_update=True)
    if not access.can_change_visit(user, visit):
        raise NotAllowed
    return visit
