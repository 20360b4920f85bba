"""The demo centre: complete, plausible, consistent, the same on every run of a day; its pages open."""

from __future__ import annotations

import datetime as dt
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from app import create_app, db, history
from app.accounts import queries as accounts
from app.accounts.models import Role, User
from app.accounts.passwords import check_passphrase, verified
from app.coaching.models import Commitment, Side, TimeEntry, Visit, VisitContact, VisitKind, VisitStatus
from app.companies.models import Company, CompanyStatus, CompanyTag, CompanyYear, Contact, Site
from app.config import Settings
from app.demo.building import FILE, DemoPeople, build_demo
from app.demo.calendar import Calendar, is_working_day
from app.fields import Field
from app.maturity import queries as maturity
from app.maturity.models import Answer, Assessment, AssessmentKind, AssessmentStatus, Target
from app.maturity.scoring import CLAIMED_CAP, Strength
from app.maturity.targets import check_importance, check_target
from app.roadmap import queries as roadmap
from app.roadmap.models import Measure, MeasureStatus, RoadmapAgreement
from app.setup import load_reference_data
from tests.conftest import migrated
from tests.factories import sign_in

ZONE = ZoneInfo("Europe/Berlin")
SHOWCASE = "Warnow Präzisionsteile GmbH"


@dataclass
class Demo:
    """An installation with a demo centre."""

    app: Flask
    session: Session
    people: DemoPeople
    folder: Path

    @property
    def showcase(self) -> Company:
        return self.session.scalars(select(Company).where(Company.name == SHOWCASE)).one()

    def user(self, role: Role) -> User:
        email = self.people.one_per_role[role].email
        return self.session.scalars(select(User).where(User.email == email)).one()

    def all(self, kind: type[Any], *options: Any) -> list[Any]:
        return list(self.session.scalars(select(kind).options(*options)))


def today() -> dt.date:
    return dt.datetime.now(ZONE).date()


def installation(url: str, folder: Path) -> Flask:
    migrated(url)
    environment = {
        "INSTANCE_DIR": str(folder),
        "DATABASE_URL": url,
        "SECRET_KEY": "test-key-test-key-test-key-test-key",
    }
    return create_app(Settings.from_environment(environment, testing=True))


def furnished(app: Flask, folder: Path, day: dt.date) -> DemoPeople:
    with app.app_context(), db.database().writing() as session:
        load_reference_data(session)
        return build_demo(session, day, folder)


