"""The report in words: the right grammar for none, one and many, in German and English."""

# ruff: noqa: E501 - a case is one line of a table

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from app.fields import Field
from app.maturity.scoring import Strength
from app.reports import sentences
from app.reports.progress import FieldResult, MeasureLine, ProgressReport
from app.roadmap.drafting import Horizon
from app.roadmap.models import MeasureStatus, OwnerSide
from tests.reports.examples import T0, T1, dimension, field, rated, report

DONE, RUNNING, PLANNED = MeasureStatus.DONE, MeasureStatus.RUNNING, MeasureStatus.PLANNED
PROPOSED, NOT_NOW = MeasureStatus.PROPOSED, MeasureStatus.NOT_NOW


def summary(paper: Flask, language: str, **values: Any) -> str:
    with force_locale(language):
        return sentences.summary(report(language, **values)).striptags()


def finding(paper: Flask, language: str, found: FieldResult, within: ProgressReport) -> str:
    with force_locale(language):
        return sentences.field_finding(found, within).striptags()


def measures(*states: MeasureStatus) -> tuple[MeasureLine, ...]:
    return tuple(
        MeasureLine(f"M-{n}", "x", Field.AI, state, Horizon.NOW, OwnerSide.BOTH)
        for n, state in enumerate(states)
    )


def one_field(
    now: Sequence[int], start: Sequence[int] | None = None, gap: int | None = None
) -> tuple[FieldResult, ...]:
    """A field with these levels; `gap` sets every target so far above."""
    lines = [
        rated(f"d{n}", level, None if start is None else start[n], None if gap is None else level + gap)
        for n, level in enumerate(now)
    ]
    return (field(Field.AI, *lines, name="KI"),)


NOTHING_AGREED = {"de": "Maßnahmen sind noch nicht vereinbart.", "en": "No measures have been agreed yet."}
NO_TARGETS = {"de": "Zielstufen sind noch nicht vereinbart.", "en": "Target levels have not been agreed yet."}


@pytest.mark.parametrize(
    ("states", "german", "english"),
    [
        ((), "Maßnahmen sind noch nicht vereinbart.", "No measures have been agreed yet."),
        ((NOT_NOW,), "Maßnahmen sind noch nicht vereinbart.", "No measures have been agreed yet."),
        ((PROPOSED,), "Eine Maßnahme ist vorgeschlagen, vereinbart ist noch keine.", "One measure is proposed, none has been agreed yet."),
        ((PROPOSED,) * 3, "3 Maßnahmen sind vorgeschlagen, vereinbart ist noch keine.", "3 measures are proposed, none has been agreed yet."),
        ((DONE,), "Die vereinbarte Maßnahme ist erledigt.", "The agreed measure is done."),
        ((RUNNING,), "Die vereinbarte Maßnahme läuft.", "The agreed measure is running."),
        ((PLANNED,), "Die vereinbarte Maßnahme ist noch nicht begonnen.", "The agreed measure has not been started yet."),
        ((PLANNED, PLANNED), "Von 2 Maßnahmen ist noch keine begonnen.", "Of 2 measures none has been started yet."),
        ((PLANNED, RUNNING), "Von 2 Maßnahmen ist noch keine erledigt; eine läuft.", "Of 2 measures none is done yet; one is running."),
        ((RUNNING, RUNNING), "Von 2 Maßnahmen ist noch keine erledigt; 2 laufen.", "Of 2 measures none is done yet; 2 are running."),
        ((DONE, PLANNED), "1 von 2 Maßnahmen ist erledigt.", "1 of 2 measures is done."),
        ((DONE, DONE, PLANNED, NOT_NOW), "2 von 3 Maßnahmen sind erledigt.", "2 of 3 measures are done."),
        ((DONE, DONE), "Alle 2 Maßnahmen sind erledigt.", "All 2 measures are done."),
    ],
)  # fmt: skip
def test_what_is_said_about_measures(
    paper: Flask, states: tuple[MeasureStatus, ...], german: str, english: str
) -> None:
    lines = measures(*states)
    assert summary(paper, "de", measures=lines) == f"Eine Reifegradaufnahme gibt es noch nicht. {german}"
    assert summary(paper, "en", measures=lines) == f"There is no maturity assessment yet. {english}"


@pytest.mark.parametrize(
    ("levels", "unrated", "german", "english"),
    [
        ((2, 3, 4), 0, "Bei der ersten Aufnahme im September 2025 wurden alle 3 Merkmale bewertet.", "The first assessment in September 2025 rated all 3 dimensions."),
        ((2, 3), 1, "Bei der ersten Aufnahme im September 2025 wurden 2 von 3 Merkmalen bewertet.", "The first assessment in September 2025 rated 2 of 3 dimensions."),
        ((2,), 2, "Bei der ersten Aufnahme im September 2025 wurde eines von 3 Merkmalen bewertet.", "The first assessment in September 2025 rated one of 3 dimensions."),
    ],
)  # fmt: skip
def test_what_is_said_after_the_first_assessment(
    paper: Flask, levels: tuple[int, ...], unrated: int, german: str, english: str
) -> None:
    lines = [rated(f"d{n}", level) for n, level in enumerate(levels)]
    lines += [dimension(f"u{n}") for n in range(unrated)]
    found = (field(Field.AI, *lines),)
    assert summary(paper, "de", now=T0, fields=found) == f"{german} {NOTHING_AGREED['de']} {NO_TARGETS['de']}"
    assert (
        summary(paper, "en", now=T0, fields=found) == f"{english} {NOTHING_AGREED['en']} {NO_TARGETS['en']}"
    )


