"""The pure rules of a company's record: merging lists, tags, web addresses, postcodes, years."""

from __future__ import annotations

import datetime as dt

import pytest

from app.companies.keeping import check_postcode, check_website, check_year, merged, read_tags
from app.errors import RuleBroken

TODAY = dt.date(2026, 3, 2)


@pytest.mark.parametrize(
    ("before", "mine", "now", "result"),
    [
        ("ab", "abc", "ab", "abc"),  # I added c
        ("ab", "a", "ab", "a"),  # I removed b
        ("ab", "abc", "abd", "abdc"),  # both added
        ("ab", "a", "abd", "ad"),  # I removed b, they added d
        ("ab", "ab", "a", "a"),  # they removed b
        ("ab", "abc", "abc", "abc"),  # both added the same
    ],
)
def test_lists_that_two_people_change_keep_both_changes(
    before: str, mine: str, now: str, result: str
) -> None:
    assert merged(before, mine, now) == list(result)


def test_tags_are_words_between_commas_each_once() -> None:
    assert read_tags(" Zulieferer ,  Holz  und Möbel,zulieferer;;\nIHK,") == [
        "Zulieferer",
        "Holz und Möbel",
        "IHK",
    ]


def test_too_many_tags_name_the_limit() -> None:
    with pytest.raises(RuleBroken) as refused:
        read_tags(",".join(f"t{n}" for n in range(21)))
    assert (refused.value.code, refused.value.value, refused.value.limit) == ("company.tags", 21, 20)


def test_a_tag_that_is_too_long_is_refused() -> None:
    assert read_tags("x" * 60) == ["x" * 60]
    with pytest.raises(RuleBroken) as refused:
        read_tags("x" * 61)
    assert refused.value.code == "company.tag_length"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("warnow.example", "https://warnow.example"),
        ("http://warnow.example/a?b=c", "http://warnow.example/a?b=c"),
        ("https://müritz.example:8443", "https://müritz.example:8443"),
    ],
)
def test_web_addresses_are_taken_with_or_without_https(typed: str, kept: str) -> None:
    assert check_website(typed) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://warnow.example",
        "mailto:a@b.de",
        "warnow",
        "https://",
        "https://a@evil.example",
        "https://[::1",
        'https://a.example/"><script>',
        "https://a b.example",
    ],
)
def test_other_addresses_are_refused(typed: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_website(typed)
    assert (refused.value.code, refused.value.value) == ("website.address", typed)


@pytest.mark.parametrize(
    ("typed", "kept"), [("18055", "18055"), ("D-18 055", "18055"), ("", ""), ("01067", "01067")]
)
def test_postcodes_have_five_digits(typed: str, kept: str) -> None:
    assert check_postcode(typed) == kept


@pytest.mark.parametrize("typed", ["1805", "180555", "1805a", "A-1010", "١٨٠٥٥٥"])
def test_other_postcodes_are_refused(typed: str) -> None:
    with pytest.raises(RuleBroken):
        check_postcode(typed)


def test_a_year_is_refused_when_it_has_not_begun_or_is_taken() -> None:
    check_year(2026, TODAY, [2025])
    for year, taken, code in (
        (2027, [], "year.range"),
        (1989, [], "year.range"),
        (2025, [2025], "year.taken"),
    ):
        with pytest.raises(RuleBroken) as refused:
            check_year(year, TODAY, taken)
        assert refused.value.code == code
