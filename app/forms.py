"""The base of all forms: bounded, trimmed, NUL-free input; the version a form was opened with; conflicts."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from sqlalchemy.orm import Session
from wtforms import Field, HiddenField, IntegerField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional, ValidationError
from wtforms.widgets import TextInput

from app import history
from app.db import Base
from app.errors import RuleBroken
from app.i18n import centre_zone, language

__all__ = [  # forms of the domains take them from here
    "Conflict",
    "DecimalNumberField",
    "FileField",
    "FileRequired",
    "Form",
    "LongTextField",
    "TextField",
    "WholeNumberField",
    "after",
    "cleaned",
    "moment_of",
    "resolve_conflicts",
]

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def cleaned(text: Any) -> Any:
    """Without control characters and outer blanks; line ends are plain."""
    if not isinstance(text, str):
        return text
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


class TextField(StringField):
    """One line of text; at most 200 characters unless told."""

    def __init__(
        self, label: Any = None, validators: Iterable[Any] = (), *, max_length: int = 200, **options: Any
    ):
        validators = [*validators, Length(max=max_length, message=_too_long(max_length))]
        options.setdefault("filters", [cleaned, lambda v: v.replace("\n", " ") if isinstance(v, str) else v])
        render = {"maxlength": max_length * 2, **options.pop("render_kw", {})}
        super().__init__(label, validators, render_kw=render, **options)
        self.max_length = max_length

    def process_formdata(self, valuelist: Any) -> None:
        """A field that was not sent counts as empty."""
        super().process_formdata(valuelist)
        self.data = self.data or ""


class LongTextField(TextAreaField):
    """Several lines of text; at most 10,000 characters unless told."""

    def __init__(
        self, label: Any = None, validators: Iterable[Any] = (), *, max_length: int = 10_000, **options: Any
    ):
        validators = [*validators, Length(max=max_length, message=_too_long(max_length))]
        options.setdefault("filters", [cleaned])
        super().__init__(label, validators, **options)

    def process_formdata(self, valuelist: Any) -> None:
        """A field that was not sent counts as empty."""
        super().process_formdata(valuelist)
        self.data = self.data or ""


def _too_long(limit: int) -> Any:
    return _l("At most %(limit)s characters fit here; please shorten the text.", limit=limit)


class WholeNumberField(IntegerField):
    """A whole number within bounds that the message names."""

    def __init__(
        self,
        label: Any = None,
        validators: Iterable[Any] = (),
        *,
        low: int = 0,
        high: int = 1_000_000,
        **options: Any,
    ):
        message = _l("Enter a whole number from %(low)s to %(high)s.", low=low, high=high)
        super().__init__(label, [*validators, NumberRange(low, high, message=message)], **options)
        self.refusal = message

    def process_formdata(self, valuelist: Any) -> None:
        """Refuse text with a message that says what is expected."""
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(str(self.refusal)) from None


def _plain_number(typed: str, lang: str) -> str:
    """What was typed with a decimal point only; signs between groups of three divide thousands.

    A single group is read by the language: "1.234" is 1234 in German and 1.234 in English.
    """
    text = re.sub(r"\s", "", typed)
    thousands, point = (".", ",") if lang == "de" else (",", ".")
    own = rf"[+-]?\d{{1,3}}(\{thousands}\d{{3}})+(\{point}\d*)?"
    foreign = rf"[+-]?\d{{1,3}}((\{point}\d{{3}})+\{thousands}\d*|(\{point}\d{{3}}){{2,}})"
    if re.fullmatch(own, text):
        return text.replace(thousands, "").replace(point, ".")
    if re.fullmatch(foreign, text):
        return text.replace(point, "").replace(thousands, ".")
    return text.replace(",", ".")


class DecimalNumberField(Field):
    """A decimal number in German or English notation, kept as Decimal; "1.234" is read by the language."""

    widget = TextInput()

    def process_formdata(self, valuelist: Any) -> None:
        """Read what was typed; keep it on the screen when it is no number."""
        self.typed = cleaned(valuelist[0]) if valuelist else ""
        self.data = None
        if not self.typed:
            return
        try:
            value = Decimal(_plain_number(self.typed, language()))
        except InvalidOperation:
            raise ValueError(_("“%(value)s” is not a number.", value=self.typed[:40])) from None
        if not value.is_finite() or abs(value) >= Decimal(10) ** 12:
            raise ValueError(_("“%(value)s” is too large.", value=self.typed[:40]))
        self.data = value

    def _value(self) -> str:
        typed = getattr(self, "typed", None)
        if typed is not None:
            return str(typed)
        return "" if self.data is None else str(self.data).replace(".", ",")


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF has no types
    """All forms of the product. `version` is the record's version when the form was opened."""

    version = HiddenField(validators=[Optional()])
    # Fields that edit one language of a bilingual column of the same name: {"title": "de"}.
    halves: Mapping[str, str] = MappingProxyType({})

    @property
    def opened_version(self) -> int | None:
        """The version the form was opened with, if any."""
        text = str(self.version.data or "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None

    def refuse(self, rule: RuleBroken) -> None:
        """Show a broken rule at its field, or above the form."""
        field = self._fields.get(rule.field) if rule.field else None
        if field is None:
            self.form_errors.append(str(rule))
        else:
            field.errors = [*field.errors, str(rule)]

    def fill(self, record: Base, names: Iterable[str]) -> None:
        """Copy the named fields' data onto the record; `imprint_de` is the German half of `imprint`."""
        for name in names:
            column, half = _column(record, name)
            data = self._fields[name].data
            setattr(record, column, data if half is None else {**getattr(record, column), half: data})


def _or_none(value: Any) -> Any:
    """An empty text field and a column without value say the same."""
    return None if value == "" else value


def _column(record: Base, name: str) -> tuple[str, str | None]:
    """The column that a field edits, and which language of it when it holds both."""
    if hasattr(record, name):
        return name, None
    column, _sign, half = name.rpartition("_")
    return column, half


@dataclass(frozen=True)
class Conflict:
    """Somebody else changed the same field since the form was opened."""

    theirs: Any
    before: Any


def resolve_conflicts(
    session: Session,
    form: Form,
    record: Base,
    names: Iterable[str],
    posted: Mapping[str, str],
    *,
    me: uuid.UUID | None = None,
) -> bool:
    """Merge a form with what others saved meanwhile; True when it may be saved.

    Fields that only they changed keep their value; fields that only we changed keep ours; where both
    changed the same field differently the form shows mine / theirs / before (`field.conflict`) until
    `resolve-NAME` says which one counts. Nothing typed is lost. With `me` the person's own changes do not
    count: forms that save while one works send several states one after the other.
    """
    opened, now = form.opened_version, getattr(record, "version", None)
    if opened is None or now is None or opened >= now:
        return True
    before = history.changed_since(session, record, opened, but_by=me)
    settled = True
    for name in names:
        column, half = _column(record, name)
        half = half or form.halves.get(name)
        if column not in before:
            continue
        field: Any = form._fields[name]
        theirs, base, choice = getattr(record, column), before[column], posted.get(f"resolve-{name}")
        if half is not None:
            theirs, base = theirs.get(half, ""), (base or {}).get(half, "")
            if theirs == base:
                continue
        mine = _or_none(history.plain(field.data))
        if mine in (_or_none(base), _or_none(history.plain(theirs))) or choice == "theirs":
            field.data = theirs
            field.raw_data = None
        elif choice != "mine":
            field.conflict = Conflict(theirs, base)
            settled = False
    if settled:  # otherwise the answers have to find the same conflicts again
        form.version.data = str(now)
        form.version.raw_data = None
    return settled


def moment_of(day: dt.date, time: dt.time) -> dt.datetime:
    """The moment of a day and a time of day in the centre's time zone."""
    return dt.datetime.combine(day, time, tzinfo=centre_zone()).astimezone(dt.UTC)


def after(other: str, message: Any) -> Any:
    """Validator: this day must not lie before the one in field `other`."""

    def check(form: Form, field: Field) -> None:
        first = form._fields[other].data
        if field.data and first and field.data < first:
            raise ValidationError(message)

    return check
