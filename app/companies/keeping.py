"""The verbs of a company's record: take it up, tag it, say who looks after it, who of the firm may see it."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Collection, Iterable
from typing import TypeVar
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from app.accounts.models import User
from app.companies import queries
from app.companies.models import (
    Company,
    CompanyCoach,
    CompanyMember,
    CompanyTag,
    Contact,
    MemberRight,
)
from app.db import next_number
from app.errors import RuleBroken

T = TypeVar("T")
TAGS, TAG_LETTERS = 20, 60
FIRST_YEAR = 1990


def take_up(session: Session, name: str, by: User | None = None) -> Company:
    """A new company with the next number; whoever takes it up leads until somebody else does."""
    company = Company(number=f"U-{next_number(session, 'company'):04d}")
    company.rename(name)
    session.add(company)
    session.flush()
    coaches = [CompanyCoach(company_id=company.id, user_id=by.id, user=by, lead=True)] if by else []
    session.add_all(coaches)
    session.flush()
    for collection, rows in (("coaches", coaches), ("members", []), ("tags", [])):
        set_committed_value(company, collection, rows)
    return company


def merged(before: Collection[T], mine: Collection[T], now: Iterable[T]) -> list[T]:
    """What results when I turned `before` into `mine` while others turned it into `now`."""
    kept = [one for one in now if one in mine or one not in before]
    return [*kept, *(one for one in mine if one not in before and one not in kept)]


def read_tags(text: str) -> list[str]:
    """Tags as they are typed: words between commas, each once."""
    words = (" ".join(part.split()) for part in re.split(r"[,;\n]", text))
    found: dict[str, str] = {}
    for word in words:
        if word:
            found.setdefault(word.casefold(), word)
    tags = list(found.values())
    if len(tags) > TAGS:
        raise RuleBroken(
            "company.tags",
            _l("There are %(n)s tags; at most %(limit)s fit on a company.", n=len(tags), limit=TAGS),
            field="tags",
            value=len(tags),
            limit=TAGS,
            way_out=_l("Keep the ones that you search for."),
        )
    longest = max(tags, key=len, default="")
    if len(longest) > TAG_LETTERS:
        raise RuleBroken(
            "company.tag_length",
            _l(
                "The tag “%(tag)s…” is longer than %(limit)s characters.", tag=longest[:20], limit=TAG_LETTERS
            ),
            field="tags",
            value=longest,
            limit=TAG_LETTERS,
            way_out=_l("Put commas between the tags."),
        )
    return tags


def tag(session: Session, company: Company, before: Collection[str], mine: Collection[str]) -> None:
    """Give the company the tags that I typed; what others added or removed meanwhile stays so."""
    now = {one.name: one for one in company.tags}
    wanted = merged(before, mine, now)
    for name, one in now.items():
        if name not in wanted:
            session.delete(one)
    session.add_all(CompanyTag(company_id=company.id, name=name) for name in wanted if name not in now)


def assign(
    session: Session,
    company: Company,
    people: dict[uuid.UUID, User],
    before: Collection[uuid.UUID],
    mine: Collection[uuid.UUID],
    lead: uuid.UUID | None,
) -> None:
    """Say which coaches look after the company and who of them leads (`people`: who can be chosen)."""
    now = {one.user_id: one for one in company.coaches}
    wanted = [key for key in merged(before, mine, now) if key in people or key in now]
    leading = (
        lead if lead in wanted else next((k for k, one in now.items() if one.lead and k in wanted), None)
    )
    leading = leading or next(iter(wanted), None)
    for key, one in now.items():
        if key not in wanted:
            session.delete(one)
        elif one.lead != (key == leading):
            one.lead = key == leading
    session.add_all(
        CompanyCoach(company_id=company.id, user_id=key, user=people[key], lead=key == leading)
        for key in wanted
        if key not in now
    )


def make_main(session: Session, contact: Contact) -> None:
    """A company has one main contact: this one."""
    for other in queries.contacts_of(session, contact.company_id):
        if other.id != contact.id and other.main:
            other.main = False
    contact.main = True


def join(session: Session, company: Company, person: User, right: MemberRight) -> CompanyMember:
    """Let somebody of the firm see it; once."""
    known = next((one for one in company.members if one.user_id == person.id), None)
    if known is not None:
        raise RuleBroken(
            "member.duplicate",
            _l("%(name)s is already a user of this company.", name=person.name),
            field="email",
            value=person.email,
            way_out=_l("Send the invitation again, or change the right, in the list of users."),
        )
    member = CompanyMember(company_id=company.id, user_id=person.id, user=person, right=right)
    session.add(member)
    session.flush()
    return member


def check_website(text: str) -> str:
    """A web address with http or https and a host; "firma.de" is meant as https://firma.de."""
    wanted = text.strip()
    if not wanted:
        return ""
    if "://" not in wanted and not re.match(r"[a-z][a-z0-9+.-]*:", wanted, re.IGNORECASE):
        wanted = f"https://{wanted}"
    try:
        parts = urlsplit(wanted)
        fine = parts.scheme in ("http", "https") and "@" not in parts.netloc and parts.port != 0
        host = parts.hostname or ""
    except ValueError:
        fine, host = False, ""
    if not fine or "." not in host.strip(".") or re.search(r"[\s<>\"]", wanted):
        raise RuleBroken(
            "website.address",
            _l("“%(value)s” is not a web address.", value=text[:60]),
            field="website",
            value=text,
            limit="http, https",
            way_out=_l("It looks like https://www.company.de."),
        )
    return wanted


def check_postcode(text: str) -> str:
    """Five digits, or nothing."""
    wanted = re.sub(r"\s", "", text).removeprefix("D-").removeprefix("d-")
    if wanted and not re.fullmatch(r"\d{5}", wanted):
        raise RuleBroken(
            "postcode.digits",
            _l("“%(value)s” is not a German postcode.", value=text[:20]),
            field="postcode",
            value=text,
            limit=5,
            way_out=_l("It has five digits, for example 18055."),
        )
    return wanted


def check_year(year: int, today: dt.date, taken: Collection[int]) -> None:
    """A business year that has begun and has no data yet."""
    if not FIRST_YEAR <= year <= today.year:
        raise RuleBroken(
            "year.range",
            _l(
                "%(year)s is not between %(first)s and %(last)s.",
                year=year,
                first=FIRST_YEAR,
                last=today.year,
            ),
            field="year",
            value=year,
            limit=today.year,
            way_out=_l("Enter the year in which the business year ended."),
        )
    if year in taken:
        raise RuleBroken(
            "year.taken",
            _l("There are data for %(year)s already.", year=year),
            field="year",
            value=year,
            way_out=_l("Change those instead."),
        )
