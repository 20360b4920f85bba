"""Assessing a company: dimension by dimension, submit, reopen, targets."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import history
from app.accounts.models import Role, User
from app.companies.models import Company
from app.maturity import queries
from app.maturity.models import Answer, Assessment, AssessmentStatus, Dimension, Target
from app.maturity.scoring import Strength
from tests.counting import count_statements
from tests.factories import make_company, make_member, make_user, post, sign_in

LEVEL_THREE_SEEN = {"level": "3", "strength": "seen", "action": "next", "version": "0"}


@pytest.fixture
def coach(session: Session) -> User:
    return make_user(session)


@pytest.fixture
def company(session: Session, coach: User) -> Company:
    made = make_company(session, coach)
    session.commit()
    return made


@pytest.fixture
def opened(session: Session, client: FlaskClient, coach: User, company: Company) -> Assessment:
    sign_in(client, coach)
    post(client, f"/companies/{company.id}/assessments", {"assessed_on": "2026-01-15"})
    return session.scalars(select(Assessment).where(Assessment.company_id == company.id)).one()


def dimensions(session: Session, opened: Assessment) -> list[Dimension]:
    return list(queries.dimensions_of(session, opened.model_id))


def url(opened: Assessment, key: str) -> str:
    return f"/assessments/{opened.id}/dimensions/{key}"


def saved(session: Session, opened: Assessment, key: str) -> Answer | None:
    session.expire_all()
    return queries.answers_of(session, opened.id).get(key)


def answer_all(session: Session, client: FlaskClient, opened: Assessment, **given: Any) -> None:
    for dimension in dimensions(session, opened):
        assert post(client, url(opened, dimension.key), {**LEVEL_THREE_SEEN, **given}).status_code == 303


# It works


def test_the_first_assessment_is_t0_and_opens_its_first_dimension(
    session: Session, client: FlaskClient, coach: User, company: Company
) -> None:
    sign_in(client, coach)
    answer = post(client, f"/companies/{company.id}/assessments", {"assessed_on": "2026-01-15"})
    assert answer.status_code == 303
    made = session.scalars(select(Assessment).where(Assessment.company_id == company.id)).one()
    assert (made.kind.value, made.assessed_on.isoformat(), made.assessor_id) == ("T0", "2026-01-15", coach.id)
    assert answer.location.endswith("/dimensions/work_standards")
    page = client.get(answer.location)
    assert page.status_code == 200
    assert page.text.count('name="level"') == 6


def test_next_saves_and_goes_on(
    session: Session, client: FlaskClient, opened: Assessment, coach: User
) -> None:
    answer = post(client, url(opened, "work_standards"), {**LEVEL_THREE_SEEN, "note": "Arbeitspläne gesehen"})
    assert answer.location.endswith("/dimensions/process_automation")
    kept = saved(session, opened, "work_standards")
    assert kept is not None
    assert (kept.level, kept.strength, kept.note, kept.answered_by_id) == (
        3,
        Strength.SEEN,
        "Arbeitspläne gesehen",
        coach.id,
    )
    assert history.entries_of(session, kept)[0].actor == coach.name


def test_a_tap_saves_in_the_background_and_says_why_a_claim_counts_less(
    session: Session, client: FlaskClient, opened: Assessment
) -> None:
    answer = post(
        client,
        url(opened, "work_standards"),
        {"level": "4", "strength": "claimed", "version": "0"},
        headers={"HX-Request": "true", "Accept-Language": "en"},
    )
    assert answer.status_code == 200
    assert "Level 4 is claimed only, so level 2 counts" in answer.text
    kept = saved(session, opened, "work_standards")
    assert kept is not None
    assert kept.level == 4


def test_parking_goes_on_and_marks_the_dimension(
    session: Session, client: FlaskClient, opened: Assessment
) -> None:
    post(client, url(opened, "work_standards"), {"action": "park", "version": "0"})
    kept = saved(session, opened, "work_standards")
    assert kept is not None
    assert (kept.parked, kept.complete) == (True, False)
    assert "step-parked" in client.get(url(opened, "process_automation")).text


def test_not_applicable_leaves_the_score(session: Session, client: FlaskClient, opened: Assessment) -> None:
    post(
        client,
        url(opened, "handling_robotics"),
        {"not_applicable": "y", "reason": "Keine Handhabung", "level": "1", "action": "next", "version": "0"},
    )
    kept = saved(session, opened, "handling_robotics")
    assert kept is not None
    assert (kept.not_applicable, kept.level, kept.complete) == (True, None, True)


def test_submitting_shows_the_result_and_can_be_taken_back(
    session: Session, client: FlaskClient, opened: Assessment, company: Company
) -> None:
    answer_all(session, client, opened)
    assert post(client, f"/assessments/{opened.id}/submission").status_code == 303
    session.refresh(opened)
    assert opened.status is AssessmentStatus.SUBMITTED
    result = queries.latest_result(session, company.id)
    assert result is not None
    assert [str(f.score.mean) for f in result.fields] == ["3.0"] * 4
    assert post(client, url(opened, "work_standards"), LEVEL_THREE_SEEN).status_code == 403
    assert post(client, f"/assessments/{opened.id}/reopening").status_code == 303
    session.refresh(opened)
    assert opened.open


def test_targets_are_proposed_one_level_up_and_kept(
    session: Session, client: FlaskClient, opened: Assessment, company: Company
) -> None:
    answer_all(session, client, opened)
    post(client, f"/assessments/{opened.id}/submission")
    page = client.get(f"/companies/{company.id}/targets").text
    assert page.count('<option selected value="4">') == 22
    keys = [d.key for d in dimensions(session, opened)]
    form = {f"level-{key}": "4" for key in keys} | {f"importance-{key}": "2" for key in keys}
    answer = post(
        client, f"/companies/{company.id}/targets", form | {"level-ai_data": "", "importance-ai_data": "3"}
    )
    assert answer.status_code == 303
    session.expire_all()
    kept = queries.targets_of(session, company.id)
    assert len(kept) == 21
    assert {t.level for t in kept.values()} == {4}


# Who may, who may not


@pytest.mark.parametrize(
    ("role", "seen", "written"),
    [(Role.MANAGER, 200, 303), (Role.COACH, 200, 403), (Role.ADMIN, 403, 403), (Role.COMPANY, 403, 403)],
)
def test_others_read_at_most(
    session: Session, client: FlaskClient, opened: Assessment, role: Role, seen: int, written: int
) -> None:
    other = make_user(session, role)
    session.commit()
    sign_in(client, other)
    assert client.get(f"/assessments/{opened.id}").status_code == seen
    assert client.get(url(opened, "work_standards")).status_code == seen
    assert post(client, url(opened, "work_standards"), LEVEL_THREE_SEEN).status_code == written


def test_a_company_user_cannot_start_an_assessment(
    session: Session, client: FlaskClient, company: Company
) -> None:
    member = make_member(session, company)
    session.commit()
    sign_in(client, member)
    assert (
        post(client, f"/companies/{company.id}/assessments", {"assessed_on": "2026-01-15"}).status_code == 403
    )


def test_a_missing_assessment_is_not_found(client: FlaskClient, opened: Assessment) -> None:
    assert client.get("/assessments/0190aaaa-0000-7000-8000-000000000000").status_code == 404
    assert client.get(url(opened, "no_such_dimension")).status_code == 404


# Bad input


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "No level is chosen yet."),
        ({"level": "3"}, "How is this level supported?"),
        ({"level": "9", "strength": "seen"}, "Not a valid choice"),
        ({"level": "3", "strength": "rumoured"}, "Not a valid choice"),
        ({"level": "3", "strength": "taken_over"}, "Not a valid choice"),
        ({"not_applicable": "y", "reason": "x"}, "This dimension applies to every firm."),
        ({"level": "3", "strength": "seen", "note": "x" * 4001}, "At most 4000 characters"),
    ],
)
def test_an_answer_that_says_too_little_or_too_much_stays_on_the_screen(
    session: Session, client: FlaskClient, opened: Assessment, given: dict[str, str], said: str
) -> None:
    answer = post(
        client,
        url(opened, "work_standards"),
        {"action": "next", "version": "0", **given},
        headers={"Accept-Language": "en"},
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert given.get("note", "") in answer.text
    assert saved(session, opened, "work_standards") is None


def test_not_applicable_needs_a_reason(client: FlaskClient, opened: Assessment) -> None:
    answer = post(
        client,
        url(opened, "handling_robotics"),
        {"not_applicable": "y", "action": "next", "version": "0"},
        headers={"Accept-Language": "en"},
    )
    assert answer.status_code == 422
    assert "Say why this dimension does not apply." in answer.text


def test_an_incomplete_assessment_cannot_be_submitted(client: FlaskClient, opened: Assessment) -> None:
    post(client, url(opened, "work_standards"), LEVEL_THREE_SEEN)
    answer = post(client, f"/assessments/{opened.id}/submission", headers={"Accept-Language": "en"})
    assert answer.status_code == 409
    assert "21 of 22 dimensions are still open." in answer.text


def test_only_one_assessment_at_a_time(client: FlaskClient, opened: Assessment, company: Company) -> None:
    answer = post(client, f"/companies/{company.id}/assessments", {"assessed_on": "2026-01-15"})
    assert answer.status_code == 409


@pytest.mark.parametrize(("day", "status"), [("2999-01-01", 409), ("31.12.2025", 303), ("", 303)])
def test_the_day_of_an_assessment_is_checked(
    session: Session, client: FlaskClient, coach: User, company: Company, day: str, status: int
) -> None:
    sign_in(client, coach)
    assert post(client, f"/companies/{company.id}/assessments", {"assessed_on": day}).status_code == status
    assert session.scalars(select(Assessment).where(Assessment.company_id == company.id)).all() == []


@pytest.mark.parametrize(("level", "kept"), [("3", True), ("5", True), ("2", False), ("6", False)])
def test_a_target_is_from_today_to_two_levels_up(
    session: Session, client: FlaskClient, opened: Assessment, company: Company, level: str, kept: bool
) -> None:
    answer_all(session, client, opened)
    post(client, f"/assessments/{opened.id}/submission")
    keys = [d.key for d in dimensions(session, opened)]
    form = {f"level-{key}": "3" for key in keys} | {f"importance-{key}": "2" for key in keys}
    answer = post(client, f"/companies/{company.id}/targets", form | {"level-ai_data": level})
    assert answer.status_code == (303 if kept else 422)
    rows = session.scalars(select(Target).where(Target.company_id == company.id)).all()
    assert len(rows) == (22 if kept else 0)


# Two people, one answer


def test_a_lost_race_on_the_same_answer_shows_both(
    session: Session, client: FlaskClient, opened: Assessment, coach: User
) -> None:
    post(client, url(opened, "work_standards"), LEVEL_THREE_SEEN)
    first = saved(session, opened, "work_standards")
    assert first is not None
    version = str(first.version)
    manager = make_user(session, Role.MANAGER)
    session.commit()
    sign_in(client, manager)
    post(client, url(opened, "work_standards"), {**LEVEL_THREE_SEEN, "level": "1", "version": version})
    sign_in(client, coach)
    late = post(client, url(opened, "work_standards"), {**LEVEL_THREE_SEEN, "level": "2", "version": version})
    assert late.status_code == 409
    kept = saved(session, opened, "work_standards")
    assert kept is not None
    assert kept.level == 1


def test_my_own_quick_taps_do_not_conflict(session: Session, client: FlaskClient, opened: Assessment) -> None:
    for level in ("1", "2", "3"):
        answer = post(
            client,
            url(opened, "work_standards"),
            {"level": level, "strength": "seen", "version": "0"},
            headers={"HX-Request": "true"},
        )
        assert answer.status_code == 200
    kept = saved(session, opened, "work_standards")
    assert kept is not None
    assert kept.level == 3


def test_targets_that_two_people_agree_at_once_merge_or_show_both(
    session: Session, client: FlaskClient, opened: Assessment, company: Company
) -> None:
    answer_all(session, client, opened)
    post(client, f"/assessments/{opened.id}/submission")
    keys = [d.key for d in dimensions(session, opened)]
    form = {f"level-{key}": "3" for key in keys} | {f"importance-{key}": "2" for key in keys}
    url = f"/companies/{company.id}/targets"
    assert post(client, url, form).status_code == 303
    seen = {f"seen-{key}": "3:2" for key in keys}
    assert post(client, url, form | seen | {"level-ai_data": "4"}).status_code == 303
    assert post(client, url, form | seen | {"level-material_flow": "5"}).status_code == 303
    session.expire_all()
    levels = {key: t.level for key, t in queries.targets_of(session, company.id).items()}
    assert (levels["ai_data"], levels["material_flow"], levels["energy_supply"]) == (4, 5, 3)
    clash = post(client, url, form | seen | {"level-ai_data": "5"}, headers={"Accept-Language": "en"})
    assert clash.status_code == 409
    assert "Somebody else has set the target 4 meanwhile" in clash.text
    decided = form | seen | {"level-ai_data": "5", "seen-ai_data": "4:2", "seen-material_flow": "5:2"}
    assert post(client, url, decided | {"level-material_flow": "5"}).status_code == 303
    session.expire_all()
    assert queries.targets_of(session, company.id)["ai_data"].level == 5


# Edges


def test_scripts_in_notes_and_reasons_come_out_as_text(client: FlaskClient, opened: Assessment) -> None:
    script = "<script>alert(1)</script>"
    post(client, url(opened, "work_standards"), {**LEVEL_THREE_SEEN, "note": script})
    page = client.get(url(opened, "work_standards")).text
    assert script not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_result_page_needs_the_same_statements_for_any_number_of_assessments(
    app: Flask, session: Session, client: FlaskClient, opened: Assessment, company: Company
) -> None:
    answer_all(session, client, opened)
    post(client, f"/assessments/{opened.id}/submission")
    with count_statements(app) as one:
        client.get(f"/companies/{company.id}/maturity")
    for _ in range(2):
        post(client, f"/companies/{company.id}/assessments", {"assessed_on": "2026-02-15"})
        newest = queries.draft_of(session, company.id)
        assert newest is not None
        answer_all(session, client, newest)
        post(client, f"/assessments/{newest.id}/submission")
    with count_statements(app) as three:
        client.get(f"/companies/{company.id}/maturity")
    assert len(three) == len(one)
