"""Documents of a company: the list, putting a file on file, sending it, its title and release."""

from __future__ import annotations

import uuid

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from app import db, files
from app.accounts.marks import allow
from app.accounts.models import STAFF, Role, User
from app.accounts.signing_in import signed_in_user
from app.companies import queries as companies
from app.companies.frame import frame
from app.companies.models import Company
from app.documents import queries
from app.documents.access import can_file_documents
from app.documents.forms import TitleForm, UploadForm
from app.documents.kinds import ACCEPTED, kind_of
from app.documents.models import Document, DocumentKind
from app.errors import NotAllowed, RuleBroken
from app.forms import resolve_conflicts
from app.notices import say

bp = Blueprint("documents", __name__)
MEGABYTE = 1024 * 1024


def _back(company_id: uuid.UUID) -> Response:
    return redirect(url_for("documents.index", company_id=company_id), 303)


def _page(company: Company, user: User, form: UploadForm, status: int) -> ResponseReturnValue:
    return render_template(
        "documents/index.html",
        **frame(company, user, "documents"),
        documents=queries.documents_of(db.session, company.id, user),
        form=form,
        may_file=can_file_documents(user, company),
        accepted=ACCEPTED,
        limit=current_app.config["SETTINGS"].max_upload_bytes // MEGABYTE,
    ), status


@bp.get("/companies/<uuid:company_id>/documents")
@allow(*STAFF)
def index(company_id: uuid.UUID) -> ResponseReturnValue:
    """Issued reports and uploaded files, newest first."""
    user = signed_in_user()
    return _page(companies.company(db.session, company_id, user), user, UploadForm(), 200)


@bp.post("/companies/<uuid:company_id>/documents")
@allow(*STAFF)
def upload(company_id: uuid.UUID) -> ResponseReturnValue:
    """Put a file on file."""
    user = signed_in_user()
    company = companies.company(db.session, company_id, user, for_update=True)
    if not can_file_documents(user, company):
        raise NotAllowed
    form = UploadForm()
    if form.validate_on_submit():
        try:
            document = _filed(form, company, user)
        except RuleBroken as rule:
            form.refuse(rule)
        else:
            db.session.commit()
            say(_("%(title)s is on file.", title=document.title))
            return _back(company.id)
    return _page(company, user, form, 422)


def _filed(form: UploadForm, company: Company, user: User) -> Document:
    given: FileStorage = form.file.data
    filename = files.safe_filename(given.filename or "")
    kind = kind_of(filename, given.stream)
    stored = files.store(db.session, given.stream, kind.content_type)
    known = queries.same_file(db.session, company.id, stored.sha256)
    if known is not None:
        raise RuleBroken(
            "document.duplicate",
            _("This very file is on file already as “%(title)s”.", title=known.title),
            field="file",
            value=filename,
            way_out=_("Change its title or release it in the list below."),
        )
    document = Document(
        company_id=company.id,
        kind=DocumentKind.UPLOAD,
        title=form.title.data or filename.rpartition(".")[0] or filename,
        filename=filename,
        sha256=stored.sha256,
        size=stored.size,
        content_type=kind.content_type,
        released=bool(form.released.data),
        created_by_id=user.id,
    )
    db.session.add(document)
    return document


@bp.get("/documents/<uuid:document_id>/file")
@allow(*STAFF, Role.COMPANY)
def download(document_id: uuid.UUID) -> ResponseReturnValue:
    """The file itself, if the reader may see it now."""
    document = queries.document(db.session, document_id, signed_in_user())
    return files.sent(
        document.sha256, document.filename, document.content_type, inline="open" in request.args
    )


def _changeable(document_id: uuid.UUID, user: User) -> Document:
    document = queries.document(db.session, document_id, user, for_update=request.method == "POST")
    if not can_file_documents(user, document.company):
        raise NotAllowed
    return document


@bp.route("/documents/<uuid:document_id>/edit", methods=["GET", "POST"])
@allow(*STAFF)
def edit(document_id: uuid.UUID) -> ResponseReturnValue:
    """Change the title; the file stays what it is."""
    user = signed_in_user()
    document = _changeable(document_id, user)
    form, status = TitleForm(obj=document), 200
    if form.validate_on_submit():
        if resolve_conflicts(db.session, form, document, TitleForm.FIELDS, request.form):
            form.fill(document, TitleForm.FIELDS)
            db.session.commit()
            say(_("Saved."))
            return _back(document.company_id)
        status = 409
    elif form.errors:
        status = 422
    page = frame(document.company, user, "documents")
    return render_template("documents/edit.html", **page, form=form, document=document), status


@bp.post("/documents/<uuid:document_id>/release")
@allow(*STAFF)
def release(document_id: uuid.UUID) -> ResponseReturnValue:
    """Show the document to the company, or (released=0) no longer."""
    document = _changeable(document_id, signed_in_user())
    document.released = request.form.get("released") == "1"
    db.session.commit()
    text = (
        _("The company sees %(title)s now.", title=document.title)
        if document.released
        else _("The company no longer sees %(title)s.", title=document.title)
    )
    say(text)
    return _back(document.company_id)
