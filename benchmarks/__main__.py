"""`make bench`: how long pages and jobs take, and how many queries they make, on a database of a given size.

`make bench ARGS="--rows 100000"`; `--rounds`, and `--database postgresql://...` for another server than a temporary
SQLite file (it has to be empty). Prints one line a measurement: median and minimum of the rounds in milliseconds.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any


def arguments() -> argparse.Namespace:
    """What to measure."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="measures in the synthetic ledger")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--database", default="", help="an empty database; a temporary SQLite file without it"
    )
    return parser.parse_args()


def timed(work: Callable[[], Any], *, rounds: int) -> tuple[float, float, int]:
    """Median and minimum in milliseconds, and the queries of the last round; one round before is not counted."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    work()
    spent = []
    for _round in range(rounds):
        begun = time.perf_counter()
        work()
        spent.append((time.perf_counter() - begun) * 1000)
    with CaptureQueriesContext(connection) as queries:
        work()
    return median(spent), min(spent), len(queries)


def pages() -> list[tuple[str, str, str]]:
    """Name, person and address of each page measured."""
    from remediation.models import Item, Ledger

    ledger = Ledger.objects.order_by("-pk").first()
    assert ledger is not None
    item = Item.objects.filter(ledger=ledger).order_by("pk").first()
    assert item is not None
    return [
        ("list, everything", "supervision", "/measures/"),
        ("list, red, one ledger", "supervision", f"/measures/?ledger={ledger.pk}&light=red"),
        ("list, text of two characters", "supervision", f"/measures/?ledger={ledger.pk}&q=制度"),
        ("list, a clerk's", "clerk", "/measures/"),
        ("home, a clerk's", "clerk", "/work/"),
        ("tree", "supervision", f"/tree/?ledger={ledger.pk}"),
        ("item", "supervision", f"/items/{item.pk}/"),
        ("dashboard, everything", "leader", "/dashboard/"),
        ("dashboard, one ledger", "leader", f"/dashboard/?ledger={ledger.pk}"),
        ("dashboard, a clerk's", "clerk", "/dashboard/"),
    ]


def measure(rows: int, rounds: int) -> None:
    """Load the data, measure, print."""
    from django.core.management import call_command
    from django.test import Client

    from accounts.models import User

    call_command("migrate", verbosity=0)
    begun = time.perf_counter()
    with Path(os.devnull).open("w", encoding="utf-8") as quiet:
        call_command("demo", stdout=quiet)
        call_command("demo", scale=rows, stdout=quiet)
    print(f"{'demo and scale':34} {time.perf_counter() - begun:9.1f} s")
    for name, person, address in pages():
        client = Client()
        client.force_login(User.objects.get(username=person))
        answer = client.get(address)
        if answer.status_code != 200:
            sys.exit(f"{address} answered {answer.status_code}")
        middle, least, queries = timed(partial(client.get, address), rounds=rounds)
        print(f"{name:34} {middle:9.1f} ms (least {least:.1f}), {queries} queries")
    for command in ("send_reminders", "roll_up"):
        begun = time.perf_counter()
        with Path(os.devnull).open("w", encoding="utf-8") as quiet:
            call_command(command, stdout=quiet, **({"dry_run": True} if command == "send_reminders" else {}))
        print(f"{command:34} {time.perf_counter() - begun:9.1f} s")


def main() -> None:
    """Prepare a database of its own and measure on it."""
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = options.database or f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        os.environ["DATA_DIR"] = folder
        os.environ["DEBUG"] = "0"
        os.environ.setdefault("SECRET_KEY", "benchmark-" * 6)
        os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        from django.db import connection

        print(
            f"{options.rows} measures, {connection.vendor}, Python {platform.python_version()}, {os.cpu_count()} CPUs"
        )
        measure(options.rows, options.rounds)


if __name__ == "__main__":
    main()
