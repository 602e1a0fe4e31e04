"""From a sheet and its layout to rows, one per measure, as the sheet says. Pure; finds every error of every row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from core.text import folded
from core.workbooks.grid import Cell, Sheet
from remediation.deadlines import Deadline, DeadlineProblem, parse_deadline
from remediation.importing.columns import BY_FIELD
from remediation.importing.issues import ERROR, KINDS, Issue
from remediation.importing.layout import Layout, cell_text
from remediation.importing.names import LeaderRead, NameBook, OfficeList, read_leader
from remediation.importing.parsed import Heading, ParsedRow, SheetRows
from remediation.importing.skipping import RowFilter
from remediation.importing.words import (
    ERROR_CELLS,
    ProblemWords,
    ReadStatus,
    cleaned,
    inferred_from,
    is_formula_text,
    kind_from_type,
    marks_reform,
    one_line,
    read_percent,
    read_problem,
    read_status,
    split_measure_number,
    split_measures,
)
from remediation.states import ItemKind, SectionKind

ONE_LINE_FIELDS = frozenset({"category", "key_problem", "problem", "type", "leader", "serial"})
REQUIRED_FIELDS = frozenset({"problem", "measure"})
DEADLINE_ISSUES = {
    DeadlineProblem.MISSING: "missing_deadline",
    DeadlineProblem.IMPOSSIBLE: "impossible_date",
    DeadlineProblem.AMBIGUOUS_MONTH: "ambiguous_month",
    DeadlineProblem.NO_YEAR: "no_year",
    DeadlineProblem.UNREADABLE: "unreadable_deadline",
}


@dataclass(frozen=True)
class RowCount:
    """How many measures a sheet holds, from which row to which, and what is skipped (reason -> rows)."""

    rows: int = 0
    first_row: int = 0
    last_row: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)


def count_rows(sheet: Sheet, layout: Layout) -> RowCount:
    """What ``read_rows`` will find, at a fraction of its cost: nothing is read but the measures."""
    nobody = NameBook()
    return _Reader(sheet, layout, year=None, offices=nobody, positions=nobody).count()


def read_rows(
    sheet: Sheet, layout: Layout, *, year: int | None, offices: NameBook, positions: NameBook
) -> SheetRows:
    """Every measure row of ``sheet`` and every finding about it."""
    return _Reader(sheet, layout, year=year, offices=offices, positions=positions).read()


class _CellText(NamedTuple):
    """A cell's text without what cannot be seen, and what there is to tell of it."""

    text: str
    removed: int
    is_formula_like: bool
    is_clean: bool


def _read_text(name: str, value: str) -> _CellText:
    """The text of a cell in the column of the field ``name``; none where it holds an error."""
    if value in ERROR_CELLS:
        return _CellText("", 0, is_formula_like=False, is_clean=True)
    text, removed = cleaned(value)
    formula_like = is_formula_text(text)
    if name in ONE_LINE_FIELDS:
        text = one_line(text)
    is_clean = not removed and not formula_like and len(text) <= BY_FIELD[name].longest
    return _CellText(text, removed, formula_like, is_clean)


