"""`make bench`: every line of the plan beside its floor, on databases made for the occasion.

    make bench                                         everything: PostgreSQL at 1,000, 100,000 and 1,000,000 rows,
                                                       SQLite at 10,000 and 100,000 (an hour or two)
    make bench ARGS="--database postgresql --sizes 100000"
    make bench ARGS="--only lists --only updates --rounds 3 --sizes 1000 --dry"

A run of everything replaces benchmarks/results.json and the tables of docs/performance.md; one of a part replaces what
it measured and keeps the rest. `--dry` keeps nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import report
from benchmarks.cluster import MISSING, cluster, create_database, drop_database, server_version
from benchmarks.plan import (
    EACH_SIZE,
    EMPTY,
    LARGE,
    LINES,
    NOWHERE,
    ROUNDS,
    SIZES,
    WORKBOOKS,
    large_of,
    lines_at,
)
from benchmarks.results import FOLDER, Measurement, Record, Run, read_record
from benchmarks.site import Site, measure
from tests.capabilities import postgresql_folder

ROOT = FOLDER.parent
# What stands in the environment is about an installation; the databases here are made for the occasion.
FROM_OUTSIDE = {
    "ALLOWED_HOSTS", "BIND_ADDRESS", "CSRF_TRUSTED_ORIGINS", "DATABASE_URL", "DATA_DIR", "DEBUG", "DEMO", "EMAIL_HOST",
    "MEDIA_ROOT", "PORT", "REDIS_URL", "SITE_URL", "TEST_DATABASE_URL", "TRUSTED_PROXIES", "WEB_THREADS", "WEB_WORKERS",
}  # fmt: skip


def arguments() -> argparse.Namespace:
    """What to measure."""
    parser = argparse.ArgumentParser(
        prog="make bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=["postgresql", "sqlite", "both"], default="both")
    parser.add_argument("--sizes", type=numbers, default=None, help="rows, as 1000,100000")
    parser.add_argument("--workbooks", type=numbers, default=WORKBOOKS, help="rows of the imported workbooks")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    # argparse reads a percent sign as the start of a name.
    about = ", ".join(f"{line.name} ({line.about})" for line in LINES.values()).replace("%", "%%")
    parser.add_argument(
        "--only", action="append", choices=list(LINES), metavar="LINE", help=f"one of {about}"
    )
    parser.add_argument("--dry", action="store_true", help="print and keep nothing")
    parser.add_argument(
        "--results", type=Path, default=None, help="another folder for the results, and no tables"
    )
    return parser.parse_args()


def numbers(text: str) -> tuple[int, ...]:
    """Numbers between commas, each of them once."""
    return tuple(sorted({int(word) for word in text.split(",")}))


def main() -> int:
    """Measure, print, keep."""
    options = arguments()
    # What was measured is what lay here at the beginning.
    begun, measured = datetime.now(UTC), commit()
    wanted = options.only or list(LINES)
    with tempfile.TemporaryDirectory(prefix="xiaohao-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        servers = {"sqlite": ""} if options.database != "postgresql" else {}
        programs = postgresql_folder() if options.database != "sqlite" else None
        words = versions()
        if programs:
            servers = {"postgresql": stack.enter_context(cluster(programs)), **servers}
            words = f"PostgreSQL {server_version(servers['postgresql'])}, {words}"
        elif options.database == "postgresql":
            sys.exit("PostgreSQL is not installed (Debian: apt install postgresql)")
        elif options.database == "both":
            print(MISSING, file=sys.stderr)
        collect_static_files(folder)
        good = True
        for database, server in servers.items():
            for place in places(database, options, wanted):
                good &= place.measure(server, folder, options)
        if NOWHERE in {LINES[line].where for line in wanted}:
            nowhere = Site("", 0, options.rounds, folder)
            good &= measure(nowhere, lines_at(NOWHERE, wanted), folder / "found")
        found = read_found(folder / "found")
    everything = not options.only and options.sizes is None and options.database == "both"
    run = Run(command(), f"{begun:%Y-%m-%d %H:%M}", machine(), words, measured)
    keep(found, run, options, everything=everything)
    return 0 if good else 1


class Place:
    """One database: its kind, its rows (0: the demo organ alone), and the lines that are measured in it."""

    def __init__(self, database: str, rows: int, lines: list[str]) -> None:
        self.database, self.rows, self.lines = database, rows, lines

    def measure(self, server: str, folder: Path, options: argparse.Namespace) -> bool:
        """Make the database, fill it, measure in a process of its own, remove it; whether all lines were measured."""
        name = f"{self.database}{self.rows}"
        data = folder / name
        data.mkdir()
        address = create_database(server, name) if server else f"sqlite:///{data / 'bench.sqlite3'}"
        environment = surroundings(address, data)
        print(f"--- {self.database}, {self.rows:,} rows", flush=True)
        try:
            self.fill(environment)
            command = [sys.executable, "-m", "benchmarks.site", f"--database={self.database}"]
            command += [
                f"--rows={self.rows}",
                f"--rounds={options.rounds}",
                f"--lines={','.join(self.lines)}",
            ]
            command += [f"--folder={data}", f"--into={folder / 'found'}"]
            command += [f"--workbooks={','.join(map(str, options.workbooks))}"]
            return subprocess.run(command, cwd=ROOT, env=environment).returncode == 0
        finally:
            if server:
                drop_database(server, name)
            for left in data.glob("bench.sqlite3*"):
                left.unlink()

    def fill(self, environment: dict[str, str]) -> None:
        """Tables, demo organ, the synthetic ledger, the figures that the worker would have kept by now."""
        begun = time.monotonic()
        manage(environment, "migrate", "--verbosity=0")
        manage(environment, "demo", *(["--scale", str(self.rows)] if self.rows else []))
        manage(environment, "roll_up")
        settle(environment["DATABASE_URL"])
        print(f"filled in {time.monotonic() - begun:.0f} s", flush=True)


def places(database: str, options: argparse.Namespace, wanted: list[str]) -> Iterator[Place]:
    """The databases of one kind, smallest first, the imports' own last."""
    sizes = sorted(options.sizes or SIZES[database])
    for rows in sizes:
        lines = lines_at(EACH_SIZE, wanted)
        if rows == large_of(sizes):
            # In the plan's order: what only reads comes before what writes.
            lines = [name for name in LINES if name in {*lines, *lines_at(LARGE, wanted)}]
        if lines:
            yield Place(database, rows, lines)
    if lines := lines_at(EMPTY, wanted):
        yield Place(database, 0, lines)


