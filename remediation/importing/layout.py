"""Where the table stands in a workbook: the ledger's sheets, header rows, and which column is what. Pure.

A header is looked for, not assumed: every block of one to three rows among the first rows of a sheet is read as if it
were the header, and the one that names the most fields wins. Merged group headings become the path of a heading.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from core.text import folded
from core.workbooks.grid import Cell, Sheet, Workbook, column_letter
from remediation.deadlines import dates_in, year_in
from remediation.importing.columns import BY_FIELD, GROUP_OR_PROBLEM, PROJECT_SERIALS, Match, match_heading
from remediation.importing.words import read_percent, read_status

HEADER_SEARCH_ROWS = 40
MAX_HEADER_DEPTH = 3
MIN_FIELDS = 3
MAX_HEADING = 30
# A table is a ledger when it names what is done and at least one of who, by when, how far.
WORK_FIELDS = frozenset({"measure", "problem"})
DUTY_FIELDS = frozenset(
    {"lead_offices", "responsible_offices", "assisting_offices", "leader", "deadline", "status"}
)
SAMPLES = 2
SAMPLE_ROWS = 200


@dataclass(frozen=True)
class SheetColumn:
    """One column of the sheet and what it was taken for."""

    index: int  # 1-based
    path: tuple[str, ...]
    match: Match
    samples: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def letter(self) -> str:
        return column_letter(self.index)

    @property
    def heading(self) -> str:
        """The leaf heading."""
        return self.path[-1] if self.path else ""

    @property
    def title(self) -> str:
        """The headings from the group down, joined for people."""
        return " / ".join(self.path)


@dataclass(frozen=True)
class Layout:
    """A ledger's sheet as found: header, data range, columns, and what the rows above the header say."""

    sheet: str
    header_top: int
    header_bottom: int
    columns: tuple[SheetColumn, ...]
    title: str = ""
    reported_on: date | None = None
    year: int | None = None
    year_source: str = ""  # reported_on | title | as_of
    is_project_plan: bool = False
    # Nothing says that this is a ledger: the row that looks most like headings, for somebody to say which is what.
    is_guess: bool = False

    def column(self, name: str) -> SheetColumn | None:
        """The column that is written to ``name``."""
        return next((column for column in self.columns if column.match.field == name), None)

    def fields(self) -> dict[str, int]:
        """Field -> column number."""
        return {column.match.field: column.index for column in self.columns if column.match.field}

    @property
    def questions(self) -> tuple[SheetColumn, ...]:
        """Columns whose field has to be chosen."""
        return tuple(column for column in self.columns if column.match.reason in {"ambiguous", "twice"})

    @property
    def signature(self) -> str:
        """The key under which the mapping of this layout is remembered: its headings in order."""
        headings = "|".join(folded(column.title) for column in self.columns)
        return hashlib.sha256(headings.encode()).hexdigest()


@dataclass
class Found:
    """All ledger sheets of a workbook, and the sheets that are none with the reason."""

    layouts: list[Layout] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)  # sheet -> hidden | empty | no_table | instructions


def find_layouts(workbook: Workbook, *, guessed: Collection[str] = ()) -> Found:
    """The ledgers of a workbook, best sheet first excluded ones told. Hidden sheets are not read.

    ``guessed``: sheets that somebody said are ledgers, whatever their headings.
    """
    found = Found()
    for sheet in workbook.sheets:
        if sheet.hidden:
            found.skipped[sheet.name] = "hidden"
        elif not any(any(cell is not None for cell in row) for row in sheet.rows):
            found.skipped[sheet.name] = "empty"
        elif layout := find_layout(sheet) or (guess_layout(sheet) if sheet.name in guessed else None):
            found.layouts.append(layout)
        else:
            found.skipped[sheet.name] = "instructions" if "说明" in sheet.name else "no_table"
    return found


def find_layout(sheet: Sheet) -> Layout | None:
    """The header of ``sheet`` and what its columns are; None when no ledger is in it."""
    covered = _covered(sheet, last_row=HEADER_SEARCH_ROWS + MAX_HEADER_DEPTH)
    best: tuple[int, int, int] | None = None  # score, -depth, -top
    for top in range(1, min(HEADER_SEARCH_ROWS, len(sheet.rows)) + 1):
        for depth in range(1, MAX_HEADER_DEPTH + 1):
            bottom = top + depth - 1
            if bottom > len(sheet.rows):
                break
            score = _score(sheet, covered, top, bottom)
            if score and (best is None or (score, -depth, -top) > best):
                best = (score, -depth, -top)
    if best is None:
        return None
    top, bottom = -best[2], -best[2] - best[1] - 1
    return _layout(sheet, covered, _with_group_rows(sheet, top), bottom)