def test_an_assessment_without_any_rating_says_so_and_nothing_about_targets(paper: Flask) -> None:
    found = (field(Field.AI, dimension("a"), dimension("b")),)
    german = "Bei der ersten Aufnahme im September 2025 wurde noch kein Merkmal bewertet."
    assert summary(paper, "de", now=T0, fields=found) == f"{german} {NOTHING_AGREED['de']}"


@pytest.mark.parametrize(
    ("now", "start", "german", "english"),
    [
        ((2, 3, 4), (1, 1, 4), "ist Ihr Unternehmen in 2 von 3 Merkmalen mindestens eine Stufe weiter.", "your company is at least one level further in 2 of 3 dimensions."),
        ((2, 1, 4), (1, 1, 4), "ist Ihr Unternehmen in 1 von 3 Merkmalen mindestens eine Stufe weiter.", "your company is at least one level further in 1 of 3 dimensions."),
        ((3,), (1,), "ist Ihr Unternehmen in dem einen Merkmal weiter, das beide Male bewertet wurde.", "your company is further in the one dimension rated both times."),
        ((2, 3, 4), (2, 3, 4), "haben alle Merkmale ihre Stufe gehalten.", "every dimension has kept its level."),
        ((1, 3, 4), (2, 3, 4), "hat noch kein Merkmal eine höhere Stufe erreicht. In einem Merkmal liegt die Stufe niedriger als zu Beginn.", "no dimension has reached a higher level. In one dimension the level is lower than at the start."),
        ((1, 2, 5), (2, 3, 4), "ist Ihr Unternehmen in 1 von 3 Merkmalen mindestens eine Stufe weiter. In 2 Merkmalen liegt die Stufe niedriger als zu Beginn.", "your company is at least one level further in 1 of 3 dimensions. In 2 dimensions the level is lower than at the start."),
    ],
)  # fmt: skip
def test_what_is_said_about_the_change(
    paper: Flask, now: tuple[int, ...], start: tuple[int, ...], german: str, english: str
) -> None:
    values = {"start": T0, "now": T1, "fields": one_field(now, start)}
    assert summary(paper, "de", **values) == (
        f"Seit der ersten Aufnahme im September 2025 {german} {NOTHING_AGREED['de']} {NO_TARGETS['de']}"
    )
    assert summary(paper, "en", **values) == (
        f"Since the first assessment in September 2025 {english} {NOTHING_AGREED['en']} {NO_TARGETS['en']}"
    )


def test_assessments_without_a_common_dimension_are_not_compared(paper: Flask) -> None:
    text = summary(paper, "de", start=T0, now=T1, fields=one_field((2, 3, 4)))
    assert text.startswith(
        "Die beiden Aufnahmen haben kein bewertetes Merkmal gemeinsam und lassen sich nicht vergleichen."
    )


@pytest.mark.parametrize(
    ("targets", "german", "english"),
    [
        ((3, 3, 3, 3, 4), "Der größte Abstand zum Ziel liegt beim Merkmal „D4“.", "The widest gap to the target is in “D4”."),
        ((2, 2, 2, 4, 4), "Die größten Abstände zum Ziel liegen bei den Merkmalen „D3“ und „D4“.", "The widest gaps to the target are in “D3” and “D4”."),
        ((3, 3, 3, 3, 2), "In 4 Merkmalen fehlt bis zum Ziel noch eine Stufe.", "In 4 dimensions one level is missing to the target."),
        ((4, 4, 4, 4, 2), "In 4 Merkmalen fehlen bis zum Ziel noch 2 Stufen.", "In 4 dimensions 2 levels are missing to the target."),
        ((2, 2, 1, 2, None), "Alle vereinbarten Zielstufen sind erreicht.", "All agreed target levels are reached."),
    ],
)  # fmt: skip
def test_what_is_said_about_the_gap_to_the_target(
    paper: Flask, targets: tuple[int | None, ...], german: str, english: str
) -> None:
    found = (field(Field.AI, *(rated(f"d{n}", 2, target=target) for n, target in enumerate(targets))),)
    assert summary(paper, "de", now=T0, fields=found).endswith(f" {german}")
    assert summary(paper, "en", now=T0, fields=found).endswith(f" {english}")


