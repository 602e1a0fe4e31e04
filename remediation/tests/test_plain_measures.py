"""Rows of an import are what the models would have written: columns, offices with their copies, baseline events."""

from __future__ import annotations

from datetime import date

import pytest
from django.utils import timezone

from remediation.importing.plain_measures import (
    COLUMNS,
    PlainMeasure,
    insert_duties,
    insert_measures,
    measures_of,
    update_measures,
)
from remediation.models import EventKind, ImportBatch, ItemEvent, Measure, MeasureOffice
from remediation.recording import Duties, event_for, insert_baselines
from remediation.states import CompletionStatus, WorkflowState
from tests.ledgers import make_item, make_ledger, make_measure, make_office

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
# What the database or the insertion itself gives.
GIVEN = {"created_at", "updated_at"}


def columns_of(measure: Measure) -> tuple[object, ...]:
    """The values of the columns that a row has."""
    return tuple(getattr(measure, name) for name in COLUMNS)


def test_a_row_has_the_columns_and_the_defaults_of_the_model() -> None:
    fields = [field for field in Measure._meta.concrete_fields if not field.generated]
    assert set(COLUMNS) == {field.attname for field in fields} - GIVEN
    row, measure = PlainMeasure(text="措施"), Measure(text="措施")
    assert {name: getattr(row, name) for name in COLUMNS} == {
        name: getattr(measure, name) for name in COLUMNS
    }


def test_rows_are_inserted_read_and_updated_as_they_are() -> None:
    item = make_item(make_ledger())
    rows = [
        PlainMeasure(
            text=f"措施{number}", number=number, order=number, key=str(number),
            ledger_id=item.ledger_id, item_id=item.pk, first_due_date=DAY, due_date=DAY,
        )
        for number in range(1, 4)
    ]  # fmt: skip
    insert_measures(rows)
    stored = Measure.objects.order_by("order")
    assert [columns_of(measure) for measure in stored] == [
        tuple(getattr(row, name) for name in COLUMNS) for row in rows
    ]
    assert all(abs((timezone.now() - measure.updated_at).total_seconds()) < 60 for measure in stored)
    rows[0].text, rows[0].due_date, rows[1].text = "别的", None, "不写"
    moment = timezone.now()
    update_measures(rows[:1], {"text", "due_date"}, now=moment)
    assert list(stored.values_list("text", "due_date")) == [("别的", None), ("措施2", DAY), ("措施3", DAY)]
    assert stored.get(order=1).updated_at == moment
    stored.filter(order=3).update(workflow_state=WorkflowState.VOIDED)
    assert [row.text for row in measures_of(item.ledger, lock=True)] == ["别的", "措施2"]


def test_offices_bring_the_copies_that_the_trigger_would_write() -> None:
    """Every state of a measure, under both ways of writing who answers for it."""
    item = make_item(make_ledger())
    mine, theirs = make_office(), make_office()
    measures = [
        make_measure(item, due=due, status=status)
        for due in (None, DAY)
        for status in (CompletionStatus.IN_PROGRESS, CompletionStatus.COMPLETED)
        for _state in WorkflowState
    ]
    for measure, state in zip(measures, [*WorkflowState] * 4, strict=True):
        Measure.objects.filter(pk=measure.pk).update(workflow_state=state, review_date=DAY)
    MeasureOffice.objects.bulk_create(
        MeasureOffice(measure=measure, office=theirs, role="lead", rank=2) for measure in measures
    )
    insert_duties((measure.pk, mine.pk, "lead", 2) for measure in measures)
    names = ("measure_id", "role", "rank", "item_id", "ledger_id", "is_open", "watch_date")
    by_office = [
        list(MeasureOffice.objects.filter(office=office).order_by("measure").values_list(*names))
        for office in (mine, theirs)
    ]
    assert by_office[0] == by_office[1]
    assert len(by_office[0]) == len(measures)
    assert len({copies[-2:] for copies in by_office[0]}) == 2


def test_a_baseline_is_the_event_that_one_measure_alone_would_have() -> None:
    batch = ImportBatch.objects.create(file_name="台账.xlsx")
    measure = make_measure(make_item(make_ledger()), due=DAY, status=CompletionStatus.COMPLETED)
    duties, moment = Duties((3, 2), (1,)), timezone.now()
    event_for(
        measure, kind=EventKind.BASELINE, duties=duties, actor=None, occurred_at=moment, reason="台账.xlsx", batch=batch
    ).save()  # fmt: skip
    insert_baselines([(measure, duties)], actor=None, occurred_at=moment, reason="台账.xlsx", batch=batch)
    names = [field.attname for field in ItemEvent._meta.concrete_fields if not field.primary_key]
    one, other = ItemEvent.objects.filter(kind=EventKind.BASELINE, batch=batch).values_list(*names)
    assert one == other
