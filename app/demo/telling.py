"""What the demo's visits are about: texts in rotation, fitting promises, believable lengths and hours."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from random import Random

from app.coaching.models import Side, TimeKind, VisitKind
from app.demo.calendar import DAY
from app.demo.firm import Firm
from app.demo.script import Data, Stage
from app.demo.visits import Appointment, Pledge
from app.fields import Field

LENGTHS = {
    VisitKind.ON_SITE: (90, 105, 120, 135, 150, 180),
    VisitKind.WORKSHOP: (120, 150, 180, 240),
    VisitKind.DEMONSTRATION: (120, 150, 180),
    VisitKind.REMOTE: (45, 60, 75),
    VisitKind.PHONE: (15, 20, 30),
}
ON_THE_ROAD = (VisitKind.ON_SITE, VisitKind.WORKSHOP, VisitKind.DEMONSTRATION)
TRAVEL = {"DE803": 30, "DE80K": 60, "DE80M": 90, "DE804": 105, "DE80L": 105, "DE80N": 135}  # there and back
FARTHER = 120
ALWAYS_KEPT_AFTER = 40  # days after which nothing is open any more
KEPT = 0.9
_WORD = re.compile(r"\w{4,}")


class Teller:
    """Hands out the texts of the seeds one after the other, never one twice to the same firm."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._next: Counter[str] = Counter()

    def text(self, firm: Firm, kind: str) -> Data | None:
        """The next text of a kind that fits the firm's trade."""
        entries: list[Data] = self.stage.texts["visits"][kind]
        for step in range(len(entries)):
            entry = entries[(self._next[kind] + step) % len(entries)]
            fits = firm.data["sector"] in entry.get("sectors", [firm.data["sector"]])
            if fits and entry["subject"] not in firm.told:
                self._next[kind] += step + 1
                firm.told.add(entry["subject"])
                return entry
        return None

    def topic(self, firm: Firm, fields: Sequence[Field]) -> tuple[Data, Field]:
        """The next text of the first of these fields that still has one for the firm."""
        for field in fields:
            if (entry := self.text(firm, field.value)) is not None:
                return entry, field
        raise LookupError(f"nothing left to tell about {firm.data['name']}")

    def visit(
        self,
        firm: Firm,
        day: dt.date,
        entry: Data,
        field: Field,
        *,
        promises: str,
        further: tuple[str, ...] = (),
        minutes: int | None = None,
    ) -> Appointment:
        """A session on that day with its hours and, of the kind named by `promises`, what was promised."""
        rng, kind = firm.rng, VisitKind(entry["kind"])
        coach = firm.coach(field) if promises == field.value else firm.lead
        minutes = minutes or rng.choice(LENGTHS[kind])
        starts_at = self.stage.calendar.book(coach, day, minutes)
        people = attending(firm, rng, promises)
        visit = Appointment(
            starts_at=starts_at,
            coach=coach,
            kind=kind,
            minutes=minutes,
            subject=entry["subject"],
            note=entry.get("note", ""),
            main_field=field,
            further_fields=further,
            people=people,
            hours=hours(firm, kind),
            pledges=(),
        )
        pledges = self._pledges(firm, visit, promises) if promises else ()
        return Appointment(**{**vars(visit), "pledges": pledges})

    def _pledges(self, firm: Firm, visit: Appointment, kind: str) -> tuple[Pledge, ...]:
        rng, day = firm.rng, self.stage.day_of(visit.starts_at)
        sides = [side for side, chance in ((Side.CENTRE, 0.65), (Side.COMPANY, 0.8)) if rng.random() < chance]
        if rng.random() < 0.2:
            sides.append(rng.choice(list(Side)))
        if visit.kind is VisitKind.PHONE:
            sides = sides[:1]
        found = []
        for side in sides:
            entry = self._promise(firm, f"{visit.subject} {visit.note}", kind, side)
            if entry is not None:
                due = self.stage.calendar.on_or_after(day + entry["days"] * DAY)
                who = rng.choice(visit.people) if side is Side.COMPANY else ""
                found.append(Pledge(side, entry["text"], due, self._kept(day, due, rng), who))
        return tuple(found)

    def _promise(self, firm: Firm, about: str, kind: str, side: Side) -> Data | None:
        """The promise that shares most words with the visit, else the next one in turn."""
        entries: list[Data] = self.stage.texts["commitments"][kind][side.value]
        turn = self._next[f"{kind}-{side.value}"]
        order = [entries[(turn + step) % len(entries)] for step in range(len(entries))]
        left = [entry for entry in order if entry["text"] not in firm.told]
        if not left:
            return None
        best = max(left, key=lambda entry: len(_stems(entry["text"]) & _stems(about)))
        self._next[f"{kind}-{side.value}"] += 1
        firm.told.add(best["text"])
        return best

    def _kept(self, made: dt.date, due: dt.date, rng: Random) -> dt.date | None:
        """Around its date; most promises are kept, and none stays open for months."""
        calendar = self.stage.calendar
        on = max(made + 2 * DAY, due + rng.choice((-3, -1, 0, 0, 0, 1, 2, 4, 9)) * DAY)
        old = calendar.offset(due) < -ALWAYS_KEPT_AFTER
        on = calendar.on_or_after(on)
        return on if calendar.past(on) and (old or rng.random() < KEPT) else None


def _stems(text: str) -> set[str]:
    return {word[:4] for word in _WORD.findall(text.casefold())} - {
        "eine",
        "drei",
        "zwei",
        "noch",
        "schi",
        "lief",
    }


def attending(firm: Firm, rng: Random, kind: str) -> tuple[str, ...]:
    """Who of the firm takes part: the managing director at the beginning, later those who do the work."""
    main, *others = firm.people
    if not others:
        return (main,)
    if kind in {field.value for field in Field}:
        chosen = [rng.choice(others)]
        return (main, *chosen) if rng.random() < 0.4 else tuple(chosen)
    return (main, *others) if kind in ("assessment", "goals") else (main, *others[:1])


def hours(firm: Firm, kind: VisitKind) -> dict[TimeKind, int]:
    """Preparation, follow-up and travel in minutes."""
    rng, found = firm.rng, {}
    if kind in ON_THE_ROAD:
        found[TimeKind.TRAVEL] = TRAVEL.get(firm.data["nuts3"], FARTHER)
    if rng.random() < 0.6:
        found[TimeKind.PREPARATION] = rng.choice((15, 20, 30, 30, 45))
    if rng.random() < 0.7:
        found[TimeKind.FOLLOW_UP] = rng.choice((15, 20, 30, 45, 60))
    return found
