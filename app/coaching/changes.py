"""A visit's history as its page tells it: one row an action, with hours, people and commitments in words."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from flask_babel import gettext as _

from app import history_words
from app.coaching.models import TimeEntry, TimeKind, Visit
from app.filters import day_long, hours, moment
from app.history import Entry
from app.history_words import Row
from app.words import word


def rows(entries: Iterable[Entry], visit: Visit, times: Iterable[TimeEntry]) -> list[Row]:
    """Newest first. What was said together with a new visit is not told again."""
    kinds = {entry.id: entry.kind for entry in times}
    found = []
    for (at, actor), group in groupby(entries, key=lambda e: (e.at, e.actor)):
        parts = list(group)[::-1]
        own = [e for e in parts if e.record_id == visit.id]
        if any(e.kind == "created" for e in own):
            found.append(Row(actor, moment(at), day_long(at), _("Visit logged"), []))
            continue
        lines = [line for row in history_words.rows(own[::-1], of_one_record=True) for line in row.lines]
        lines += [line for e in parts if e.record_id != visit.id for line in _part(e, kinds)]
        if lines:
            found.append(Row(actor, moment(at), day_long(at), "", lines))
    return found


def _part(entry: Entry, kinds: Mapping[uuid.UUID, TimeKind]) -> list[str]:
    return {"TimeEntry": _time, "VisitContact": _person, "Commitment": _promise}[entry.record_type](
        entry, kinds
    )


def _time(entry: Entry, kinds: Mapping[uuid.UUID, TimeKind]) -> list[str]:
    if "minutes" not in entry.fields:
        return []
    said: Any = next((value for value in entry.fields.get("kind", ()) if value), None)
    kind = TimeKind(said) if said else kinds.get(entry.record_id)
    old, new = entry.fields["minutes"]
    values = {"what": str(word(kind)) if kind else _("Hours"), "old": hours(old), "new": hours(new)}
    if old is None:
        return [_("%(what)s: %(new)s entered", **values)]
    if new is None:
        return [_("%(what)s: %(old)s removed", **values)]
    return [_("%(what)s changed from %(old)s to %(new)s", **values)]


def _person(entry: Entry, _kinds: Mapping[uuid.UUID, TimeKind]) -> list[str]:
    if not entry.label:
        return []
    if entry.kind == "deleted":
        return [_("%(name)s did not take part", name=entry.label)]
    return [_("%(name)s took part", name=entry.label)]


def _promise(entry: Entry, _kinds: Mapping[uuid.UUID, TimeKind]) -> list[str]:
    if entry.kind == "created":
        return [_("Commitment “%(text)s” added", text=entry.label)]
    if entry.kind == "deleted":
        return [_("Commitment “%(text)s” removed", text=entry.label)]
    return [f"{entry.label}: {line}" for row in history_words.rows([entry]) for line in row.lines]
