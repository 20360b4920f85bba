"""The report's data: what counts, what is attached, and when two reports say the same."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from app.reports.progress import ProgressReport
from app.roadmap.models import MeasureStatus
from tests.reports.examples import dimension, rated, realistic, report


def test_the_data_is_complete_and_in_a_stable_order() -> None:
    full = realistic("de")
    data = json.loads(full.to_json())
    assert full.to_json() == realistic("de").to_json()
    assert list(data)[:6] == ["format", "version", "draft", "language", "as_of", "begins_on"]
    assert data["format"] == "wandelwerk/progress-report"
    assert data["company"] == {"number": "U-0001", "name": "Warnow Präzisionsteile GmbH", "place": "Rostock"}
    assert [len(data[key]) for key in ("fields", "visits", "measures", "commitments")] == [4, 11, 10, 3]
    assert data["fields"][3]["score"] == 1.6
    assert data["fields"][1]["dimensions"][5] | {"name": "", "criterion": "", "short": ""} == {
        "key": "it_ot_security",
        "name": "",
        "short": "",
        "level": 4,
        "effective": 2,
        "start": 0,
        "target": 2,
        "criterion": "",
        "strength": "claimed",
        "not_applicable": False,
        "reason": "",
    }
    assert data["next_visit"]["starts_at"] == "2026-12-03T09:00:00+01:00"


@pytest.mark.parametrize("given", [realistic("de"), realistic("en", number=None, issued_on=None), report()])
def test_a_report_comes_back_from_its_data_as_it_was(given: ProgressReport) -> None:
    data = json.loads(given.to_json())
    again = ProgressReport.from_data(dict(sorted(data.items())) | {"added_later": 1})
    assert again == given
    assert again.to_json() == given.to_json()


def test_a_later_day_and_a_number_alone_change_nothing() -> None:
    first = realistic("de")
    assert (
        first.content_hash()
        == replace(
            first, number="FB-2026-0200", issued_on=dt.date(2026, 12, 1), as_of=dt.date(2026, 12, 1)
        ).content_hash()
    )
    assert first.content_hash() == replace(first, number=None, issued_on=None).content_hash()


def test_what_changes_the_content_changes_its_hash() -> None:
    first = realistic("de")
    others = [
        realistic("en"),
        replace(first, visits=first.visits[1:]),
        replace(first, next_visit=None),
        replace(first, commitments=(replace(first.commitments[1], late=True), *first.commitments[1:])),
        replace(first, coach=None),
    ]
    assert len({r.content_hash() for r in [first, *others]}) == 6


def test_a_report_without_a_number_is_a_draft() -> None:
    assert not report().draft
    assert report(number=None, issued_on=None).draft


def test_only_agreed_measures_count() -> None:
    full = realistic("de")
    assert len(full.measures) == 10
    assert len(full.roadmap) == 9
    assert MeasureStatus.NOT_NOW not in {m.status for m in full.roadmap}


def test_the_roadmap_reads_from_done_to_later_and_leaves_dropped_measures_out() -> None:
    full = realistic("de")
    dropped = replace(full.measures[5], status=MeasureStatus.DROPPED)
    groups = [
        (name, len(lines))
        for name, lines in replace(
            full, measures=(*full.measures[:5], dropped, *full.measures[6:])
        ).roadmap_groups()
    ]
    assert groups == [("done", 4), ("now", 1), ("soon", 2), ("later", 1), ("not_now", 1)]


def test_only_dimensions_rated_both_times_are_comparable() -> None:
    full = realistic("de")
    assert (len(full.dimensions), len(full.rated), len(full.comparable)) == (22, 21, 21)
    assert rated("a", 2).change is None
    assert rated("a", 2, start=3).change == -1
    assert dimension(start=3).change is None


def test_gaps_are_never_negative_and_need_a_target_and_a_level() -> None:
    assert [rated("a", 2, target=target).gap for target in (None, 1, 2, 4)] == [0, 0, 0, 2]
    assert dimension(target=3).gap == 0


def test_the_hours_are_the_visits_own() -> None:
    assert realistic("de").visit_minutes == 1530
