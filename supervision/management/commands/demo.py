"""``manage.py demo``: the demo organ in an empty database, its sign-ins, and a large synthetic ledger."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from core import clock
from supervision.demo import loading
from supervision.demo.organ import sign_ins, sign_ins_by_role
from supervision.demo.scale import build_scale


class Command(BaseCommand):
    """Load 演示数据; never into a database in which somebody works."""

    help = "Load the demo organ into an empty database, show its sign-ins, or add a large synthetic ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--sign-ins", action="store_true", help="print the demo's accounts and change nothing"
        )
        parser.add_argument("--json", action="store_true", help="print JSON")
        parser.add_argument(
            "--scale",
            type=int,
            metavar="N",
            help="add a synthetic ledger of N measures (for measuring speed)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do one of the three; a refusal is one line."""
        if options["sign_ins"]:
            self.show_sign_ins(as_json=options["json"])
            return
        if not settings.DEMO:
            raise CommandError(
                _("DEMO is off here: no demo data is loaded into an installation that is in use.")
            )
        if options["scale"] is not None and options["scale"] < 1:
            raise CommandError(_("--scale needs a number of measures of 1 or more."))
        loaded = self.load()
        if options["scale"] is not None:
            scaled = build_scale(options["scale"], today=clock.today())
            loaded = {"ledger": scaled.title, "measures": options["scale"]}
            self.stdout.write(
                json.dumps(loaded, ensure_ascii=False)
                if options["json"]
                else _("%(ledger)s: %(measures)d measures added.") % loaded
            )
        elif options["json"]:
            self.stdout.write(json.dumps(loaded, ensure_ascii=False))

    def load(self) -> dict[str, Any]:
        """Load the organ unless it is there; say on stderr what happened, so that JSON on stdout stays JSON."""
        if loading.is_loaded():
            self.stderr.write(_("The demo is loaded already; nothing was changed."))
            return {"loaded": False}
        if not loading.is_empty():
            raise CommandError(
                _("This database is not empty and not a demo: nothing was loaded. Use an empty database.")
            )
        ledgers = loading.load(today=clock.today())
        self.stderr.write(
            _("Demo loaded: %(ledgers)s. The accounts: manage.py demo --sign-ins")
            % {"ledgers": "、".join(ledger.title for ledger in ledgers)}
        )
        return {"loaded": True, "ledgers": [ledger.title for ledger in ledgers]}

    def show_sign_ins(self, *, as_json: bool) -> None:
        """Print who can sign in: JSON by role, or a table of all shown accounts."""
        if not loading.is_loaded():
            # No failure: whoever starts the site asks, and an installation without the demo simply has none.
            self.stderr.write(
                _("The demo is not loaded here, so it has no sign-ins. Load it with manage.py demo")
            )
            if as_json:
                self.stdout.write("{}")
            return
        if as_json:
            by_role = {role: account.as_json() for role, account in sign_ins_by_role().items()}
            self.stdout.write(json.dumps(by_role, ensure_ascii=False, indent=2))
            return
        for account in sign_ins():
            self.stdout.write(f"{account.username:<12} {account.password:<14} {account.name}")
