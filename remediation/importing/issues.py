"""What is wrong or worth telling about a row: errors stop the import, warnings are told and imported.

``KINDS`` is the one table of kinds: severity, problem and remedy in words. ``errors.json`` beside the test ledgers says
which defect is which.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from core.workbooks.grid import column_letter

ERROR, WARNING = "error", "warning"
MAX_SHOWN_VALUE = 200


@dataclass(frozen=True)
class Kind:
    """Severity, what is wrong, and what to do."""

    severity: str
    problem: str | Promise
    remedy: str | Promise


KINDS: dict[str, Kind] = {
    # -- errors
    "unknown_office": Kind(
        ERROR,
        _("“{name}” is not in the office register"),
        _("Say in the preview which office it is, or create it."),
    ),
    "unknown_position": Kind(
        ERROR,
        _("“{name}” is not in the list of posts"),
        _("Say in the preview which post it is, or create it."),
    ),
    "impossible_date": Kind(ERROR, _("There is no such date"), _("Check the date: {hint}")),
    "unknown_status": Kind(ERROR, _("Not a status word"), _("Write 未启动, 正在推进, 基本完成 or 已完成.")),
    "deadline_before_start": Kind(
        ERROR,
        _("The deadline is before the start {start}"),
        _("Check the deadline and the start and correct one of them."),
    ),
    "empty_measure": Kind(ERROR, _("The measure is empty"), _("Write the measure or delete the row.")),
    "error_in_required_cell": Kind(
        ERROR, _("The cell holds the error {value}"), _("Correct the formula or write the value.")
    ),
    "empty_problem": Kind(
        ERROR, _("The problem is empty"), _("Write the problem, or merge its cell over all of its rows.")
    ),
    "too_long_text": Kind(
        ERROR,
        _("{length} characters, more than {limit}"),
        _("Shorten the text; keep the full text as evidence."),
    ),
    "unknown_percent": Kind(ERROR, _("Not a percentage"), _("Write a number from 0 to 100.")),
    "no_ledger": Kind(
        ERROR,
        _(
            "No ledger was found in the workbook: a row of headings with a measure or problem "
            "and an office, leader, deadline or status was looked for"
        ),
        _("Check that this is the right file, or use the empty template."),
    ),
    "no_measure_column": Kind(
        ERROR,
        _("No column was found for the measures"),
        _("Choose the column of the measures, or add one with the heading 整改措施."),
    ),
    "no_rows": Kind(
        ERROR, _("There is no row below the headings"), _("Fill in the ledger and upload it again.")
    ),
    "unreadable_file": Kind(ERROR, "{message}", ""),
    "no_file": Kind(ERROR, _("There is no file {path}."), ""),
    "bad_title": Kind(ERROR, _("The title has 1 to 200 characters."), ""),
    "bad_year": Kind(ERROR, _("The year is a number from 1990 to 2100"), ""),
    "title_taken": Kind(
        ERROR, _("A ledger “{title}” is archived"), _("Open it again first, or choose another title.")
    ),
    # -- warnings
    "missing_deadline": Kind(
        WARNING,
        _("There is no deadline"),
        _("Imported without one; set a date, 立行立改 or 长期坚持 before it is assigned."),
    ),
    "unreadable_deadline": Kind(
        WARNING,
        _("The deadline cannot be read"),
        _("Imported without a date; write it like 2024-06-30 or 2024年6月底前."),
    ),
    "ambiguous_month": Kind(
        WARNING,
        _("The number {value} may be January or October"),
        _("Imported without a date; write it like 2024年10月."),
    ),
    "no_year": Kind(
        WARNING,
        _("The deadline names no year, and neither does the sheet"),
        _("Imported without a date; give the year of the ledger."),
    ),
    "relative_deadline": Kind(
        WARNING,
        _("The deadline “{value}” counts from a day that the ledger does not name"),
        _("Imported without a date; write the date, or give the ledger its end for 整改期内."),
    ),
    "unreadable_start": Kind(
        WARNING, _("The start cannot be read"), _("Imported without a start; write it like 2024-03-01.")
    ),
    "missing_status": Kind(WARNING, _("There is no status"), _("A new measure is imported as not started.")),
    "missing_lead": Kind(
        WARNING, _("There is no lead office"), _("Imported without one; set it on the ledger page.")
    ),
    "office_group": Kind(
        WARNING,
        _("“{name}” is a group and not one office"),
        _("Not assigned to anybody; name the offices one by one."),
    ),
    "office_gone": Kind(
        WARNING,
        _("The office “{name}” no longer exists"),
        _("Imported as written; name the office that answers now."),
    ),
    "office_succeeded": Kind(
        WARNING,
        _("The office “{name}” no longer exists; “{successor}” took over"),
        _("Imported as written; write “{successor}” if it answers now."),
    ),
    "office_twice": Kind(WARNING, _("“{name}” both leads and assists"), _("Imported as lead office.")),
    "several_leaders": Kind(WARNING, _("Several posts are named"), _("The first one, “{name}”, was taken.")),
    "duplicate_seq": Kind(
        WARNING,
        _("The serial number is the same as in row {other}"),
        _("Imported; the serial number is not used as a key."),
    ),
    "duplicate_row": Kind(
        WARNING,
        _("The same measure of the same item as in row {other}"),
        _("Imported as a row of its own; delete it if it is a copy."),
    ),
    "formula": Kind(
        WARNING, _("The cell is a formula"), _("Its stored result was taken; the formula was not calculated.")
    ),
    "error_cell": Kind(
        WARNING,
        _("The cell holds the error {value}"),
        _("Imported as empty; correct the formula or write the value."),
    ),
    "formula_injection_text": Kind(
        WARNING, _("The text begins like a formula"), _("Kept as text and disarmed in every export.")
    ),
    "control_characters": Kind(WARNING, _("{count} characters that cannot be seen"), _("They were removed.")),
    "column_twice": Kind(
        WARNING,
        _("The heading “{name}” stands twice"),
        _("The first column was taken; this one is not imported."),
    ),
    "column_by_values": Kind(
        WARNING,
        _("The heading “{name}” can mean several things"),
        _("It was taken as {field} because of its values."),
    ),
    "column_not_imported": Kind(
        WARNING, _("The heading “{name}” can mean several things"), _("The column was not imported.")
    ),
    "hidden_rows": Kind(WARNING, _("{count} rows are hidden"), _("They were imported like all others.")),
    "several_ledgers": Kind(
        WARNING,
        _("The workbook holds several ledgers: {names}"),
        _("The rows of all of these sheets are imported."),
    ),
    "not_taken_back": Kind(
        WARNING,
        _("Offices reported on this row since the last import"),
        _("What they reported stays; choose in the preview to take it back."),
    ),
}


@dataclass(frozen=True)
class Issue:
    """One finding. ``row`` and ``column`` are 1-based; both None for the whole sheet or file."""

    kind: str
    sheet: str = ""
    row: int | None = None
    column: int | None = None
    heading: str = ""
    value: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        return KINDS[self.kind].severity

    @property
    def problem(self) -> str:
        """What is wrong, in words."""
        return str(KINDS[self.kind].problem).format(**{"value": self.value, **self.details})

    @property
    def remedy(self) -> str:
        """What to do, in words."""
        return str(KINDS[self.kind].remedy).format(**{"value": self.value, **self.details})

    @property
    def place(self) -> str:
        """Sheet, row and column in words; empty for the whole file."""
        parts = [self.sheet] if self.sheet else []
        if self.row is not None:
            parts.append(translate("row {row}").format(row=self.row))
        if self.column is not None:
            parts.append(f"{column_letter(self.column)} {self.heading}".strip())
        return pgettext("between parts", ", ").join(parts)

    @property
    def message(self) -> str:
        """Problem and remedy as one sentence."""
        return self.with_remedy(self.remedy)

    def with_remedy(self, remedy: str) -> str:
        """The problem and ``remedy`` as one sentence."""
        if not remedy:
            return self.problem
        return translate("{problem}. {remedy}").format(problem=self.problem, remedy=remedy)

    def as_dict(self) -> dict[str, Any]:
        """The object of the command's JSON."""
        return {
            "sheet": self.sheet or None,
            "row": self.row,
            "column": self.column,
            "kind": self.kind,
            "message": self.message,
        }

    def as_record(self) -> dict[str, Any]:
        """What the preview stores and the page shows."""
        return {
            **self.as_dict(),
            "heading": self.heading,
            "letter": column_letter(self.column) if self.column else "",
            "value": self.value[:MAX_SHOWN_VALUE],
            "problem": self.problem,
            "remedy": self.remedy,
            "severity": self.severity,
            "name": str(self.details.get("name", "")),
        }
