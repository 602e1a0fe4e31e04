"""From a file to parsed rows: the steps before the ledger is looked at, for browser and command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from core.collector import collector_paused
from core.workbooks.grid import Sheet, Workbook
from core.workbooks.reading import WorkbookRefused, read_workbook
from remediation.importing.columns import BY_FIELD
from remediation.importing.issues import Issue
from remediation.importing.layout import Found, Layout, decided_by_values, find_layouts, with_choices
from remediation.importing.parsed import ParsedRow, SheetRows
from remediation.importing.register import Answers, Register, read_register
from remediation.importing.rows import read_rows
from remediation.importing.target import chosen_ledger


@dataclass(frozen=True)
class ImportOptions:
    """What the user chose about an import; the browser keeps it on the batch."""

    title: str = ""
    ledger_id: int | None = None
    year: int | None = None
    create_missing: bool = False
    unfinished_as_basically_completed: bool = False
    # Sheet -> column number (as text, for JSON) -> field or "".
    mapping: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    # The sheets to read; empty: every ledger found.
    sheets: tuple[str, ...] = ()
    # Measures whose reported status, percent and progress the file may overwrite, chosen row by row.
    take_back: frozenset[int] = frozenset()

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> ImportOptions:
        """From what ``as_json`` made."""
        return cls(
            title=kept.get("title", ""),
            ledger_id=kept.get("ledger_id"),
            year=kept.get("year"),
            create_missing=bool(kept.get("create_missing")),
            unfinished_as_basically_completed=bool(kept.get("unfinished_as_basically_completed")),
            mapping=kept.get("mapping", {}),
            sheets=tuple(kept.get("sheets", ())),
            take_back=frozenset(kept.get("take_back", ())),
        )


@dataclass
class Parsed:
    """A workbook read into rows, with every finding."""

    rows: list[ParsedRow] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    layouts: list[Layout] = field(default_factory=list)
    sheets: dict[str, SheetRows] = field(default_factory=dict)
    skipped_sheets: dict[str, str] = field(default_factory=dict)
    register: Register | None = None
    year: int | None = None
    reported_on: date | None = None

    @property
    def title(self) -> str:
        """The title that the sheet itself carries."""
        return next((layout.title for layout in self.layouts if layout.title), "")


def open_workbook(path: Path, *, kept: Path | None = None) -> tuple[Workbook | None, list[Issue]]:
    """The workbook, or the refusal as an issue; ``kept`` as in ``read_workbook``."""
    try:
        return read_workbook(path, kept=kept), []
    except WorkbookRefused as refusal:
        return None, [Issue("unreadable_file", details={"message": str(refusal), "code": refusal.code})]


def refusal_kind(issue: Issue) -> str:
    """The machine word of an issue: of an unread file, why it is not read."""
    return str(issue.details.get("code", issue.kind))


def chosen_layouts(workbook: Workbook, options: ImportOptions) -> Found:
    """The ledgers found, narrowed to the chosen sheets, with the chosen columns."""
    found = find_layouts(workbook, guessed=options.mapping.keys())
    if options.sheets:
        for layout in found.layouts:
            if layout.sheet not in options.sheets:
                found.skipped[layout.sheet] = "not_chosen"
        found.layouts = [layout for layout in found.layouts if layout.sheet in options.sheets]
    found.layouts = [
        with_choices(layout, options.mapping[layout.sheet], reason="chosen")
        if layout.sheet in options.mapping
        else layout
        for layout in found.layouts
    ]
    return found


def parse_workbook(
    workbook: Workbook,
    *,
    options: ImportOptions,
    answers: Answers | None = None,
    progress: Callable[[int], None] | None = None,
) -> Parsed:
    """Every row of every ledger sheet. Columns that nobody chose are decided by their values, and told."""
    with collector_paused():
        return _parse(workbook, options=options, answers=answers, progress=progress)


def _parse(
    workbook: Workbook,
    *,
    options: ImportOptions,
    answers: Answers | None,
    progress: Callable[[int], None] | None,
) -> Parsed:
    found = chosen_layouts(workbook, options)
    parsed = Parsed(skipped_sheets=found.skipped)
    if not found.layouts:
        parsed.issues.append(Issue("no_ledger"))
        return parsed
    first = next((layout for layout in found.layouts if layout.year), found.layouts[0])
    parsed.year = options.year or first.year or _year_of_ledger(options)
    parsed.reported_on = next((layout.reported_on for layout in found.layouts if layout.reported_on), None)
    register = parsed.register = read_register(
        year=parsed.year, answers=answers, create_missing=options.create_missing
    )
    by_name = {sheet.name: sheet for sheet in workbook.sheets}
    for layout in found.layouts:
        settled, decided = decided_by_values(layout)
        parsed.layouts.append(settled)
        parsed.issues.extend(_column_issues(settled, decided))
        _read_sheet(
            by_name[layout.sheet], settled, parsed, register, year=options.year or layout.year or parsed.year
        )
        if progress:
            progress(len(parsed.rows))
    if len(parsed.layouts) > 1:
        names = "、".join(layout.sheet for layout in parsed.layouts)
        parsed.issues.append(Issue("several_ledgers", details={"names": names}))
    if not parsed.rows and not any(issue.severity == "error" for issue in parsed.issues):
        parsed.issues.append(Issue("no_rows"))
    return parsed


def _year_of_ledger(options: ImportOptions) -> int | None:
    """The year of the ledger that the workbook goes into, where the workbook itself names none."""
    ledger = chosen_ledger(ledger_id=options.ledger_id, title=options.title)
    return ledger.year if ledger else None


def _read_sheet(
    sheet: Sheet, layout: Layout, parsed: Parsed, register: Register, *, year: int | None
) -> None:
    if layout.column("measure") is None:
        parsed.issues.append(Issue("no_measure_column", layout.sheet))
        return
    rows = read_rows(sheet, layout, year=year, offices=register.offices, positions=register.positions)
    parsed.sheets[layout.sheet] = rows
    parsed.rows.extend(rows.rows)
    parsed.issues.extend(rows.issues)


def _column_issues(layout: Layout, decided: list[Any]) -> list[Issue]:
    issues = []
    for column in decided:
        place = {
            "sheet": layout.sheet,
            "row": layout.header_bottom,
            "column": column.index,
            "heading": column.heading,
        }
        if column.match.reason == "twice":
            issues.append(Issue("column_twice", **place, details={"name": column.heading}))
        elif column.match.field:
            label = str(BY_FIELD[column.match.field].label)
            issues.append(
                Issue("column_by_values", **place, details={"name": column.heading, "field": label})
            )
        else:
            issues.append(Issue("column_not_imported", **place, details={"name": column.heading}))
    return issues