def guess_layout(sheet: Sheet) -> Layout | None:
    """The layout by the first row with the most short texts; None where no row looks like headings of a table."""
    covered = _covered(sheet, last_row=HEADER_SEARCH_ROWS + MAX_HEADER_DEPTH)
    texts = {
        top: {
            value
            for column in range(1, sheet.width + 1)
            if isinstance(value := covered.get((top, column)), str) and len(value) <= MAX_HEADING
        }
        for top in range(1, min(HEADER_SEARCH_ROWS, len(sheet.rows) - 1) + 1)
    }
    top = max(texts, key=lambda row: len(texts[row]), default=0)
    if not top or len(texts[top]) < MIN_FIELDS:
        return None
    bottom = max([top, *(merge.bottom for merge in sheet.merges if merge.top == top)])
    layout = _layout(sheet, covered, _with_group_rows(sheet, top), min(bottom, top + MAX_HEADER_DEPTH - 1))
    return replace(layout, is_guess=True)


def _with_group_rows(sheet: Sheet, top: int) -> int:
    """The first row of the header with the group headings above it: cells merged down into it, or side by side."""
    width = sheet.width
    while top > 1:
        reaching = [merge.top for merge in sheet.merges if merge.top < top <= merge.bottom]
        if reaching:
            top = min(reaching)
            continue
        above = [merge for merge in sheet.merges if merge.top == merge.bottom == top - 1]
        grouping = [merge for merge in above if 1 < merge.right - merge.left + 1 < width - 1]
        if len(grouping) < 2 or any(
            ":" in folded(str(sheet.value(merge.top, merge.left) or "")) for merge in grouping
        ):
            break
        top -= 1
    return top


def _covered(sheet: Sheet, *, last_row: int) -> dict[tuple[int, int], Cell]:
    """The cells of the first rows with merged values repeated over their whole range."""
    cells: dict[tuple[int, int], Cell] = {}
    for number, row in enumerate(sheet.rows[:last_row], start=1):
        for column, value in enumerate(row, start=1):
            if value is not None:
                cells[number, column] = value
    width = sheet.width
    for merge in sheet.merges_in(1, last_row):
        value = sheet.value(merge.top, merge.left)
        if value is None:
            continue
        for row_number in range(merge.top, min(merge.bottom, last_row) + 1):
            for column in range(merge.left, min(merge.right, width) + 1):
                cells[row_number, column] = value
    return cells


def _heading_text(value: str) -> str:
    """A heading on one line: 完成\\n时限 is 完成时限, Lead\\noffices keeps its space."""
    return re.sub(r"(?<![A-Za-z0-9])\s+|\s+(?![A-Za-z0-9])", "", " ".join(value.split()))


def _path(covered: dict[tuple[int, int], Cell], column: int, top: int, bottom: int) -> tuple[str, ...]:
    path: list[str] = []
    for row in range(top, bottom + 1):
        value = covered.get((row, column))
        text = _heading_text(value) if isinstance(value, str) else ""
        if text and (not path or path[-1] != text):
            path.append(text)
    return tuple(path)


def _score(sheet: Sheet, covered: dict[tuple[int, int], Cell], top: int, bottom: int) -> int:
    """How many fields the block names; 0 when it cannot be the header of a ledger.

    A row that is one merged title, or holds long texts, is no header.
    """
    width = sheet.width
    named: set[str] = set()
    for column in range(1, width + 1):
        if column in sheet.hidden_columns:
            continue
        path = _path(covered, column, top, bottom)
        if not path or len(path[-1]) > MAX_HEADING:
            continue
        match = match_heading(path[-1])
        if match.field:
            named.add(match.field)
        elif match.choices:
            named.add(match.choices[0])
    if len(named) < MIN_FIELDS or not named & WORK_FIELDS or not named & DUTY_FIELDS:
        return 0
    return len(named)


def _layout(sheet: Sheet, covered: dict[tuple[int, int], Cell], top: int, bottom: int) -> Layout:
    columns: list[SheetColumn] = []
    for index in range(1, sheet.width + 1):
        hidden = index in sheet.hidden_columns
        path = _path(covered, index, top, bottom)
        samples = _samples(sheet, index, bottom, headings=path)
        if not path and not samples:
            continue
        match = (
            Match(None, "hidden") if hidden else match_heading(path[-1]) if path else Match(None, "unknown")
        )
        columns.append(SheetColumn(index, path, match, samples, hidden))
    columns = _settled(columns)
    title, reported_on, year, source = _above(sheet, top)
    serial = next((column for column in columns if column.match.field == "serial"), None)
    return Layout(
        sheet.name,
        top,
        bottom,
        tuple(columns),
        title=title,
        reported_on=reported_on,
        year=year,
        year_source=source,
        is_project_plan=serial is not None and folded(serial.heading) in PROJECT_SERIALS,
    )


