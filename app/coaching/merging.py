"""What two people did to hours, people and commitments of one visit, put together without losing a word."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.coaching.forms import CommitmentForm, CommitmentRow, VisitForm, row_values
from app.coaching.models import Commitment, TimeEntry, TimeKind, Visit, VisitContact
from app.companies.keeping import merged
from app.forms import Conflict
from app.history import plain

ROW = ("text", "owner", "due_on")
UNREADABLE = (ValueError, TypeError, OverflowError, RecursionError)  # of a hidden field


@dataclass(frozen=True)
class Parts:
    """What belongs to a visit beside its own columns."""

    hours: dict[str, int]
    people: list[str]
    commitments: dict[str, dict[str, Any]]

    @classmethod
    def of(
        cls,
        visit: Visit,
        times: Iterable[TimeEntry],
        people: Iterable[VisitContact],
        commitments: Iterable[Commitment],
    ) -> Parts:
        """As they are stored; the length of a planned session counts as its minutes."""
        hours = {kind.value: 0 for kind in TimeKind} | {TimeKind.ON_SITE.value: visit.minutes}
        own = {entry.kind.value: entry.minutes for entry in times if entry.user_id == visit.coach_id}
        return cls(
            hours | own,
            [str(one.contact_id) for one in people],
            {str(c.id): row_values(c) for c in commitments},
        )

    def dump(self) -> str:
        """For the form's hidden field."""
        rows = {key: {name: plain(row[name]) for name in ROW} for key, row in self.commitments.items()}
        return json.dumps([self.hours, self.people, rows])

    @classmethod
    def read(cls, text: str | None) -> Parts | None:
        """What a form showed when it was opened; none when that cannot be read."""
        try:
            hours, people, rows = json.loads(text or "")
            return cls(
                {str(name): int(minutes) for name, minutes in hours.items()},
                [str(uuid.UUID(one)) for one in people],
                {str(key): {name: row.get(name) for name in ROW} for key, row in rows.items()},
            )
        except (*UNREADABLE, AttributeError):
            return None


def merge_parts(form: VisitForm, now: Parts, posted: Mapping[str, str]) -> bool:
    """Bring what others saved meanwhile into the form; True when nothing is left to decide.

    What only one of us changed is taken over. Where both changed the same value differently, the form
    shows mine / theirs / before. A commitment that was removed meanwhile stays removed unless I changed it.
    """
    seen = Parts.read(form.seen.data) or now
    people = map(uuid.UUID, now.people)
    form.contacts.data = merged(set(map(uuid.UUID, seen.people)), form.contacts.data or [], people)
    settled = [
        _settle(form._fields[name], seen.hours.get(name, 0), minutes, posted)
        for name, minutes in now.hours.items()
        if name in form._fields
    ]
    for row in form.commitments:
        key = row.form.id.data
        if not key:
            continue
        before = seen.commitments.get(key)
        theirs = now.commitments.get(key)
        if theirs is None:
            _gone(row.form, before)
            continue
        settled += [
            _settle(row.form._fields[name], (before or theirs)[name], theirs[name], posted) for name in ROW
        ]
    form.seen.data, form.seen.raw_data = now.dump(), None
    return all(settled)


def merge_row(form: CommitmentForm, now: Commitment, posted: Mapping[str, str]) -> bool:
    """The same for a commitment that is changed by itself; True when nothing is left to decide."""
    theirs = row_values(now)
    try:
        before = json.loads(form.seen.data or "")
        opened = {name: before[name] for name in ROW}
    except (*UNREADABLE, KeyError):
        opened = theirs
    settled = [_settle(form._fields[name], opened[name], theirs[name], posted) for name in ROW]
    form.seen.data, form.seen.raw_data = seen_row(now), None
    return all(settled)


def seen_row(one: Commitment) -> str:
    """What the form of one commitment shows, for its hidden field."""
    values = row_values(one)
    return json.dumps({name: plain(values[name]) for name in ROW})


def _settle(field: Any, before: Any, theirs: Any, posted: Mapping[str, str]) -> bool:
    choice = posted.get(f"resolve-{field.name}")
    mine, old, new = plain(field.data) or None, plain(before) or None, plain(theirs) or None
    if choice == "theirs" or mine in (old, new):
        field.data, field.raw_data = theirs, None
    elif new != old and choice != "mine":
        field.conflict = Conflict(theirs, before)
        return False
    return True


def _gone(row: CommitmentRow, before: dict[str, Any] | None) -> None:
    """A row whose commitment is no longer there: new if it was changed here, otherwise nothing."""
    row.id.data = ""
    if before is not None and all(
        (plain(row._fields[name].data) or None) == (before[name] or None) for name in ROW
    ):
        row.text.data, row.due_on.data = "", None
        row.text.raw_data = row.due_on.raw_data = None
