"""What the tests of reminders share: a calendar, days, and a small organ with people whom mail can reach."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from accounts.models import Office, User
from accounts.roles import Role
from core.models import CalendarDay
from core.workdays import WorkCalendar
from remediation.models import Item, Ledger
from supervision.reminders import Outcome, send_reminders
from tests.ledgers import make_item, make_ledger, make_office
from tests.people import make_user

# A Monday in weeks without holidays, so that working days are Mondays to Fridays.
MONDAY = date(2026, 11, 23)


def calendar() -> WorkCalendar:
    """The calendar in force."""
    return CalendarDay.objects.work_calendar()


def workday(distance: int, *, day: date = MONDAY) -> date:
    """The deadline that stands at ``distance`` (signed working days) on ``day``: -5 is due in five working days."""
    return calendar().add(day, -distance)


def run(day: date = MONDAY, *, dry_run: bool = False) -> Outcome:
    """Make and send the reminders of a day."""
    return send_reminders(day, calendar=calendar(), dry_run=dry_run)


@dataclass
class Organ:
    """An organ with two offices: a clerk and a head with addresses, a clerk without, a supervision officer."""

    root: Office
    office: Office
    other: Office
    clerk: User
    head: User
    other_clerk: User
    supervisor: User
    ledger: Ledger
    item: Item


def make_organ() -> Organ:
    """The organ with one empty item of one ledger."""
    root = make_office("市卫生健康委", kind="organ")
    office = make_office("医政医管处", parent=root)
    other = make_office("规划信息处", parent=root)
    ledger = make_ledger("整改台账")
    return Organ(
        root,
        office,
        other,
        clerk=make_user(Role.CLERK, office=office, username="clerk", email="clerk@example.cn"),
        head=make_user(Role.OFFICE_HEAD, office=office, username="head", email="head@example.cn"),
        other_clerk=make_user(Role.CLERK, office=other, username="other_clerk"),
        supervisor=make_user(Role.SUPERVISION_OFFICE, office=root, username="supervisor"),
        ledger=ledger,
        item=make_item(ledger, number="12"),
    )
