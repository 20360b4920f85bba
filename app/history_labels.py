"""What people call the records and fields that history keeps; every tracked column is listed here."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Any, Final

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l


class Kind(enum.Enum):
    """How a field's values are written."""

    TEXT = enum.auto()
    WORD = enum.auto()
    YES = enum.auto()
    DAY = enum.auto()
    MOMENT = enum.auto()
    MINUTES = enum.auto()
    MONEY = enum.auto()
    TENTHS = enum.auto()
    NUMBER = enum.auto()
    BILINGUAL = enum.auto()
    SALUTATION = enum.auto()
    LANGUAGE = enum.auto()
    EVENT = enum.auto()
    SECRET = enum.auto()


@dataclass(frozen=True)
class Label:
    """A field's name and how its values are read; an EVENT says what happened instead of values."""

    text: LazyString
    kind: Kind = Kind.TEXT
    words: str = ""
    begun: LazyString | str = ""
    ended: LazyString | str = ""


@dataclass(frozen=True)
class Record:
    """A record's name and its fields; None: not shown (keys, internal columns).

    A `part` belongs to a larger record: only its changes are told, not that it was added or removed with it.
    """

    name: LazyString
    fields: dict[str, Label | None]
    part: bool = False


def _of(name: LazyString, hidden: str = "", /, **fields: Label) -> Record:
    return Record(name, {**fields, **dict.fromkeys(hidden.split())})


def _part(name: LazyString, hidden: str = "", /, **fields: Label) -> Record:
    return replace(_of(name, hidden, **fields), part=True)


def _word(text: LazyString, words: str) -> Label:
    return Label(text, Kind.WORD, words)


def _event(text: LazyString, begun: Any, ended: Any) -> Label:
    return Label(text, Kind.EVENT, begun=begun, ended=ended)


NAME: Final = Label(_l("Name"))
STREET: Final = Label(_l("Street and number"))
POSTCODE: Final = Label(_l("Postcode"))
CITY: Final = Label(_l("Town"))
REGION: Final = Label(_l("Region"))
EMAIL: Final = Label(_l("E-mail"))
PHONE: Final = Label(_l("Phone"))
FIRST: Final = Label(_l("First name"))
LAST: Final = Label(_l("Last name"))
SALUTATION: Final = Label(_l("Salutation"), Kind.SALUTATION)
LANGUAGE: Final = Label(_l("Language"), Kind.LANGUAGE)
FIELD: Final = _word(_l("Field of transformation"), "Field")
NOTE: Final = Label(_l("Note"))
DUE: Final = Label(_l("Due on"), Kind.DAY)
ARCHIVED: Final = _event(_l("Archived"), _l("Archived"), _l("Brought back from the archive"))

