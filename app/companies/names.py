"""Company names: one folded form for searching and sorting, and which names probably mean the same firm."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from rapidfuzz import fuzz

K = TypeVar("K", bound=Hashable)

SAME_NAME = 88.0
"""Score from which two names are shown as similar. One wrong, missing or swapped letter in a usual name of
two words scores 91–97; different firms of one trade or town (Stahlbau Schwerin/Stahlbau Stralsund 67,
Holzwerk Wismar/Holzwerk Warin 83, short Möller/Müller 86) stay below. It only ever gives a hint."""

CONTAINED = 90.0  # all words of the shorter name occur in the longer one ("Warnow Präzisionsteile Rostock")
CONTAINED_LETTERS = 9  # a shorter name says too little: "Hanse" is in many names
TYPED_LETTERS = 3  # from here on a beginning is worth showing while someone types
SHOWN = 5  # more hints than this are not read

_TRANSLITERATED = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "æ": "ae",
        "ø": "oe",
        "œ": "oe",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "&": " und ",
        "+": " und ",
    }
)
# Written together inside a word: O'Brien, e.K., S.A.
_JOINED = re.compile(r"['’`´.]")
_SEPARATING = re.compile(r"[\W_]+")

# Longest first, as they stand in folded names
_LEGAL_FORMS = (
    "gesellschaft mit beschraenkter haftung",
    "unternehmergesellschaft haftungsbeschraenkt",
    "eingetragene genossenschaft",
    "eingetragener kaufmann",
    "eingetragene kauffrau",
    "offene handelsgesellschaft",
    "kommanditgesellschaft",
    "ug haftungsbeschraenkt",
    "aktiengesellschaft",
    "partgmbb",
    "einzelunternehmen",
    "mbh",
    "ggmbh",
    "gmbh",
    "kgaa",
    "partg",
    "gbr",
    "ohg",
    "aoer",
    "ag",
    "kg",
    "se",
    "ug",
    r"e ?g",
    r"e ?k",
    r"e ?v",
)
_ENDING = re.compile(r"(?:\s+(?:und\s+)?(?:co\s+)?(?:" + "|".join(_LEGAL_FORMS) + r"))+$")
_UMLAUTS_SPELT_OUT = re.compile(r"(?<=[aou])e")


@dataclass(frozen=True)
class Similar(Generic[K]):
    """An existing name that probably means the same firm; score from 0 to 100 (equal)."""

    key: K
    name: str
    score: float


def folded(name: str) -> str:
    """The name in lower-case letters and digits, umlauts spelt out, accents and punctuation removed."""
    lowered = unicodedata.normalize("NFKC", name).casefold().translate(_TRANSLITERATED)
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(letter)
    )
    return _SEPARATING.sub(" ", _JOINED.sub("", plain)).strip()


def without_legal_form(name: str) -> str:
    """The folded name without legal forms at its end; a name that is nothing else stays."""
    whole = folded(name)
    return _ENDING.sub("", whole) or whole


def similarity(one: str, other: str) -> float:
    """How likely two names mean the same firm, 0–100: typing errors, word order, umlauts, legal form."""
    return _score(without_legal_form(one), without_legal_form(other))


def similar(name: str, candidates: Iterable[tuple[K, str]], *, typing: bool = False) -> list[Similar[K]]:
    """The candidates (key, name) that probably mean this firm, most similar first, at most five.

    While someone is `typing`, names that begin with the typed letters count as well.
    """
    wanted, beginning = without_legal_form(name), folded(name)
    if not wanted:
        return []
    found = []
    for key, candidate in candidates:
        existing = without_legal_form(candidate)
        score = _score(wanted, existing)
        if typing and len(beginning) >= TYPED_LETTERS and folded(candidate).startswith(beginning):
            score = max(score, CONTAINED)
        if score >= SAME_NAME:
            found.append(Similar(key, candidate, score))
    return sorted(found, key=lambda match: (-match.score, folded(match.name), str(match.key)))[:SHOWN]


def _score(one: str, other: str) -> float:
    if one == other:
        return 100.0
    if _numbers(one) != _numbers(other):
        return 0.0  # "Werk 2" and "Werk 3" are different on purpose
    scores = [_words_score(one, other), _words_score(_umlauts_bare(one), _umlauts_bare(other))]
    shorter, longer = sorted((set(one.split()), set(other.split())), key=len)
    if shorter < longer and len("".join(shorter)) >= CONTAINED_LETTERS and len(shorter) > 1:
        scores.append(CONTAINED)
    return max(scores)


def _words_score(one: str, other: str) -> float:
    together = fuzz.ratio(one.replace(" ", ""), other.replace(" ", ""))
    return max(together, fuzz.token_sort_ratio(one, other))


def _umlauts_bare(name: str) -> str:
    """Mueller as Muller: some write the umlaut without its dots."""
    return _UMLAUTS_SPELT_OUT.sub("", name)


def _numbers(name: str) -> set[str]:
    return {word for word in name.split() if word.isdigit()}
