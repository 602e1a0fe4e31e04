"""What the worker does by the clock: reminders of a day, the roll-up of today, rebuilding a past day.

Each round is a process of its own and another day, so that it writes as it would for the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from io import StringIO
from typing import Any

from benchmarks.apart import Outcome, Span, apart, timed
from benchmarks.results import Measurement
from benchmarks.site import Site

HERE = "benchmarks.lines.jobs"
LARGE_ROWS = 500_000
GOAL_SECONDS, LARGE_GOAL_SECONDS = 5, 30
ROUNDS = 3
# The synthetic ledger was imported 120 days ago.
PAST_DAYS = 30


def measure(site: Site) -> Iterator[Measurement]:
    """The three jobs."""
    from core.clock import today
    from core.models import CalendarDay
    from remediation.models import Ledger

    # The synthetic ledger is made without reminders.
    Ledger.objects.filter(pk=site.ledger.pk).update(reminders_on=True)
    calendar, day = CalendarDay.objects.work_calendar(), today()
    ahead = (day + timedelta(days=number) for number in range(1000))
    workdays = (one for one in ahead if calendar.is_workday(one))
    past = (day - timedelta(days=number) for number in range(PAST_DAYS, 110))
    yield job(site, "reminders of a day", "send_reminders", workdays, "open_rows")
    yield job(site, "roll-up of today", "roll_up", iter([day] * 100), "grouped_rows")
    yield job(site, "rebuilding a past day", "roll_up", past, "past_rows")


def job(site: Site, case: str, command: str, days: Iterator[date], floor: str) -> Measurement:
    """One job beside the raw read of the rows that it is about."""
    rounds = min(ROUNDS, site.rounds)
    product: list[Outcome] = []
    plain: list[Outcome] = []
    for _round in range(rounds):
        day = next(days).isoformat()
        product.append(apart(f"{HERE}:run_command", command=command, day=day))
        plain.append(apart(f"{HERE}:{floor}", day=day))
    large = site.rows >= LARGE_ROWS
    return Measurement(
        **site.measured("job", case, "s"),
        product=[one.seconds for one in product],
        floor=[one.seconds for one in plain],
        floor_words="a raw read of the same rows",
        goal=LARGE_GOAL_SECONDS if large else GOAL_SECONDS,
        queries=max(one.queries for one in product),
        peak_mb=max(one.peak_mb for one in product),
        floor_peak_mb=max(one.peak_mb for one in plain),
    )


# -- in a process of its own ------------------------------------------------------------------------------------------


def run_command(command: str, day: str) -> Span:
    """The management command of a job."""
    from django.core.management import call_command

    with timed() as span:
        call_command(command, "--date", day, stdout=StringIO(), stderr=StringIO())
    return span


def read_all(sql: str, values: list[Any]) -> Span:
    """Fetch every row of a statement."""
    from django.db import connection

    with timed() as span, connection.cursor() as cursor:
        cursor.execute(sql, values)
        cursor.fetchall()
    return span


def open_rows(day: str) -> Span:
    """What a reminder needs of every open measure with a date, and who answers for it."""
    return read_all(
        """
        SELECT m.id, m.ledger_id, m.watch_date, i.round, d.office_id, d.role
        FROM remediation_measure m JOIN remediation_item i ON i.id = m.item_id
        JOIN remediation_ledger l ON l.id = m.ledger_id
        JOIN remediation_measureoffice d ON d.measure_id = m.id
        WHERE m.is_open AND l.reminders_on AND l.archived_at IS NULL AND m.watch_date <= %s
        """,
        [(date.fromisoformat(day) + timedelta(days=20)).isoformat()],
    )


def grouped_rows(day: str) -> Span:
    """Everything that a snapshot counts, by ledger and office: one group-by."""
    return read_all(
        """
        SELECT m.ledger_id, d.office_id, d.role, m.status, m.workflow_state, m.is_long_term, m.is_open, m.watch_date,
               m.first_due_date < %s, count(*), sum(m.percent)
        FROM remediation_measure m JOIN remediation_measureoffice d ON d.measure_id = m.id
        WHERE m.is_counted GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9
        """,
        [day],
    )


def past_rows(day: str) -> Span:
    """The last event of every measure by that day."""
    return read_all(
        """
        SELECT e.measure_id, e.item_id, e.status_after, e.percent_after, e.workflow_state_after, e.is_long_term_after,
               e.first_due_after, e.due_after, e.review_after, e.lead_after, e.assisting_after
        FROM remediation_itemevent e JOIN (
            SELECT max(id) AS id FROM remediation_itemevent
            WHERE occurred_on <= %s AND status_after IS NOT NULL GROUP BY measure_id
        ) last ON last.id = e.id
        """,
        [day],
    )