def surroundings(address: str, data: Path) -> dict[str, str]:
    """The environment of the product on a database of this run."""
    kept = {name: value for name, value in os.environ.items() if name not in FROM_OUTSIDE}
    return {
        **kept,
        "ALLOWED_HOSTS": "testserver",
        "BENCHMARK_STATIC_ROOT": str(data.parent / "static"),
        "DATABASE_URL": address,
        "DATA_DIR": str(data),
        "DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "LOG_LEVEL": "ERROR",
        "SECRET_KEY": "only-for-measuring-abcdefghijklmnopqrstuvwxyz-0123456789",
    }


def manage(environment: dict[str, str], *command: str) -> None:
    """Run a command of the product; what it says is of no interest unless it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(f"manage.py {command[0]} failed:\n{done.stdout}{done.stderr}")


def settle(address: str) -> None:
    """What autovacuum has done in a database that has been in use for a while."""
    if not address.startswith("postgresql"):
        return
    import psycopg2

    connection = psycopg2.connect(address)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    connection.close()


def collect_static_files(folder: Path) -> None:
    """The static files, as `make run` collects them: pages name them by their digests."""
    environment = surroundings(f"sqlite:///{folder / 'none.sqlite3'}", folder / "none")
    manage(environment, "build_icons", "--verbosity=0")
    manage(environment, "collectstatic", "--no-input", "--verbosity=0")


def read_found(path: Path) -> list[Measurement]:
    """What the processes have written, one measurement a line."""
    if not path.exists():
        return []
    return [Measurement(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]


def keep(found: list[Measurement], run: Run, options: argparse.Namespace, *, everything: bool) -> None:
    """Write the results and the tables, unless nothing is to be kept."""
    if options.dry or not found:
        return
    folder = options.results or FOLDER
    record = Record() if everything else read_record(folder)
    record.add(run, found)
    if grown := report.growth(record.measurements):
        record.add(run, grown)
    record.write(folder)
    if options.results is None:
        report.write(record)


def command() -> str:
    """The command as it is typed."""
    given = shlex.join(sys.argv[1:])
    return f'make bench ARGS="{given}"' if given else "make bench"


def machine() -> str:
    """The machine in words: processor, cores, memory."""
    names = [
        line.partition(":")[2].strip() for line in lines_of("/proc/cpuinfo") if line.startswith("model name")
    ]
    memory = next((line.split()[1] for line in lines_of("/proc/meminfo") if line.startswith("MemTotal")), "0")
    processor = names[0] if names else platform.machine()
    return f"{processor}, {os.cpu_count()} cores, {int(memory) / 1e6:.0f} GB, {platform.system()} {platform.release()}"


def lines_of(path: str) -> list[str]:
    """The lines of a file of the system, none where there is no such file."""
    file = Path(path)
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def versions() -> str:
    """What the product stood on."""
    import sqlite3

    packages = ", ".join(
        f"{name} {version(name)}" for name in ("Django", "granian", "openpyxl", "xlsxwriter")
    )
    return f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {packages}"


def commit() -> str:
    """The commit that was measured; a plus where files differ from it."""
    asked = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
    answer = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True)
    return answer.stdout.strip() or "an unknown commit"


if __name__ == "__main__":
    sys.exit(main())
