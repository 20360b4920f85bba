"""The demo centre: people, firms and fourteen months of work, told through the same verbs as the pages."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app import db, history
from app.accounts.models import Centre, Role
from app.demo.calendar import Calendar
from app.demo.people import Doorkeeper, SignIn
from app.demo.plots import tell_all
from app.demo.script import Data, Stage, read
from app.demo.showcase import tell
from app.demo.telling import Teller
from app.maturity import queries as maturity
from app.roadmap import queries as roadmap
from app.setup import make_centre

FILE = "demo-sign-ins.txt"
FOUNDED = -475  # days: before the first firm
TITLES = {
    Role.COACH: "Coach",
    Role.MANAGER: "Centre manager",
    Role.ADMIN: "Administrator",
    Role.COMPANY: "Company user",
}


@dataclass(frozen=True)
class DemoPeople:
    """Who can sign in to the demo."""

    sign_ins: Sequence[SignIn]

    @property
    def one_per_role(self) -> dict[Role, SignIn]:
        """The first of each role, in the order in which roles are shown."""
        return {role: next(one for one in self.sign_ins if one.role is role) for role in TITLES}

    def text(self) -> str:
        """For the terminal and for the file: a line each, one of every role first."""
        first = list(self.one_per_role.values())
        width = max(len(one.email) for one in self.sign_ins)
        lines = [
            f"  {TITLES[one.role]:<15} {one.email:<{width}}  {one.passphrase}"
            for one in (*first, *(one for one in self.sign_ins if one not in first))
        ]
        return "\n".join(["Demo sign-ins of this installation (e-mail, passphrase):", *lines]) + "\n"


def build_demo(session: Session, today: dt.date, instance_dir: Path) -> DemoPeople:
    """Fill an empty database that has its reference data; the caller commits.

    The same day gives the same centre, except for keys and passphrases. The passphrases go into a file that
    only its owner can read.
    """
    before = session.info.get("actor", history.SYSTEM)
    people, settings = read("people"), read("centre")
    calendar = Calendar(today, ZoneInfo(settings["time_zone"]))
    founded = calendar.moment(calendar.day(FOUNDED), "09:00")
    with db.dated(founded):
        stage = Stage(
            session=session,
            centre=_centre(session, settings),
            calendar=calendar,
            dimensions=maturity.dimensions_of(session, maturity.current_model(session).id),
            catalogue=roadmap.catalogue(session),
        )
    doorkeeper = Doorkeeper(stage)
    doorkeeper.found(people["staff"], founded)
    rows = stage.texts["companies"]["companies"]
    tell(stage, doorkeeper, rows, people["company_users"][0])
    tell_all(stage, Teller(stage), rows)
    stage.play()
    history.act_as(session, before)
    demo = DemoPeople(tuple(doorkeeper.sign_ins))
    _keep(demo, instance_dir / FILE)
    return demo


def _centre(session: Session, settings: Data) -> Centre:
    centre = make_centre(session, **settings, demo=True)
    for name, value in {**settings, "demo": True}.items():
        setattr(centre, name, value)
    session.flush()
    return centre


def _keep(demo: DemoPeople, file: Path) -> None:
    """Written anew with the owner's rights only, whatever was there before."""
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(demo.text())
