"""Loading the demo: into an empty database only, all of it or nothing."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from accounts.models import Office, User
from core.models import CalendarDay
from core.workdays import ONE_DAY, WorkCalendar
from remediation.models import Ledger
from supervision import delivery, reminders
from supervision.demo.inspection import build_inspection
from supervision.demo.organ import build_organ
from supervision.demo.plan import build_plan
from supervision.planning import plan as plan_reminders
from supervision.rollup import roll_up_ledger
from supervision.trend import month_ends, week_ends


def is_loaded() -> bool:
    """Whether the demo is in this database."""
    return Ledger.objects.filter(is_demo=True).exists()


def is_empty() -> bool:
    """Whether nobody has put anything into this database."""
    return not (Office.objects.exists() or User.objects.exists() or Ledger.objects.exists())


def load(*, today: date) -> list[Ledger]:
    """Write the demo organ and its two ledgers, laid around ``today``; return the ledgers, the main one first."""
    calendar = CalendarDay.objects.work_calendar()
    with transaction.atomic():
        organ = build_organ()
        # The plan first: the newest ledger is the one that pages open with.
        plan = build_plan(organ, today=today, calendar=calendar)
        inspection = build_inspection(organ, today=today, calendar=calendar)
        for ledger in (inspection, plan):
            roll_up_past(ledger, today=today, calendar=calendar)
        remind(today, calendar=calendar)
    return [inspection, plan]


def roll_up_past(ledger: Ledger, *, today: date, calendar: WorkCalendar) -> None:
    """Write the snapshots of the ends of weeks and months since the import, of yesterday and of today."""
    days = {*month_ends(today), *week_ends(today), today - ONE_DAY, today}
    if ledger.started_on is not None:
        days = {day for day in days if day >= ledger.started_on}
    for day in sorted(days):
        roll_up_ledger(ledger.pk, day, today=today, calendar=calendar)


def remind(today: date, *, calendar: WorkCalendar) -> None:
    """Make the reminders of the last working day and put the messages in; mail is left to the worker."""
    day = calendar.last_on_or_before(today)
    reminders.begin(day)
    for part in reminders.portions(plan_reminders(day, calendar).digests):
        reminders.write(day, part)
    reminders.finish(day)
    delivery.deliver_in_site(calendar=calendar, day=day)
