"""The people of the demo: invited as usual, joined with a random passphrase of five words."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass, field

from app import db, history
from app.accounts import invitations
from app.accounts.models import Role, User
from app.accounts.passwords import set_passphrase
from app.demo.firm import Firm, join
from app.demo.script import Data, Stage, read
from app.errors import RuleBroken

WORDS = 5


@dataclass(frozen=True)
class SignIn:
    """How one person of the demo gets in."""

    role: Role
    name: str
    email: str
    passphrase: str = field(repr=False)


class Doorkeeper:
    """Lets people join and remembers their passphrases until they are handed over."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.sign_ins: list[SignIn] = []
        self._words: list[str] = read("words")["words"]

    def found(self, rows: list[Data], moment: dt.datetime) -> None:
        """The centre's administrator is made from the command line and invites everybody else."""
        administrator = next(row for row in rows if row["role"] == Role.ADMIN)
        with db.dated(moment):
            history.act_as(self.stage.session, history.Actor(None, "bin/wandelwerk", "cli", "add_user"))
            self._invite(administrator, Role.ADMIN, None)
            self.stage.session.flush()
        self._let_join(administrator, moment + dt.timedelta(minutes=20))
        for position, row in enumerate(row for row in rows if row is not administrator):
            self._let_in(
                row,
                Role(row["role"]),
                administrator["key"],
                moment + dt.timedelta(hours=1, minutes=4 * position),
            )

    def _let_in(self, row: Data, role: Role, inviter: str, moment: dt.datetime) -> None:
        self.stage.at(
            moment,
            inviter,
            "accounts.invite",
            lambda _at: self._invite(row, role, self.stage.people[inviter]),
        )
        self._let_join(row, moment + dt.timedelta(hours=5))

    def let_in_company_user(self, firm: Firm, row: Data, moment: dt.datetime) -> None:
        """The leading coach invites somebody of the firm, who joins the same evening."""

        def invite(_at: dt.datetime) -> None:
            person = self._invite(row, Role.COMPANY, self.stage.people[firm.lead])
            join(self.stage, firm, person, row["right"])

        self.stage.at(moment, firm.lead, "members.new", invite)
        self._let_join(row, moment + dt.timedelta(hours=2))

    def _invite(self, row: Data, role: Role, inviter: User | None) -> User:
        names = ("email", "first_name", "last_name", "salutation", "job_title", "phone", "language")
        person = invitations.invite(
            self.stage.session, inviter, role=role, **{name: row[name] for name in names}
        )
        self.stage.people[row["key"]] = person
        return person

    def _let_join(self, row: Data, moment: dt.datetime) -> None:
        def join_in(at: dt.datetime) -> None:
            person = self.stage.people[row["key"]]
            passphrase = self._set_passphrase(person)
            person.joined_at = at
            self.sign_ins.append(SignIn(person.role, person.name, person.email, passphrase))

        self.stage.at(moment, row["key"], "accounts.invitation", join_in)

    def _set_passphrase(self, person: User) -> str:
        """Five words drawn by chance; again in the rare case that they are refused."""
        while True:
            passphrase = "-".join(secrets.choice(self._words) for _word in range(WORDS))
            try:
                set_passphrase(person, passphrase, self.stage.centre)
            except RuleBroken:
                continue
            return passphrase
