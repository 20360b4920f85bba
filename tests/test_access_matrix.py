"""Every address × method × identity × own and foreign record: who gets in and who does not."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app import db, jobs
from app.accounts.marks import roles_of
from app.accounts.models import Role, User
from app.coaching.models import Commitment, Side, Visit, VisitStatus
from app.companies.models import Company, CompanyMember, CompanyYear, Contact, Site
from app.documents.models import Document, DocumentKind
from app.fields import Field
from app.files import store
from app.mail import OutboxMail
from app.maturity import assessing
from app.reports.models import IssuedReport, ReportState
from app.roadmap.models import Measure, MeasureStatus
from tests.factories import csrf_token, make_company, make_member, make_user, sign_in

STAFF = frozenset({Role.COACH, Role.MANAGER})
ALL = frozenset(Role)
CENTRE = frozenset({Role.ADMIN, Role.MANAGER})


def names(text: str) -> list[str]:
    return text.split()


# The policy, reviewed by hand: who may open each endpoint (None: everybody, signed in or not).
POLICY: dict[str, frozenset[Role] | None] = {
    **dict.fromkeys(
        names(
            "static accounts.accessibility accounts.ask_link accounts.check_passphrase accounts.enter_demo"
            " accounts.health accounts.imprint accounts.language accounts.link accounts.link_sent"
            " accounts.logo accounts.privacy accounts.send_link accounts.sign_in accounts.sign_out"
            " accounts.use_link"
        ),
        None,
    ),
    **dict.fromkeys(
        names(
            "accounts.change_email accounts.confirm_email accounts.email accounts.end_all_sessions"
            " accounts.end_session accounts.job accounts.passphrase accounts.photo accounts.profile"
            " accounts.remove_photo accounts.retry_job accounts.save_passphrase accounts.save_photo"
            " accounts.save_profile accounts.sessions accounts.theme accounts.wish_email home.index"
        ),
        ALL,
    ),
    **dict.fromkeys(
        names(
            "accounts.centre accounts.centre_texts accounts.disable accounts.enable accounts.end_sessions_of"
            " accounts.invite accounts.invite_again accounts.new_user accounts.reset accounts.save_centre"
            " accounts.save_centre_texts accounts.save_user accounts.user accounts.users"
        ),
        CENTRE,
    ),
    **dict.fromkeys(
        names("accounts.outbox accounts.outbox_mail accounts.send_again"), frozenset({Role.ADMIN})
    ),
    **dict.fromkeys(
        names(
            "documents.download portal.assessment portal.documents portal.overview portal.roadmap"
            " reports.show"
        ),
        STAFF | {Role.COMPANY},
    ),
    **dict.fromkeys(
        names("portal.keep_commitment portal.reopen_commitment portal.report_status portal.undo_status"),
        frozenset({Role.COMPANY}),
    ),
    "roadmap.catalogue": STAFF | {Role.ADMIN},
    "maturity.reference": STAFF | {Role.ADMIN},
}
OF_STAFF = (
    "coaching.",
    "companies.",
    "documents.",
    "maturity.",
    "measures.",
    "members.",
    "overview.",
    "people.",
)
OF_STAFF += ("reports.", "roadmap.", "sites.", "years.")


def policy(endpoint: str) -> frozenset[Role] | None:
    if endpoint in POLICY:
        return POLICY[endpoint]
    assert endpoint.startswith(OF_STAFF), f"{endpoint} needs a row in POLICY"
    return STAFF


@dataclass
class World:
    """A company with a record of every kind, the people around it, and another company."""

    company: Company
    people: dict[str, User]
    keys: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def world(app: Flask, session: Session) -> World:
    coach = make_user(session)
    company = make_company(session, coach)
    member = make_member(session, company)
    stranger = make_member(session, make_company(session))
    people = {
        "coach": coach,
        "other_coach": make_user(session),
        "manager": make_user(session, Role.MANAGER),
        "admin": make_user(session, Role.ADMIN),
        "member": member,
        "stranger": stranger,
    }
    now, of_company = db.utcnow(), {"company_id": company.id}
    visit = Visit(
        number="V-9101",
        coach_id=coach.id,
        status=VisitStatus.DONE,
        starts_at=now - dt.timedelta(1),
        **of_company,
    )
    commitment = Commitment(side=Side.COMPANY, text="Netzplan schicken", **of_company)
    contact, site = Contact(last_name="Semmler", **of_company), Site(name="Werk 2", **of_company)
    year = CompanyYear(year=2025, staff_tenths=420, **of_company)
    measure = Measure(
        number="M-9101",
        field=Field.AI,
        title={"de": "Bild", "en": "Picture"},
        status=MeasureStatus.PLANNED,
        agreed_on=now.date(),
        **of_company,
    )
    with app.app_context():
        stored = store(session, b"%PDF-1.7 test", "application/pdf")
    document = Document(
        kind=DocumentKind.UPLOAD,
        title="Plan",
        filename="plan.pdf",
        sha256=stored.sha256,
        size=stored.size,
        content_type="application/pdf",
        released=True,
        **of_company,
    )
    mail = OutboxMail(
        message_id="<1@test>",
        sender="z@example.org",
        recipient="a@example.org",
        subject="Hallo",
        text="Text",
        template="accounts/invitation",
        language="de",
    )
    session.add_all([visit, commitment, contact, site, year, measure, document, mail])
    session.flush()
    opened = assessing.start_assessment(session, company, coach, now.date(), now.date())
    report = IssuedReport(
        number="FB-2026-9101",
        language="de",
        content_hash="0" * 64,
        data={},
        state=ReportState.ISSUED,
        issued_on=now.date(),
        document_id=document.id,
        **of_company,
    )
    job = jobs.Job(kind="files.clean_up", payload={}, user_id=coach.id, company_id=company.id)
    session.add_all([report, job])
    session.flush()
    membership = session.query(CompanyMember).filter_by(user_id=member.id).one()
    keys = {
        "company_id": company.id,
        "visit_id": visit.id,
        "commitment_id": commitment.id,
        "contact_id": contact.id,
        "site_id": site.id,
        "year_id": year.id,
        "measure_id": measure.id,
        "document_id": document.id,
        "assessment_id": opened.id,
        "report_id": report.id,
        "job_id": job.id,
        "mail_id": mail.id,
        "member_id": membership.id,
        "user_id": member.id,
        "session_id": uuid.uuid4(),
        "key": "work_standards",
        "status": "planned",
        "right": "reader",
        "version": 1,
        "token": "no-such-token",
        "sha": "0" * 64,
        "role": "coach",
        "filename": "dist/manifest.json",
    }
    session.commit()
    return World(company, people, keys)


def addresses(app: Flask, world: World) -> Iterator[tuple[Rule, str, str]]:
    adapter = app.url_map.bind("127.0.0.1")
    for rule in app.url_map.iter_rules():
        url = adapter.build(rule.endpoint, {name: world.keys[name] for name in rule.arguments})
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield rule, url, method


def walk(app: Flask, client: FlaskClient, world: World) -> dict[tuple[str, str], int]:
    """The status of every address for whoever is signed in; each request is undone."""
    token, found = csrf_token(client), {}
    connection = app.extensions["database"].joined
    for rule, url, method in addresses(app, world):
        undone = connection.begin_nested()
        kept = {name: cookie.value for name in _cookies(app) if (cookie := client.get_cookie(name))}
        answer = client.open(url, method=method, data={"csrf_token": token} if method == "POST" else None)
        found[rule.endpoint, method] = answer.status_code
        answer.close()
        for name, value in kept.items():
            client.set_cookie(name, value)
        undone.rollback()
    return found


def _cookies(app: Flask) -> tuple[str, str]:
    return app.config["SIGN_IN_COOKIE"], app.config["SESSION_COOKIE_NAME"]


def is_of_company(rule: Rule) -> bool:
    own = {
        "company_id",
        "visit_id",
        "commitment_id",
        "measure_id",
        "document_id",
        "assessment_id",
        "report_id",
    }
    return bool(own & rule.arguments)


def test_every_endpoint_has_its_row_and_is_marked_like_it(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    marked = {endpoint: roles_of(app, endpoint) for endpoint in endpoints}
    assert marked == {endpoint: policy(endpoint) for endpoint in endpoints}
    assert set(POLICY) <= endpoints


def test_nobody_signed_in_gets_to_the_sign_in_page(app: Flask, client: FlaskClient, world: World) -> None:
    found = walk(app, client, world)
    wrong = {
        key: status
        for key, status in found.items()
        if (policy(key[0]) is not None and status != (302 if key[1] == "GET" else 401)) or status >= 500
    }
    # /health answers 503 while no worker runs, as here
    assert {key: status for key, status in wrong.items() if key[0] != "accounts.health"} == {}


def expectation(who: str, role: Role, rule: Rule, method: str) -> Callable[[int], bool]:
    """What the status of a request must be, by who asks for what."""
    roles = policy(rule.endpoint)
    if roles is None:
        return lambda status: status != 401
    if role not in roles:
        return lambda status: status == 403
    if who == "stranger" and is_of_company(rule):
        return lambda status: status == 404
    if who == "other_coach" and is_of_company(rule) and method == "POST":
        return lambda status: status in (403, 404, 409)
    if who in ("coach", "manager") and is_of_company(rule) and method == "GET":
        return lambda status: status in (200, 302, 409)
    return lambda status: status != 401


@pytest.mark.parametrize("who", ["coach", "other_coach", "manager", "admin", "member", "stranger"])
def test_roles_open_what_they_may_and_nothing_else(
    app: Flask, client: FlaskClient, world: World, who: str
) -> None:
    sign_in(client, world.people[who])
    role, found = world.people[who].role, walk(app, client, world)
    wrong = {}
    for rule, _url, method in addresses(app, world):
        key = (rule.endpoint, method)
        status = found[key]
        expected = expectation(who, role, rule, method)
        if status >= 500 or not expected(status):
            wrong[key] = status
    wrong.pop(("accounts.health", "GET"), None)  # 503 while no worker runs, as here
    assert wrong == {}


def test_a_foreign_company_looks_like_a_missing_one(client: FlaskClient, world: World) -> None:
    sign_in(client, world.people["stranger"])
    bodies = []
    for key in (world.company.id, uuid.uuid4()):
        answer = client.get(f"/portal/{key}")
        assert answer.status_code == 404
        text = answer.text.replace(str(key), "KEY")
        bodies.append(_without_reference(text))
    assert bodies[0] == bodies[1]


def _without_reference(page: str) -> str:
    page = re.sub(r'content="[^"]{40,}"', "", page)
    page = re.sub(r'value="[^"]{40,}"', "", page)
    return re.sub(r"\b[0-9A-F]{8}\b", "REFERENCE", page)


def test_a_disabled_account_is_out_at_the_next_request(
    session: Session, client: FlaskClient, world: World
) -> None:
    coach = world.people["coach"]
    sign_in(client, coach)
    assert client.get("/me").status_code == 200
    session.get_one(User, coach.id).active = False
    session.commit()
    assert client.get("/me").status_code == 302


def test_without_the_token_no_form_changes_anything(app: Flask, client: FlaskClient, world: World) -> None:
    sign_in(client, world.people["manager"])
    accepted = {}
    for rule, url, method in addresses(app, world):
        if method == "POST":
            status = client.post(url, data={"name": "x"}).status_code
            if status != 403:
                accepted[rule.endpoint] = status
    assert accepted == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_sites_form_is_refused_even_with_a_token(
    client: FlaskClient, world: World, headers: dict[str, str]
) -> None:
    sign_in(client, world.people["coach"])
    token = csrf_token(client)
    answer = client.post(
        f"/companies/{world.company.id}/archiving", data={"csrf_token": token}, headers=headers
    )
    assert answer.status_code == 403
