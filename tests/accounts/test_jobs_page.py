"""The page of one's own background work, and the health of the installation."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app import jobs
from app.accounts.models import Role, User
from app.jobs import Job, JobState
from tests.factories import make_user, post, sign_in


def job_of(session: Session, user: User, state: JobState = JobState.QUEUED, **values: Any) -> Job:
    job = Job(kind="jobs.clean_up", payload={}, state=state, user_id=user.id, **values)
    session.add(job)
    session.commit()
    return job


def test_running_work_shows_how_far_it_is(client: FlaskClient, session: Session, coach: User) -> None:
    job = job_of(
        session,
        coach,
        JobState.LEASED,
        progress_done=3,
        progress_total=12,
        progress_text="Diagramme zeichnen",
    )
    page = sign_in(client, coach).get(f"/jobs/{job.id}").text
    assert "Es wird daran gearbeitet" in page
    assert "Diagramme zeichnen" in page
    assert '<progress class="job-bar" max="12" value="3"' in page
    assert f'hx-get="/jobs/{job.id}"' in page


def test_htmx_gets_the_panel_alone_and_stops_asking_when_done(
    client: FlaskClient, session: Session, coach: User
) -> None:
    job = job_of(session, coach, JobState.DONE, result={"url": "/companies"})
    part = sign_in(client, coach).get(f"/jobs/{job.id}", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "hx-get" not in part
    assert 'href="/companies"' in part


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "javascript:alert(1)", None])
def test_a_result_leads_to_own_pages_only(
    client: FlaskClient, session: Session, coach: User, target: Any
) -> None:
    job = job_of(session, coach, JobState.DONE, result={"url": target})
    page = sign_in(client, coach).get(f"/jobs/{job.id}").text
    assert "Fertig" in page
    assert "Ergebnis öffnen" not in page


def test_failed_work_says_why_and_starts_again(client: FlaskClient, session: Session, coach: User) -> None:
    job = job_of(session, coach, JobState.FAILED, error_text="Die Datei <fehlt>.", attempts=5)
    sign_in(client, coach)
    assert "Die Datei &lt;fehlt&gt;." in client.get(f"/jobs/{job.id}").text
    assert post(client, f"/jobs/{job.id}/retry").location == f"/jobs/{job.id}"
    session.refresh(job)
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert post(client, f"/jobs/{job.id}/retry").status_code == 409


@pytest.mark.parametrize("role", list(Role))
def test_work_of_others_is_not_found(client: FlaskClient, session: Session, coach: User, role: Role) -> None:
    job = job_of(session, coach, JobState.FAILED)
    other = make_user(session, role)
    session.commit()
    sign_in(client, other)
    assert client.get(f"/jobs/{job.id}").status_code == 404
    assert client.get(f"/jobs/{uuid.uuid4()}").status_code == 404
    assert post(client, f"/jobs/{job.id}/retry").status_code == 404
    session.refresh(job)
    assert job.state is JobState.FAILED


def test_work_needs_signing_in(client: FlaskClient, session: Session, coach: User) -> None:
    job = job_of(session, coach)
    assert client.get(f"/jobs/{job.id}").status_code == 302
    assert client.get(f"/jobs/{job.id}", headers={"HX-Request": "true"}).status_code == 401


# Health


def test_health_is_503_without_a_worker_and_200_with_one(client: FlaskClient, session: Session) -> None:
    answer = client.get("/health")
    assert (answer.status_code, answer.json["ok"]) == (503, False)
    assert "worker_silent" in answer.json["warnings"]
    jobs.beat(session, "worker")
    session.commit()
    answer = client.get("/health")
    assert (answer.status_code, answer.json["ok"]) == (200, True)


def test_the_public_sees_no_figures(client: FlaskClient, coach: User) -> None:
    assert set(client.get("/health").json) == {"ok", "warnings"}
    assert set(sign_in(client, coach).get("/health").json) == {"ok", "warnings"}


def test_administrators_see_the_figures_but_no_secret(app: Flask, client: FlaskClient, admin: User) -> None:
    answer = sign_in(client, admin).get("/health")
    assert answer.json["database"]["at_head"] is True
    for secret in (app.config["SECRET_KEY"], str(app.config["SETTINGS"].instance_dir), "postgresql+psycopg"):
        assert secret not in answer.text
