"""The harness of `make bench` at a tiny size: it measures, keeps, and says what it lacks. Nothing here is timed."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as harness
from benchmarks import report
from benchmarks.plan import LINES
from benchmarks.results import Measurement, Record, Run, read_record

ROOT = Path(__file__).resolve().parent.parent
KEYS = ["name", "value", "unit", "floor", "ratio", "goal", "met", "queries", "peak_mb", "rows"]
RUN = Run(
    command="make bench", date="2026-11-25 08:00", machine="a machine", versions="Python 3", commit="abc"
)


def listed(case: str = "filter light=red, clerk", *, rows: int = 1000, value: float = 40.0) -> Measurement:
    """A measured page of the list."""
    return Measurement(
        "list", case, "ms", [value, value + 2, value - 1], [10.0], [2.0], "a plain page", "postgresql", rows,
        goal=60, queries=11, most_queries=12,
    )  # fmt: skip


@pytest.mark.sqlite
@pytest.mark.slow
def test_it_measures_and_keeps_what_it_measured(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--database=sqlite", "--sizes=300", "--workbooks=300"]
    command += ["--rounds=1", f"--results={tmp_path}"]
    for line in ("pages", "exports", "imports"):
        command += ["--only", line]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert {tuple(entry) for entry in found} == {tuple(KEYS)}
    names = [entry["name"] for entry in found]
    assert len(set(names)) == len(names)
    assert "page, home, clerk (sqlite, 300 rows)" in names
    assert "import, uploaded to committed, with preview (sqlite, 300 rows)" in names
    assert all(entry["value"] >= 0 for entry in found)
    rounds = json.loads((tmp_path / "rounds.json").read_text(encoding="utf-8"))
    assert len(rounds["measurements"]) == len(found)
    assert len(rounds["runs"]) == 1
    assert str(ROOT) not in (tmp_path / "rounds.json").read_text(encoding="utf-8")


def test_every_line_has_its_module() -> None:
    assert all(importlib.util.find_spec(line.module) for line in LINES.values())


def test_a_result_says_how_it_stands_to_its_floor_and_its_goal() -> None:
    assert listed().as_result() == {
        "name": "list, filter light=red, clerk (postgresql, 1000 rows)",
        "value": 40.0,
        "unit": "ms",
        "floor": 10.0,
        "ratio": 4.0,
        "goal": 60,
        "met": True,
        "queries": 11,
        "peak_mb": None,
        "rows": 1000,
    }
    rate = Measurement("reads", "", "a second", [50.0], [200.0], goal=40, at_least=True)
    assert (rate.ratio, rate.met) == (4.0, True)
    heavy = Measurement("import", "", "s", [1.0], goal=3, peak_mb=300, most_mb=250)
    assert (heavy.met, heavy.ratio) == (False, None)
    assert Measurement("export", "", "MB", [1.0]).met is None


def test_a_part_replaces_its_own_figures_and_keeps_the_others(tmp_path: Path) -> None:
    record = Record()
    record.add(RUN, [listed(rows=1000), listed(rows=100_000)])
    record.add(RUN, [listed(rows=1000, value=30.0)])
    record.write(tmp_path)
    kept = read_record(tmp_path)
    assert {(one.rows, one.value, one.run) for one in kept.measurements} == {
        (100_000, 40.0, 0),
        (1000, 30.0, 1),
    }
    kept.add(RUN, [listed(rows=100_000)])
    # The first run has nothing left to say.
    assert len(kept.runs) == 2


def test_the_page_shows_the_slowest_filter_and_keeps_its_prose(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"Before\n{report.BEGIN}\nold\n{report.END}\nAfter\n", encoding="utf-8")
    record = Record()
    record.add(RUN, [listed(), listed("filter status, clerk", value=70.0), listed("order due, clerk")])
    report.write(record, page)
    text = page.read_text(encoding="utf-8")
    assert text.startswith("Before\n")
    assert text.endswith("After\n")
    assert "old" not in text
    slowest = next(line for line in text.splitlines() if "slowest filter, clerk" in line)
    assert "70 (69) ms, status, 7 × 10, SQL 2, 11 q **!**" in slowest
    assert "light=red" not in text


def test_a_million_rows_are_held_against_a_thousand() -> None:
    found = [listed(rows=1000, value=40.0), listed(rows=1_000_000, value=80.0)]
    grown = report.growth(found)
    assert [(one.value, one.met) for one in grown] == [(2.0, False)] * 2
    assert report.growth(found[:1]) == []


def test_a_missing_postgresql_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(harness, "postgresql_folder", lambda: None)
    monkeypatch.setattr(sys, "argv", ["make bench", "--database=postgresql"])
    with pytest.raises(
        SystemExit, match=r"\APostgreSQL is not installed \(Debian: apt install postgresql\)\Z"
    ):
        harness.main()


def test_what_is_outside_stays_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(os.environ, "SITE_URL", "https://xiaohao.example.cn")
    environment = harness.surroundings("sqlite:////nowhere", tmp_path)
    assert "SITE_URL" not in environment
    assert environment["DATABASE_URL"] == "sqlite:////nowhere"
