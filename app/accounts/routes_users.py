"""The users page: who has an account, inviting, roles, disabling, new links, ending sessions."""

from __future__ import annotations

import uuid
from typing import Any

import structlog
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db, history, history_words
from app.accounts import access, invitations, mails, queries
from app.accounts.forms import InviteForm, UserForm, role_of
from app.accounts.marks import allow
from app.accounts.models import LinkPurpose, Role, User
from app.accounts.queries import UserGroup
from app.accounts.routes import bp
from app.accounts.signing_in import signed_in_user
from app.errors import NotAllowed, RuleBroken
from app.forms import resolve_conflicts
from app.mail import on_its_way

PAGE = 50
CHANGED = ("first_name", "last_name", "salutation", "job_title", "phone", "role", "language")
log = structlog.get_logger()


def _key(text: str | None) -> uuid.UUID | None:
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


@bp.get("/users")
@allow(Role.ADMIN, Role.MANAGER)
def users() -> ResponseReturnValue:
    """Who has an account: the centre's people, the companies', the disabled ones."""
    me = signed_in_user()
    text = request.args.get("q", "")[:100].replace("\x00", "").strip()
    group = next((g for g in UserGroup if g == request.args.get("group")), UserGroup.CENTRE)
    after = _key(request.args.get("after"))
    rows = queries.users(db.session, me, group, text=text, after=after, limit=PAGE + 1)
    return render_template(
        "accounts/users.html",
        rows=rows[:PAGE],
        last=rows[PAGE - 1][0].id if len(rows) > PAGE else None,
        after=after,
        q=text,
        group=group,
        groups=queries.count_users(db.session, me),
    )


def _invite_page(form: InviteForm, status: int = 200, again: User | None = None) -> ResponseReturnValue:
    return render_template("accounts/invite.html", form=form, again=again), status


def _invite_form() -> InviteForm:
    form = InviteForm()
    form.offer(access.invitable_roles(signed_in_user()))
    return form


@bp.get("/users/new")
@allow(Role.ADMIN, Role.MANAGER)
def new_user() -> ResponseReturnValue:
    """Invite somebody of the centre."""
    return _invite_page(_invite_form())


@bp.post("/users/new")
@allow(Role.ADMIN, Role.MANAGER)
def invite() -> ResponseReturnValue:
    """Make the account and mail the invitation; somebody who has one already is named."""
    me, form = signed_in_user(), _invite_form()
    if not form.validate_on_submit():
        return _invite_page(form, 422)
    try:
        account = invitations.invite(
            db.session,
            me,
            form.email.data or "",
            form.first_name.data or "",
            form.last_name.data or "",
            role=role_of(form),
            salutation=form.salutation.data,
            job_title=form.job_title.data or "",
            phone=form.phone.data or "",
            language=form.language.data,
        )
        invitations.send_invitation(db.session, account, me)
    except RuleBroken as rule:
        form.refuse(rule)
        return _invite_page(form, 422, _invited_before(rule, me))
    db.session.commit()
    log.info("user_invited", user=str(account.id), role=account.role.value)
    flash(on_its_way(_("%(name)s is invited by mail.", name=account.name)), "success")
    return redirect(url_for(".users"), 303)


def _invited_before(rule: RuleBroken, me: User) -> User | None:
    """The person of a refused invitation who has not joined yet and may be sent it again."""
    if not isinstance(rule.value, uuid.UUID):
        return None
    found = db.session.get_one(User, rule.value)
    waits = found.joined_at is None and found.active
    return found if waits and access.can_change_user(me, found) else None


def _user_page(account: User, form: UserForm, status: int = 200) -> ResponseReturnValue:
    me = signed_in_user()
    return render_template(
        "accounts/user.html",
        account=account,
        form=form,
        may_change=access.can_change_user(me, account),
        sessions=queries.sessions_of(db.session, account, db.utcnow()),
        invitation=queries.open_link(db.session, account, LinkPurpose.INVITATION, db.utcnow()),
        changes=history_words.rows(history.entries_of(db.session, account), of_one_record=True),
    ), status


def _user_form(account: User, *, filled: bool) -> UserForm:
    form = UserForm(obj=account) if filled else UserForm()
    form.offer(access.assignable_roles(signed_in_user(), account))
    return form


