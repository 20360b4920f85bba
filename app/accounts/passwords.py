"""Passphrases: hashing, and refusing those that others guess (offline)."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l
from zxcvbn import zxcvbn

from app.accounts.models import Centre, User
from app.errors import RuleBroken

SHORTEST, LONGEST = 15, 256
# Powers of ten of guesses an offline attacker needs; below 10^10 a passphrase is common or built from such.
FEWEST_GUESSES_LOG10 = 10.0
# Letters and digits that must remain when the person's own words are taken out.
FEWEST_OWN = 8
KNOWN_WORDS = ("wandelwerk", "transformationszentrum", "coaching")
FAMOUS = ("correct horse battery staple", "correcthorsebatterystaple")
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP Password Storage
_nobody = _hasher.hash("nobody has this passphrase")
_at_once = threading.BoundedSemaphore(4)  # 19 MiB each: many sign-ins at once must not exhaust the memory


def _normal(passphrase: str) -> str:
    return unicodedata.normalize("NFC", passphrase)


def check_passphrase(passphrase: str, context: Iterable[str]) -> None:
    """Refuse a passphrase that is too short, too long, common, or made of the person's own words.

    Length per NIST SP 800-63B-4 where the passphrase is the only factor; no rules on its composition.
    """
    length = len(_normal(passphrase))
    if length < SHORTEST:
        raise RuleBroken(
            "passphrase.short",
            _l(
                "The passphrase has %(n)s characters; at least %(limit)s are needed.",
                n=length,
                limit=SHORTEST,
            ),
            field="passphrase",
            value=length,
            limit=SHORTEST,
            way_out=_l("Four or five unrelated words are easy to remember."),
        )
    if length > LONGEST:
        raise RuleBroken(
            "passphrase.long",
            _l("The passphrase has more than %(limit)s characters.", limit=LONGEST),
            field="passphrase",
            value=length,
            limit=LONGEST,
        )
    words = sorted({w for text in context for w in (text, *re.split(r"\W+", text)) if len(w) >= 3}, key=len)
    if _is_made_of(passphrase, [*words, *KNOWN_WORDS]):
        raise RuleBroken(
            "passphrase.own_words",
            _l("This passphrase is made of your name, your address or the centre's name."),
            field="passphrase",
            way_out=_l("Take four or five unrelated words."),
        )
    strength = zxcvbn(passphrase[:72], user_inputs=[*words, *KNOWN_WORDS, *FAMOUS])
    if float(strength["guesses_log10"]) < FEWEST_GUESSES_LOG10:
        raise RuleBroken(
            "passphrase.common",
            _l("This passphrase is among the first that attackers try."),
            field="passphrase",
            way_out=_l("Take four or five unrelated words."),
        )


def _is_made_of(passphrase: str, words: Iterable[str]) -> bool:
    rest = _normal(passphrase).casefold()
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(_normal(word).casefold(), " ")
    return sum(c.isalnum() for c in rest) < FEWEST_OWN and any(c.isalnum() for c in passphrase)


def set_passphrase(account: User, passphrase: str, centre: Centre) -> None:
    """Keep a passphrase that is not guessable from what is known of the person and the centre."""
    known = (
        account.email,
        account.first_name,
        account.last_name,
        centre.name,
        centre.short_name,
        centre.city,
    )
    check_passphrase(passphrase, known)
    account.password_hash = hashed(passphrase)


def hashed(passphrase: str) -> str:
    """The argon2id hash to keep."""
    with _at_once:
        return _hasher.hash(_normal(passphrase))


def verified(stored: str | None, passphrase: str) -> bool:
    """Whether the passphrase is right; takes the same time when there is no account."""
    too_long = len(_normal(passphrase)) > LONGEST
    try:
        with _at_once:
            _hasher.verify(_nobody if too_long or stored is None else stored, _normal(passphrase)[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None and not too_long


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with older parameters."""
    return _hasher.check_needs_rehash(stored)
