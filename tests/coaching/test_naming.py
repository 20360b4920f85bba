"""Names typed at a visit."""

from __future__ import annotations

import pytest

from app.coaching.naming import Name, meant, typed_names
from app.companies.models import Contact
from app.errors import RuleBroken


def contact(first: str, last: str, salutation: str = "") -> Contact:
    return Contact(first_name=first, last_name=last, salutation=salutation)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("", []),
        (" , ;\n", []),
        ("Brandt", [Name("", "", "Brandt")]),
        ("Frau Carla Brandt", [Name("ms", "Carla", "Brandt")]),
        ("Herr Voss; Jan-Ole von der Heide", [Name("mr", "", "Voss"), Name("", "Jan-Ole von der", "Heide")]),
        ("Frau", [Name("", "", "Frau")]),
        ("Mr Henning Voss, henning voss", [Name("mr", "Henning", "Voss")]),
    ],
)
def test_names_are_read(typed: str, names: list[Name]) -> None:
    assert typed_names(typed) == names


def test_an_endless_name_is_refused() -> None:
    with pytest.raises(RuleBroken) as refused:
        typed_names("x" * 61)
    assert (refused.value.field, refused.value.limit) == ("new_people", 60)


def test_who_is_meant() -> None:
    carla, karl, voss = (
        contact("Carla", "Brandt", "ms"),
        contact("Karl", "Brandt", "mr"),
        contact("H.", "Voß"),
    )
    people = [carla, karl, voss]
    assert meant(Name("", "carla", "BRANDT"), people) is carla
    assert meant(Name("ms", "", "Brandt"), people) is carla
    assert meant(Name("", "", "Voss"), people) is voss
    assert meant(Name("", "Petra", "Brandt"), people) is None
    assert meant(Name("", "", "Neu"), people) is None


def test_an_ambiguous_name_asks() -> None:
    people = [contact("Carla", "Brandt"), contact("Karl", "Brandt")]
    with pytest.raises(RuleBroken) as refused:
        meant(Name("", "", "Brandt"), people)
    assert refused.value.value == "Brandt"
