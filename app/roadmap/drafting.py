"""Drafting a roadmap: which catalogue measures close the gaps, in which order, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Generic, Protocol, TypeVar

from app.maturity.targets import DEFAULT_IMPORTANCE

CATALOGUE_ENDS_AT = 4  # the catalogue proposes nothing from this level on
LARGEST_EFFECT = 3
NOW_PLACES, SOON_PLACES = 3, 4  # what a small firm can start at once, and within three months


class Offer(Protocol):
    """What drafting reads of a catalogue measure (the seeds' entry and the table's row both fit)."""

    @property
    def key(self) -> str: ...
    @property
    def dimension_key(self) -> str: ...
    @property
    def from_level(self) -> int: ...
    @property
    def to_level(self) -> int: ...
    @property
    def coach_days(self) -> int: ...
    @property
    def company_days(self) -> int: ...
    @property
    def cost_band(self) -> str: ...
    @property
    def requires(self) -> Mapping[str, int]: ...


M = TypeVar("M", bound=Offer)


class Horizon(StrEnum):
    """When a measure is to start: now, within three months, later."""

    NOW = "now"
    SOON = "soon"
    LATER = "later"


@dataclass(frozen=True)
class Factors:
    """The four numbers behind a priority; all are shown beside it."""

    importance: int  # 1–3, the company's own
    gap: int  # target − level
    effect: int  # levels gained up to the target, 1–3
    effort_class: int  # 1–3

    @property
    def priority(self) -> Fraction:
        """Importance × gap × effect / effort class."""
        return Fraction(self.importance * self.gap * self.effect, self.effort_class)


@dataclass(frozen=True)
class Proposal(Generic[M]):
    """A measure that fits: the level it starts from, where it leads, its factors and what comes before it."""

    measure: M
    factors: Factors
    start_level: int
    end_level: int
    horizon: Horizon
    after: tuple[str, ...] = ()  # keys of planned or proposed measures that must come first

    @property
    def priority(self) -> Fraction:
        """The priority its factors give."""
        return self.factors.priority


@dataclass(frozen=True)
class Missing:
    """A level of another dimension that a measure requires and that nothing before it reaches."""

    dimension: str
    needed: int
    current: int | None


@dataclass(frozen=True)
class Blocked(Generic[M]):
    """A measure that fits the gap but not yet the company, and what is missing for it."""

    measure: M
    factors: Factors
    start_level: int
    missing: tuple[Missing, ...]

    @property
    def priority(self) -> Fraction:
        """The priority its factors give."""
        return self.factors.priority


class NoticeCode(StrEnum):
    """Why the catalogue has nothing for a dimension."""

    LEVEL_FOUR = "level_four"  # the catalogue proposes nothing at level 4: offer a free measure
    NO_MEASURE = "no_measure"  # a gap that no entry of this catalogue fits


@dataclass(frozen=True)
class Notice:
    """Something the coach must be told beside the proposals."""

    code: NoticeCode
    dimension: str
    level: int


@dataclass(frozen=True)
class Draft(Generic[M]):
    """The recommended measures in order, other fitting ones, those still blocked, and notices."""

    proposals: tuple[Proposal[M], ...]
    alternatives: tuple[Proposal[M], ...]
    blocked: tuple[Blocked[M], ...]
    notices: tuple[Notice, ...]


def effort_class(days: int, cost_band: str) -> int:
    """The higher of the class by days (≤ 5: 1, ≤ 15: 2, more: 3) and by cost band (A/B, C, D/E)."""
    by_days = 1 if days <= 5 else 2 if days <= 15 else 3
    by_cost = {"A": 1, "B": 1, "C": 2, "D": 3, "E": 3}[cost_band]
    return max(by_days, by_cost)


def factors(measure: Offer, level: int, target: int, importance: int) -> Factors:
    """The factors of a measure that starts from this level; levels beyond the target do not count."""
    return Factors(
        importance=importance,
        gap=target - level,
        effect=min(min(measure.to_level, target) - level, LARGEST_EFFECT),
        effort_class=effort_class(measure.coach_days + measure.company_days, measure.cost_band),
    )


def fits(measure: Offer, level: int) -> bool:
    """Whether a measure is meant for a dimension at this level."""
    return measure.from_level <= level < measure.to_level


def draft(
    levels: Mapping[str, int | None],
    targets: Mapping[str, int],
    importance: Mapping[str, int],
    catalogue: Iterable[M],
    already_planned: Collection[str] = (),
) -> Draft[M]:
    """Choose measures for the gaps, step by step, always the one with the highest priority that can start.

    A dimension takes the level a chosen measure leads to, so a follow-up can close the rest of its gap
    and other measures find their requirements reached. A dimension without level or target gets nothing.
    `already_planned` are keys of measures on the roadmap: they count as done and are not proposed again.
    Ties: lower level first, then the key.
    """
    entries = sorted(catalogue, key=lambda measure: measure.key)
    plan = _Plan(levels, targets, importance, entries)
    plan.take_over(already_planned)
    start = dict(plan.reached)
    while (best := plan.best_next()) is not None:
        plan.choose(best)
    alternatives, blocked = plan.left_over(start)
    return Draft(
        proposals=tuple(plan.proposals),
        alternatives=tuple(alternatives),
        blocked=tuple(blocked),
        notices=tuple(plan.notices(blocked)),
    )


class _Plan(Generic[M]):
    """The state of one drafting: levels reached so far and what has been chosen for them."""

    def __init__(
        self,
        levels: Mapping[str, int | None],
        targets: Mapping[str, int],
        importance: Mapping[str, int],
        entries: list[M],
    ) -> None:
        self.levels, self.targets, self.importance, self.entries = levels, targets, importance, entries
        self.reached = {dimension: level for dimension, level in levels.items() if level is not None}
        self.steps: dict[str, list[tuple[int, str]]] = {}  # dimension → (level, key of what leads there)
        self.used: set[str] = set()
        self.proposals: list[Proposal[M]] = []
        self.places = {Horizon.NOW: NOW_PLACES, Horizon.SOON: SOON_PLACES}

    def take_over(self, planned: Collection[str]) -> None:
        """Count measures of the roadmap as done, in the order in which they build on each other."""
        waiting = [entry for entry in self.entries if entry.key in planned]
        self.used.update(entry.key for entry in waiting)
        while step := [entry for entry in waiting if self._fits_now(entry)]:
            self._reach(step[0])
            waiting.remove(step[0])

    def best_next(self) -> M | None:
        """The measure with the highest priority among those that fit a gap and can start."""
        startable = [entry for entry in self._fitting(self.reached) if not self.missing(entry)]
        return min(startable, key=lambda entry: self._rank(entry, self.reached), default=None)

    def choose(self, measure: M) -> None:
        """Put a measure at the end of the recommended ones."""
        after = self._after(measure)
        horizon = self._place(after)
        self.proposals.append(self._proposal(measure, self.reached, after, horizon))
        self._reach(measure)

    def left_over(self, start: Mapping[str, int]) -> tuple[list[Proposal[M]], list[Blocked[M]]]:
        """What also fitted a gap at the start or fits one at the end: able to start, and blocked."""
        alternatives: list[Proposal[M]] = []
        blocked: list[Blocked[M]] = []
        at_start = {entry.key for entry in self._fitting(start)}
        both = [(entry, start) for entry in self._fitting(start)]
        both += [(entry, self.reached) for entry in self._fitting(self.reached) if entry.key not in at_start]
        for entry, levels in sorted(both, key=lambda pair: self._rank(*pair)):
            if missing := self.missing(entry):
                own = levels[entry.dimension_key]
                blocked.append(Blocked(entry, self._factors(entry, levels), own, missing))
            else:
                after = self._after(entry, own_dimension=False)
                alternatives.append(self._proposal(entry, levels, after, Horizon.LATER))
        return alternatives, blocked

    def notices(self, blocked: Iterable[Blocked[M]]) -> Iterator[Notice]:
        """Dimensions for which the catalogue ends before the target does, or at level 4."""
        explained = {entry.measure.dimension_key for entry in blocked}
        for dimension in sorted(self.reached):
            level = self.reached[dimension]
            if self.levels[dimension] == CATALOGUE_ENDS_AT or self._gap(dimension, self.reached) > 0:
                if level == CATALOGUE_ENDS_AT:
                    yield Notice(NoticeCode.LEVEL_FOUR, dimension, level)
                elif dimension not in explained:
                    yield Notice(NoticeCode.NO_MEASURE, dimension, level)

    def missing(self, measure: M) -> tuple[Missing, ...]:
        """Required levels that nothing chosen so far reaches."""
        return tuple(
            Missing(dimension, needed, self.levels.get(dimension))
            for dimension, needed in sorted(measure.requires.items())
            if self.reached.get(dimension, -1) < needed
        )

    def _fitting(self, levels: Mapping[str, int]) -> list[M]:
        return [
            entry
            for entry in self.entries
            if entry.key not in self.used
            and self._gap(entry.dimension_key, levels) > 0
            and fits(entry, levels[entry.dimension_key])
        ]

    def _fits_now(self, measure: M) -> bool:
        level = self.reached.get(measure.dimension_key)
        return level is not None and fits(measure, level) and not self.missing(measure)

    def _gap(self, dimension: str, levels: Mapping[str, int]) -> int:
        level = levels.get(dimension)
        return 0 if level is None else self.targets.get(dimension, level) - level

    def _factors(self, measure: M, levels: Mapping[str, int]) -> Factors:
        dimension = measure.dimension_key
        weight = self.importance.get(dimension, DEFAULT_IMPORTANCE)
        return factors(measure, levels[dimension], self.targets[dimension], weight)

    def _rank(self, measure: M, levels: Mapping[str, int]) -> tuple[Fraction, int, str]:
        return -self._factors(measure, levels).priority, levels[measure.dimension_key], measure.key

    def _proposal(
        self, measure: M, levels: Mapping[str, int], after: tuple[str, ...], horizon: Horizon
    ) -> Proposal[M]:
        level = levels[measure.dimension_key]
        return Proposal(measure, self._factors(measure, levels), level, measure.to_level, horizon, after)

    def _reach(self, measure: M) -> None:
        self.used.add(measure.key)
        self.steps.setdefault(measure.dimension_key, []).append((measure.to_level, measure.key))
        self.reached[measure.dimension_key] = measure.to_level

    def _after(self, measure: M, *, own_dimension: bool = True) -> tuple[str, ...]:
        """Planned or chosen measures this one builds on: for its requirements and in its own dimension."""
        needed = dict(measure.requires)
        if own_dimension:
            needed[measure.dimension_key] = self.reached[measure.dimension_key]
        keys: list[str] = []
        for dimension, level in sorted(needed.items()):
            if (self.levels.get(dimension) or 0) < level:
                keys.append(next(key for reached, key in self.steps[dimension] if reached >= level))
        return tuple(dict.fromkeys(keys))

    def _place(self, after: tuple[str, ...]) -> Horizon:
        """The earliest horizon with a free place, never in the one of a measure it has to wait for."""
        order = list(Horizon)
        waits_for = [order.index(made.horizon) for made in self.proposals if made.measure.key in after]
        earliest = min(max(waits_for, default=-1) + 1, len(order) - 1)
        for horizon in order[earliest:]:
            if self.places.get(horizon, 1) > 0:
                if horizon in self.places:
                    self.places[horizon] -= 1
                return horizon
        return Horizon.LATER
