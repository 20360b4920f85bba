"""Pages of a company's own record: take it up, change it, archive it, its data, people and history."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db, history, history_words
from app.accounts import queries as accounts
from app.accounts.marks import allow
from app.accounts.models import STAFF, User
from app.accounts.signing_in import signed_in_user
from app.companies import access, codes, keeping, queries
from app.companies.forms import CompanyForm, RightForm
from app.companies.frame import frame
from app.companies.models import Company
from app.errors import NotAllowed
from app.forms import resolve_conflicts
from app.i18n import language
from app.notices import say

bp = Blueprint("companies", __name__)
SHOWN_CHANGES, ALL_CHANGES = 12, 500


def changeable(company_id: uuid.UUID, user: User) -> Company:
    """A company that the user may change, held until the end of the request when it is to be written."""
    writing = request.method == "POST"
    company = queries.company(db.session, company_id, user, for_update=writing)
    if not access.can_change_company(user, company):
        raise NotAllowed
    return company


def _form(user: User, company: Company | None = None) -> CompanyForm:
    form = CompanyForm()
    form.offer(accounts.staff(db.session), accounts.centre(db.session).regions, company)
    if company is None and not form.is_submitted():
        form.coaches.data = [user.id] if user.id in form.people else []
        form.lead.data = str(user.id)
        form.name.data = form.name.data or request.args.get("name", "")[:200]
    return form


@bp.get("/companies/similar")
@allow(*STAFF)
def similar() -> ResponseReturnValue:
    """Existing firms with a similar name, while one is typed."""
    name = request.args.get("name", "")[:200]
    found = queries.similar_to(db.session, name, signed_in_user(), typing=True)
    return render_template("companies/_similar.html", similar=found, asking=False)


@bp.get("/companies/branches")
@allow(*STAFF)
def branches() -> ResponseReturnValue:
    """WZ codes that contain what is typed, by code or word, as options of a list."""
    version = request.args.get("wz_version", "")
    version = version if version in codes.WZ_VERSIONS else codes.WZ_VERSIONS[0]
    wanted = request.args.get("wz_code", "").strip().casefold()[:60]
    found = [
        (code, label)
        for code, label in codes.wz_classes(version, language())
        if wanted and (code.startswith(wanted) or wanted in label.casefold())
    ]
    return render_template("companies/_branches.html", branches=found[:30])


@bp.route("/companies/new", methods=["GET", "POST"])
@allow(*STAFF)
def new() -> ResponseReturnValue:
    """Take up a firm; firms with a similar name are shown before a second one is made."""
    user = signed_in_user()
    form = _form(user)
    found: list[queries.Known] = []
    if form.validate_on_submit():
        name = str(form.name.data)
        if request.form.get("anyway") != name:
            found = queries.similar_to(db.session, name, user)
        if not found:
            company = keeping.take_up(db.session, name)
            _write(form, company, ())
            db.session.commit()
            say(_("%(name)s is taken up as %(number)s.", name=company.name, number=company.number))
            return redirect(url_for("overview.company", company_id=company.id), 303)
    status = 422 if form.errors else 409 if found else 200
    return render_template(
        "companies/form.html",
        form=form,
        company=None,
        similar=found,
        courts=codes.COURTS,
        branch=_branch(form),
    ), status


@bp.route("/companies/<uuid:company_id>/edit", methods=["GET", "POST"])
@allow(*STAFF)
def edit(company_id: uuid.UUID) -> ResponseReturnValue:
    """Change a firm's master data; what others changed meanwhile is merged or shown."""
    user = signed_in_user()
    company = changeable(company_id, user)
    form = _form(user, company)
    status = 200
    if form.validate_on_submit():
        if resolve_conflicts(db.session, form, company, CompanyForm.FIELDS, request.form):
            _write(form, company, CompanyForm.FIELDS)
            db.session.commit()
            say(_("Saved."))
            return redirect(url_for("companies.data", company_id=company.id), 303)
        status = 409
    elif form.errors:
        status = 422
    else:
        form.read(company)
    return render_template(
        "companies/form.html",
        **frame(company, user, "data"),
        form=form,
        similar=[],
        courts=codes.COURTS,
        branch=_branch(form),
    ), status


