"""Forms of the assessment: its day, one dimension, the targets."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from app.forms import Form, LongTextField, TextField
from app.maturity.assessing import Given
from app.maturity.models import Dimension
from app.maturity.scoring import CHOOSABLE_STRENGTHS, Strength
from app.words import option, word


class StartForm(Form):
    """The day of a new assessment."""

    assessed_on = DateField(_l("Day of the assessment"), [InputRequired(_l("Enter a day."))])


class AnswerForm(Form):
    """One dimension: level, strength of evidence, note, or not applicable with its reason."""

    level = RadioField(
        _l("What is in place today?"),
        choices=[option(str(n), str(n)) for n in range(6)],
        validators=[Optional()],
    )
    strength = RadioField(
        _l("Evidence"),
        choices=[option(s.value, word(s)) for s in CHOOSABLE_STRENGTHS],
        validators=[Optional()],
    )
    not_applicable = BooleanField(_l("Does not apply to this firm"))
    reason = TextField(_l("Why it does not apply"))
    note = LongTextField(
        _l("Note"), max_length=4000, description=_l("What you saw or were told; stays in the centre.")
    )

    FIELDS = ("level", "strength", "not_applicable", "reason", "note")

    def given(self) -> Given:
        """What the form says."""
        return Given(
            level=int(self.level.data) if self.level.data else None,
            strength=Strength(self.strength.data) if self.strength.data else None,
            not_applicable=bool(self.not_applicable.data),
            reason=self.reason.data or "",
            note=self.note.data or "",
        )


class TargetRow:
    """Names of the fields of a dimension's target; `seen` is how it stood when the form was opened."""

    @staticmethod
    def seen(key: str) -> str:
        """The hidden field with level and importance as they were."""
        return f"seen-{key}"

    @staticmethod
    def level(key: str) -> str:
        """The target level's field."""
        return f"level-{key}"

    @staticmethod
    def importance(key: str) -> str:
        """The importance's field."""
        return f"importance-{key}"


def targets_form(dimensions: list[Dimension], levels: dict[str, int | None]) -> type[Form]:
    """A form with a target level and an importance for every rated dimension."""
    fields: dict[str, Any] = {}
    for dimension in dimensions:
        level = levels.get(dimension.key)
        if level is None:
            continue
        choices = [option("", "–"), *[option(str(n), str(n)) for n in range(level, min(level + 2, 5) + 1)]]
        fields[TargetRow.seen(dimension.key)] = HiddenField(validators=[Optional()])
        fields[TargetRow.level(dimension.key)] = SelectField(
            _l("Target"), choices=choices, validators=[Optional()]
        )
        fields[TargetRow.importance(dimension.key)] = SelectField(
            _l("Importance"),
            choices=[option("1", _l("low")), option("2", _l("medium")), option("3", _l("high"))],
            default="2",
        )
    return type("TargetsForm", (Form,), fields)
