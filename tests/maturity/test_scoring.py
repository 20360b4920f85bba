"""Scores from ratings: what counts, when there is a score, and what changed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.maturity.scoring import (
    FieldScore,
    Rating,
    Strength,
    effective_level,
    effective_levels,
    field_change,
    field_score,
    gaps,
    is_capped,
    level_changes,
)


@pytest.mark.parametrize(
    ("level", "strength", "expected"),
    [
        (0, Strength.CLAIMED, 0),
        (1, Strength.CLAIMED, 1),
        (2, Strength.CLAIMED, 2),
        (3, Strength.CLAIMED, 2),
        (5, Strength.CLAIMED, 2),
        (3, Strength.SEEN, 3),
        (5, Strength.DOCUMENTED, 5),
        (5, Strength.MEASURED, 5),
        (5, Strength.TAKEN_OVER, 5),
        (4, None, 2),
        (1, None, 1),
    ],
)
def test_a_claim_counts_up_to_level_two(level: int, strength: Strength | None, expected: int) -> None:
    assert effective_level(level, strength) == expected
    assert is_capped(level, strength) is (expected < level)


def test_the_chosen_level_is_kept_beside_the_effective_one() -> None:
    rating = Rating("order_process", 4, Strength.CLAIMED)
    assert (rating.level, rating.effective) == (4, 2)


def seen(**levels: int | None) -> list[Rating]:
    """Ratings seen on site; none means not rated yet."""
    return [Rating(key, level, Strength.SEEN) for key, level in levels.items()]


NOT_APPLICABLE = Rating("handling_robotics", not_applicable=True)


@pytest.mark.parametrize(
    ("ratings", "expected"),
    [
        ([], FieldScore(None, (), None, 0, 0)),
        (seen(a=None, b=None), FieldScore(None, (), None, 0, 2)),
        (seen(a=1, b=2), FieldScore(None, ("a",), 1, 2, 2)),
        (seen(a=1, b=2, c=None), FieldScore(None, ("a",), 1, 2, 3)),
        (seen(a=1, b=2, c=3), FieldScore(Decimal("2.0"), ("a",), 1, 3, 3)),
        (seen(a=1, b=1, c=3, d=None), FieldScore(Decimal("1.7"), ("a", "b"), 1, 3, 4)),
        (seen(a=2, b=2, c=2, d=3), FieldScore(Decimal("2.3"), ("a", "b", "c"), 2, 4, 4)),  # 2.25 half up
        (seen(a=0, b=0, c=0), FieldScore(Decimal("0.0"), ("a", "b", "c"), 0, 3, 3)),
        ([*seen(a=1, b=2, c=3), NOT_APPLICABLE], FieldScore(Decimal("2.0"), ("a",), 1, 3, 3)),
        ([*seen(a=1, b=2), NOT_APPLICABLE], FieldScore(None, ("a",), 1, 2, 2)),
        (
            [*seen(a=3, b=3), Rating("c", 5, Strength.CLAIMED)],
            FieldScore(Decimal("2.7"), ("c",), 2, 3, 3),
        ),
    ],
)
def test_field_scores(ratings: list[Rating], expected: FieldScore) -> None:
    assert field_score(ratings) == expected


def test_a_field_says_how_many_ratings_are_missing_for_a_score() -> None:
    assert field_score(seen(a=1, b=None, c=None)).missing_for_a_score == 2
    assert field_score(seen(a=1, b=1, c=1, d=1)).missing_for_a_score == 0


some_ratings = st.lists(
    st.builds(
        Rating,
        dimension=st.text("abcdefgh", min_size=1, max_size=3),
        level=st.none() | st.integers(0, 5),
        strength=st.none() | st.sampled_from(Strength),
        not_applicable=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda rating: rating.dimension,
)


@given(some_ratings)
def test_a_score_lies_between_the_lowest_and_the_highest_level(ratings: list[Rating]) -> None:
    levels = [level for level in effective_levels(ratings).values() if level is not None]
    score = field_score(ratings)
    assert (score.mean is None) is (len(levels) < 3)
    if score.mean is not None:
        assert min(levels) <= score.mean <= max(levels)
        assert abs(score.mean - Decimal(sum(levels)) / len(levels)) <= Decimal("0.05")


@given(some_ratings, st.randoms())
def test_the_order_of_ratings_does_not_matter(ratings: list[Rating], random: object) -> None:
    shuffled = list(ratings)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = field_score(ratings), field_score(shuffled)
    assert one.mean == other.mean
    assert set(one.weakest) == set(other.weakest)
    assert (one.lowest_level, one.rated, one.applicable) == (
        other.lowest_level,
        other.rated,
        other.applicable,
    )


@given(some_ratings, st.none() | st.integers(0, 5))
def test_what_is_not_applicable_leaves_the_mean(ratings: list[Rating], level: int | None) -> None:
    extra = Rating("never_applicable", level, Strength.MEASURED, not_applicable=True)
    assert field_score([*ratings, extra]) == field_score(ratings)


@given(some_ratings)
def test_better_evidence_never_lowers_a_score(ratings: list[Rating]) -> None:
    measured = [Rating(r.dimension, r.level, Strength.MEASURED, r.not_applicable) for r in ratings]
    before, after = field_score(ratings).mean, field_score(measured).mean
    assert before is None or (after is not None and after >= before)


@pytest.mark.parametrize(
    ("levels", "targets", "expected"),
    [
        ({"a": 1}, {"a": 3}, {"a": 2}),
        ({"a": 3}, {"a": 3}, {}),
        ({"a": 4}, {"a": 3}, {}),
        ({"a": None}, {"a": 3}, {}),
        ({"a": 0}, {}, {}),
        ({"a": 0, "b": 2}, {"a": 1, "b": 4, "c": 5}, {"a": 1, "b": 2}),
    ],
)
def test_gaps(levels: dict[str, int | None], targets: dict[str, int], expected: dict[str, int]) -> None:
    assert gaps(levels, targets) == expected


def test_only_what_was_rated_both_times_changes() -> None:
    before = {"a": 1, "b": 2, "c": None, "gone": 3}
    after = {"a": 3, "b": 1, "c": 4, "new": 2}
    assert level_changes(before, after) == {"a": 2, "b": -1}


def test_a_field_change_compares_common_dimensions_only() -> None:
    before = [*seen(a=1, b=1, c=2, d=5), NOT_APPLICABLE]
    after = [*seen(a=2, b=2, c=2, d=None), Rating("handling_robotics", 4, Strength.SEEN)]
    change = field_change(before, after)
    assert change.dimensions == ("a", "b", "c")
    assert (change.start, change.now, change.difference) == (Decimal("1.3"), Decimal("2.0"), Decimal("0.7"))


def test_a_change_is_rounded_once() -> None:
    before, after = seen(a=1, b=1, c=1, d=1, e=2, f=2), seen(a=2, b=2, c=2, d=2, e=2, f=3)
    change = field_change(before, after)
    assert (change.start, change.now, change.difference) == (Decimal("1.3"), Decimal("2.2"), Decimal("0.8"))
    assert field_change(after, before).difference == Decimal("-0.8")


def test_fewer_than_three_common_dimensions_show_no_change() -> None:
    change = field_change(seen(a=1, b=1, c=1), seen(a=2, b=2, c=None))
    assert (change.start, change.now, change.difference) == (None, None, None)
