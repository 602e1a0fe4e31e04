"""The product's own web server on the loopback address, started as an installation starts it, and clients of it."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.capabilities import free_port, listening, redis_server, wait_until

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
STOP_SECONDS = 30
ANSWER_SECONDS = 60


@dataclass(frozen=True)
class Server:
    """A running server: its port, how many workers it has, its process."""

    port: int
    workers: int
    process: subprocess.Popen[bytes]

    def worker_mb(self) -> float:
        """Resident memory of the largest worker, in megabytes (10^6)."""
        sizes = [
            child.memory_info().rss for child in psutil.Process(self.process.pid).children(recursive=True)
        ]
        return max(sizes, default=0) / 1e6


@contextmanager
def web_server() -> Iterator[Server]:
    """``manage.py run web`` with this process's database; two workers where there is a Redis, else one.

    Several workers count failed sign-ins together, for which the product wants Redis.
    """
    redis = redis_server() if shutil.which("redis-server") else nullcontext("")
    with redis as address:
        workers = WORKERS if address else 1
        if not address:
            print("Redis is not installed: one web worker instead of two (Debian: apt install redis-server)")
        port = free_port()
        environment = {**os.environ, "PORT": str(port), "WEB_WORKERS": str(workers), "REDIS_URL": address}
        process = subprocess.Popen(
            [sys.executable, "manage.py", "run", "web"], cwd=ROOT, env=environment, start_new_session=True
        )
        try:
            if not wait_until(lambda: listening(port) and answers(port)):
                raise RuntimeError("the web server does not answer")
            yield Server(port, workers, process)
        finally:
            end(process)


def answers(port: int) -> bool:
    """Whether the server answers its health page."""
    try:
        status, _body = Visitor(port, "").get("/healthz")
    except (OSError, http.client.HTTPException):
        return False
    return status == 200


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, and end its group when it does not."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Visitor:
    """A browser without a window: one kept connection, one session, one token against forged forms."""

    TOKEN = "b" * 32

    def __init__(self, port: int, session: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        self.headers = {"Cookie": f"sessionid={session}; csrftoken={self.TOKEN}"}

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body of a page."""
        self.connection.request("GET", path, headers={**self.headers, "Accept-Encoding": "gzip"})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def post(self, path: str, body: str, **headers: str) -> tuple[int, bytes]:
        """Status and body of a form that was sent."""
        sent = {**self.headers, "X-CSRFToken": self.TOKEN, **headers}
        self.connection.request(
            "POST", path, body, {**sent, "Content-Type": "application/x-www-form-urlencoded"}
        )
        answer = self.connection.getresponse()
        return answer.status, answer.read()


def session_of(user: Any) -> str:
    """A new session in which that person is signed in."""
    from django.test import Client

    client = Client()
    client.force_login(user)
    return str(client.cookies["sessionid"].value)


def at_once(works: list[Callable[[], None]]) -> None:
    """Do all works at the same time, each in a thread; raises the first error of any."""
    errors: list[BaseException] = []
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], None]) -> None:
        try:
            gate.wait()
            work()
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
