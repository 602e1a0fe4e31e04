"""Pages a second, signed in: 8 clients on a real server with 2 web workers, beside a minimal signed-in page."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

from benchmarks.results import Measurement
from benchmarks.server import Server, Visitor, at_once, session_of, web_server
from benchmarks.site import Site

CLIENTS = 8
GOAL_READS, GOAL_P99_MS, MOST_WORKER_MB = 40, 500, 150
READERS = ("clerk", "supervision", "head", "clerk2", "leader", "discipline", "unit", "ledger")
# What each client reads in turn: mostly the list, as people do.
PAGES = ("/measures/", "/measures/?light=red", "/measures/?sort=-updated", "/measures/?status=in_progress")
MINIMAL = ("/plain/",)
ROUNDS = 3
# A round of a smoke test is short.
ROUND_SECONDS, SHORT_SECONDS, SMALL_ROWS = 8.0, 1.0, 5_000


def measure(site: Site) -> Iterator[Measurement]:
    """Rounds of list pages and of the minimal page in turn, on one server."""
    seconds = SHORT_SECONDS if site.rows < SMALL_ROWS else ROUND_SECONDS
    sessions = [session_of(site.person(reader)) for reader in READERS[:CLIENTS]]
    rates: dict[tuple[str, ...], list[float]] = {PAGES: [], MINIMAL: []}
    slowest: dict[tuple[str, ...], list[float]] = {PAGES: [], MINIMAL: []}
    with web_server() as server:
        for pages in (PAGES, MINIMAL):
            round_of(server, sessions, pages, seconds=1.0)
        for _round in range(min(ROUNDS, site.rounds)):
            for pages in (PAGES, MINIMAL):
                spent = round_of(server, sessions, pages, seconds=seconds)
                rates[pages].append(len(spent) / seconds)
                slowest[pages].append(percentile(spent, 0.99) * 1000)
        worker_mb, workers = server.worker_mb(), server.workers
    case = f"{CLIENTS} clients, {workers} web workers"
    yield Measurement(
        **site.measured("reads", case, "a second"),
        product=rates[PAGES],
        floor=rates[MINIMAL],
        floor_words="a minimal signed-in page",
        goal=GOAL_READS,
        at_least=True,
        peak_mb=worker_mb,
        most_mb=MOST_WORKER_MB,
    )
    yield Measurement(
        **site.measured("reads", f"{case}, p99", "ms"),
        product=slowest[PAGES],
        floor=slowest[MINIMAL],
        floor_words="a minimal signed-in page",
        goal=GOAL_P99_MS,
    )


def round_of(server: Server, sessions: list[str], pages: tuple[str, ...], *, seconds: float) -> list[float]:
    """Seconds of every answer that came within the time."""
    spent: list[float] = []
    at_once([reader(server, session, pages, spent, seconds=seconds) for session in sessions])
    return spent


def reader(
    server: Server, session: str, pages: tuple[str, ...], spent: list[float], *, seconds: float
) -> Callable[[], None]:
    """Work of one client: one page after the other until the time is over."""

    def read() -> None:
        visitor, turns = Visitor(server.port, session), itertools.cycle(pages)
        end = time.perf_counter() + seconds
        while (begun := time.perf_counter()) < end:
            address = next(turns)
            status, _body = visitor.get(address)
            if status != 200:
                raise RuntimeError(f"{address} answered {status}")
            done = time.perf_counter()
            if done <= end:
                spent.append(done - begun)

    return read


def percentile(values: list[float], share: float) -> float:
    """The value below which that share of the values lies."""
    ordered = sorted(values) or [float("nan")]
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
