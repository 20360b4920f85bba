"""Pages that look across domains: the list of companies, and one company at a glance."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app import db
from app.accounts.marks import allow
from app.accounts.models import STAFF
from app.accounts.signing_in import signed_in_user
from app.coaching import queries as coaching
from app.coaching.access import can_log_visit
from app.companies import access, codes
from app.companies import queries as known_companies
from app.companies.frame import frame
from app.companies.listing import QUIET_DAYS, Listing, Order
from app.i18n import language
from app.markdown import plain
from app.maturity.access import can_assess
from app.overview import company_list, glance, queries, queries_companies, queries_timeline
from app.overview.timeline import Topic, place_of, topic_of
from app.roadmap import queries as roadmap

bp = Blueprint("overview", __name__)


@bp.get("/companies")
@allow(*STAFF)
def companies() -> ResponseReturnValue:
    """The list of companies; its whole state is in the address."""
    user, now, limit = signed_in_user(), db.utcnow(), queries_companies.COUNTED
    listing = Listing.read(request.args)
    page = queries_companies.page(db.session, user, listing, now)
    counts = queries_companies.counts(db.session, user, listing, now)
    choices = company_list.named(queries_companies.choices(db.session, user))
    assessed = [row.assessment_id for row in page.rows if row.assessment_id]
    tightest = None
    if not page.rows and listing.filters:
        tightest = queries_companies.tightest_filter(db.session, user, listing, now)
    return render_template(
        "overview/companies.html",
        listing=listing,
        rows=page.rows,
        bars=company_list.bars(queries_companies.levels(db.session, assessed)),
        views=company_list.tabs(listing, user, counts, limit),
        orders={order.value: order for order in Order},
        direction=company_list.direction,
        chips=company_list.chips(listing, choices),
        choices=choices,
        hits=counts["hits"],
        hits_text=company_list.capped(counts["hits"], limit),
        tightest=tightest,
        previous=listing.but(before=page.previous) if page.previous else None,
        following=listing.but(after=page.next) if page.next else None,
        cleared=listing.seen_as(listing.view),
        branch=codes.section_and_division,
        quiet_days=QUIET_DAYS,
        now=now,
        may_create=access.can_create_company(user),
    )


@bp.get("/companies/<uuid:company_id>")
@allow(*STAFF)
def company(company_id: uuid.UUID) -> ResponseReturnValue:
    """One company: what is next, what happened, where it stands."""
    user = signed_in_user()
    shown = known_companies.company(db.session, company_id, user, slim=True)
    topic = topic_of(request.args.get("topic"))
    excerpt = queries_timeline.timeline(
        db.session, shown.id, language(), topic, place_of(request.args.get("before"))
    )
    standing = queries.standing(db.session, shown.id)
    texts = {key: glance.summary(result) for key, result in standing.closed.items()}
    timeline = {"excerpt": excerpt, "topic": topic, "topics": list(Topic), "summaries": texts, "plain": plain}
    if request.headers.get("HX-Request"):
        return render_template("overview/_timeline.html", company=shown, **timeline)
    planned, last_visit = queries.visits_ahead(db.session, shown.id)
    measures = roadmap.measures_of(db.session, shown.id, user)
    commitments = coaching.open_commitments_of(db.session, shown)
    result = standing.result
    return render_template(
        "overview/company.html",
        **frame(shown, user, "overview"),
        **timeline,
        steps=glance.next_steps(commitments, planned),
        measures=glance.roadmap_lines(measures),
        progress=roadmap.progress(measures),
        standing=standing,
        sentence=glance.sentence(result) if result else "",
        cards=[glance.card(field, result) for field in result.fields] if result else [],
        first_steps=glance.first_steps(standing, measures, visited=last_visit is not None),
        may_log=can_log_visit(user, shown) and shown.archived_at is None,
        may_assess=can_assess(user, shown),
        may_assign=access.can_assign_coaches(user, shown),
    )
