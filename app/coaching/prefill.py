"""What a visit's form shows when it is opened: the last visit's habits, or the stored visit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from app.coaching.forms import EMPTY_ROWS, row_values
from app.coaching.merging import Parts
from app.coaching.models import Commitment, TimeEntry, Visit, VisitContact, VisitKind, VisitStatus
from app.companies.models import Contact
from app.db import new_id

QUARTER = dt.timedelta(minutes=15)


def rounded_down(moment: dt.datetime) -> dt.datetime:
    """The last full quarter of an hour: what has begun does not lie in the future."""
    return moment - (moment - dt.datetime.min.replace(tzinfo=moment.tzinfo)) % QUARTER


def tomorrow_morning(now: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Nine o'clock on the next day, in the centre's zone."""
    day = now.astimezone(zone).date() + dt.timedelta(days=1)
    return dt.datetime.combine(day, dt.time(9), tzinfo=zone).astimezone(dt.UTC)


def first_values(
    last: Visit | None, contacts: Collection[Contact], *, planned: bool, now: dt.datetime, zone: ZoneInfo
) -> dict[str, Any]:
    """A new visit: just over, and otherwise like the last one at this company."""
    lasted = dt.timedelta(minutes=last.minutes if last else 0)
    present = {one.contact_id for one in last.people} if last else set()
    return {
        "new_id": str(new_id()),
        "status": VisitStatus.PLANNED if planned else VisitStatus.DONE,
        "starts_at": tomorrow_morning(now, zone) if planned else rounded_down(now - lasted),
        "kind": last.kind if last else VisitKind.ON_SITE,
        "contacts": [c.id for c in contacts if c.id in present],
        "on_site": (last.minutes or None) if last else None,
    }


def stored_values(
    visit: Visit,
    times: Collection[TimeEntry],
    people: Collection[VisitContact],
    commitments: Collection[Commitment],
) -> dict[str, Any]:
    """A stored visit, with its open commitments and empty rows behind them."""
    parts = Parts.of(visit, times, people, commitments)
    return {
        "new_id": str(new_id()),
        "version": str(visit.version),
        "seen": parts.dump(),
        "status": visit.status,
        "starts_at": visit.starts_at,
        "kind": visit.kind,
        "main_field": visit.main_field,
        "further_fields": visit.further_fields,
        "contacts": [one.contact_id for one in people],
        "subject": visit.subject,
        "note": visit.note,
        "coach_id": visit.coach_id,
        "commitments": [*rows_of(commitments), *({} for _ in range(EMPTY_ROWS))],
        **{name: minutes or None for name, minutes in parts.hours.items()},
    }


def rows_of(commitments: Iterable[Commitment]) -> list[dict[str, Any]]:
    """The open commitments of a visit as rows; kept promises are not rewritten."""
    return [row_values(one) for one in commitments if one.done_at is None]


def finished(values: dict[str, Any], now: dt.datetime) -> dict[str, Any]:
    """A planned visit's form, ready to be saved as done; one that came early began just now."""
    starts_at = values["starts_at"] if values["starts_at"] <= now else rounded_down(now)
    return {**values, "status": VisitStatus.DONE, "starts_at": starts_at}
