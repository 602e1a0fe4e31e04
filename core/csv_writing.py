"""Comma-separated files that spreadsheets open rightly: UTF-8 with its mark, formulas disarmed, streamed."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from io import StringIO

from core.xlsx_writing import FORMULA_STARTS, Percent, Value

ROWS_A_CHUNK = 500


def disarmed(value: Value) -> str:
    """``value`` as text; one that a spreadsheet would take for a formula gets an apostrophe before it (CWE-1236).

    So does one that has such apostrophes already: ``core.workbooks.delimited`` takes exactly one off again.
    """
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Percent):
        return f"{int(value)}%"
    if isinstance(value, str):
        return f"'{value}" if value.lstrip("'").startswith(FORMULA_STARTS) else value
    return str(value)


def streamed_csv(headings: Sequence[str], rows: Iterable[Sequence[Value]]) -> Iterator[bytes]:
    """The file in pieces as it comes into being."""
    buffer = StringIO()
    writer = csv.writer(buffer)
    writer.writerow([disarmed(heading) for heading in headings])
    yield b"\xef\xbb\xbf"
    for count, row in enumerate(rows, start=1):
        writer.writerow([disarmed(value) for value in row])
        if count % ROWS_A_CHUNK == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
