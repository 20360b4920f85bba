"""The plots of the demo's firms: when each one came, how far it has come, and its visits on the way."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from app.companies.models import CompanyStatus
from app.demo.assessments import agree_targets, assess
from app.demo.calendar import DAY
from app.demo.firm import Firm, change_status, take_up
from app.demo.levels import first_answers, goals, later_answers
from app.demo.roadmaps import add_free, agree, carry_out, draft, look_again
from app.demo.script import Data, Stage
from app.demo.telling import Teller
from app.demo.visits import Appointment, call_off, log, plan
from app.fields import Field
from app.maturity import queries as maturity
from app.maturity.assessing import Given
from app.maturity.models import AssessmentKind
from app.roadmap.models import MeasureStatus

# (first visit so many days ago: earliest, latest; days between later visits; most measures)
PACES: dict[str, tuple[int, int, tuple[int, int], int]] = {
    "advanced": (-412, -285, (27, 38), 10),
    "started": (-335, -64, (30, 45), 8),
    "assessed": (-210, -70, (35, 50), 6),
    "new": (-45, -6, (0, 1), 0),
}
SMALL = 15  # people; such a firm does not take on more than four measures
REST_AGO = {CompanyStatus.PAUSED: -75, CompanyStatus.ENDED: -40}
NOT_NOW, DROPPED = MeasureStatus.NOT_NOW, MeasureStatus.DROPPED
# What happens beside the usual, by a firm's place among those of its pace
PUT_OFF: dict[str, Sequence[Sequence[MeasureStatus]]] = {
    "advanced": ((NOT_NOW,), (DROPPED,), (NOT_NOW, DROPPED), ()),
    "started": ((), (NOT_NOW,), (), (DROPPED,), ()),
}
ENERGY = {"energieintensiv", "Kühlung", "Brennofen", "Photovoltaik", "Wasserstoff"}  # tags that speak for it
SECOND_ASSESSMENTS = 2  # of the advanced firms that came first
UNDECIDED = 2  # of the started firms that came last: their roadmap is drafted, not yet agreed


@dataclass
class Plot:
    """One firm's story."""

    stage: Stage
    teller: Teller
    firm: Firm
    place: int  # among the firms of its pace, the first to come first
    of: int
    fields: list[Field] = field(default_factory=list)  # what matters most to it first

    def __post_init__(self) -> None:
        self.fields = _fields(self.firm)

    @property
    def pace(self) -> str:
        """How far it has come."""
        return str(self.firm.data["progress"])

    @property
    def status(self) -> CompanyStatus:
        """Where the work stands today."""
        return CompanyStatus(self.firm.data["status"])

    @property
    def end(self) -> dt.date:
        """Until when something happens."""
        return self.stage.today + REST_AGO.get(self.status, 0) * DAY

    def day(self, day: dt.date) -> dt.date:
        """That day, or the next working day."""
        return self.stage.calendar.on_or_after(day)

    def tell(self) -> None:
        """Everything from the first contact to what is planned."""
        rng, pace = self.firm.rng, PACES[self.pace]
        earliest, latest = (pace[0], pace[1])
        step = (latest - earliest) * self.place // max(1, self.of - 1)
        first = self.stage.calendar.day(min(-4, earliest + step + rng.randrange(-3, 4)))
        known = self.stage.calendar.offset(first) - rng.randrange(9, 16)
        take_up(self.stage, self.firm, self.stage.calendar.day(known))
        entry = self.teller.text(self.firm, "first")
        if entry is not None:
            self._log(self.teller.visit(self.firm, first, entry, self.fields[0], promises="first"))
        if self.pace == "new":
            self.look_ahead("new")
        elif self.pace == "assessed" and self.status is CompanyStatus.ACTIVE and self.place % 2:
            self.begin_assessment()
        else:
            self.assess(self.day(first + rng.randrange(12, 26) * DAY))

    def _log(self, visit: Appointment) -> Appointment:
        log(self.stage, self.firm, visit)
        return visit

    def _visit(self, kind: str, day: dt.date, minutes: int | None = None) -> Appointment:
        """A visit about the whole firm."""
        entry = self.teller.text(self.firm, kind)
        if entry is None:
            raise LookupError(f"no text for {kind}")
        main, *others = self.fields
        further = tuple(str(one) for one in others)
        return self._log(
            self.teller.visit(
                self.firm, day, entry, main, promises=_promises(kind), further=further, minutes=minutes
            )
        )

    def begin_assessment(self) -> None:
        """The first assessment is in progress."""
        day = self.stage.calendar.day(-5 - 3 * self.place)
        visit = self._visit("begun", day, 210)
        self._rate(visit, AssessmentKind.T0, stop_after=8 if self.place % 4 == 1 else 15)
        change_status(self.stage, self.firm, self.stage.day_of(visit.starts_at), self.status)
        self.look_ahead("begun")

    def assess(self, day: dt.date) -> None:
        """The first assessment; from then on the firm is active."""
        visit = self._visit("assessment", day, self.firm.rng.choice((210, 240, 270)))
        self._rate(visit, AssessmentKind.T0)
        day = self.stage.day_of(visit.starts_at)
        change_status(self.stage, self.firm, day, CompanyStatus.ACTIVE)
        if self.pace == "assessed" and self.status is not CompanyStatus.ACTIVE:
            self.stop()
        else:
            self.set_goals(self.day(day + self.firm.rng.randrange(15, 23) * DAY))

    def _rate(self, visit: Appointment, kind: AssessmentKind, stop_after: int | None = None) -> None:
        def answers() -> Mapping[str, Given]:
            evidence = self.stage.texts["evidence"]
            self.firm.first = first_answers(self.firm.data, self.stage.dimensions, evidence, self.firm.rng)
            return self.firm.first

        def again() -> Mapping[str, Given]:
            targets = maturity.targets_of(self.stage.session, self.firm.company.id)
            wanted = {key: targets[key].level for key in self.firm.first if key in targets}
            evidence = self.stage.texts["evidence"]
            return later_answers(self.firm.first, self.firm.reached, wanted, evidence, self.firm.rng)

        said = answers if kind is AssessmentKind.T0 else again
        assess(self.stage, self.firm, visit.starts_at, visit.coach, said, kind=kind, stop_after=stop_after)

    def set_goals(self, day: dt.date) -> None:
        """Targets, then the roadmap, agreed a while later."""
        stage, firm, rng = self.stage, self.firm, self.firm.rng
        if day >= self.end:
            self.stop()
            return
        visit = self._visit("goals", day)
        day = stage.day_of(visit.starts_at)
        focus = {d.key: max(1, 3 - self.fields.index(d.field)) for d in stage.dimensions}
        evening = stage.calendar.moment(day, "18:50")
        agree_targets(stage, firm, evening, visit.coach, lambda levels: goals(levels, focus, rng))
        most = PACES[self.pace][3]
        wanted = 4 if firm.data["years"][-1]["staff"] < SMALL else rng.randrange(most - 3, most + 1)
        agreed = self.day(day + rng.randrange(7, 15) * DAY)
        undecided = self.pace == "assessed" or (self.pace == "started" and self.place >= self.of - UNDECIDED)
        undecided = undecided or agreed >= self.end
        draft(stage, firm, stage.calendar.moment(day, "20:10"), wanted, dated=not undecided)
        if undecided:
            self.later(day)
            return
        moment = stage.calendar.moment(agreed, "11:45")
        agree(stage, firm, moment, firm.people[0])
        cases = PUT_OFF[self.pace]
        carry_out(stage, firm, moment, self.end, cases[self.place % len(cases)])
        self.later(agreed)

    def later(self, day: dt.date) -> None:
        """Visits on one subject each until today, and what is planned."""
        stage, firm, rng = self.stage, self.firm, self.firm.rng
        second = self.pace == "advanced" and self.place < SECOND_ASSESSMENTS
        since, last, turns = day, day, itertools.cycle(_turns(self.fields))
        while True:
            day = self.day(day + rng.randrange(*PACES[self.pace][2]) * DAY)
            if day >= self.end - DAY:
                break
            wanted = next(turns)
            entry, about = self.teller.topic(firm, [wanted, *(f for f in self.fields if f is not wanted)])
            visit = self.teller.visit(firm, day, entry, about, promises=about.value)
            last = max(last, stage.day_of(self._log(visit).starts_at))
        look_again(stage, firm, stage.calendar.moment(last, "18:20"))
        if second:
            visit = self._visit("again", stage.calendar.day(-9 - 6 * self.place), 240)
            self._rate(visit, AssessmentKind.T1)
        if self.place % 4 == 1 and last > since:
            rows: list[Data] = stage.texts["evidence"]["free_measures"]
            add_free(stage, firm, stage.calendar.moment(last, "18:40"), rows[self.place % len(rows)])
        self.stop()

    def stop(self) -> None:
        """Paused and ended firms rest; for the others the next visit is planned."""
        if self.status is CompanyStatus.ACTIVE:
            self.look_ahead("planned")
            return
        remarks: list[str] = self.stage.texts["companies"]["remarks"][self.status.value]
        day = self.day(self.end)
        change_status(self.stage, self.firm, day, self.status, remarks[self.place % len(remarks)])

    def look_ahead(self, kind: str) -> None:
        """Two of three firms have a next visit; a few recent ones were called off or are not finished."""
        stage, firm, rng = self.stage, self.firm, self.firm.rng
        entry = self._planned(kind)
        main = Field(entry["field"]) if entry["field"] else self.fields[0]
        if self.pace == "started" and self.place % 6 == 3:
            visit = self._coming(entry, main, stage.calendar.day(-rng.randrange(12, 30)))
            on = stage.day_of(visit.starts_at)
            key = plan(stage, firm, visit, stage.calendar.day(stage.calendar.offset(on) - 14))
            call_off(stage, visit, key, stage.calendar.day(stage.calendar.offset(on) - 1))
        if self.pace == "advanced" and self.place in (3, 7):
            plan(stage, firm, self._coming(entry, main, stage.calendar.day(-1)), stage.calendar.day(-13))
        elif kind != "planned" or rng.random() < 0.7:
            visit = self._coming(
                entry, main, stage.calendar.day(rng.randrange(2, 30 if kind == "planned" else 16))
            )
            plan(stage, firm, visit, stage.calendar.day(-rng.randrange(1, 4)))

    def _planned(self, kind: str) -> Data:
        if kind != "planned":
            first: Data = self.stage.texts["visits"]["planned_first"][kind]
            return first
        entries: list[Data] = self.stage.texts["visits"]["planned"]
        own = [entry for entry in entries if entry["field"] in (None, self.fields[0], self.fields[1])]
        return own[self.place % len(own)]

    def _coming(self, entry: Data, main: Field, day: dt.date) -> Appointment:
        return self.teller.visit(self.firm, day, entry, main, promises="")


