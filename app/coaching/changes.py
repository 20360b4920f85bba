"""A visit's history as its page tells it, without what was added together with the visit."""

from __future__ import annotations

from collections.abc import Iterable

from app.coaching.models import Visit
from app.history import Entry


def readable(entries: Iterable[Entry], visit: Visit) -> list[Entry]:
    """Without the parts that were added together with the visit: "added" says it all."""
    found = list(entries)
    begun = {e.at for e in found if e.record_id == visit.id and e.kind == "created"}
    return [e for e in found if e.at not in begun or e.record_id == visit.id]
