"""What a row of the file says of its measure, in the columns of the ledger. Pure; nothing is compared yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from core.workdays import WorkCalendar
from remediation.deadlines import Deadline
from remediation.due_dates import review_date, working_date
from remediation.importing.parsed import ParsedRow
from remediation.importing.plain_measures import PlainMeasure
from remediation.models import Ledger
from remediation.states import CompletionStatus


@dataclass(frozen=True)
class Stated:
    """Turns rows into columns, by the ledger's policy and the days from which an undated file counts."""

    policy: Ledger
    calendar: WorkCalendar
    start: date
    today: date
    reported_on: date | None

    def columns(self, row: ParsedRow) -> dict[str, Any]:
        """The measure's columns as the row states them; those that it does not state are left out."""
        wanted: dict[str, Any] = {"text": row.measure}
        for name in ("note", "progress"):
            if getattr(row, name) is not None:
                wanted[name] = getattr(row, name)
        if row.started_on is not None:
            wanted["started_on"] = row.started_on
        if row.leader.position is not None:
            wanted["leader_id"] = row.leader.position
        if row.status is not None and row.status.status is not None:
            wanted["status"] = row.status.status.value
            wanted["status_text"] = row.status.text[:100]
        if row.percent is not None:
            wanted["percent"] = row.percent
        if wanted.get("status") == CompletionStatus.COMPLETED:
            wanted["percent"] = 100
        if row.deadline is not None:
            wanted |= self._deadline_columns(row, row.deadline)
        return wanted

    def new(self, columns: dict[str, Any], *, number: int) -> PlainMeasure:
        """A measure that is not in the ledger yet, of what a row states."""
        measure = PlainMeasure(number=number, **columns)
        measure.first_due_date = measure.due_date
        # When a row came to be completed that nobody saw open, an undated file does not tell.
        if measure.status == CompletionStatus.COMPLETED and self.reported_on:
            measure.completed_on = self.completion_day
        return measure

    @property
    def completion_day(self) -> date:
        """The day of the file, else of the import; never one to come."""
        return min(self.reported_on or self.today, self.today)

    def _deadline_columns(self, row: ParsedRow, deadline: Deadline) -> dict[str, Any]:
        due = working_date(
            deadline,
            start=row.started_on or self.start,
            immediate_workdays=self.policy.immediate_workdays,
            calendar=self.calendar,
        )
        if due is None and deadline.unit == "period":
            due = self.policy.ends_on
        is_long_term = deadline.is_long_term or bool(row.status and row.status.is_long_term)
        return {
            "deadline_text": deadline.text[:200],
            "deadline_kind": deadline.kind.value,
            "due_date": due,
            "is_long_term": is_long_term,
            "review_date": review_date(
                is_long_term=is_long_term,
                due_date=due,
                since=self.today,  # an old ledger brought in today is not overdue for review today
                review_months=self.policy.review_months,
            ),
        }