def _promises(kind: str) -> str:
    return {"begun": "assessment", "again": "assessment"}.get(kind, kind)


def _fields(firm: Firm) -> list[Field]:
    """What matters to the firm: what its coach is good at, what its tags say, then chance."""
    energy = ENERGY & set(firm.data["tags"])
    likes = {"anke": Field.DIGITALIZATION, "jan": Field.AUTOMATION, "mira": Field.DECARBONIZATION}
    weights = {one: firm.rng.random() for one in Field}
    weights[Field.AI] -= 0.25
    weights[likes[firm.lead]] += 0.4
    weights[Field.DECARBONIZATION] += 0.6 if energy else 0
    return sorted(Field, key=lambda one: -weights[one])


def _turns(fields: Sequence[Field]) -> list[Field]:
    """Most visits on what matters most, some on everything."""
    one, two, three, four = fields
    return [one, two, one, three, two, one, four, two]


def tell_all(stage: Stage, teller: Teller, rows: Sequence[Data]) -> None:
    """The stories of all firms but the showcase, each drawn from its own name."""
    for pace in PACES:
        own = [row for row in rows if row["progress"] == pace]
        order = Random(pace).sample(own, len(own))
        order.sort(key=lambda row: row["status"] == CompanyStatus.ACTIVE)  # who rests came early
        for place, row in enumerate(order):
            Plot(stage, teller, Firm(row, Random(row["name"])), place, len(order)).tell()
