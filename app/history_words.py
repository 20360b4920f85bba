"""History in words: what people call each record and field, and values as they read them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from flask_babel import LazyString
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app import filters, markdown
from app.history import Entry
from app.history_labels import RECORDS, Kind, Label
from app.i18n import local
from app.words import WORDS

EXCERPT: Final = 160  # longer texts are cut: the history says what changed, the record holds the text
_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Row:
    """What somebody did in one action, as the history shows it."""

    who: str
    when: str
    when_title: str
    title: str
    lines: list[str]


def rows(entries: Iterable[Entry], *, of_one_record: bool = False) -> list[Row]:
    """Entries as sentences, newest first, one row for each record of an action.

    `of_one_record` leaves the record's own name out, where the page is about that record alone.
    """
    found = []
    for (_at, _who, _record), group in groupby(entries, key=lambda e: (e.at, e.actor, e.record_id)):
        parts = list(group)
        lines = [line for entry in reversed(parts) for line in _lines(entry)]
        kinds = {entry.kind for entry in parts}
        record = RECORDS.get(parts[0].record_type)
        if not lines and (kinds == {"changed"} or (record is not None and record.part)):
            continue
        found.append(
            Row(
                parts[0].actor,
                filters.moment(parts[0].at),
                filters.day_long(parts[0].at),
                _title(parts[-1], kinds, named=not of_one_record),
                lines,
            )
        )
    return found


def field_label(record_type: str, name: str) -> str:
    """What people call a record's field."""
    label = RECORDS[record_type].fields.get(name)
    return name if label is None else str(label.text)


def _title(entry: Entry, kinds: set[str], *, named: bool) -> str:
    record = RECORDS.get(entry.record_type)
    what = str(record.name) if record else entry.record_type
    if named and entry.label and entry.record_type != "Company":  # its name heads the page
        what = _("%(record)s %(name)s", record=what, name=entry.label)
    if "created" in kinds:
        return _("%(record)s: added", record=what)
    if "deleted" in kinds:
        return _("%(record)s: removed", record=what)
    return _("%(record)s: changed", record=what)


def _lines(entry: Entry) -> list[str]:
    """One sentence for each changed field that people know; a new record needs none."""
    record = RECORDS.get(entry.record_type)
    if record is None or entry.kind != "changed":
        return []
    found = []
    for name, label in record.fields.items():
        if label is not None and name in entry.fields:
            old, new = entry.fields[name]
            found.append(_sentence(label, old, new))
    return found


def _sentence(label: Label, old: Any, new: Any) -> str:
    if label.kind is Kind.EVENT:
        return str(label.begun if new else label.ended)
    if label.kind is Kind.SECRET:
        return _("%(field)s changed", field=label.text)
    before, after = value(label, old), value(label, new)
    if not before:
        return _("%(field)s: “%(new)s” entered", field=label.text, new=after)
    if not after:
        return _("%(field)s: “%(old)s” removed", field=label.text, old=before)
    return _("%(field)s changed from “%(old)s” to “%(new)s”", field=label.text, old=before, new=after)


def value(label: Label, raw: Any) -> str:
    """One value as people read it; empty for nothing."""
    if raw is None or raw in ("", [], {}):
        return ""
    try:
        return _READERS[label.kind](label, raw)
    except (KeyError, TypeError, ValueError, ArithmeticError):
        return _excerpt(str(raw))  # written by an earlier version in another form


def _excerpt(text: str) -> str:
    return markdown.plain(text, EXCERPT)


def _text(_label: Label, raw: Any) -> str:
    if isinstance(raw, list):
        return ", ".join(str(part) for part in raw if not _ID.fullmatch(str(part)))
    return "" if _ID.fullmatch(str(raw)) else _excerpt(str(raw))


def _word(label: Label, raw: Any) -> str:
    words: Mapping[str, LazyString] = WORDS[label.words]
    values = raw if isinstance(raw, list) else [raw]
    return ", ".join(str(words[one]) for one in values)


def _yes(_label: Label, raw: Any) -> str:
    return _("yes") if raw else _("no")


_SALUTATIONS: Final = {"ms": _l("Ms"), "mr": _l("Mr")}

_READERS: Final[dict[Kind, Callable[[Label, Any], str]]] = {
    Kind.TEXT: _text,
    Kind.WORD: _word,
    Kind.YES: _yes,
    Kind.DAY: lambda _label, raw: filters.day(dt.date.fromisoformat(raw)),
    Kind.MOMENT: lambda _label, raw: filters.moment(dt.datetime.fromisoformat(raw)),
    Kind.MINUTES: lambda _label, raw: filters.hours(int(raw)),
    Kind.MONEY: lambda _label, raw: filters.money(int(raw)),
    Kind.TENTHS: lambda _label, raw: filters.number(Decimal(raw) / 10, 1),
    Kind.NUMBER: lambda _label, raw: str(raw),
    Kind.BILINGUAL: lambda _label, raw: _excerpt(local(raw)),
    Kind.SALUTATION: lambda _label, raw: str(_SALUTATIONS[raw]),
    Kind.LANGUAGE: lambda _label, raw: {"de": "Deutsch", "en": "English"}[raw],
}
