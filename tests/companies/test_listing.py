"""The company list's state: every combination survives the way into the address and back."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.companies.listing import Listing, Order, View, read_cursor, write_cursor
from app.companies.models import CompanyStatus

KEY = uuid.UUID("01999999-0000-7000-8000-000000000001")
words = st.text(max_size=20).map(lambda text: " ".join(text.split()))
listings = st.builds(
    Listing,
    view=st.sampled_from(View),
    q=words,
    status=st.sampled_from(["", *(s.value for s in CompanyStatus)]),
    coach=st.sampled_from(["", str(KEY)]),
    region=st.sampled_from(["", "DE", "DE80", "DE80O"]),
    division=st.sampled_from(["", "25"]),
    tag=words,
    order=st.sampled_from(Order),
    descending=st.booleans(),
)


@given(listings)
def test_every_state_survives_the_address(listing: Listing) -> None:
    assert Listing.read(listing.params()) == listing


@given(
    st.dictionaries(st.sampled_from(["view", "sort", "status", "coach", "region", "q", "after"]), st.text())
)
def test_any_address_reads_as_some_state(address: dict[str, str]) -> None:
    listing = Listing.read(address)
    assert Listing.read(listing.params()) == listing


def test_the_usual_state_has_a_bare_address() -> None:
    assert Listing().params() == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("view", "secret"),
        ("sort", "password"),
        ("status", "rich"),
        ("coach", "1"),
        ("region", "FR1"),
        ("division", "2a"),
    ],
)
def test_unknown_values_count_as_not_given(name: str, value: str) -> None:
    assert Listing.read({name: value}) == Listing()


def test_a_filter_leads_back_to_the_first_page() -> None:
    assert Listing(after="x", q="a").but(status="active").params() == {"q": "a", "status": "active"}


def test_the_same_column_again_turns_the_order_round() -> None:
    by_city = Listing().sorted_by(Order.CITY)
    assert (by_city.order, by_city.descending) == (Order.CITY, False)
    assert by_city.sorted_by(Order.CITY).params() == {"sort": "-city"}


def test_visits_begin_with_the_latest_but_silence_with_the_longest() -> None:
    assert Listing().sorted_by(Order.VISIT).descending
    assert not Listing.read({"view": "quiet"}).descending
    assert Listing.read({"view": "quiet"}).order is Order.VISIT


def test_a_row_finds_its_place_again() -> None:
    assert read_cursor(write_cursor(["Wismar", "müritz & söhne"], KEY)) == (["Wismar", "müritz & söhne"], KEY)


@pytest.mark.parametrize("broken", ["", "x", "!!!!", "W10", "eyJhIjoxfQ", "WzEsMl0", "WyJ4Il0", "é"])
def test_a_broken_place_means_the_first_page(broken: str) -> None:
    assert read_cursor(broken) is None
