"""Company users: inviting people of a firm to its portal, their rights, and taking them away again."""

from __future__ import annotations

import uuid

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app import db
from app.accounts import invitations
from app.accounts.marks import allow
from app.accounts.models import STAFF, Role, User
from app.accounts.signing_in import signed_in_user
from app.companies import access, keeping, queries
from app.companies.forms import MemberForm, RightForm
from app.companies.frame import frame
from app.companies.models import Company, CompanyMember, MemberRight
from app.errors import NotAllowed, NotFound, RuleBroken
from app.mail import on_its_way
from app.notices import say

bp = Blueprint("members", __name__)


def _invitable(company_id: uuid.UUID, user: User) -> Company:
    company = queries.company(db.session, company_id, user, for_update=request.method == "POST")
    if not access.can_invite_members(user, company):
        raise NotAllowed
    return company


def _member(company: Company, member_id: uuid.UUID) -> CompanyMember:
    found = next((one for one in company.members if one.id == member_id), None)
    if found is None:
        raise NotFound
    return found


def _back(company: Company) -> Response:
    return redirect(url_for("companies.people", company_id=company.id, _anchor="members"), 303)


@bp.route("/companies/<uuid:company_id>/members/new", methods=["GET", "POST"])
@allow(*STAFF)
def new(company_id: uuid.UUID) -> ResponseReturnValue:
    """Invite somebody of the firm by mail; a contact's data can be taken over."""
    user = signed_in_user()
    company = _invitable(company_id, user)
    form = MemberForm()
    if form.validate_on_submit():
        try:
            member = _invite(form, company, user)
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            db.session.commit()
            say(on_its_way(_("%(name)s is invited by mail.", name=member.user.name)))
            return _back(company)
    elif not form.is_submitted() and (chosen := request.args.get("contact", "")):
        _take_over(form, company, chosen)
    page = frame(company, user, "people")
    return render_template("companies/member.html", **page, form=form), 422 if form.errors else 200


def _invite(form: MemberForm, company: Company, user: User) -> CompanyMember:
    person = invitations.invite(
        db.session,
        user,
        str(form.email.data),
        str(form.first_name.data),
        str(form.last_name.data),
        role=Role.COMPANY,
        salutation=str(form.salutation.data),
    )
    member = keeping.join(db.session, company, person, form.right.data)
    invitations.send_invitation(db.session, person, user, company.name)
    return member


def _take_over(form: MemberForm, company: Company, contact_id: str) -> None:
    contacts = queries.contacts_of(db.session, company.id)
    contact = next((one for one in contacts if str(one.id) == contact_id), None)
    if contact is not None:
        for name in ("salutation", "first_name", "last_name", "email"):
            form[name].data = getattr(contact, name)


@bp.post("/companies/<uuid:company_id>/members/<uuid:member_id>/invitation")
@allow(*STAFF)
def invite_again(company_id: uuid.UUID, member_id: uuid.UUID) -> ResponseReturnValue:
    """Send the mail once more; earlier links end."""
    user = signed_in_user()
    company = _invitable(company_id, user)
    person = _member(company, member_id).user
    invitations.send_invitation(db.session, person, user, company.name)
    db.session.commit()
    say(_("The mail to %(name)s is sent again.", name=person.name))
    return _back(company)


@bp.post("/companies/<uuid:company_id>/members/<uuid:member_id>/right")
@allow(*STAFF)
def right(company_id: uuid.UUID, member_id: uuid.UUID) -> ResponseReturnValue:
    """Change what a company user may do."""
    company = _invitable(company_id, signed_in_user())
    member = _member(company, member_id)
    form = RightForm()
    if not form.validate_on_submit():
        say(_("Choose one of the rights."), kind="problem")
        return _back(company)
    member.right = form.right.data
    db.session.commit()
    say(_("Saved."))
    return _back(company)


@bp.post("/companies/<uuid:company_id>/members/<uuid:member_id>/removal")
@allow(*STAFF)
def remove(company_id: uuid.UUID, member_id: uuid.UUID) -> ResponseReturnValue:
    """Take somebody's access to this firm away; the account stays."""
    company = _invitable(company_id, signed_in_user())
    member = _member(company, member_id)
    undo = url_for("members.restore", company_id=company.id, user_id=member.user_id, right=member.right.value)
    db.session.delete(member)
    db.session.commit()
    text = _("%(name)s no longer sees this company.", name=member.user.name)
    say(text, undo_url=undo)
    return _back(company)


@bp.post("/companies/<uuid:company_id>/members/by-user/<uuid:user_id>/restoration/<right>")
@allow(*STAFF)
def restore(company_id: uuid.UUID, user_id: uuid.UUID, right: str) -> ResponseReturnValue:
    """Give somebody their access to this firm back, who had it before."""
    company = _invitable(company_id, signed_in_user())
    person = queries.former_member(db.session, company, user_id)
    if right not in list(MemberRight):
        raise NotFound
    keeping.join(db.session, company, person, MemberRight(right))
    db.session.commit()
    say(_("%(name)s sees this company again.", name=person.name))
    return _back(company)
