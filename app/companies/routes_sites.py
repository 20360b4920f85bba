"""Sites (places of business) of a company."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts import queries as accounts
from app.accounts.marks import allow
from app.accounts.models import STAFF
from app.accounts.signing_in import signed_in_user
from app.companies import queries
from app.companies.forms import SiteForm
from app.companies.frame import frame
from app.companies.models import Site
from app.companies.routes import changeable
from app.forms import resolve_conflicts
from app.notices import say

bp = Blueprint("sites", __name__)


@bp.route("/companies/<uuid:company_id>/sites/new", methods=["GET", "POST"])
@allow(*STAFF)
def new(company_id: uuid.UUID) -> ResponseReturnValue:
    """Add a site."""
    user = signed_in_user()
    company = changeable(company_id, user)
    form = SiteForm()
    form.offer_regions(accounts.centre(db.session).regions)
    if form.validate_on_submit():
        site = Site(company_id=company.id)
        form.fill(site, SiteForm.FIELDS)
        db.session.add(site)
        db.session.commit()
        say(_("%(name)s is added.", name=site.name))
        return redirect(url_for("companies.data", company_id=company.id, _anchor="sites"), 303)
    page = frame(company, user, "data")
    return render_template("companies/site.html", **page, form=form, site=None), 422 if form.errors else 200


@bp.route("/companies/<uuid:company_id>/sites/<uuid:site_id>/edit", methods=["GET", "POST"])
@allow(*STAFF)
def edit(company_id: uuid.UUID, site_id: uuid.UUID) -> ResponseReturnValue:
    """Change a site."""
    user = signed_in_user()
    company = changeable(company_id, user)
    site = queries.site(db.session, company, site_id)
    form, status = SiteForm(obj=site), 200
    form.offer_regions(accounts.centre(db.session).regions, site.nuts3)
    if form.validate_on_submit():
        if resolve_conflicts(db.session, form, site, SiteForm.FIELDS, request.form):
            form.fill(site, SiteForm.FIELDS)
            db.session.commit()
            say(_("Saved."))
            return redirect(url_for("companies.data", company_id=company.id, _anchor="sites"), 303)
        status = 409
    elif form.errors:
        status = 422
    page = frame(company, user, "data")
    return render_template("companies/site.html", **page, form=form, site=site), status


@bp.route("/companies/<uuid:company_id>/sites/<uuid:site_id>/removal", methods=["GET", "POST"])
@allow(*STAFF)
def remove(company_id: uuid.UUID, site_id: uuid.UUID) -> ResponseReturnValue:
    """Delete a site for good, after a page that says so."""
    user = signed_in_user()
    company = changeable(company_id, user)
    site = queries.site(db.session, company, site_id)
    if request.method == "GET":
        return render_template("companies/remove_site.html", **frame(company, user, "data"), site=site)
    db.session.delete(site)
    db.session.commit()
    say(_("%(name)s is deleted.", name=site.name))
    return redirect(url_for("companies.data", company_id=company.id, _anchor="sites"), 303)
