"""Forms of companies: the firm itself, its sites, people, users and yearly data."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField
from wtforms.validators import DataRequired, InputRequired, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from app import words
from app.accounts.forms import SALUTATIONS, EmailField
from app.accounts.models import User
from app.companies import codes, keeping
from app.companies.models import Company, CompanyStatus, MemberRight
from app.errors import RuleBroken
from app.forms import DecimalNumberField, Form, LongTextField, TextField, WholeNumberField
from app.i18n import language
from app.words import option

_PHONE = re.compile(r"[0-9+()/.\- ]*[0-9][0-9+()/.\- ]*")


def _needed(text: Any) -> DataRequired:
    return DataRequired(text)


def _checked(form: Form, checks: Iterable[Callable[[], None]]) -> bool:
    """Run checks that refuse with RuleBroken and show each at its field."""
    fine = True
    for check in checks:
        try:
            check()
        except RuleBroken as rule:
            form.refuse(rule)
            fine = False
    return fine


def _phone(_form: Any, field: Any) -> None:
    if field.data and not _PHONE.fullmatch(field.data):
        raise ValidationError(_("“%(value)s” is not a phone number.", value=field.data[:40]))


class ScaledField(DecimalNumberField):
    """A decimal number that is kept as an integer: euros as cents, annual work units as tenths."""

    def __init__(
        self, label: Any = None, validators: Iterable[Any] = (), *, digits: int = 2, **options: Any
    ) -> None:
        self.digits = digits
        self.data: Any = None
        self._read: int | None = None
        super().__init__(label, [Optional(), *validators], **options)

    def process_formdata(self, valuelist: Any) -> None:
        """Read what was typed, refuse less than nothing."""
        super().process_formdata(valuelist)
        number: Any = self.data
        if number is None:
            return
        if number < 0:
            self.data = None
            raise ValueError(_("“%(value)s” is less than nothing.", value=self.typed[:40]))
        self.data = self._read = int((number * 10**self.digits).quantize(Decimal(1), ROUND_HALF_UP))

    def shown(self, value: int | None) -> str:
        """A kept value as it is typed."""
        if value is None:
            return ""
        text = f"{Decimal(value) / 10**self.digits:.{self.digits}f}".rstrip("0").rstrip(".")
        return text.replace(".", ",") if language() == "de" else text

    def _value(self) -> str:
        """What was typed as long as it is what counts."""
        typed = getattr(self, "typed", None)
        return str(typed) if typed is not None and self.data == self._read else self.shown(self.data)


class CheckboxesField(SelectMultipleField):
    """Several of a list, as checkboxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CoachesForm(Form):
    """Who of the centre looks after a firm."""

    coaches = CheckboxesField(_l("Responsible coaches"), coerce=uuid.UUID)
    coaches_before = HiddenField()
    lead = SelectField(_l("Leading coach"), validate_choice=False, default="")

    def offer_coaches(self, staff: Sequence[User], company: Company | None) -> None:
        """Offer the centre's active people, and those who look after the firm already."""
        looking_after = [one.user for one in company.coaches] if company is not None else []
        self.people = {person.id: person for person in (*staff, *looking_after)}
        named = sorted(self.people.values(), key=lambda p: (p.last_name, p.first_name, p.id))
        self.coaches.choices = [option(str(person.id), person.name) for person in named]
        self.lead.choices = [option("", _("as before")), *self.coaches.choices]

    def read_coaches(self, company: Company) -> None:
        """Show who looks after a firm."""
        self.coaches.data = [one.user_id for one in company.coaches]
        self.coaches_before.data = " ".join(str(one.user_id) for one in company.coaches)
        self.lead.data = next((str(one.user_id) for one in company.coaches if one.lead), "")

    @property
    def wanted_coaches(self) -> tuple[list[uuid.UUID], list[uuid.UUID], uuid.UUID | None]:
        """The coaches when the form was opened, as they are ticked, and the leading one."""
        known = {str(key): key for key in self.people}
        before = [known[text] for text in (self.coaches_before.data or "").split() if text in known]
        return before, list(self.coaches.data or ()), known.get(self.lead.data or "")


