"""The demo's second, smaller ledger: a work plan of the year, some of it led by affiliated units."""

from __future__ import annotations

from datetime import date, timedelta

from core.text import folded, text_key
from core.workdays import WorkCalendar
from remediation.models import EventKind, Item, ItemEvent, Ledger, LedgerType, Measure, MeasureOffice, Section
from remediation.recording import Duties, event_for, mark_changed
from remediation.states import CompletionStatus, DeadlineKind, ItemKind, SectionKind
from supervision.demo import fixtures
from supervision.demo.inspection import LABEL, STATUS_WORDS, duty_rows
from supervision.demo.organ import Organ
from supervision.demo.story import MONTHS_BACK, at, first_of_month, month_end

# How a measure's text ends in the file: done, not begun, or (without a mark) under way.
MARKS = {".": (CompletionStatus.COMPLETED, 100), "-": (CompletionStatus.NOT_STARTED, 0)}
UNDER_WAY = (CompletionStatus.IN_PROGRESS, 40)
# Deadlines lie far enough ahead that this ledger is calm, whatever day it is.
OPEN_WORKDAYS_LEFT = (28, 36, 45, 60, 75)


def build_plan(organ: Organ, *, today: date, calendar: WorkCalendar) -> Ledger:
    """Write the work plan with its baseline events; the caller holds the transaction."""
    content = fixtures.read("plan")
    started_on = first_of_month(today, back=MONTHS_BACK - 3)
    ledger = Ledger.objects.create(
        title=f"{started_on.year}年为民办实事计划",
        ledger_type=LedgerType.PLAN,
        origin=f"{LABEL}：年度工作计划",
        year=started_on.year,
        started_on=started_on,
        is_demo=True,
    )
    groups = [
        Section.objects.create(
            ledger=ledger, kind=SectionKind.TASK_GROUP, title=title, key=folded(title)[:500], order=number
        )
        for number, title in enumerate(content["groups"])
    ]
    measures: list[Measure] = []
    duties: list[MeasureOffice] = []
    owed: list[Duties] = []
    imported_at = at(min(started_on + timedelta(days=3), today), hour=0, minute=10)
    for order, row in enumerate(content["projects"], start=1):
        office = organ.offices[row["lead"]]
        leader = organ.in_charge.get(row["lead"])
        item = Item.objects.create(
            ledger=ledger,
            section=groups[row["group"]],
            kind=ItemKind.PROJECT,
            type_text="项目",
            number=str(order),
            problem=row["problem"],
            key=text_key(row["problem"]),
            leader=leader,
            order=order,
        )
        for number, marked in enumerate(row["measures"], start=1):
            status, percent = MARKS.get(marked[-1], UNDER_WAY)
            text = marked.rstrip(".-")
            if status == CompletionStatus.COMPLETED:
                due = month_end(started_on + timedelta(days=45))
            else:
                ahead = OPEN_WORKDAYS_LEFT[(order + number) % len(OPEN_WORKDAYS_LEFT)]
                due = calendar.add(calendar.last_on_or_before(today), ahead)
            measure = Measure(
                ledger=ledger,
                item=item,
                number=number,
                text=text,
                key=text_key(text),
                status=status,
                status_text=STATUS_WORDS[status],
                percent=percent,
                leader=leader,
                deadline_text=f"{due:%Y-%m-%d}",
                deadline_kind=DeadlineKind.DATED,
                first_due_date=due,
                due_date=due,
                order=len(measures) + 1,
            )
            measures.append(measure)
            duty = Duties(lead=(office.pk,))
            duties += duty_rows(measure, duty)
            owed.append(duty)
    Measure.objects.bulk_create(measures)
    MeasureOffice.objects.bulk_create(duties)
    ItemEvent.objects.bulk_create(
        event_for(
            measure,
            kind=EventKind.BASELINE,
            duties=duty,
            actor=organ.users["ledger"],
            occurred_at=imported_at,
        )
        for measure, duty in zip(measures, owed, strict=True)
    )
    mark_changed(ledger.pk)
    return ledger
