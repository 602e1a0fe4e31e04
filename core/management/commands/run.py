"""`manage.py run web`: one program in the foreground, for systemd, Docker Compose or another supervisor."""

import os
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandParser

from core import programs

PROGRAMS = {"web": programs.web, "worker": programs.worker, "beat": programs.beat}


class Command(BaseCommand):
    help = "Run one program in the foreground: web, worker or beat. SIGTERM stops it in good order."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("program", choices=sorted(PROGRAMS))

    def handle(self, *args: Any, **options: Any) -> None:
        programs.make_folders(settings.DATA_DIR)
        command = PROGRAMS[options["program"]](settings.ENV).command
        # In place of this process, so that signals reach the program itself.
        os.execv(command[0], list(command))  # noqa: S606 (no shell is wanted)