class AddressForm(Form):
    """A place: what company and site share."""

    street = TextField(_l("Street and number"), render_kw={"autocomplete": "off"})
    postcode = TextField(_l("Postcode"), max_length=20, render_kw={"inputmode": "numeric"})
    city = TextField(_l("Town"), max_length=60)
    nuts3 = SelectField(_l("Region"), validate_choice=False, default="")
    permitted: Sequence[str] = ()
    kept_region = ""

    def offer_regions(self, permitted: Sequence[str], kept: str = "") -> None:
        """Offer the centre's regions, and the one that the record has."""
        self.permitted, self.kept_region = permitted, kept
        regions = codes.regions(permitted)
        if kept and kept not in {region.code for region in regions}:
            regions = [*regions, *(region for region in codes.regions() if region.code == kept)]
        several = len({region.state for region in regions}) > 1
        self.nuts3.choices = [
            option("", _("not known")),
            *(
                option(r.code, f"{r.name} ({r.code})" + (f", {r.state}" if several else ""))
                for r in sorted(regions, key=lambda r: (r.state, r.name))
            ),
        ]

    def _check_postcode(self) -> None:
        self.postcode.data = keeping.check_postcode(self.postcode.data or "")

    def _check_region(self) -> None:
        if self.nuts3.data and self.nuts3.data != self.kept_region:
            self.nuts3.data = codes.check_region(self.nuts3.data, self.permitted)

    def validate(self, extra_validators: Any = None) -> bool:
        """Postcode and region as well."""
        fine = super().validate(extra_validators)
        return _checked(self, (self._check_postcode, self._check_region)) and bool(fine)


class CompanyForm(AddressForm, CoachesForm):
    """A firm's master data, its tags and who looks after it."""

    FIELDS = (
        *("name", "legal_form", "register_number", "register_court", "vat_id", "wz_version", "wz_code"),
        *("street", "postcode", "city", "nuts3", "website", "status", "source", "remark"),
    )
    name = TextField(_l("Name"), [_needed(_l("Enter the company’s name."))])
    legal_form = SelectField(_l("Legal form"), validate_choice=False, default="")
    register_number = TextField(_l("Register number"), max_length=60, description=_l("for example HRB 1234"))
    register_court = TextField(_l("Register court"), max_length=60)
    vat_id = TextField(_l("VAT number"), max_length=20, description=_l("DE and nine digits"))
    wz_version = SelectField(
        _l("WZ version"),
        choices=[option(v, f"WZ {v}") for v in codes.WZ_VERSIONS],
        default=codes.WZ_VERSIONS[0],
    )
    wz_code = TextField(
        _l("Branch (WZ code)"), max_length=20, description=_l("Type a code or a word, for example 25.62.")
    )
    website = TextField(_l("Website"), render_kw={"type": "url", "inputmode": "url"})
    status = SelectField(
        _l("Status"),
        choices=words.choices(CompanyStatus),
        coerce=CompanyStatus,
        default=CompanyStatus.PROSPECT,
    )
    source = TextField(_l("Source"), description=_l("How the company came to the centre"))
    tags = TextField(_l("Tags"), max_length=1500, description=_l("Words between commas, at most 20"))
    tags_before = HiddenField()
    remark = LongTextField(_l("Remark"), description=_l("Internal: never shown to the company"))

    def offer(self, staff: Sequence[User], permitted: Sequence[str], company: Company | None = None) -> None:
        """Fill the choices; what the record has already stays on offer."""
        self.offer_regions(permitted, company.nuts3 if company else "")
        self.legal_forms = [form.form for form in codes.legal_forms()]
        if company and company.legal_form and company.legal_form not in self.legal_forms:
            self.legal_forms.append(company.legal_form)
        self.legal_form.choices = [
            option("", _("not known")),
            *(option(form, form) for form in self.legal_forms),
        ]
        self.offer_coaches(staff, company)

    def _check_form(self) -> None:
        if self.legal_form.data and self.legal_form.data not in self.legal_forms:
            raise RuleBroken(
                "company.legal_form",
                _l("There is no legal form “%(value)s”.", value=str(self.legal_form.data)[:40]),
                field="legal_form",
                value=self.legal_form.data,
                way_out=_l("Choose one from the list."),
            )

    def _check_register(self) -> None:
        entry = codes.check_register(
            self.register_number.data or "", self.register_court.data or "", self.legal_form.data or ""
        )
        self.register_number.data, self.register_court.data = entry.number, entry.court

    def _check_vat(self) -> None:
        self.vat_id.data = codes.check_vat(self.vat_id.data or "")

    def _check_branch(self) -> None:
        if self.wz_code.data:
            self.wz_code.data = codes.check_wz(self.wz_version.data, self.wz_code.data)

    def _check_website(self) -> None:
        self.website.data = keeping.check_website(self.website.data or "")

    def _check_tags(self) -> None:
        keeping.read_tags(self.tags.data or "")

    def validate(self, extra_validators: Any = None) -> bool:
        """Every code by its rule; all refusals at once."""
        fine = super().validate(extra_validators)
        checks = (
            self._check_form,
            self._check_register,
            self._check_vat,
            self._check_branch,
            self._check_website,
            self._check_tags,
        )
        return _checked(self, checks) and fine

    def read(self, company: Company) -> None:
        """Show a record."""
        for name in self.FIELDS:
            self[name].data = getattr(company, name)
        self.version.data = str(company.version)
        self.tags.data = self.tags_before.data = ", ".join(one.name for one in company.tags)
        self.read_coaches(company)

    @property
    def wanted_tags(self) -> tuple[list[str], list[str]]:
        """The tags when the form was opened, and as they are typed."""
        return keeping.read_tags(self.tags_before.data or ""), keeping.read_tags(self.tags.data or "")