@pytest.fixture(scope="module")
def demo(
    engine: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Demo]:
    """A demo in a database of its own: what it commits must not stay in the one of the other tests."""
    folder = tmp_path_factory.mktemp(f"demo-{engine}")
    url = f"sqlite:///{folder / 'demo.db'}"
    if engine == "postgresql":
        server: str = request.getfixturevalue("postgres_url")
        with psycopg.connect(server.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("drop database if exists demo with (force)")
            connection.execute("create database demo")
        url = server.rsplit("/", 1)[0] + "/demo"
    app = installation(url, folder)
    people = furnished(app, folder, today())
    session = app.extensions["database"].new_session(reader=True)
    yield Demo(app, session, people, folder)
    session.close()
    app.extensions["database"].engine.dispose()


def test_everybody_of_the_demo_can_sign_in(demo: Demo) -> None:
    roles = Counter(one.role for one in demo.people.sign_ins)
    assert roles == {Role.COACH: 3, Role.MANAGER: 1, Role.ADMIN: 1, Role.COMPANY: 1}
    centre = accounts.centre(demo.session)
    assert (centre.demo, centre.name) == (True, "Transformationszentrum Musterküste")
    for one in demo.people.sign_ins:
        person = accounts.user_by_email(demo.session, one.email)
        assert person is not None
        assert (person.role, person.active) == (one.role, True)
        assert person.joined_at is not None
        assert verified(person.password_hash, one.passphrase)
        check_passphrase(one.passphrase, (one.email, *one.name.split(), centre.name, centre.city))
    assert accounts.people_by_role(demo.session).keys() == roles.keys()
    assert accounts.people_by_role(demo.session)[Role.COACH].name == "Anke Krüger"


def test_the_sign_ins_are_in_a_file_for_the_owner_only(demo: Demo) -> None:
    file = demo.folder / FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text(encoding="utf-8") == demo.people.text()
    lines = demo.people.text().splitlines()
    assert [role.value for role in demo.people.one_per_role] == ["coach", "manager", "admin", "company"]
    for line, one in zip(lines[1:5], demo.people.one_per_role.values(), strict=True):
        assert line.split()[-2:] == [one.email, one.passphrase]
    assert "passphrase=" not in repr(demo.people)


def test_the_centre_has_firms_of_every_status(demo: Demo) -> None:
    companies = demo.all(Company)
    assert len(companies) >= 40
    statuses = Counter(company.status for company in companies)
    assert statuses.keys() == set(CompanyStatus)
    assert statuses[CompanyStatus.ACTIVE] > len(companies) / 2
    numbers = demo.session.scalars(select(Company.number).order_by(Company.created_at, Company.number)).all()
    assert numbers == sorted(numbers)
    for kind in (CompanyTag, CompanyYear, Contact):
        assert {one.company_id for one in demo.all(kind)} == {company.id for company in companies}
    mains = Counter(demo.session.scalars(select(Contact.company_id).where(Contact.main)))
    assert set(mains.values()) == {1}
    assert demo.session.scalar(select(func.count()).select_from(Site))
    years = set(demo.session.scalars(select(CompanyYear.year)))
    assert max(years) < today().year


def test_nothing_of_the_past_lies_in_the_future(demo: Demo) -> None:
    now = db.utcnow()
    visits = demo.all(Visit)
    statuses = Counter(visit.status for visit in visits)
    assert statuses.keys() == set(VisitStatus)
    assert {visit.kind for visit in visits} == set(VisitKind)
    assert all(visit.starts_at < now for visit in visits if visit.status is VisitStatus.DONE)
    ahead = [visit for visit in visits if visit.status is VisitStatus.PLANNED and visit.starts_at > now]
    assert len(ahead) >= 15
    assert min(visit.starts_at for visit in visits) < now - dt.timedelta(days=400)
    assert all(visit.starts_at < now + dt.timedelta(days=60) for visit in visits)
    of_the_demo = select(func.max(history.HistoryAction.at)).where(history.HistoryAction.via == "web")
    latest = demo.session.scalar(of_the_demo)
    assert latest is not None
    assert latest.astimezone(ZONE).date() < today()
    assert all(visit.created_at < now for visit in visits)


def test_coaches_work_on_working_days_and_in_one_place(demo: Demo) -> None:
    seen: dict[Any, list[tuple[dt.datetime, dt.datetime]]] = {}
    for visit in sorted(demo.all(Visit), key=lambda one: one.starts_at):
        local = visit.starts_at.astimezone(ZONE)
        assert is_working_day(local.date())
        assert 7 <= local.hour <= 16
        assert visit.main_field is not None
        assert visit.subject
        of_coach = seen.setdefault(visit.coach_id, [])
        end = visit.starts_at + dt.timedelta(minutes=visit.minutes)
        assert not [other for other in of_coach if other[1] > visit.starts_at], visit.number
        of_coach.append((visit.starts_at, end))
    assert len(seen) == 3
    present = set(demo.session.scalars(select(VisitContact.visit_id)))
    assert {visit.id for visit in demo.all(Visit)} == present
    done = {visit.id: visit.minutes for visit in demo.all(Visit) if visit.status is VisitStatus.DONE}
    hours = demo.all(TimeEntry)
    assert {entry.visit_id for entry in hours} == done.keys()
    assert {entry.visit_id: entry.minutes for entry in hours if entry.kind.value == "on_site"} == done


def test_promises_are_consistent(demo: Demo) -> None:
    days = {visit.id: visit.starts_at.astimezone(ZONE).date() for visit in demo.all(Visit)}
    firms = {contact.id: contact.company_id for contact in demo.all(Contact)}
    counted: Counter[tuple[Side, str]] = Counter()
    for one in demo.all(Commitment):
        assert one.due_on >= days[one.visit_id]
        if one.side is Side.CENTRE:
            assert one.user_id
            assert one.contact_id is None
        else:
            assert firms[one.contact_id] == one.company_id
        if one.done_at is None:
            counted[one.side, "overdue" if one.due_on < today() else "open"] += 1
        else:
            assert days[one.visit_id] <= one.done_at.astimezone(ZONE).date() < today()
            counted[one.side, "done"] += 1
    for side in Side:
        assert counted[side, "done"] > 5 * counted[side, "open"]
        assert counted[side, "open"] >= 2
        assert 1 <= counted[side, "overdue"] <= 20


def test_assessments_are_complete_or_in_progress(demo: Demo) -> None:
    assessments = demo.all(Assessment)
    kinds = Counter((one.kind, one.status) for one in assessments)
    assert kinds[AssessmentKind.T0, AssessmentStatus.SUBMITTED] >= 30
    assert kinds[AssessmentKind.T0, AssessmentStatus.DRAFT] == 2
    assert kinds[AssessmentKind.T1, AssessmentStatus.SUBMITTED] == 3
    assert len({one.company_id for one in assessments}) < len(demo.all(Company))
    answers: dict[Any, list[Answer]] = {}
    for answer in demo.all(Answer, joinedload(Answer.dimension)):
        answers.setdefault(answer.assessment_id, []).append(answer)
    for one in assessments:
        given = answers[one.id]
        if one.open:
            assert 8 <= sum(answer.complete for answer in given) < 22
            assert sum(answer.parked for answer in given) == 2
        else:
            assert one.submitted_at.astimezone(ZONE).date() == one.assessed_on
            assert len(given) == 22
            assert all(answer.complete for answer in given)


def test_levels_are_believable(demo: Demo) -> None:
    answers = demo.all(Answer, joinedload(Answer.dimension))
    levels = Counter(answer.level for answer in answers if answer.level is not None)
    assert set(levels) == {0, 1, 2, 3, 4}
    assert levels[0] + levels[1] + levels[2] > 0.85 * sum(levels.values())
    told = [answer for answer in answers if answer.strength is Strength.CLAIMED]
    assert any(answer.level > CLAIMED_CAP for answer in told)
    apart = [answer for answer in answers if answer.not_applicable]
    assert len(apart) >= 10
    assert all(answer.reason and answer.dimension.na_allowed for answer in apart)
    assert all(answer.note for answer in answers if answer.level is not None)
    scores = maturity.levels_of_companies(demo.session, [c.id for c in demo.all(Company)])
    assert any(score[Field.AI] is None for score in scores.values())
    assert all(score[Field.AUTOMATION] is not None for score in scores.values())


def test_roadmaps_are_in_all_states(demo: Demo) -> None:
    measures = demo.all(Measure)
    statuses = Counter(measure.status for measure in measures)
    assert all(statuses[status] >= 5 for status in MeasureStatus)
    agreed = {one.company_id: one.agreed_on for one in demo.all(RoadmapAgreement)}
    drafted = {measure.company_id for measure in measures} - agreed.keys()
    assert len(agreed) >= 25
    assert len(drafted) >= 2
    contacts = {contact.id: contact.company_id for contact in demo.all(Contact)}
    for one in measures:
        assert one.owner_contact_id is None or contacts[one.owner_contact_id] == one.company_id
        assert one.owner_contact_id or one.owner_user_id
        if one.company_id in drafted:
            assert (one.status, one.agreed_on, one.due_on) == (MeasureStatus.PROPOSED, None, None)
        if one.status in (MeasureStatus.NOT_NOW, MeasureStatus.DROPPED):
            assert one.status_reason
            assert one.due_on is None
        if one.status in (MeasureStatus.RUNNING, MeasureStatus.DONE):
            assert agreed[one.company_id] <= one.starts_on < today()
        if one.status is MeasureStatus.DONE:
            assert one.starts_on < one.done_on < today()
    results = [one.result for one in measures if one.status is MeasureStatus.DONE]
    assert sum(bool(result) for result in results) > 0.8 * len(results)


def test_targets_keep_the_rules(demo: Demo) -> None:
    first: dict[Any, dict[str, int | None]] = {}
    for answer in demo.all(Answer, joinedload(Answer.dimension), joinedload(Answer.assessment)):
        if answer.assessment.kind is AssessmentKind.T0 and answer.level is not None:
            weak = answer.strength is Strength.CLAIMED
            level = min(answer.level, CLAIMED_CAP) if weak else answer.level
            first.setdefault(answer.assessment.company_id, {})[answer.dimension.key] = level
    targets = demo.all(Target)
    assert len({one.company_id for one in targets}) >= 30
    for one in targets:
        check_target(one.dimension_key, first[one.company_id][one.dimension_key], one.level)
        check_importance(one.dimension_key, one.importance)


def test_the_showcase_tells_its_story(demo: Demo) -> None:
    result = maturity.latest_result(demo.session, demo.showcase.id)
    assert result is not None
    assert result.start is not None
    assert (result.start.kind, result.assessment.kind) == (AssessmentKind.T0, AssessmentKind.T1)
    higher = [row for row in result.rows if row.start and (row.effective or 0) > (row.start.effective or 0)]
    assert len(higher) == 12
    measures = roadmap.measures_of(demo.session, demo.showcase.id, demo.user(Role.COACH))
    progress = roadmap.progress(measures)
    assert (progress.done, progress.running, len(measures)) == (4, 2, 9)
    for_her = roadmap.measures_of(demo.session, demo.showcase.id, demo.user(Role.COMPANY))
    assert len(for_her) == 9


def test_history_names_who_did_it_and_when(demo: Demo) -> None:
    entries = history.entries_of_company(demo.session, demo.showcase.id, 500)
    moments = [entry.at for entry in entries]
    assert moments == sorted(moments, reverse=True)
    actors = {entry.actor for entry in entries}
    assert actors == {"Anke Krüger", "Mira Sommer", "Martina Semmler"}
    set_up_time = [entry for entry in entries if entry.actor == "Martina Semmler"]
    assert [entry.fields["status"] for entry in set_up_time] == [["running", "done"]]
    created = {entry.record_id: entry.at for entry in entries if entry.kind == "created"}
    visits = demo.session.scalars(select(Visit).where(Visit.company_id == demo.showcase.id)).all()
    for visit in visits:
        assert created[visit.id] == visit.created_at
        if visit.status is VisitStatus.DONE:
            assert dt.timedelta() < visit.created_at - visit.starts_at < dt.timedelta(hours=12)


def digest(session: Session) -> list[list[Any]]:
    """Everything that must be the same on every run, without keys."""
    statements = (
        select(Company.number, Company.name, Company.status, Company.created_at).order_by(Company.number),
        select(Visit.number, Visit.starts_at, Visit.status, Visit.minutes, Visit.subject).order_by(
            Visit.number
        ),
        select(Visit.number, Commitment.text, Commitment.due_on, Commitment.done_at)
        .join(Commitment, Commitment.visit_id == Visit.id)
        .order_by(Visit.number, Commitment.text, Commitment.due_on),
        select(Measure.number, Measure.title, Measure.status, Measure.due_on, Measure.result).order_by(
            Measure.number
        ),
        select(Assessment.number, Assessment.assessed_on, Answer.level, Answer.strength, Answer.note)
        .join(Answer, Answer.assessment_id == Assessment.id)
        .join(Answer.dimension)
        .order_by(Assessment.number, Answer.dimension.property.mapper.class_.position),
        select(Company.number, Target.dimension_key, Target.level, Target.importance)
        .join(Target, Target.company_id == Company.id)
        .order_by(Company.number, Target.dimension_key),
        select(User.email, User.created_at, User.joined_at).order_by(User.email),
    )
    return [[tuple(row) for row in session.execute(statement)] for statement in statements]


def test_a_second_build_of_the_day_differs_in_passphrases_only(demo: Demo, tmp_path: Path) -> None:
    app = installation(f"sqlite:///{tmp_path / 'again.db'}", tmp_path)
    again = furnished(app, tmp_path, today())
    with app.extensions["database"].new_session() as session:
        assert digest(session) == digest(demo.session)
    app.extensions["database"].engine.dispose()
    both = [one.passphrase for people in (demo.people, again) for one in people.sign_ins]
    assert len(set(both)) == len(both)


@pytest.mark.parametrize("day", [dt.date(2027, 1, 1), dt.date(2028, 2, 29)])
def test_it_can_be_built_on_any_day(day: dt.date, tmp_path: Path) -> None:
    app = installation(f"sqlite:///{tmp_path / 'demo.db'}", tmp_path)
    furnished(app, tmp_path, day)
    with app.extensions["database"].new_session() as session:
        midnight = dt.datetime.combine(day, dt.time(), ZONE)
        done = session.scalars(select(Visit.starts_at).where(Visit.status == VisitStatus.DONE)).all()
        assert max(done) < midnight
        assert min(done) < midnight - dt.timedelta(days=400)
        assert session.scalar(select(func.count()).select_from(Company)) >= 40
    app.extensions["database"].engine.dispose()


def test_holidays_move() -> None:
    free = ("2026-04-03", "2026-04-06", "2026-05-14", "2026-05-25", "2027-03-26", "2026-12-31", "2026-11-21")
    assert not [day for day in free if is_working_day(dt.date.fromisoformat(day))]
    assert is_working_day(dt.date(2026, 11, 20))
    calendar = Calendar(dt.date(2026, 11, 22), ZONE)  # a Sunday
    assert (calendar.day(-1), calendar.day(6)) == (dt.date(2026, 11, 20), dt.date(2026, 11, 30))
    first = calendar.book("anke", dt.date(2026, 11, 20), 120)
    second = calendar.book("anke", dt.date(2026, 11, 20), 120)
    assert first.date() == second.date() == dt.date(2026, 11, 20)
    assert abs(first - second) >= dt.timedelta(minutes=165)


def walk(demo: Demo, client: FlaskClient, prefix: str) -> dict[str, int]:
    """Every page that needs a company's key at most, with its answer."""
    found = {}
    for rule in demo.app.url_map.iter_rules():
        ours = rule.rule.startswith(prefix) and not rule.rule.startswith("/static")
        if "GET" in (rule.methods or ()) and rule.arguments <= {"company_id"} and ours:
            adapter = demo.app.url_map.bind("127.0.0.1:8000")
            values = {"company_id": demo.showcase.id} if rule.arguments else {}
            found[rule.endpoint] = client.get(adapter.build(rule.endpoint, values)).status_code
    return found


@pytest.mark.parametrize(("role", "prefix"), [(Role.COACH, "/companies"), (Role.COMPANY, "/portal")])
def test_the_pages_of_the_showcase_open(demo: Demo, role: Role, prefix: str) -> None:
    answers = walk(demo, sign_in(demo.app.test_client(), demo.user(role)), prefix)
    assert len(answers) >= 4
    assert {endpoint: status for endpoint, status in answers.items() if status >= 400} == {}
