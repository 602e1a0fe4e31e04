"""`manage.py start`: everything on this one machine, until Ctrl-C."""

import errno
import fcntl
import hashlib
import io
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import BaseCommand, call_command, get_commands
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from core.processes import Together
from core.programs import all_programs, make_folders


class Command(BaseCommand):
    help = (
        "Migrate, load the demo organ into an empty database, and run web server, worker and beat together."
    )
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.prepare_and_run()
        except KeyboardInterrupt:
            # Ctrl-C before the programs run: what was being written is rolled back, and the next start does it again.
            self.say(_("Xiaohao has stopped."))
            sys.exit(130)

    def prepare_and_run(self) -> None:
        """Bring the data up to date, then run the programs until they are stopped."""
        env = settings.ENV
        require_free_port(env.bind_address, env.port)
        with only_one(settings.DATA_DIR / "lock"):
            migrate()
            collect_static_files(settings.DATA_DIR / "static-files.stamp")
            self.load_demo()
            clear_drafts(settings.DATA_DIR / "broker" / "drafts")
            make_folders(settings.DATA_DIR)
            welcome = Welcome(env.bind_address, env.port, self.welcome_text(), say=self.say)
            status = Together(all_programs(env), say=self.say).run(each_round=welcome.once_ready)
        if status:
            sys.exit(status)
        self.say(_("Xiaohao has stopped."))

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def load_demo(self) -> None:
        """Load the demo organ where nobody has worked yet and the environment allows it."""
        if settings.DEMO and "demo" in get_commands() and not get_user_model()._default_manager.exists():
            self.say(_("Loading the demo organ …"))
            call_command("demo", stdout=io.StringIO())

    def welcome_text(self) -> str:
        """Return what is printed once the site answers: the address, and how to sign in."""
        lines = ["", _("Xiaohao runs at %(address)s") % {"address": f"{settings.SITE_URL}/"}, ""]
        if settings.DEMO and "demo" in get_commands():
            sign_ins = io.StringIO()
            call_command("demo", sign_ins=True, stdout=sign_ins)
            lines += [sign_ins.getvalue().rstrip(), ""]
        return "\n".join([*lines, _("Ctrl-C stops it.")])


class Welcome:
    """Says once that the site answers."""

    def __init__(self, address: str, port: int, text: str, *, say: Any) -> None:
        self.address = address
        self.port = port
        self.text = text
        self.say = say
        self.said = False

    def once_ready(self) -> None:
        """Say it as soon as the port takes connections."""
        if self.said:
            return
        try:
            socket.create_connection((reachable(self.address), self.port), timeout=0.5).close()
        except OSError:
            return
        self.said = True
        self.say(self.text)


def reachable(address: str) -> str:
    """Return an address under which what listens on `address` is reached from this machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 (compared, not listened on)


def require_free_port(address: str, port: int) -> None:
    """Refuse with one line when nothing can listen there."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                reason = _(
                    "Port %(port)s is in use. Stop what listens there, or choose another: make run PORT=8001"
                )
            elif error.errno == errno.EACCES:
                reason = _(
                    "Port %(port)s is not open to this user. Choose one above 1023: make run PORT=8000"
                )
            else:
                reason = _("Nothing can listen on %(address)s, port %(port)s (%(error)s)")
            sys.exit(reason % {"address": address, "port": port, "error": error.strerror})


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold a lock on the data folder: two beats would do everything twice."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(
                _(
                    "Xiaohao already runs on the data in %(folder)s. Stop it, or set DATA_DIR to another folder"
                )
                % {"folder": path.parent}
            )
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def migrate() -> None:
    """Bring the database up to date; asking first is quicker than migrating for nothing."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", interactive=False, verbosity=0)


def collect_static_files(stamp: Path) -> None:
    """Build the icon sprite and collect the static files, unless none has changed since the last time."""
    call_command("build_icons", verbosity=0)
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda found: found[0]):
            state = Path(storage.path(path)).stat()
            digest.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    if stamp.exists() and stamp.read_text() == digest.hexdigest() and Path(settings.STATIC_ROOT).is_dir():
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(digest.hexdigest())


def clear_drafts(folder: Path) -> None:
    """Remove messages that were being written or read when the machine went down; the sweeps do their work."""
    for draft in folder.glob("*.msg"):
        draft.unlink(missing_ok=True)
