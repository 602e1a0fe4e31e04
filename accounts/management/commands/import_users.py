"""``manage.py import_users FILE``: accounts from a workbook; initial passwords are printed once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from accounts.importing.account_plan import AccountsPlan, account_rows, plan_accounts
from accounts.importing.accounts import AccountsChanged, AccountsImported, AccountsWrong, commit_accounts
from accounts.importing.tables import Issue, unopened
from core.workbooks.reading import WorkbookRefused, read_workbook


class Command(BaseCommand):
    help = (
        "Read accounts (姓名, 账号, 处室, 角色, 职务) from a workbook. "
        "New ones get an initial password, printed here once. "
        "Roles wait for the security administrator unless --grant-roles is given. "
        "The same file twice changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what would change, write nothing")
        parser.add_argument(
            "--grant-roles",
            action="store_true",
            help="grant the roles of the file at once, in place of the security administrator (told to the audit log)",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        grant_roles = options["grant_roles"]
        try:
            rows, issues = account_rows(read_workbook(options["file"]))
        except WorkbookRefused as refusal:
            rows, issues = {"accounts": []}, [Issue("", None, None, refusal.code, "", str(refusal))]
        except OSError:
            rows, issues = {"accounts": []}, [unopened(options["file"])]
        plan = plan_accounts(rows, issues, with_requests=not grant_roles)
        done = None
        if not plan.errors and not options["dry_run"]:
            try:
                done = commit_accounts(
                    rows, grant_roles=grant_roles, via="manage.py", file_name=options["file"].name
                )
            except (AccountsWrong, AccountsChanged) as error:
                raise CommandError(
                    _("The accounts were changed meanwhile. Run it again."), returncode=2
                ) from error
        if options["json"]:
            self.stdout.write(json.dumps(as_json(plan, done), ensure_ascii=False))
        else:
            self.tell(plan, done)
        if plan.errors:
            for issue in plan.errors:
                self.stderr.write(issue.as_line())
            raise CommandError(_("Nothing was written."), returncode=2)

    def tell(self, plan: AccountsPlan, done: AccountsImported | None) -> None:
        """Print counts, passwords and what comes next."""
        self.stdout.write(
            _("%(label)s: %(new)s new, %(changed)s changed, %(unchanged)s unchanged, %(wrong)s wrong")
            % {"label": _("Accounts"), **plan.counts(plan.accounts)}
        )
        if plan.errors:
            return
        if done is None:
            self.stdout.write(_("Nothing was written: this was a dry run."))
            return
        if done.passwords:
            self.stdout.write(_("Initial passwords, shown this once:"))
            for one in done.passwords:
                self.stdout.write("\t".join((one.username, one.password, one.name, one.office)))
        if done.roles_asked_for:
            self.stdout.write(
                _("%(count)s roles wait for the security administrator.") % {"count": done.roles_asked_for}
            )
        if done.roles_granted:
            self.stdout.write(_("%(count)s roles granted.") % {"count": done.roles_granted})


def as_json(plan: AccountsPlan, done: AccountsImported | None) -> dict[str, Any]:
    """What ``--json`` prints."""
    counts = plan.counts(plan.accounts)
    passwords = {one.username: one.password for one in done.passwords} if done is not None else {}
    return {
        "rows": len(plan.accounts),
        "created": counts["new"],
        "updated": counts["changed"],
        "unchanged": counts["unchanged"],
        "committed": done is not None,
        "accounts": [
            {
                "name": one.name,
                "username": one.username,
                "outcome": one.outcome.value,
                "initial_password": passwords.get(one.username),
            }
            for one in plan.accounts
        ],
        "roles_asked_for": done.roles_asked_for if done is not None else plan.asks_for_roles,
        "roles_granted": done.roles_granted if done is not None else 0,
        "errors": [issue.as_json() for issue in plan.errors],
    }
