"""What a company sees of itself: where it stands, what is next, its roadmap, its documents."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app import db
from app.accounts.marks import allow
from app.accounts.models import STAFF, Role
from app.accounts.signing_in import signed_in_user
from app.coaching import queries as coaching
from app.documents import queries as filed
from app.i18n import today
from app.maturity import queries as maturity
from app.overview import portal, queries_portal
from app.overview.forms_portal import ReportForm
from app.overview.portal_frame import Place, frame, place_of
from app.roadmap import queries as roadmaps
from app.roadmap.catalogue import seed_catalogue
from app.roadmap.drafting import Horizon
from app.roadmap.models import Measure, MeasureStatus

bp = Blueprint("portal", __name__)
READERS = (Role.COMPANY, *STAFF)


@bp.get("/portal/<uuid:company_id>")
@allow(*READERS)
def overview(company_id: uuid.UUID) -> ResponseReturnValue:
    """One sentence, where the company stands, what is next for it, whom to call, what it brought."""
    place = place_of(signed_in_user(), company_id)
    company = place.company
    result = maturity.latest_result(db.session, company.id)
    measures = portal.shared(roadmaps.measures_of(db.session, company.id, place.user))
    commitments = coaching.open_commitments_of(db.session, company)
    support = portal.support_of(queries_portal.meetings_of(db.session, company.id), db.utcnow())
    steps = portal.next_steps(measures, commitments)
    progress = roadmaps.progress(measures)
    return render_template(
        "overview/portal/overview.html",
        **frame(place),
        greeting=portal.greeting(place.user),
        headline=portal.headline(result, progress, support, today()),
        result=result,
        standing=portal.standing(result, steps) if result else None,
        since=portal.month(result.start.assessed_on, today()) if result and result.start else None,
        steps=steps[: portal.NEXT_AT_MOST],
        more=len(steps) - portal.NEXT_AT_MOST,
        measures=measures,
        ours=portal.ours(commitments)[: portal.NEXT_AT_MOST],
        support=support,
        coach_title=portal.coach_title(company.lead) if company.lead else None,
        progress=progress,
        documented=[m for m in measures if m.status is MeasureStatus.DONE and m.result],
    )


@bp.get("/portal/<uuid:company_id>/roadmap")
@allow(*READERS)
def roadmap(company_id: uuid.UUID) -> ResponseReturnValue:
    """The agreed measures by horizon; owners and editors say how they stand."""
    return roadmap_page(place_of(signed_in_user(), company_id))


def roadmap_page(
    place: Place, refused: Measure | None = None, form: ReportForm | None = None, status: int = 200
) -> ResponseReturnValue:
    """The roadmap; a refused report is shown again at its measure."""
    company = place.company
    measures = portal.shared(roadmaps.measures_of(db.session, company.id, place.user))
    commitments = coaching.open_commitments_of(db.session, company)
    model = maturity.current_model(db.session)
    waiting = [m for m in measures if m.status in portal.WAITING]
    return render_template(
        "overview/portal/roadmap.html",
        **frame(place),
        measures=measures,
        groups=[(h, [m for m in waiting if m.horizon is h]) for h in Horizon],
        done=[m for m in measures if m.status is MeasureStatus.DONE],
        resting=[m for m in measures if m.status is MeasureStatus.NOT_NOW],
        line=portal.roadmap_line(roadmaps.progress(measures)),
        progress=roadmaps.progress(measures),
        agreement=roadmaps.latest_agreement(db.session, company.id),
        promises=portal.next_steps((), commitments),
        ours=portal.ours(commitments),
        dimensions={d.key: d for d in maturity.dimensions_of(db.session, model.id)},
        moves=queries_portal.moves_of(db.session, measures),
        bands=seed_catalogue().cost_bands,
        refused=refused.id if refused else None,
        form=form,
    ), status


@bp.get("/portal/<uuid:company_id>/assessment")
@allow(*READERS)
def assessment(company_id: uuid.UUID) -> ResponseReturnValue:
    """The latest submitted result, field by field: level, criterion, evidence, target."""
    place = place_of(signed_in_user(), company_id)
    result = maturity.latest_result(db.session, place.company.id)
    return render_template(
        "overview/portal/assessment.html",
        **frame(place),
        result=result,
        standing=portal.standing(result, ()) if result else None,
    )


@bp.get("/portal/<uuid:company_id>/documents")
@allow(*READERS)
def documents(company_id: uuid.UUID) -> ResponseReturnValue:
    """The documents that the centre has released for the company."""
    place = place_of(signed_in_user(), company_id)
    return render_template(
        "overview/portal/documents.html",
        **frame(place),
        documents=[d for d in filed.documents_of(db.session, place.company.id, place.user) if d.released],
    )
