"""A synthetic ledger of any size, written fast: for measuring speed, the same every time.

Rows go in by COPY on PostgreSQL and by executemany on SQLite, with keys of our own, so that a million measures with
their offices and baseline events take a minute and not hours.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.utils import timezone

from accounts.models import Office
from core.bulk_insert import insert_rows
from core.models import CalendarDay
from core.text import folded, text_key
from remediation.models import (
    EventKind,
    Item,
    ItemEvent,
    Ledger,
    LedgerType,
    Measure,
    MeasureOffice,
    Section,
)
from remediation.recording import mark_changed
from remediation.states import CompletionStatus, DeadlineKind, DutyRole, ItemKind, SectionKind, WorkflowState
from supervision.demo import fixtures
from supervision.demo.story import at
from supervision.demo.words import Words

SECTIONS = 4
KEY_PROBLEMS = 40
MEASURES_PER_ITEM = 3
BATCH_ROWS = 20_000
COMPLETED_SHARE = 0.86
DUTY_COMBINATIONS = 2000
STATUS_COLUMNS = {
    CompletionStatus.COMPLETED: 100,
    CompletionStatus.IN_PROGRESS: 45,
    CompletionStatus.NOT_STARTED: 0,
}


class TableWriter:
    """Collects rows of one table and writes them in large batches."""

    def __init__(self, model: type[models.Model], columns: Sequence[str]) -> None:
        self.model = model
        self.fields = [model._meta.get_field(name) for name in columns]
        self.columns = [str(field.column) for field in self.fields]  # type: ignore[union-attr]
        self.rows: list[Sequence[Any]] = []

    def add(self, *values: Any) -> None:
        """Add one row; the values stand in the order of the columns."""
        self.rows.append(values)

    def flush(self) -> None:
        """Write what has been collected."""
        if not self.rows:
            return
        rows = self.rows
        if connection.vendor == "sqlite":
            rows = [[plain(value) for value in row] for row in rows]
        insert_rows(self.model._meta.db_table, self.columns, rows)
        self.rows = []


def plain(value: Any) -> Any:
    """A value as SQLite keeps it (in UTC, without a zone, as Django writes it)."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value.isoformat() if isinstance(value, date) else value


@contextmanager
def checked_and_indexed_at_the_end(*tables: type[models.Model]) -> Iterator[None]:
    """For a load that outnumbers what ``tables`` hold: check their foreign keys and build their indexes at its end.

    Row by row these are half of PostgreSQL's work (measured on 200,000 measures: 21.5 s of processor time with them,
    10.1 s without). They come back as they were in the same transaction, so nobody ever meets the tables without them:
    others wait until it ends. Keys and what is unique stay. Elsewhere than on PostgreSQL nothing is done.
    """
    if connection.vendor != "postgresql":
        yield
        return
    quote = connection.ops.quote_name
    afterwards: list[str] = []
    with connection.cursor() as cursor:
        connection.check_constraints()  # a table whose checks are still due cannot be altered
        for table in (quote(model._meta.db_table) for model in tables):
            cursor.execute(
                "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index"
                " WHERE indrelid = %s::regclass AND NOT indisunique ORDER BY indexrelid",
                [table],
            )
            for index, definition in cursor.fetchall():
                if "(item_id" in definition:
                    continue  # by this one the triggers of remediation/kept_triggers.py find the measures of an item
                cursor.execute(f"DROP INDEX {index}")
                afterwards.append(definition)
            cursor.execute(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
                " WHERE conrelid = %s::regclass AND contype = 'f' ORDER BY oid",
                [table],
            )
            for name, definition in cursor.fetchall():
                cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {quote(name)}")
                afterwards.append(f"ALTER TABLE {table} ADD CONSTRAINT {quote(name)} {definition}")
        yield
        for statement in afterwards:
            cursor.execute(statement)


