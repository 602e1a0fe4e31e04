"""Several programs as one: started together, stopped together in order, none left behind.

Own code where a process manager would do less well: honcho signals everything at once, so that the children of a
Celery worker die under their parent, which then waits for ever; supervisord takes the closing of a terminal as an
order to restart, and stays when a program cannot start at all.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

from django.utils.translation import gettext as _

POLL_SECONDS = 0.1
# A program that ends within this time after its start did not start properly.
SETTLED_SECONDS = 10.0
# So many bad starts in a row, and everything is stopped.
BAD_STARTS = 3
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, and how long it may take to end once it has been asked to."""

    name: str
    command: Sequence[str]
    grace_seconds: float = 10.0


@dataclass
class Running:
    """A started program."""

    program: Program
    process: subprocess.Popen[bytes]
    started_at: float
    bad_starts: int = 0


class Together:
    """Runs programs until a signal comes or one of them cannot be kept running.

    Each program leads a session of its own: Ctrl-C in the terminal reaches this process alone, which then asks each
    program by SIGTERM, the last one listed first to start and first listed first to stop, and asks only the program,
    not its children. A second signal stops everything at once.
    """

    def __init__(self, programs: Sequence[Program], *, say: Callable[[str], None]) -> None:
        self.programs = programs
        self.say = say
        self.running: list[Running] = []
        self.signals = 0

    def run(self, *, each_round: Callable[[], None]) -> int:
        """Run until stopped; return 0 after a signal, 1 when a program could not be kept running.

        `each_round` is called about ten times a second meanwhile.
        """
        before = {number: signal.signal(number, self.note_signal) for number in STOP_SIGNALS}
        try:
            for program in reversed(self.programs):
                self.running.insert(0, Running(program, start(program), time.monotonic()))
            while not self.signals:
                if not all(self.kept(running) for running in self.running):
                    return 1
                each_round()
                time.sleep(POLL_SECONDS)
            return 0
        finally:
            self.stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def note_signal(self, number: int, frame: FrameType | None) -> None:
        self.signals += 1

    def kept(self, running: Running) -> bool:
        """Start a program again that has ended; return False when that is of no use."""
        status = running.process.poll()
        if status is None:
            return True
        settled = time.monotonic() - running.started_at > SETTLED_SECONDS
        running.bad_starts = 1 if settled else running.bad_starts + 1
        end_group(running.process)
        words = {"name": running.program.name, "status": status}
        if running.bad_starts >= BAD_STARTS:
            self.say(_("%(name)s does not start (exit code %(status)s). Stopping everything.") % words)
            return False
        self.say(_("%(name)s ended (exit code %(status)s). Starting it again.") % words)
        running.process, running.started_at = start(running.program), time.monotonic()
        return True

    def stop(self) -> None:
        """Stop every program, in the order in which they are listed, and whatever they left behind."""
        signals_before = self.signals
        for running in self.running:
            if running.process.poll() is None:
                running.process.terminate()
                deadline = time.monotonic() + running.program.grace_seconds
                while running.process.poll() is None and time.monotonic() < deadline:
                    if self.signals > signals_before:
                        break
                    time.sleep(POLL_SECONDS)
                if running.process.poll() is None and self.signals == signals_before:
                    self.say(_("%(name)s does not end. Ending it.") % {"name": running.program.name})
            end_group(running.process)
            running.process.wait()


def start(program: Program) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own."""
    return subprocess.Popen(
        program.command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=end_with_parent,  # noqa: PLW1509 (this process has one thread)
    )


def end_with_parent() -> None:
    """Ask Linux to end this process when its parent is gone, however it went."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill whatever is left of a program and its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
