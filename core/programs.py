"""The programs of an installation: web server, worker, beat; how each is started is said here alone."""

import sys
from collections.abc import Sequence
from pathlib import Path

from core.env import Environment
from core.processes import Program

# A request that takes longer than this is cut off when the web server stops.
WEB_GRACE_SECONDS = 20
# A task under way may end; what is cut off after this is taken up again after the next start.
WORKER_GRACE_SECONDS = 60


def web(env: Environment) -> Program:
    """The web server: one process or more, each with threads that answer one request at a time."""
    command = granian(env, "--interface=wsgi", "--no-ws", f"--host={env.bind_address}", f"--port={env.port}")
    command += [f"--workers={env.web_workers}", f"--blocking-threads={env.web_threads}", "--backpressure=256"]
    command += ["--respawn-failed-workers", f"--workers-kill-timeout={WEB_GRACE_SECONDS // 2}"]
    return Program(name="web", command=[*command, "config.wsgi:application"], grace_seconds=WEB_GRACE_SECONDS)


def worker(env: Environment) -> Program:
    """The Celery worker. It tells other workers nothing: none of them decides anything by what others do."""
    command = celery(env, "worker", f"--concurrency={env.worker_concurrency}")
    command += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return Program(name="worker", command=command, grace_seconds=WORKER_GRACE_SECONDS)


def beat(env: Environment) -> Program:
    """The clock that wakes the worker. An installation has one."""
    return Program(name="beat", command=celery(env, "beat", "--pidfile="))


def celery(env: Environment, what: str, *options: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "celery",
        "--app=config",
        "--quiet",
        what,
        f"--loglevel={env.log_level}",
        *options,
    ]


def granian(env: Environment, *options: str) -> list[str]:
    # What it says at level info is that it starts and stops.
    level = "debug" if env.log_level == "DEBUG" else "warning"
    return [sys.executable, "-m", "granian", f"--log-level={level}", *options]


def all_programs(env: Environment) -> Sequence[Program]:
    """Return the programs in the order in which they stop: those that make work, then the one that does it."""
    return [beat(env), web(env), worker(env)]


def make_folders(data_dir: Path) -> None:
    """Make the folders that the programs take for granted."""
    (data_dir / "beat").mkdir(parents=True, exist_ok=True)
