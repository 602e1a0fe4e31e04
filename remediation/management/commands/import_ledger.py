"""``manage.py import_ledger FILE --title T``: a workbook into a ledger, all or nothing."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from core.clock import today
from core.models import CalendarDay
from core.text import whole_number
from remediation.deadlines import YEARS
from remediation.importing.batches import commit_parsed, counts_of, store_file
from remediation.importing.issues import Issue
from remediation.importing.plan import Plan, build_plan
from remediation.importing.reading import ImportOptions, Parsed, open_workbook, parse_workbook, refusal_kind
from remediation.importing.summary import skipped_words
from remediation.importing.writing import PlanHasErrors

MAX_TITLE = 200
# What is done here about a finding whose remedy is a choice in the preview.
REMEDIES = {
    "unknown_office": _lazy(
        "Write the name as the register has it, or create the office with --create-missing."
    ),
    "unknown_position": _lazy("Write the post as the list has it, or create it with --create-missing."),
    "not_taken_back": _lazy(
        "What they reported stays; an import in the browser can take it back row by row."
    ),
}


class Command(BaseCommand):
    """Import a ledger. Exit 0: written, or a clean dry run. Exit 2: errors, nothing written."""

    help = "Import a ledger from a workbook (.xlsx, .xls, .et, .ods, .csv)"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The flags."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--title", required=True, help="title of the ledger; an existing one is updated")
        parser.add_argument("--year", help="year of deadlines that name none")
        parser.add_argument("--create-missing", action="store_true", help="create unknown offices and posts")
        parser.add_argument(
            "--unfinished-as-basically-completed", action="store_true",
            help="policy of the ledger: items that are not completed count as basically completed",
        )  # fmt: skip
        parser.add_argument("--dry-run", action="store_true", help="check and compare, write nothing")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        parser.add_argument("--rows", action="store_true", help="with --json: every row as read")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read, plan, and write unless there are errors."""
        path: Path = options["file"]
        written = options["year"]
        chosen = ImportOptions(
            title=" ".join(options["title"].split()),
            year=None if written is None else whole_number(str(written)),
            create_missing=options["create_missing"],
            unfinished_as_basically_completed=options["unfinished_as_basically_completed"],
        )
        refusals = _refusals(path, chosen, has_year=written is not None)
        workbook = None
        if not refusals:
            workbook, refusals = open_workbook(path)
        parsed = Parsed(issues=refusals) if workbook is None else parse_workbook(workbook, options=chosen)
        plan = self._run(path, parsed, chosen, dry_run=options["dry_run"])
        self._print(plan, as_json=options["json"], rows=options["rows"], dry_run=options["dry_run"])
        if plan.errors:
            sys.exit(2)

    def _run(self, path: Path, parsed: Parsed, chosen: ImportOptions, *, dry_run: bool) -> Plan:
        has_errors = any(issue.severity == "error" for issue in parsed.issues)
        if dry_run or has_errors:
            return _planned(parsed, chosen)
        batch = store_file(path.name, path.read_bytes(), user=None, options=chosen)
        try:
            plan, _written = commit_parsed(batch, parsed)
        except BaseException as error:
            batch.file.delete(save=False)
            batch.delete()
            if isinstance(error, PlanHasErrors):
                return _planned(parsed, chosen)
            raise
        return plan

    def _print(self, plan: Plan, *, as_json: bool, rows: bool, dry_run: bool) -> None:
        for issue in plan.errors:
            self.stderr.write(_sentence(issue))
        counts = counts_of(plan)
        skipped = dict(
            sum((Counter(sheet.skipped.values()) for sheet in plan.parsed.sheets.values()), Counter())
        )
        if as_json:
            answer: dict[str, Any] = {
                **counts,
                "errors": [_entry(issue) for issue in plan.errors],
                "warnings": [_entry(issue) for issue in plan.warnings],
                "skipped": skipped,
            }
            register = plan.parsed.register
            if rows:
                answer["parsed"] = (
                    [row.row.as_dict(register.offices) for row in plan.rows] if register else []
                )
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        for issue in plan.warnings:
            self.stdout.write(_sentence(issue))
        if plan.errors:
            self.stdout.write(_("{count} errors: nothing was written.").format(count=len(plan.errors)))
            return
        summary = _(
            "{measures} measures of {items} items: {created} new, {updated} changed, "
            "{unchanged} unchanged, {missing} missing from the file."
        )
        self.stdout.write(summary.format(**counts))
        if skipped:
            self.stdout.write(_("Rows passed over: {words}.").format(words=skipped_words(skipped)))
        self.stdout.write(
            _("Checked only: nothing was written.")
            if dry_run
            else _("Written to “{title}”.").format(title=plan.title)
        )


def _refusals(path: Path, chosen: ImportOptions, *, has_year: bool) -> list[Issue]:
    """What is wrong with the arguments, before the file is opened."""
    refusals = []
    if not path.is_file():
        refusals.append(Issue("no_file", details={"path": path}))
    if not chosen.title or len(chosen.title) > MAX_TITLE:
        refusals.append(Issue("bad_title"))
    if has_year and chosen.year not in YEARS:
        refusals.append(Issue("bad_year"))
    return refusals


def _planned(parsed: Parsed, chosen: ImportOptions) -> Plan:
    return build_plan(parsed, options=chosen, today=today(), calendar=CalendarDay.objects.work_calendar())


def _entry(issue: Issue) -> dict[str, Any]:
    return {**issue.as_dict(), "kind": refusal_kind(issue), "message": _message(issue)}


def _sentence(issue: Issue) -> str:
    place, message = issue.place, _message(issue)
    return _("{place}: {message}").format(place=place, message=message) if place else message


def _message(issue: Issue) -> str:
    """Problem and remedy; there is no preview here that could be pointed to."""
    return issue.with_remedy(str(REMEDIES.get(issue.kind, issue.remedy)))
