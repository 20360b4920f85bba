"""Counted tries, shared by all workers and kept over a restart: waiting grows with the failures."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.models import Throttle
from app.errors import TooManyTries

FORGET_AFTER = dt.timedelta(hours=1)
LONGEST_WAIT = dt.timedelta(minutes=15)


def _wait(failures: int, free: int) -> dt.timedelta:
    """How long to wait after so many failures: the first ones are free, then it doubles."""
    if failures < free:
        return dt.timedelta()
    return min(LONGEST_WAIT, dt.timedelta(seconds=2 ** min(failures - free, 10)))


def count_try(session: Session, keys: dict[str, int], now: dt.datetime) -> None:
    """Count a try before it is made, so that many at once cannot slip through.

    Raises TooManyTries while one of the keys (each with its free tries) has to wait; such tries do not count.
    """
    rows = {key: _locked_throttle(session, key, now) for key in sorted(keys)}
    for row in rows.values():
        if now - row.last_at >= FORGET_AFTER:
            row.failures = 0
    longest = max(_left(row, keys[key], now) for key, row in rows.items())
    if longest > dt.timedelta():
        raise TooManyTries(int(longest.total_seconds()) + 1)
    for row in rows.values():
        row.failures, row.last_at = row.failures + 1, max(now, row.last_at)


def _left(row: Throttle, free: int, now: dt.datetime) -> dt.timedelta:
    """How long a key still waits; `now` may lie before the last try, which held the lock meanwhile."""
    wait = _wait(row.failures, free)
    return row.last_at + wait - now if wait else dt.timedelta()


def _locked_throttle(session: Session, key: str, now: dt.datetime) -> Throttle:
    statement = (
        select(Throttle)
        .where(Throttle.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = session.scalar(statement)
    if row is None:
        try:
            with session.begin_nested():
                row = Throttle(key=key, failures=0, last_at=now)
                session.add(row)
        except IntegrityError:  # another worker counted the first try at the same moment
            row = session.scalars(statement).one()
    return row


def forgive_try(session: Session, keys: dict[str, int]) -> None:
    """A success: the narrowest key (the first) is cleared, the others get this one try back.

    Whoever owns one account cannot wipe the count of their address by signing in to it.
    """
    narrowest, *others = keys
    session.execute(delete(Throttle).where(Throttle.key == narrowest))
    session.execute(
        update(Throttle)
        .where(Throttle.key.in_(others), Throttle.failures > 0)
        .values(failures=Throttle.failures - 1)
    )
