"""Passphrases: length, guessability offline, exact comparison."""

from __future__ import annotations

import unicodedata

import pytest
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.accounts.passwords import LONGEST, SHORTEST, check_passphrase, hashed, needs_rehash, verified
from app.errors import RuleBroken

COMMON: list[str] = FREQUENCY_LISTS["passwords"]
ANKE = (
    "anke.krueger@tz-kueste.example.org",
    "Anke",
    "Krüger",
    "Transformationszentrum Musterküste",
    "TZM",
    "Rostock",
)


def code_of(passphrase: str, context: tuple[str, ...] = ()) -> str | None:
    try:
        check_passphrase(passphrase, context)
    except RuleBroken as rule:
        return rule.code
    return None


def test_the_3000_most_common_passwords_are_refused() -> None:
    assert [p for p in COMMON[:3000] if code_of(p) is None] == []


def test_common_passwords_stretched_to_the_length_are_refused() -> None:
    doubled = [p * -(-SHORTEST // len(p)) for p in COMMON[:1500]]
    counted = [(p + "123456789012345")[: max(SHORTEST, len(p))] for p in COMMON[1500:3000]]
    assert [p for p in (*doubled, *counted) if code_of(p) is None] == []


def test_all_common_passwords_of_the_length_are_refused() -> None:
    long_ones = [p for p in COMMON if len(p) >= SHORTEST]
    assert len(long_ones) == 31
    assert [p for p in long_ones if code_of(p) is None] == []


@pytest.mark.parametrize(
    ("passphrase", "code"),
    [
        ("vier Möwen im R", None),  # 15 characters
        ("vier Möwen im ", "passphrase.short"),  # 14
        ("vier Möwen tanzen im Regen " * 2 + "gdzkqhrw#m", None),  # 64
        (("vier Möwen tanzen im Regen über Zingst " * 7)[:LONGEST], None),
        (("vier Möwen tanzen im Regen über Zingst " * 7)[: LONGEST + 1], "passphrase.long"),
        ("🦄 möwe kaffee 🚲 regal 🎈", None),
        ("😀" * 15, "passphrase.common"),
        ("aaaaaaaaaaaaaaaaaaaa", "passphrase.common"),
        ("123456789012345678", "passphrase.common"),
        ("qwertzuiopasdfghjkl", "passphrase.common"),
        ("correct horse battery staple", "passphrase.common"),
    ],
)
def test_length_and_guessability(passphrase: str, code: str | None) -> None:
    assert code_of(passphrase) == code


@pytest.mark.parametrize(
    "passphrase",
    [
        "Anke Krüger Rostock",
        "anke.krueger@tz-kueste.example.org",
        "KRÜGER-krüger-ANKE-2026",
        "Transformationszentrum Musterküste",
        "wandelwerk coaching wandelwerk",
        unicodedata.normalize("NFD", "Anke Krüger Rostock 1"),
    ],
)
def test_ones_own_words_are_refused(passphrase: str) -> None:
    assert code_of(passphrase, ANKE) == "passphrase.own_words"


def test_the_refusal_says_limit_and_way_out() -> None:
    with pytest.raises(RuleBroken) as refusal:
        check_passphrase("zu kurz", ())
    assert (refusal.value.field, refusal.value.value, refusal.value.limit) == ("passphrase", 7, 15)
    assert refusal.value.way_out


def test_hashes_are_argon2id_with_the_agreed_parameters() -> None:
    stored = hashed("vier Möwen tanzen im Regen")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not needs_rehash(stored)
    assert needs_rehash(stored.replace("t=2", "t=1"))


def test_every_character_counts() -> None:
    long = ("vier Möwen tanzen im Regen über Zingst " * 7)[:LONGEST]
    stored = hashed(long)
    assert verified(stored, long)
    assert not verified(stored, long[:199] + "#" + long[200:])
    assert not verified(stored, long + "x")
    assert not verified(stored, long[:-1])
    assert not verified(stored, long.upper())


def test_unicode_forms_are_the_same_passphrase() -> None:
    stored = hashed(unicodedata.normalize("NFC", "vier Möwen tanzen im Regen"))
    assert verified(stored, unicodedata.normalize("NFD", "vier Möwen tanzen im Regen"))


def test_no_account_no_hash_and_a_broken_hash_are_wrong() -> None:
    assert not verified(None, "vier Möwen tanzen im Regen")
    assert not verified(None, "nobody has this passphrase")
    assert not verified("broken", "vier Möwen tanzen im Regen")
