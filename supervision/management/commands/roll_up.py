"""``manage.py roll_up [--date D] [--json]``: write the completion snapshots of a day."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from core import clock
from core.models import CalendarDay
from supervision.management.commands.send_reminders import day_argument
from supervision.rollup import roll_up


class Command(BaseCommand):
    """Write the completion snapshots of a day: live for today, rebuilt from the history for a day before."""

    help = (
        "Write the completion snapshots of a day: live for today, rebuilt from the history for a day before."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """The day and how to answer."""
        parser.add_argument("--date", metavar="D", help="the day, as 2026-11-25 (default: today)")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it and print how many snapshots there are."""
        day, today = day_argument(options["date"]), clock.today()
        if day > today:
            raise CommandError(
                _("%(day)s has not come yet: there is nothing to count.") % {"day": day.isoformat()}
            )
        written = roll_up(day, today=today, calendar=CalendarDay.objects.work_calendar())
        if options["json"]:
            self.stdout.write(json.dumps({"date": day.isoformat(), "snapshots": written}))
        else:
            self.stdout.write(_("%(day)s: %(count)d snapshots.") % {"day": day.isoformat(), "count": written})