def next_key(model: type[models.Model]) -> int:
    """The first free primary key."""
    return int(model._default_manager.aggregate(top=models.Max("pk"))["top"] or 0) + 1


def build_scale(count: int, *, today: date) -> Ledger:
    """Add a ledger of ``count`` measures with items, offices, deadlines and baseline events; deterministic."""
    with transaction.atomic():
        ledger = Ledger.objects.create(
            title=free_title(count),
            ledger_type=LedgerType.CAMPAIGN,
            origin="演示数据：测速用的合成台账",
            year=today.year,
            started_on=today - timedelta(days=200),
            is_demo=True,
            reminders_on=False,
        )
        writer = ScaleWriter(ledger, count, today=today)
        if count > Measure.objects.count():
            with checked_and_indexed_at_the_end(Item, Measure, MeasureOffice, ItemEvent):
                writer.write()
        else:
            writer.write()
        mark_changed(ledger.pk)
    with connection.cursor() as cursor:
        # The planner has to know about the new rows before anybody measures.
        cursor.execute("ANALYZE")
    return ledger


def free_title(count: int) -> str:
    """A title that no ledger has yet."""
    title, number = f"合成台账（{count}条措施）", 1
    while Ledger.objects.filter(title=title).exists():
        number += 1
        title = f"合成台账{number}（{count}条措施）"
    return title


