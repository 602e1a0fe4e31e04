"""``manage.py ledger_totals TITLE --json``: the figures that a ledger's document states, computed from the rows."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from accounts.models import Office
from core.clock import today
from core.models import CalendarDay
from remediation.counting.ledgers import ledger_totals
from remediation.counting.measures import lead_and_assisting
from remediation.importing.target import ledger_of_title
from remediation.lights import LightRule
from remediation.states import DutyRole


class Command(BaseCommand):
    """Print the totals of a ledger."""

    help = "Totals of a ledger: key problems, items by kind, measures, and on request the offices"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The flags."""
        parser.add_argument("title")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--by-office", action="store_true", help="add the measures of each office")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count and print."""
        ledger = ledger_of_title(options["title"])
        if ledger is None:
            raise CommandError(
                _("There is no ledger “{title}”.").format(title=options["title"]), returncode=2
            )
        rule = LightRule.build(today(), CalendarDay.objects.work_calendar())
        answer: dict[str, Any] = {
            name: totals.as_dict() for name, totals in ledger_totals(ledger, rule).items()
        }
        if options["by_office"]:
            counted = lead_and_assisting(ledger, rule)
            offices = (
                Office.objects.filter(pk__in=counted).order_by("order", "pk").prefetch_related("aliases")
            )
            answer["offices"] = {
                office.name_in(ledger.year): {
                    str(role): {
                        "total": counted[office.pk][role].total,
                        "completed": counted[office.pk][role].completed,
                    }
                    for role in DutyRole
                }
                for office in offices
            }
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        for name, totals in answer.items():
            if name != "offices":
                self.stdout.write(f"{name}: " + ", ".join(f"{key} {value}" for key, value in totals.items()))
        for name, roles in answer.get("offices", {}).items():
            parts = (f"{role} {counts['completed']}/{counts['total']}" for role, counts in roles.items())
            self.stdout.write(f"{name}: " + ", ".join(parts))
