"""Codes of a company: what is accepted in which spelling, and what is refused with a way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.companies.codes import (
    COURTS,
    REGISTERS,
    RegisterEntry,
    check_region,
    check_register,
    check_vat,
    check_wz,
    legal_forms,
    region_name,
    regions,
    section_and_division,
    wz_classes,
    wz_label,
)
from app.errors import RuleBroken

MV = ("DE80",)


def refusal(check: Callable[..., Any], *given: Any) -> RuleBroken:
    """What a check refuses with."""
    with pytest.raises(RuleBroken) as refused:
        check(*given)
    assert refused.value.way_out is not None
    return refused.value


def test_all_districts_of_germany_are_known() -> None:
    assert len(regions()) == 401
    assert len({region.code for region in regions()}) == 401
    assert len({region.state for region in regions()}) == 16


def test_the_districts_of_a_centre() -> None:
    assert [(region.code, region.name) for region in regions(MV)] == [
        ("DE803", "Rostock (Hanse- und Universitätsstadt)"),
        ("DE804", "Schwerin (Landeshauptstadt)"),
        ("DE80J", "Mecklenburgische Seenplatte"),
        ("DE80K", "Landkreis Rostock"),
        ("DE80L", "Vorpommern-Rügen"),
        ("DE80M", "Nordwestmecklenburg"),
        ("DE80N", "Vorpommern-Greifswald"),
        ("DE80O", "Ludwigslust-Parchim"),
    ]
    assert [region.code for region in regions(("DE6", "DE803"))] == ["DE600", "DE803"]
    assert region_name("DE80K") == "Landkreis Rostock"
    assert region_name("XX000") == "XX000"


@pytest.mark.parametrize(
    ("code", "expected"), [("DE803", "DE803"), (" de80o ", "DE80O"), ("DE 80K", "DE80K")]
)
def test_regions_that_are_accepted(code: str, expected: str) -> None:
    assert check_region(code, MV) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("DE805", "region.unknown"),
        ("DE800", "region.unknown"),
        ("DE80", "region.unknown"),
        ("", "region.unknown"),
        ("DE600", "region.not_permitted"),
    ],
)
def test_regions_that_are_refused(code: str, expected: str) -> None:
    refused = refusal(check_region, code, MV)
    assert (refused.code, refused.field, refused.value) == (expected, "nuts3", code)


def test_any_district_is_accepted_without_permitted_regions() -> None:
    assert check_region("DE212") == "DE212"


@pytest.mark.parametrize(
    ("version", "code", "expected", "division"),
    [
        ("2008", "25.62", "25.62", "C25"),
        ("2008", "2562", "25.62", "C25"),
        ("2008", "25.62.0", "25.62.0", "C25"),
        ("2008", "25620", "25.62.0", "C25"),
        ("2008", " c25.62 ", "25.62", "C25"),
        ("2008", "C 30.11", "30.11", "C30"),
        ("2008", "62.01", "62.01", "J62"),
        ("2025", "62.10", "62.10", "K62"),
        ("2025", "25.53", "25.53", "C25"),
        ("2008", "01.11", "01.11", "A01"),
    ],
)
def test_wz_codes_that_are_accepted(version: str, code: str, expected: str, division: str) -> None:
    assert check_wz(version, code) == expected
    assert section_and_division(version, code) == division


@pytest.mark.parametrize(
    ("version", "code", "expected", "field"),
    [
        ("2003", "25.62", "wz.unknown_version", "wz_version"),
        ("2008", "25", "wz.format", "wz_code"),
        ("2008", "25.6", "wz.format", "wz_code"),
        ("2008", "25.62.00", "wz.format", "wz_code"),
        ("2008", "Dreherei", "wz.format", "wz_code"),
        ("2008", "", "wz.format", "wz_code"),
        ("2008", "25.53", "wz.unknown_code", "wz_code"),
        ("2025", "62.01", "wz.unknown_code", "wz_code"),
        ("2008", "34.10", "wz.unknown_code", "wz_code"),
        ("2008", "25.60", "wz.unknown_code", "wz_code"),
    ],
)
def test_wz_codes_that_are_refused(version: str, code: str, expected: str, field: str) -> None:
    refused = refusal(check_wz, version, code)
    assert (refused.code, refused.field) == (expected, field)


@pytest.mark.parametrize(
    ("version", "code", "german", "english"),
    [
        ("2008", "C", "Verarbeitendes Gewerbe", "Manufacturing"),
        ("2025", "J", "Verlage, Rundfunk, Medieninhalte", "Publishing, broadcasting, content"),
        ("2008", "25", "Metallerzeugnisse", "Metal products"),
        ("2008", "C25", "Metallerzeugnisse", "Metal products"),
        ("2008", "25.62", "Mechanische Bearbeitung", "Machining"),
        ("2025", "25.62", "Schlösser und Beschläge", "Manufacture of locks and hinges"),
        ("2008", "25.62.0", "Mechanische Bearbeitung", "Machining"),
        ("2008", "62.01", "IT-Dienstleistungen", "Computer programming activities"),
        ("2025", "45", "45", "45"),
        ("2008", "", "", ""),
        ("2008", "99.98", "Internationale Organisationen", "International organisations"),
    ],
)
def test_wz_labels(version: str, code: str, german: str, english: str) -> None:
    assert (wz_label(version, code, "de"), wz_label(version, code, "en")) == (german, english)


def test_a_company_without_code_has_no_division() -> None:
    assert section_and_division("2008", "") == ""


@pytest.mark.parametrize(("version", "count", "sections"), [("2008", 615, 21), ("2025", 651, 22)])
def test_every_class_has_a_label_in_both_languages(version: str, count: int, sections: int) -> None:
    for lang in ("de", "en"):
        classes = wz_classes(version, lang)
        assert len(classes) == count
        assert not [code for code, label in classes if not label or label == code]
    letters = {section_and_division(version, code)[0] for code, _ in wz_classes(version)}
    assert len(letters) == sections
    assert not [letter for letter in letters if wz_label(version, letter) == letter]


@pytest.mark.parametrize("version", ["2008", "2025"])
def test_every_manufacturing_class_has_its_own_german_label(version: str) -> None:
    labels = [label for code, label in wz_classes(version, "de") if "10" <= code[:2] <= "33"]
    assert len(labels) == len(set(labels))


def test_legal_forms_name_their_register() -> None:
    forms = {form.form: form for form in legal_forms()}
    assert {form.register for form in legal_forms()} <= {*REGISTERS, ""}
    assert (forms["GmbH"].register, forms["GmbH & Co. KG"].register) == ("HRB", "HRA")
    assert forms["eG"].name == {"de": "Eingetragene Genossenschaft", "en": "Registered cooperative"}


@pytest.mark.parametrize(
    ("number", "court", "legal_form", "expected"),
    [
        ("HRB 1000", "Rostock", "GmbH", ("HRB 1000", "Rostock")),
        ("hrb1000", "Amtsgericht Rostock", "GmbH", ("HRB 1000", "Rostock")),
        ("HRA 77", "schwerin", "GmbH & Co. KG", ("HRA 77", "Schwerin")),
        ("HRB 12345 NB", "Neubrandenburg", "", ("HRB 12345 NB", "Neubrandenburg")),
        ("HRB 12 Stralsund", "", "AG", ("HRB 12", "Stralsund")),
        ("HRB 12, Amtsgericht Stralsund", "", "AG", ("HRB 12", "Stralsund")),
        ("GnR 8", "Rostock", "eG", ("GnR 8", "Rostock")),
        ("GsR 8", "Rostock", "eGbR", ("GsR 8", "Rostock")),
        ("HRB 5", "Berlin", "GmbH", ("HRB 5", "Berlin (Charlottenburg)")),
        ("HRB 5", "Rostock", "Phantasieform", ("HRB 5", "Rostock")),
        ("", "", "GmbH", ("", "")),
        ("  ", " ", "", ("", "")),
    ],
)
def test_register_entries_that_are_accepted(
    number: str, court: str, legal_form: str, expected: tuple[str, str]
) -> None:
    assert check_register(number, court, legal_form) == RegisterEntry(*expected)


@pytest.mark.parametrize(
    ("number", "court", "legal_form", "expected", "field"),
    [
        ("HRX 5", "Rostock", "", "register.number", "register_number"),
        ("HRB", "Rostock", "", "register.number", "register_number"),
        ("HRB 0", "Rostock", "", "register.number", "register_number"),
        ("HRB 1234567", "Rostock", "", "register.number", "register_number"),
        ("", "Rostock", "", "register.number", "register_number"),
        ("HRB 5", "", "", "register.court", "register_court"),
        ("HRB 5", "Güstrow", "", "register.court", "register_court"),
        ("HRA 5", "Rostock", "GmbH", "register.kind", "register_number"),
        ("HRB 5", "Rostock", "KG", "register.kind", "register_number"),
    ],
)
def test_register_entries_that_are_refused(
    number: str, court: str, legal_form: str, expected: str, field: str
) -> None:
    refused = refusal(check_register, number, court, legal_form)
    assert (refused.code, refused.field) == (expected, field)


def test_the_courts_of_mecklenburg_vorpommern_are_known() -> None:
    assert {"Rostock", "Schwerin", "Stralsund", "Neubrandenburg"} <= set(COURTS)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("DE136695976", "DE136695976"),
        ("de 136 695 976", "DE136695976"),
        ("136695976", "DE136695976"),
        ("DE-136.695.976", "DE136695976"),
        ("ATU13585627", "ATU13585627"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_vat_numbers_that_are_accepted(number: str, expected: str) -> None:
    assert check_vat(number) == expected


@pytest.mark.parametrize(
    "number",
    ["DE136695978", "DE13669597", "DE1366959766", "XX136695976", "079/123/12347", "Müller", "<script>"],
)
def test_vat_numbers_that_are_refused(number: str) -> None:
    refused = refusal(check_vat, number)
    assert (refused.code, refused.field, refused.value) == ("vat.invalid", "vat_id", number)
