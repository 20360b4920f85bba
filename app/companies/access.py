"""Which companies somebody may see, and what they may do to one."""

from __future__ import annotations

from sqlalchemy import Select, false, select

from app.accounts.models import STAFF, Role, User
from app.companies.models import Company, CompanyMember, MemberRight


def visible_companies(user: User) -> Select[Company]:
    """All for coaches and managers, their own for company users, none for administrators."""
    companies = select(Company)
    if user.role in STAFF:
        return companies
    if user.role is Role.COMPANY:
        own = select(CompanyMember.company_id).where(CompanyMember.user_id == user.id)
        return companies.where(Company.id.in_(own), Company.archived_at.is_(None))
    return companies.where(false())


def can_create_company(user: User) -> bool:
    """Coaches and managers take up new firms."""
    return user.role in STAFF


def can_change_company(user: User, company: Company) -> bool:
    """Managers change every firm, coaches those assigned to them (needs `company.coaches`)."""
    if user.role is Role.MANAGER:
        return True
    return user.role is Role.COACH and any(c.user_id == user.id for c in company.coaches)


def can_assign_coaches(user: User, company: Company) -> bool:
    """Who may change the firm may also say who looks after it; any coach may take up a firm without one."""
    return can_change_company(user, company) or (user.role is Role.COACH and not company.coaches)


def right_of(user: User, company: Company) -> MemberRight | None:
    """A company user's right for the firm (needs `company.members`)."""
    return next((m.right for m in company.members if m.user_id == user.id), None)


def can_act_for_company(user: User, company: Company) -> bool:
    """Owners and editors act on their firm's roadmap; readers read."""
    return right_of(user, company) in (MemberRight.OWNER, MemberRight.EDITOR)


def can_invite_members(user: User, company: Company) -> bool:
    """The firm's coaches, managers, and the firm's owners invite people of the firm."""
    return can_change_company(user, company) or right_of(user, company) is MemberRight.OWNER
