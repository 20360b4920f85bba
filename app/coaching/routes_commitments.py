"""Commitments: what we owe and what they owe, ticked off, added, changed and removed."""

from __future__ import annotations

import uuid
from itertools import groupby
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts.marks import allow
from app.accounts.models import STAFF, Role, User
from app.accounts.signing_in import signed_in_user
from app.coaching import access, queries, queries_lists, visiting
from app.coaching.forms import CommitmentForm, form_id, owner_choices, row_values
from app.coaching.listing import CommitmentFilter, Cursor
from app.coaching.merging import merge_row, seen_row
from app.coaching.models import Commitment, Side
from app.coaching.routes import bp
from app.companies import queries as companies
from app.companies.models import Company
from app.errors import NotAllowed, RuleBroken
from app.i18n import today
from app.notices import say
from app.security import own_path


@bp.get("/commitments")
@allow(*STAFF)
def commitments() -> ResponseReturnValue:
    """Open commitments by company, the longest overdue first; kept ones behind a tab."""
    user = signed_in_user()
    wanted = CommitmentFilter.read(request.args, mine=user.role is Role.COACH)
    after = Cursor.read(request.args.get("after"))
    page = queries_lists.commitment_page(db.session, user, wanted, today(), after=after)
    may_change = {c.id: access.can_change_commitment(user, c) for c in page.commitments}
    return render_template(
        "coaching/commitments.html",
        page=page,
        groups=_by_company(page.commitments),
        wanted=wanted,
        after=after,
        may_change=may_change,
        sides=Side,
    )


def _by_company(found: Any) -> list[tuple[Company, list[Commitment]]]:
    """Grouped, in the order of each company's first line."""
    place: dict[uuid.UUID, int] = {}
    for one in found:
        place.setdefault(one.company_id, len(place))
    in_groups = sorted(found, key=lambda one: place[one.company_id])
    return [
        (lines[0].company, lines)
        for _key, group in groupby(in_groups, lambda c: c.company_id)
        if (lines := list(group))
    ]


