"""The demo's calendar: working days around today, and coaches who are in one place at a time."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from zoneinfo import ZoneInfo

DAY = dt.timedelta(days=1)
BETWEEN = dt.timedelta(minutes=45)  # from one appointment to the next
LOOK_AHEAD = 30  # days in which a coach finds a time
STARTS = tuple(dt.time(*clock) for clock in ((8, 0), (9, 0), (9, 30), (10, 0), (13, 0), (13, 30), (14, 30)))
_HOLIDAYS = frozenset({(1, 1), (3, 8), (5, 1), (10, 3), (10, 31), (12, 24), (12, 25), (12, 26), (12, 31)})


@cache
def _moving_holidays(year: int) -> frozenset[dt.date]:
    """Good Friday, Easter Monday, Ascension and Whit Monday (Easter by the Gregorian computus)."""
    a, b, c = year % 19, *divmod(year, 100)
    d, e = divmod(b, 4)
    h = (19 * a + b - d - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    i, k = divmod(c, 4)
    s = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * s) // 451
    month, day = divmod(h + s - 7 * m + 114, 31)
    easter = dt.date(year, month, day + 1)
    return frozenset(easter + offset * DAY for offset in (-2, 1, 39, 50))


def is_working_day(day: dt.date) -> bool:
    """Monday to Friday, no holiday of Mecklenburg-Vorpommern, not Christmas or New Year's Eve."""
    free = (day.month, day.day) in _HOLIDAYS or day in _moving_holidays(day.year)
    return day.weekday() < 5 and not free


class Calendar:
    """Days relative to today, and the coaches' appointments."""

    def __init__(self, today: dt.date, zone: ZoneInfo) -> None:
        self.today, self.zone = today, zone
        self._taken: dict[str, list[tuple[dt.datetime, dt.datetime]]] = defaultdict(list)

    def day(self, offset: int) -> dt.date:
        """The working day so many days from today; one that is not lies farther from today."""
        day = self.today + offset * DAY
        step = DAY if offset > 0 else -DAY
        while not is_working_day(day):
            day += step
        return day

    def on_or_after(self, day: dt.date) -> dt.date:
        """That day, or the next working day."""
        while not is_working_day(day):
            day += DAY
        return day

    def offset(self, day: dt.date) -> int:
        """How many days from today, negative before."""
        return (day - self.today).days

    def past(self, day: dt.date) -> bool:
        """Whether the day is over: the demo has a past until yesterday."""
        return day < self.today

    def moment(self, day: dt.date, clock: dt.time | str) -> dt.datetime:
        """A time of day at the centre."""
        time = dt.time.fromisoformat(clock) if isinstance(clock, str) else clock
        return dt.datetime.combine(day, time, self.zone).astimezone(dt.UTC)

    def book(self, coach: str, day: dt.date, minutes: int) -> dt.datetime:
        """A free time of the coach on that day, else soon after; what is past stays past."""
        for one in self._around(day):
            first = (one.toordinal() * 5 + minutes // 15) % len(STARTS)
            for clock in (*STARTS[first:], *STARTS[:first]):
                start = self.moment(one, clock)
                if self.take(coach, start, minutes):
                    return start
        raise LookupError(f"{coach} has no time around {day}")

    def _around(self, day: dt.date) -> Iterator[dt.date]:
        later = (day + n * DAY for n in range(LOOK_AHEAD))
        yield from (one for one in later if is_working_day(one) and self.past(one) == self.past(day))
        if self.past(day):
            yield from (one for n in range(1, LOOK_AHEAD) if is_working_day(one := day - n * DAY))

    def take(self, coach: str, start: dt.datetime, minutes: int) -> bool:
        """Put an appointment into the coach's calendar unless it is taken then."""
        end = start + dt.timedelta(minutes=minutes)
        taken = self._taken[coach]
        if any(start < other_end + BETWEEN and other < end + BETWEEN for other, other_end in taken):
            return False
        taken.append((start, end))
        return True
