"""Scores from ratings: effective levels, the field score with its weakest dimensions, gaps and change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction

LOWEST_LEVEL, HIGHEST_LEVEL = 0, 5
CLAIMED_CAP = 2  # a level that is only told counts up to here (maturity model, rules)
RATED_FOR_A_SCORE = 3  # a field with fewer rated dimensions shows no score


class Strength(StrEnum):
    """How well a level is supported by evidence, weakest first."""

    CLAIMED = "claimed"
    SEEN = "seen"
    DOCUMENTED = "documented"
    MEASURED = "measured"
    TAKEN_OVER = "taken_over"  # came with imported data, nothing known about its evidence


CHOOSABLE_STRENGTHS = (Strength.CLAIMED, Strength.SEEN, Strength.DOCUMENTED, Strength.MEASURED)


@dataclass(frozen=True)
class Rating:
    """What one party says about one dimension; no level and applicable means not rated yet."""

    dimension: str
    level: int | None = None
    strength: Strength | None = None
    not_applicable: bool = False

    @property
    def effective(self) -> int | None:
        """The level that counts, or none when not rated or not applicable."""
        if self.not_applicable or self.level is None:
            return None
        return effective_level(self.level, self.strength)


@dataclass(frozen=True)
class FieldScore:
    """A field's mean on the scale 0–5 (none below three rated dimensions), never without its weakest."""

    mean: Decimal | None
    weakest: tuple[str, ...]
    lowest_level: int | None
    rated: int
    applicable: int

    @property
    def missing_for_a_score(self) -> int:
        """How many more dimensions must be rated before there is a score."""
        return max(0, RATED_FOR_A_SCORE - self.rated)


@dataclass(frozen=True)
class FieldChange:
    """Start and now of one field on the dimensions rated both times.

    The difference is taken between the exact means and rounded once: 1.33 → 2.17 is +0.8.
    """

    start: Decimal | None
    now: Decimal | None
    difference: Decimal | None
    dimensions: tuple[str, ...]


def effective_level(level: int, strength: Strength | None) -> int:
    """The level that counts: a claim without evidence counts up to 2; the chosen level is kept beside it.

    No strength given yet is read as the weakest. Taken-over levels are not capped.
    """
    return min(level, CLAIMED_CAP) if strength in (None, Strength.CLAIMED) else level


def is_capped(level: int, strength: Strength | None) -> bool:
    """Whether the evidence holds the chosen level down."""
    return effective_level(level, strength) < level


def effective_levels(ratings: Iterable[Rating]) -> dict[str, int | None]:
    """Effective level per dimension; none where not rated or not applicable."""
    return {rating.dimension: rating.effective for rating in ratings}


def field_score(ratings: Iterable[Rating]) -> FieldScore:
    """Mean of the effective levels of one field's applicable rated dimensions, one decimal, half up.

    Pass a rating for every dimension of the field. There is no total over fields: they measure
    different things. Weakest dimensions come in the order given.
    """
    applicable = [rating for rating in ratings if not rating.not_applicable]
    levels = {rating.dimension: rating.effective for rating in applicable if rating.effective is not None}
    lowest = min(levels.values(), default=None)
    return FieldScore(
        mean=mean_level(levels.values()),
        weakest=tuple(dimension for dimension, level in levels.items() if level == lowest),
        lowest_level=lowest,
        rated=len(levels),
        applicable=len(applicable),
    )


def gaps(levels: Mapping[str, int | None], targets: Mapping[str, int]) -> dict[str, int]:
    """Levels missing to the target, only where there is a level, a target and something missing."""
    return {
        dimension: targets[dimension] - level
        for dimension, level in levels.items()
        if level is not None and targets.get(dimension, level) > level
    }


def level_changes(before: Mapping[str, int | None], after: Mapping[str, int | None]) -> dict[str, int]:
    """Change per dimension, only where rated and applicable in both assessments of the same model."""
    changes: dict[str, int] = {}
    for dimension, then in before.items():
        now = after.get(dimension)
        if then is not None and now is not None:
            changes[dimension] = now - then
    return changes


def field_change(before: Iterable[Rating], after: Iterable[Rating]) -> FieldChange:
    """A field's means at start and now over the dimensions that were rated both times."""
    then, now = effective_levels(before), effective_levels(after)
    changes = level_changes(then, now)
    return FieldChange(
        start=mean_level(level for key in changes if (level := then[key]) is not None),
        now=mean_level(level for key in changes if (level := now[key]) is not None),
        difference=mean_level(changes.values()),
        dimensions=tuple(changes),
    )


def mean_level(values: Iterable[int]) -> Decimal | None:
    """One decimal, half away from zero; none for fewer values than a score needs."""
    numbers = list(values)
    return mean_of(sum(numbers), len(numbers))


def mean_of(total: int, rated: int) -> Decimal | None:
    """The same for a sum and a count that a query made."""
    if rated < RATED_FOR_A_SCORE:
        return None
    exact = Fraction(total, rated)
    tenths = (Decimal(exact.numerator * 10) / exact.denominator).quantize(Decimal(1), ROUND_HALF_UP)
    return tenths.scaleb(-1)
