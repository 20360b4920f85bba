"""The demo's script: who does what at which moment, played in the order of time under that person's name."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session

from app import db, history
from app.accounts.models import Centre, User
from app.demo.calendar import Calendar
from app.maturity.models import Dimension
from app.roadmap.models import CatalogueMeasure

SEEDS = Path(__file__).parents[2] / "seeds" / "demo"
Data = dict[str, Any]
Deed = Callable[[dt.datetime], object]
TEXTS = ("companies", "visits", "commitments", "evidence")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(name: str) -> Data:
    """One file of the demo's data."""
    with (SEEDS / f"{name}.yaml").open(encoding="utf-8") as file:
        data: Data = yaml.load(file, Loader=_LOADER)  # noqa: S506 (a safe loader, the fast one where it is built)
    return data


@dataclass
class Stage:
    """What every act of the demo needs: the database, the people, the calendar, the texts."""

    session: Session
    centre: Centre
    calendar: Calendar
    dimensions: Sequence[Dimension]
    catalogue: Sequence[CatalogueMeasure]
    texts: dict[str, Data] = field(
        default_factory=lambda: {
            name: read(name) for name in ("companies", "visits", "commitments", "evidence")
        }
    )
    people: dict[str, User] = field(default_factory=dict)
    _acts: list[tuple[dt.datetime, int, str, str, Deed]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)

    def at(self, moment: dt.datetime, who: str, action: str, deed: Deed) -> None:
        """Let somebody do something; an act may add later ones while the script is played."""
        heapq.heappush(self._acts, (moment, next(self._order), who, action, deed))

    def play(self) -> None:
        """Do everything in the order of time; records and history carry the moment and the person."""
        while self._acts:
            moment, _order, who, action, deed = heapq.heappop(self._acts)
            person = self.people[who]
            with db.dated(moment):
                history.act_as(self.session, history.Actor(person.id, person.name, "web", action))
                deed(moment)
                self.session.flush()

    @property
    def today(self) -> dt.date:
        """The day on which the demo is made."""
        return self.calendar.today

    def day_of(self, moment: dt.datetime) -> dt.date:
        """The day of a moment at the centre."""
        return moment.astimezone(self.calendar.zone).date()
