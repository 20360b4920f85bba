"""Gathers what a progress report says about one company as of a day, in one language."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from app import history
from app.accounts import queries as accounts
from app.accounts.models import Centre
from app.coaching import queries as coaching
from app.coaching.models import Commitment, Visit, VisitContact, VisitStatus
from app.companies.models import Company, CompanyCoach, CompanyMember
from app.db import Bilingual
from app.errors import NotFound
from app.i18n import centre_zone
from app.maturity import queries as maturity
from app.maturity.models import Assessment, Target
from app.maturity.results import FieldResult as FieldFound
from app.maturity.results import Result
from app.maturity.scoring import mean_level
from app.reports.access import visible_reports
from app.reports.models import IssuedReport, ReportState
from app.reports.progress import (
    Appointment,
    AssessmentCard,
    CentreCard,
    CommitmentLine,
    CompanyCard,
    DimensionResult,
    FieldResult,
    MeasureLine,
    Person,
    ProgressReport,
    VisitLine,
)
from app.roadmap.drafting import Horizon
from app.roadmap.models import Measure, MeasureStatus, OwnerSide
from app.words import WORDS


def company_by_number(session: Session, number: str) -> Company:
    """A company by its number, for the command line."""
    found = session.scalar(select(Company).where(Company.number == number).options(*_PEOPLE))
    if found is None:
        raise NotFound
    return found


_PEOPLE = (
    selectinload(Company.coaches).joinedload(CompanyCoach.user),
    selectinload(Company.members).joinedload(CompanyMember.user),
)


def report(session: Session, report_id: uuid.UUID, user: Any) -> IssuedReport:
    """One issued report that the user may see."""
    found = session.scalar(visible_reports(user).where(IssuedReport.id == report_id))
    if found is None:
        raise NotFound
    return found


def same_content(
    session: Session, company_id: uuid.UUID, language: str, content_hash: str
) -> IssuedReport | None:
    """An issue of exactly this content, if there is one (failed ones do not count)."""
    return session.scalar(
        select(IssuedReport)
        .where(
            IssuedReport.company_id == company_id,
            IssuedReport.language == language,
            IssuedReport.content_hash == content_hash,
            IssuedReport.state != ReportState.FAILED,
        )
        .order_by(IssuedReport.id)
        .limit(1)
    )


def progress_data(session: Session, company: Company, as_of: dt.date, language: str) -> ProgressReport:
    """The company's progress as it stood at the end of `as_of` (needs `company.coaches`)."""
    with force_locale(language):
        return _Gathering(session, company, as_of, language).report()


