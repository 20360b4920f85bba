"""Names typed at a visit: who is meant, somebody the company already has or a new person."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from app.companies.models import Contact
from app.companies.names import folded
from app.errors import RuleBroken

_SALUTATIONS = {"frau": "ms", "fr.": "ms", "ms": "ms", "ms.": "ms", "mrs": "ms", "mrs.": "ms"}
_SALUTATIONS |= {"herr": "mr", "herrn": "mr", "hr.": "mr", "mr": "mr", "mr.": "mr"}
_BETWEEN = re.compile(r"[,;\n]")
LONGEST = 60


@dataclass(frozen=True)
class Name:
    """A person's name as it was typed."""

    salutation: str
    first: str
    last: str

    @property
    def whole(self) -> str:
        """First and last name."""
        return f"{self.first} {self.last}".strip()


def typed_names(text: str) -> list[Name]:
    """The people in "Frau Brandt, Henning Voss": the last word is the last name, doubles count once."""
    found: dict[str, Name] = {}
    for part in _BETWEEN.split(text):
        words = part.split()
        salutation = _SALUTATIONS.get(words[0].casefold(), "") if len(words) > 1 else ""
        words = words[1:] if salutation else words
        if not words:
            continue
        name = Name(salutation, " ".join(words[:-1]), words[-1])
        if max(len(name.first), len(name.last)) > LONGEST:
            raise RuleBroken(
                "person.name_too_long",
                _l("“%(name)s…” is too long for a name.", name=name.whole[:40]),
                field="new_people",
                value=name.whole,
                limit=LONGEST,
                way_out=_l("Separate several people by commas."),
            )
        found.setdefault(folded(name.whole), name)
    return list(found.values())


def meant(name: Name, contacts: Iterable[Contact]) -> Contact | None:
    """The contact that a typed name means; none when the person is new.

    The last name alone is enough where only one person has it.
    """
    people = list(contacts)
    same = [c for c in people if folded(c.name) == folded(name.whole)]
    if not same and not name.first:
        same = [c for c in people if folded(c.last_name) == folded(name.last)]
        if len(same) > 1 and name.salutation:
            same = [c for c in same if c.salutation == name.salutation] or same
    if len(same) > 1:
        raise RuleBroken(
            "person.ambiguous",
            _l("There are several people called %(name)s here.", name=name.whole),
            field="new_people",
            value=name.whole,
            way_out=_l("Tick the right one, or add the first name."),
        )
    return same[0] if same else None


def sorted_people(contacts: Iterable[Contact]) -> Sequence[Contact]:
    """Main contact first, then by last name."""
    return sorted(contacts, key=lambda c: (not c.main, folded(c.last_name), folded(c.first_name), str(c.id)))
