"""The process that opens the file: limits first, then reading, then one line of JSON after the other on its output.

Started by ``reading.read_workbook`` with the limits as arguments; imports no Django, and so starts in a few
hundredths of a second. Python-calamine reads values (fast, .xlsx and .xls); scans of our own add what it does not
tell. It can abort the whole process on a crafted file, which is why it never runs in a web process.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from core.workbooks.biff import scan_xls
from core.workbooks.delimited import read_delimited
from core.workbooks.grid import (
    MAX_CELLS,
    MAX_COLUMNS,
    MAX_ROWS,
    MAX_SHEETS,
    Cell,
    Merge,
    Refused,
    Sheet,
    column_letter,
)
from core.workbooks.kinds import workbook_kind
from core.workbooks.ods import read_ods
from core.workbooks.xlsx_parts import SheetFacts, scan_xlsx

ROWS_PER_LINE = 2000


def main() -> None:
    """``child.py FILE MEMORY_BYTES CPU_SECONDS``: print the workbook or the refusal as JSON lines."""
    path, memory_bytes, cpu_seconds = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        kind = workbook_kind(path)
        _print({"kind": kind})
        for sheet, rows in _sheets(path, kind=kind):
            _print_sheet(sheet, rows)
        _print({"done": True})
    except Refused as refusal:
        _print({"refused": refusal.code, "detail": refusal.detail})
    except MemoryError:
        _print({"refused": "too_large", "detail": {}})


def _sheets(path: Path, *, kind: str) -> Iterator[tuple[Sheet, Iterable[list[Cell]]]]:
    """Each sheet and its rows, which are read while they are printed."""
    if kind == "csv":
        yield from ((sheet, sheet.rows) for sheet in read_delimited(path))
    elif kind == "ods":
        yield from ((sheet, sheet.rows) for sheet in read_ods(path))
    else:
        yield from _calamine_sheets(path, kind=kind)


def _calamine_sheets(path: Path, *, kind: str) -> Iterator[tuple[Sheet, Iterable[list[Cell]]]]:
    import python_calamine

    facts_by_name: dict[str, SheetFacts] = {}
    facts_by_place: list[SheetFacts] = []
    if kind == "xlsx":
        facts_by_name = scan_xlsx(path)
    else:
        facts_by_place = scan_xls(path)
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        worksheets = [
            meta for meta in workbook.sheets_metadata if meta.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
        if len(worksheets) > MAX_SHEETS:
            raise Refused("too_large")
        for place, meta in enumerate(worksheets):
            source = workbook.get_sheet_by_name(meta.name)
            facts = facts_by_name.get(meta.name) or (
                facts_by_place[place] if place < len(facts_by_place) else SheetFacts()
            )
            merges = facts.merges or [
                Merge(start[0] + 1, start[1] + 1, end[0] + 1, end[1] + 1)
                for start, end in source.merged_cell_ranges or []
            ]
            sheet = Sheet(
                meta.name,
                hidden=meta.visible != python_calamine.SheetVisibleEnum.Visible,
                merges=merges,
                hidden_columns=frozenset(facts.hidden_columns),
                hidden_rows=frozenset(facts.hidden_rows),
                formulas=facts.formulas,
            )
            yield sheet, _with_errors(_values(source, name=meta.name), facts.errors)
    except python_calamine.PasswordError as error:
        raise Refused("encrypted") from error
    except python_calamine.CalamineError as error:
        raise Refused("damaged") from error


def _values(source: Any, *, name: str) -> Iterator[list[Cell]]:
    if source.start is None:
        return
    (_top, left), (bottom, right) = source.start, source.end
    if bottom >= MAX_ROWS or right >= MAX_COLUMNS or (bottom + 1) * (right + 1) > MAX_CELLS:
        raise Refused("far_cell", sheet=name, cell=f"{column_letter(right + 1)}{bottom + 1}")
    # The reader gives every row from the first of the sheet, but the cells from the first used column.
    padding: list[Cell] = [None] * left
    for values in source.iter_rows():
        # The inner test is written out: most cells are text, and this line runs once for each of a million cells.
        cells: list[Cell] = [(value or None) if type(value) is str else _cell(value) for value in values]
        if left and len(cells) <= right - left + 1:
            cells = padding + cells
        while cells and cells[-1] is None:
            cells.pop()
        yield cells


def _with_errors(rows: Iterable[list[Cell]], errors: dict[tuple[int, int], str]) -> Iterator[list[Cell]]:
    """The rows with the words of error cells (#REF!), which the reader leaves empty."""
    of_row: dict[int, list[tuple[int, str]]] = {}
    for (row, column), word in errors.items():
        of_row.setdefault(row, []).append((column, word))
    for row, cells in enumerate(rows, start=1):
        for column, word in of_row.get(row, ()):
            cells.extend([None] * (column - len(cells)))
            cells[column - 1] = word
        yield cells


def _cell(value: Any) -> Cell:
    if value is None:
        return None
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, time | timedelta):
        return str(value)
    if isinstance(value, bool | int | date | datetime):
        return value
    return str(value)


def _print_sheet(sheet: Sheet, rows: Iterable[list[Cell]]) -> None:
    _print(
        {
            "sheet": sheet.name,
            "hidden": sheet.hidden,
            "merges": [[m.top, m.left, m.bottom, m.right] for m in sheet.merges],
            "hidden_columns": sorted(sheet.hidden_columns),
            "hidden_rows": sorted(sheet.hidden_rows),
            "formulas": [[row, column, text] for (row, column), text in sheet.formulas.items()],
        }
    )
    waiting = iter(rows)
    while part := list(islice(waiting, ROWS_PER_LINE)):
        _print({"rows": part})


def _print(line: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(line, ensure_ascii=False, default=_dated, separators=(",", ":")) + "\n")


def _dated(value: object) -> dict[str, str]:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    raise TypeError(type(value))


if __name__ == "__main__":
    main()