class SiteForm(AddressForm):
    """A place of business."""

    FIELDS = ("name", "street", "postcode", "city", "nuts3")
    name = TextField(
        _l("Name"), [_needed(_l("Enter a name for the site."))], description=_l("for example Plant 2")
    )


class ContactForm(Form):
    """A person at the firm."""

    FIELDS = ("salutation", "first_name", "last_name", "function", "email", "phone", "main")
    salutation = SelectField(_l("Salutation"), choices=SALUTATIONS, default="")
    first_name = TextField(_l("First name"), max_length=60)
    last_name = TextField(_l("Last name"), [_needed(_l("Enter the last name."))], max_length=60)
    function = TextField(_l("Function"), description=_l("for example production manager"))
    email = EmailField(_l("E-mail"), [Optional()])
    phone = TextField(_l("Phone"), [_phone], max_length=60, render_kw={"type": "tel"})
    main = BooleanField(_l("Main contact"))


class YearForm(Form):
    """Staff and finance of one business year."""

    FIELDS = ("year", "staff_tenths", "turnover", "balance_sheet", "contains_linked")
    year = WholeNumberField(
        _l("Business year"), [InputRequired(_l("Enter the year."))], low=keeping.FIRST_YEAR, high=2100
    )
    staff_tenths = ScaledField(_l("Staff (annual work units)"), digits=1, render_kw={"inputmode": "decimal"})
    turnover = ScaledField(_l("Turnover"), render_kw={"inputmode": "decimal"})
    balance_sheet = ScaledField(_l("Balance sheet total"), render_kw={"inputmode": "decimal"})
    contains_linked = BooleanField(_l("The figures contain linked firms"))

    def validate(self, extra_validators: Any = None) -> bool:
        """At least one figure."""
        fine = super().validate(extra_validators)
        figures = (self.staff_tenths, self.turnover, self.balance_sheet)
        if fine and all(field.data is None for field in figures):
            self.form_errors.append(_("Enter at least one figure for the year."))
            return False
        return bool(fine)


class MemberForm(Form):
    """Somebody of the firm who is to see it in the portal."""

    salutation = SelectField(_l("Salutation"), choices=SALUTATIONS, default="")
    first_name = TextField(_l("First name"), [_needed(_l("Enter the first name."))], max_length=60)
    last_name = TextField(_l("Last name"), [_needed(_l("Enter the last name."))], max_length=60)
    email = EmailField(_l("E-mail"), [_needed(_l("Enter the address that the invitation goes to."))])
    right = SelectField(
        _l("Right"), choices=words.choices(MemberRight), coerce=MemberRight, default=MemberRight.EDITOR
    )


class RightForm(Form):
    """Another right for a company user."""

    right = SelectField(_l("Right"), choices=words.choices(MemberRight), coerce=MemberRight)