def _settled(columns: list[SheetColumn]) -> list[SheetColumn]:
    """What a heading means beside the others: no field twice, 责任单位 and 整治重点 by their company."""
    named = {column.match.field for column in columns if column.match.field}
    settled: list[SheetColumn] = []
    taken: dict[str, SheetColumn] = {}
    exact = {
        column.match.field: column.index
        for column in columns
        if column.match.reason == "same" and column.match.field
    }
    true_problem = any(
        column.match.field == "problem" and folded(column.heading) not in GROUP_OR_PROBLEM
        for column in columns
    )
    for column in columns:
        match = column.match
        if match.field == "responsible_offices":
            # 责任单位 leads where no column names the lead, else it assists (glossary 1, domain 3.2).
            target = "assisting_offices" if "lead_offices" in named else "lead_offices"
            match = replace(match, field=target)
        elif match.field == "problem" and folded(column.heading) in GROUP_OR_PROBLEM and true_problem:
            match = replace(
                match, field="category" if "category" not in named else "key_problem", reason="group"
            )
        elif match.choices:
            match = _by_company(match, named)
        if match.field and (
            match.field in taken
            or (match.field in exact and exact[match.field] != column.index and match.reason != "same")
        ):
            match = Match(None, "twice", (match.field,), match.word)
        if match.field:
            taken[match.field] = column
        settled.append(replace(column, match=match))
    return settled


def _by_company(match: Match, named: set[str]) -> Match:
    """An ambiguous heading with only one field left is clear."""
    left = tuple(choice for choice in match.choices if choice not in named)
    if len(left) == 1:
        return Match(left[0], "group", word=match.word)
    return replace(match, choices=left or match.choices)


def _samples(sheet: Sheet, column: int, header_bottom: int, *, headings: tuple[str, ...]) -> tuple[str, ...]:
    """The first values of a column; a heading that is repeated further down is no value."""
    found: list[str] = []
    plain_headings = {folded(heading) for heading in headings}
    for row in sheet.rows[header_bottom : header_bottom + SAMPLE_ROWS]:
        value = row[column - 1] if column <= len(row) else None
        text = cell_text(value)
        if text and text not in found and folded(text) not in plain_headings:
            found.append(text[:60])
        if len(found) == SAMPLES:
            break
    return tuple(found)


def cell_text(value: Cell) -> str:
    """A cell as text: whole numbers without a point, dates in ISO form."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        at_midnight = not (value.hour or value.minute or value.second)
        return value.date().isoformat() if at_midnight else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return f"{value:.10g}"
    return str(value)


def _above(sheet: Sheet, header_top: int) -> tuple[str, date | None, int | None, str]:
    """Title, 填报日期 (or 截至), and the year that rows without one belong to."""
    title, reported_on, year_title = "", None, None
    for row in sheet.rows[: header_top - 1]:
        for value in row:
            if value is None:
                continue
            text = cell_text(value)
            label = folded(text)
            if reported_on is None and any(
                mark in label
                for mark in ("填报日期", "填报时间", "填表日期", "截至", "截止", "日期:", "时间:")
            ):
                reported_on = next(dates_in(text), None)
            if not title and len(label) > 3 and ":" not in label:
                title = " ".join(text.split())
            year_title = year_title or year_in(text)
    # A date cell beside the label.
    if reported_on is None:
        for row in sheet.rows[: header_top - 1]:
            reported_on = reported_on or next(
                (
                    cell.date() if isinstance(cell, datetime) else cell
                    for cell in row
                    if isinstance(cell, date)
                ),
                None,
            )
    if reported_on is not None:
        return title, reported_on, reported_on.year, "reported_on"
    return title, None, year_title, "title" if year_title else ""


def with_choices(layout: Layout, choices: Mapping[str, Any], *, reason: str) -> Layout:
    """The layout with the fields that somebody chose (``{"12": "status", "3": None}`` by column number)."""
    columns = []
    chosen = {int(index): name or None for index, name in choices.items()}
    for column in layout.columns:
        if column.index in chosen:
            name = chosen[column.index]
            if name is not None and name not in BY_FIELD:
                name = None
            if name != column.match.field or column.match.reason in {"ambiguous", "twice"} or layout.is_guess:
                columns.append(replace(column, match=Match(name, reason, word=column.heading)))
                continue
        columns.append(column)
    return replace(layout, columns=tuple(columns))


def decided_by_values(layout: Layout) -> tuple[Layout, list[SheetColumn]]:
    """For callers that cannot ask: ambiguous columns by what stands in them; which ones were decided so."""
    columns, decided = [], []
    taken = set(layout.fields())
    for column in layout.columns:
        if column.match.reason == "ambiguous":
            name = _by_values(column, [choice for choice in column.match.choices if choice not in taken])
            settled = replace(column, match=Match(name, "values", column.match.choices, column.match.word))
            decided.append(settled)
            columns.append(settled)
            continue
        if column.match.reason == "twice":
            decided.append(column)
        columns.append(column)
    return replace(layout, columns=tuple(columns)), decided


def _by_values(column: SheetColumn, choices: list[str]) -> str | None:
    if not column.samples:
        return None
    if "status" in choices and all(read_status(sample).status is not None for sample in column.samples):
        return "status"
    if "percent" in choices and all(read_percent(sample) is not None for sample in column.samples):
        return "percent"
    return next((choice for choice in choices if choice not in {"status", "percent"}), None)
