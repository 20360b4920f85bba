"""Forms for visits and commitments."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    DateField,
    Field,
    FieldList,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
)
from wtforms.fields.choices import SelectChoice, enum_coerce  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Optional, ValidationError

from app.accounts.models import User
from app.coaching.models import Commitment, Side, TimeKind, VisitKind, VisitStatus
from app.coaching.visiting import Promise, VisitFacts, check_day
from app.companies.models import Contact
from app.db import new_id, utcnow
from app.errors import RuleBroken
from app.fields import Field as Area
from app.forms import Form, LongTextField, TextField, WholeNumberField, cleaned, moment_of
from app.i18n import centre_zone, today
from app.words import choices, word

MOST_ROWS = 40
BUILT_ROWS = 100  # what is typed beyond the limit is still shown; each row costs time to build
EMPTY_ROWS = 3
MORNING = dt.time(9, 0)
_TIMES = tuple(kind.value for kind in TimeKind)


class MomentField(Field):
    """A day and a time of day in the centre's zone, sent as two inputs of one name; data is a moment.

    The time may be left out: nine o'clock is assumed, or now where nine is still to come today.
    """

    conflict: Any = None

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read both inputs; what was typed stays on the screen."""
        self.typed = [cleaned(text) for text in (*valuelist, "", "")[:2]]
        self.data = None
        if not self.typed[0]:
            raise ValueError(_("Enter the day of the visit."))
        try:
            day = dt.date.fromisoformat(self.typed[0])
        except ValueError:
            raise ValueError(_("“%(value)s” is not a day.", value=self.typed[0][:20])) from None
        try:
            check_day(day, today())
        except RuleBroken as rule:
            raise ValueError(str(rule)) from None
        self.data = moment_of(day, self._time(day))

    def _time(self, day: dt.date) -> dt.time:
        if not self.typed[1]:
            now = utcnow().astimezone(centre_zone())
            return min(MORNING, now.time().replace(microsecond=0)) if day == now.date() else MORNING
        try:
            return dt.time.fromisoformat(self.typed[1]).replace(tzinfo=None)
        except ValueError:
            raise ValueError(_("“%(value)s” is not a time of day.", value=self.typed[1][:20])) from None

    def _local(self) -> dt.datetime | None:
        return self.data.astimezone(centre_zone()) if self.data else None

    @property
    def day_text(self) -> str:
        """For the day's input."""
        if self.raw_data:
            return str(self.typed[0])
        return self._local().date().isoformat() if self._local() else ""  # type: ignore[union-attr]

    @property
    def time_text(self) -> str:
        """For the time's input."""
        if self.raw_data:
            return str(self.typed[1])
        return self._local().strftime("%H:%M") if self._local() else ""  # type: ignore[union-attr]


class RowList(FieldList):  # type: ignore[type-arg]
    """Rows of a form; ignores names that only look like one of its rows."""

    def __init__(self, *values: Any, **options: Any) -> None:
        super().__init__(*values, **options)
        self.type = "FieldList"  # what the page's list of errors looks at

    def _extract_indices(self, prefix: str, formdata: Iterable[str]) -> Iterator[int]:
        """More rows than may be saved are shown with what was typed, but not any number of them."""
        found: set[int] = set()
        for name in formdata:
            number = name.removeprefix(f"{prefix}-").split("-", 1)[0] if name.startswith(f"{prefix}-") else ""
            if number.isascii() and number.isdigit() and len(number) < 5 and len(found) < BUILT_ROWS:
                found.add(int(number))
        yield from found


class CommitmentRow(Form):
    """One line of "we owe / they owe"."""

    class Meta(Form.Meta):  # type: ignore[misc, name-defined]
        """The form around it carries the token."""

        csrf = False

    id = HiddenField()
    text = TextField(_l("What"))
    owner = SelectField(_l("Who"), default="centre")
    due_on = DateField(_l("By"), [Optional()])

    def validate_text(self, field: Any) -> None:
        """A date alone promises nothing."""
        if self.due_on.data and not field.data and not self.id.data:
            raise ValidationError(_("Say what was promised, or take the date away."))


