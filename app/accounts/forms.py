"""Forms of signing in, the own profile, the users page and the centre's settings."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, PasswordField, SelectField, StringField
from wtforms.validators import DataRequired, Email, EqualTo, Optional, ValidationError

from app.accounts.models import Role
from app.forms import FileField, Form, LongTextField, TextField, cleaned
from app.words import option, word

LANGUAGE_NAMES = [option("de", "Deutsch"), option("en", "English")]
SALUTATIONS = [option("", _l("no salutation")), option("ms", _l("Ms")), option("mr", _l("Mr"))]
THEMES = [option("auto", _l("Like the device")), option("light", _l("Light")), option("dark", _l("Dark"))]
_NUTS = re.compile(r"DE([1-9A-G][0-9]?[0-9A-Z]?)?")
_NEEDED = _l("Please fill this in.")


def _needed() -> DataRequired:
    return DataRequired(_NEEDED)


class EmailField(TextField):
    """A mail address."""

    def __init__(self, label: Any, validators: Any = (), **options: Any) -> None:
        checks = [*validators, Email(_l("This is no mail address; it looks like name@company.de."))]
        super().__init__(label, checks, render_kw={"type": "email", "inputmode": "email"}, **options)


class PassphraseField(PasswordField):
    """A passphrase as it was typed: blanks count, nothing is cut off."""

    def __init__(self, label: Any, autocomplete: str, validators: Any = (), **options: Any) -> None:
        render = {"autocomplete": autocomplete, "spellcheck": "false", "autocapitalize": "none"}
        super().__init__(label, [_needed(), *validators], render_kw=render, **options)


class SignInForm(Form):
    """E-mail address and passphrase."""

    email = TextField(
        _l("E-mail address"), [_needed()], render_kw={"type": "email", "autocomplete": "username"}
    )
    passphrase = PassphraseField(_l("Passphrase"), "current-password")


class AskLinkForm(Form):
    """Where a link is to be sent."""

    email = EmailField(_l("E-mail address"), [_needed()])


class NewPassphraseForm(Form):
    """A passphrase for the first time or a new one by link."""

    passphrase = PassphraseField(_l("New passphrase"), "new-password")
    repeat = PassphraseField(
        _l("Repeat it"), "new-password", [EqualTo("passphrase", _l("The two passphrases differ."))]
    )


class ChangePassphraseForm(NewPassphraseForm):
    """A new passphrase in place of the present one."""

    current = PassphraseField(_l("Present passphrase"), "current-password")


class ProfileForm(Form):
    """What somebody says about themselves."""

    first_name = TextField(_l("First name"), [_needed()], max_length=60)
    last_name = TextField(_l("Last name"), [_needed()], max_length=60)
    salutation = SelectField(_l("Salutation"), choices=SALUTATIONS)
    job_title = TextField(_l("Job title"))
    phone = TextField(_l("Phone"), max_length=60, render_kw={"type": "tel", "autocomplete": "tel"})
    language = SelectField(_l("Language"), choices=LANGUAGE_NAMES)
    theme = SelectField(_l("Appearance"), choices=THEMES)


class PhotoForm(Form):
    """A picture of oneself."""

    photo = FileField(_l("Photo"))


class EmailForm(Form):
    """A new mail address; the present passphrase is asked of those who have one."""

    email = EmailField(_l("New e-mail address"), [_needed()])
    current = PasswordField(
        _l("Present passphrase"), [Optional()], render_kw={"autocomplete": "current-password"}
    )


class UserForm(Form):
    """An account on the users page; the roles on offer are passed in."""

    first_name = TextField(_l("First name"), [_needed()], max_length=60)
    last_name = TextField(_l("Last name"), [_needed()], max_length=60)
    salutation = SelectField(_l("Salutation"), choices=SALUTATIONS)
    job_title = TextField(_l("Job title"))
    phone = TextField(_l("Phone"), max_length=60)
    role = SelectField(_l("Role"))
    language = SelectField(_l("Language"), choices=LANGUAGE_NAMES)

    def offer(self, roles: Iterable[Role]) -> None:
        """The roles that may be chosen."""
        self.role.choices = [option(role.value, word(role)) for role in roles]


class InviteForm(UserForm):
    """Somebody who is to get an account."""

    email = EmailField(_l("E-mail address"), [_needed()])


class RegionsField(StringField):
    """Codes of regions, divided by commas or blanks, kept as a list."""

    def process_formdata(self, valuelist: Any) -> None:
        """Read the codes; each once, in the order typed."""
        text = cleaned(valuelist[0]) if valuelist else ""
        self.data = list(dict.fromkeys(re.split(r"[\s,;]+", text.upper()))) if text else []  # type: ignore[assignment]

    def _value(self) -> str:
        return ", ".join(self.data or [])


def _web_address(_form: Form, field: Field) -> None:
    parts = urlsplit(field.data or "")
    if field.data and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValidationError(_("Enter a whole web address that begins with https://."))


class CentreForm(Form):
    """Who the centre is, where it works, and how it writes."""

    NAMES = (
        "name", "short_name", "street", "postcode", "city", "email", "phone", "website", "funding_notice_de",
        "funding_notice_en", "time_zone", "regions", "mail_from", "mail_signature",
    )  # fmt: skip
    name = TextField(_l("Name"), [_needed()])
    short_name = TextField(_l("Short name"), max_length=60)
    street = TextField(_l("Street and number"))
    postcode = TextField(_l("Postcode"), max_length=20)
    city = TextField(_l("Town"), max_length=60)
    email = EmailField(_l("E-mail address"), [Optional()])
    phone = TextField(_l("Phone"), max_length=60)
    website = TextField(_l("Website"), [_web_address])
    funding_notice_de = LongTextField(_l("Funding notice, German"), max_length=2_000)
    funding_notice_en = LongTextField(_l("Funding notice, English"), max_length=2_000)
    time_zone = SelectField(_l("Time zone"))
    regions = RegionsField(_l("Permitted regions"))
    mail_from = EmailField(_l("Sender of our mails"), [Optional()])
    mail_signature = LongTextField(_l("Signature of our mails"), max_length=2_000)
    logo = FileField(_l("Logo of the centre"))
    remove_logo = BooleanField(_l("Take the logo away"))
    funder_logo = FileField(_l("Logo of the funder"))
    remove_funder_logo = BooleanField(_l("Take the funder's logo away"))

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        zones = sorted(z for z in available_timezones() if z.startswith("Europe/"))
        self.time_zone.choices = [option(zone, zone) for zone in zones]

    def validate_regions(self, field: RegionsField) -> None:
        """Codes look like DE or DE80; a code stands for all regions that begin with it."""
        wrong = next((code for code in field.data or [] if not _NUTS.fullmatch(code)), None)
        if wrong is not None:
            raise ValidationError(
                _("“%(value)s” is no German NUTS code; they look like DE80 or DE803.", value=wrong[:20])
            )


class TextsForm(Form):
    """The pages that the law asks for."""

    NAMES = ("imprint_de", "imprint_en", "privacy_de", "privacy_en", "accessibility_de", "accessibility_en")
    imprint_de = LongTextField(_l("Imprint, German"), max_length=50_000)
    imprint_en = LongTextField(_l("Imprint, English"), max_length=50_000)
    privacy_de = LongTextField(_l("Privacy, German"), max_length=50_000)
    privacy_en = LongTextField(_l("Privacy, English"), max_length=50_000)
    accessibility_de = LongTextField(_l("Accessibility, German"), max_length=50_000)
    accessibility_en = LongTextField(_l("Accessibility, English"), max_length=50_000)


def role_of(form: UserForm) -> Role:
    """The chosen role."""
    return Role(form.role.data)
