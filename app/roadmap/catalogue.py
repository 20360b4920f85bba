"""The catalogue of measures as it stands in seeds/reference/measures.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

MEASURES_FILE = Path(__file__).parents[2] / "seeds" / "reference" / "measures.yaml"


class CostBand(StrEnum):
    """External cost to the company before funding, in euros."""

    A = "A"  # up to 1,000, own time only
    B = "B"  # 1,000 – 5,000
    C = "C"  # 5,000 – 20,000
    D = "D"  # 20,000 – 100,000
    E = "E"  # over 100,000


@dataclass(frozen=True)
class CatalogueEntry:
    """A measure that can be proposed: from which level, up to which one, with what effort."""

    key: str
    field: str
    dimension_key: str
    from_level: int
    to_level: int
    kind: str
    coach_days: int
    company_days: int
    cost_band: CostBand
    name: Mapping[str, str]
    benefit: Mapping[str, str]
    requires: Mapping[str, int]
    core: bool = True
    hint: Mapping[str, str] | None = None

    @property
    def days(self) -> int:
        """Days of coach and company together."""
        return self.coach_days + self.company_days


@dataclass(frozen=True)
class Catalogue:
    """All entries of one version, with the names of kinds and cost bands."""

    version: str
    entries: tuple[CatalogueEntry, ...]
    kinds: Mapping[str, Mapping[str, str]]
    cost_bands: Mapping[str, Mapping[str, str]]


@cache
def seed_catalogue() -> Catalogue:
    """The catalogue the product comes with."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one is several times quicker
    data = yaml.load(MEASURES_FILE.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    return Catalogue(
        version=str(data["version"]),
        entries=tuple(_entry(row) for row in data["measures"]),
        kinds=data["kinds"],
        cost_bands=data["cost_bands"],
    )


def _entry(row: dict[str, Any]) -> CatalogueEntry:
    days = row["effort_days"]
    return CatalogueEntry(
        key=row["key"],
        field=row["field"],
        dimension_key=row["dimension"],
        from_level=row["from_level"],
        to_level=row["to_level"],
        kind=row["kind"],
        coach_days=days["coach"],
        company_days=days["company"],
        cost_band=CostBand(row["cost_band"]),
        name=row["name"],
        benefit=row["benefit"],
        requires=row.get("requires") or {},
        core=row["core"],
        hint=row.get("hint"),
    )
