"""The plan of an office register: its rows as read, and what each of them would do. Nothing is written here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from accounts.importing.office_columns import OFFICES, POSITIONS
from accounts.importing.tables import Issue, Outcome, Row, RowPlan, in_order, rows_of
from accounts.models import Office, Position
from core.workbooks.grid import Workbook


@dataclass(frozen=True)
class OtherName:
    """Another name that a row gives an office."""

    name: str
    is_former: bool = False
    valid_to: date | None = None


@dataclass
class PositionPlan(RowPlan):
    """One row of 领导职务."""

    existing: Position | None = None
    values: dict[str, object] = field(default_factory=dict)


@dataclass
class OfficePlan(RowPlan):
    """One row of 机构. ``parent`` and ``leaders`` are folded names: what they mean may be new in the same file."""

    existing: Office | None = None
    values: dict[str, object] = field(default_factory=dict)
    parent: str = ""
    names: list[OtherName] = field(default_factory=list)
    leaders: list[str] = field(default_factory=list)


@dataclass
class RegisterPlan:
    """The whole file."""

    positions: list[PositionPlan] = field(default_factory=list)
    offices: list[OfficePlan] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    @property
    def rows(self) -> list[RowPlan]:
        """Every row of both sheets."""
        return [*self.positions, *self.offices]

    @property
    def errors(self) -> list[Issue]:
        """Everything that stops the import, in the order of the file."""
        return in_order([*self.issues, *(issue for plan in self.rows for issue in plan.issues)])

    @property
    def changes_nothing(self) -> bool:
        """Whether the file says what is known already."""
        return all(plan.outcome is Outcome.UNCHANGED for plan in self.rows)

    @staticmethod
    def counts(plans: Iterable[RowPlan]) -> dict[str, int]:
        """How many rows have which outcome."""
        outcomes = [plan.outcome for plan in plans]
        return {outcome.value: outcomes.count(outcome) for outcome in Outcome}

    def lines(self) -> list[object]:
        """The plan in plain values, to tell whether two plans are the same."""
        return [
            [plan.row.sheet, plan.row.number, plan.outcome.value, [[c.label, c.before, c.after] for c in plan.changes]]
            for plan in self.rows
        ]  # fmt: skip


def register_rows(workbook: Workbook) -> tuple[dict[str, list[Row]], list[Issue]]:
    """The rows of both sheets, and what is wrong with the file itself."""
    offices, office_issues, offices_there = rows_of(workbook, OFFICES)
    positions, position_issues, positions_there = rows_of(workbook, POSITIONS)
    issues = office_issues + position_issues
    if not offices_there and not positions_there:
        message = _(
            "There is neither a sheet 机构 with the column 名称 nor a sheet 领导职务 with the column 职务. "
            "Use the template."
        )
        issues.append(Issue("", None, None, "no_table", "", message))
    elif not offices and not positions and not issues:
        issues.append(Issue("", None, None, "no_rows", "", _("There are headings, and no rows below them.")))
    return {"offices": offices, "positions": positions}, issues
