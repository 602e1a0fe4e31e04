"""Which stage a deadline has reached on a day: a pure rule over the ledger's policy and the calendar (product text 5).

A stage is the signed number of working days from the deadline: -5 is five working days before it, 0 the last working
day on or before it (still due soon), 1 the first working day after it. A deadline on a rest day therefore counts from
the working day before. Stages are reached on working days only.

For SQL the rule is turned round: on a given working day the deadlines that stand at a stage are a range of dates
(``due_range``), so what has reached a stage is found by an indexed condition and not by walking over rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from core.workdays import ONE_DAY, WorkCalendar

FIRST_OVERDUE_STAGE = 1


def is_overdue(stage: int) -> bool:
    """Whether a stage lies after the deadline."""
    return stage >= FIRST_OVERDUE_STAGE


@dataclass(frozen=True)
class StagePolicy:
    """The stages of a ledger, in working days; hashable, so that ledgers of one policy are asked for together."""

    before: tuple[int, ...] = (10, 5, 1)
    on_due_day: bool = True
    overdue_from: int = 1
    overdue_every: int = 5

    @classmethod
    def of(
        cls, *, before: Iterable[int], on_due_day: bool, overdue_from: int, overdue_every: int
    ) -> StagePolicy:
        """The policy of stored values; what stands twice or is no positive number is left out."""
        return cls(
            tuple(sorted({days for days in before if days > 0})), on_due_day, overdue_from, overdue_every
        )

    @property
    def due_soon(self) -> tuple[int, ...]:
        """The stages up to the deadline, the nearest to it first: 0, -1, -5, -10."""
        return (*((0,) if self.on_due_day else ()), *(-days for days in sorted(self.before)))

    def latest(self, distance: int) -> int | None:
        """The last stage that a deadline at ``distance`` (signed working days) has reached, if it has reached one.

        Of all the stages passed it is the only one that is ever reminded of: an import, or days on which nothing ran,
        are caught up by one reminder.
        """
        if distance >= self.overdue_from:
            return distance - (distance - self.overdue_from) % self.overdue_every
        return next((stage for stage in self.due_soon if stage <= distance), None)

    def is_stage(self, distance: int) -> bool:
        """Whether a deadline at ``distance`` stands exactly at a stage."""
        return self.latest(distance) == distance


def distance(due: date, *, today: date, calendar: WorkCalendar) -> int:
    """Signed working days from the deadline to ``today``, which is a working day."""
    return calendar.between(due, today)


def stage_on(today: date, due: date, *, policy: StagePolicy, calendar: WorkCalendar) -> int | None:
    """The stage that ``due`` reaches on ``today``, or ``None``; never one on a rest day."""
    if not calendar.is_workday(today):
        return None
    here = distance(due, today=today, calendar=calendar)
    return here if policy.is_stage(here) else None


def due_range(stage: int, *, today: date, calendar: WorkCalendar) -> tuple[date, date]:
    """The first and the last deadline that stand at ``stage`` on ``today`` (a working day): ``distance`` inverted."""
    first = calendar.add(today, -stage)
    return first, calendar.add(today, 1 - stage) - ONE_DAY


@dataclass(frozen=True)
class DueRange:
    """The deadlines from ``first`` to ``last`` (both included), whose latest stage is ``stage``."""

    stage: int
    first: date
    last: date


def due_soon_ranges(
    policy: StagePolicy, *, today: date, since: date, calendar: WorkCalendar
) -> Iterator[DueRange]:
    """The deadlines still ahead that reached a stage between ``since`` and ``today`` (working days), by latest stage.

    ``since`` is today when nothing was missed. The ranges do not overlap: a deadline that passed two stages meanwhile
    is in that of the later one.
    """
    ahead = today
    for stage in policy.due_soon:
        _, last = due_range(stage, today=today, calendar=calendar)
        first, _ = due_range(stage, today=since, calendar=calendar)
        first = max(first, ahead)
        if first <= last:
            yield DueRange(stage, first, last)
        ahead = max(ahead, last + ONE_DAY)


def overdue_until(policy: StagePolicy, *, today: date, calendar: WorkCalendar) -> date:
    """The last deadline that has reached the policy's first overdue stage by ``today`` (a working day)."""
    return due_range(policy.overdue_from, today=today, calendar=calendar)[1]
