"""Which assessments somebody may see, and what they may do to one."""

from __future__ import annotations

from sqlalchemy import Select, select

from app.accounts.models import Role, User
from app.companies.access import can_change_company, visible_companies
from app.companies.models import Company
from app.maturity.models import Assessment, AssessmentStatus


def visible_assessments(user: User) -> Select[Assessment]:
    """Those of visible companies; company users see them once they are submitted."""
    companies = visible_companies(user).with_only_columns(Company.id)
    assessments = select(Assessment).where(Assessment.company_id.in_(companies))
    if user.role is Role.COMPANY:
        assessments = assessments.where(Assessment.status != AssessmentStatus.DRAFT)
    return assessments


def can_assess(user: User, company: Company) -> bool:
    """The firm's coaches and managers start assessments and agree targets."""
    return can_change_company(user, company) and company.archived_at is None


def can_answer(user: User, assessment: Assessment) -> bool:
    """The assessor and whoever may change the firm, while it is open (needs `assessment.company.coaches`)."""
    return assessment.open and can_change_company(user, assessment.company)


def can_reopen(user: User, assessment: Assessment) -> bool:
    """A submitted assessment may be corrected by the same people."""
    return assessment.status is AssessmentStatus.SUBMITTED and can_change_company(user, assessment.company)