def owner_choices(
    company_name: str, coaches: Sequence[User], contacts: Sequence[Contact], user: User
) -> list[SelectChoice]:
    """Who can owe something: we (the reader first), or they."""
    ours = sorted(
        {coach.id: coach for coach in [*coaches, user]}.values(), key=lambda c: (c.id != user.id, c.last_name)
    )
    we, they = str(word(Side.CENTRE)), str(word(Side.COMPANY))
    return [
        *(
            SelectChoice(
                f"centre:{c.id}", _("%(name)s (you)", name=c.name) if c.id == user.id else c.name, optgroup=we
            )
            for c in ours
        ),
        SelectChoice("centre", _("the centre"), optgroup=we),
        SelectChoice("company", company_name, optgroup=they),
        *(SelectChoice(f"company:{c.id}", c.name, optgroup=they) for c in contacts),
    ]


def owner_value(side: Side, owner_id: uuid.UUID | None) -> str:
    """Side and person as one choice."""
    return f"{side.value}:{owner_id}" if owner_id else side.value


def read_owner(value: str) -> tuple[Side, uuid.UUID | None]:
    """The choice as side and person (it was checked against the choices)."""
    side, _sign, owner_id = value.partition(":")
    return Side(side), uuid.UUID(owner_id) if owner_id else None


def _id(value: Any) -> uuid.UUID:
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def _field_or_none(value: Any) -> Area | None:
    return Area(value) if value else None


def _field_choices(*, none: bool) -> list[SelectChoice]:
    lines = [SelectChoice(area.value, word(area)) for area in Area]
    return [*lines, SelectChoice("", _l("none yet"))] if none else lines