def _branch(form: CompanyForm) -> str:
    """The name of the typed branch, below its field."""
    code = str(form.wz_code.data or "")
    label = codes.wz_label(form.wz_version.data, code, language()) if code else ""
    return "" if label == code else label


def _write(form: CompanyForm, company: Company, changed: tuple[str, ...]) -> None:
    """Fields, tags and coaches of a checked form onto the record."""
    form.fill(company, changed or CompanyForm.FIELDS)
    company.rename(str(form.name.data))
    keeping.tag(db.session, company, *form.wanted_tags)
    before, mine, lead = form.wanted_coaches
    keeping.assign(db.session, company, form.people, before, mine, lead)


@bp.post("/companies/<uuid:company_id>/archiving")
@allow(*STAFF)
def archive(company_id: uuid.UUID) -> ResponseReturnValue:
    """Take a firm out of the lists."""
    company = changeable(company_id, signed_in_user())
    company.archive()
    db.session.commit()
    text = _("%(name)s is in the archive.", name=company.name)
    say(text, undo_url=url_for("companies.restore", company_id=company.id))
    return redirect(url_for("overview.company", company_id=company.id), 303)


@bp.post("/companies/<uuid:company_id>/restoration")
@allow(*STAFF)
def restore(company_id: uuid.UUID) -> ResponseReturnValue:
    """Bring a firm back from the archive."""
    company = changeable(company_id, signed_in_user())
    company.restore()
    db.session.commit()
    say(_("%(name)s is back from the archive.", name=company.name))
    return redirect(url_for("overview.company", company_id=company.id), 303)


@bp.get("/companies/<uuid:company_id>/data")
@allow(*STAFF)
def data(company_id: uuid.UUID) -> ResponseReturnValue:
    """Master data, sites, yearly data and the latest changes."""
    user = signed_in_user()
    company = queries.company(db.session, company_id, user)
    changes = history.entries_of_company(db.session, company.id, ALL_CHANGES // 5)
    return render_template(
        "companies/data.html",
        **frame(company, user, "data"),
        branch=codes.wz_label(company.wz_version, company.wz_code, language()) if company.wz_code else "",
        region=codes.region_name(company.nuts3) if company.nuts3 else "",
        region_name=codes.region_name,
        sites=queries.sites_of(db.session, company.id),
        years=queries.years_of(db.session, company.id),
        changes=history_words.rows(changes)[:SHOWN_CHANGES],
    )


@bp.get("/companies/<uuid:company_id>/history")
@allow(*STAFF)
def changes(company_id: uuid.UUID) -> ResponseReturnValue:
    """Who changed what on the firm and its records."""
    user = signed_in_user()
    company = queries.company(db.session, company_id, user)
    entries = history.entries_of_company(db.session, company.id, ALL_CHANGES)
    return render_template(
        "companies/history.html", **frame(company, user, "data"), changes=history_words.rows(entries)
    )


@bp.get("/companies/<uuid:company_id>/people")
@allow(*STAFF)
def people(company_id: uuid.UUID) -> ResponseReturnValue:
    """The firm's contacts and portal users, and who of the centre looks after it."""
    user = signed_in_user()
    company = queries.company(db.session, company_id, user)
    contacts = queries.contacts_of(db.session, company.id, archived=True)
    return render_template(
        "companies/people.html",
        **frame(company, user, "people"),
        contacts=[one for one in contacts if one.archived_at is None],
        former=[one for one in contacts if one.archived_at is not None],
        members=sorted(company.members, key=lambda m: (m.user.last_name, m.user.first_name, m.id)),
        rights={m.id: RightForm(formdata=None, right=m.right) for m in company.members},
        may_assign=access.can_assign_coaches(user, company),
        may_invite=access.can_invite_members(user, company),
    )
