"""Drafting a roadmap: the formula, what can be proposed, in which order, and what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.maturity.targets import targets_with_defaults
from app.roadmap.catalogue import CatalogueEntry, CostBand, seed_catalogue
from app.roadmap.drafting import (
    Factors,
    Horizon,
    Missing,
    Notice,
    NoticeCode,
    draft,
    effort_class,
    factors,
    fits,
)

SEEDS = seed_catalogue().entries
BY_KEY = {entry.key: entry for entry in SEEDS}
DIMENSIONS = sorted({entry.dimension_key for entry in SEEDS})


def entry(
    key: str,
    dimension: str,
    start: int,
    end: int,
    *,
    days: int = 4,
    band: str = "A",
    requires: Mapping[str, int] | None = None,
) -> CatalogueEntry:
    """A small catalogue entry."""
    return CatalogueEntry(
        key=key,
        field="automation",
        dimension_key=dimension,
        from_level=start,
        to_level=end,
        kind="coaching",
        coach_days=0,
        company_days=days,
        cost_band=CostBand(band),
        name={"de": key, "en": key},
        benefit={"de": "", "en": ""},
        requires=requires or {},
    )


def test_the_seed_catalogue_is_complete() -> None:
    catalogue = seed_catalogue()
    assert (len(catalogue.entries), len(BY_KEY), len(DIMENSIONS)) == (65, 65, 22)
    assert sum(entry.core for entry in catalogue.entries) == 43
    assert set(catalogue.cost_bands) == {"A", "B", "C", "D", "E"}
    for dimension in DIMENSIONS:
        for level in range(4):
            assert any(fits(entry, level) for entry in SEEDS if entry.dimension_key == dimension)
    assert not [entry.key for entry in SEEDS if fits(entry, 4)]


@pytest.mark.parametrize(
    ("days", "band", "expected"),
    [
        (0, "A", 1),
        (5, "B", 1),
        (6, "A", 2),
        (15, "B", 2),
        (16, "A", 3),
        (1, "C", 2),
        (1, "D", 3),
        (1, "E", 3),
        (16, "C", 3),
    ],
)
def test_effort_class_is_the_higher_of_days_and_cost(days: int, band: str, expected: int) -> None:
    assert effort_class(days, band) == expected


@pytest.mark.parametrize(
    ("key", "level", "target", "importance", "expected", "priority"),
    [
        ("time_study_pilot", 0, 1, 2, Factors(2, 1, 1, 2), Fraction(1)),
        ("time_study_pilot", 0, 2, 3, Factors(3, 2, 2, 2), Fraction(6)),
        ("refa_basic_course", 1, 3, 2, Factors(2, 2, 2, 2), Fraction(4)),
        ("cobot_cell", 2, 3, 3, Factors(3, 1, 1, 3), Fraction(1)),
        ("cobot_demo", 0, 2, 1, Factors(1, 2, 2, 1), Fraction(4)),
        ("ai_roles", 2, 3, 2, Factors(2, 1, 1, 2), Fraction(1)),  # goes past the target, counts up to it
        ("ai_policy_register", 0, 3, 2, Factors(2, 3, 3, 2), Fraction(9)),
        ("pv_plant", 2, 3, 2, Factors(2, 1, 1, 3), Fraction(2, 3)),
    ],
)
def test_priority_is_importance_gap_effect_over_effort(
    key: str, level: int, target: int, importance: int, expected: Factors, priority: Fraction
) -> None:
    found = factors(BY_KEY[key], level, target, importance)
    assert found == expected
    assert found.priority == priority


def keys_of(
    levels: Mapping[str, int | None],
    targets: Mapping[str, int],
    catalogue: list[CatalogueEntry],
    importance: Mapping[str, int] | None = None,
    planned: tuple[str, ...] = (),
) -> list[str]:
    """Keys of the recommended measures in order."""
    made = draft(levels, targets, importance or {}, catalogue, planned)
    return [proposal.measure.key for proposal in made.proposals]


def test_a_dimension_without_level_target_or_gap_gets_nothing() -> None:
    catalogue = [entry("m", "a", 0, 2)]
    assert keys_of({"a": None}, {"a": 2}, catalogue) == []
    assert keys_of({}, {"a": 2}, catalogue) == []
    assert keys_of({"a": 1}, {}, catalogue) == []
    assert keys_of({"a": 1}, {"a": 1}, catalogue) == []


@pytest.mark.parametrize(("level", "expected"), [(0, []), (1, ["m"]), (2, ["m"]), (3, [])])
def test_a_measure_fits_from_its_start_level_to_below_its_end(level: int, expected: list[str]) -> None:
    assert keys_of({"a": level}, {"a": level + 1}, [entry("m", "a", 1, 3)]) == expected


def test_higher_priority_comes_first() -> None:
    catalogue = [entry("costly", "a", 0, 2, band="D"), entry("quick", "b", 0, 2), entry("wanted", "c", 0, 2)]
    levels, targets = {"a": 0, "b": 0, "c": 0}, {"a": 2, "b": 2, "c": 2}
    assert keys_of(levels, targets, catalogue, {"c": 3}) == ["wanted", "quick", "costly"]


def test_ties_go_to_the_lower_level_then_to_the_key() -> None:
    catalogue = [entry("b", "x", 0, 2), entry("a", "y", 0, 2), entry("z", "w", 0, 2)]
    assert keys_of({"x": 1, "y": 1, "w": 0}, {"x": 2, "y": 2, "w": 1}, catalogue) == ["z", "a", "b"]


def test_the_best_measure_of_a_gap_is_recommended_and_the_other_kept_as_an_alternative() -> None:
    made = draft({"work_standards": 1}, {"work_standards": 3}, {}, SEEDS)
    assert [proposal.measure.key for proposal in made.proposals] == ["refa_basic_course"]
    assert [proposal.measure.key for proposal in made.alternatives] == ["time_study_pilot"]
    assert made.alternatives[0].factors == Factors(2, 2, 1, 2)


def test_a_follow_up_closes_the_rest_of_the_gap() -> None:
    made = draft(
        {"shopfloor_data": 1, "work_standards": 1, "it_ot_security": 1}, {"shopfloor_data": 3}, {}, SEEDS
    )
    first, second = made.proposals
    assert (first.measure.key, first.start_level, first.end_level, first.after) == ("retrofit_demo", 1, 2, ())
    assert (second.measure.key, second.start_level, second.end_level) == ("pda_board", 2, 3)
    assert second.after == ("retrofit_demo",)
    assert second.factors == Factors(2, 1, 1, 3)
    assert (made.blocked, made.notices) == ((), ())


def test_what_is_missing_is_said() -> None:
    made = draft({"material_flow": 2, "order_process": 1}, {"material_flow": 3}, {}, SEEDS)
    assert made.proposals == ()
    (blocked,) = made.blocked
    assert blocked.measure.key == "scan_booking"
    assert blocked.missing == (Missing("data_integration", 1, None), Missing("order_process", 2, 1))
    assert blocked.factors == Factors(2, 1, 1, 3 - 1)
    assert made.notices == ()


def test_a_requirement_may_be_reached_by_a_measure_proposed_before() -> None:
    levels = {"material_flow": 2, "order_process": 1, "data_integration": 1}
    made = draft(levels, {"material_flow": 3, "order_process": 2}, {"material_flow": 3}, SEEDS)
    assert [proposal.measure.key for proposal in made.proposals] == ["order_process_map", "scan_booking"]
    assert made.proposals[1].after == ("order_process_map",)
    assert (made.proposals[0].horizon, made.proposals[1].horizon) == (Horizon.NOW, Horizon.SOON)


def test_a_planned_measure_counts_and_is_not_proposed_again() -> None:
    levels = {"material_flow": 2, "order_process": 1, "data_integration": 1}
    targets = {"material_flow": 3, "order_process": 2}
    made = draft(levels, targets, {}, SEEDS, ["order_process_map"])
    assert [proposal.measure.key for proposal in made.proposals] == ["scan_booking"]
    assert made.proposals[0].after == ("order_process_map",)
    assert made.proposals[0].horizon is Horizon.NOW
    assert made.blocked == ()


def test_a_planned_measure_that_does_not_fit_changes_no_level() -> None:
    levels = {"material_flow": 2, "order_process": 0, "data_integration": 1}
    made = draft(levels, {"material_flow": 3}, {}, SEEDS, ["erp_extend"])
    assert [blocked.missing for blocked in made.blocked] == [(Missing("order_process", 2, 0),)]


@pytest.mark.parametrize("target", [4, 5])
def test_at_level_four_the_catalogue_proposes_nothing_and_says_so(target: int) -> None:
    made = draft({"order_process": 4}, {"order_process": target}, {}, SEEDS)
    assert (made.proposals, made.alternatives, made.blocked) == ((), (), ())
    assert made.notices == (Notice(NoticeCode.LEVEL_FOUR, "order_process", 4),)


def test_a_target_of_five_from_three_ends_in_a_notice_after_the_last_measure() -> None:
    made = draft({"strategy_skills": 3}, {"strategy_skills": 5}, {}, SEEDS)
    assert [proposal.measure.key for proposal in made.proposals] == ["key_users"]
    assert made.notices == (Notice(NoticeCode.LEVEL_FOUR, "strategy_skills", 4),)


def test_a_gap_without_any_entry_is_named() -> None:
    made = draft({"a": 1}, {"a": 2}, {}, [entry("m", "b", 0, 2)])
    assert made.notices == (Notice(NoticeCode.NO_MEASURE, "a", 1),)


def test_horizons_take_three_now_four_soon_and_the_rest_later() -> None:
    catalogue = [entry(f"m{number}", f"d{number}", 0, 2) for number in range(9)]
    levels, targets = {f"d{n}": 0 for n in range(9)}, {f"d{n}": 1 for n in range(9)}
    made = draft(levels, targets, {}, catalogue)
    assert [proposal.horizon.value for proposal in made.proposals] == ["now"] * 3 + ["soon"] * 4 + [
        "later"
    ] * 2


def test_a_chain_of_requirements_spreads_over_the_horizons() -> None:
    catalogue = [
        entry("one", "a", 0, 2),
        entry("two", "b", 0, 2, requires={"a": 1}),
        entry("three", "c", 0, 2, requires={"b": 1}),
        entry("four", "d", 0, 2, requires={"c": 1}),
    ]
    made = draft(dict.fromkeys("abcd", 0), dict.fromkeys("abcd", 1), {"d": 3}, catalogue)
    assert [(proposal.measure.key, proposal.horizon.value) for proposal in made.proposals] == [
        ("one", "now"),
        ("two", "soon"),
        ("three", "later"),
        ("four", "later"),
    ]


def test_requirements_in_a_circle_stay_blocked() -> None:
    catalogue = [entry("one", "a", 0, 2, requires={"b": 1}), entry("two", "b", 0, 2, requires={"a": 1})]
    made = draft({"a": 0, "b": 0}, {"a": 1, "b": 1}, {}, catalogue)
    assert made.proposals == ()
    assert [blocked.measure.key for blocked in made.blocked] == ["one", "two"]


some_levels = st.fixed_dictionaries({key: st.none() | st.integers(0, 5) for key in DIMENSIONS})
some_importance = st.dictionaries(st.sampled_from(DIMENSIONS), st.integers(1, 3))
some_planned = st.sets(st.sampled_from(sorted(BY_KEY)), max_size=5)
some_steps = st.dictionaries(st.sampled_from(DIMENSIONS), st.integers(0, 2))


def targets_from(levels: Mapping[str, int | None], steps: Mapping[str, int]) -> dict[str, int]:
    """Agreed targets as the rules allow them."""
    agreed = {
        key: min(level + steps[key], 5) for key, level in levels.items() if level is not None and key in steps
    }
    return targets_with_defaults(levels, agreed)


@settings(max_examples=60, deadline=None)
@given(some_levels, some_steps, some_importance, some_planned, st.permutations(SEEDS))
def test_the_order_of_the_catalogue_does_not_matter(
    levels: dict[str, int | None],
    steps: dict[str, int],
    importance: dict[str, int],
    planned: set[str],
    shuffled: list[CatalogueEntry],
) -> None:
    targets = targets_from(levels, steps)
    assert draft(levels, targets, importance, SEEDS, planned) == draft(
        levels, targets, importance, shuffled, planned
    )


@settings(max_examples=120, deadline=None)
@given(some_levels, some_steps, some_importance, some_planned)
def test_no_proposal_violates_its_preconditions(
    levels: dict[str, int | None], steps: dict[str, int], importance: dict[str, int], planned: set[str]
) -> None:
    targets = targets_from(levels, steps)
    made = draft(levels, targets, importance, SEEDS, planned)
    reached = {key: level for key, level in levels.items() if level is not None}
    for _ in planned:  # planned measures may build on each other
        for key in sorted(planned):
            done = BY_KEY[key]
            if fits(done, reached.get(done.dimension_key, 9)) and all(
                reached.get(other, -1) >= needed for other, needed in done.requires.items()
            ):
                reached[done.dimension_key] = done.to_level
    order = list(Horizon)
    horizon_of: dict[str, int] = {}
    for proposal in made.proposals:
        measure = proposal.measure
        assert measure.key not in planned
        assert measure.key not in horizon_of
        assert proposal.start_level == reached[measure.dimension_key]
        assert measure.from_level <= proposal.start_level < measure.to_level
        assert proposal.start_level < targets[measure.dimension_key]
        assert all(reached.get(other, -1) >= needed for other, needed in measure.requires.items())
        assert 1 <= proposal.factors.effect <= 3
        assert proposal.factors.gap >= proposal.factors.effect
        horizon_of[measure.key] = order.index(proposal.horizon)
        assert all(horizon_of[key] <= horizon_of[measure.key] for key in proposal.after if key not in planned)
        reached[measure.dimension_key] = measure.to_level
    for blocked in made.blocked:
        assert blocked.missing
        assert all(reached.get(lack.dimension, -1) < lack.needed for lack in blocked.missing)


@settings(max_examples=60, deadline=None)
@given(some_levels, some_steps, some_importance)
def test_every_gap_is_closed_blocked_or_explained(
    levels: dict[str, int | None], steps: dict[str, int], importance: dict[str, int]
) -> None:
    targets = targets_from(levels, steps)
    made = draft(levels, targets, importance, SEEDS)
    reached = {key: level for key, level in levels.items() if level is not None}
    for proposal in made.proposals:
        reached[proposal.measure.dimension_key] = proposal.end_level
    explained = {blocked.measure.dimension_key for blocked in made.blocked}
    explained |= {notice.dimension for notice in made.notices}
    assert {key for key, target in targets.items() if reached[key] < target} <= explained
