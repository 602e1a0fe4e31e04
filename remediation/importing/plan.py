"""What an import would do to the ledger: new, changed, unchanged, missing. No writes; a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.text import folded, whole_number
from core.workdays import WorkCalendar
from remediation.deadlines import Deadline, parse_deadline
from remediation.importing.issues import ERROR, Issue
from remediation.importing.known import KnownLedger, read_ledger
from remediation.importing.matching import FileItem, file_items, match_items, match_measures
from remediation.importing.parsed import ParsedRow
from remediation.importing.plain_measures import PlainMeasure
from remediation.importing.reading import ImportOptions, Parsed
from remediation.importing.stated import Stated
from remediation.importing.target import chosen_ledger
from remediation.importing.words import kind_from_type
from remediation.models import Item, Ledger, Section
from remediation.recording import Change, Duties
from remediation.states import CompletionStatus, DeadlineKind, ItemKind, WorkflowState

NEW, CHANGED, UNCHANGED, WRONG = "new", "changed", "unchanged", "wrong"
OFFICE_FIELDS = ("lead_offices", "assisting_offices")
# What an office reports: not taken back by an older workbook (product text 4).
REPORTED_FIELDS = ("status", "status_text", "percent", "progress")


@dataclass(slots=True)  # a hundred thousand of them are in memory at once
class RowPlan:
    """What becomes of one row."""

    row: ParsedRow
    item: ItemPlan
    # As the ledger has it; a new one as it will be written, without what only the ledger gives it.
    measure: PlainMeasure
    outcome: str
    duties: Duties
    changes: Sequence[Change] = ()
    # What the file would overwrite of an office's report, and does not.
    kept: Sequence[Change] = ()

    @property
    def values(self) -> dict[str, Any]:
        """The changed columns of the measure and what is to stand in them."""
        return {change.field: change.after for change in self.changes if change.field not in OFFICE_FIELDS}


@dataclass(slots=True)
class ItemPlan:
    """What becomes of one item of the file."""

    file: FileItem
    item: Item | None = None
    number: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    rows: list[RowPlan] = field(default_factory=list)
    inferred_from: str = ""
    state: WorkflowState = WorkflowState.HANDLING

    @property
    def stored(self) -> Item:
        """The item, once it is known or has been made."""
        if self.item is None:
            raise RuntimeError("the item is not made yet")
        return self.item


@dataclass
class Plan:
    """The whole import before anything is written."""

    parsed: Parsed
    options: ImportOptions
    ledger: Ledger | None
    title: str
    today: date
    items: list[ItemPlan] = field(default_factory=list)
    rows: list[RowPlan] = field(default_factory=list)
    missing: list[PlainMeasure] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    sections: dict[tuple[str, ...], Section] = field(default_factory=dict)
    start: date | None = None
    # What the import sets of the ledger itself: policy, 截至, year.
    ledger_changes: list[Change] = field(default_factory=list)

    @property
    def errors(self) -> list[Issue]:
        return [issue for issue in self.issues if issue.severity == ERROR]

    @property
    def warnings(self) -> list[Issue]:
        return [issue for issue in self.issues if issue.severity != ERROR]

    def count(self, outcome: str) -> int:
        """How many measure rows have this outcome."""
        return sum(1 for row in self.rows if row.outcome == outcome)

    @property
    def new_sections(self) -> int:
        """How many headings of the file the ledger does not have."""
        paths = {item.file.path[:depth] for item in self.items for depth in range(1, len(item.file.path) + 1)}
        return len(paths - set(self.sections))


def build_plan(
    parsed: Parsed, *, options: ImportOptions, today: date, calendar: WorkCalendar, lock: bool = False
) -> Plan:
    """Compare the parsed rows with the ledger. ``lock`` holds its measures until the transaction ends."""
    ledger = chosen_ledger(ledger_id=options.ledger_id, title=options.title)
    plan = Plan(parsed, options, ledger, ledger.title if ledger else options.title, today)
    plan.issues = list(parsed.issues)
    if ledger is not None and ledger.is_archived:
        plan.issues.append(Issue("title_taken", details={"title": ledger.title}))
    plan.start = (ledger.started_on if ledger else None) or parsed.reported_on or today
    plan.ledger_changes = _ledger_changes(plan)
    texts = (text for row in parsed.rows for text in (row.measure, row.progress, row.note) if text)
    known = read_ledger(ledger, file_texts=texts, lock=lock) if ledger else KnownLedger()
    plan.sections = known.sections
    _Planner(plan, calendar=calendar, known=known).run()
    return plan


def _ledger_changes(plan: Plan) -> list[Change]:
    ledger, reported_on = plan.ledger or Ledger(), plan.parsed.reported_on
    changes = []
    if plan.options.unfinished_as_basically_completed and not ledger.unfinished_counts_as_basically_completed:
        changes.append(Change("unfinished_counts_as_basically_completed", before=False, after=True))
    if reported_on and (ledger.as_of is None or reported_on > ledger.as_of):
        changes.append(Change("as_of", ledger.as_of, reported_on))
    if ledger.year is None and plan.parsed.year:
        changes.append(Change("year", None, plan.parsed.year))
    return changes


class _Planner:
    """Builds the rows of a plan from the ledger as it stands."""

    def __init__(self, plan: Plan, *, calendar: WorkCalendar, known: KnownLedger) -> None:
        self.plan, self.known = plan, known
        self.stated = Stated(
            policy=plan.ledger or Ledger(),
            calendar=calendar,
            start=plan.start or plan.today,
            today=plan.today,
            reported_on=plan.parsed.reported_on,
        )
        # Offices as the file combines them: an organ has few combinations.
        self.duties: dict[Duties, Duties] = {}

    def run(self) -> None:
        plan = self.plan
        as_numbers = any(layout.is_project_plan for layout in plan.parsed.layouts)
        files = file_items(plan.parsed.rows, serials_are_numbers=as_numbers)
        matched = match_items(files, self.known.items, self.known.paths)
        numbers = self._used_numbers(files)
        found: set[int | None] = set()
        for place, file in enumerate(files):
            item_plan = ItemPlan(file, matched.get(place))
            plan.items.append(item_plan)
            self._plan_item(item_plan, numbers)
            self._plan_rows(item_plan, found)
        by_row = {id(row.row): row for item in plan.items for row in item.rows}
        plan.rows = [by_row[id(row)] for row in plan.parsed.rows]
        plan.missing = [
            measure
            for item in self.known.items
            for measure in self.known.measures[item.pk]
            if measure.pk not in found
        ]
        plan.issues.sort(key=lambda issue: (issue.sheet, issue.row or 0, issue.column or 0))

    # -- items --------------------------------------------------------------------------------------------------------

    def _used_numbers(self, files: list[FileItem]) -> defaultdict[ItemKind, int]:
        """The highest number of each kind, in the ledger and in the file."""
        highest: defaultdict[ItemKind, int] = defaultdict(int)
        for kind, number in [(item.kind, item.number) for item in self.known.items] + [
            (f.kind, f.number) for f in files
        ]:
            highest[ItemKind(kind)] = max(highest[ItemKind(kind)], whole_number(number) or 0)
        return highest

    def _plan_item(self, plan: ItemPlan, numbers: defaultdict[ItemKind, int]) -> None:
        file, rows = plan.file, plan.file.rows
        leader = next((row.leader.position for row in rows if row.leader.position), None)
        wanted: dict[str, Any] = {
            "kind": file.kind,
            "number": file.number,
            "type_text": rows[0].type or "",
            "problem": file.problem,
            "cause": rows[0].cause,
            "goal": rows[0].goal,
            "leader_id": leader,
            "is_reform_item": any(row.is_reform_item for row in rows),
        }
        plan.inferred_from = next((row.inferred_from for row in rows if row.inferred_from), "")
        if plan.item is None:
            if not file.number:
                numbers[file.kind] += 1
                wanted["number"] = str(numbers[file.kind])
            plan.number = wanted["number"]
            plan.values = {
                name: value if value is not None or name == "leader_id" else ""
                for name, value in wanted.items()
            }
            plan.state = _opening_state(rows)
            return
        item = plan.item
        plan.number = item.number
        plan.state = WorkflowState(item.workflow_state)
        # That a file says nothing of either says nothing: they may have been set in the browser (an export of such an
        # item carries no mark, and the plain word of its kind as its type).
        if not wanted["is_reform_item"]:
            del wanted["is_reform_item"]
        if not item.type_text and kind_from_type(wanted["type_text"]) == item.kind:
            del wanted["type_text"]
        for name, value in wanted.items():
            if value in (None, "") or not _differs(getattr(item, name), value):
                continue
            plan.changes.append(Change(name, getattr(item, name), value))
            plan.values[name] = value
        if file.path and file.path != self.known.paths.get(item.section_id, ()):
            plan.changes.append(
                Change(
                    "section",
                    " / ".join(self.known.paths.get(item.section_id, ())),
                    " / ".join(h.title for h in file.headings),
                )
            )

    # -- rows ---------------------------------------------------------------------------------------------------------

    def _plan_rows(self, plan: ItemPlan, found: set[int | None]) -> None:
        known = self.known.measures[plan.item.pk] if plan.item else []
        matched = match_measures(plan.file.rows, known) if known else {}
        first_of: dict[tuple[str, str], ParsedRow] = {}
        for place, row in enumerate(plan.file.rows):
            measure = matched.get(place)
            self._tell_twice(row, first_of)
            wanted = self.stated.columns(row)
            self._tell_relative(row, measure, wanted.get("due_date"))
            if measure is None:
                new = self.stated.new(wanted, number=self._number(plan, row, place, known))
                row_plan = RowPlan(row, plan, new, NEW, self._duties(row.lead or (), row.assisting or ()))
            else:
                found.add(measure.pk)
                row_plan = self._compare(row, plan, measure, wanted)
            if row.has_errors:
                row_plan.outcome = WRONG
            plan.rows.append(row_plan)
        if plan.changes and plan.rows and plan.rows[0].outcome == UNCHANGED:
            plan.rows[0].outcome = CHANGED

    def _tell_twice(self, row: ParsedRow, first_of: dict[tuple[str, str], ParsedRow]) -> None:
        if not row.measure:
            return
        first = first_of.setdefault((row.sheet, row.measure), row)
        if first is not row:
            self._tell("duplicate_row", row, "measure", row.measure, other=first.row)

    def _tell_relative(self, row: ParsedRow, measure: PlainMeasure | None, due: date | None) -> None:
        """A deadline counted from a day that the ledger does not know has no date, unless somebody gave it one."""
        deadline = row.deadline
        if (
            deadline is None
            or deadline.kind != DeadlineKind.RELATIVE
            or due
            or (measure and measure.due_date)
        ):
            return
        self._tell("relative_deadline", row, "deadline", deadline.text)

    def _tell(self, kind: str, row: ParsedRow, name: str, value: str, **details: object) -> None:
        layout = next(layout for layout in self.plan.parsed.layouts if layout.sheet == row.sheet)
        column = layout.column(name) or layout.column("due_date")
        index, heading = (column.index, column.heading) if column else (None, "")
        self.plan.issues.append(Issue(kind, row.sheet, row.row, index, heading, value, details))

    @staticmethod
    def _number(plan: ItemPlan, row: ParsedRow, place: int, known: list[PlainMeasure]) -> int:
        if not known:
            written = [other.measure_number for other in plan.file.rows]
            unique = all(written) and len(set(written)) == len(written)
            return (row.measure_number or place + 1) if unique else place + 1
        taken = {measure.number for measure in known} | {other.measure.number for other in plan.rows}
        if row.measure_number and row.measure_number not in taken:
            return row.measure_number
        return max(taken) + 1

    def _compare(
        self, row: ParsedRow, item: ItemPlan, measure: PlainMeasure, wanted: dict[str, Any]
    ) -> RowPlan:
        plan = RowPlan(row, item, measure, UNCHANGED, Duties())
        deadline_fields = ("deadline_text", "deadline_kind", "due_date", "is_long_term", "review_date")
        if (
            row.deadline is not None
            and not _dated_by_year(row.deadline, measure)
            and (
                not _differs(measure.deadline_text, wanted["deadline_text"])
                or (row.deadline.problem is not None and measure.due_date is not None)
            )
        ):
            for name in deadline_fields:
                del wanted[name]
        if "status" in wanted and wanted["status"] == measure.status:
            del wanted["status"]
            if not measure.status_text or not _differs(measure.status_text, wanted["status_text"]):
                del wanted["status_text"]
        if "percent" not in wanted and "status" in wanted and measure.percent == 100:
            wanted["percent"] = 0
        if "percent" in wanted and measure.status == CompletionStatus.COMPLETED and "status" not in wanted:
            del wanted["percent"]
        changes = [
            Change(name, before, value)
            for name, value in wanted.items()
            if _differs(before := getattr(measure, name), value)
        ]
        if measure.reported_at is not None and any(change.field in REPORTED_FIELDS for change in changes):
            changes = self._protected(plan, changes)
        changes += self._dated_completion(changes, measure)
        due = next((change.after for change in changes if change.field == "due_date"), None)
        if due and measure.first_due_date is None:
            changes.append(Change("first_due_date", None, due))
        changes += self._moved_duties(plan)
        plan.changes = changes
        if changes:
            plan.outcome = CHANGED
        return plan

    def _dated_completion(self, changes: list[Change], measure: PlainMeasure) -> Iterator[Change]:
        """With the status comes or goes the day of completion."""
        status = next((change.after for change in changes if change.field == "status"), None)
        completed_on = self.stated.completion_day if status == CompletionStatus.COMPLETED else None
        if status is not None and completed_on != measure.completed_on:
            yield Change("completed_on", measure.completed_on, completed_on)

    def _moved_duties(self, plan: RowPlan) -> Iterator[Change]:
        """Who answers now and did not before, or the other way round; the plan gets the offices as they will be."""
        row, before = plan.row, self.known.duties.get(plan.measure.pk or 0, Duties())
        lead = row.lead or before.lead
        assisting = before.assisting if row.assisting is None else row.assisting
        plan.duties = self._duties(lead, tuple(office for office in assisting if office not in lead))
        for name, old, new in (
            ("lead_offices", before.lead, plan.duties.lead),
            ("assisting_offices", before.assisting, plan.duties.assisting),
        ):
            if new != old:
                yield Change(name, list(old), list(new))

    def _duties(self, lead: tuple[int, ...], assisting: tuple[int, ...]) -> Duties:
        duties = Duties(lead, assisting)
        return self.duties.setdefault(duties, duties)

    def _protected(self, plan: RowPlan, changes: list[Change]) -> list[Change]:
        """What the office reported stays unless this row was chosen to be taken back."""
        measure = plan.measure
        if measure.pk in self.plan.options.take_back:
            return [
                *changes,
                Change("reported_at", measure.reported_at and measure.reported_at.isoformat(), None),
                Change("reported_by_id", measure.reported_by_id, None),
            ]
        plan.kept = [change for change in changes if change.field in REPORTED_FIELDS]
        self.plan.issues.append(Issue("not_taken_back", plan.row.sheet, plan.row.row))
        return [change for change in changes if change.field not in REPORTED_FIELDS]


def _dated_by_year(deadline: Deadline, measure: PlainMeasure) -> bool:
    """Whether the year alone was missing: the measure stands as the text is read without one, and never had a date."""
    if not deadline.yearless or deadline.date is None or measure.first_due_date or measure.due_date:
        return False
    return parse_deadline(deadline.text, year=None).kind == measure.deadline_kind


def _opening_state(rows: list[ParsedRow]) -> WorkflowState:
    """A new item opens struck off or concluded only when all its rows say so (product text 4)."""
    states = {row.status.state if row.status else None for row in rows}
    said = states.pop() if len(states) == 1 else None
    return said or WorkflowState.HANDLING


def _differs(before: Any, after: Any) -> bool:
    if before == after:
        return False
    if isinstance(before, str) and isinstance(after, str):
        return folded(before) != folded(after)
    return bool(before != after)
