"""One status update with its history, alone; and 8 clients at once on the measures of one office."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone

from benchmarks import rows
from benchmarks.measuring import interleaved, milliseconds, queries_of
from benchmarks.results import Measurement
from benchmarks.server import Visitor, at_once, session_of, web_server
from benchmarks.site import Site
from remediation.conditions import answered_for_by
from remediation.models import ItemEvent, Measure, ProgressReport

GOAL_MS, MOST_QUERIES = 30, 15
CLIENTS = 8
SAVES_A_CLIENT = 12
# Every so many saves a client takes a measure that all of them report on: there a save may meet another one.
SHARED_EVERY = 3
FLOOR = "one UPDATE and two INSERTs in a transaction"
BY_HAND = "手写更新"
HTMX = {"HX-Request": "true", "HX-Target": "measure"}
SAVED, CONFLICT = 200, 409


def measure(site: Site) -> Iterator[Measurement]:
    """Alone, then at once."""
    yield alone(site, itertools.cycle(own_measures(site)))
    yield from together(site)


def own_measures(site: Site) -> list[int]:
    """Measures that the clerk's office leads, open ones of the large ledger first; a small database has few."""
    office = site.person("clerk").office_id
    assert office is not None
    found = Measure.objects.filter(
        answered_for_by({office}, role="lead"),
        is_counted=True,
        workflow_state="handling",
        ledger__archived_at__isnull=True,
    )
    ordered = found.order_by("-ledger", "-is_open", "pk")
    return list(ordered.values_list("pk", flat=True)[:2000])


def form_of(pk: int, *, percent: int, text: str) -> tuple[str, dict[str, Any]]:
    """The address of a report, and what the browser sends that had shown the measure as it stands now."""
    seen = Measure.objects.values("version", "status", "percent", "progress").get(pk=pk)
    return f"/measures/{pk}/report/?place=work", {
        "status": "in_progress",
        "percent": percent,
        "text": text,
        "version": seen["version"],
        "seen_status": seen["status"],
        "seen_percent": seen["percent"],
        "seen_text": seen["progress"],
    }


def alone(site: Site, waiting: Iterator[int]) -> Measurement:
    """Sending the form of one measure; every round takes another one, whose form is read before it is timed."""
    client, author = site.client("clerk"), site.person("clerk").pk
    marks, ready = itertools.count(1), list[tuple[str, dict[str, Any]]]()

    def prepare() -> None:
        mark = next(marks)
        ready[:] = [form_of(next(waiting), percent=1 + mark % 98, text=f"更新{mark}")]

    def send() -> None:
        address, form = ready.pop()
        answer = client.post(address, form, headers=HTMX)
        if answer.status_code != SAVED:
            raise RuntimeError(f"{address} answered {answer.status_code}")

    times = interleaved(
        {"product": send, "floor": lambda: saved_by_hand(next(waiting), author=author)},
        rounds=site.rounds,
        before={"product": prepare},
    )
    prepare()
    return Measurement(
        **site.measured("status update", "clerk", "ms"),
        product=milliseconds(times["product"]),
        floor=milliseconds(times["floor"]),
        floor_words=FLOOR,
        goal=GOAL_MS,
        queries=queries_of(send),
        most_queries=MOST_QUERIES,
    )


def saved_by_hand(pk: int, *, author: int) -> None:
    """The same change and its history in plain SQL."""
    moment = timezone.now()
    today = timezone.localdate(moment)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE remediation_measure SET status = 'in_progress', percent = 46, progress = %s, version = version + 1,"
            " updated_at = %s, reported_at = %s, reported_by_id = %s WHERE id = %s AND version >= 1"
            " RETURNING item_id, ledger_id",
            [BY_HAND, rows.plain(moment), rows.plain(moment), author, pk],
        )
        item, ledger = cursor.fetchone()
        rows.insert(
            ProgressReport, item_id=item, measure_id=pk, author_id=author, status_before="in_progress",
            status="in_progress", percent_before=45, percent=46, text=BY_HAND, reported_at=moment,
        )  # fmt: skip
        rows.insert(
            ItemEvent, ledger_id=ledger, item_id=item, measure_id=pk, kind="reported", occurred_at=moment,
            occurred_on=today, actor_id=author, status_after="in_progress", percent_after=46,
            workflow_state_after="handling",
        )  # fmt: skip


