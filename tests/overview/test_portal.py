"""The portal's sentences and choices: made from the data, right in every case, in both languages."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale

from app.accounts.models import User
from app.coaching.models import Commitment, Side, VisitKind, VisitStatus
from app.companies.models import Contact
from app.fields import Field
from app.filters import day_short
from app.maturity.models import Answer, Assessment, Dimension
from app.maturity.results import Result, result_of
from app.maturity.scoring import Strength
from app.overview import portal
from app.overview.queries_portal import Meeting
from app.roadmap.drafting import Horizon
from app.roadmap.models import Measure, MeasureStatus, OwnerSide
from app.roadmap.queries import Progress

TODAY = dt.date(2026, 11, 21)
NOTHING = Progress(0, 0, 0)
QUIET = portal.Support(0, 0, None)
ROWS = [(field, n) for field in Field for n in range(3)]  # three dimensions a field


def dimensions() -> list[Dimension]:
    return [
        Dimension(
            id=uuid.uuid4(),
            field=field,
            key=f"{field.value}{n}",
            position=i,
            name={"de": f"{field.value.upper()}-{n}", "en": f"{field.value.upper()}-{n}"},
            levels=[{"de": str(level), "en": str(level)} for level in range(6)],
        )
        for i, (field, n) in enumerate(ROWS)
    ]


def result(now: str, start: str | None = None, targets: dict[str, int] | None = None) -> Result:
    """A result from one level per dimension ("x": not rated), field by field."""
    known = dimensions()

    def answers(levels: str) -> dict[str, Answer]:
        return {
            d.key: Answer(level=int(level), strength=Strength.SEEN, not_applicable=False)
            for d, level in zip(known, levels, strict=True)
            if level != "x"
        }

    first = Assessment(assessed_on=dt.date(2026, 9, 22)) if start else None
    shown = Assessment(assessed_on=dt.date(2026, 11, 18))
    return result_of(shown, known, answers(now), first, answers(start) if start else None, targets)


def said(
    app: Flask,
    now: Result | None,
    progress: Progress = NOTHING,
    support: portal.Support = QUIET,
    lang: str = "de",
) -> str:
    with app.test_request_context(), force_locale(lang):
        return str(portal.headline(now, progress, support, TODAY))


def measure(title: str = "Rüstwagen", **values: Any) -> Measure:
    values = {
        "id": uuid.uuid4(),
        "number": "M-0001",
        "status": MeasureStatus.PLANNED,
        "agreed_on": TODAY,
        "horizon": Horizon.NOW,
        "position": 0,
        "field": Field.AI,
        "owner_side": OwnerSide.COMPANY,
        "dimension_key": "",
        "due_on": None,
        **values,
    }
    return Measure(title={"de": title, "en": title}, **values)


def commitment(text: str, due: int | None, side: Side = Side.COMPANY, **values: Any) -> Commitment:
    on = None if due is None else TODAY + dt.timedelta(days=due)
    return Commitment(id=uuid.uuid4(), text=text, side=side, due_on=on, **values)


def meeting(at: dt.datetime, status: VisitStatus = VisitStatus.PLANNED, minutes: int = 60) -> Meeting:
    return Meeting(status, VisitKind.ON_SITE, at, minutes, uuid.uuid4())


def test_the_headline_counts_what_has_risen_since_the_start(app: Flask) -> None:
    now = result("211211211211", "111111111111")
    assert said(app, now) == (
        "Sie sind seit September in <strong>4 von 12 Merkmalen</strong> eine Stufe weiter."
    )
    assert said(app, now, lang="en") == (
        "Since September you are one level further in <strong>4 of 12 dimensions</strong>."
    )


def test_two_levels_at_once_are_at_least_one(app: Flask) -> None:
    assert said(app, result("311111111111", "111111111111")) == (
        "Sie sind seit September in <strong>1 von 12 Merkmalen</strong> mindestens eine Stufe weiter."
    )


def test_only_dimensions_rated_both_times_are_compared(app: Flask) -> None:
    assert "<strong>1 von 2 Merkmalen</strong>" in said(app, result("212222222222", "11xxxxxxxxxx"))
    alone = said(app, result("333222222111", "xxxxxxxxxxxx"))
    assert alone == (
        "Am weitesten sind Sie in <strong>Automatisierung</strong>, "
        "am meisten zu gewinnen ist in <strong>Dekarbonisierung</strong>."
    )


@pytest.mark.parametrize(
    ("now", "progress", "sentence"),
    [
        (
            "111111111111",
            Progress(4, 1, 9),
            (
                "Sie haben seit September <strong>4 von 9 Maßnahmen</strong> erledigt; "
                "eine höhere Stufe steht noch aus."
            ),
        ),
        ("111111111111", NOTHING, "Seit September hat jedes Merkmal seine Stufe gehalten."),
        ("011111111111", NOTHING, "Seit September hat noch kein Merkmal eine höhere Stufe erreicht."),
    ],
)
def test_without_a_risen_level_the_headline_says_what_is_true(
    app: Flask, now: str, progress: Progress, sentence: str
) -> None:
    assert said(app, result(now, "111111111111"), progress) == sentence


@pytest.mark.parametrize(
    ("levels", "sentence"),
    [
        ("333333111222", "Am weitesten sind Sie in <strong>Automatisierung und Digitalisierung</strong>"),
        ("111111111111", "In <strong>Automatisierung, Digitalisierung, KI und Dekarbonisierung</strong>"),
        ("3xxxxxxxxxxx", "<strong>1 von 12 Merkmalen</strong> ist bewertet."),
        ("33xxxxxxxxx1", "<strong>3 von 12 Merkmalen</strong> sind bewertet."),
    ],
)
def test_the_first_assessment_names_what_stands_out_if_anything_does(
    app: Flask, levels: str, sentence: str
) -> None:
    assert said(app, result(levels)).startswith(sentence)


def test_before_the_first_assessment_the_headline_says_what_comes(app: Flask) -> None:
    assert said(app, None) == "Zuerst nehmen wir gemeinsam auf, <strong>wo Sie stehen</strong>."
    soon = portal.Support(0, 0, meeting(dt.datetime(2026, 12, 3, 8, tzinfo=dt.UTC)))
    assert said(app, None, support=soon) == (
        "Am <strong>Donnerstag, 3. Dezember</strong> nehmen wir gemeinsam auf, wo Sie stehen."
    )
    assert "<strong>Thursday 3 December</strong>" in said(app, None, support=soon, lang="en")


@pytest.mark.parametrize(
    ("on", "name"),
    [
        (dt.date(2026, 11, 2), "November"),
        (dt.date(2026, 1, 31), "Januar"),
        (dt.date(2025, 12, 31), "Dezember 2025"),
        (dt.date(2025, 11, 30), "November 2025"),
    ],
)
def test_a_month_gets_its_year_when_its_name_alone_could_mean_another(
    app: Flask, on: dt.date, name: str
) -> None:
    with app.test_request_context(), force_locale("de"):
        assert portal.month(on, TODAY) == name


def stands(app: Flask, now: Result, *steps: portal.Step) -> str:
    with app.test_request_context(), force_locale("de"):
        return str(portal.standing(now, steps))


def test_the_standing_names_the_strongest_field_and_the_widest_gap_with_what_helps(app: Flask) -> None:
    now = result("222111111111", "111111111111", {"ai1": 3, "ai2": 2})
    step = portal.Step(
        uuid.uuid4(),
        "KI-Werkstatt",
        TODAY + dt.timedelta(days=7),
        "",
        "M-1",
        MeasureStatus.PLANNED,
        dimension_key="ai1",
    )
    with app.test_request_context(), force_locale("de"):
        by = day_short(step.due_on)
    assert stands(app, now, step) == (
        "Am weitesten ist die <strong>Automatisierung</strong>. "
        "Der größte Abstand zum Ziel liegt bei <strong>„AI-1“</strong>. "
        f"Dort ist bis {by} „KI-Werkstatt“ geplant."
    )


def test_many_equal_gaps_are_counted_and_none_is_called_the_widest(app: Flask) -> None:
    now = result("111111111111", None, {f"ai{n}": 2 for n in range(3)} | {"automation0": 2})
    assert stands(app, now) == "In <strong>4 Merkmalen</strong> fehlt eine Stufe zum Ziel."


def test_no_targets_and_reached_targets_are_said_so(app: Flask) -> None:
    assert stands(app, result("111111111111")) == "Zielstufen sind noch nicht vereinbart."
    assert stands(app, result("2" * 12, None, {"ai0": 2})) == "Alle vereinbarten Zielstufen sind erreicht."


def test_what_people_typed_cannot_carry_markup(app: Flask) -> None:
    now = result("1" * 12, None, {"ai0": 3})
    step = portal.Step(
        uuid.uuid4(), "<script>*x*", None, "", "M-1", MeasureStatus.PLANNED, dimension_key="ai0"
    )
    assert "„&lt;script&gt;*x*“" in stands(app, now, step)


def test_next_are_own_promises_and_own_waiting_measures_soonest_first(app: Flask) -> None:
    soon = [
        measure("geplant", due_on=TODAY + dt.timedelta(days=5)),
        measure("läuft", due_on=TODAY + dt.timedelta(days=5), status=MeasureStatus.RUNNING),
        measure("ohne Termin"),
        measure("gemeinsam", due_on=TODAY, owner_side=OwnerSide.BOTH),
        measure("vom Zentrum", due_on=TODAY, owner_side=OwnerSide.CENTRE),
        measure("erledigt", due_on=TODAY, status=MeasureStatus.DONE),
        measure("jetzt nicht", due_on=TODAY, status=MeasureStatus.NOT_NOW),
    ]
    promises = [
        commitment("überfällig", -3, contact=Contact(first_name="Henning", last_name="Voss")),
        commitment("unsere", -9, Side.CENTRE),
        commitment("zusage", 5),
    ]
    with app.test_request_context():
        steps = portal.next_steps(soon, promises)
    assert [step.title for step in steps] == [
        "überfällig", "gemeinsam", "zusage", "läuft", "geplant", "ohne Termin",
    ]  # fmt: skip
    assert (steps[0].who, steps[0].is_measure, steps[1].is_measure) == ("Henning Voss", False, True)


def test_shared_are_agreed_measures_that_still_stand() -> None:
    measures = [measure(status.value, status=status) for status in MeasureStatus]
    measures.append(measure("never agreed", agreed_on=None))
    assert [m.title["de"] for m in portal.shared(measures)] == ["planned", "running", "done", "not_now"]


def test_support_counts_done_sessions_and_finds_the_next() -> None:
    now = dt.datetime(2026, 11, 21, 12, tzinfo=dt.UTC)
    day = dt.timedelta(days=1)
    missed, coming = meeting(now - day), meeting(now + 2 * day)
    done = [meeting(now - n * day, VisitStatus.DONE, 75) for n in (9, 5)]
    assert portal.support_of([*done, missed, coming, meeting(now + 9 * day)], now) == portal.Support(
        2, 150, coming
    )


@pytest.mark.parametrize(
    ("progress", "sentence"),
    [
        (Progress(1, 0, 1), "<strong>Die vereinbarte Maßnahme</strong> ist erledigt."),
        (Progress(9, 0, 9), "<strong>Alle 9 Maßnahmen</strong> sind erledigt."),
        (Progress(1, 0, 9), "<strong>1 von 9</strong> Maßnahmen ist erledigt."),
        (Progress(4, 2, 9), "<strong>4 von 9</strong> Maßnahmen sind erledigt, 2 laufen."),
        (Progress(0, 1, 2), "<strong>0 von 2</strong> Maßnahmen sind erledigt, eine läuft."),
    ],
)
def test_the_roadmap_in_one_line(app: Flask, progress: Progress, sentence: str) -> None:
    with app.test_request_context(), force_locale("de"):
        assert str(portal.roadmap_line(progress)) == sentence


@pytest.mark.parametrize(
    ("salutation", "german", "english"),
    [
        ("ms", "Guten Tag, Frau Semmler", "Good day, Ms Semmler"),
        ("mr", "Guten Tag, Herr Semmler", "Good day, Mr Semmler"),
        ("", "Guten Tag, Kim Semmler", "Good day, Kim Semmler"),
    ],
)
def test_people_are_greeted_as_they_want_to_be(
    app: Flask, salutation: str, german: str, english: str
) -> None:
    user = User(first_name="Kim", last_name="Semmler", salutation=salutation)
    for lang, text in (("de", german), ("en", english)):
        with app.test_request_context(), force_locale(lang):
            assert portal.greeting(user) == text


def test_german_knows_coachin_and_coach(app: Flask) -> None:
    titles = {}
    for lang in ("de", "en"):
        with app.test_request_context(), force_locale(lang):
            titles[lang] = [portal.coach_title(User(salutation=s)) for s in ("ms", "mr", "")]
    assert titles == {
        "de": ["Ihre Coachin", "Ihr Coach", "Ihr Coach"],
        "en": ["Your coach", "Your coach", "Your coach"],
    }
