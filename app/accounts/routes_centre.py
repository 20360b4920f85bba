"""The centre's own settings, its logos, and the pages that the law asks for."""

from __future__ import annotations

import structlog
from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import db, files, pictures
from app.accounts import queries
from app.accounts.forms import CentreForm, TextsForm
from app.accounts.marks import allow, public
from app.accounts.models import Centre, Role
from app.accounts.routes import bp
from app.accounts.routes_me import send_picture
from app.errors import NotFound, RuleBroken
from app.forms import resolve_conflicts

LOGO_SIDE = 1200
LEGAL_PAGES = ("imprint", "privacy", "accessibility")
log = structlog.get_logger()


def _halves(centre: Centre, columns: tuple[str, ...]) -> dict[str, str]:
    """The two languages of bilingual columns under the names that the form's fields have."""
    return {f"{c}_{half}": getattr(centre, c).get(half, "") for c in columns for half in ("de", "en")}


@bp.get("/centre")
@allow(Role.ADMIN, Role.MANAGER)
def centre() -> ResponseReturnValue:
    """Who the centre is, where it works, how it writes."""
    form = CentreForm(obj=g.centre, data=_halves(g.centre, ("funding_notice",)))
    return render_template("accounts/centre.html", form=form)


@bp.post("/centre")
@allow(Role.ADMIN, Role.MANAGER)
def save_centre() -> ResponseReturnValue:
    """Save the settings and the logos."""
    form, kept = CentreForm(), queries.centre(db.session)
    if not form.validate_on_submit():
        return render_template("accounts/centre.html", form=form), 422
    if not resolve_conflicts(db.session, form, kept, CentreForm.NAMES, request.form):
        return render_template("accounts/centre.html", form=form), 409
    try:
        _take_logo(form, kept, "logo")
        _take_logo(form, kept, "funder_logo")
    except RuleBroken as rule:
        form.refuse(rule)
        return render_template("accounts/centre.html", form=form), 422
    form.fill(kept, CentreForm.NAMES)
    db.session.commit()
    flash(_("The centre's settings are saved."), "success")
    return redirect(url_for(".centre"), 303)


def _take_logo(form: CentreForm, kept: Centre, name: str) -> None:
    """Keep an uploaded logo, or take the present one away."""
    upload = form[name].data
    if upload:
        try:
            picture = pictures.accept_image(upload, max_side=LOGO_SIDE)
        except RuleBroken as rule:
            rule.field = name
            raise
        stored = files.store(db.session, picture.data, picture.content_type)
        setattr(kept, f"{name}_sha", stored.sha256)
    elif form[f"remove_{name}"].data:
        setattr(kept, f"{name}_sha", None)


@bp.get("/centre/texts")
@allow(Role.ADMIN, Role.MANAGER)
def centre_texts() -> ResponseReturnValue:
    """The texts of imprint, privacy and accessibility."""
    form = TextsForm(data={"version": g.centre.version, **_halves(g.centre, LEGAL_PAGES)})
    return render_template("accounts/centre_texts.html", form=form)


@bp.post("/centre/texts")
@allow(Role.ADMIN, Role.MANAGER)
def save_centre_texts() -> ResponseReturnValue:
    """Save the texts."""
    form, kept = TextsForm(), queries.centre(db.session)
    if not form.validate_on_submit():
        return render_template("accounts/centre_texts.html", form=form), 422
    if not resolve_conflicts(db.session, form, kept, TextsForm.NAMES, request.form):
        return render_template("accounts/centre_texts.html", form=form), 409
    form.fill(kept, TextsForm.NAMES)
    db.session.commit()
    flash(_("The texts are saved."), "success")
    return redirect(url_for(".centre_texts"), 303)


@bp.get("/centre/logo/<sha>")
@public
def logo(sha: str) -> ResponseReturnValue:
    """The centre's or the funder's logo, on public pages too."""
    if sha not in (g.centre.logo_sha, g.centre.funder_logo_sha):
        raise NotFound
    return send_picture(sha, shown=True, filename="logo")


@bp.get("/imprint")
@public
def imprint() -> ResponseReturnValue:
    """Who is responsible for these pages."""
    return render_template("accounts/legal.html", title=_("Imprint"), text=g.centre.imprint)


@bp.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    """What happens to personal data."""
    return render_template("accounts/legal.html", title=_("Privacy"), text=g.centre.privacy)


@bp.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    """How accessible these pages are and whom to tell about barriers."""
    return render_template("accounts/legal.html", title=_("Accessibility"), text=g.centre.accessibility)
