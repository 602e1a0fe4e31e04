"""``manage.py import_offices FILE``: the organ's register of offices and leaders' posts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.importing.office_plan import plan_register
from accounts.importing.offices import RegisterChanged, RegisterWrong, commit_register
from accounts.importing.register_plan import RegisterPlan, register_rows
from accounts.importing.tables import Issue, unopened
from core import clock
from core.workbooks.reading import WorkbookRefused, read_workbook


class Command(BaseCommand):
    help = "Read offices (机构) and leaders' posts (领导职务) from a workbook. The same file twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change, write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        today = clock.today()
        try:
            rows, issues = register_rows(read_workbook(options["file"]))
        except WorkbookRefused as refusal:
            rows, issues = (
                {"offices": [], "positions": []},
                [Issue("", None, None, refusal.code, "", str(refusal))],
            )
        except OSError:
            rows, issues = {"offices": [], "positions": []}, [unopened(options["file"])]
        plan = plan_register(rows, issues, today=today)
        committed = False
        if not plan.errors and not options["dry_run"]:
            try:
                plan = commit_register(rows, today=today, via="manage.py", file_name=options["file"].name)
            except (RegisterWrong, RegisterChanged) as error:
                raise CommandError(
                    _("The register was changed meanwhile. Run it again."), returncode=2
                ) from error
            else:
                committed = True
        self.tell(plan, committed=committed, as_json=options["json"])

    def tell(self, plan: RegisterPlan, *, committed: bool, as_json: bool) -> None:
        """Print what happened; exit code 2 with every error on stderr."""
        offices, positions = plan.counts(plan.offices), plan.counts(plan.positions)
        if as_json:
            answer = {
                "rows": len(plan.rows),
                "created": offices["new"] + positions["new"],
                "updated": offices["changed"] + positions["changed"],
                "unchanged": offices["unchanged"] + positions["unchanged"],
                "offices": offices,
                "positions": positions,
                "committed": committed,
                "errors": [issue.as_json() for issue in plan.errors],
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
        else:
            for label, counts in ((_("Offices"), offices), (_("Leaders’ posts"), positions)):
                self.stdout.write(
                    _("%(label)s: %(new)s new, %(changed)s changed, %(unchanged)s unchanged, %(wrong)s wrong")
                    % {"label": label, **counts}
                )
        if plan.errors:
            for issue in plan.errors:
                self.stderr.write(issue.as_line())
            raise CommandError(_("Nothing was written."), returncode=2)
        if not as_json:
            self.stdout.write(_("Written.") if committed else _("Nothing was written: this was a dry run."))
