"""What tries are counted by."""

from __future__ import annotations

import pytest

from app.accounts.throttling import keys_of, network_of


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::ffff", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("nonsense", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_one_subscriber_is_one_network(address: str | None, network: str) -> None:
    assert network_of(address) == network


def test_the_narrowest_key_comes_first() -> None:
    assert list(keys_of("sign_in", "a@b.de", "203.0.113.7").values()) == [5, 30, 50]


def test_an_account_is_the_same_however_it_is_written() -> None:
    assert keys_of("x", " A@B.de ", "203.0.113.7") == keys_of("x", "a@b.de", "203.0.113.7")
    assert keys_of("x", "a@b.de", "203.0.113.7") != keys_of("y", "a@b.de", "203.0.113.7")


def test_no_address_stands_in_the_keys() -> None:
    keys = keys_of("sign_in", "anke.krueger@example.org", "2001:db8:1:2:3:4:5:6")
    assert not any("anke" in key for key in keys)
    assert max(len(key) for key in keys) <= 120
