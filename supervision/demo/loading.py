"""Loading the demo: into an empty database only, all of it or nothing."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from accounts.models import Office, User
from core.models import CalendarDay
from remediation.models import Ledger
from supervision.demo.inspection import build_inspection
from supervision.demo.organ import build_organ
from supervision.demo.plan import build_plan


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
    return [inspection, plan]
