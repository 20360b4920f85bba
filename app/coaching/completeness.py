"""What a visit still lacks: saving needs company and day only, the rest may follow."""

from __future__ import annotations

import datetime as dt

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.coaching.models import Visit, VisitStatus


def missing(visit: Visit, *, has_hours: bool, has_people: bool, now: dt.datetime) -> list[LazyString]:
    """In words; empty when the visit is complete, called off, or still to come."""
    if visit.status is VisitStatus.PLANNED:
        return [_l("was planned, not finished yet")] if visit.starts_at < now else []
    if visit.status is VisitStatus.CANCELLED:
        return []
    lacks = (
        (not has_hours, _l("hours missing")),
        (visit.main_field is None, _l("main field missing")),
        (not has_people, _l("people missing")),
        (not visit.subject, _l("subject missing")),
    )
    return [words for lacking, words in lacks if lacking]
