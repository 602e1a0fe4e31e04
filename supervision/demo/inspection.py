"""The demo's main ledger: the shape and the figures of a real rectification ledger, in words of its own."""

from __future__ import annotations

import hashlib
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts.models import User
from core.text import folded, text_key
from core.workdays import WorkCalendar
from remediation.models import (
    EventKind,
    Item,
    ItemEvent,
    ItemOffice,
    Ledger,
    LedgerType,
    Measure,
    MeasureOffice,
    ProgressReport,
    Section,
    StatedTotal,
)
from remediation.recording import Change, Duties, event_for, mark_changed
from remediation.states import (
    CompletionStatus,
    DeadlineKind,
    DutyRole,
    ItemKind,
    SectionKind,
    WorkflowState,
)
from supervision.demo import fixtures
from supervision.demo.organ import Organ
from supervision.demo.story import Story, Storyteller, at
from supervision.demo.words import Words

LABEL = "演示数据"
NUMERALS = "一二三四五六七八九十"
KINDS = {"S": ItemKind.SPECIFIC_PROBLEM, "J": ItemKind.INFERENCE_ITEM}
TYPE_TEXTS = {ItemKind.SPECIFIC_PROBLEM: "巡视反馈问题", ItemKind.INFERENCE_ITEM: "举一反三"}
STATUS_WORDS = {
    CompletionStatus.COMPLETED: "已完成",
    CompletionStatus.IN_PROGRESS: "正在推进",
    CompletionStatus.NOT_STARTED: "未启动",
}
STATED_SOURCE = "演示数据：整改进展情况的通报"
EXTENSION_REASON = "受外部条件影响，经会议研究顺延"


@dataclass
class Row:
    """One measure on its way into the database, with its offices and its story."""

    measure: Measure
    duties: Duties
    story: Story


def build_inspection(organ: Organ, *, today: date, calendar: WorkCalendar) -> Ledger:
    """Write the ledger with its history; the caller holds the transaction."""
    content = fixtures.read("ledger")
    words = Words()
    teller = Storyteller(today=today, calendar=calendar, words=words)
    ledger = Ledger.objects.create(
        title=f"{teller.started_on.year}年巡视整改台账",
        ledger_type=LedgerType.INSPECTION,
        origin=f"{LABEL}：巡视反馈意见",
        year=teller.started_on.year,
        started_on=teller.started_on,
        is_demo=True,
        unfinished_counts_as_basically_completed=True,
    )
    StatedTotal.objects.bulk_create(
        StatedTotal(ledger=ledger, subject=subject, source=STATED_SOURCE, **figures)
        for subject, figures in content["stated"].items()
    )
    categories, key_problems = build_sections(ledger, content)
    build_opinions(ledger, content, categories, organ)
    rows = build_items(ledger, content, key_problems, organ, teller=teller, words=words)
    build_history(rows, organ, teller=teller)
    mark_changed(ledger.pk)
    return ledger


def build_sections(ledger: Ledger, content: dict[str, Any]) -> tuple[list[Section], list[Section]]:
    """Write the sections and the key problems below them."""
    categories = []
    for number, row in enumerate(content["sections"]):
        title = f"（{NUMERALS[number]}）{row['title']}"
        categories.append(
            Section.objects.create(ledger=ledger, title=title, key=folded(title)[:500], order=number * 100)
        )
    key_problems = [
        Section.objects.create(
            ledger=ledger,
            parent=categories[row["section"] - 1],
            kind=SectionKind.KEY_PROBLEM,
            title=row["title"],
            key=folded(row["title"])[:500],
            order=(row["section"] - 1) * 100 + number,
        )
        for number, row in enumerate(content["key_problems"], start=1)
    ]
    return categories, key_problems


