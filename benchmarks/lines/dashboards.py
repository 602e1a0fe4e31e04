"""The dashboard with every figure, for one account of each role; what a page fetches by itself is part of it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from django.test import Client

from benchmarks import statements
from benchmarks.measuring import interleaved, milliseconds, queries_of
from benchmarks.plain import fetched
from benchmarks.results import Measurement
from benchmarks.site import Site, page

GOAL_MS = 100
READERS = ("clerk", "head", "supervision", "leader", "leader2", "discipline", "ledger")
TAG = re.compile(rb"<[a-z][^>]*\bhx-trigger=\"(?:[^\"]*[ ,])?load\b[^>]*>")
ADDRESS = re.compile(rb"\bhx-get=\"([^\"]+)\"")


def measure(site: Site) -> Iterator[Measurement]:
    """All ledgers together for each role, and the large ledger alone for those who see all of it."""
    for reader in READERS:
        yield drawn(site, reader, "all ledgers", "all", None)
    for reader in ("supervision", "leader"):
        yield drawn(site, reader, "one ledger", str(site.ledger.pk), site.ledger.pk)


def drawn(site: Site, reader: str, case: str, named: str, ledger: int | None) -> Measurement:
    """One dashboard beside the one group-by that holds its figures."""
    from core.clock import today

    client, address = site.client(reader), f"/dashboard/?ledger={named}"
    person = site.person(reader)
    offices = None if person.sees_everything else person.scope_office_ids
    grouped = statements.dashboard_rows(today(), offices, ledger)
    times = interleaved(
        {"product": lambda: whole_page(client, address), "floor": lambda: fetched(grouped)},
        rounds=site.rounds,
    )
    return Measurement(
        **site.measured("dashboard", f"{case}, {reader}", "ms"),
        product=milliseconds(times["product"]),
        floor=milliseconds(times["floor"]),
        floor_words="one hand-written group-by",
        goal=GOAL_MS,
        queries=queries_of(lambda: whole_page(client, address)),
    )


def whole_page(client: Client, address: str) -> None:
    """The page and whatever it fetches as soon as it is there."""
    for tag in TAG.findall(page(client, address)):
        for further in ADDRESS.findall(tag):
            page(client, html.unescape(further.decode()), **{"HX-Request": "true"})