class _Reader:
    """Reads one sheet; a method for each sort of cell."""

    def __init__(
        self, sheet: Sheet, layout: Layout, *, year: int | None, offices: NameBook, positions: NameBook
    ) -> None:
        self.sheet, self.layout, self.year = sheet, layout, year
        self.offices, self.positions = offices, positions
        self.fields = layout.fields()
        self.heading_of = {column.index: column.heading for column in layout.columns}
        self.skips = RowFilter(sheet, layout)
        self.visible = frozenset(column.index for column in layout.columns if not column.hidden)
        self.last_column = max(self.fields.values(), default=0)
        self.found = SheetRows()
        self.filled: dict[int, dict[int, Cell]] = {}
        # What cells were read as. The cells of a ledger repeat each other: rows share what they have in common.
        self.texts: dict[str, dict[str, _CellText]] = {name: {} for name in self.fields}
        self.leaders: dict[str, LeaderRead] = {}
        self.deadlines: dict[tuple[type, Cell], Deadline] = {}
        self.headings: dict[tuple[str | None, ...], tuple[Heading, ...]] = {}
        self.row = 0
        # The cells of the row being read; and its values as far as the last field, with those of merged cells above.
        self.cells: list[Cell] = []
        self.values: list[Cell] = []
        self.failed = False
        self._fill_merges()

    def _fill_merges(self) -> None:
        """Values of merged cells, for the rows inside the range and its first column only."""
        top, bottom = self.layout.header_bottom + 1, len(self.sheet.rows)
        wanted = set(self.fields.values())
        for merge in self.sheet.merges_in(top, bottom):
            if merge.left not in wanted or merge.bottom == merge.top:
                continue
            value = self.sheet.value(merge.top, merge.left)
            if value is None:
                continue
            for row in range(max(merge.top + 1, top), min(merge.bottom, bottom) + 1):
                self.filled.setdefault(row, {})[merge.left] = value

    def read(self) -> SheetRows:
        for _number in self._measure_rows():
            self._read_row()
        self._tell_serials()
        hidden = sum(1 for row in self.found.rows if row.row in self.sheet.hidden_rows)
        if hidden:
            self.found.issues.append(Issue("hidden_rows", self.sheet.name, details={"count": hidden}))
        if self.found.rows:
            self.found.first_row, self.found.last_row = self.found.rows[0].row, self.found.rows[-1].row
        return self.found

    def count(self) -> RowCount:
        rows, numbers = 0, []
        for number in self._measure_rows():
            rows += len(split_measures(self._text("measure") or ""))
            numbers.append(number)
        first, last = (numbers[0], numbers[-1]) if numbers else (0, 0)
        return RowCount(rows, first, last, self.found.skipped_counts())

    def _measure_rows(self) -> Iterator[int]:
        """Each row that holds a measure, by its number, while it is the one being read; the others are skipped."""
        for number in range(self.layout.header_bottom + 1, len(self.sheet.rows) + 1):
            self.row = number
            cells = self.sheet.rows[number - 1]
            visible = self.visible
            own: list[tuple[int, Cell]] = [
                (index, value)
                for index, value in enumerate(cells, start=1)
                if value is not None and index in visible
            ]
            reason = self.skips.reason(number, own)
            if reason:
                self.found.skipped[number] = reason
            else:
                self.cells, self.values = cells, self._with_merged(cells)
                yield number

    def _with_merged(self, cells: list[Cell]) -> list[Cell]:
        """The values of a row's fields, those of merged cells that began above among them."""
        merged = self.filled.get(self.row)
        missing = self.last_column - len(cells)
        if not merged and missing <= 0:
            return cells
        values = cells + [None] * missing
        for index, value in (merged or {}).items():
            if values[index - 1] is None:
                values[index - 1] = value
        return values

    # -- cells --------------------------------------------------------------------------------------------------------

    def _tell(self, kind: str, column_field: str, value: str = "", /, **details: object) -> None:
        column = self.fields.get(column_field)
        issue = Issue(
            kind, self.sheet.name, self.row, column, self.heading_of.get(column or 0, ""), value, details
        )
        self.failed = self.failed or issue.severity == ERROR
        self.found.issues.append(issue)

    def _tell_once(self, kind: str, column_field: str, value: str, /, **details: object) -> None:
        """Tell of a merged cell in its first row alone; the rows below it are wrong with it."""
        if self._is_own(column_field):
            self._tell(kind, column_field, value, **details)
        elif KINDS[kind].severity == ERROR:
            self.failed = True

    def _cell(self, name: str) -> Cell:
        index = self.fields.get(name)
        if index is None:
            return None
        value = self.values[index - 1]
        return None if value in ERROR_CELLS else value

    def _is_own(self, name: str) -> bool:
        index = self.fields[name]
        return index <= len(self.cells) and self.cells[index - 1] is not None

    def _text(self, name: str) -> str | None:
        """The cell as text without what cannot be seen; None when the layout has no such column."""
        index = self.fields.get(name)
        if index is None:
            return None
        value = self.values[index - 1]
        if type(value) is not str:
            return cell_text(value)
        texts = self.texts[name]
        known = texts.get(value)
        if known is None:
            known = texts[value] = _read_text(name, value)
        if known.is_clean or not self._is_own(name):
            return known.text
        if known.removed:
            self._tell("control_characters", name, value, count=known.removed)
        if known.is_formula_like and (self.row, index) not in self.sheet.formulas:
            self._tell("formula_injection_text", name, value)
        limit = BY_FIELD[name].longest
        if len(known.text) > limit:
            self._tell("too_long_text", name, known.text, length=f"{len(known.text):,}", limit=f"{limit:,}")
        return known.text

    # -- one row ------------------------------------------------------------------------------------------------------

    def _read_row(self) -> None:
        self.failed = False
        first_issue = len(self.found.issues)
        if self.sheet.formulas:
            self._tell_formulas()
        wrong = self._error_cells()
        category, key_problem = self._text("category"), self._text("key_problem")
        type_text = self._text("type")
        problem_cell = self._text("problem")
        measure_cell = self._text("measure") or ""
        note = self._text("note")
        progress = self._text("progress")
        cause, goal = self._text("cause"), self._text("goal")
        serial = self._text("serial") or ""
        if not measure_cell and "measure" not in wrong:
            self._tell("empty_measure", "measure")
        if "problem" in self.fields and not problem_cell and "problem" not in wrong:
            self._tell("empty_problem", "problem")
        leader_text, leader = self._leader()
        lead, assisting = self._offices()
        started_on = self._started()
        deadline = self._deadline(started_on=started_on)
        status, percent = self._status()
        parts = split_measures(measure_cell)
        problem = read_problem(problem_cell) if problem_cell else ProblemWords(None, "", one_line(parts[0]))
        row = ParsedRow(
            self.sheet.name,
            self.row,
            0,
            self._headings(self._text("outer_sections"), category, key_problem),
            type_text,
            problem_cell,
            problem,
            self._kind(problem, type_text),
            measure_cell,
            "",
            None,
            leader_text,
            leader,
            lead,
            assisting,
            deadline,
            started_on,
            status,
            percent,
            progress,
            note,
            cause,
            goal,
            serial,
            any(marks_reform(text) for text in (note, type_text, problem_cell) if text),
            inferred_from(note) if note else "",
            self.failed,
        )
        for part, text in enumerate(parts):
            number, words = split_measure_number(text)
            one = replace(row) if part else row
            one.part, one.measure_cell, one.measure, one.measure_number = part, text, words, number
            self.found.rows.append(one)
        # Findings in the order of the columns, however they were found.
        if len(self.found.issues) > first_issue + 1:
            self.found.issues[first_issue:] = sorted(
                self.found.issues[first_issue:], key=lambda issue: issue.column or 0
            )

    def _error_cells(self) -> set[str]:
        """The fields whose cell holds an error such as #REF!, each told once."""
        wrong: set[str] = set()
        if ERROR_CELLS.isdisjoint(self.values):
            return wrong
        for name, index in self.fields.items():
            value = self.values[index - 1]
            if value in ERROR_CELLS:
                wrong.add(name)
                kind = "error_in_required_cell" if name in REQUIRED_FIELDS else "error_cell"
                self._tell_once(kind, name, str(value))
        return wrong

    def _tell_formulas(self) -> None:
        for name, index in self.fields.items():
            formula = self.sheet.formulas.get((self.row, index))
            if formula is not None and self.sheet.value(self.row, index) not in ERROR_CELLS:
                self._tell(
                    "formula",
                    name,
                    formula if len(formula) > 1 else cell_text(self.sheet.value(self.row, index)),
                )

    def _headings(
        self, outer: str | None, category: str | None, key_problem: str | None
    ) -> tuple[Heading, ...]:
        titles = [title for _style, title in self.skips.titles]
        titles += [title for line in (outer or "").split("\n") if (title := line.strip())]
        key = (category, key_problem, *titles)
        known = self.headings.get(key)
        if known is None:
            found = [Heading(title, self._title_kind(depth)) for depth, title in enumerate(titles)]
            if category:
                found.append(Heading(category, SectionKind.CATEGORY))
            if key_problem:
                found.append(Heading(key_problem, SectionKind.KEY_PROBLEM))
            known = self.headings[key] = tuple(found)
        return known

    def _title_kind(self, depth: int) -> SectionKind:
        return SectionKind.KEY_PROBLEM if depth and "key_problem" not in self.fields else SectionKind.CATEGORY

    def _kind(self, problem: ProblemWords, type_text: str | None) -> ItemKind:
        if problem.kind == ItemKind.INFERENCE_ITEM:
            return problem.kind
        named = kind_from_type(type_text) if type_text else None
        if named:
            return named
        if problem.kind:
            return problem.kind
        return ItemKind.PROJECT if self.layout.is_project_plan else ItemKind.SPECIFIC_PROBLEM

    def _leader(self) -> tuple[str | None, LeaderRead]:
        text = self._text("leader")
        if not text:
            return text, LeaderRead()
        leader = self.leaders.get(text)
        if leader is None:
            leader = self.leaders[text] = read_leader(self.positions, text)
        if leader.unknown:
            self._tell_once("unknown_position", "leader", text, name=text)
        elif leader.others and leader.position is not None:
            self._tell("several_leaders", "leader", text, name=self.positions.shown[leader.position])
        return text, leader

    def _offices(self) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None]:
        lead_cell, assisting_cell = self._text("lead_offices"), self._text("assisting_offices")
        leading = self._office_cell("lead_offices", lead_cell, role="lead")
        helping = self._office_cell("assisting_offices", assisting_cell, role="assisting")
        lead = tuple(dict.fromkeys(leading.lead + helping.lead))
        assisting = tuple(dict.fromkeys(leading.assisting + helping.assisting))
        for office in assisting:
            if office in lead:
                self._tell(
                    "office_twice", "assisting_offices", assisting_cell or "", name=self.offices.shown[office]
                )
        if lead_cell is not None and not lead and not leading.unknown and not leading.groups:
            self._tell("missing_lead", "lead_offices", lead_cell)
        return (
            lead if lead_cell is not None else None,
            tuple(office for office in assisting if office not in lead)
            if assisting_cell is not None or assisting
            else None,
        )

    def _office_cell(self, name: str, text: str | None, *, role: str) -> OfficeList:
        if not text:
            return OfficeList()
        read = self.offices.read_offices(text, role=role)
        for unknown in read.unknown:
            self._tell_once("unknown_office", name, text, name=unknown)
        for group in read.groups:
            self._tell_once("office_group", name, text, name=group)
        for office in (*read.lead, *read.assisting) if self.offices.gone else ():
            successor = self.offices.gone.get(office)
            if successor is not None:
                kind = "office_succeeded" if successor else "office_gone"
                shown = self.offices.shown[office]
                self._tell_once(kind, name, text, name=shown, successor=successor)
        return read

    def _started(self) -> date | None:
        value = self._cell("started_on")
        if value is None:
            return None
        read = parse_deadline(value, year=self.year)
        if read.date is None and read.problem != DeadlineProblem.MISSING:
            kind = "impossible_date" if read.problem == DeadlineProblem.IMPOSSIBLE else "unreadable_start"
            self._tell(kind, "started_on", cell_text(value), hint=_month_hint(cell_text(value)))
        return read.start or read.date

    def _deadline(self, *, started_on: date | None) -> Deadline | None:
        name = "deadline" if "deadline" in self.fields else "due_date"
        if name not in self.fields:
            return None
        value = self._cell(name)
        if isinstance(value, str):
            value = self._text(name)
        # With its type: True, 1 and 1.0 are one key otherwise.
        key = (type(value), value)
        read = self.deadlines.get(key)
        if read is None:
            read = self.deadlines[key] = parse_deadline(value, year=self.year)
        if read.problem:
            text = cell_text(value)
            self._tell(DEADLINE_ISSUES[read.problem], name, text, hint=_month_hint(text))
        elif read.date and started_on and read.date < started_on:
            self._tell("deadline_before_start", name, read.text, start=started_on.isoformat())
        return read

    def _status(self) -> tuple[ReadStatus | None, int | None]:
        percent: int | None = None
        value = self._cell("percent")
        if value is not None and not isinstance(value, date | datetime):
            percent = read_percent(value)
            if percent is None and cell_text(value).strip() not in {"", "-", "—", "/", "无"}:
                self._tell("unknown_percent", "percent", cell_text(value))
        text = self._text("status")
        if text is None:
            return None, percent
        if not text:
            self._tell("missing_status", "status")
            return ReadStatus("", None), percent
        number = self._cell("status")
        if isinstance(number, int | float) and not isinstance(number, bool) and 0 <= number <= 1:
            text = f"{number:.0%}"
        status = read_status(text)
        if status.status is None:
            self._tell("unknown_status", "status", text)
        return status, percent if percent is not None else status.percent

    # -- over all rows ------------------------------------------------------------------------------------------------

    def _tell_serials(self) -> None:
        """A serial number that stands twice, unless the sheet counts items and repeats theirs on every row."""
        index = self.fields.get("serial")
        if index is None:
            return
        own: list[tuple[str, ParsedRow]] = []
        for row in self.found.rows:
            cells = self.sheet.rows[row.row - 1]
            if row.part == 0 and row.serial and index <= len(cells) and cells[index - 1] is not None:
                own.append((folded(row.serial), row))
        repeats = len(own) - len({serial for serial, _row in own})
        counts_items = repeats > max(3, len(own) // 10)
        first: dict[str, ParsedRow] = {}
        for serial, row in own:
            earlier = first.setdefault(serial, row)
            if earlier is row or (counts_items and earlier.item_identity == row.item_identity):
                continue
            self.row = row.row
            self._tell("duplicate_seq", "serial", row.serial, other=earlier.row)


def _month_hint(text: str) -> str:
    """How many days the month of an impossible date has, as a hint."""
    match = re.search(r"(\d{4})\D(\d{1,2})\D", folded(text))
    if not match or not 1 <= int(match[2]) <= 12:
        return folded(text)[:40]
    from calendar import monthrange

    year, month = int(match[1]), int(match[2])
    return f"{year}-{month:02d}-01 – {year}-{month:02d}-{monthrange(year, month)[1]}"
