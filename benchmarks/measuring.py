"""Rounds: the product and its floors in turn, so that whatever else the machine does meets both; and query counts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper

Work = Callable[[], object]


@dataclass
class Counted:
    """How many statements were sent to the database."""

    queries: int = 0


@contextmanager
def counted_queries() -> Iterator[Counted]:
    """Count the statements of the block without keeping them; COPY counts as one, ``executemany`` too."""
    counted = Counted()

    def execute(run: Callable[..., Any], sql: str, values: Any, many: bool, context: Any) -> Any:
        counted.queries += 1
        return run(sql, values, many, context)

    def copy_expert(self: Any, *args: Any, **kwargs: Any) -> Any:
        counted.queries += 1
        return self.cursor.copy_expert(*args, **kwargs)

    # COPY goes past Django's wrappers, straight to the driver.
    CursorWrapper.copy_expert = copy_expert  # type: ignore[attr-defined]
    try:
        with connection.execute_wrapper(execute):
            yield counted
    finally:
        del CursorWrapper.copy_expert  # type: ignore[attr-defined]


def interleaved(
    works: Mapping[str, Work], *, rounds: int, before: Mapping[str, Work] | None = None
) -> dict[str, list[float]]:
    """Seconds of each work in each round; every other round goes backwards, and one before is not counted.

    ``before`` names what has to be made ready each time without being timed.
    """
    ready = before or {}
    for name, work in works.items():
        ready.get(name, nothing)()
        work()
    spent: dict[str, list[float]] = {name: [] for name in works}
    for number in range(rounds):
        order = list(works.items())
        for name, work in order if number % 2 == 0 else reversed(order):
            ready.get(name, nothing)()
            begun = time.perf_counter()
            work()
            spent[name].append(time.perf_counter() - begun)
    return spent


def nothing() -> None:
    """Make nothing ready."""


def queries_of(work: Work) -> int:
    """How many statements the work sends."""
    with counted_queries() as counted:
        work()
    return counted.queries


def milliseconds(seconds: list[float]) -> list[float]:
    """The same times in milliseconds."""
    return [one * 1000 for one in seconds]
