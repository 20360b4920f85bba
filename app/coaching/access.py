"""Which visits, hours and commitments somebody may see, and what they may do to one."""

from __future__ import annotations

from sqlalchemy import Select, false, select

from app.accounts.models import STAFF, Role, User
from app.coaching.models import Commitment, TimeEntry, Visit
from app.companies.access import can_change_company, visible_companies
from app.companies.models import Company


def visible_visits(user: User) -> Select[Visit]:
    """Those of visible companies for people of the centre; a visit carries an internal note, so nobody else.

    Company users read the shared part only (`queries.shared_visits_of`).
    """
    visits = select(Visit)
    if user.role not in STAFF:
        return visits.where(false())
    return visits.where(Visit.company_id.in_(visible_companies(user).with_only_columns(Company.id)))


def visible_commitments(user: User) -> Select[Commitment]:
    """Those of visible companies: a promise is known to both sides."""
    companies = visible_companies(user).with_only_columns(Company.id)
    return select(Commitment).where(Commitment.company_id.in_(companies))


def visible_time(user: User) -> Select[TimeEntry]:
    """All hours for managers, their own for coaches, none for others."""
    entries = select(TimeEntry)
    if user.role is Role.MANAGER:
        return entries
    return entries.where(TimeEntry.user_id == user.id if user.role is Role.COACH else false())


def can_log_visit(user: User, company: Company) -> bool:
    """Who may change the firm logs its visits (needs `company.coaches`)."""
    return can_change_company(user, company)


def can_change_visit(user: User, visit: Visit) -> bool:
    """Managers, the visit's coach and the firm's coaches (needs `visit.company.coaches`)."""
    return can_change_company(user, visit.company) or (user.role is Role.COACH and visit.coach_id == user.id)


def can_see_hours(user: User, visit: Visit) -> bool:
    """Coaches see and enter their own hours, managers everybody's."""
    return user.role is Role.MANAGER or (user.role is Role.COACH and visit.coach_id == user.id)


def can_change_commitment(user: User, commitment: Commitment) -> bool:
    """Managers, the firm's coaches and the coach who promised (needs `commitment.company.coaches`)."""
    if can_change_company(user, commitment.company):
        return True
    return user.role is Role.COACH and commitment.user_id == user.id
