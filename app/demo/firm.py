"""A firm of the demo: how it is taken up, its yearly figures, its status, its people in the portal."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from random import Random

from app.accounts.models import User
from app.companies import keeping, queries
from app.companies.models import Company, CompanyStatus, CompanyYear, Contact, MemberRight, Site
from app.demo.calendar import DAY
from app.demo.script import Data, Deed, Stage
from app.fields import Field
from app.maturity.assessing import Given
from app.roadmap.models import Measure

FACTS = (
    "legal_form", "register_number", "register_court", "vat_id", "wz_version", "wz_code", "street",
    "postcode", "city", "nuts3", "website", "source",
)  # fmt: skip
SPECIALISTS = {
    Field.AUTOMATION: "jan",
    Field.DIGITALIZATION: "anke",
    Field.AI: "mira",
    Field.DECARBONIZATION: "mira",
}
DATA_OF_YEARS_END = 2025  # the last year of the seeds; it moves along with today
YEAR_CLOSED = (4, 15)  # from when on a firm knows last year's figures


@dataclass
class Firm:
    """One firm with what its story needs to remember."""

    data: Data
    rng: Random
    company: Company = field(init=False)
    contacts: dict[str, Contact] = field(default_factory=dict)  # by the name in their address
    first: dict[str, Given] = field(default_factory=dict)  # the answers at T0
    reached: dict[str, int] = field(default_factory=dict)  # by measures that are done
    measures: list[Measure] = field(default_factory=list)
    told: set[str] = field(default_factory=set)  # subjects and promises that were used

    @property
    def lead(self) -> str:
        """The leading coach."""
        return str(self.data["coaches"][0])

    @property
    def people(self) -> list[str]:
        """The keys of its contacts, the main one first."""
        return [contact["email"].split("@")[0] for contact in self.data["contacts"]]

    def coach(self, of: Field | None) -> str:
        """Who of its coaches knows this field best."""
        wanted = SPECIALISTS[of] if of else self.lead
        return wanted if wanted in self.data["coaches"] else self.lead


def closed_year(day: dt.date) -> int:
    """The last business year whose figures are known on a day."""
    return day.year - (1 if (day.month, day.day) >= YEAR_CLOSED else 2)


def take_up(stage: Stage, firm: Firm, day: dt.date) -> None:
    """The leading coach enters the firm with its people, sites and known figures; later figures follow."""
    stage.at(
        stage.calendar.moment(day, "16:10"),
        firm.lead,
        "companies.create",
        lambda _at: _enter(stage, firm),
    )
    newest = closed_year(stage.today - DAY)
    for row in firm.data["years"]:
        year = newest - (DATA_OF_YEARS_END - row["year"])
        known = dt.date(year + 1, *YEAR_CLOSED)
        late = stage.calendar.on_or_after(known + firm.rng.randrange(0, 40) * DAY)
        on = day if known <= day else late
        if stage.calendar.past(on):
            moment = stage.calendar.moment(on, "16:25")
            stage.at(moment, firm.lead, "years.new", _year_entry(stage, firm, row, year))


def _enter(stage: Stage, firm: Firm) -> None:
    session, data, lead = stage.session, firm.data, stage.people[firm.lead]
    firm.company = company = keeping.take_up(session, data["name"], lead)
    for name in FACTS:
        setattr(company, name, data.get(name, ""))
    company.website = keeping.check_website(data["website"])
    company.postcode = keeping.check_postcode(data["postcode"])
    company = queries.company(session, company.id, lead)
    keeping.tag(session, company, [], keeping.read_tags(", ".join(data["tags"])))
    coaches = {stage.people[key].id: stage.people[key] for key in data["coaches"]}
    keeping.assign(session, company, coaches, [lead.id], list(coaches), lead.id)
    for position, row in enumerate(data["contacts"]):
        contact = Contact(company_id=company.id, main=position == 0, **row)
        session.add(contact)
        firm.contacts[firm.people[position]] = contact
    session.add_all(Site(company_id=company.id, **row) for row in data.get("sites", ()))


def _year_entry(stage: Stage, firm: Firm, row: Data, year: int) -> Deed:
    def enter(at: dt.datetime) -> None:
        taken = [one.year for one in queries.years_of(stage.session, firm.company.id)]
        keeping.check_year(year, stage.day_of(at), taken)
        stage.session.add(
            CompanyYear(
                company_id=firm.company.id,
                year=year,
                staff_tenths=row["staff"] * 10,
                turnover=row["turnover"] * 100,
                balance_sheet=row["balance_sheet"] * 100,
            )
        )

    return enter


def change_status(stage: Stage, firm: Firm, day: dt.date, status: CompanyStatus, remark: str = "") -> None:
    """The leading coach says where the work with the firm stands."""

    def change(_at: dt.datetime) -> None:
        firm.company.status = status
        firm.company.remark = remark or firm.company.remark

    stage.at(stage.calendar.moment(day, "17:40"), firm.lead, "companies.edit", change)


def join(stage: Stage, firm: Firm, person: User, right: str) -> None:
    """Somebody of the firm may see it."""
    company = queries.company(stage.session, firm.company.id, stage.people[firm.lead])
    keeping.join(stage.session, company, person, MemberRight(right))
