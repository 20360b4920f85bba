"""What an assessment says: per field its score and per dimension level, start, target and criterion."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.db import Bilingual
from app.fields import Field
from app.maturity.models import Answer, Assessment, Dimension
from app.maturity.scoring import (
    FieldChange,
    FieldScore,
    Rating,
    Strength,
    field_change,
    field_score,
    is_capped,
)


@dataclass(frozen=True)
class DimensionResult:
    """One dimension as rated now, at the start (where there was an earlier assessment), and its target."""

    dimension: Dimension
    rating: Rating
    answer: Answer | None
    start: Rating | None = None
    target: int | None = None

    @property
    def effective(self) -> int | None:
        """The level that counts."""
        return self.rating.effective

    @property
    def capped(self) -> bool:
        """Whether missing evidence holds the chosen level down."""
        return self.rating.level is not None and is_capped(self.rating.level, self.rating.strength)

    @property
    def strength(self) -> Strength | None:
        """How well the level is supported."""
        return self.rating.strength

    @property
    def criterion(self) -> Bilingual | None:
        """The text of the level that counts: what applies today."""
        return None if self.effective is None else self.dimension.levels[self.effective]

    @property
    def gap(self) -> int:
        """Levels missing to the target."""
        if self.target is None or self.effective is None:
            return 0
        return max(0, self.target - self.effective)


@dataclass(frozen=True)
class FieldResult:
    """One field: its score and dimensions; the change where there was an earlier assessment."""

    field: Field
    rows: tuple[DimensionResult, ...]
    score: FieldScore
    change: FieldChange | None

    @property
    def weakest(self) -> tuple[Dimension, ...]:
        """The dimensions at the lowest level."""
        return tuple(row.dimension for row in self.rows if row.dimension.key in self.score.weakest)


@dataclass(frozen=True)
class Result:
    """An assessment's result over the four fields."""

    assessment: Assessment
    start: Assessment | None
    fields: tuple[FieldResult, ...]

    @property
    def rows(self) -> tuple[DimensionResult, ...]:
        """All dimensions in the model's order."""
        return tuple(row for field in self.fields for row in field.rows)

    @property
    def improved(self) -> int:
        """Dimensions at least one level higher than at the start."""
        return sum(
            1
            for row in self.rows
            if row.start is not None
            and row.start.effective is not None
            and row.effective is not None
            and row.effective > row.start.effective
        )

    @property
    def widest_gap(self) -> DimensionResult | None:
        """The dimension farthest from its target; the lowest level first among equals."""
        open_rows = [row for row in self.rows if row.gap > 0]
        return min(open_rows, key=lambda r: (-r.gap, r.effective or 0, r.dimension.position), default=None)

    @property
    def strongest(self) -> FieldResult | None:
        """The field with the highest score."""
        scored = [f for f in self.fields if f.score.mean is not None]
        return max(scored, key=lambda f: f.score.mean or 0, default=None)

    @property
    def assessed_on(self) -> dt.date:
        """The day of the assessment."""
        return self.assessment.assessed_on


def rating_of(dimension: Dimension, answer: Answer | None) -> Rating:
    """An answer as the scoring rules read it."""
    if answer is None:
        return Rating(dimension.key)
    return Rating(dimension.key, answer.level, answer.strength, answer.not_applicable)


def result_of(
    assessment: Assessment,
    dimensions: Sequence[Dimension],
    answers: Mapping[str, Answer],
    start: Assessment | None = None,
    start_answers: Mapping[str, Answer] | None = None,
    targets: Mapping[str, int] | None = None,
) -> Result:
    """Put an assessment's answers (by dimension key), an earlier one's and the targets together."""
    fields = []
    for field in Field:
        rows = tuple(
            DimensionResult(
                dimension=d,
                rating=rating_of(d, answers.get(d.key)),
                answer=answers.get(d.key),
                start=rating_of(d, start_answers.get(d.key)) if start_answers is not None else None,
                target=(targets or {}).get(d.key),
            )
            for d in dimensions
            if d.field is field
        )
        now = [row.rating for row in rows]
        change = None
        if start_answers is not None:
            change = field_change([row.start for row in rows if row.start is not None], now)
        fields.append(FieldResult(field, rows, field_score(now), change))
    return Result(assessment, start, tuple(fields))
