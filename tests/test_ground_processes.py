"""core/processes.py: programs run together, and none is left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from core.processes import Program
from tests.capabilities import wait_until

# A program with a child of its own that dies of SIGINT and SIGTERM, as a prefork worker's do; it notes its own end.
PARENT = """
import pathlib, signal, subprocess, sys, time
folder, name, grace = pathlib.Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
def stop(number, frame):
    time.sleep(grace)
    child_lived = child.poll() is None
    child.kill()
    child.wait()
    with (folder / "ended").open("a") as file:
        file.write(f"{name} {'with' if child_lived else 'without'} its child\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
(folder / f"{name}.up").write_text(str(child.pid))
while True:
    time.sleep(0.05)
"""

TOGETHER = """
import sys
from django.conf import settings
settings.configure(USE_I18N=False)
from core.processes import Together
from tests.test_ground_processes import programs
sys.exit(Together(programs(*sys.argv[1:]), say=lambda line: print(line, flush=True)).run(each_round=lambda: None))
"""


class Run(Protocol):
    """Starts a run of a kind; returns its process once all its programs are up."""

    def __call__(self, kind: str, *, names: tuple[str, ...]) -> subprocess.Popen[str]: ...


def programs(folder: str, kind: str) -> list[Program]:
    """Return the programs that a run of this kind consists of."""

    def parent(name: str, *, grace: float = 0.0, patience: float = 10.0) -> Program:
        command = [sys.executable, "-c", PARENT, folder, name, str(grace)]
        return Program(name=name, command=command, grace_seconds=patience)

    if kind == "good":
        return [parent("first"), parent("second", grace=0.5)]
    if kind == "deaf":
        return [parent("deaf", grace=300, patience=0.5)]
    if kind == "patient":
        return [parent("patient", grace=300, patience=300)]
    return [parent("good"), Program(name="broken", command=[sys.executable, "-c", "import sys; sys.exit(3)"])]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A function that starts a run of a kind and returns its process once all its programs are up."""
    started: list[subprocess.Popen[str]] = []

    def start(kind: str, *, names: tuple[str, ...]) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", TOGETHER, str(tmp_path), kind]
        # A group of its own, as a terminal gives to what runs in it.
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        started.append(process)
        assert wait_until(lambda: all((tmp_path / f"{name}.up").exists() for name in names))
        return process

    yield start
    for process in started:
        for child in (
            [*psutil.Process(process.pid).children(recursive=True)] if process.poll() is None else []
        ):
            child.kill()
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def said_by(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.read()


def descendants(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in processes)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_the_whole_group_stops_all_in_order(
    run: Run, tmp_path: Path, number: signal.Signals
) -> None:
    process = run("good", names=("first", "second"))
    children = descendants(process)
    assert len(children) == 4
    os.killpg(process.pid, number)
    assert process.wait(timeout=20) == 0
    # Each was asked alone: its own child still lived. And one after the other.
    assert (tmp_path / "ended").read_text().splitlines() == ["first with its child", "second with its child"]
    assert gone(children)


def test_a_program_that_does_not_end_is_ended(run: Run) -> None:
    process = run("deaf", names=("deaf",))
    children = descendants(process)
    process.terminate()
    assert process.wait(timeout=20) == 0
    assert "deaf does not end" in said_by(process)
    assert gone(children)


def test_a_second_signal_stops_at_once(run: Run) -> None:
    process = run("patient", names=("patient",))
    children = descendants(process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    assert gone(children)


def test_a_program_that_cannot_start_stops_everything(run: Run) -> None:
    process = run("broken", names=("good",))
    assert process.wait(timeout=20) == 1
    said = said_by(process)
    assert said.count("broken ended (exit code 3)") == 2
    assert "broken does not start (exit code 3). Stopping everything." in said


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent is gone")
def test_nothing_outlives_a_killed_manager(run: Run) -> None:
    process = run("good", names=("first", "second"))
    children = descendants(process)
    process.kill()
    process.wait()
    assert wait_until(lambda: gone(children), seconds=10)