class VisitForm(Form):
    """Everything about a visit on one screen; `seen`: what hours, people and commitments were when opened."""

    new_id = HiddenField()
    seen = HiddenField()
    status = RadioField(_l("Status"), coerce=enum_coerce(VisitStatus))
    starts_at = MomentField(_l("Day and time"))
    kind = SelectField(_l("Kind"), coerce=enum_coerce(VisitKind))
    main_field = RadioField(_l("Main field"), [Optional()], coerce=_field_or_none)
    further_fields = SelectMultipleField(_l("Further fields"))
    contacts = SelectMultipleField(_l("Who took part"), coerce=_id)
    new_people = TextField(_l("Add people"), max_length=300)
    on_site = WholeNumberField(_l("In the session"), [Optional()], high=1440)
    preparation = WholeNumberField(_l("Preparation"), [Optional()], high=1440)
    follow_up = WholeNumberField(_l("Follow-up"), [Optional()], high=1440)
    travel = WholeNumberField(_l("Travel"), [Optional()], high=1440)
    coach_id = SelectField(_l("Coach"), coerce=_id)
    subject = TextField(_l("Subject"))
    note = LongTextField(_l("Note"), max_length=50_000)
    commitments = RowList(FormField(CommitmentRow), _l("Commitments"), min_entries=EMPTY_ROWS)

    def offer(
        self, company_name: str, coaches: Sequence[User], contacts: Sequence[Contact], user: User
    ) -> None:
        """Set what can be chosen."""
        self.status.choices = [
            SelectChoice(s.value, word(s)) for s in (VisitStatus.DONE, VisitStatus.PLANNED)
        ]
        self.kind.choices = choices(VisitKind)
        self.main_field.choices = _field_choices(none=self.main_field.data is not None)
        self.further_fields.choices = _field_choices(none=False)
        self.contacts.choices = [SelectChoice(str(c.id), c.name) for c in contacts]
        owners = owner_choices(company_name, coaches, contacts, user)
        for row in self.commitments:
            row.form.owner.choices = owners
            if not row.form.owner.raw_data and not row.form.id.data:
                row.form.owner.data = owners[0].value

    def offer_coaches(self, staff: Sequence[User]) -> None:
        """Let a manager say whose visit it is; without people on offer the question is left out."""
        if staff:
            self.coach_id.choices = [SelectChoice(str(person.id), person.name) for person in staff]
        else:
            del self.coach_id

    def hide_hours(self) -> None:
        """Hours are their coach's own."""
        for name in _TIMES:
            del self[name]

    def forget_rows(self) -> None:
        """A new visit has no stored commitments."""
        for row in self.commitments:
            row.form.id.data = ""

    def speaks(self, *names: str) -> bool:
        """Whether one of these fields holds something or carries a message: then it is not folded away."""
        fields = [self._fields[name] for name in names if name in self._fields]
        return any(f.data or f.errors or getattr(f, "conflict", None) for f in fields)

    def validate_commitments(self, field: Any) -> None:
        """A form has so many rows at most."""
        if len(field) > MOST_ROWS:
            message = _("There are %(n)s rows; at most %(limit)s fit here.", n=len(field), limit=MOST_ROWS)
            raise ValidationError(message)

    def refuse(self, rule: RuleBroken) -> None:
        """Show a broken rule at its field, in a row of commitments as well."""
        for row in self.commitments:
            for field in row.form:
                if field.name == rule.field:
                    field.errors = [*field.errors, str(rule)]
                    self.commitments.errors = [*self.commitments.errors, {field.short_name: [str(rule)]}]
                    return
        super().refuse(rule)

    def facts(self, visit_id: uuid.UUID) -> VisitFacts:
        """What the form says, once it is valid."""
        minutes = None
        if "on_site" in self._fields:
            minutes = {TimeKind(name): self._fields[name].data or 0 for name in _TIMES}
        return VisitFacts(
            starts_at=self.starts_at.data,
            status=self.status.data,
            kind=self.kind.data,
            main_field=self.main_field.data,
            further_fields=self.further_fields.data or (),
            subject=self.subject.data or "",
            note=self.note.data or "",
            minutes=minutes,
            contact_ids=self.contacts.data or (),
            promises=list(self._promises(visit_id)),
            coach_id=self.coach_id.data if "coach_id" in self._fields else None,
        )

    def _promises(self, visit_id: uuid.UUID) -> Iterator[Promise]:
        """Rows with a text, and emptied rows of stored commitments.

        A new row's id follows from the form and its place: the same form sent twice is stored once.
        """
        for place, row in enumerate(self.commitments):
            known = row.form.id.data
            if not known and not row.form.text.data:
                continue
            side, owner_id = read_owner(row.form.owner.data)
            key = uuid.UUID(known) if known else uuid.uuid5(visit_id, f"{self.new_id.data}/{place}")
            yield Promise(row.form.text.data, side, row.form.due_on.data, owner_id, key, place)


class CommitmentForm(Form):
    """One commitment by itself; `seen`: what it was when the form was opened."""

    new_id = HiddenField()
    seen = HiddenField()
    text = TextField(_l("What"), [InputRequired(_l("Say what was promised."))])
    owner = SelectField(_l("Who"))
    due_on = DateField(_l("By"), [Optional()])

    def promise(self) -> Promise:
        """What the form says, once it is valid."""
        side, owner_id = read_owner(self.owner.data)
        return Promise(self.text.data or "", side, self.due_on.data, owner_id)


def form_id(text: str | None) -> uuid.UUID:
    """The key of a record that a form makes: the same form sent twice names the same record."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return new_id()


def row_values(one: Commitment) -> dict[str, Any]:
    """A stored commitment as a row of the form."""
    return {
        "id": str(one.id),
        "text": one.text,
        "owner": owner_value(one.side, one.owner_id),
        "due_on": one.due_on,
    }
