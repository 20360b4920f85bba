"""Which documents somebody may see, and who may put them on file or release them."""

from __future__ import annotations

from sqlalchemy import Select, select

from app.accounts.models import Role, User
from app.companies.access import can_change_company, visible_companies
from app.companies.models import Company
from app.documents.models import Document


def visible_documents(user: User) -> Select[Document]:
    """Those of visible companies; company users see what is released to them."""
    companies = visible_companies(user).with_only_columns(Company.id)
    documents = select(Document).where(Document.company_id.in_(companies))
    if user.role is Role.COMPANY:
        documents = documents.where(Document.released)
    return documents


def can_file_documents(user: User, company: Company) -> bool:
    """The firm's coaches and managers upload, rename and release (needs `company.coaches`)."""
    return can_change_company(user, company)
