"""Contacts of a company, and who of the centre looks after it."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import db
from app.accounts import queries as accounts
from app.accounts.marks import allow
from app.accounts.models import STAFF
from app.accounts.signing_in import signed_in_user
from app.companies import access, keeping, queries
from app.companies.forms import CoachesForm, ContactForm
from app.companies.frame import frame
from app.companies.models import Company, Contact
from app.companies.routes import changeable
from app.errors import NotAllowed
from app.forms import resolve_conflicts
from app.notices import say

bp = Blueprint("people", __name__)


def _back(company: Company) -> Response:
    return redirect(url_for("companies.people", company_id=company.id), 303)


def _write(form: ContactForm, contact: Contact) -> None:
    form.fill(contact, ContactForm.FIELDS)
    if contact.main:
        keeping.make_main(db.session, contact)


@bp.route("/companies/<uuid:company_id>/contacts/new", methods=["GET", "POST"])
@allow(*STAFF)
def new_contact(company_id: uuid.UUID) -> ResponseReturnValue:
    """Add a person of the firm; the first one is its main contact."""
    user = signed_in_user()
    company = changeable(company_id, user)
    form = ContactForm()
    if form.validate_on_submit():
        contact = Contact(company_id=company.id)
        _write(form, contact)
        contact.main = contact.main or not queries.contacts_of(db.session, company.id)
        db.session.add(contact)
        db.session.commit()
        say(_("%(name)s is added.", name=contact.name))
        return _back(company)
    status = 422 if form.errors else 200
    page = frame(company, user, "people")
    return render_template("companies/contact.html", **page, form=form, contact=None), status


@bp.route("/companies/<uuid:company_id>/contacts/<uuid:contact_id>/edit", methods=["GET", "POST"])
@allow(*STAFF)
def edit_contact(company_id: uuid.UUID, contact_id: uuid.UUID) -> ResponseReturnValue:
    """Change a person of the firm."""
    user = signed_in_user()
    company = changeable(company_id, user)
    contact = queries.contact(db.session, company, contact_id)
    form, status = ContactForm(obj=contact), 200
    if form.validate_on_submit():
        if resolve_conflicts(db.session, form, contact, ContactForm.FIELDS, request.form):
            _write(form, contact)
            db.session.commit()
            say(_("Saved."))
            return _back(company)
        status = 409
    elif form.errors:
        status = 422
    page = frame(company, user, "people")
    return render_template("companies/contact.html", **page, form=form, contact=contact), status


@bp.post("/companies/<uuid:company_id>/contacts/<uuid:contact_id>/archiving")
@allow(*STAFF)
def archive_contact(company_id: uuid.UUID, contact_id: uuid.UUID) -> ResponseReturnValue:
    """Somebody has left the firm."""
    company = changeable(company_id, signed_in_user())
    contact = queries.contact(db.session, company, contact_id)
    contact.archive()
    db.session.commit()
    undo = url_for("people.restore_contact", company_id=company.id, contact_id=contact.id)
    say(_("%(name)s is in the archive.", name=contact.name), undo_url=undo)
    return _back(company)


@bp.post("/companies/<uuid:company_id>/contacts/<uuid:contact_id>/restoration")
@allow(*STAFF)
def restore_contact(company_id: uuid.UUID, contact_id: uuid.UUID) -> ResponseReturnValue:
    """Bring a contact back."""
    company = changeable(company_id, signed_in_user())
    contact = queries.contact(db.session, company, contact_id)
    contact.restore()
    db.session.commit()
    say(_("%(name)s is back from the archive.", name=contact.name))
    return _back(company)


@bp.route("/companies/<uuid:company_id>/coaches", methods=["GET", "POST"])
@allow(*STAFF)
def coaches(company_id: uuid.UUID) -> ResponseReturnValue:
    """Say who looks after the firm and who leads."""
    user = signed_in_user()
    company = queries.company(db.session, company_id, user, for_update=request.method == "POST")
    if not access.can_assign_coaches(user, company):
        raise NotAllowed
    form = CoachesForm()
    form.offer_coaches(accounts.staff(db.session), company)
    if form.validate_on_submit():
        before, mine, lead = form.wanted_coaches
        keeping.assign(db.session, company, form.people, before, mine, lead)
        db.session.commit()
        say(_("Saved."))
        return _back(company)
    if not form.is_submitted():
        form.read_coaches(company)
    page = frame(company, user, "people")
    return render_template("companies/coaches.html", **page, form=form), 422 if form.errors else 200
