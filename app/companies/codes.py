"""Codes a company carries: branch (WZ), region (NUTS), legal form, register entry and VAT number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from flask_babel import lazy_gettext as _l
from stdnum.de import handelsregisternummer
from stdnum.eu import nace, vat
from stdnum.exceptions import InvalidChecksum, ValidationError

from app.errors import RuleBroken

REFERENCE = Path(__file__).parents[2] / "seeds" / "reference"
WZ_VERSIONS = ("2008", "2025")  # both are valid side by side; a code is never converted silently
_NACE_REVISION = {"2008": "2.0", "2025": "2.1"}
COURTS: tuple[str, ...] = handelsregisternummer.GERMAN_COURTS
REGISTERS = ("HRA", "HRB", "GnR", "GsR", "PR", "VR")

_REGISTER_NUMBER = re.compile(
    r"(HRA|HRB|GnR|GsR|PR|VR)\s*([1-9]\d{0,5})(?:\s*([A-ZÖ]{1,3}))?(?:,?\s+(\D{3,}))?", re.IGNORECASE
)
_COURT_PREFIX = re.compile(r"^(amtsgericht|registergericht|ag)\s+", re.IGNORECASE)
_WZ_CODE = re.compile(r"[A-V]?\s*(\d{2})\.?(\d{2})\.?(\d)?", re.IGNORECASE)


@dataclass(frozen=True)
class Region:
    """A district (Kreis or kreisfreie Stadt) with its NUTS-3 code."""

    code: str
    name: str
    state: str


@dataclass(frozen=True)
class LegalForm:
    """A legal form, its register (empty: none) and its name in both languages."""

    form: str
    register: str
    name: dict[str, str]


@dataclass(frozen=True)
class RegisterEntry:
    """Where a firm is registered."""

    number: str
    court: str


def regions(permitted: Sequence[str] = ()) -> list[Region]:
    """All districts, or those whose code begins with one of the permitted codes ("DE80")."""
    return [
        region for region in _regions().values() if not permitted or region.code.startswith(tuple(permitted))
    ]


def region_name(code: str) -> str:
    """The district's name; an unknown code stays as it is."""
    return _regions()[code].name if code in _regions() else code


def check_region(code: str, permitted: Sequence[str] = ()) -> str:
    """The NUTS-3 code in capitals, if it exists and the centre may work there."""
    wanted = re.sub(r"\s", "", code).upper()
    if wanted not in _regions():
        meant = f"{wanted[:-1]}O"  # "DE800" is meant as "DE80O", with the letter
        raise RuleBroken(
            "region.unknown",
            _l("There is no NUTS-3 region %(code)s.", code=code.strip()),
            field="nuts3",
            value=code,
            way_out=(
                _l("Do you mean %(code)s (%(name)s)?", code=meant, name=region_name(meant))
                if wanted.endswith("0") and meant in _regions()
                else _l("Choose the district from the list.")
            ),
        )
    if permitted and not wanted.startswith(tuple(permitted)):
        raise RuleBroken(
            "region.not_permitted",
            _l(
                "%(name)s (%(code)s) lies outside the regions of this centre (%(permitted)s).",
                name=region_name(wanted),
                code=wanted,
                permitted=", ".join(permitted),
            ),
            field="nuts3",
            value=code,
            limit=", ".join(permitted),
            way_out=_l("Choose the district of the site that is supported, not of the head office."),
        )
    return wanted


def check_wz(version: str, code: str) -> str:
    """The code as 25.62 or 25.62.0, if its first four digits exist in that version.

    The fifth digit is national and not in the library's table; it is accepted under a known class.
    """
    revision = _NACE_REVISION.get(version)
    if revision is None:
        raise RuleBroken(
            "wz.unknown_version",
            _l("There is no WZ version %(version)s.", version=version),
            field="wz_version",
            value=version,
            limit=", ".join(WZ_VERSIONS),
            way_out=_l("Choose 2008 or 2025."),
        )
    matched = _WZ_CODE.fullmatch(code.strip())
    if matched is None:
        raise RuleBroken(
            "wz.format",
            _l("%(code)s is not a WZ code.", code=code.strip()),
            field="wz_code",
            value=code,
            way_out=_l("Enter four or five digits, for example 25.62 or 25.62.0."),
        )
    division, group, fifth = matched.groups()
    if not nace.is_valid(division + group, revision=revision):
        other = next(other for other in WZ_VERSIONS if other != version)
        raise RuleBroken(
            "wz.unknown_code",
            _l("WZ %(version)s has no code %(code)s.", code=f"{division}.{group}", version=version),
            field="wz_code",
            value=code,
            limit=version,
            way_out=(
                _l("It exists in WZ %(version)s: choose that version or another code.", version=other)
                if nace.is_valid(division + group, revision=_NACE_REVISION[other])
                else _l("Search the list by branch.")
            ),
        )
    return f"{division}.{group}" + (f".{fifth}" if fifth else "")


def section_and_division(version: str, code: str) -> str:
    """Section letter and division of the code's own version: C25; empty without a code."""
    division = _digits(code)[:2]
    return f"{_section(version, division)}{division}" if division else ""