RECORDS: Final[dict[str, Record]] = {
    "Company": _of(
        _l("Company"),
        "number name_folded created_at",
        name=NAME,
        legal_form=Label(_l("Legal form")),
        register_number=Label(_l("Register number")),
        register_court=Label(_l("Register court")),
        vat_id=Label(_l("VAT number")),
        wz_version=Label(_l("WZ version")),
        wz_code=Label(_l("Branch (WZ code)")),
        street=STREET,
        postcode=POSTCODE,
        city=CITY,
        nuts3=REGION,
        website=Label(_l("Website")),
        status=_word(_l("Status"), "CompanyStatus"),
        source=Label(_l("Source")),
        remark=Label(_l("Remark")),
        archived_at=ARCHIVED,
    ),
    "CompanyTag": _of(_l("Tag"), "company_id", name=NAME),
    "CompanyCoach": _of(_l("Responsible coach"), "company_id user_id", lead=Label(_l("Leads"), Kind.YES)),
    "CompanyMember": _of(_l("Company user"), "company_id user_id", right=_word(_l("Right"), "MemberRight")),
    "Site": _of(
        _l("Site"), "company_id", name=NAME, street=STREET, postcode=POSTCODE, city=CITY, nuts3=REGION
    ),
    "Contact": _of(
        _l("Contact"),
        "company_id user_id",
        salutation=SALUTATION,
        first_name=FIRST,
        last_name=LAST,
        email=EMAIL,
        phone=PHONE,
        function=Label(_l("Function")),
        main=Label(_l("Main contact"), Kind.YES),
        archived_at=ARCHIVED,
    ),
    "CompanyYear": _of(
        _l("Yearly data"),
        "company_id",
        year=Label(_l("Year"), Kind.NUMBER),
        staff_tenths=Label(_l("Staff (annual work units)"), Kind.TENTHS),
        turnover=Label(_l("Turnover"), Kind.MONEY),
        balance_sheet=Label(_l("Balance sheet total"), Kind.MONEY),
        contains_linked=Label(_l("Contains linked firms"), Kind.YES),
    ),
    "Document": _of(
        _l("Document"),
        "company_id number filename sha256 size content_type created_by_id created_at",
        kind=_word(_l("Kind"), "DocumentKind"),
        title=Label(_l("Title")),
        language=LANGUAGE,
        released=_event(_l("Released"), _l("Released to the company"), _l("No longer shown to the company")),
    ),
    "MaturityModel": _of(
        _l("Maturity model"),
        "rule scale imported_at",
        current=Label(_l("In use"), Kind.YES),
    ),
    "Assessment": _of(
        _l("Assessment"),
        "number company_id model_id assessor_id submitted_at",
        kind=_word(_l("Kind"), "AssessmentKind"),
        assessed_on=Label(_l("Assessed on"), Kind.DAY),
        status=_word(_l("Status"), "AssessmentStatus"),
    ),
    "Answer": _part(
        _l("Rating"),
        "assessment_id dimension_id party answered_by_id answered_at",
        level=Label(_l("Level"), Kind.NUMBER),
        strength=_word(_l("Strength of evidence"), "Strength"),
        not_applicable=Label(_l("Not applicable"), Kind.YES),
        reason=Label(_l("Reason")),
        note=NOTE,
        parked=Label(_l("Parked"), Kind.YES),
    ),
    "Target": _of(
        _l("Target"),
        "company_id dimension_key",
        level=Label(_l("Target level"), Kind.NUMBER),
        importance=Label(_l("Importance"), Kind.NUMBER),
        agreed_on=Label(_l("Agreed on"), Kind.DAY),
    ),
    "CatalogueMeasure": _of(
        _l("Catalogue measure"),
        "key catalogue_version dimension_key requires core",
        field=FIELD,
        from_level=Label(_l("From level"), Kind.NUMBER),
        to_level=Label(_l("To level"), Kind.NUMBER),
        kind=_word(_l("Kind"), "MeasureKind"),
        coach_days=Label(_l("Coach days"), Kind.NUMBER),
        company_days=Label(_l("Company days"), Kind.NUMBER),
        cost_band=Label(_l("Cost band")),
        name=Label(_l("Name"), Kind.BILINGUAL),
        benefit=Label(_l("Benefit"), Kind.BILINGUAL),
        hint=Label(_l("Hint"), Kind.BILINGUAL),
        active=Label(_l("In use"), Kind.YES),
    ),
    "Measure": _of(
        _l("Measure"),
        "number company_id catalogue_id dimension_key factors owner_user_id owner_contact_id "
        "status_changed_at position created_at",
        field=FIELD,
        title=Label(_l("Title"), Kind.BILINGUAL),
        why=Label(_l("Why")),
        from_level=Label(_l("From level"), Kind.NUMBER),
        to_level=Label(_l("To level"), Kind.NUMBER),
        kind=_word(_l("Kind"), "MeasureKind"),
        owner_side=_word(_l("Carried by"), "OwnerSide"),
        starts_on=Label(_l("Starts on"), Kind.DAY),
        due_on=DUE,
        coach_days=Label(_l("Coach days"), Kind.NUMBER),
        company_days=Label(_l("Company days"), Kind.NUMBER),
        cost_band=Label(_l("Cost band")),
        status=_word(_l("Status"), "MeasureStatus"),
        status_reason=Label(_l("Reason")),
        done_on=Label(_l("Done on"), Kind.DAY),
        result=Label(_l("Result")),
        horizon=_word(_l("Horizon"), "Horizon"),
        agreed_on=Label(_l("Agreed on"), Kind.DAY),
    ),
    "RoadmapAgreement": _of(
        _l("Agreement on the roadmap"),
        "company_id user_id snapshot created_at",
        agreed_on=Label(_l("Agreed on"), Kind.DAY),
        agreed_with=Label(_l("Agreed with")),
    ),
    "Visit": _of(
        _l("Visit"),
        "number company_id coach_id created_at",
        status=_word(_l("Status"), "VisitStatus"),
        kind=_word(_l("Kind"), "VisitKind"),
        starts_at=Label(_l("Date and time"), Kind.MOMENT),
        minutes=Label(_l("Duration"), Kind.MINUTES),
        main_field=_word(_l("Main field"), "Field"),
        further_fields=_word(_l("Further fields"), "Field"),
        subject=Label(_l("Subject")),
        note=NOTE,
    ),
    "VisitContact": _part(_l("Participant"), "company_id visit_id contact_id"),
    "TimeEntry": _part(
        _l("Time entry"),
        "company_id visit_id user_id",
        day=Label(_l("Day"), Kind.DAY),
        kind=_word(_l("Kind"), "TimeKind"),
        minutes=Label(_l("Duration"), Kind.MINUTES),
    ),
    "Commitment": _of(
        _l("Commitment"),
        "company_id visit_id user_id contact_id done_by_id created_at",
        side=_word(_l("Side"), "Side"),
        text=Label(_l("Text")),
        due_on=DUE,
        done_at=_event(_l("Done"), _l("Ticked off"), _l("Opened again")),
    ),
    "IssuedReport": _of(
        _l("Report"),
        "number kind company_id content_hash data state issued_by_id document_id job_id created_at",
        language=LANGUAGE,
        issued_on=Label(_l("Issued on"), Kind.DAY),
    ),
    "User": _of(
        _l("User"),
        "email_norm created_at photo_sha theme",
        email=EMAIL,
        first_name=FIRST,
        last_name=LAST,
        salutation=SALUTATION,
        role=_word(_l("Role"), "Role"),
        phone=PHONE,
        job_title=Label(_l("Function")),
        language=LANGUAGE,
        password_hash=Label(_l("Passphrase"), Kind.SECRET),
        active=_event(_l("Active"), _l("Account enabled"), _l("Account disabled")),
        invited_at=_event(_l("Invited"), _l("Invited"), _l("Invitation withdrawn")),
        joined_at=_event(_l("Joined"), _l("Joined"), _l("Joined")),
    ),
    "Centre": _of(
        _l("Centre"),
        "logo_sha funder_logo_sha demo",
        name=NAME,
        short_name=Label(_l("Short name")),
        street=STREET,
        postcode=POSTCODE,
        city=CITY,
        email=EMAIL,
        phone=PHONE,
        website=Label(_l("Website")),
        funding_notice=Label(_l("Funding notice"), Kind.BILINGUAL),
        imprint=Label(_l("Imprint"), Kind.BILINGUAL),
        privacy=Label(_l("Privacy"), Kind.BILINGUAL),
        accessibility=Label(_l("Accessibility"), Kind.BILINGUAL),
        time_zone=Label(_l("Time zone")),
        regions=Label(_l("Permitted regions")),
        mail_from=Label(_l("Sender of mails")),
        mail_signature=Label(_l("Signature of mails")),
    ),
}
