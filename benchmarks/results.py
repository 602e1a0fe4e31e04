"""What was measured: one ``Measurement`` for each line, case, database and size, kept with all its rounds.

``benchmarks/rounds.json`` holds them whole; ``benchmarks/results.json`` is made from it, a list of
``{"name", "value", "unit", "floor", "ratio", "goal", "met", "queries", "peak_mb", "rows"}`` with null where a thing
does not apply.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

FOLDER = Path(__file__).resolve().parent
RESULTS, ROUNDS = "results.json", "rounds.json"


@dataclass
class Measurement:
    """The rounds of one thing measured, of its floor, and what it has to reach.

    ``line`` is the line of the plan (``list``), ``case`` what of it (``light=red, clerk``). ``product``, ``floor`` and
    ``bare`` (the rows alone, by hand-written SQL, without a page) hold one number a round, in ``unit``. ``goal`` is the
    most that the median may be, or the least where ``at_least``.
    """

    line: str
    case: str
    unit: str
    product: list[float]
    floor: list[float] = field(default_factory=list)
    bare: list[float] = field(default_factory=list)
    floor_words: str = ""
    database: str = ""
    rows: int | None = None
    goal: float | None = None
    at_least: bool = False
    queries: int | None = None
    most_queries: int | None = None
    peak_mb: float | None = None
    most_mb: float | None = None
    floor_peak_mb: float | None = None
    run: int = 0

    @property
    def name(self) -> str:
        """The line in one word after the other: ``list, light=red, clerk (postgresql, 100000 rows)``."""
        where = ", ".join(part for part in (self.database, f"{self.rows} rows" if self.rows else "") if part)
        words = f"{self.line}, {self.case}" if self.case else self.line
        return f"{words} ({where})" if where else words

    @property
    def value(self) -> float:
        """The median of the rounds."""
        return median(self.product)

    @property
    def ratio(self) -> float | None:
        """How many times the floor it takes; of a rate, how many times as fast the floor is."""
        if not self.floor or not median(self.floor) or not self.value:
            return None
        floor = median(self.floor)
        return floor / self.value if self.at_least else self.value / floor

    @property
    def met(self) -> bool | None:
        """Whether everything that it has to reach is reached; ``None`` where nothing is asked."""
        asked = [
            (self.value, self.goal, self.at_least),
            (self.queries, self.most_queries, False),
            (self.peak_mb, self.most_mb, False),
        ]
        answers = [
            found >= wanted if least else found <= wanted
            for found, wanted, least in asked
            if found is not None and wanted is not None
        ]
        return all(answers) if answers else None

    def as_result(self) -> dict[str, Any]:
        """The entry of ``results.json``."""
        return {
            "name": self.name,
            "value": rounded(self.value),
            "unit": self.unit,
            "floor": rounded(median(self.floor)) if self.floor else None,
            "ratio": rounded(self.ratio),
            "goal": self.goal,
            "met": self.met,
            "queries": self.queries,
            "peak_mb": rounded(self.peak_mb),
            "rows": self.rows,
        }

    @property
    def key(self) -> tuple[str, str, str, int | None]:
        """What makes two measurements the same one, measured at two times."""
        return self.line, self.case, self.database, self.rows


def rounded(value: float | None) -> float | None:
    """A number to three figures or so: what the rounds can tell apart."""
    if value is None:
        return None
    return round(value, 3 if abs(value) < 10 else 1)


@dataclass
class Run:
    """One call of the harness: ``command``, ``date`` (UTC, to the minute), ``machine`` and versions as words."""

    command: str
    date: str
    machine: str
    versions: str
    commit: str


@dataclass
class Record:
    """Everything that is kept: the runs, and their measurements."""

    runs: list[Run] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)

    def add(self, run: Run, found: Iterable[Measurement]) -> None:
        """Put the measurements of a run in the place of earlier ones of the same things."""
        new = list(found)
        for one in new:
            one.run = len(self.runs)
        self.runs.append(run)
        replaced = {one.key for one in new}
        self.measurements = [one for one in self.measurements if one.key not in replaced] + new
        self.forget_old_runs()

    def forget_old_runs(self) -> None:
        """Leave out the runs of which no measurement is left."""
        used = sorted({one.run for one in self.measurements})
        place = {old: new for new, old in enumerate(used)}
        self.runs = [self.runs[number] for number in used]
        for one in self.measurements:
            one.run = place[one.run]

    def write(self, folder: Path) -> None:
        """Write both files."""
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / ROUNDS, {"runs": list(map(asdict, self.runs)), "measurements": self.as_rounds()})
        write_json(folder / RESULTS, [one.as_result() for one in self.measurements])

    def as_rounds(self) -> list[dict[str, Any]]:
        """The measurements with all their rounds, to four places."""
        found = []
        for one in self.measurements:
            fields = asdict(one)
            for name in ("product", "floor", "bare"):
                fields[name] = [round(value, 4) for value in fields[name]]
            found.append(fields)
        return found


def read_record(folder: Path) -> Record:
    """What earlier runs left in the folder; nothing where there is none."""
    path = folder / ROUNDS
    if not path.exists():
        return Record()
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Record(
        [Run(**run) for run in kept["runs"]], [Measurement(**fields) for fields in kept["measurements"]]
    )


def write_json(path: Path, content: Any) -> None:
    """One entry a line, so that two runs can be compared with diff."""
    if isinstance(content, list):
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in content)
        path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
        return
    parts = []
    for name, entries in content.items():
        lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in entries)
        parts.append(f"{json.dumps(name)}: [\n{lines}\n]")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
