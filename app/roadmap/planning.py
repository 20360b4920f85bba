"""The verbs of a roadmap: draft it from the gaps, add and move measures, agree it with the company."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.companies.models import Company
from app.errors import RuleBroken
from app.maturity.models import Target
from app.maturity.results import Result
from app.maturity.scoring import effective_levels
from app.roadmap import queries
from app.roadmap.drafting import Draft, Horizon, Proposal, draft
from app.roadmap.models import (
    CatalogueMeasure,
    Measure,
    MeasureKind,
    MeasureStatus,
    OwnerSide,
    RoadmapAgreement,
)

# When a measure of a horizon is to be done by default, in days from its planning.
DUE_IN_DAYS = {Horizon.NOW: 60, Horizon.SOON: 120, Horizon.LATER: 300}
OWNER_OF_KIND = {
    MeasureKind.COACHING: OwnerSide.BOTH,
    MeasureKind.TRAINING: OwnerSide.COMPANY,
    MeasureKind.DEMONSTRATION: OwnerSide.CENTRE,
    MeasureKind.INVESTMENT: OwnerSide.COMPANY,
}


def draft_for(
    result: Result,
    targets: Mapping[str, Target],
    catalogue: Sequence[CatalogueMeasure],
    measures: Sequence[Measure],
) -> Draft[Any]:
    """What the catalogue offers for the gaps that the roadmap does not close yet."""
    keys = {m.catalogue_id for m in measures if m.status is not MeasureStatus.DROPPED}
    offers: Sequence[Any] = catalogue  # mypy does not see through Mapped[] in a protocol
    return draft(
        effective_levels(row.rating for row in result.rows),
        {key: target.level for key, target in targets.items()},
        {key: target.importance for key, target in targets.items()},
        offers,
        {c.key for c in catalogue if c.id in keys},
    )


def take_up(
    session: Session, company: Company, proposal: Proposal[Any], position: int, today: dt.date
) -> Measure:
    """Put a proposed measure on the roadmap, with the factors that its priority came from."""
    entry, factors = proposal.measure, proposal.factors
    measure = Measure(
        number=queries.new_measure_number(session),
        company_id=company.id,
        catalogue_id=entry.id,
        field=entry.field,
        dimension_key=entry.dimension_key,
        title=dict(entry.name),
        from_level=proposal.start_level,
        to_level=proposal.end_level,
        factors={
            "importance": factors.importance,
            "gap": factors.gap,
            "effect": factors.effect,
            "effort_class": factors.effort_class,
            "after": list(proposal.after),
        },
        kind=entry.kind,
        owner_side=OWNER_OF_KIND[entry.kind],
        due_on=today + dt.timedelta(days=DUE_IN_DAYS[proposal.horizon]),
        coach_days=entry.coach_days,
        company_days=entry.company_days,
        cost_band=entry.cost_band,
        horizon=proposal.horizon,
        position=position,
    )
    session.add(measure)
    session.flush()
    return measure


def agree(
    session: Session,
    company: Company,
    measures: Sequence[Measure],
    targets: Mapping[str, Target],
    user: User,
    day: dt.date,
    agreed_with: str,
    today: dt.date,
) -> RoadmapAgreement:
    """Fix the roadmap as agreed with somebody of the company: proposed measures become planned."""
    if day > today:
        raise RuleBroken(
            "agreement.future",
            _l("An agreement cannot be dated in the future."),
            field="agreed_on",
            value=day,
            limit=today,
            way_out=_l("Take today or an earlier day."),
        )
    live = [m for m in measures if m.status is not MeasureStatus.DROPPED]
    if not live:
        raise RuleBroken(
            "agreement.empty",
            _l("There is no measure to agree on yet."),
            way_out=_l("Draft the roadmap from the gaps or add a measure."),
        )
    for measure in live:
        measure.agreed_on = measure.agreed_on or day
        if measure.status is MeasureStatus.PROPOSED:
            measure.status = MeasureStatus.PLANNED
    agreement = RoadmapAgreement(
        company_id=company.id,
        agreed_on=day,
        agreed_with=agreed_with,
        user_id=user.id,
        snapshot={
            "measures": [_kept(m) for m in live],
            "targets": {key: [t.level, t.importance] for key, t in targets.items()},
        },
    )
    session.add(agreement)
    session.flush()
    return agreement


def _kept(measure: Measure) -> dict[str, Any]:
    return {
        "number": measure.number,
        "title": measure.title,
        "status": measure.status.value,
        "horizon": measure.horizon.value,
        "due_on": measure.due_on.isoformat() if measure.due_on else None,
        "owner_side": measure.owner_side.value,
    }
