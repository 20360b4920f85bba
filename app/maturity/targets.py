"""Which target level fits a dimension: what is proposed, and what is refused."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import lazy_gettext as _l

from app.errors import RuleBroken
from app.maturity.scoring import HIGHEST_LEVEL, LOWEST_LEVEL

USUAL_STEP = 1  # levels in about 18 months (maturity model, rules)
LARGEST_STEP = 2
HIGHEST_DEFAULT = 4  # level 5 is agreed on purpose, never proposed
IMPORTANCES = (1, 2, 3)
DEFAULT_IMPORTANCE = 2  # until the company says otherwise


def default_target(level: int) -> int:
    """One level up, but never up to level 5; who is there already stays there."""
    return max(level, min(level + USUAL_STEP, HIGHEST_DEFAULT))


def highest_target(level: int) -> int:
    """The highest level that may be agreed from here."""
    return min(level + LARGEST_STEP, HIGHEST_LEVEL)


def targets_with_defaults(levels: Mapping[str, int | None], agreed: Mapping[str, int]) -> dict[str, int]:
    """The agreed target of every rated dimension, or the default; nothing for the others."""
    return {
        dimension: agreed.get(dimension, default_target(level))
        for dimension, level in levels.items()
        if level is not None
    }


def check_target(dimension: str, level: int | None, target: int) -> int:
    """The target if it may be agreed for a dimension that stands at this level."""
    if level is None:
        raise RuleBroken(
            "target.not_rated",
            _l("This dimension has no level yet, so it cannot have a target."),
            field=dimension,
            value=target,
            way_out=_l("Rate the dimension first, or leave its target empty."),
        )
    if not LOWEST_LEVEL <= target <= HIGHEST_LEVEL:
        raise RuleBroken(
            "target.unknown_level",
            _l("Level %(target)s does not exist.", target=target),
            field=dimension,
            value=target,
            limit=HIGHEST_LEVEL,
            way_out=_l("Choose a level from 0 to 5."),
        )
    if target < level:
        raise RuleBroken(
            "target.below_level",
            _l(
                "The target %(target)s is below the level already reached, %(level)s.",
                target=target,
                level=level,
            ),
            field=dimension,
            value=target,
            limit=level,
            way_out=_l("Choose level %(level)s to keep it, or a higher one.", level=level),
        )
    if target > highest_target(level):
        raise RuleBroken(
            "target.too_far",
            _l("From level %(level)s to %(target)s is more than two levels.", level=level, target=target),
            field=dimension,
            value=target,
            limit=highest_target(level),
            way_out=_l(
                "Agree at most level %(limit)s now and the next step later.", limit=highest_target(level)
            ),
        )
    return target


def check_importance(dimension: str, importance: int) -> int:
    """The importance if it is one of 1 (low), 2 (medium), 3 (high)."""
    if importance not in IMPORTANCES:
        raise RuleBroken(
            "target.unknown_importance",
            _l("Importance %(importance)s does not exist.", importance=importance),
            field=dimension,
            value=importance,
            limit=IMPORTANCES[-1],
            way_out=_l("Choose 1 (low), 2 (medium) or 3 (high)."),
        )
    return importance
