"""`make run` a second time: from the command to the first page, beside the web server alone. On SQLite, as it comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.results import Measurement
from benchmarks.site import Site
from tests.capabilities import free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
GOAL_SECONDS = 6
FIRST_START_SECONDS, STOP_SECONDS = 180.0, 60.0
ROUNDS = 3
# What stands in the environment is about another installation.
FROM_OUTSIDE = {
    "DATABASE_URL", "REDIS_URL", "WEB_WORKERS", "DJANGO_SETTINGS_MODULE", "MAKEFLAGS", "MAKELEVEL", "MFLAGS",
}  # fmt: skip


def measure(site: Site) -> Iterator[Measurement]:
    """The first start prepares the data; the ones after it are timed, the bare web server's in turn."""
    data = site.folder / "run"
    whole, bare = ["make", "run"], [sys.executable, "manage.py", "run", "web"]
    seconds_to_page(whole, data)
    product: list[float] = []
    floor: list[float] = []
    for _round in range(min(ROUNDS, site.rounds)):
        product.append(seconds_to_page(whole, data))
        floor.append(seconds_to_page(bare, data))
    yield Measurement(
        line="make run", case="the second time, to the first page", unit="s", product=product, floor=floor,
        floor_words="the web server alone", goal=GOAL_SECONDS,
    )  # fmt: skip


def seconds_to_page(command: Sequence[str], data: Path) -> float:
    """Start the command, wait for the sign-in page, stop it as Ctrl-C does."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if name not in FROM_OUTSIDE}
    environment = {**kept, "DATA_DIR": str(data), "PORT": str(port)}
    begun = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        if not wait_until(lambda: answers(port), seconds=FIRST_START_SECONDS):
            raise RuntimeError(f"{' '.join(command)} shows no page")
        return time.monotonic() - begun
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def answers(port: int) -> bool:
    """Whether the sign-in page is there."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in/", timeout=10) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False
