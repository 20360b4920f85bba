"""Every change of every business record: who, when, through what, field by field, in the same transaction."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Index, event, insert, inspect, select, true
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, UOWTransaction, mapped_column

from app.db import Base, Id, Str20, Str60, Str200, Versioned, new_id, utcnow


class HistoryAction(Base):
    """One thing somebody did: a save, a merge, an import. Groups its changes."""

    __tablename__ = "history_actions"
    tracked = False
    id: Mapped[Id]
    at: Mapped[dt.datetime]
    actor_id: Mapped[uuid.UUID | None]
    actor_name: Mapped[Str200]
    via: Mapped[Str20]
    name: Mapped[Str60]


class HistoryChange(Base):
    """One record's change within an action. `fields` is {name: [old, new]}."""

    __tablename__ = "history_changes"
    __table_args__ = (
        Index(None, "record_type", "record_id", "id"),
        Index(None, "company_id", "id"),
        Index(None, "action_id"),
    )
    tracked = False
    id: Mapped[Id]
    action_id: Mapped[uuid.UUID]
    record_type: Mapped[Str60]
    record_id: Mapped[uuid.UUID]
    company_id: Mapped[uuid.UUID | None]
    label: Mapped[Str200]
    kind: Mapped[Str20]
    version: Mapped[int | None] = mapped_column()
    fields: Mapped[dict[str, Any]]


@dataclass(frozen=True)
class Actor:
    """Who acts, through what, and what for; kept in `session.info["actor"]`."""

    id: uuid.UUID | None
    name: str
    via: str = "web"
    action: str = ""


SYSTEM = Actor(None, "Wandelwerk", "system")
_UNWRITTEN = frozenset({"id", "version"})


def act_as(session: Session, actor: Actor) -> None:
    """Name the one whose changes this session writes from now on."""
    session.info["actor"] = actor
    session.info.pop("action_id", None)


def plain(value: Any) -> Any:
    """A value as history keeps it (JSON)."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return value if value is None or isinstance(value, str | int | float | bool | list | dict) else str(value)


def _changes(record: Base, kind: str) -> dict[str, list[Any]]:
    state = inspect(record)
    found: dict[str, list[Any]] = {}
    for attribute in state.mapper.column_attrs:
        key, column = attribute.key, attribute.columns[0]
        if key in _UNWRITTEN:
            continue
        if kind == "deleted":
            old, new = getattr(record, key), None
        elif kind == "created":
            old, new = None, state.dict.get(key)
        else:
            history = state.attrs[key].history
            if not history.has_changes():
                continue
            old = history.deleted[0] if history.deleted else None
            new = history.added[0] if history.added else None
        old, new = plain(old), plain(new)
        if old == new:
            continue
        if column.info.get("secret"):
            old, new = ("•••" if old else None), ("•••" if new else None)
        found[key] = [old, new]
    return found


def _write(session: Session, _context: UOWTransaction) -> None:
    rows = []
    for records, kind in ((session.new, "created"), (session.dirty, "changed"), (session.deleted, "deleted")):
        for record in records:
            if not isinstance(record, Base) or not record.tracked:
                continue
            fields = _changes(record, kind)
            if not fields and kind == "changed":
                continue
            rows.append(
                {
                    "id": new_id(),
                    "record_type": type(record).__name__,
                    "record_id": inspect(record).identity[0] if kind == "deleted" else record.id,  # type: ignore[attr-defined,index]
                    "company_id": record.history_company(),
                    "label": record.history_label()[:200],
                    "kind": kind,
                    "version": record.version if isinstance(record, Versioned) else None,
                    "fields": fields,
                }
            )
    if not rows:
        return
    action_id = session.info.get("action_id")
    if action_id is None:
        actor: Actor = session.info.get("actor", SYSTEM)
        action_id = session.info["action_id"] = new_id()
        session.execute(
            insert(HistoryAction).values(
                id=action_id,
                at=utcnow(),
                actor_id=actor.id,
                actor_name=actor.name,
                via=actor.via,
                name=actor.action[:60],
            )
        )
    session.execute(insert(HistoryChange), [{**row, "action_id": action_id} for row in rows])


def _guard_reader(session: Session, _context: Any, _instances: Any) -> None:
    if session.info.get("reader") and (session.new or session.dirty or session.deleted):
        raise RuntimeError("a reading request tried to write")


def _guard_bulk(state: ORMExecuteState) -> None:
    if not (state.is_update or state.is_delete or state.is_insert):
        return
    if state.session.info.get("reader"):
        raise RuntimeError("a reading request tried to write")
    for mapper in state.all_mappers:
        if getattr(mapper.class_, "tracked", False):
            raise RuntimeError(f"bulk statements on {mapper.class_.__name__} would leave no history")


def _forget_after_rollback(session: Session, _previous: Any) -> None:
    _forget_action(session)


def _forget_action(session: Session) -> None:
    session.info.pop("action_id", None)


event.listen(Session, "before_flush", _guard_reader)
event.listen(Session, "after_flush", _write)
event.listen(Session, "do_orm_execute", _guard_bulk)
event.listen(Session, "after_commit", _forget_action)
event.listen(Session, "after_soft_rollback", _forget_after_rollback)


@dataclass(frozen=True)
class Entry:
    """One change as a person reads it."""

    at: dt.datetime
    actor: str
    via: str
    record_type: str
    record_id: uuid.UUID
    label: str
    kind: str
    fields: dict[str, list[Any]]


def _entries(session: Session, *conditions: Any, limit: int) -> Sequence[Entry]:
    rows = session.execute(
        select(HistoryAction, HistoryChange)
        .join(HistoryChange, HistoryChange.action_id == HistoryAction.id)
        .where(*conditions)
        .order_by(HistoryChange.id.desc())
        .limit(limit)
    )
    return [
        Entry(a.at, a.actor_name, a.via, c.record_type, c.record_id, c.label, c.kind, c.fields)
        for a, c in rows
    ]


def entries_of(session: Session, record: Base, limit: int = 50) -> Sequence[Entry]:
    """The record's changes, newest first."""
    key: uuid.UUID = record.id  # type: ignore[attr-defined]
    return _entries(
        session,
        HistoryChange.record_type == type(record).__name__,
        HistoryChange.record_id == key,
        limit=limit,
    )


