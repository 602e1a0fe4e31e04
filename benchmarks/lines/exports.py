"""The filtered list as xlsx and csv: until the last byte, until the first one, and the memory that it takes."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from benchmarks import statements
from benchmarks.apart import Outcome, Span, apart, timed
from benchmarks.results import Measurement
from benchmarks.site import Site

HERE = "benchmarks.lines.exports"
GOAL_SECONDS = {"xlsx": 10, "csv": 3}
FIRST_BYTE_SECONDS = 1
ROUNDS = 3
FLOORS = {"xlsx": "XlsxWriter with constant_memory", "csv": "the csv module"}


def measure(site: Site) -> Iterator[Measurement]:
    """Both forms, each round in a process of its own."""
    for kind in ("xlsx", "csv"):
        product: list[Outcome] = []
        floor: list[Outcome] = []
        for _round in range(min(ROUNDS, site.rounds)):
            product.append(apart(f"{HERE}:downloaded", kind=kind, ledger=site.ledger.pk))
            path = str(site.folder / f"export.{kind}")
            floor.append(apart(f"{HERE}:{kind}_by_hand", ledger=site.ledger.pk, path=path))
        yield Measurement(
            **site.measured("export", kind, "s"),
            product=[one.seconds for one in product],
            floor=[one.seconds for one in floor],
            floor_words=FLOORS[kind],
            goal=GOAL_SECONDS[kind],
            queries=max(one.queries for one in product),
            peak_mb=max(one.peak_mb for one in product),
            floor_peak_mb=max(one.peak_mb for one in floor),
        )
        yield Measurement(
            **site.measured("export", f"{kind}, first byte", "s"),
            product=[one.noted["first byte"] for one in product],
            goal=FIRST_BYTE_SECONDS,
        )
        yield Measurement(
            **site.measured("export", f"{kind}, memory above that of the first byte", "MB"),
            product=[one.noted["grown"] for one in product],
        )


# -- in a process of its own ------------------------------------------------------------------------------------------


def downloaded(kind: str, ledger: int) -> Span:
    """The download of a person who sees everything, read to its end and thrown away."""
    import psutil
    from django.test import Client

    from accounts.models import User

    client = Client()
    client.force_login(User.objects.get(username="supervision"))
    # A worker that has answered before: addresses, templates and words are loaded.
    client.get("/measures/")
    own = psutil.Process()
    with timed() as span:
        answer: Any = client.get(f"/measures/?ledger={ledger}&format={kind}")
        if answer.status_code != 200:
            raise RuntimeError(f"the export answered {answer.status_code}")
        at_first = highest = 0.0
        for number, _piece in enumerate(answer.streaming_content):
            span.note("first byte")
            if number % 20 == 0:
                highest = max(highest, own.memory_info().rss / 1e6)
                at_first = at_first or highest
    span.noted["grown"] = highest - at_first
    return span


def lines_by_hand(ledger: int) -> Iterator[Sequence[Any]]:
    """The same lines, read by one statement, a batch at a time."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.chunked_cursor() as cursor:
        if connection.vendor == "postgresql":
            # Every row is fetched; by itself PostgreSQL plans a cursor for the first tenth of them.
            with connection.cursor() as setting:
                setting.execute("SET LOCAL cursor_tuple_fraction = 1")
        cursor.execute(statements.export_rows(connection.vendor), [ledger])
        while batch := cursor.fetchmany(2000):
            yield from batch


def csv_by_hand(ledger: int, path: str) -> Span:
    """The lines through the standard library's writer, into a file."""
    with timed() as span, Path(path).open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file).writerows(lines_by_hand(ledger))
    return span


def xlsx_by_hand(ledger: int, path: str) -> Span:
    """The lines through XlsxWriter, with borders and a real date in the column of the deadline."""
    import xlsxwriter

    with timed() as span:
        workbook = xlsxwriter.Workbook(path, {"constant_memory": True})
        bordered = workbook.add_format({"border": 1, "text_wrap": True})
        dated = workbook.add_format({"border": 1, "num_format": "yyyy-mm-dd"})
        sheet = workbook.add_worksheet()
        for number, line in enumerate(lines_by_hand(ledger)):
            for place, value in enumerate(line):
                if place == 12 and value is not None:
                    day = value if isinstance(value, date) else date.fromisoformat(value)
                    sheet.write_number(number, place, (day - date(1899, 12, 30)) // timedelta(days=1), dated)
                elif isinstance(value, str):
                    sheet.write_string(number, place, value, bordered)
                elif value is not None:
                    sheet.write(number, place, value, bordered)
        workbook.close()
    return span
