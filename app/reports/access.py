"""Who may see and issue reports."""

from __future__ import annotations

from sqlalchemy import Select, select

from app.accounts.models import Role, User
from app.companies.access import can_change_company, visible_companies
from app.companies.models import Company
from app.reports.models import IssuedReport, ReportState


def visible_reports(user: User) -> Select[IssuedReport]:
    """Those of visible companies; company users see them once they are issued."""
    companies = visible_companies(user).with_only_columns(Company.id)
    reports = select(IssuedReport).where(IssuedReport.company_id.in_(companies))
    if user.role is Role.COMPANY:
        reports = reports.where(IssuedReport.state == ReportState.ISSUED)
    return reports


def can_issue(user: User, company: Company) -> bool:
    """The firm's coaches and managers issue its report."""
    return can_change_company(user, company)
