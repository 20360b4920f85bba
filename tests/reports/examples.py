"""Reports to test with, made from the real maturity model and an invented firm."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from app.coaching.models import Side, VisitKind
from app.fields import Field
from app.maturity.models import AssessmentKind
from app.maturity.scoring import Rating, Strength, field_change, field_score
from app.reports.progress import (
    Appointment,
    AssessmentCard,
    CentreCard,
    CommitmentLine,
    CompanyCard,
    DimensionResult,
    FieldResult,
    MeasureLine,
    Person,
    ProgressReport,
    VisitLine,
)
from app.roadmap.drafting import Horizon
from app.roadmap.models import MeasureStatus, OwnerSide

SEEDS = Path(__file__).resolve().parents[2] / "seeds" / "reference"
T0 = AssessmentCard("A-0001", AssessmentKind.T0, dt.date(2025, 9, 22))
T1 = AssessmentCard("A-0014", AssessmentKind.T1, dt.date(2026, 11, 18))
START = "1211211201200101011210"  # a level per dimension, in the model's order
TODAY = "2222312322211102122211"
STRENGTHS = [Strength.SEEN, Strength.DOCUMENTED, Strength.MEASURED, Strength.SEEN, Strength.CLAIMED]


@cache
def model() -> dict[str, Any]:
    """The maturity model of the reference data."""
    data: dict[str, Any] = yaml.safe_load((SEEDS / "maturity_model.yaml").read_text(encoding="utf-8"))
    return data


def dimension(key: str = "order", **values: Any) -> DimensionResult:
    """One dimension with as little as needed."""
    return DimensionResult(**{"key": key, "name": key.title(), "short": key.title()} | values)


def field(key: Field, *dimensions: DimensionResult, name: str = "") -> FieldResult:
    """A field whose score, change and weakest follow from its dimensions."""
    now = [Rating(d.key, d.level, d.strength, d.not_applicable) for d in dimensions]
    then = [Rating(d.key, d.start, Strength.TAKEN_OVER) for d in dimensions]
    score = field_score(now)
    return FieldResult(
        field=key,
        name=name or key.value.title(),
        dimensions=dimensions,
        score=score.mean,
        change=field_change(then, now).difference,
        target_score=field_score([Rating(d.key, d.target, Strength.SEEN) for d in dimensions]).mean,
        weakest=score.weakest,
    )


def rated(key: str, level: int, start: int | None = None, target: int | None = None) -> DimensionResult:
    """A dimension seen at this level."""
    return dimension(key, level=level, effective=level, start=start, target=target, strength=Strength.SEEN)


def report(language: str = "de", **values: Any) -> ProgressReport:
    """An issued report without content."""
    empty = ProgressReport(
        language=language,
        as_of=dt.date(2026, 11, 21),
        begins_on=dt.date(2025, 9, 22),
        company=CompanyCard("U-0001", "Warnow Präzisionsteile GmbH", "Rostock"),
        centre=CentreCard(
            name="Transformationszentrum Musterküste",
            address=("Kröpeliner Straße 12", "18055 Rostock"),
            email="kontakt@musterkueste.example",
            phone="+49 381 555010",
            website="www.musterkueste.example",
            funding_notice="Gefördert vom Land Mecklenburg-Vorpommern aus Mitteln der Europäischen Union.",
        ),
        coach=Person("Anke Krüger", "Coachin", "anke.krueger@musterkueste.example", "+49 381 555011"),
        number="FB-2026-0117",
        issued_on=dt.date(2026, 11, 21),
        model_version=model()["version"],
    )
    return replace(empty, **values)


def realistic(language: str = "de", **values: Any) -> ProgressReport:
    """A firm after fourteen months: two assessments, eleven visits, nine measures."""
    full: dict[str, Any] = {
        "start": T0,
        "now": T1,
        "fields": _fields(language),
        "visits": _visits(),
        "measures": _measures(language),
        "commitments": (
            CommitmentLine(
                "Angebot zur Maschinendatenerfassung prüfen",
                Side.CENTRE,
                dt.date(2026, 11, 18),
                "Anke Krüger",
                late=True,
            ),
            CommitmentLine(
                "Energieverbrauch 2025 je Energieträger liefern",
                Side.COMPANY,
                dt.date(2026, 11, 28),
                "Martina Semmler",
            ),
            CommitmentLine(
                "Abwärmenutzung am Kompressor rechnen", Side.CENTRE, dt.date(2026, 12, 4), "Anke Krüger"
            ),
        ),
        "next_visit": Appointment(
            dt.datetime(2026, 12, 3, 9, 0, tzinfo=ZoneInfo("Europe/Berlin")),
            VisitKind.ON_SITE,
            "T1-Aufnahme, Halle 2",
        ),
    }
    return report(language, **(full | values))


def _fields(language: str) -> tuple[FieldResult, ...]:
    place, found = 0, []
    for entry in model()["fields"]:
        lines = []
        for d in entry["dimensions"]:
            level, start = int(TODAY[place]), int(START[place])
            strength = STRENGTHS[place % len(STRENGTHS)]
            lines.append(
                DimensionResult(
                    key=d["key"],
                    name=d["name"][language],
                    short=d["short"][language] if "short" in d else "",
                    level=4 if d["key"] == "it_ot_security" else level,
                    effective=2 if d["key"] == "it_ot_security" else level,
                    start=start,
                    target=min(level + 1 + (place % 5 == 3), 4),
                    criterion=d["levels"][level][language],
                    strength=Strength.CLAIMED if d["key"] == "it_ot_security" else strength,
                )
            )
            place += 1
        if entry["key"] == "automation":
            reason = (
                "Fertigung ohne Handhabung: nur Endlosmaterial"
                if language == "de"
                else "No handling: continuous material"
            )
            lines[2] = replace(
                lines[2],
                level=None,
                effective=None,
                start=None,
                target=None,
                criterion="",
                strength=None,
                not_applicable=True,
                reason=reason,
            )
        found.append(field(Field(entry["key"]), *lines, name=entry["name"][language]))
    return tuple(found)


def _visits() -> tuple[VisitLine, ...]:
    subjects = [
        (
            "Rundgang Halle 1, Datenerfassung an den Drehzentren 3–8",
            VisitKind.ON_SITE,
            135,
            Field.DIGITALIZATION,
        ),
        ("Rüstworkshop an der Engpassmaschine ausgewertet", VisitKind.WORKSHOP, 180, Field.AUTOMATION),
        ("Lastgang und Energierechnungen gesichtet", VisitKind.REMOTE, 60, Field.DECARBONIZATION),
        ("Bildprüfung: 200 Teile im Labor beim Partner", VisitKind.DEMONSTRATION, 240, Field.AI),
        ("Roadmap vereinbart", VisitKind.ON_SITE, 120, None),
        ("", VisitKind.PHONE, 20, None),
        ("Netzplan der Fertigung besprochen", VisitKind.REMOTE, 75, Field.DIGITALIZATION),
        ("Druckluft: Leckagemessung Halle 2", VisitKind.ON_SITE, 150, Field.DECARBONIZATION),
        ("Rüstworkshop (SMED) an der Engpassmaschine", VisitKind.WORKSHOP, 210, Field.AUTOMATION),
        ("Ergebnis der ersten Aufnahme vorgestellt", VisitKind.ON_SITE, 100, None),
        ("Erste Reifegradaufnahme", VisitKind.ON_SITE, 240, None),
    ]
    lines = []
    for place, (subject, kind, minutes, main) in enumerate(subjects):
        on = dt.date(2026, 11, 18) - dt.timedelta(days=39 * place)
        agreed: tuple[CommitmentLine, ...] = ()
        if place == 0:
            agreed = (
                CommitmentLine(
                    "Energieverbrauch 2025 je Energieträger liefern",
                    Side.COMPANY,
                    dt.date(2026, 11, 28),
                    "Martina Semmler",
                ),
                CommitmentLine(
                    "Abwärmenutzung am Kompressor rechnen", Side.CENTRE, dt.date(2026, 12, 4), "Anke Krüger"
                ),
            )
        elif place % 3 != 2:
            agreed = (
                CommitmentLine(
                    "Protokoll und Fotos der Umrüstung senden",
                    Side.CENTRE,
                    on + dt.timedelta(days=7),
                    "Anke Krüger",
                    on + dt.timedelta(days=5),
                ),
            )
        lines.append(
            VisitLine(f"V-{40 - place:04}", on, kind, minutes, (main,) if main else (), subject, agreed)
        )
    return tuple(lines)


def _measures(language: str) -> tuple[MeasureLine, ...]:
    names = {
        m["key"]: m["name"][language]
        for m in yaml.safe_load((SEEDS / "measures.yaml").read_text(encoding="utf-8"))["measures"]
    }
    rows: list[tuple[str, Field, MeasureStatus, Horizon, OwnerSide, dt.date | None]] = [
        ("smed", Field.AUTOMATION, MeasureStatus.DONE, Horizon.NOW, OwnerSide.COMPANY, dt.date(2026, 11, 12)),
        (
            "five_s_storage",
            Field.AUTOMATION,
            MeasureStatus.DONE,
            Horizon.NOW,
            OwnerSide.COMPANY,
            dt.date(2026, 6, 30),
        ),
        (
            "time_study_pilot",
            Field.AUTOMATION,
            MeasureStatus.DONE,
            Horizon.NOW,
            OwnerSide.BOTH,
            dt.date(2026, 3, 15),
        ),
        (
            "order_process_map",
            Field.DIGITALIZATION,
            MeasureStatus.DONE,
            Horizon.NOW,
            OwnerSide.CENTRE,
            dt.date(2026, 5, 4),
        ),
        (
            "scan_booking",
            Field.AUTOMATION,
            MeasureStatus.RUNNING,
            Horizon.NOW,
            OwnerSide.BOTH,
            dt.date(2027, 1, 31),
        ),
        (
            "digital_gauges",
            Field.AUTOMATION,
            MeasureStatus.RUNNING,
            Horizon.NOW,
            OwnerSide.COMPANY,
            dt.date(2026, 11, 15),
        ),
        (
            "digital_roadmap",
            Field.DIGITALIZATION,
            MeasureStatus.PLANNED,
            Horizon.SOON,
            OwnerSide.BOTH,
            dt.date(2027, 2, 28),
        ),
        (
            "vision_test",
            Field.AI,
            MeasureStatus.PLANNED,
            Horizon.SOON,
            OwnerSide.CENTRE,
            dt.date(2027, 2, 28),
        ),
        (
            "inqa_coaching",
            Field.DECARBONIZATION,
            MeasureStatus.PLANNED,
            Horizon.LATER,
            OwnerSide.COMPANY,
            None,
        ),
        ("cobot_demo", Field.AUTOMATION, MeasureStatus.NOT_NOW, Horizon.LATER, OwnerSide.COMPANY, None),
    ]
    return tuple(
        MeasureLine(
            f"M-{place:04}",
            names[key],
            on,
            status,
            horizon,
            side,
            owner="Martina Semmler" if side is OwnerSide.COMPANY else "",
            due_on=due,
            done_on=due if status is MeasureStatus.DONE else None,
            reason="Halle wird 2027 umgebaut" if status is MeasureStatus.NOT_NOW else "",
            result="Rüstzeit von 48 auf 21 Minuten, gemessen über 10 Vorgänge" if key == "smed" else "",
            late=status is MeasureStatus.RUNNING and due == dt.date(2026, 11, 15),
        )
        for place, (key, on, status, horizon, side, due) in enumerate(rows, start=1)
    )
