"""Comma-separated text: encoding and separator found, cells as text. Imported by the child process; no Django."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from core.workbooks.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Cell, Refused, Sheet, column_letter
from core.xlsx_writing import FORMULA_STARTS

MAX_TEXT_BYTES = 128 * 1024 * 1024
SEPARATORS = ",;\t|"
# UTF-8 first: GB18030 decodes nearly everything, and so must come last.
ENCODINGS = ("utf-8-sig", "gb18030")


def read_delimited(path: Path) -> list[Sheet]:
    """One sheet, named after nothing, with the cells of the text."""
    if path.stat().st_size > MAX_TEXT_BYTES:
        raise Refused("too_large", megabytes=path.stat().st_size // 1024**2)
    text = _decoded(path.read_bytes())
    if "\0" in text:
        raise Refused("not_a_workbook")
    csv.field_size_limit(10_000_000)
    rows: list[list[Cell]] = []
    cells = 0
    try:
        for record in csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text)):
            rows.append([_as_written(value) if value.strip() else None for value in record])
            cells += len(record)
            if len(record) > MAX_COLUMNS or len(rows) > MAX_ROWS or cells > MAX_CELLS:
                raise Refused("far_cell", sheet="CSV", cell=f"{column_letter(len(record))}{len(rows)}")
    except csv.Error as error:
        raise Refused("damaged") from error
    return [Sheet("CSV", rows)]


def _as_written(value: str) -> str:
    """``value`` without the apostrophe by which ``core.csv_writing`` disarmed it."""
    is_disarmed = value[0] == "'" and value.lstrip("'").startswith(FORMULA_STARTS)
    return value[1:] if is_disarmed else value


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refused("not_a_workbook")


def _separator(text: str) -> str:
    """The candidate that splits the first lines into the most columns."""
    lines = [line for line in text.splitlines()[:50] if line.strip()]
    return max(SEPARATORS, key=lambda mark: sum(line.count(mark) for line in lines))
