"""Celery tasks: wake-ups only. What there is to do stands in the database, and each of them is safe to run twice."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from celery import shared_task
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from core import clock
from core.clock import midnight
from core.models import CalendarDay
from core.workdays import WorkCalendar
from supervision import delivery, reminders, rollup
from supervision.models import ReminderRun

# After this long without a sign of life a run of reminders is taken over.
RUN_SECONDS = 600


@shared_task
def send_reminders(day: str | None = None) -> None:
    """Make and send the reminders of ``day`` (ISO; default today, from the organ's hour on)."""
    if day is None and not is_time(clock.now()):
        # A message that lay in a stalled queue over midnight: today's own follows at its hour.
        return
    wanted = clock.today() if day is None else date.fromisoformat(day)
    reminders.send_reminders(wanted, calendar=CalendarDay.objects.work_calendar())


@shared_task
def roll_up(day: str | None = None) -> None:
    """The nightly roll-up, or that of one ``day`` (ISO)."""
    today, calendar = clock.today(), CalendarDay.objects.work_calendar()
    if day is None:
        rollup.roll_up_night(today, calendar=calendar)
    else:
        rollup.roll_up(date.fromisoformat(day), today=today, calendar=calendar)


@shared_task
def sweep() -> None:
    """Whatever a lost message or a dead worker left behind: changed figures, unfinished reminders, unsent digests."""
    today, calendar = clock.today(), CalendarDay.objects.work_calendar()
    rollup.roll_up_changes(today, calendar=calendar)
    delivery.expire_mail(today)
    for day in runs_to_take_up(clock.now(), calendar=calendar):
        reminders.send_reminders(day, calendar=calendar)
    delivery.deliver(calendar=calendar)


def is_time(now: datetime) -> bool:
    """Whether the organ's hour of the day has come."""
    return timezone.localtime(now).time() >= settings.REMIND_AT


def runs_to_take_up(now: datetime, *, calendar: WorkCalendar) -> list[date]:
    """Days whose reminders were begun today and not finished, and today itself when its hour passed without a run.

    Each is claimed by a conditional UPDATE: of several sweeps at once one gets it. Earlier days are left alone, their
    stages are caught up by today's run.
    """
    today = timezone.localdate(now)
    due = calendar.is_workday(today) and is_time(now)
    if due and not ReminderRun.objects.filter(day=today).exists():
        ReminderRun.objects.bulk_create([ReminderRun(day=today, created_at=now)], ignore_conflicts=True)
    stale = Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - timedelta(seconds=RUN_SECONDS))
    unfinished = ReminderRun.objects.filter(stale, finished_at__isnull=True, created_at__gte=midnight(today))
    return [
        day
        for day in unfinished.values_list("day", flat=True)
        if unfinished.filter(day=day).update(claimed_at=now)
    ]