def entries_of_company(session: Session, company_id: uuid.UUID, limit: int = 100) -> Sequence[Entry]:
    """All changes of a company's records, newest first."""
    return _entries(session, HistoryChange.company_id == company_id, limit=limit)


def changed_since(
    session: Session, record: Base, version: int, *, but_by: uuid.UUID | None = None
) -> dict[str, Any]:
    """Fields that changed after `version`, each with its value at that version.

    Changes of `but_by` are left out: a person who saves twice in a row does not conflict with themselves.
    """
    rows = session.scalars(
        select(HistoryChange)
        .join(HistoryAction, HistoryAction.id == HistoryChange.action_id)
        .where(
            HistoryChange.record_type == type(record).__name__,
            HistoryChange.record_id == record.id,  # type: ignore[attr-defined]
            HistoryChange.version > version,
            HistoryAction.actor_id.is_distinct_from(but_by) if but_by is not None else true(),
        )
        .order_by(HistoryChange.id)
    )
    before: dict[str, Any] = {}
    for row in rows:
        for name, (old, _new) in row.fields.items():
            before.setdefault(name, old)
    return before


def rewound(
    session: Session, record_type: str, ids: Sequence[uuid.UUID], moment: dt.datetime
) -> dict[uuid.UUID, dict[str, Any]]:
    """Records as they were: per record the values of its fields that have changed since `moment`."""
    rows = session.execute(
        select(HistoryChange.record_id, HistoryChange.fields)
        .join(HistoryAction, HistoryAction.id == HistoryChange.action_id)
        .where(
            HistoryChange.record_type == record_type,
            HistoryChange.record_id.in_(ids),
            HistoryChange.kind == "changed",
            HistoryAction.at > moment,
        )
        .order_by(HistoryAction.at, HistoryChange.id)
    )
    then: dict[uuid.UUID, dict[str, Any]] = {}
    for record_id, fields in rows:
        for name, (old, _new) in fields.items():
            then.setdefault(record_id, {}).setdefault(name, old)
    return then