class _Gathering:
    """One report while it is put together."""

    def __init__(self, session: Session, company: Company, as_of: dt.date, language: str) -> None:
        self.session, self.company, self.as_of, self.language = session, company, as_of, language
        zone = centre_zone()
        midnight = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), tzinfo=zone)
        self.until = midnight.astimezone(dt.UTC)
        self.targets = self.targets_then()

    def text(self, text: Bilingual | None) -> str:
        """A bilingual text in the report's language."""
        return (text or {}).get(self.language) or next((t for t in (text or {}).values() if t), "")

    def day(self, moment: dt.datetime) -> dt.date:
        """The day of a moment in the centre's zone."""
        return moment.astimezone(centre_zone()).date()

    def report(self) -> ProgressReport:
        """All of it."""
        result = self.result()
        visits = self.visits()
        begins = [visit.on for visit in visits] + ([self.first_day(result)] if result else [])
        lead = self.company.lead
        return ProgressReport(
            language=self.language,
            as_of=self.as_of,
            begins_on=min(begins, default=self.day(self.company.created_at)),
            company=CompanyCard(self.company.number, self.company.name, self.company.city),
            centre=self.centre(accounts.centre(self.session)),
            coach=Person(lead.name, lead.job_title, lead.email, lead.phone) if lead else None,
            model_version=result.assessment.model.version if result else "",
            start=_card(result.start) if result and result.start else None,
            now=_card(result.assessment) if result else None,
            fields=tuple(self.field(f) for f in result.fields) if result else (),
            visits=tuple(visits),
            measures=tuple(self.measures()),
            commitments=tuple(self.open_commitments()),
            next_visit=self.next_visit(),
        )

    def first_day(self, result: Result) -> dt.date:
        """The day of the first assessment that the report looks at."""
        return (result.start or result.assessment).assessed_on

    def centre(self, centre: Centre) -> CentreCard:
        """The issuing centre."""
        place = f"{centre.postcode} {centre.city}".strip()
        return CentreCard(
            name=centre.name,
            address=tuple(line for line in (centre.street, place) if line),
            email=centre.email,
            phone=centre.phone,
            website=centre.website,
            funding_notice=self.text(centre.funding_notice),
        )

    def result(self) -> Result | None:
        """The newest assessment closed by then, compared with the first one, with the targets of then."""
        closed = self.session.scalars(
            select(Assessment)
            .where(
                Assessment.company_id == self.company.id,
                Assessment.status.in_(maturity.CLOSED),
                Assessment.assessed_on <= self.as_of,
            )
            .options(joinedload(Assessment.model), joinedload(Assessment.assessor))
            .order_by(Assessment.assessed_on, Assessment.id)
        ).all()
        return maturity.result(self.session, closed[-1], closed[0]) if closed else None

    def targets_then(self) -> dict[str, int]:
        """Target levels as they were agreed by then."""
        rows = self.session.scalars(select(Target).where(Target.company_id == self.company.id)).all()
        then = history.rewound(self.session, "Target", [t.id for t in rows], self.until)
        agreed = [t for t in rows if t.agreed_on is None or t.agreed_on <= self.as_of or t.id in then]
        return {t.dimension_key: then.get(t.id, {}).get("level", t.level) for t in agreed}

    def field(self, found: FieldFound) -> FieldResult:
        """One field with its dimensions."""
        dimensions = tuple(
            DimensionResult(
                key=row.dimension.key,
                name=self.text(row.dimension.name),
                short=self.text(row.dimension.short),
                level=row.rating.level,
                effective=row.effective,
                start=row.start.effective if row.start else None,
                target=self.targets.get(row.dimension.key),
                criterion=self.text(row.criterion),
                strength=row.strength,
                not_applicable=row.rating.not_applicable,
                reason=row.answer.reason if row.answer else "",
            )
            for row in found.rows
        )
        aims = [
            d.target if d.target is not None else d.effective for d in dimensions if d.effective is not None
        ]
        aimed = any(d.target is not None for d in dimensions)
        return FieldResult(
            field=found.field,
            name=str(WORDS["Field"][found.field.value]),
            dimensions=dimensions,
            score=found.score.mean,
            change=found.change.difference if found.change else None,
            target_score=mean_level([aim for aim in aims if aim is not None]) if aimed else None,
            weakest=found.score.weakest,
        )

    def visits(self) -> list[VisitLine]:
        """The visits done by then, newest first, with what was agreed at them."""
        rows = self.session.scalars(
            select(Visit)
            .where(
                Visit.company_id == self.company.id,
                Visit.status == VisitStatus.DONE,
                Visit.starts_at < self.until,
            )
            .options(
                joinedload(Visit.coach),
                selectinload(Visit.people).joinedload(VisitContact.contact),
                selectinload(Visit.commitments).joinedload(Commitment.user),
                selectinload(Visit.commitments).joinedload(Commitment.contact),
            )
            .order_by(Visit.starts_at.desc(), Visit.id.desc())
        )
        return [
            VisitLine(
                number=visit.number,
                on=self.day(visit.starts_at),
                kind=visit.kind,
                minutes=visit.minutes,
                fields=tuple(visit.all_fields),
                subject=visit.subject,
                agreed=tuple(self.promise(c) for c in visit.commitments),
            )
            for visit in rows
        ]

    def promise(self, one: Commitment) -> CommitmentLine:
        """One commitment as it stood."""
        shared = coaching.shared_commitment(one)
        done = one.done_at if one.done_at and one.done_at < self.until else None
        return CommitmentLine(
            text=one.text,
            side=one.side,
            due_on=one.due_on,
            owner=shared.owner,
            done_on=self.day(done) if done else None,
            late=done is None and one.due_on is not None and one.due_on < self.as_of,
        )

    def open_commitments(self) -> list[CommitmentLine]:
        """What either side still owed by then, earliest date first."""
        rows = self.session.scalars(
            select(Commitment)
            .where(Commitment.company_id == self.company.id, Commitment.created_at < self.until)
            .options(joinedload(Commitment.user), joinedload(Commitment.contact))
            .order_by(Commitment.due_on.nulls_last(), Commitment.id)
        )
        return [line for line in map(self.promise, rows) if line.done_on is None]

    def measures(self) -> Iterable[MeasureLine]:
        """The measures of then, in roadmap order."""
        rows = self.session.scalars(
            select(Measure)
            .where(Measure.company_id == self.company.id, Measure.created_at < self.until)
            .options(joinedload(Measure.owner_user), joinedload(Measure.owner_contact))
            .order_by(Measure.position, Measure.due_on.nulls_last(), Measure.id)
        ).all()
        then = history.rewound(self.session, "Measure", [m.id for m in rows], self.until)
        return [line for m in rows if (line := self.measure(m, then.get(m.id, {}))) is not None]

    def measure(self, one: Measure, then: Mapping[str, Any]) -> MeasureLine | None:
        """One measure with the values it had."""
        status = MeasureStatus(then.get("status", one.status))
        due = _date(then["due_on"]) if "due_on" in then else one.due_on
        done = _date(then["done_on"]) if "done_on" in then else one.done_on
        owner = one.owner_contact or one.owner_user
        open_now = status in (MeasureStatus.PROPOSED, MeasureStatus.PLANNED, MeasureStatus.RUNNING)
        return MeasureLine(
            number=one.number,
            title=self.text(then.get("title", one.title)),
            field=one.field,
            status=status,
            horizon=Horizon(then.get("horizon", one.horizon)),
            owner_side=OwnerSide(then.get("owner_side", one.owner_side)),
            owner=owner.name if owner else "",
            starts_on=one.starts_on,
            due_on=due,
            done_on=done,
            reason=then.get("status_reason", one.status_reason),
            result=then.get("result", one.result),
            late=open_now and due is not None and due < self.as_of,
        )

    def next_visit(self) -> Appointment | None:
        """The next visit planned, seen from then."""
        found = coaching.next_visit(self.session, self.company, self.until - dt.timedelta(days=1))
        if found is None:
            return None
        return Appointment(found.starts_at.astimezone(centre_zone()), found.kind, found.subject)


def _card(one: Assessment) -> AssessmentCard:
    return AssessmentCard(one.number, one.kind, one.assessed_on)


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
