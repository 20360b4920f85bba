"""Logging a visit and changing it, both on one screen."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts import queries as accounts
from app.accounts.marks import allow
from app.accounts.models import STAFF, Role, User
from app.accounts.signing_in import signed_in_user
from app.coaching import access, prefill, queries, queries_lists, visiting
from app.coaching.forms import VisitForm, form_id
from app.coaching.merging import Parts, merge_parts
from app.coaching.models import Commitment, Visit, VisitStatus
from app.coaching.naming import Name, meant, typed_names
from app.coaching.routes import bp
from app.companies import queries as companies
from app.companies.models import Company, Contact
from app.errors import NotAllowed, RuleBroken
from app.filters import field_name, moment
from app.forms import resolve_conflicts
from app.i18n import centre_zone
from app.notices import say

OWN = ("status", "starts_at", "kind", "main_field", "further_fields", "subject", "note")


@bp.get("/visits/new")
@allow(*STAFF)
def new() -> ResponseReturnValue:
    """The form for a new visit; without a company, choose that first."""
    user = signed_in_user()
    planned = request.args.get("status") == VisitStatus.PLANNED
    company = _company(user)
    if company is None:
        return _choose(user, planned=planned)
    contacts = companies.contacts_of(db.session, company.id)
    last = queries.last_visit(db.session, company.id)
    values = prefill.first_values(last, contacts, planned=planned, now=db.utcnow(), zone=centre_zone())
    form = VisitForm(data={**values, "coach_id": user.id})
    _offer(form, company, contacts, user)
    return render_template("coaching/new.html", form=form, company=company, last=last, contacts=contacts)


def _company(user: User, *, for_update: bool = False) -> Company | None:
    """The company named in the address, if its visits are this user's to log."""
    try:
        company_id = uuid.UUID(request.args.get("company", ""))
    except ValueError:
        return None
    company = companies.company(db.session, company_id, user, for_update=for_update, slim=True)
    if not access.can_log_visit(user, company):
        raise NotAllowed
    if company.archived_at is not None:
        raise RuleBroken(
            "visit.company_archived",
            _("%(name)s is archived.", name=company.name),
            field="company",
            value=company.number,
            way_out=_("Restore the company first."),
        )
    return company


def _choose(user: User, *, planned: bool) -> ResponseReturnValue:
    q = request.args.get("q", "")[:100]
    found = queries_lists.companies_to_visit(db.session, user, q, own_only=user.role is Role.COACH)
    return render_template("coaching/choose.html", found=found, q=q, planned=planned)


def _offer(
    form: VisitForm, company: Company, contacts: Sequence[Contact], user: User, coach: User | None = None
) -> None:
    """Choices; managers also say whose visit it is, and nobody sees another coach's hours."""
    coaches = [one.user for one in company.coaches]
    form.offer(company.name, [*coaches, *([coach] if coach else [])], contacts, user)
    staff = list(accounts.staff(db.session)) if user.role is Role.MANAGER else []
    if coach and staff and coach.id not in {person.id for person in staff}:
        staff.append(coach)
    form.offer_coaches(staff)


@bp.post("/visits/new")
@allow(*STAFF)
def create() -> ResponseReturnValue:
    """Store a new visit; the same form sent again shows what was stored."""
    user = signed_in_user()
    company = _company(user, for_update=True)
    if company is None:
        return redirect(url_for("coaching.new"), 303)
    contacts = companies.contacts_of(db.session, company.id)
    form = VisitForm()
    form.forget_rows()
    _offer(form, company, contacts, user)
    visit_id = form_id(form.new_id.data)
    form.new_id.data = str(visit_id)
    if (stored := queries.visit_by_id(db.session, visit_id, company.id)) is not None:
        return _stored_already(form, stored.id, contacts, user)
    facts = _facts(form, contacts, visit_id)
    if facts is None:
        last = queries.last_visit(db.session, company.id)
        page = render_template("coaching/new.html", form=form, company=company, last=last, contacts=contacts)
        return page, 422
    visit = visiting.log_visit(
        db.session,
        company,
        facts.coach_id or user.id,
        facts,
        now=db.utcnow(),
        zone=centre_zone(),
        visit_id=visit_id,
    )
    db.session.commit()
    say(_("%(number)s is saved.", number=visit.number))
    return redirect(url_for("coaching.show", visit_id=visit.id), 303)


def _facts(form: VisitForm, contacts: Sequence[Contact], visit_id: uuid.UUID) -> visiting.VisitFacts | None:
    """What the form says, or None when it breaks a rule, which the form then shows."""
    if not form.validate():
        return None
    facts = form.facts(visit_id)
    broken = visiting.problems(facts, db.utcnow(), centre_zone())
    people: list[tuple[Name, Contact | None]] = []
    try:
        people = [(name, meant(name, contacts)) for name in typed_names(form.new_people.data or "")]
    except RuleBroken as rule:
        broken.append(rule)
    for one in broken:
        form.refuse(one)
    if broken:
        return None
    known = [contact.id for _name, contact in people if contact]
    return replace(
        facts,
        contact_ids={*facts.contact_ids, *known},
        new_people=[name for name, contact in people if contact is None],
    )


