"""Which measures somebody may see, and what they may do to one."""

from __future__ import annotations

from sqlalchemy import Select, select

from app.accounts.models import Role, User
from app.companies.access import can_act_for_company, can_change_company, visible_companies
from app.companies.models import Company
from app.roadmap.models import Measure, MeasureStatus


def visible_measures(user: User) -> Select[Measure]:
    """Those of visible companies; company users see a measure once it is agreed with them."""
    companies = visible_companies(user).with_only_columns(Company.id)
    measures = select(Measure).where(Measure.company_id.in_(companies))
    if user.role is Role.COMPANY:
        measures = measures.where(Measure.agreed_on.is_not(None), Measure.status != MeasureStatus.DROPPED)
    return measures


def can_plan(user: User, company: Company) -> bool:
    """The firm's coaches and managers draft, change and agree its roadmap."""
    return can_change_company(user, company) and company.archived_at is None


def can_change_measure(user: User, measure: Measure) -> bool:
    """Whoever plans the firm's roadmap changes its measures (needs `measure.company.coaches`)."""
    return can_plan(user, measure.company)


def can_report_status(user: User, measure: Measure) -> bool:
    """The firm's owners and editors mark agreed measures started, done, not now (needs `company.members`)."""
    if user.role is Role.COMPANY:
        return measure.agreed_on is not None and can_act_for_company(user, measure.company)
    return can_change_measure(user, measure)
