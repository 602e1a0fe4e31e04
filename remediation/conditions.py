"""Conditions on measures that a figure counts and a list filters by: one Q for both, so that they stay equal."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, cast

from django.db.models import Q

from core.workdays import WorkCalendar
from remediation.models import MeasureOffice
from remediation.states import CompletionStatus, DutyRole

MAIN_LEAD = "main"  # 主牵头: the first named of the lead offices


def newly_red(today: date, *, days: int) -> Q:
    """Red now, and turned red within the last ``days`` days, today included: 新红 with 7 (product text 9.4)."""
    return Q(is_open=True, watch_date__lt=today, watch_date__gte=today - timedelta(days=days))


def due_within(today: date, calendar: WorkCalendar, *, workdays: int) -> Q:
    """Open, and due today or within the next ``workdays`` working days; overdue ones are not in it."""
    return Q(is_open=True, watch_date__gte=today, watch_date__lte=calendar.last_within(today, workdays))


def first_due_passed(today: date) -> Q:
    """The first deadline has passed: the numerator of 序时进度 (product text 9.1)."""
    return Q(first_due_date__lt=today)


def not_completed() -> Q:
    """未完成: not completed, whatever the light."""
    return ~Q(status=CompletionStatus.COMPLETED.value)


def without_lead_office() -> Q:
    """Nobody leads it."""
    return Q(has_lead=False)


def answered_for_by(office_ids: Iterable[int], *, role: str | None = None, **copied: Any) -> Q:
    """One of the offices answers for it: as ``lead``, ``assisting``, ``main`` (主牵头), or in any role.

    ``copied`` narrows by what the duties hold of their measure, and so on an index (``MeasureOffice``).
    """
    duties = MeasureOffice.objects.filter(office__in=list(office_ids), **copied)
    if role == MAIN_LEAD:
        duties = duties.filter(role=DutyRole.LEAD, rank=0)
    elif role is not None:
        duties = duties.filter(role=role)
    return Q(pk__in=duties.order_by().values("measure"))


def holds_word(word: str, *fields: str) -> Q:
    """One of ``fields`` holds ``word``, whatever the case of its letters."""
    # Chinese knows no case, and comparing without it costs PostgreSQL three times as much.
    lookup = "contains" if word.lower() == word.upper() else "icontains"
    found = Q()
    for field in fields:
        found |= Q(**{f"{field}__{lookup}": word})
    return found


def reached(condition: Q, prefix: str) -> Q:
    """``condition`` on measures, seen from a row that leads to them by ``prefix`` (``measure__``)."""
    if not prefix:
        return condition
    there = Q(_connector=condition.connector, _negated=condition.negated)
    there.children = [
        (f"{prefix}{child[0]}", child[1]) if isinstance(child, tuple) else reached(cast("Q", child), prefix)
        for child in condition.children
    ]
    return there
