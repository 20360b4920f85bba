"""Believable ratings for the demo: levels around a field's mean, evidence and notes, gaps to targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from app.demo.script import Data
from app.fields import Field
from app.maturity.assessing import Given
from app.maturity.models import Dimension
from app.maturity.scoring import CLAIMED_CAP, Strength
from app.maturity.targets import LARGEST_STEP, default_target

HIGHEST = 4
RATED_AT_LEAST = 3
# What is usually further and what lags behind within a field.
LEANING = {
    "setup_maintenance": 0.4,
    "quality_inspection": 0.3,
    "handling_robotics": -0.6,
    "order_process": 0.5,
    "work_information": 0.2,
    "shopfloor_data": -0.4,
    "data_integration": -0.3,
    "ai_use_cases": 0.5,
    "ai_literacy": 0.4,
    "ai_operation": -0.5,
    "energy_management": 0.4,
    "energy_efficiency": 0.2,
    "carbon_accounting": -0.4,
}


def first_answers(
    firm: Data, dimensions: Sequence[Dimension], evidence: Data, rng: Random
) -> dict[str, Given]:
    """A firm's first answers by dimension, in the order of the model."""
    absent = _not_applicable(firm, dimensions, evidence, rng)
    given: dict[str, Given] = {}
    for field in Field:
        keys = [d.key for d in dimensions if d.field is field]
        rated = [key for key in keys if key not in absent]
        levels = _levels(rated, float(firm["levels"][field.value]), rng)
        for key in keys:
            if key in absent:
                given[key] = Given(not_applicable=True, reason=evidence["not_applicable"][key])
            else:
                given[key] = _given(key, levels[key], evidence, rng)
    _boast(given, evidence, rng)
    return given


def _not_applicable(firm: Data, dimensions: Sequence[Dimension], evidence: Data, rng: Random) -> set[str]:
    absent = set(evidence["not_applicable_in"].get(firm["sector"], ()))
    ai = [d.key for d in dimensions if d.field is Field.AI]
    staff = firm["years"][-1]["staff"]
    if firm["levels"]["ai"] <= 0.2 and staff < 10:
        absent.update(ai[1:])  # too few rated dimensions for a score
    elif firm["levels"]["ai"] <= 0.2 and rng.random() < 0.5:
        absent.update(key for key in ("ai_operation", "ai_governance") if key in ai)
    if staff < 30 and rng.random() < 0.2:
        absent.add("energy_supply")
    allowed = {d.key for d in dimensions if d.na_allowed}
    return absent & allowed


def _levels(keys: Sequence[str], mean: float, rng: Random) -> dict[str, int]:
    """Whole levels that scatter by leaning and chance and whose mean is as near as it can be."""
    wish = {key: mean + LEANING.get(key, 0.0) + rng.gauss(0, 0.5) for key in keys}
    levels = {key: min(HIGHEST, max(0, round(value))) for key, value in wish.items()}
    while missing := round(mean * len(keys)) - sum(levels.values()):
        step = 1 if missing > 0 else -1
        movable = [key for key in keys if 0 <= levels[key] + step <= HIGHEST]
        key = max(movable, key=lambda key: (step * (wish[key] - levels[key]), key))
        levels[key] += step
    return levels


def _given(key: str, level: int, evidence: Data, rng: Random) -> Given:
    if level == 0:
        return Given(level=0, strength=Strength.SEEN, note=rng.choice(evidence["nothing_there"]))
    return supported(key, level, _strength(level, rng), evidence, rng)


def supported(key: str, level: int, strength: Strength, evidence: Data, rng: Random) -> Given:
    """A level with its evidence and the usual note for it."""
    if level == 0:
        note = rng.choice(evidence["nothing_there"])
    elif strength is Strength.CLAIMED:
        note = rng.choice(evidence["claimed"])
    else:
        note = evidence["answers"][key][strength.value]
    return Given(level=level, strength=strength, note=note)


def _strength(level: int, rng: Random) -> Strength:
    """The higher a level, the better it must be supported; without evidence only the lower ones count."""
    chances = {
        1: {Strength.CLAIMED: 25, Strength.SEEN: 65, Strength.DOCUMENTED: 10},
        2: {Strength.CLAIMED: 15, Strength.SEEN: 45, Strength.DOCUMENTED: 40},
    }.get(level, {Strength.SEEN: 15, Strength.DOCUMENTED: 50, Strength.MEASURED: 35})
    return rng.choices(list(chances), weights=list(chances.values()))[0]


def _boast(given: dict[str, Given], evidence: Data, rng: Random) -> None:
    """In some firms a level 3 is only told: it is kept, and counts as 2."""
    at_cap = [key for key, one in given.items() if one.level == CLAIMED_CAP]
    if at_cap and rng.random() < 0.5:
        key = rng.choice(at_cap)
        given[key] = supported(key, CLAIMED_CAP + 1, Strength.CLAIMED, evidence, rng)


def goals(
    levels: Mapping[str, int | None], focus: Mapping[str, int], rng: Random
) -> dict[str, tuple[int, int]]:
    """Target level and importance by dimension; `focus` says how much a dimension's field matters (1–3)."""
    wanted: dict[str, tuple[int, int]] = {}
    for key, level in levels.items():
        if level is None:
            continue
        importance = min(3, max(1, focus[key] + rng.choice((-1, 0, 0, 0))))
        target = default_target(level)
        if importance == 1 and rng.random() < 0.6:
            target = level  # kept as it is for now
        elif importance == 3 and rng.random() < 0.35:
            target = max(target, min(level + LARGEST_STEP, HIGHEST))
        wanted[key] = (target, importance)
    return wanted


def later_answers(
    before: Mapping[str, Given],
    reached: Mapping[str, int],
    targets: Mapping[str, int],
    evidence: Data,
    rng: Random,
) -> dict[str, Given]:
    """Answers about a year later: what measures have reached, at most up to the target, better supported."""
    given: dict[str, Given] = {}
    for key, one in before.items():
        if one.level is None:
            given[key] = one
            continue
        started = min(one.level, CLAIMED_CAP) if one.strength is Strength.CLAIMED else one.level
        level = max(started, min(reached.get(key, started), targets.get(key, started)))
        strength = one.strength or Strength.SEEN
        if level > started:
            strength = rng.choice((Strength.DOCUMENTED, Strength.MEASURED))
        elif strength is Strength.CLAIMED:
            strength = Strength.SEEN  # looked at this time
        given[key] = supported(key, level, strength, evidence, rng)
    return given
