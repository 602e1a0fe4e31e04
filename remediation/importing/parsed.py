"""What a sheet states, row by row, before the ledger is looked at. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date

from remediation.deadlines import Deadline
from remediation.importing.issues import Issue
from remediation.importing.names import LeaderRead, NameBook
from remediation.importing.words import ProblemWords, ReadStatus
from remediation.states import ItemKind, SectionKind


@dataclass(frozen=True)
class Heading:
    """A section that a row stands under."""

    title: str
    kind: SectionKind


@dataclass(slots=True)  # a hundred thousand of them are in memory at once
class ParsedRow:
    """One measure as the sheet states it. None means that the layout has no such column."""

    sheet: str
    row: int
    part: int
    headings: tuple[Heading, ...]
    type: str | None
    problem_cell: str | None
    problem: ProblemWords
    kind: ItemKind
    measure_cell: str
    measure: str
    measure_number: int | None
    leader_text: str | None
    leader: LeaderRead
    lead: tuple[int, ...] | None
    assisting: tuple[int, ...] | None
    deadline: Deadline | None
    started_on: date | None
    status: ReadStatus | None
    percent: int | None
    progress: str | None
    note: str | None
    cause: str | None
    goal: str | None
    serial: str
    is_reform_item: bool
    inferred_from: str
    has_errors: bool = False

    @property
    def item_identity(self) -> tuple[object, ...]:
        """Rows of one item of the file share it."""
        titles = tuple(heading.title for heading in self.headings)
        return titles, self.kind, self.problem.number, self.problem.text

    def as_dict(self, offices: NameBook) -> dict[str, object]:
        """The ``parsed`` object of the command's JSON."""
        status = self.status
        return {
            "sheet": self.sheet,
            "row": self.row,
            "type": self.type,
            "sections": [heading.title for heading in self.headings],
            "problem": self.problem_cell,
            "measure": self.measure,
            "leader": self.leader_text,
            "lead_offices": None if self.lead is None else [offices.shown[office] for office in self.lead],
            "assisting_offices": None
            if self.assisting is None
            else [offices.shown[office] for office in self.assisting],
            "deadline": {
                "text": self.deadline.text,
                "kind": self.deadline.kind.value,
                "date": self.deadline.date.isoformat() if self.deadline.date else None,
            }
            if self.deadline
            else None,
            "status": status.status.value if status and status.status else None,
            "status_text": status.text if status else None,
            "progress": self.progress,
            "note": self.note,
        }


@dataclass
class SheetRows:
    """What a sheet gave: rows, findings, and what was skipped (row number -> why)."""

    rows: list[ParsedRow] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    skipped: dict[int, str] = field(default_factory=dict)
    first_row: int = 0
    last_row: int = 0

    def skipped_counts(self) -> dict[str, int]:
        """How many rows were skipped, by reason."""
        return dict(Counter(self.skipped.values()))
