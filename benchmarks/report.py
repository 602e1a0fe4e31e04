"""The tables of docs/performance.md, written between two markers from what was measured."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import median

from benchmarks.cluster import settings_words
from benchmarks.results import Measurement, Record, Run

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin (written by make bench) -->", "<!-- measured: end -->"
DATABASES = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "": "Without a database of its own"}
# A million rows may take this much longer than a thousand.
GROWTH_GOAL, SMALL, HUGE = 1.5, 1_000, 1_000_000
# Of these cases a reader wants the slowest; each of them stands in results.json.
FOLDED = ("filter", "order")


def write(record: Record, page: Path = PAGE) -> None:
    """Put the tables in the place of those between the markers."""
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        raise RuntimeError(f"{page.name} has no place for the tables: {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n{tables(record)}{END}{after}", encoding="utf-8")


def tables(record: Record) -> str:
    """All tables, each database by itself, and below them how they came about."""
    parts = []
    for database, title in DATABASES.items():
        found = [one for one in record.measurements if one.database == database]
        if found:
            parts.append(table(title, found))
    parts.append(origins(record.runs))
    return "\n".join(parts)


def table(title: str, found: list[Measurement]) -> str:
    """One database: a line for each thing measured, a column for each size."""
    sizes = sorted({one.rows or 0 for one in found})
    names = [f"{size:,}" if size else "any" for size in sizes]
    lines = [f"### {title}", "", f"| | {' | '.join(names)} | reach |", f"|---|{'---|' * (len(sizes) + 1)}"]
    for label, by_size in folded(found).items():
        cells = [cell(by_size[size]) if size in by_size else "" for size in sizes]
        last = list(by_size.values())[-1]
        lines.append(f"| {label} | {' | '.join(cells)} | {asked(last)} |")
    return "\n".join([*lines, ""])


def folded(found: Iterable[Measurement]) -> dict[str, dict[int, Measurement]]:
    """Label -> size -> what was measured; of the filters and of the orders only the slowest of each size."""
    rows: dict[str, dict[int, Measurement]] = {}
    for one in found:
        kind, _space, rest = one.case.partition(" ")
        label = f"{one.line}: {one.case}"
        if kind in FOLDED:
            label = f"{one.line}: slowest {kind}, {rest.rpartition(', ')[2]}"
        by_size = rows.setdefault(label, {})
        size = one.rows or 0
        if size not in by_size or one.value > by_size[size].value:
            by_size[size] = one
    return rows


def cell(one: Measurement) -> str:
    """Median (minimum) unit; how many times the floor; statements; memory; an exclamation mark where it falls short."""
    words = [f"{shown(one.value)} ({shown(min(one.product))}) {one.unit}"]
    if one.case.split(" ")[0] in FOLDED:
        words.append(one.case.partition(" ")[2].rpartition(", ")[0])
    if one.ratio is not None:
        words.append(f"{shown(one.ratio)} × {shown(median(one.floor))}")
    if one.bare:
        words.append(f"SQL {shown(median(one.bare))}")
    if one.queries is not None:
        words.append(f"{one.queries} q")
    if one.peak_mb is not None:
        words.append(f"{one.peak_mb:.0f} MB")
    return f"{', '.join(words)}{' **!**' if one.met is False else ''}"


def asked(one: Measurement) -> str:
    """What the line has to reach, and what its floor is."""
    words = []
    if one.goal is not None:
        words.append(f"{'≥' if one.at_least else '≤'} {shown(one.goal)} {one.unit}")
    if one.most_queries is not None:
        words.append(f"{one.most_queries} q")
    if one.most_mb is not None:
        words.append(f"{one.most_mb:.0f} MB")
    if one.floor_words:
        words.append(f"floor: {one.floor_words}")
    return ", ".join(words)


def shown(value: float) -> str:
    """A number to three figures or so, without zeros that say nothing."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    text = f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
    return text.rstrip("0").rstrip(".")


def origins(runs: list[Run]) -> str:
    """Machine, versions, commands and dates; once, though what is compared across sizes is a run's own, too."""
    lines = [
        f"- `{run.command}`, {run.date} UTC, at {run.commit}: {run.machine}; {run.versions}." for run in runs
    ]
    lines.append(f"- PostgreSQL's settings: {settings_words()}; all others as shipped.")
    return "\n".join([*dict.fromkeys(lines), ""])


def growth(found: list[Measurement]) -> list[Measurement]:
    """How many times as long a million rows take as a thousand: a whole line of pages, and its slowest case."""
    grown = []
    by_size: dict[tuple[str, str], dict[int, Measurement]] = {}
    for one in found:
        if one.line in {"list", "page"} and one.goal is not None and one.database == "postgresql":
            by_size.setdefault((one.line, one.case), {})[one.rows or 0] = one
    for line in ("list", "page"):
        pairs = [
            sizes for (kind, _case), sizes in by_size.items() if kind == line and {SMALL, HUGE} <= set(sizes)
        ]
        if not pairs:
            continue
        ratios = [sizes[HUGE].value / sizes[SMALL].value for sizes in pairs]
        for case, value in (("median of all cases", median(ratios)), ("worst case", max(ratios))):
            words = f"a million rows against a thousand, {case}"
            grown.append(Measurement(line, words, "times", [value], database="postgresql", goal=GROWTH_GOAL))
    return grown