def wz_label(version: str, code: str, lang: str = "de") -> str:
    """A short name for a section (C), a division (25, C25) or a class (25.62); unknown codes stay."""
    digits = _digits(code)
    if not digits:
        return _label("sections", version, code.strip().upper(), lang) or code
    if len(digits) >= 4 and (label := _class_label(version, digits[:4], lang)):
        return label
    return _label("divisions", version, digits[:2], lang) or code


@cache
def wz_classes(version: str, lang: str = "de") -> list[tuple[str, str]]:
    """All four-digit codes of a version with their labels, for choosing by name."""
    revision = _NACE_REVISION[version]
    groups = [f"{number:03d}" for number in range(10, 1000)]
    codes = [
        f"{group}{last}"
        for group in groups
        if nace.is_valid(group, revision=revision)
        for last in range(10)
        if nace.is_valid(f"{group}{last}", revision=revision)
    ]
    return [(f"{code[:2]}.{code[2:]}", wz_label(version, code, lang)) for code in codes]


@cache
def legal_forms() -> tuple[LegalForm, ...]:
    """The legal forms on offer, most frequent first."""
    return tuple(
        LegalForm(row["form"], row["register"], {"de": row["de"], "en": row["en"]})
        for row in _reference("legal_forms")
    )


def check_register(number: str, court: str, legal_form: str = "") -> RegisterEntry:
    """The register entry in its usual spelling (HRB 1234, Rostock); both or neither must be given."""
    number, court = " ".join(number.split()), _COURT_PREFIX.sub("", " ".join(court.split()))
    if not number and not court:
        return RegisterEntry("", "")
    matched = _REGISTER_NUMBER.fullmatch(number)
    if matched is None:
        raise RuleBroken(
            "register.number",
            _l("%(number)s is not a register number.", number=number)
            if number
            else _l("The register number is missing."),
            field="register_number",
            value=number,
            way_out=_l("Enter register and number, for example HRB 1234, or leave number and court empty."),
        )
    register = next(known for known in REGISTERS if known.casefold() == matched[1].casefold())
    known_court = _court(court or _COURT_PREFIX.sub("", matched[4] or ""))
    expected = next((form.register for form in legal_forms() if form.form == legal_form), "")
    if expected and expected != register:
        raise RuleBroken(
            "register.kind",
            _l("A %(form)s is not entered in the %(register)s.", form=legal_form, register=register),
            field="register_number",
            value=number,
            limit=expected,
            way_out=_l(
                "Check the legal form, or enter a number that begins with %(register)s.", register=expected
            ),
        )
    suffix = f" {matched[3].upper()}" if matched[3] else ""
    return RegisterEntry(f"{register} {matched[2]}{suffix}", known_court)


def check_vat(number: str) -> str:
    """The VAT number of an EU state without blanks (nine digits alone are German); empty stays empty."""
    wanted = re.sub(r"[\s.\-/]", "", number).upper()
    if not wanted:
        return ""
    if re.fullmatch(r"\d{9}", wanted):
        wanted = f"DE{wanted}"
    try:
        return str(vat.validate(wanted))
    except InvalidChecksum:
        message = _l("The check digit of the VAT number %(number)s does not match.", number=wanted)
    except ValidationError:
        message = _l("%(number)s is not a VAT number of an EU state.", number=number.strip())
    raise RuleBroken(
        "vat.invalid",
        message,
        field="vat_id",
        value=number,
        limit="DE + 9",
        way_out=_l(
            "A German one is DE and nine digits, as on the firm's invoices. Leave it empty if unknown."
        ),
    )


def _court(name: str) -> str:
    """The court as the register spells it; "Berlin" is found as "Berlin (Charlottenburg)"."""
    try:
        return str(handelsregisternummer.validate(f"{name} HRB 1")).removesuffix(" HRB 1")
    except ValidationError:
        message = (
            _l("There is no register court %(court)s.", court=name)
            if name
            else _l("The register court is missing.")
        )
    raise RuleBroken(
        "register.court",
        message,
        field="register_court",
        value=name,
        way_out=_l("Choose the local court that keeps the register, for example Rostock."),
    )


@cache
def _section(version: str, division: str) -> str:
    return str(nace.info(division, revision=_NACE_REVISION[version])["section"])


def _digits(code: str) -> str:
    return re.sub(r"\D", "", code)


def _class_label(version: str, digits: str, lang: str) -> str:
    if lang == "de":
        return _named("classes", version, digits) or ""
    if nace.is_valid(digits, revision=_NACE_REVISION[version]):
        return str(nace.get_label(digits, revision=_NACE_REVISION[version])).strip()
    return ""


def _label(kind: str, version: str, key: str, lang: str) -> str:
    names = _named(kind, version, key)
    return str(names[lang]) if names else ""


def _named(kind: str, version: str, key: str) -> Any:
    """What the version itself names, else what both versions name alike."""
    if not nace.is_valid(key, revision=_NACE_REVISION[version]):
        return None
    table = _reference("wz")[kind]
    return table[version].get(key) or table["2008"].get(key)


@cache
def _regions() -> dict[str, Region]:
    return {
        code: Region(code, name, state["name"])
        for state in _reference("nuts3")["states"]
        for code, name in state["regions"].items()
    }


@cache
def _reference(name: str) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load((REFERENCE / f"{name}.yaml").read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