def build_opinions(ledger: Ledger, content: dict[str, Any], categories: list[Section], organ: Organ) -> None:
    """Write the inspection opinions: items without measures, reported as completed (已落实)."""
    office = organ.offices["办公室"]
    for number, row in enumerate(content["sections"], start=1):
        item = Item.objects.create(
            ledger=ledger,
            section=categories[number - 1],
            kind=ItemKind.OPINION,
            type_text="整改意见",
            number=str(number),
            problem=row["opinion"],
            key=text_key(row["opinion"]),
            leader=organ.in_charge[office.name],
            reported_status=CompletionStatus.COMPLETED,
            order=10_000 + number,
        )
        ItemOffice.objects.create(item=item, office=office, role=DutyRole.LEAD)


def build_items(
    ledger: Ledger,
    content: dict[str, Any],
    key_problems: list[Section],
    organ: Organ,
    *,
    teller: Storyteller,
    words: Words,
) -> list[Row]:
    """Write the items, their measures and their offices."""
    told = teller.stories(content["items"])
    items: dict[str, Item] = {}
    for order, row in enumerate(content["items"], start=1):
        kind = KINDS[row["id"][0]]
        struck = all(told[row["id"], n].struck for n in range(1, len(row["lights"]) + 1))
        items[row["id"]] = Item(
            ledger=ledger,
            section=key_problems[row["key_problem"] - 1],
            kind=kind,
            type_text=TYPE_TEXTS[kind],
            number=str(int(row["id"][1:])),
            problem=row["problem"],
            key=text_key(row["problem"]),
            leader=organ.in_charge[row["lead"]],
            is_reform_item=row.get("reform", False),
            workflow_state=WorkflowState.CLOSED if struck else WorkflowState.HANDLING,
            order=order,
        )
    Item.objects.bulk_create(items.values())
    inferred = []
    for row in content["items"]:
        if "from" in row:
            items[row["id"]].inferred_from = items[row["from"]]
            inferred.append(items[row["id"]])
    Item.objects.bulk_update(inferred, ["inferred_from"])

    rows: list[Row] = []
    written: dict[tuple[str, int], str] = {}
    for position, row in enumerate(content["items"]):
        for number in range(1, len(row["lights"]) + 1):
            leads = row.get("leads", {}).get(str(number), [row["lead"]])
            text = row.get("texts", {}).get(str(number)) or words.measure(
                topic=row["topic"], office=leads[0], item=position, number=number
            )
            source = row.get("shared_with")
            if source:
                text = written[source, number]
            written[row["id"], number] = text
            shared = bool(source) or any(other.get("shared_with") == row["id"] for other in content["items"])
            duties = Duties(
                tuple(organ.offices[name].pk for name in leads),
                tuple(organ.offices[name].pk for name in row["assisting"] if name not in leads),
            )
            measure = measure_of(
                items[row["id"]],
                text=text,
                number=number,
                story=told[row["id"], number],
                duties=duties,
                shared=shared,
                organ=organ,
                leader_of=leads[0],
            )
            measure.order = len(rows) + 1
            rows.append(Row(measure, duties, told[row["id"], number]))
    Measure.objects.bulk_create(row.measure for row in rows)
    MeasureOffice.objects.bulk_create(duty for row in rows for duty in duty_rows(row.measure, row.duties))
    return rows


def duty_rows(measure: Measure, duties: Duties) -> list[MeasureOffice]:
    """The offices of a measure as rows."""
    return [
        MeasureOffice(measure=measure, office_id=office, role=role, rank=rank)
        for role, offices in ((DutyRole.LEAD, duties.lead), (DutyRole.ASSISTING, duties.assisting))
        for rank, office in enumerate(offices)
    ]