@bp.post("/commitments/<uuid:commitment_id>/completion")
@allow(*STAFF)
def complete_commitment(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """It is kept."""
    commitment = _changeable(commitment_id)
    commitment.tick(signed_in_user(), db.utcnow())
    db.session.commit()
    undo = url_for(
        "coaching.reopen_commitment", commitment_id=commitment.id, next=_next(commitment.company_id)
    )
    return _answer(commitment, _("Done: %(text)s", text=commitment.text), undo)


@bp.post("/commitments/<uuid:commitment_id>/reopening")
@allow(*STAFF)
def reopen_commitment(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """It is open again."""
    commitment = _changeable(commitment_id)
    commitment.untick()
    db.session.commit()
    return _answer(commitment, _("Open again: %(text)s", text=commitment.text))


def _answer(commitment: Commitment, message: str, undo: str | None = None) -> ResponseReturnValue:
    """The line by itself for a page that stays; otherwise the page it came from."""
    if request.headers.get("HX-Request"):
        return render_template(
            "coaching/_commitment.html",
            commitment=commitment,
            may_change=True,
            next=_next(commitment.company_id),
        )
    say(message, undo_url=undo)
    return redirect(_next(commitment.company_id), 303)


def _next(company_id: uuid.UUID) -> str:
    """Where the user came from; otherwise the company's timeline."""
    return own_path(request.values.get("next"), url_for("coaching.timeline", company_id=company_id))


def _changeable(commitment_id: uuid.UUID) -> Commitment:
    user = signed_in_user()
    commitment = queries.commitment(db.session, commitment_id, user, for_update=True)
    if not access.can_change_commitment(user, commitment):
        raise NotAllowed
    return commitment


@bp.route("/companies/<uuid:company_id>/commitments/new", methods=["GET", "POST"])
@allow(*STAFF)
def new_commitment(company_id: uuid.UUID) -> ResponseReturnValue:
    """A commitment made without a visit."""
    user = signed_in_user()
    sent = request.method == "POST"
    company = companies.company(db.session, company_id, user, for_update=sent, slim=True)
    if not access.can_log_visit(user, company):
        raise NotAllowed
    form = CommitmentForm() if sent else CommitmentForm(data={"new_id": str(db.new_id())})
    _offer(form, company, user)
    target = _next(company.id)
    if not sent:
        return _page(form, company)
    key = uuid.uuid5(company.id, str(form_id(form.new_id.data)))
    if queries.commitment_by_id(db.session, key) is not None:
        return redirect(target, 303)  # sent twice
    if not form.validate():
        return _page(form, company), 422
    try:
        visiting.promise_by_itself(db.session, company, form.promise(), key)
    except RuleBroken as rule:
        form.refuse(rule)
        return _page(form, company), 422
    db.session.commit()
    say(_("The commitment is saved."))
    return redirect(target, 303)


def _offer(form: CommitmentForm, company: Company, user: User, commitment: Commitment | None = None) -> None:
    contacts = companies.contacts_of(db.session, company.id, archived=commitment is not None)
    shown = [c for c in contacts if c.archived_at is None or (commitment and c.id == commitment.contact_id)]
    coaches = [one.user for one in company.coaches]
    if commitment and commitment.user:
        coaches.append(commitment.user)
    form.owner.choices = owner_choices(company.name, coaches, shown, user)
    if not form.owner.raw_data and commitment is None:
        form.owner.data = form.owner.choices[0].value


@bp.route("/commitments/<uuid:commitment_id>/edit", methods=["GET", "POST"])
@allow(*STAFF)
def edit_commitment(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """Change a commitment."""
    user = signed_in_user()
    sent = request.method == "POST"
    commitment = queries.commitment(db.session, commitment_id, user, for_update=sent)
    if not access.can_change_commitment(user, commitment):
        raise NotAllowed
    values = {**row_values(commitment), "seen": seen_row(commitment)}
    form = CommitmentForm() if sent else CommitmentForm(data=values)
    _offer(form, commitment.company, user, commitment)
    if not sent:
        return _page(form, commitment.company, commitment)
    if not form.validate():
        return _page(form, commitment.company, commitment), 422
    if not merge_row(form, commitment, request.form):
        return _page(form, commitment.company, commitment), 409
    try:
        visiting.reword(commitment, form.promise(), queries.visit_day_of(db.session, commitment))
    except RuleBroken as rule:
        form.refuse(rule)
        return _page(form, commitment.company, commitment), 422
    db.session.commit()
    say(_("The commitment is saved."))
    return redirect(_next(commitment.company_id), 303)


def _page(form: CommitmentForm, company: Company, commitment: Commitment | None = None) -> str:
    return render_template(
        "coaching/commitment.html", form=form, company=company, commitment=commitment, back=_next(company.id)
    )


@bp.post("/commitments/<uuid:commitment_id>/removal")
@allow(*STAFF)
def remove_commitment(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """Take a commitment away; it can be brought back."""
    commitment = _changeable(commitment_id)
    target = _next(commitment.company_id)
    db.session.delete(commitment)
    db.session.commit()
    undo = url_for("coaching.restore_commitment", commitment_id=commitment_id, next=target)
    say(_("“%(text)s” is removed.", text=commitment.text), undo_url=undo)
    return redirect(target, 303)


@bp.post("/commitments/<uuid:commitment_id>/restoration")
@allow(*STAFF)
def restore_commitment(commitment_id: uuid.UUID) -> ResponseReturnValue:
    """Bring back a commitment that was removed."""
    user = signed_in_user()
    commitment = queries.removed_commitment(db.session, commitment_id, user)
    if not access.can_change_commitment(user, commitment):
        raise NotAllowed
    db.session.add(commitment)
    db.session.commit()
    say(_("“%(text)s” is back.", text=commitment.text))
    return redirect(_next(commitment.company_id), 303)
