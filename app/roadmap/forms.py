"""Forms of the roadmap: a measure, its status, the agreement."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, RadioField, SelectField
from wtforms.validators import InputRequired, Optional

from app.fields import Field
from app.forms import Form, LongTextField, TextField, WholeNumberField, after
from app.roadmap.catalogue import CostBand
from app.roadmap.drafting import Horizon
from app.roadmap.models import MeasureKind, MeasureStatus, OwnerSide
from app.words import choices, option


class MeasureForm(Form):
    """A measure, free or from the catalogue."""

    title = TextField(_l("Measure"), [InputRequired(_l("Give the measure a name."))], max_length=200)
    field = SelectField(_l("Field"), choices=lambda: choices(Field), validators=[InputRequired()])
    dimension_key = SelectField(_l("Dimension"), validators=[Optional()])
    why = LongTextField(
        _l("Why"), max_length=2000, description=_l("What it brings the firm; the company reads this.")
    )
    kind = SelectField(_l("Kind"), choices=lambda: choices(MeasureKind), validators=[InputRequired()])
    horizon = RadioField(
        _l("When"), choices=lambda: choices(Horizon), validators=[InputRequired()], default="soon"
    )
    owner_side = RadioField(
        _l("Who carries it"),
        choices=lambda: choices(OwnerSide),
        validators=[InputRequired()],
        default="company",
    )
    owner_contact_id = SelectField(_l("Person at the company"), validators=[Optional()])
    owner_user_id = SelectField(_l("Person at the centre"), validators=[Optional()])
    starts_on = DateField(_l("Starts on"), validators=[Optional()])
    due_on = DateField(
        _l("Due on"), validators=[Optional(), after("starts_on", _l("The due date lies before the start."))]
    )
    company_days = WholeNumberField(_l("Days of the company"), [Optional()], high=999)
    coach_days = WholeNumberField(_l("Days of the coach"), [Optional()], high=999)
    cost_band = SelectField(_l("External cost"), validators=[Optional()])

    NAMES = (
        "title", "field", "dimension_key",
        "why", "kind", "horizon", "owner_side", "owner_contact_id", "owner_user_id", "starts_on", "due_on",
        "company_days", "coach_days", "cost_band",
    )  # fmt: skip

    def offer(self, dimensions: Any, contacts: Any, users: Any, bands: list[tuple[str, Any]]) -> None:
        """Hand in what can be chosen."""
        self.dimension_key.choices = [option("", _l("none")), *(option(*d) for d in dimensions)]
        self.owner_contact_id.choices = [option("", "–"), *(option(str(c.id), c.name) for c in contacts)]
        self.owner_user_id.choices = [option("", "–"), *(option(str(u.id), u.name) for u in users)]
        self.cost_band.choices = [option("", _l("not estimated")), *(option(*b) for b in bands)]


class StatusForm(Form):
    """Where a measure stands now; "not now" and "dropped" with a reason."""

    status = RadioField(_l("Status"), choices=lambda: choices(MeasureStatus), validators=[InputRequired()])
    reason = TextField(_l("Reason"), description=_l("Needed for “not now” and “dropped”."))
    result = TextField(
        _l("What came out"), description=_l("A figure if there is one: “set-up time from 48 to 21 minutes”.")
    )


class AgreementForm(Form):
    """When and with whom the roadmap was agreed."""

    agreed_on = DateField(_l("Agreed on"), [InputRequired(_l("Enter a day."))])
    agreed_with = TextField(
        _l("Agreed with"), [InputRequired(_l("Name the person at the company."))], max_length=120
    )


BANDS = tuple(band.value for band in CostBand)
