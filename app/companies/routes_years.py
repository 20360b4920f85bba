"""Yearly data of a company: staff, turnover and balance sheet total."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db
from app.accounts.marks import allow
from app.accounts.models import STAFF
from app.accounts.signing_in import signed_in_user
from app.companies import keeping, queries
from app.companies.forms import YearForm
from app.companies.frame import frame
from app.companies.models import Company, CompanyYear
from app.companies.routes import changeable
from app.errors import RuleBroken
from app.forms import resolve_conflicts
from app.i18n import today
from app.notices import say

bp = Blueprint("years", __name__)


def _check(form: YearForm, company: Company, changed: CompanyYear | None = None) -> bool:
    """Whether the form holds a year of its own."""
    if not form.validate_on_submit():
        return False
    known = queries.years_of(db.session, company.id)
    try:
        taken = [one.year for one in known if changed is None or one.id != changed.id]
        keeping.check_year(form.year.data or 0, today(), taken)
    except RuleBroken as rule:
        form.refuse(rule)
        return False
    return True


@bp.route("/companies/<uuid:company_id>/years/new", methods=["GET", "POST"])
@allow(*STAFF)
def new(company_id: uuid.UUID) -> ResponseReturnValue:
    """Add a business year."""
    user = signed_in_user()
    company = changeable(company_id, user)
    form = YearForm(year=today().year - 1)
    if _check(form, company):
        year = CompanyYear(company_id=company.id)
        form.fill(year, YearForm.FIELDS)
        db.session.add(year)
        db.session.commit()
        say(_("The data of %(year)s are added.", year=year.year))
        return redirect(url_for("companies.data", company_id=company.id, _anchor="years"), 303)
    page = frame(company, user, "data")
    return render_template("companies/year.html", **page, form=form, year=None), 422 if form.errors else 200


@bp.route("/companies/<uuid:company_id>/years/<uuid:year_id>/edit", methods=["GET", "POST"])
@allow(*STAFF)
def edit(company_id: uuid.UUID, year_id: uuid.UUID) -> ResponseReturnValue:
    """Change a business year."""
    user = signed_in_user()
    company = changeable(company_id, user)
    year = queries.year(db.session, company, year_id)
    form, status = YearForm(obj=year), 200
    if _check(form, company, year):
        if resolve_conflicts(db.session, form, year, YearForm.FIELDS, request.form):
            form.fill(year, YearForm.FIELDS)
            db.session.commit()
            say(_("Saved."))
            return redirect(url_for("companies.data", company_id=company.id, _anchor="years"), 303)
        status = 409
    elif form.errors:
        status = 422
    page = frame(company, user, "data")
    return render_template("companies/year.html", **page, form=form, year=year), status


@bp.route("/companies/<uuid:company_id>/years/<uuid:year_id>/removal", methods=["GET", "POST"])
@allow(*STAFF)
def remove(company_id: uuid.UUID, year_id: uuid.UUID) -> ResponseReturnValue:
    """Delete a year's data for good, after a page that says so."""
    user = signed_in_user()
    company = changeable(company_id, user)
    year = queries.year(db.session, company, year_id)
    if request.method == "GET":
        return render_template("companies/remove_year.html", **frame(company, user, "data"), year=year)
    db.session.delete(year)
    db.session.commit()
    say(_("The data of %(year)s are deleted.", year=year.year))
    return redirect(url_for("companies.data", company_id=company.id, _anchor="years"), 303)
