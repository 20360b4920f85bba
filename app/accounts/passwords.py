"""Passphrases: hashing, and refusing those that others guess (offline)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask_babel import lazy_gettext as _l
from zxcvbn import zxcvbn

from app.errors import RuleBroken

SHORTEST, LONGEST = 15, 256
# Powers of ten of guesses an offline attacker needs; below 10^10 a passphrase is common or built from such.
FEWEST_GUESSES_LOG10 = 10.0
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP Password Storage
_nobody = _hasher.hash("nobody has this passphrase")


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
            _l("The passphrase has %(n)s characters; at least %(limit)s are needed.", n=length, limit=SHORTEST),
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
    words = [w for w in context if len(w) >= 3]
    strength = zxcvbn(passphrase[:72], user_inputs=[*words, "wandelwerk", "transformationszentrum", "coaching"])
    if float(strength["guesses_log10"]) < FEWEST_GUESSES_LOG10:
        raise RuleBroken(
            "passphrase.common",
            _l("This passphrase is among the first that attackers try."),
            field="passphrase",
            way_out=_l("Take four or five unrelated words."),
        )


def hashed(passphrase: str) -> str:
    """The argon2id hash to keep."""
    return _hasher.hash(_normal(passphrase))


def verified(stored: str | None, passphrase: str) -> bool:
    """Whether the passphrase is right; takes the same time when there is no account."""
    too_long = len(_normal(passphrase)) > LONGEST
    try:
        _hasher.verify(_nobody if too_long or stored is None else stored, _normal(passphrase)[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None and not too_long


def needs_rehash(stored: str) -> bool:
    """Whether the hash was made with older parameters."""
    return _hasher.check_needs_rehash(stored)
