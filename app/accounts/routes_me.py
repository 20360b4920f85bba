"""My profile: what others see of me, how the pages look for me, and where I am signed in."""

from __future__ import annotations

import uuid

import structlog
from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import db, files, pictures
from app.accounts import queries, signing_in
from app.accounts.devices import device_of
from app.accounts.forms import PhotoForm, ProfileForm
from app.accounts.marks import EVERYONE, allow
from app.accounts.routes import bp
from app.accounts.signing_in import signed_in_user
from app.errors import NotFound, RuleBroken
from app.forms import resolve_conflicts
from app.i18n import language

PROFILE = ("first_name", "last_name", "salutation", "job_title", "phone", "language", "theme")
PHOTO_SIDE = 400
log = structlog.get_logger()


def _profile_form() -> ProfileForm:
    form = ProfileForm(formdata=None, obj=signed_in_user())
    form.language.data = form.language.data or language()
    return form


def _profile_page(form: ProfileForm, photo: PhotoForm, status: int = 200) -> ResponseReturnValue:
    return render_template("accounts/profile.html", form=form, photo=photo), status


@bp.get("/me")
@allow(*EVERYONE)
def profile() -> ResponseReturnValue:
    """What others see of me, and how the pages look for me."""
    return _profile_page(_profile_form(), PhotoForm(prefix="photo-"))


@bp.post("/me")
@allow(*EVERYONE)
def save_profile() -> ResponseReturnValue:
    """Save the profile."""
    user, form = signed_in_user(), ProfileForm()
    if not form.validate_on_submit():
        return _profile_page(form, PhotoForm(prefix="photo-", formdata=None), 422)
    if not resolve_conflicts(db.session, form, user, PROFILE, request.form):
        return _profile_page(form, PhotoForm(prefix="photo-", formdata=None), 409)
    form.fill(user, PROFILE)
    db.session.commit()
    flash(_("Your profile is saved."), "success")
    return redirect(url_for(".profile"), 303)


@bp.post("/me/photo")
@allow(*EVERYONE)
def save_photo() -> ResponseReturnValue:
    """Take a new photo, scaled down and without its metadata."""
    user, photo = signed_in_user(), PhotoForm(prefix="photo-")
    try:
        if not photo.validate_on_submit() or not photo.photo.data:
            raise RuleBroken("photo.missing", _l("Choose a picture first."), field="photo")
        picture = pictures.accept_image(photo.photo.data, max_side=PHOTO_SIDE)
    except RuleBroken as rule:
        rule.field = "photo"
        photo.refuse(rule)
        return _profile_page(_profile_form(), photo, 422)
    user.photo_sha = files.store(db.session, picture.data, picture.content_type).sha256
    db.session.commit()
    flash(_("Your photo is saved."), "success")
    return redirect(url_for(".profile"), 303)


@bp.post("/me/photo/removal")
@allow(*EVERYONE)
def remove_photo() -> ResponseReturnValue:
    """Show initials again."""
    signed_in_user().photo_sha = None
    db.session.commit()
    flash(_("Your initials are shown instead of a photo."), "success")
    return redirect(url_for(".profile"), 303)


@bp.get("/photos/<sha>")
@allow(*EVERYONE)
def photo(sha: str) -> ResponseReturnValue:
    """Somebody's photo, for everybody who is signed in."""
    return send_picture(sha, shown=queries.has_photo(db.session, sha), filename="photo")


def send_picture(sha: str, *, shown: bool, filename: str) -> ResponseReturnValue:
    """A stored picture that stands on a page; its address changes with its content."""
    stored = db.session.get(files.StoredFile, sha) if shown else None
    if stored is None:
        raise NotFound
    return files.sent(sha, filename, stored.content_type, inline=True, keep_seconds=30 * 86400)


@bp.get("/me/sessions")
@allow(*EVERYONE)
def sessions() -> ResponseReturnValue:
    """Where I am signed in."""
    rows = queries.sessions_of(db.session, signed_in_user(), db.utcnow())
    devices = [(row, device_of(row.agent)) for row in rows]
    return render_template("accounts/sessions.html", devices=devices, here=g.session_id)


@bp.post("/me/sessions/<uuid:session_id>/end")
@allow(*EVERYONE)
def end_session(session_id: uuid.UUID) -> ResponseReturnValue:
    """Sign one of my devices out."""
    queries.end_sessions(db.session, signed_in_user(), only=session_id)
    db.session.commit()
    if session_id == g.session_id:
        return redirect(url_for(".sign_in"), 303)
    flash(_("That device is signed out."), "success")
    return redirect(url_for(".sessions"), 303)


@bp.post("/me/sessions/end")
@allow(*EVERYONE)
def end_all_sessions() -> ResponseReturnValue:
    """Sign out everywhere, here too."""
    user = signed_in_user()
    queries.end_sessions(db.session, user)
    response = signing_in.sign_out(redirect(url_for(".sign_in"), 303))
    log.info("signed_out_everywhere", user=str(user.id))
    db.session.commit()
    return response
