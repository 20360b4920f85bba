"""Folding company names and recognising the same firm behind different spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.companies.names import SAME_NAME, SHOWN, folded, similar, similarity, without_legal_form


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Müller Feinwerk GmbH", "mueller feinwerk gmbh"),
        ("  Größe & Söhne  ", "groesse und soehne"),
        ("GRÖSSE UND SÖHNE", "groesse und soehne"),
        ("O'Brien’s Café", "obriens cafe"),
        ("Żółw-Metall", "zolw metall"),
        ("Ærø Tømrer", "aeroe toemrer"),
        ("Schmidt + Partner", "schmidt und partner"),
        ("Stralsunder Fisch e. K.", "stralsunder fisch e k"),
        ("A.B.C. Technik", "abc technik"),
        ("Ｗａｒｎｏｗ", "warnow"),
        ("Mu\u0308ller", "mueller"),
        ("=cmd|' /C calc'!A0", "cmd c calc a0"),
        ("–", ""),
        ("", ""),
    ],
)
def test_folded_names(name: str, expected: str) -> None:
    assert folded(name) == expected


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_more(name: str) -> None:
    assert folded(folded(name)) == folded(name)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Warnow Präzisionsteile GmbH", "warnow praezisionsteile"),
        ("Warnow Präzisionsteile GmbH & Co. KG", "warnow praezisionsteile"),
        ("Nord SE & Co. KGaA", "nord"),
        ("Backhaus UG (haftungsbeschränkt)", "backhaus"),
        ("Backhaus UG (haftungsbeschränkt) & Co. KG", "backhaus"),
        ("Räucherei Peters e. K.", "raeucherei peters"),
        ("Räucherei Peters e.K.", "raeucherei peters"),
        ("Landmolkerei eG", "landmolkerei"),
        ("Zweckverband AöR", "zweckverband"),
        ("Weser AG", "weser"),
        ("Vertrag und Handwerk", "vertrag und handwerk"),
        ("GmbH", "gmbh"),
    ],
)
def test_names_without_legal_form(name: str, expected: str) -> None:
    assert without_legal_form(name) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller Metallbau GmbH", "Mueller Metallbau"),
        ("Müller Metallbau GmbH", "Muller Metallbau GmbH"),
        ("Müller", "Muller"),
        ("Mueller", "Muller"),
        ("Warnow Präzisionsteile GmbH", "Warnow Praezisionsteile"),
        ("Warnow Präzisionsteile GmbH", "Warnow Präzisonsteile GmbH"),
        ("Warnow Präzisionsteile GmbH", "Präzisionsteile Warnow"),
        ("Warnow Präzisionsteile GmbH", "Warnow Präzisionsteile Rostock GmbH"),
        ("Schiffbau Nord", "Schiffsbau Nord"),
        ("Ostsee-Schaltanlagen", "Ostsee Schaltanlagen"),
        ("Ostsee Schaltanlagen", "OstseeSchaltanlagen"),
        ("Größe & Söhne", "Groesse und Soehne AG"),
        ("Meyer Bootsbau", "Meier Bootsbau"),
    ],
)
def test_the_same_firm_written_differently_is_similar(one: str, other: str) -> None:
    assert similarity(one, other) >= SAME_NAME
    assert similarity(one, other) == similarity(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Stahlbau Schwerin GmbH", "Stahlbau Stralsund GmbH"),
        ("Holzwerk Wismar GmbH", "Holzwerk Warin GmbH"),
        ("Warnow Metallbau GmbH", "Warnow Maschinenbau GmbH"),
        ("Müller", "Möller"),
        ("Kunststoff Nord", "Kunststoff Süd"),
        ("Backhaus Parchim", "Backhaus Pasewalk"),
        ("O'Brien 1 GmbH", "O'Brien 17 GmbH"),
        ("Werk 2 Rostock", "Werk 3 Rostock"),
        ("Hanse", "Hanse Hebetechnik"),
        ("GmbH", "AG"),
    ],
)
def test_different_firms_are_not_similar(one: str, other: str) -> None:
    assert similarity(one, other) < SAME_NAME


def test_similar_names_come_with_the_closest_first() -> None:
    firms = [(1, "Warnow Metallbau GmbH"), (2, "Warnow Präzisonsteile"), (3, "Warnow Präzisionsteile GmbH")]
    found = similar("Warnow Praezisionsteile", firms)
    assert [(match.key, match.name) for match in found] == [
        (3, "Warnow Präzisionsteile GmbH"),
        (2, "Warnow Präzisonsteile"),
    ]
    assert found[0].score == 100.0


def test_a_typed_beginning_finds_names_only_while_typing() -> None:
    firms = [(1, "Warnow Präzisionsteile GmbH"), (2, "Peene Werft")]
    assert [match.key for match in similar("Warn", firms, typing=True)] == [1]
    assert similar("Warn", firms) == []
    assert similar("Wa", firms, typing=True) == []


def test_at_most_five_names_are_shown() -> None:
    firms = [(number, "Hanse Hebetechnik") for number in range(SHOWN + 4)]
    assert [match.key for match in similar("Hanse Hebetechnik", firms)] == [0, 1, 2, 3, 4]


def test_nothing_is_similar_to_no_name() -> None:
    assert similar("–", [(1, "–"), (2, "Warnow")], typing=True) == []
