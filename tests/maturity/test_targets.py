"""Target levels: the proposed ones, and those that may be agreed."""

from __future__ import annotations

import pytest

from app.errors import RuleBroken
from app.maturity.targets import (
    check_importance,
    check_target,
    default_target,
    highest_target,
    targets_with_defaults,
)


@pytest.mark.parametrize(("level", "expected"), [(0, 1), (1, 2), (2, 3), (3, 4), (4, 4), (5, 5)])
def test_the_default_is_one_level_up_and_never_up_to_five(level: int, expected: int) -> None:
    assert default_target(level) == expected


@pytest.mark.parametrize(("level", "expected"), [(0, 2), (2, 4), (3, 5), (4, 5), (5, 5)])
def test_the_highest_target_is_two_levels_up(level: int, expected: int) -> None:
    assert highest_target(level) == expected


def test_only_rated_dimensions_get_a_target() -> None:
    levels = {"a": 1, "b": 3, "c": None}
    assert targets_with_defaults(levels, {"b": 5, "c": 2}) == {"a": 2, "b": 5}


@pytest.mark.parametrize(("level", "target"), [(0, 0), (0, 2), (2, 3), (3, 5), (4, 5), (5, 5)])
def test_targets_that_may_be_agreed(level: int, target: int) -> None:
    assert check_target("order_process", level, target) == target


@pytest.mark.parametrize(
    ("level", "target", "code", "limit"),
    [
        (None, 2, "target.not_rated", None),
        (2, 6, "target.unknown_level", 5),
        (2, -1, "target.unknown_level", 5),
        (3, 2, "target.below_level", 3),
        (0, 3, "target.too_far", 2),
        (2, 5, "target.too_far", 4),
    ],
)
def test_targets_that_are_refused(level: int | None, target: int, code: str, limit: int | None) -> None:
    with pytest.raises(RuleBroken) as refused:
        check_target("order_process", level, target)
    assert (refused.value.code, refused.value.field) == (code, "order_process")
    assert (refused.value.value, refused.value.limit) == (target, limit)
    assert refused.value.way_out is not None


def test_importance_is_one_to_three() -> None:
    assert [check_importance("a", value) for value in (1, 2, 3)] == [1, 2, 3]
    for value in (0, 4):
        with pytest.raises(RuleBroken) as refused:
            check_importance("a", value)
        assert refused.value.code == "target.unknown_importance"