def together(site: Site) -> Iterator[Measurement]:
    """8 signed-in clients of one office on a real server: how long a save takes, and that none is lost."""
    clerk = site.person("clerk")
    shared, *own = own_measures(site)[: CLIENTS * SAVES_A_CLIENT + 1]
    plans = [
        [shared if turn % SHARED_EVERY == SHARED_EVERY - 1 else own[(number * SAVES_A_CLIENT + turn) % len(own)]
         for turn in range(SAVES_A_CLIENT)]
        for number in range(CLIENTS)
    ]  # fmt: skip
    before, deadlocks = standing([*own, shared]), deadlocks_so_far()
    answers: list[tuple[int, float]] = []
    with web_server() as server:
        visitors = [Visitor(server.port, session_of(clerk)) for _ in range(CLIENTS)]
        at_once([saver(*pair, answers) for pair in zip(visitors, plans, strict=True)])
    floor: list[float] = []
    at_once([hand_saver(plan, floor, author=clerk.pk) for plan in plans])
    after = standing([*own, shared])
    statuses = Counter(status for status, _seconds in answers)
    # Every answer "saved" is one report, one version further; nothing else moved.
    wrong = {
        "answers that are neither": sum(statuses.values()) - statuses[SAVED] - statuses[CONFLICT],
        "saves without a report": abs(statuses[SAVED] - (after[0] - before[0])),
        "saves without a version": abs(statuses[SAVED] + len(floor) - (after[1] - before[1])),
        "deadlocks": deadlocks_so_far() - deadlocks,
    }
    print(
        f"of {len(answers)} saves at once {statuses[CONFLICT]} were told of another one; {dict(statuses)} {wrong}"
    )
    yield Measurement(
        **site.measured("status update", f"{CLIENTS} clients at once, clerk", "ms"),
        product=milliseconds([seconds for status, seconds in answers if status == SAVED]),
        floor=milliseconds(floor),
        floor_words=FLOOR,
    )
    yield Measurement(
        **site.measured("status update", f"{CLIENTS} clients at once: lost, refused or deadlocked", "saves"),
        product=[float(sum(wrong.values()))],
        goal=0,
    )


def saver(visitor: Visitor, plan: list[int], answers: list[tuple[int, float]]) -> Callable[[], None]:
    """Work of one client: read how a measure stands, send its form, keep the answer."""
    marks = itertools.count()

    def save() -> None:
        try:
            for pk in plan:
                mark = next(marks)
                address, form = form_of(pk, percent=1 + mark % 98, text=f"同时{mark}-{id(visitor)}")
                begun = time.perf_counter()
                status, _body = visitor.post(address, urlencode(form), **HTMX)
                answers.append((status, time.perf_counter() - begun))
        finally:
            connection.close()

    return save


def hand_saver(plan: list[int], spent: list[float], *, author: int) -> Callable[[], None]:
    """Work of one client without the product."""

    def save() -> None:
        try:
            for pk in plan:
                begun = time.perf_counter()
                saved_by_hand(pk, author=author)
                spent.append(time.perf_counter() - begun)
        finally:
            connection.close()

    return save


def standing(measures: list[int]) -> tuple[int, int]:
    """Reports on these measures that the product wrote, and the sum of their versions."""
    versions = Measure.objects.filter(pk__in=measures).aggregate(sum=Sum("version"))["sum"] or 0
    return ProgressReport.objects.filter(measure__in=measures).exclude(text=BY_HAND).count(), versions


def deadlocks_so_far() -> int:
    """How many deadlocks PostgreSQL has broken in this database; SQLite has one writer and so none."""
    if connection.vendor != "postgresql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])