def _stored_already(
    form: VisitForm, visit_id: uuid.UUID, contacts: Sequence[Contact], user: User
) -> ResponseReturnValue:
    """The form was sent before: show the visit, or what differs from it, ready to be saved."""
    visit = queries.visit(db.session, visit_id, user)
    parts = _parts(visit)
    facts = _facts(form, contacts, visit_id)
    if facts is not None and visiting.says_the_same(visit, facts, *parts):
        return redirect(url_for("coaching.show", visit_id=visit_id), 303)
    form.version.data, form.seen.data = str(visit.version), Parts.of(visit, *parts).dump()
    form.version.raw_data = form.seen.raw_data = None
    page = render_template(
        "coaching/edit.html",
        form=form,
        visit=visit,
        company=visit.company,
        contacts=contacts,
        again=True,
        finish=False,
    )
    return page, 409


def _parts(visit: Visit) -> Any:
    return (
        queries.times_of(db.session, visit),
        queries.participants_of(db.session, visit),
        queries.commitments_of_visit(db.session, visit),
    )


@bp.get("/visits/<uuid:visit_id>/edit")
@allow(*STAFF)
def edit(visit_id: uuid.UUID) -> ResponseReturnValue:
    """The form of a stored visit; `finish` opens it ready to be saved as done."""
    user = signed_in_user()
    visit = _editable(visit_id, user)
    parts = _parts(visit)
    values = prefill.stored_values(visit, *parts)
    finish = "finish" in request.args and visit.status is VisitStatus.PLANNED
    form = VisitForm(data=prefill.finished(values, db.utcnow()) if finish else values)
    contacts = _people_to_choose(visit, parts[1])
    _offer_for(form, visit, contacts, user)
    return _edit_page(form, visit, contacts, finish=finish)


@bp.post("/visits/<uuid:visit_id>/edit")
@allow(*STAFF)
def update(visit_id: uuid.UUID) -> ResponseReturnValue:
    """Store the changes, merged with what others stored meanwhile."""
    user = signed_in_user()
    visit = _editable(visit_id, user, for_update=True)
    parts = _parts(visit)
    contacts = _people_to_choose(visit, parts[1])
    form = VisitForm()
    _offer_for(form, visit, contacts, user)
    if not form.validate():
        return _edit_page(form, visit, contacts), 422
    settled = resolve_conflicts(db.session, form, visit, OWN, request.form)
    settled &= merge_parts(form, Parts.of(visit, *parts), request.form)
    if not settled:
        _in_words(form)
        return _edit_page(form, visit, contacts), 409
    facts = _facts(form, contacts, visit.id)
    if facts is None:
        return _edit_page(form, visit, contacts), 422
    taken_back = visiting.change_visit(db.session, visit, facts, now=db.utcnow(), zone=centre_zone())
    db.session.commit()
    _tell(visit, taken_back)
    return redirect(url_for("coaching.show", visit_id=visit.id), 303)


def _tell(visit: Visit, taken_back: Sequence[Commitment]) -> None:
    if not taken_back:
        say(_("%(number)s is saved.", number=visit.number))
    for one in taken_back:
        text = _("“%(text)s” is removed from %(number)s.", text=one.text, number=visit.number)
        undo = url_for(
            "coaching.restore_commitment",
            commitment_id=one.id,
            next=url_for("coaching.show", visit_id=visit.id),
        )
        say(text, undo_url=undo)


def _editable(visit_id: uuid.UUID, user: User, *, for_update: bool = False) -> Visit:
    visit = queries.visit(db.session, visit_id, user, for_update=for_update)
    if not access.can_change_visit(user, visit):
        raise NotAllowed
    visiting.refuse_called_off(visit)
    return visit


def _people_to_choose(visit: Visit, present: Any) -> list[Contact]:
    """The company's people; archived ones only where they took part."""
    took_part = {one.contact_id for one in present}
    everybody = companies.contacts_of(db.session, visit.company_id, archived=True)
    return [c for c in everybody if c.archived_at is None or c.id in took_part]


def _offer_for(form: VisitForm, visit: Visit, contacts: Sequence[Contact], user: User) -> None:
    _offer(form, visit.company, contacts, user, visit.coach)
    if not access.can_see_hours(user, visit):
        form.hide_hours()


def _in_words(form: VisitForm) -> None:
    """Conflicts about the moment and the further fields are shown as people read them."""
    clash = form.starts_at.conflict
    if clash is not None:
        before = dt.datetime.fromisoformat(clash.before)
        form.starts_at.conflict = SimpleNamespace(
            theirs=moment(clash.theirs), before=moment(before), mine=moment(form.starts_at.data)
        )
    clash = getattr(form.further_fields, "conflict", None)
    if clash is not None:
        sides = {"theirs": clash.theirs, "before": clash.before, "mine": form.further_fields.data}
        named = {side: [field_name(key) for key in keys or ()] for side, keys in sides.items()}
        vars(form.further_fields)["conflict"] = SimpleNamespace(**named)


def _edit_page(form: VisitForm, visit: Visit, contacts: Sequence[Contact], *, finish: bool = False) -> str:
    return render_template(
        "coaching/edit.html",
        form=form,
        visit=visit,
        company=visit.company,
        contacts=contacts,
        finish=finish,
        again=False,
    )