@bp.get("/users/<uuid:user_id>")
@allow(Role.ADMIN, Role.MANAGER)
def user(user_id: uuid.UUID) -> ResponseReturnValue:
    """One account: what it may do, where it is signed in, what happened to it."""
    account = queries.user(db.session, user_id, signed_in_user())
    return _user_page(account, _user_form(account, filled=True))


@bp.post("/users/<uuid:user_id>")
@allow(Role.ADMIN, Role.MANAGER)
def save_user(user_id: uuid.UUID) -> ResponseReturnValue:
    """Save name and role; a changed role ends the sessions that had the old one."""
    account = _to_change(user_id)
    form = _user_form(account, filled=False)
    if not form.validate_on_submit():
        return _user_page(account, form, 422)
    if not resolve_conflicts(db.session, form, account, CHANGED, request.form):
        return _user_page(account, form, 409)
    try:
        before = account.role
        account.give_role(role_of(form), queries.count_admins(db.session))
    except RuleBroken as rule:
        form.refuse(rule)
        return _user_page(account, form, 422)
    form.fill(account, [name for name in CHANGED if name != "role"])
    if account.role is not before:
        queries.end_sessions(db.session, account)
        log.info("role_changed", user=str(account.id), role=account.role.value)
    db.session.commit()
    flash(_("%(name)s is saved.", name=account.name), "success")
    return redirect(url_for(".user", user_id=account.id), 303)


def _to_change(user_id: uuid.UUID) -> User:
    account = queries.user(db.session, user_id, signed_in_user())
    if not access.can_change_user(signed_in_user(), account):
        raise NotAllowed
    return account


def _done(account: User, text: str, event: str, undo_url: str | None = None) -> ResponseReturnValue:
    db.session.commit()
    log.info(event, user=str(account.id))
    message: Any = {"text": text, "undo_url": undo_url} if undo_url else text
    flash(message, "success")
    return redirect(url_for(".user", user_id=account.id), 303)


@bp.post("/users/<uuid:user_id>/invitation")
@allow(Role.ADMIN, Role.MANAGER)
def invite_again(user_id: uuid.UUID) -> ResponseReturnValue:
    """Send a new invitation link; the one before stops working."""
    account = _to_change(user_id)
    if not account.active:
        raise NotAllowed
    account.invited_at = db.utcnow()
    invitations.send_invitation(db.session, account, signed_in_user())
    text = on_its_way(_("%(name)s gets a new invitation by mail.", name=account.name))
    return _done(account, text, "user_invited_again")


@bp.post("/users/<uuid:user_id>/reset")
@allow(Role.ADMIN, Role.MANAGER)
def reset(user_id: uuid.UUID) -> ResponseReturnValue:
    """Have a link sent with which the person sets a new passphrase; nobody else sees it."""
    account = _to_change(user_id)
    if not access.can_reset(signed_in_user(), account):
        raise NotAllowed
    mails.send_link(db.session, account, LinkPurpose.RESET, by=signed_in_user().name)
    text = _("%(name)s gets a link to set a new passphrase.", name=account.name)
    return _done(account, text, "reset_started")


@bp.post("/users/<uuid:user_id>/disabling")
@allow(Role.ADMIN, Role.MANAGER)
def disable(user_id: uuid.UUID) -> ResponseReturnValue:
    """Take an account out of use; its sessions and links end at once."""
    account = _to_change(user_id)
    account.disable(signed_in_user(), queries.count_admins(db.session))
    queries.end_sessions(db.session, account)
    queries.end_links(db.session, account)
    undo = url_for(".enable", user_id=account.id)
    return _done(account, _("The account of %(name)s is disabled.", name=account.name), "user_disabled", undo)


@bp.post("/users/<uuid:user_id>/enabling")
@allow(Role.ADMIN, Role.MANAGER)
def enable(user_id: uuid.UUID) -> ResponseReturnValue:
    """Take an account into use again."""
    account = _to_change(user_id)
    account.enable()
    return _done(account, _("The account of %(name)s is enabled.", name=account.name), "user_enabled")


@bp.post("/users/<uuid:user_id>/sessions/end")
@allow(Role.ADMIN, Role.MANAGER)
def end_sessions_of(user_id: uuid.UUID) -> ResponseReturnValue:
    """Sign somebody out everywhere."""
    account = _to_change(user_id)
    queries.end_sessions(db.session, account)
    return _done(account, _("%(name)s is signed out everywhere.", name=account.name), "sessions_ended")
