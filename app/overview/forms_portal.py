"""What a company reports about a measure."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import RadioField
from wtforms.validators import InputRequired

from app.forms import Form, TextField
from app.roadmap.models import MeasureStatus
from app.words import word

REPORTED = (MeasureStatus.RUNNING, MeasureStatus.DONE, MeasureStatus.NOT_NOW)


class ReportForm(Form):
    """Begun, done, or not now with a reason; what came out, if there is something to say."""

    status = RadioField(
        _l("Status"), choices=lambda: [(s.value, word(s)) for s in REPORTED], validators=[InputRequired()]
    )
    reason = TextField(_l("Why not now?"))
    result = TextField(_l("What came out?"))
