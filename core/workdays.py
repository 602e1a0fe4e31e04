"""Working days of the People's Republic of China, counted from an editable table of exceptional days.

Pure: no database and no clock. ``core.models.CalendarDay`` keeps the exceptional days and builds a ``WorkCalendar``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class WorkCalendar:
    """Answers every question about working days.

    ``exceptions`` maps a date to whether it is worked; a date that is not in it is worked from Monday to Friday.
    ``years`` are the years whose arrangement has been entered; for any other year the Monday-to-Friday rule stands
    alone and ``covers`` tells the page to say so (domain notes, section 6).
    """

    exceptions: Mapping[date, bool] = field(default_factory=dict)
    years: frozenset[int] = frozenset()

    # Sorted exceptional dates that differ from the weekday rule, so that counting is arithmetic and not a walk.
    _extra_workdays: list[date] = field(init=False, repr=False, compare=False)
    _extra_rest_days: list[date] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        extra_work = sorted(day for day, worked in self.exceptions.items() if worked and day.weekday() >= 5)
        extra_rest = sorted(
            day for day, worked in self.exceptions.items() if not worked and day.weekday() < 5
        )
        object.__setattr__(self, "_extra_workdays", extra_work)
        object.__setattr__(self, "_extra_rest_days", extra_rest)

    def covers(self, year: int) -> bool:
        """Whether the arrangement of ``year`` has been entered."""
        return year in self.years

    def is_workday(self, day: date) -> bool:
        """Whether ``day`` is worked."""
        exceptional = self.exceptions.get(day)
        return day.weekday() < 5 if exceptional is None else exceptional

    def between(self, start: date, end: date) -> int:
        """Working days after ``start`` up to and including ``end``; negative when ``end`` is earlier."""
        if end < start:
            return -self.between(end, start)
        weekdays = _weekdays_through(end) - _weekdays_through(start)
        made_up = bisect_right(self._extra_workdays, end) - bisect_right(self._extra_workdays, start)
        rested = bisect_right(self._extra_rest_days, end) - bisect_right(self._extra_rest_days, start)
        return weekdays + made_up - rested

    def last_on_or_before(self, day: date) -> date:
        """The last working day on or before ``day``: where a deadline on a rest day is counted from."""
        while not self.is_workday(day):
            day -= ONE_DAY
        return day

    def first_on_or_after(self, day: date) -> date:
        """The first working day on or after ``day``."""
        while not self.is_workday(day):
            day += ONE_DAY
        return day

    def add(self, start: date, workdays: int) -> date:
        """The ``workdays``-th working day after ``start``, which itself is not counted (Civil Code 201).

        ``workdays`` may be negative (counted backwards) or 0 (``start`` itself, worked or not).
        """
        step = ONE_DAY if workdays > 0 else -ONE_DAY
        day, left = start, abs(workdays)
        while left:
            day += step
            left -= self.is_workday(day)
        return day

    def last_within(self, today: date, workdays: int) -> date:
        """The last calendar day whose distance from ``today`` is at most ``workdays`` working days (0 or more).

        It is the day before the next working day after that, so rest days that follow belong to it.
        """
        return self.add(today, workdays + 1) - ONE_DAY


def _weekdays_through(day: date) -> int:
    """Mondays to Fridays from the first day of the calendar up to and including ``day``."""
    weeks, rest = divmod(day.toordinal(), 7)  # ordinal 1 is a Monday
    return weeks * 5 + min(rest, 5)
