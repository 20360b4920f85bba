"""The words that screens and reports use for coded values, in one place (glossary of the field)."""

from __future__ import annotations

import enum
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext as _lp
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its types

WORDS: dict[str, dict[str, LazyString]] = {
    "Field": {
        "automation": _l("Automation"),
        "digitalization": _l("Digitalization"),
        "ai": _l("AI"),
        "decarbonization": _l("Decarbonization"),
    },
    "Role": {
        "coach": _l("Coach"),
        "manager": _l("Centre manager"),
        "admin": _l("Administrator"),
        "company": _l("Company user"),
    },
    "CompanyStatus": {
        "prospect": _l("Prospect"),
        "active": _l("Active"),
        "paused": _l("Paused"),
        "ended": _l("Ended"),
    },
    "MemberRight": {"owner": _l("Owner"), "editor": _l("Editor"), "reader": _l("Reader")},
    "DocumentKind": {"report": _l("Report"), "upload": _l("Uploaded file")},
    "AssessmentStatus": {
        "draft": _l("In progress"),
        "submitted": _l("Submitted"),
        "agreed": _l("Agreed"),
    },
    "AssessmentKind": {"T0": _l("T0"), "T1": _l("T1"), "T2": _l("T2")},
    "Strength": {
        "claimed": _l("claimed"),
        "seen": _l("seen"),
        "documented": _l("documented"),
        "measured": _l("measured"),
        "taken_over": _l("taken over"),
    },
    "VisitStatus": {
        "planned": _lp("visit", "planned"),
        "done": _lp("visit", "done"),
        "cancelled": _l("called off"),
    },
    "VisitKind": {
        "on_site": _l("Visit on site"),
        "remote": _l("Online meeting"),
        "workshop": _l("Workshop"),
        "demonstration": _l("Demonstration"),
        "phone": _l("Phone call"),
    },
    "TimeKind": {
        "on_site": _l("In the session"),
        "preparation": _l("Preparation"),
        "follow_up": _l("Follow-up"),
        "travel": _l("Travel"),
    },
    "Side": {"centre": _l("We owe"), "company": _l("They owe")},
    "MeasureStatus": {
        "proposed": _l("proposed"),
        "planned": _lp("measure", "planned"),
        "running": _l("running"),
        "done": _lp("measure", "done"),
        "not_now": _l("not now"),
        "dropped": _l("dropped"),
    },
    "MeasureKind": {
        "coaching": _l("Coaching"),
        "training": _l("Training"),
        "demonstration": _l("Demonstration"),
        "investment": _l("Investment"),
    },
    "Horizon": {"now": _l("Now"), "soon": _l("Within 3 months"), "later": _l("Later")},
    "OwnerSide": {"company": _l("Company"), "centre": _l("Centre"), "both": _l("Both")},
    "MailState": {
        "queued": _lp("mail", "waiting"),
        "sent": _lp("mail", "sent"),
        "outbox": _l("in the outbox"),
        "failed": _lp("mail", "failed"),
        "unknown": _l("uncertain"),
    },
    "LinkPurpose": {"invitation": _l("Invitation"), "sign_in": _l("Sign-in link"), "reset": _l("Reset link")},
}


def word(member: enum.Enum | None) -> LazyString | str:
    """What people call a coded value."""
    if member is None:
        return ""
    return WORDS[type(member).__name__][member.value]


def option(value: str, label: Any) -> SelectChoice:
    """One line of a select."""
    return SelectChoice(value, label)


def choices(kind: type[enum.Enum], *, empty: Any = None) -> list[SelectChoice]:
    """Value and word of every member, for a select; `empty` adds a first line without value."""
    lines = [option(member.value, word(member)) for member in kind]
    return lines if empty is None else [option("", empty), *lines]
