"""The start page: sends everybody where their work begins."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import db
from app.accounts.marks import EVERYONE, allow
from app.accounts.models import Role
from app.accounts.signing_in import signed_in_user
from app.overview import queries_home

bp = Blueprint("home", __name__)


@bp.get("/")
@allow(*EVERYONE)
def index() -> ResponseReturnValue:
    """To one's own companies, to all, to the users or to one's own firm, by role."""
    user = signed_in_user()
    if user.role is Role.COACH:
        return redirect(url_for("overview.companies", view="mine"))
    if user.role is Role.MANAGER:
        return redirect(url_for("overview.companies"))
    if user.role is Role.ADMIN:
        return redirect(url_for("accounts.users"))
    companies = queries_home.companies_of(db.session, user)
    if len(companies) == 1:
        return redirect(url_for("portal.overview", company_id=companies[0].id))
    return render_template("overview/home.html", companies=companies)