def measure_of(
    item: Item,
    *,
    text: str,
    number: int,
    story: Story,
    duties: Duties,
    shared: bool,
    organ: Organ,
    leader_of: str,
) -> Measure:
    """An unsaved measure as it stands today."""
    last = story.steps[-1] if story.steps else None
    status = last.status if last else story.baseline_status
    measure = Measure(
        ledger=item.ledger,
        item=item,
        number=number,
        text=text,
        key=text_key(text),
        note="推动改革促进发展" if item.is_reform_item and number == 1 else "",
        status=status,
        status_text="已销号" if story.struck else STATUS_WORDS[status],
        percent=last.percent if last else story.baseline_percent,
        progress=last.text if last else story.baseline_text,
        completed_on=story.completed_on,
        reported_at=last.at if last else None,
        leader=organ.in_charge[leader_of],
        deadline_text=story.deadline_text,
        deadline_kind=story.kind,
        first_due_date=story.first_due,
        due_date=story.due,
        is_long_term=story.kind == DeadlineKind.LONG_TERM,
        review_date=story.review,
        workflow_state=item.workflow_state,
    )
    if last:
        measure.reported_by = organ.clerks.get(duties.lead[0])
    if shared:
        measure.shared_key = hashlib.sha256(
            f"{measure.key} {duties.lead} {measure.due_date}".encode()
        ).hexdigest()
    return measure


# -- history ----------------------------------------------------------------------------------------------------------


def build_history(rows: list[Row], organ: Organ, *, teller: Storyteller) -> None:
    """Write a baseline event for each measure, and a dated report or event for whatever happened since."""
    imported_at = (
        at(teller.imported_on, hour=9) if teller.imported_on < teller.today else at(teller.today, hour=0)
    )
    admin = organ.users["ledger"]
    reports: list[ProgressReport] = []
    events: list[ItemEvent] = []
    for row in rows:
        past = copy(row.measure)
        past.status, past.percent = row.story.baseline_status, row.story.baseline_percent
        past.progress = row.story.baseline_text
        if row.story.extended_at is not None:
            past.due_date = row.story.first_due
        events.append(
            event_for(past, kind=EventKind.BASELINE, duties=row.duties, actor=admin, occurred_at=imported_at)
        )
        author = organ.clerks.get(row.duties.lead[0])
        extended_at = row.story.extended_at
        for step in row.story.steps:
            if extended_at is not None and step.at > extended_at:
                events.append(extension(past, row, admin=admin, extended_at=extended_at))
                extended_at = None
            report = reported(past, step_status=step.status, row=row, author=author)
            report.percent, report.text, report.reported_at = step.percent, step.text, step.at
            changes = [
                Change("status", past.status, step.status),
                Change("percent", past.percent, step.percent),
                Change("progress", past.progress, step.text),
            ]
            past.status, past.percent, past.progress = step.status, step.percent, step.text
            reports.append(report)
            events.append(
                event_for(
                    past,
                    kind=EventKind.REPORTED,
                    duties=row.duties,
                    actor=author,
                    occurred_at=step.at,
                    changes=[change for change in changes if change.before != change.after],
                    report=report,
                )
            )
        if extended_at is not None:
            events.append(extension(past, row, admin=admin, extended_at=extended_at))
    ProgressReport.objects.bulk_create(reports)
    for event in events:
        if event.report is not None:
            event.report_id = event.report.pk
    # In the order in which it happened, so that the newest row is the newest event.
    ItemEvent.objects.bulk_create(sorted(events, key=lambda event: event.occurred_at), batch_size=500)


def reported(
    past: Measure, *, step_status: CompletionStatus, row: Row, author: User | None
) -> ProgressReport:
    """An unsaved report on a measure as it stood before."""
    return ProgressReport(
        item_id=past.item_id,
        measure=row.measure,
        author=author,
        office_id=row.duties.lead[0],
        status_before=past.status,
        status=step_status,
        percent_before=past.percent,
        text_before=past.progress,
    )


def extension(past: Measure, row: Row, *, admin: User, extended_at: datetime) -> ItemEvent:
    """The event of a moved deadline; ``past`` has the new one from here on."""
    before, past.due_date = past.due_date, row.story.due
    return event_for(
        past,
        kind=EventKind.DEADLINE_CHANGED,
        duties=row.duties,
        actor=admin,
        occurred_at=extended_at,
        changes=[Change("due_date", before, row.story.due)],
        reason=EXTENSION_REASON,
    )
