"""Work in the background: how far it is, why it failed, what came out of it."""

from __future__ import annotations

import uuid

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import db, jobs
from app.accounts.marks import EVERYONE, allow
from app.accounts.routes import bp
from app.accounts.signing_in import signed_in_user
from app.errors import NotFound
from app.security import own_path

NAMES = {
    jobs.JobState.QUEUED: "queued",
    jobs.JobState.LEASED: "running",
    jobs.JobState.DONE: "done",
    jobs.JobState.FAILED: "failed",
    jobs.JobState.CANCELLED: "failed",
}


def _own_job(job_id: uuid.UUID) -> jobs.Job:
    found = jobs.job(db.session, job_id)
    if found is None or found.user_id != signed_in_user().id:
        raise NotFound
    return found


@bp.get("/jobs/<uuid:job_id>")
@allow(*EVERYONE)
def job(job_id: uuid.UUID) -> ResponseReturnValue:
    """How far my work is: a page, or the panel alone for htmx."""
    found = _own_job(job_id)
    result = found.result or {}
    page = "_job" if request.headers.get("HX-Request") else "job"
    return render_template(
        f"accounts/{page}.html",
        job=found,
        state=NAMES[found.state],
        result_url=own_path(result.get("url"), "") or None,
    )


@bp.post("/jobs/<uuid:job_id>/retry")
@allow(*EVERYONE)
def retry_job(job_id: uuid.UUID) -> ResponseReturnValue:
    """Start failed work again."""
    jobs.retry(db.session, _own_job(job_id))
    db.session.commit()
    return redirect(url_for(".job", job_id=job_id), 303)
