"""A firm with everything a portal can show, made through the verbs of the pages; internals are canaries."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app import db
from app.accounts.models import User
from app.coaching.models import Side, TimeKind, Visit, VisitStatus
from app.coaching.visiting import Promise, VisitFacts, log_visit
from app.companies.models import Company, Contact, MemberRight
from app.documents.models import Document, DocumentKind
from app.fields import Field
from app.maturity import assessing
from app.maturity import queries as maturity
from app.maturity.models import Assessment
from app.maturity.results import Result
from app.maturity.scoring import Strength, effective_levels
from app.roadmap import planning
from app.roadmap import queries as roadmaps
from app.roadmap.drafting import Horizon
from app.roadmap.models import Measure, MeasureStatus, OwnerSide
from tests.factories import make_company, make_contact, make_member, make_user

ZONE = ZoneInfo("Europe/Berlin")
BEGINNING = "1211211201200101011210"  # a level per dimension, in the model's order
TODAY = "2222312322211102122211"
STRENGTHS = (Strength.SEEN, Strength.DOCUMENTED, Strength.MEASURED, Strength.SEEN, Strength.CLAIMED)
SECRET = "canary"  # every internal text holds this word and nothing that a company may read does


@dataclass(frozen=True)
class Case:
    """The firm and its people."""

    coach: User
    company: Company
    owner: User
    reader: User
    contact: Contact


def days(number: int) -> dt.date:
    """So many days from today."""
    return db.utcnow().date() + dt.timedelta(days=number)


def make_case(session: Session, name: str = "Warnow Präzisionsteile GmbH") -> Case:
    """A firm with its coach and people, before its first assessment."""
    coach = make_user(session, last_name="Krüger", salutation="ms", phone="+49 381 4455 12")
    company = make_company(session, coach, name=name, remark=f"remark-{SECRET}")
    owner = make_member(session, company)
    owner.salutation = "ms"
    reader = make_member(session, company, MemberRight.READER)
    contact = make_contact(session, company, "Henning Voss")
    session.flush()
    return Case(coach, company, owner, reader, contact)


def assess(session: Session, case: Case, levels: str, on: dt.date, *, submit: bool = True) -> Assessment:
    """A dated assessment: one level per dimension, "x" for not rated; each with an internal note."""
    opened = assessing.start_assessment(session, case.company, case.coach, on, days(0))
    dimensions = maturity.dimensions_of(session, opened.model_id)
    for number, (dimension, level) in enumerate(zip(dimensions, levels, strict=True)):
        if level == "x":
            continue
        given = assessing.Given(int(level), STRENGTHS[number % 5], note=f"note-{SECRET}")
        assessing.write_answer(assessing.new_answer(session, opened, dimension), given, case.coach)
    session.flush()
    if submit:
        opened.submit(db.utcnow(), len(dimensions), len(dimensions))
        session.flush()
    return opened


def result_of(session: Session, case: Case) -> Result:
    """The latest result."""
    found = maturity.latest_result(session, case.company.id)
    assert found is not None
    return found


def aim(session: Session, case: Case, higher: Mapping[str, int] | None = None) -> None:
    """Targets one level up everywhere, and as told in some dimensions."""
    levels = effective_levels(row.rating for row in result_of(session, case).rows)
    wanted: dict[str, tuple[int | None, int]] = {
        key: (min(4, level + (higher or {}).get(key, 1)), 2)
        for key, level in levels.items()
        if level is not None
    }
    assessing.agree_targets(session, case.company, levels, wanted, days(0))
    session.flush()


def add_measure(session: Session, case: Case, title: str, **values: object) -> Measure:
    """A free measure that is proposed."""
    measure = Measure(
        number=roadmaps.new_measure_number(session),
        company_id=case.company.id,
        title={"de": title, "en": title},
        **{"field": Field.AUTOMATION, "owner_side": OwnerSide.COMPANY, "horizon": Horizon.NOW, **values},
    )
    session.add(measure)
    session.flush()
    return measure


def draft(session: Session, case: Case) -> list[Measure]:
    """The first recommended measures of the catalogue, put on the roadmap."""
    proposed = planning.draft_for(
        result_of(session, case),
        maturity.targets_of(session, case.company.id),
        roadmaps.catalogue(session),
        (),
    )
    return [
        planning.take_up(session, case.company, proposal, position, days(0))
        for position, proposal in enumerate(proposed.proposals[:9], 1)
    ]


def agree(session: Session, case: Case) -> None:
    """Agree everything that is on the roadmap."""
    measures = roadmaps.measures_of(session, case.company.id, case.coach)
    targets = maturity.targets_of(session, case.company.id)
    planning.agree(session, case.company, measures, targets, case.coach, days(0), "Martina Semmler", days(0))
    session.flush()


def move(
    session: Session, measure: Measure, status: MeasureStatus, reason: str = "", result: str = ""
) -> None:
    """Bring a measure to a status."""
    measure.set_status(status, reason, db.utcnow(), days(-6))
    measure.result = result
    session.flush()


def meet(session: Session, case: Case, in_days: int, *promises: Promise, minutes: int = 150) -> Visit:
    """A visit in so many days (planned) or so many days ago (done), with an internal note."""
    at = dt.datetime.combine(days(in_days), dt.time(9), tzinfo=ZONE).astimezone(dt.UTC)
    done = in_days < 0
    facts = VisitFacts(
        at,
        VisitStatus.DONE if done else VisitStatus.PLANNED,
        subject="Rüstablauf Halle 2",
        note=f"note-{SECRET}",
        minutes={TimeKind.ON_SITE: minutes, **({TimeKind.TRAVEL: 90} if done else {})},
        promises=promises,
    )
    return log_visit(session, case.company, case.coach.id, facts, now=db.utcnow(), zone=ZONE)


def promise(
    text: str, in_days: int | None, side: Side = Side.COMPANY, owner: Contact | None = None
) -> Promise:
    """A line of "we owe / they owe"."""
    return Promise(text, side, None if in_days is None else days(in_days), owner.id if owner else None)


def file_document(session: Session, case: Case, title: str, *, released: bool) -> Document:
    """A document on file (the file itself is not needed to list it)."""
    document = Document(
        company_id=case.company.id,
        kind=DocumentKind.REPORT if released else DocumentKind.UPLOAD,
        number=f"FB-{case.company.number[-4:]}-{title[:6]}" if released else None,
        title=title,
        filename=f"{title}.pdf",
        sha256="0" * 64,
        size=412_345,
        content_type="application/pdf",
        released=released,
        language="de",
    )
    session.add(document)
    session.flush()
    return document


def full_case(session: Session) -> Case:
    """Two assessments, a roadmap in all states, visits, promises and documents; plus what stays internal."""
    case = make_case(session)
    assess(session, case, BEGINNING, days(-330))
    assess(session, case, TODAY, days(-20))
    aim(session, case, {"carbon_accounting": 2})
    measures = draft(session, case)
    for number, measure in enumerate(measures):
        measure.due_on = days(12 + 17 * number)
        if measure.owner_side is OwnerSide.COMPANY and number % 3 == 0:
            measure.owner_contact_id = case.contact.id
    resting = add_measure(session, case, "Palettierroboter prüfen", field=Field.AUTOMATION)
    finished = add_measure(session, case, "Rüsten an der Drehmaschine verkürzen", why="Rüsten bindet Zeit.")
    agree(session, case)
    move(session, finished, MeasureStatus.DONE, result="Rüstzeit von 48 auf 21 Minuten")
    move(session, measures[-1], MeasureStatus.DONE)
    move(session, measures[0], MeasureStatus.RUNNING)
    move(session, resting, MeasureStatus.NOT_NOW, reason="Erst nach dem Umzug in Halle 3")
    add_measure(session, case, f"proposed-{SECRET}", why=f"why-{SECRET}")
    dropped = add_measure(session, case, f"dropped-{SECRET}", agreed_on=days(-9))
    move(session, dropped, MeasureStatus.DROPPED, reason=f"reason-{SECRET}")
    for ago in (-330, -210, -95, -20):
        meet(session, case, ago)
    meet(
        session,
        case,
        -7,
        promise("Energieverbrauch 2025 zusammenstellen", 9),
        promise("Netzplan der Maschinen freigeben", -3, owner=case.contact),
        promise("Muster für die Energieliste schicken", 4, Side.CENTRE),
    )
    meet(session, case, 16)
    file_document(session, case, "Fortschrittsbericht", released=True)
    file_document(session, case, f"document-{SECRET}", released=False)
    session.flush()
    return case