@pytest.mark.parametrize(
    ("levels", "german"),
    [
        ([(3, 3, 3), (2, 2, 2), (1, 1, 1)], "Am weitesten ist das Handlungsfeld A."),
        ([(3, 3, 3), (3, 3, 3), (1, 1, 1)], "Am weitesten sind die Handlungsfelder A und B."),
        ([(3, 3, 3), (3, 3, 3), (3, 3, 3)], None),
        ([(3, 3, 3)], None),
        ([(3, 3, 3), (4, 4)], None),  # two rated dimensions make no score
    ],
)  # fmt: skip
def test_the_field_furthest_along_is_named_only_where_it_stands_out(
    paper: Flask, levels: list[tuple[int, ...]], german: str | None
) -> None:
    found = tuple(
        field(key, *(rated(f"{name}{n}", level) for n, level in enumerate(row)), name=name)
        for key, name, row in zip(Field, "ABCD", levels, strict=False)
    )
    text = summary(paper, "de", now=T0, fields=found)
    assert ("Am weitesten" in text) == (german is not None)
    assert german is None or german in text


@pytest.mark.parametrize(
    ("now", "start", "german", "english"),
    [
        ((), None, "In diesem Handlungsfeld ist noch nichts bewertet.", "Nothing has been rated in this field yet."),
        ((2,), None, "Erst ein Merkmal ist bewertet; einen Wert gibt es ab drei.", "Only one dimension is rated; a score needs three."),
        ((2, 1), None, "Erst 2 Merkmale sind bewertet; einen Wert gibt es ab drei. Am schwächsten ist „D1“ mit Stufe 1.", "Only 2 dimensions are rated; a score needs three. The weakest is “D1” at level 1."),
        ((2, 2, 2), None, "Alle bewerteten Merkmale stehen auf Stufe 2.", "All rated dimensions are at level 2."),
        ((2, 1, 1), (1, 1, 1), "Ein Merkmal hat sich verbessert. Am schwächsten sind „D1“ und „D2“ mit Stufe 1.", "One dimension has improved. The weakest are “D1” and “D2” at level 1."),
        ((2, 3, 4), (1, 2, 4), "2 Merkmale haben sich verbessert. Am schwächsten ist „D0“ mit Stufe 2.", "2 dimensions have improved. The weakest is “D0” at level 2."),
        ((2, 3, 4), (2, 3, 4), "Seit Beginn hat sich kein Merkmal verändert. Am schwächsten ist „D0“ mit Stufe 2.", "No dimension has changed since the start. The weakest is “D0” at level 2."),
        ((2, 3, 4), (3, 2, 4), "Ein Merkmal hat sich verbessert. Ein Merkmal liegt niedriger als zu Beginn. Am schwächsten ist „D0“ mit Stufe 2.", "One dimension has improved. One dimension is lower than at the start. The weakest is “D0” at level 2."),
        ((1, 1, 1, 1, 2), None, "4 Merkmale teilen sich die niedrigste Stufe, 1.", "4 dimensions share the lowest level, 1."),
    ],
)  # fmt: skip
def test_what_a_fields_section_begins_with(
    paper: Flask, now: tuple[int, ...], start: tuple[int, ...] | None, german: str, english: str
) -> None:
    within = report(start=T0 if start else None, now=T1)
    found = one_field(now, start)[0]
    assert finding(paper, "de", found, within) == german
    assert finding(paper, "en", found, within) == english


@pytest.mark.parametrize(
    ("values", "german", "english"),
    [
        ({}, "Nicht bewertet", "Not rated"),
        ({"not_applicable": True}, "Trifft nicht zu", "Not applicable"),
        ({"level": 2, "effective": 2}, "Stufe 2 von 5", "Level 2 of 5"),
        ({"level": 4, "effective": 2, "start": 1, "target": 3, "strength": Strength.CLAIMED}, "Stufe 2 von 5, angegeben 4, Beginn 1, Ziel 3", "Level 2 of 5, claimed 4, start 1, target 3"),
    ],
)  # fmt: skip
def test_a_ladder_in_words(paper: Flask, values: dict[str, Any], german: str, english: str) -> None:
    with force_locale("de"):
        assert sentences.ladder_finding(dimension(**values)) == german
    with force_locale("en"):
        assert sentences.ladder_finding(dimension(**values)) == english


def test_a_radar_in_words(paper: Flask) -> None:
    found = one_field((2, 3, 3))[0]
    with force_locale("de"):
        assert sentences.radar_finding(found) == "KI: Wert 2,7 von 5. D0 2, D1 3 und D2 3."
        assert sentences.radar_finding(one_field((2, 3))[0]) == "KI: noch kein Wert."
    with force_locale("en"):
        assert sentences.radar_finding(found) == "KI: score 2.7 of 5. D0 2, D1 3 and D2 3."


def test_names_are_escaped_and_emphasis_comes_from_our_own_words_alone(paper: Flask) -> None:
    evil = rated("a", 1, target=4)
    lines = [
        replace(evil, name="<script>*x*%(n)s</script>"),
        rated("b", 2, target=3),
        rated("c", 2, target=3),
    ]
    with force_locale("de"):
        text = sentences.summary(report(now=T0, fields=(field(Field.AI, *lines),)))
    assert "„&lt;script&gt;*x*%(n)s&lt;/script&gt;“" in text
    assert text.count("<strong>") == 1
