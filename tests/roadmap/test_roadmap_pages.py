"""A company's roadmap: drafted from the gaps, agreed, moved on, with undo and without lost words."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import db
from app.accounts.models import Role, User
from app.companies.models import Company
from app.maturity import assessing
from app.maturity import queries as maturity
from app.maturity.scoring import Strength, effective_levels
from app.roadmap.models import Measure, MeasureStatus, RoadmapAgreement
from tests.factories import make_company, make_user, post, sign_in


@pytest.fixture
def coach(session: Session) -> User:
    return make_user(session)


@pytest.fixture
def company(session: Session, coach: User) -> Company:
    """A company at level 1 almost everywhere with a target one level up."""
    made = make_company(session, coach)
    day = db.utcnow().date()
    opened = assessing.start_assessment(session, made, coach, day, day)
    dimensions = maturity.dimensions_of(session, opened.model_id)
    for dimension in dimensions:
        level = {"energy_management": 4, "process_automation": 3}.get(dimension.key, 1)
        answer = assessing.new_answer(session, opened, dimension)
        assessing.write_answer(answer, assessing.Given(level=level, strength=Strength.SEEN), coach)
    session.flush()
    opened.submit(db.utcnow(), len(dimensions), len(dimensions))
    session.flush()
    result = maturity.latest_result(session, made.id)
    assert result is not None
    levels = effective_levels(row.rating for row in result.rows)
    wanted = {key: (min(4, level + 1), 2) for key, level in levels.items() if level is not None}
    assessing.agree_targets(session, made, levels, wanted, day)
    session.commit()
    return made


@pytest.fixture
def staff(client: FlaskClient, coach: User) -> FlaskClient:
    return sign_in(client, coach)


def measures(session: Session, company: Company) -> list[Measure]:
    session.expire_all()
    return list(
        session.scalars(
            select(Measure).where(Measure.company_id == company.id).order_by(Measure.position, Measure.id)
        )
    )


def taken(session: Session, staff: FlaskClient, company: Company) -> list[Measure]:
    """Put the recommended measures on the roadmap."""
    draft = staff.get(f"/companies/{company.id}/roadmap/draft").text
    keys = re.findall(r'name="measure" value="(\w+)" checked', draft)
    assert post(staff, f"/companies/{company.id}/roadmap/draft", {"measure": keys}).status_code == 303
    return measures(session, company)


FREE = {
    "title": "Rüstwagen für Halle 2 bauen",
    "field": "automation",
    "kind": "coaching",
    "horizon": "now",
    "owner_side": "company",
}


# It works


def test_the_draft_shows_every_factor_and_what_comes_first(staff: FlaskClient, company: Company) -> None:
    draft = staff.get(f"/companies/{company.id}/roadmap/draft", headers={"Accept-Language": "en"}).text
    assert "importance 2 × gap 1 × effect 1 ÷ effort" in draft
    assert "at level 4 the catalogue proposes nothing" in draft
    assert "comes after" in draft


def test_ticked_measures_go_on_the_roadmap_with_their_factors(
    session: Session, staff: FlaskClient, company: Company
) -> None:
    made = taken(session, staff, company)
    assert len(made) >= 15
    assert all(m.status is MeasureStatus.PROPOSED and m.factors and m.due_on for m in made)
    assert len({m.number for m in made}) == len(made)
    again = staff.get(f"/companies/{company.id}/roadmap/draft").text
    assert "checked" not in again
    shown = staff.get(f"/companies/{company.id}/roadmap").text
    assert made[0].title["de"] in shown


def test_agreeing_makes_proposed_measures_planned_and_keeps_a_snapshot(
    session: Session, staff: FlaskClient, company: Company
) -> None:
    taken(session, staff, company)
    answer = post(
        staff,
        f"/companies/{company.id}/roadmap/agreement",
        {"agreed_on": today_text(), "agreed_with": "Martina Semmler"},
    )
    assert answer.status_code == 303
    kept = session.scalars(select(RoadmapAgreement).where(RoadmapAgreement.company_id == company.id)).one()
    made = measures(session, company)
    assert {m.status for m in made} == {MeasureStatus.PLANNED}
    assert len(kept.snapshot["measures"]) == len(made)
    assert kept.agreed_with == "Martina Semmler"


def today_text() -> str:
    return db.utcnow().date().isoformat()


def test_a_free_measure_is_added_and_edited(session: Session, staff: FlaskClient, company: Company) -> None:
    assert post(staff, f"/companies/{company.id}/measures/new", FREE).status_code == 303
    [made] = measures(session, company)
    assert made.title == {"de": FREE["title"], "en": FREE["title"]}
    edited = FREE | {"title": "Rüstwagen bauen", "due_on": "2027-02-01", "version": str(made.version)}
    assert post(staff, f"/measures/{made.id}/edit", edited).status_code == 303
    [made] = measures(session, company)
    assert (made.title["de"], made.due_on and made.due_on.isoformat()) == ("Rüstwagen bauen", "2027-02-01")


def test_a_status_changes_with_undo(session: Session, staff: FlaskClient, company: Company) -> None:
    post(staff, f"/companies/{company.id}/measures/new", FREE)
    [made] = measures(session, company)
    assert (
        post(staff, f"/measures/{made.id}/status", {"status": "done", "result": "21 Minuten"}).status_code
        == 303
    )
    [made] = measures(session, company)
    assert (made.status, made.done_on is not None, made.result) == (MeasureStatus.DONE, True, "21 Minuten")
    assert post(staff, f"/measures/{made.id}/status/proposed/undoing").status_code == 303
    [made] = measures(session, company)
    assert (made.status, made.done_on) == (MeasureStatus.PROPOSED, None)


@pytest.mark.parametrize("url", ["/roadmaps", "/roadmaps?coach=all&status=running", "/reference/measures"])
def test_lists_open(staff: FlaskClient, company: Company, url: str) -> None:
    post(staff, f"/companies/{company.id}/measures/new", FREE)
    assert staff.get(url).status_code == 200


# Who may, who may not


@pytest.mark.parametrize(
    ("role", "seen", "written"),
    [(Role.MANAGER, 200, 303), (Role.COACH, 200, 403), (Role.ADMIN, 403, 403), (Role.COMPANY, 403, 403)],
)
def test_others_read_at_most(
    session: Session, staff: FlaskClient, company: Company, role: Role, seen: int, written: int
) -> None:
    post(staff, f"/companies/{company.id}/measures/new", FREE)
    [made] = measures(session, company)
    other = make_user(session, role)
    session.commit()
    sign_in(staff, other)
    assert staff.get(f"/companies/{company.id}/roadmap").status_code == seen
    assert staff.get(f"/measures/{made.id}").status_code == seen
    assert post(staff, f"/measures/{made.id}/status", {"status": "running"}).status_code == written
    assert post(staff, f"/companies/{company.id}/measures/new", FREE).status_code == written


# Bad input


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": ""}, "Give the measure a name."),
        ({"title": "x" * 201}, "At most 200 characters"),
        ({"field": "magic"}, "Not a valid choice"),
        ({"due_on": "2026-01-01", "starts_on": "2026-01-02"}, "lies before the start"),
        ({"company_days": "1000"}, "whole number from 0 to 999"),
        ({"company_days": "two"}, "whole number from 0 to 999"),
        ({"due_on": "31.31.2026"}, "Not a valid date"),
    ],
)
def test_a_wrong_measure_is_refused_with_its_words_kept(
    session: Session, staff: FlaskClient, company: Company, change: dict[str, str], said: str
) -> None:
    answer = post(
        staff,
        f"/companies/{company.id}/measures/new",
        FREE | {"why": "Bleibt stehen"} | change,
        headers={"Accept-Language": "en"},
    )
    assert answer.status_code == 422
    assert said in answer.text
    assert "Bleibt stehen" in answer.text
    assert measures(session, company) == []


def test_due_on_the_day_of_the_start_is_fine(session: Session, staff: FlaskClient, company: Company) -> None:
    days = {"starts_on": "2027-01-02", "due_on": "2027-01-02"}
    assert post(staff, f"/companies/{company.id}/measures/new", FREE | days).status_code == 303


@pytest.mark.parametrize("status", ["not_now", "dropped"])
def test_putting_off_needs_a_reason(
    session: Session, staff: FlaskClient, company: Company, status: str
) -> None:
    post(staff, f"/companies/{company.id}/measures/new", FREE)
    [made] = measures(session, company)
    answer = post(
        staff,
        f"/measures/{made.id}/status",
        {"status": status, "reason": " "},
        headers={"Accept-Language": "en"},
    )
    assert answer.status_code == 422
    assert "Say why this measure is put off." in answer.text
    assert (
        post(staff, f"/measures/{made.id}/status", {"status": status, "reason": "Kein Budget"}).status_code
        == 303
    )


def test_nothing_can_be_agreed_on_an_empty_roadmap(staff: FlaskClient, company: Company) -> None:
    answer = post(
        staff,
        f"/companies/{company.id}/roadmap/agreement",
        {"agreed_on": today_text(), "agreed_with": "Frau Semmler"},
        headers={"Accept-Language": "en"},
    )
    assert answer.status_code == 422
    assert "There is no measure to agree on yet." in answer.text


def test_an_agreement_is_not_in_the_future(session: Session, staff: FlaskClient, company: Company) -> None:
    taken(session, staff, company)
    answer = post(
        staff, f"/companies/{company.id}/roadmap/agreement", {"agreed_on": "2999-01-01", "agreed_with": "x"}
    )
    assert answer.status_code == 422


def test_without_targets_there_is_nothing_to_draft(session: Session, staff: FlaskClient, coach: User) -> None:
    bare = make_company(session, coach)
    session.commit()
    assert staff.get(f"/companies/{bare.id}/roadmap/draft").status_code == 409
    assert staff.get(f"/companies/{bare.id}/roadmap").status_code == 200


# Two people, one measure


def test_different_fields_merge_and_the_same_field_shows_both(
    session: Session, staff: FlaskClient, company: Company
) -> None:
    post(staff, f"/companies/{company.id}/measures/new", FREE)
    [made] = measures(session, company)
    opened = {"version": str(made.version)}
    assert post(staff, f"/measures/{made.id}/edit", FREE | opened | {"why": "Ihr Grund"}).status_code == 303
    merged = post(staff, f"/measures/{made.id}/edit", FREE | opened | {"coach_days": "3"})
    assert merged.status_code == 303
    [made] = measures(session, company)
    assert (made.why, made.coach_days) == ("Ihr Grund", 3)
    lost = post(staff, f"/measures/{made.id}/edit", FREE | opened | {"why": "Mein Grund"})
    assert lost.status_code == 409
    assert "Ihr Grund" in lost.text
    assert "Mein Grund" in lost.text
    [made] = measures(session, company)
    mine = FREE | {"version": str(made.version), "why": "Mein Grund", "resolve-why": "mine"}
    assert post(staff, f"/measures/{made.id}/edit", mine).status_code == 303
    [made] = measures(session, company)
    assert made.why == "Mein Grund"


def test_scripts_come_out_as_text(session: Session, staff: FlaskClient, company: Company) -> None:
    post(
        staff,
        f"/companies/{company.id}/measures/new",
        FREE | {"title": "<script>1</script>", "why": "<b>x</b>"},
    )
    [made] = measures(session, company)
    shown = staff.get(f"/measures/{made.id}").text
    assert "<script>1</script>" not in shown
    assert "<b>x</b>" not in shown


def test_a_title_that_somebody_else_changed_is_not_lost(
    session: Session, staff: FlaskClient, company: Company
) -> None:
    post(staff, f"/companies/{company.id}/measures/new", FREE)
    [made] = measures(session, company)
    opened = {"version": str(made.version)}
    theirs = FREE | opened | {"title": "Ihr Titel", "field": "ai"}
    assert post(staff, f"/measures/{made.id}/edit", theirs).status_code == 303
    assert post(staff, f"/measures/{made.id}/edit", FREE | opened | {"why": "Grund"}).status_code == 303
    [made] = measures(session, company)
    assert (made.title["de"], made.field.value, made.why) == ("Ihr Titel", "ai", "Grund")
    clash = post(staff, f"/measures/{made.id}/edit", FREE | opened | {"title": "Mein Titel"})
    assert clash.status_code == 409
    assert "Ihr Titel" in clash.text
    assert "Mein Titel" in clash.text
