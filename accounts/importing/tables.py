"""The rows of a register: sheets found by name or headings, columns by any of their names, errors by cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.text import folded, printable
from core.workbooks.grid import Cell, Sheet, Workbook, column_letter

HEADER_ROWS_SEARCHED = 10
MAX_TABLE_ROWS = 5000
MAX_CELL_LENGTH = 2000
# A row whose remark begins so is the template's example.
EXAMPLE_MARK = "示例"


@dataclass(frozen=True)
class Column:
    """One column: ``heading`` as the template writes it, ``others`` as people do, ``options`` to choose from."""

    key: str
    heading: str
    others: tuple[str, ...] = ()
    required: bool = False
    options: tuple[str, ...] = ()
    example: str = ""
    hint: str = ""
    width: int = 14

    @property
    def names(self) -> set[str]:
        """Every heading under which the column is found."""
        return {folded(name) for name in (self.heading, *self.others)}


@dataclass(frozen=True)
class TableLayout:
    """One sheet of a register."""

    sheet: str
    other_sheets: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def required(self) -> set[str]:
        """The columns without which a table is not this one."""
        return {column.key for column in self.columns if column.required}


@dataclass(frozen=True)
class Issue:
    """Something to correct (or, as a warning, to know), with its place and what to do."""

    sheet: str
    row: int | None
    column: int | None
    kind: str
    value: str
    message: str

    def as_json(self) -> dict[str, Any]:
        """The shape that the command line prints."""
        return {
            "sheet": self.sheet,
            "row": self.row,
            "column": self.column,
            "kind": self.kind,
            "message": self.message,
        }

    def as_line(self) -> str:
        """One line for a terminal: place first."""
        return f"{self.place}{pgettext('label', ': ')}{self.message}" if self.place else self.message

    @property
    def place(self) -> str:
        """Where it is, as a spreadsheet shows it: sheet, row, letter of the column."""
        if self.row is None:
            return self.sheet
        values = {"sheet": self.sheet, "row": self.row}
        if self.column is None:
            return _("Sheet “%(sheet)s”, row %(row)s") % values
        letter = column_letter(self.column)
        return _("Sheet “%(sheet)s”, row %(row)s, column %(column)s") % {**values, "column": letter}


def unopened(path: Path) -> Issue:
    """The issue of a file that is not there or may not be read."""
    return Issue(
        "", None, None, "no_file", "", _("There is no file %(path)s, or it cannot be read.") % {"path": path}
    )


@dataclass
class Row:
    """One row: cleaned texts by column key, and where they stand."""

    sheet: str
    number: int
    texts: dict[str, str]
    places: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, key: str) -> str:
        return self.texts.get(key, "")

    def issue(self, key: str | None, kind: str, message: str) -> Issue:
        """An issue with this row's ``key`` cell, or with the whole row."""
        column = self.places.get(key) if key is not None else None
        return Issue(self.sheet, self.number, column, kind, self[key] if key is not None else "", message)


class Outcome(Enum):
    """What an import does with a row."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WRONG = "wrong"


@dataclass(frozen=True)
class FieldChange:
    """One value that an import changes, in words."""

    label: str
    before: str
    after: str


@dataclass
class RowPlan:
    """What one row would do; ``issues`` make it wrong."""

    row: Row
    name: str
    outcome: Outcome = Outcome.UNCHANGED
    changes: list[FieldChange] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    def settle(self, *, exists: bool) -> None:
        """Say the outcome from what was found."""
        if self.issues:
            self.outcome = Outcome.WRONG
        elif not exists:
            self.outcome = Outcome.NEW
        else:
            self.outcome = Outcome.CHANGED if self.changes else Outcome.UNCHANGED


def text_of(cell: Cell) -> str:
    """A cell as text: whole numbers without a point, days as 2022-12-31, invisible characters gone."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str):
        # Line breaks separate names inside a cell; everything else that is white is a space.
        return "\n".join(line for part in cell.splitlines() if (line := printable(part)))
    return printable(str(cell))


