"""From a parsed deadline to the dates that a measure keeps: the working date of 立行立改, the review date of 长期坚持.

Pure. Source: product text 3 (立行立改 is the ledger's start plus n working days by policy) and 2, state 3 (a long-term
measure without a date is lit by its review date).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from core.workdays import WorkCalendar
from remediation.deadlines import Deadline
from remediation.states import DeadlineKind


def months_after(day: date, months: int) -> date:
    """The same day ``months`` later; the last of the month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def working_date(
    deadline: Deadline, *, start: date, immediate_workdays: int, calendar: WorkCalendar
) -> date | None:
    """The date that ``deadline`` is watched by: its own, or ``immediate_workdays`` after ``start`` for 立行立改."""
    if deadline.date is not None:
        return deadline.date
    if deadline.kind == DeadlineKind.IMMEDIATE:
        return calendar.add(start, immediate_workdays)
    return None


def review_date(*, is_long_term: bool, due_date: date | None, since: date, review_months: int) -> date | None:
    """When a long-term measure without a date is looked at next; nothing for any other."""
    if not is_long_term or due_date is not None:
        return None
    return months_after(since, review_months)
