"""``manage.py send_reminders [--date D] [--dry-run] [--json]``: make and send the reminders of a day."""

from __future__ import annotations

import json
import sys
from contextlib import redirect_stdout
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from core import clock
from core.models import CalendarDay
from supervision.reminders import send_reminders


def day_argument(text: str | None) -> date:
    """The day that was asked for, today where none was; raises ``CommandError`` for anything but a date."""
    if text is None:
        return clock.today()
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(_("“%(text)s” is not a date such as 2026-11-25.") % {"text": text}) from None


class Command(BaseCommand):
    """Make and send the reminders of a working day; safe to run again."""

    help = "Make and send the reminders of a working day; running it again makes nothing twice."

    def add_arguments(self, parser: CommandParser) -> None:
        """The day, a dry run, and how to answer."""
        parser.add_argument("--date", metavar="D", help="the day, as 2026-11-25 (default: today)")
        parser.add_argument("--dry-run", action="store_true", help="only count; write and send nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run it and print the outcome."""
        day = day_argument(options["date"])
        calendar = CalendarDay.objects.work_calendar()
        # The demo prints its mail; what the command answers stands alone on the standard output.
        with redirect_stdout(sys.stderr):
            outcome = send_reminders(
                day,
                calendar=calendar,
                dry_run=options["dry_run"],
                # Whoever names a day asks for the stages of that day.
                catch_up=options["date"] is None,
            )
        if options["json"]:
            self.stdout.write(json.dumps(outcome.as_dict()))
            return
        if not calendar.is_workday(day):
            self.stdout.write(_("%(day)s is no working day: nobody is reminded.") % {"day": day.isoformat()})
            return
        self.stdout.write(
            _(
                "%(date)s: %(due_soon)d due soon and %(overdue)d overdue measures reach a stage, for %(recipients)d "
                "persons; %(created)d reminders made, %(sent)d digests sent."
            )
            % outcome.as_dict()
        )