def rows_of(workbook: Workbook, layout: TableLayout) -> tuple[list[Row], list[Issue], bool]:
    """The filled rows of the sheet that ``layout`` describes, what is wrong with its frame, and whether it is there."""
    wanted = {folded(name) for name in (layout.sheet, *layout.other_sheets)}
    by_name = [sheet for sheet in workbook.sheets if folded(sheet.name) in wanted]
    for sheet in by_name or workbook.sheets:
        found = _header(sheet, layout)
        if found is not None:
            rows, issues = _rows_below(sheet, *found)
            return rows, issues, True
    if by_name:
        headings = "、".join(column.heading for column in layout.columns if column.required)
        message = _("No heading row was found. The sheet needs the columns %(headings)s.") % {
            "headings": headings
        }
        return [], [Issue(by_name[0].name, None, None, "no_header", "", message)], True
    return [], [], False


def _header(sheet: Sheet, layout: TableLayout) -> tuple[int, dict[str, int]] | None:
    for at, cells in enumerate(sheet.rows[:HEADER_ROWS_SEARCHED], start=1):
        places: dict[str, int] = {}
        for number, cell in enumerate(cells, start=1):
            heading = folded(text_of(cell))
            for column in layout.columns:
                if heading and heading in column.names and column.key not in places:
                    places[column.key] = number
                    break
        if layout.required <= places.keys():
            return at, places
    return None


def _rows_below(sheet: Sheet, header: int, places: dict[str, int]) -> tuple[list[Row], list[Issue]]:
    rows: list[Row] = []
    issues: list[Issue] = []
    for number in range(header + 1, len(sheet.rows) + 1):
        texts = {key: text_of(sheet.value(number, column)) for key, column in places.items()}
        if not any(texts.values()) or texts.get("remark", "").startswith(EXAMPLE_MARK):
            continue
        row = Row(sheet.name, number, texts, places)
        issues += [
            row.issue(
                key,
                "too_long",
                _("The text is too long; at most %(count)s characters.") % {"count": MAX_CELL_LENGTH},
            )
            for key, text in texts.items()
            if len(text) > MAX_CELL_LENGTH
        ]
        issues += [
            row.issue(
                key,
                "formula",
                _("The cell holds a formula. Replace it by its value (copy, paste special, values)."),
            )
            for key, column in places.items()
            if (number, column) in sheet.formulas
        ]
        rows.append(row)
        if len(rows) > MAX_TABLE_ROWS:
            message = _("The sheet has more than %(count)s rows. Split the file.") % {"count": MAX_TABLE_ROWS}
            return [], [Issue(sheet.name, None, None, "too_many_rows", "", message)]
    return rows, issues


def split_names(text: str, *, marks: str = "、,;\n") -> list[str]:
    """The names in a cell, in order, each once; brackets are never split."""
    names: list[str] = []
    depth, start = 0, 0
    for at, character in enumerate(text):
        if character in "(（":
            depth += 1
        elif character in ")）":
            depth = max(0, depth - 1)
        elif character in marks and not depth:
            names.append(text[start:at])
            start = at + 1
    names.append(text[start:])
    return list(dict.fromkeys(name.strip() for name in names if name.strip()))


def day_of(text: str) -> date | None:
    """The day that a cell names: 2022-12-31, 2022/12/31, 2022.12.31 or 2022年12月31日; else None."""
    for mark in ("年", "月", "/", "."):
        text = text.replace(mark, "-")
    parts = text.replace("日", "").split("-")
    try:
        year, month, day = (int(part) for part in parts)
        return date(year, month, day)
    except ValueError:
        return None


def in_order(issues: Iterable[Issue]) -> list[Issue]:
    """Issues in the order in which a reader of the sheet meets them."""
    return sorted(issues, key=lambda issue: (issue.sheet, issue.row or 0, issue.column or 0))


def duplicates(rows: Sequence[Row], key: str, message: str) -> list[Issue]:
    """An issue for every row after the first that names the same thing in column ``key``."""
    seen: dict[str, int] = {}
    found: list[Issue] = []
    for row in rows:
        name = folded(row[key]).casefold()
        if not name:
            continue
        if name in seen:
            found.append(row.issue(key, "duplicate", message % {"row": seen[name]}))
        else:
            seen[name] = row.number
    return found
