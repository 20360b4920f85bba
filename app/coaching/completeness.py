"""What a visit still lacks: saving needs company and day only, the rest may follow."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from app.coaching.models import Visit, VisitStatus


def open_points(visit: Visit, *, has_hours: bool, has_people: bool, now: dt.datetime) -> str:
    """In words; empty when the visit is complete, called off, or still to come."""
    if visit.status is VisitStatus.PLANNED:
        return _("planned, not finished yet") if visit.starts_at < now else ""
    if visit.status is VisitStatus.CANCELLED:
        return ""
    lacks = [
        words
        for lacking, words in (
            (not has_hours, _("hours")),
            (visit.main_field is None, _("main field")),
            (not has_people, _("people")),
            (not visit.subject, _("subject")),
        )
        if lacking
    ]
    return _("still missing: %(what)s", what=", ".join(lacks)) if lacks else ""
