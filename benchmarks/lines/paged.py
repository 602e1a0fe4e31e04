"""One page of the product beside the plain page of the same rows: how lists and single pages are measured."""

from __future__ import annotations

from benchmarks.measuring import interleaved, milliseconds, queries_of
from benchmarks.plain import Statement, fetched_all, page_of
from benchmarks.results import Measurement
from benchmarks.site import Site, page

GOAL_MS, MOST_QUERIES = 60, 12
FLOOR = "a plain page of the same rows"


def paged(
    site: Site,
    line: str,
    case: str,
    *,
    reader: str,
    address: str,
    floor: list[Statement],
    goal: float = GOAL_MS,
    queries: int | None = MOST_QUERIES,
) -> Measurement:
    """The page, the plain page of what it is about, and those rows alone; milliseconds."""
    client, plain = site.client(reader), page_of(floor)
    times = interleaved(
        {
            "product": lambda: page(client, address),
            "floor": lambda: page(client, plain),
            "bare": lambda: fetched_all(floor),
        },
        rounds=site.rounds,
    )
    return Measurement(
        **site.measured(line, f"{case}, {reader}", "ms"),
        product=milliseconds(times["product"]),
        floor=milliseconds(times["floor"]),
        bare=milliseconds(times["bare"]),
        floor_words=FLOOR,
        goal=goal,
        queries=queries_of(lambda: page(client, address)),
        most_queries=queries,
    )
