"""Forms of documents: putting a file on file, changing its title."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField
from wtforms.validators import DataRequired

from app.documents.kinds import KINDS
from app.forms import FileField, FileRequired, Form, TextField


class UploadForm(Form):
    """A file, what it is called, and whether the company sees it."""

    file = FileField(
        _l("File"),
        [FileRequired(_l("Choose a file."))],
        render_kw={"accept": ",".join(f".{ending}" for ending in (*KINDS, "jpeg"))},
    )
    title = TextField(_l("Title"), description=_l("Empty: the file’s name"))
    released = BooleanField(_l("Release it to the company at once"))


class TitleForm(Form):
    """Another title."""

    FIELDS = ("title",)
    title = TextField(_l("Title"), [DataRequired(_l("Enter a title."))])