class ScaleWriter:
    """Makes up the rows and hands them to the table writers."""

    def __init__(self, ledger: Ledger, count: int, *, today: date) -> None:
        self.ledger, self.count, self.today = ledger, count, today
        self.chance = Random(count)  # noqa: S311
        self.calendar = CalendarDay.objects.work_calendar()
        self.now = timezone.now()
        self.imported_at = at(today - timedelta(days=120), hour=9)
        self.offices = list(
            Office.objects.filter(is_active=True, parent__isnull=False).values_list("pk", "name")
        )
        self.duties = [self.duty_offices() for _number in range(DUTY_COMBINATIONS)]
        content = fixtures.read("ledger")
        self.topics = [(item["topic"], item["problem"], item["lead"]) for item in content["items"]]
        words = Words()
        self.texts = [
            words.measure(topic=topic, office=office, item=number, number=pattern)
            for number, (topic, _problem, office) in enumerate(self.topics)
            for pattern in range(10)
        ]

    def sections(self) -> list[int]:
        """Write the sections; return the keys of the key problems."""
        found = []
        for number in range(SECTIONS):
            title = f"合成板块{number + 1}"
            section = Section.objects.create(ledger=self.ledger, title=title, key=folded(title), order=number)
            Section.objects.bulk_create(
                Section(
                    ledger=self.ledger,
                    parent=section,
                    kind=SectionKind.KEY_PROBLEM,
                    title=f"合成重点问题{number + 1}.{part + 1}",
                    key=folded(f"合成重点问题{number + 1}.{part + 1}"),
                    order=number * 1000 + part,
                )
                for part in range(KEY_PROBLEMS // SECTIONS)
            )
            found += list(section.children.values_list("pk", flat=True))
        return found

    def write(self) -> None:
        """Write items and measures, batch by batch."""
        sections = self.sections()
        items = TableWriter(
            Item,
            ["id", "created_at", "updated_at", "ledger", "section", "kind", "number", "type_text", "problem", "cause",
             "goal", "is_reform_item", "reported_status", "deadline_text", "declared_basically_completed",
             "workflow_state", "round", "order", "key", "version"],
        )  # fmt: skip
        measures = TableWriter(
            Measure,
            ["id", "created_at", "updated_at", "ledger", "item", "number", "text", "note", "status", "status_text",
             "percent", "progress", "completed_on", "deadline_text", "deadline_kind", "first_due_date", "due_date",
             "is_long_term", "workflow_state", "order", "key", "version", "has_lead"],
        )  # fmt: skip
        # What the database would work out and copy row by row is given with the row.
        duties = TableWriter(
            MeasureOffice,
            ["measure", "office", "role", "rank", "item", "ledger", "is_open", "watch_date"],
        )
        events = TableWriter(
            ItemEvent,
            ["ledger", "item", "measure", "kind", "occurred_at", "occurred_on", "changes", "reason", "status_after",
             "percent_after", "first_due_after", "due_after", "is_long_term_after", "workflow_state_after",
             "lead_after", "assisting_after"],
        )  # fmt: skip
        item_key, measure_key = next_key(Item) - 1, next_key(Measure)
        handling, none = WorkflowState.HANDLING.value, ""
        imported_on = timezone.localdate(self.imported_at)
        for number in range(self.count):
            if number % MEASURES_PER_ITEM == 0:
                item_key += 1
                which = number // MEASURES_PER_ITEM + 1
                topic, problem, _office = self.topics[which % len(self.topics)]
                problem = f"{problem}（{topic}{which}）"
                kind = ItemKind.SPECIFIC_PROBLEM if which % 2 else ItemKind.INFERENCE_ITEM
                items.add(
                    item_key, self.now, self.now, self.ledger.pk, sections[which % len(sections)], kind.value,
                    str(which), none, problem, none, none, False, "not_started", none, False, handling, 1, which,
                    text_key(problem), 1,
                )  # fmt: skip
            status, due = self.state()
            text = f"{self.texts[self.chance.randrange(len(self.texts))]}（第{number + 1}项）"
            lead, assisting = self.duties[self.chance.randrange(DUTY_COMBINATIONS)]
            measures.add(
                measure_key, self.now, self.now, self.ledger.pk, item_key, number % MEASURES_PER_ITEM + 1, text, none,
                status.value, none, STATUS_COLUMNS[status], none,
                min(due, self.today) if status == CompletionStatus.COMPLETED else None,
                f"{due:%Y-%m-%d}", DeadlineKind.DATED.value, due, due, False, handling, number + 1,
                text_key(text), 1, True,
            )  # fmt: skip
            is_open = status != CompletionStatus.COMPLETED
            for role, offices in ((DutyRole.LEAD.value, lead), (DutyRole.ASSISTING.value, assisting)):
                for rank, office in enumerate(offices):
                    duties.add(measure_key, office, role, rank, item_key, self.ledger.pk, is_open, due)
            events.add(
                self.ledger.pk, item_key, measure_key, EventKind.BASELINE.value, self.imported_at, imported_on,
                "[]", none, status.value, STATUS_COLUMNS[status], due, due, False, handling,
                json.dumps(lead), json.dumps(assisting),
            )  # fmt: skip
            measure_key += 1
            if (number + 1) % BATCH_ROWS == 0:
                for writer in (items, measures, duties, events):
                    writer.flush()
        for writer in (items, measures, duties, events):
            writer.flush()
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), [Item, Measure]):
                cursor.execute(statement)

    def state(self) -> tuple[CompletionStatus, date]:
        """A status and a deadline: most are done, of the open ones some are overdue and most lie ahead."""
        if self.chance.random() < COMPLETED_SHARE:
            return CompletionStatus.COMPLETED, self.today - timedelta(days=self.chance.randint(1, 110))
        status = CompletionStatus.IN_PROGRESS if self.chance.random() < 0.8 else CompletionStatus.NOT_STARTED
        return status, self.today + timedelta(days=self.chance.randint(-40, 150))

    def duty_offices(self) -> tuple[list[int], list[int]]:
        """One lead office (seldom two) and up to three assisting ones, none of them twice."""
        chosen = self.chance.sample(self.offices, min(5, len(self.offices)))
        leads = 2 if self.chance.random() < 0.03 else 1
        assisting = self.chance.randint(0, 3)
        return [pk for pk, _name in chosen[:leads]], [pk for pk, _name in chosen[leads : leads + assisting]]
