"""The lines: what each is about, where it is measured, and the sizes that are usual."""

from __future__ import annotations

from dataclasses import dataclass

EACH_SIZE, LARGE, EMPTY, NOWHERE = "each size", "large", "empty", "nowhere"
SIZES = {"postgresql": (1_000, 100_000, 1_000_000), "sqlite": (10_000, 100_000)}
WORKBOOKS = (10_000, 100_000)
# Lines that are measured at one size are measured at the one that is nearest to this.
LARGE_ROWS = 100_000
ROUNDS = 7


@dataclass(frozen=True)
class Line:
    """A line and where it is measured: at each size, at the one near ``LARGE_ROWS``, in an empty database, in none."""

    name: str
    about: str
    where: str

    @property
    def module(self) -> str:
        """The module whose ``measure(site)`` yields the measurements."""
        return f"benchmarks.lines.{self.name}"


LINES = {
    line.name: line
    for line in (
        Line(
            "lists", "the list by measure: each filter once, each order, far down, two characters", EACH_SIZE
        ),
        Line("pages", "a clerk's home, an item, the ledger by section", EACH_SIZE),
        Line("dashboards", "the dashboard of each role", EACH_SIZE),
        Line("exports", "the filtered list as xlsx and csv", LARGE),
        Line("reads", "pages a second from a real server, 8 clients, 2 workers", LARGE),
        Line("loads", "bytes and requests of the first load in Chromium", LARGE),
        Line("updates", "one status update; 8 clients at once on one office", EACH_SIZE),
        Line("jobs", "reminders of a day, roll-up of a day, rebuilding a past day", EACH_SIZE),
        Line("imports", "a workbook from upload to committed; the same again; with 1 % changed", EMPTY),
        Line("start", "make run a second time, to the first page", NOWHERE),
    )
}


def lines_at(where: str, wanted: list[str]) -> list[str]:
    """The wanted lines that are measured there, in the order of the plan."""
    return [name for name, line in LINES.items() if line.where == where and name in wanted]


def large_of(sizes: list[int]) -> int:
    """Of the sizes the one nearest to ``LARGE_ROWS``."""
    return min(sizes, key=lambda rows: abs(rows - LARGE_ROWS))
