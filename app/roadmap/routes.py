"""Pages of the roadmap: a company's measures by horizon, drafting, agreeing; all open ones; the catalogue."""

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
from app.companies.models import Company
from app.errors import NotAllowed, RuleBroken
from app.i18n import today
from app.maturity import queries as maturity
from app.notices import say
from app.roadmap import access, planning, queries
from app.roadmap.catalogue import seed_catalogue
from app.roadmap.drafting import Horizon
from app.roadmap.forms import AgreementForm
from app.roadmap.models import MeasureStatus

bp = Blueprint("roadmap", __name__)


@bp.get("/companies/<uuid:company_id>/roadmap")
@allow(*STAFF)
def show(company_id: uuid.UUID) -> ResponseReturnValue:
    """The company's roadmap by horizon."""
    user = signed_in_user()
    company = companies.company(db.session, company_id, user)
    measures = queries.measures_of(db.session, company.id, user)
    return render_template(
        "roadmap/show.html",
        **frame(company, user, "roadmap"),
        measures=measures,
        columns=_columns(measures),
        progress=queries.progress(measures),
        agreement=queries.latest_agreement(db.session, company.id),
        result=maturity.latest_result(db.session, company.id),
        has_targets=bool(maturity.targets_of(db.session, company.id)),
        may_plan=access.can_plan(user, company),
    )


def _columns(measures: Any) -> list[dict[str, Any]]:
    """Measures by horizon, finished ones apart, put-off ones at the end."""
    resting = (MeasureStatus.NOT_NOW, MeasureStatus.DROPPED)
    live = [m for m in measures if m.status is not MeasureStatus.DONE and m.status not in resting]
    return [
        *({"key": h.value, "title": h, "measures": [m for m in live if m.horizon is h]} for h in Horizon),
        {
            "key": "done",
            "title": MeasureStatus.DONE,
            "measures": [m for m in measures if m.status is MeasureStatus.DONE],
        },
        {
            "key": "resting",
            "title": MeasureStatus.NOT_NOW,
            "measures": [m for m in measures if m.status in resting],
        },
    ]


def _draft(company: Company, user: Any) -> Any:
    result = maturity.latest_result(db.session, company.id)
    targets = maturity.targets_of(db.session, company.id)
    if result is None or not targets:
        raise RuleBroken(
            "draft.no_targets",
            _("A roadmap is drafted from the gaps between levels and targets; there are no targets yet."),
            way_out=_("Submit the first assessment and agree targets, or add a free measure."),
        )
    measures = queries.measures_of(db.session, company.id, user)
    return result, measures, planning.draft_for(result, targets, queries.catalogue(db.session), measures)


@bp.get("/companies/<uuid:company_id>/roadmap/draft")
@allow(*STAFF)
def draft(company_id: uuid.UUID) -> ResponseReturnValue:
    """What the catalogue proposes for the gaps, with every factor; tick what goes on the roadmap."""
    user = signed_in_user()
    company = companies.company(db.session, company_id, user)
    if not access.can_plan(user, company):
        raise NotAllowed
    result, _measures, proposed = _draft(company, user)
    return render_template(
        "roadmap/draft.html",
        **frame(company, user, "roadmap"),
        draft=proposed,
        names={row.dimension.key: row.dimension.name for row in result.rows},
        measure_names={c.key: c.name for c in queries.catalogue(db.session)},
        bands=seed_catalogue().cost_bands,
    )


@bp.post("/companies/<uuid:company_id>/roadmap/draft")
@allow(*STAFF)
def take_draft(company_id: uuid.UUID) -> ResponseReturnValue:
    """Put the ticked proposals on the roadmap."""
    user = signed_in_user()
    company = companies.company(db.session, company_id, user, for_update=True)
    if not access.can_plan(user, company):
        raise NotAllowed
    _result, measures, proposed = _draft(company, user)
    ticked = set(request.form.getlist("measure"))
    chosen = [p for p in (*proposed.proposals, *proposed.alternatives) if p.measure.key in ticked]
    if not chosen:
        say(_("No measure is ticked; the roadmap stays as it is."), kind="problem")
        return redirect(url_for("roadmap.draft", company_id=company.id), 303)
    first = max((m.position for m in measures), default=0) + 1
    for position, proposal in enumerate(chosen, first):
        planning.take_up(db.session, company, proposal, position, today())
    db.session.commit()
    count = len(chosen)
    say(ngettext("%(num)s measure is on the roadmap.", "%(num)s measures are on the roadmap.", count))
    return redirect(url_for("roadmap.show", company_id=company.id), 303)


@bp.route("/companies/<uuid:company_id>/roadmap/agreement", methods=["GET", "POST"])
@allow(*STAFF)
def agreement(company_id: uuid.UUID) -> ResponseReturnValue:
    """Agree the roadmap with somebody of the company; from then on the company sees it."""
    user = signed_in_user()
    company = companies.company(db.session, company_id, user, for_update=request.method == "POST")
    if not access.can_plan(user, company):
        raise NotAllowed
    measures = queries.measures_of(db.session, company.id, user)
    contacts = companies.contacts_of(db.session, company.id)
    form = AgreementForm(agreed_on=today(), agreed_with=contacts[0].name if contacts else "")
    day = form.agreed_on.data if form.validate_on_submit() else None
    if day is not None:
        try:
            planning.agree(
                db.session,
                company,
                measures,
                maturity.targets_of(db.session, company.id),
                user,
                day,
                form.agreed_with.data or "",
                today(),
            )
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            db.session.commit()
            say(_("The roadmap is agreed; the company sees it now."))
            return redirect(url_for("roadmap.show", company_id=company.id), 303)
    return render_template(
        "roadmap/agreement.html",
        **frame(company, user, "roadmap"),
        form=form,
        measures=measures,
        contacts=contacts,
    ), 422 if form.is_submitted() else 200


@bp.get("/roadmaps")
@allow(*STAFF)
def index() -> ResponseReturnValue:
    """Open measures over all companies, by due date."""
    user = signed_in_user()
    mine = request.args.get("coach", "me" if user.role is Role.COACH else "all") == "me"
    wanted = request.args.get("status", "")
    status = MeasureStatus(wanted) if wanted in [s.value for s in MeasureStatus] else None
    return render_template(
        "roadmap/index.html",
        measures=queries.open_measures(db.session, user, coach_id=user.id if mine else None, status=status),
        mine=mine,
        status=status,
        statuses=tuple(MeasureStatus),
    )


@bp.get("/reference/measures")
@allow(*STAFF, Role.ADMIN)
def catalogue() -> ResponseReturnValue:
    """The catalogue of measures as it is in use."""
    model = maturity.current_model(db.session)
    return render_template(
        "roadmap/catalogue.html",
        entries=queries.catalogue(db.session),
        dimensions=maturity.dimensions_of(db.session, model.id),
        bands=seed_catalogue().cost_bands,
        version=seed_catalogue().version,
    )
