"""``manage.py create_administrators``: the three separate first accounts of a real installation, once."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.granting import give_role
from accounts.people import administrators_exist, create_account, username_taken
from accounts.roles import Role

ADMINISTRATORS = {
    Role.SYS_ADMIN: "sysadmin",
    Role.SEC_ADMIN: "secadmin",
    Role.AUDIT_ADMIN: "auditadmin",
}


class Command(BaseCommand):
    help = (
        "Make the accounts sysadmin, secadmin and auditadmin with initial passwords, printed once. "
        "Three different people should have them. Refuses when there is an administrator already."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            if administrators_exist():
                raise CommandError(
                    _(
                        "There are administrators already, nothing was made. "
                        "They keep accounts and roles in the browser."
                    ),
                    returncode=2,
                )
            taken = [name for name in ADMINISTRATORS.values() if username_taken(name)]
            if taken:
                raise CommandError(
                    _("The sign-in %(names)s is taken by another account; nothing was made.")
                    % {"names": "、".join(taken)},
                    returncode=2,
                )
            made = {role: self.make(role, username) for role, username in ADMINISTRATORS.items()}
        if options["json"]:
            answer = {
                role.value: {"username": ADMINISTRATORS[role], "password": password}
                for role, password in made.items()
            }
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        self.stdout.write(_("Initial passwords, shown this once; each is changed at the first sign-in:"))
        for role, password in made.items():
            self.stdout.write("\t".join((ADMINISTRATORS[role], password, str(role.label))))

    def make(self, role: Role, username: str) -> str:
        """Make one account with its one role; return the initial password."""
        user, password = create_account(username=username, display_name=str(role.label), via="manage.py")
        give_role(user, role, via="manage.py")
        return password
