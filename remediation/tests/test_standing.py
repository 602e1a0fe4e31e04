"""What the database keeps itself is what the rows say: standings of items, copies on the duties of offices."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from random import Random

import pytest
from django.db import connection, transaction
from django.db.models import ProtectedError, QuerySet

from remediation import kept_triggers, lead_triggers
from remediation.counting.items import item_status
from remediation.models import Item, ItemStanding, Measure, MeasureOffice
from remediation.states import MEASURE_STATUSES, UNLIT_STATES, CompletionStatus, DutyRole, WorkflowState
from tests.ledgers import make_item, make_ledger, make_measure, make_office

DAY = date(2026, 3, 2)
CHANGES = 400


def expected(item: Item) -> dict[str, object]:
    """The standing of ``item``, worked out in Python from its rows."""
    measures = list(Measure.objects.filter(item=item))
    counted = [one for one in measures if one.is_counted]
    open_ = [one for one in measures if one.is_open]
    own_is_open = (
        item.reported_status != CompletionStatus.COMPLETED and item.workflow_state not in UNLIT_STATES
    )
    dates = [one.watch_date for one in open_ if one.watch_date]
    dues = [one.due_date for one in counted if one.due_date]
    return {
        "ledger_id": item.ledger_id,
        "counted": len(counted),
        "completed": sum(one.status == CompletionStatus.COMPLETED for one in counted),
        "progress": item_status(
            statuses=[one.status for one in counted],
            reported_status=item.reported_status,
            declared=False,
            unfinished_as_basically=False,
        ).value,
        "is_open": bool(open_) or (not counted and own_is_open),
        "watch_date": (min(dates) if dates else None) if counted else item.due_date,
        "due_date": max(dues) if dues else item.due_date,
    }


def stored(item: Item) -> dict[str, object]:
    """The standing that the database keeps."""
    found: dict[str, object] = ItemStanding.objects.filter(item=item).values(*expected(item)).get()
    return found


def check_copies() -> None:
    """What the duties hold of their measures is what the measures hold."""
    copies = MeasureOffice.objects.values_list("item_id", "ledger_id", "is_open", "watch_date")
    own = MeasureOffice.objects.values_list(
        "measure__item_id", "measure__ledger_id", "measure__is_open", "measure__watch_date"
    )
    assert list(copies.order_by("pk")) == list(own.order_by("pk"))
    led = MeasureOffice.objects.filter(role=DutyRole.LEAD).values_list("measure_id", flat=True)
    assert set(Measure.objects.filter(has_lead=True).values_list("pk", flat=True)) == set(led)


def change_offices_at_random(measures: QuerySet[Measure], chance: Random) -> None:
    """Some offices go, or one changes its role, or whole rows are saved as they were read before that."""
    duties = MeasureOffice.objects.filter(measure__in=measures)
    what = chance.randrange(3)
    if what == 0:
        duties.filter(role=chance.choice(DutyRole.values)).delete()
    elif what == 1:
        first = list(duties.values_list("pk", flat=True)[:1])
        duties.filter(pk__in=first).update(role=chance.choice(DutyRole.values))
    else:
        for one in measures:
            one.has_lead = chance.random() < 0.5
            one.save()


@pytest.mark.django_db
def test_it_follows_every_kind_of_change() -> None:
    chance = Random(7)
    ledgers = [make_ledger(), make_ledger()]
    offices = [make_office() for _ in range(2)]
    items = [make_item(ledgers[0], due_date=DAY if number % 2 else None) for number in range(4)]
    states = [WorkflowState.HANDLING, *UNLIT_STATES]
    for _change in range(CHANGES):
        item = chance.choice(items)
        measures = Measure.objects.filter(item=item)
        status = chance.choice(MEASURE_STATUSES)
        due = chance.choice([None, DAY + timedelta(days=chance.randint(-9, 9))])
        what = chance.randrange(8)
        if what == 0:
            make_measure(item, due=due, status=status, lead=offices[:1], assisting=offices[1:])
        elif what == 1:
            percent = 100 if status == CompletionStatus.COMPLETED else 0
            measures.filter(pk__in=list(measures.values_list("pk", flat=True)[:2])).update(
                status=status, percent=percent
            )
        elif what == 2:
            measures.update(due_date=due, first_due_date=DAY, review_date=chance.choice([None, DAY]))
        elif what == 3:
            measures.update(workflow_state=chance.choice(states))
        elif what == 4:
            Item.objects.filter(pk=item.pk).update(
                reported_status=chance.choice(CompletionStatus.values),
                workflow_state=chance.choice(states),
                due_date=due,
            )
        elif what == 5:
            measures.filter(pk__in=list(measures.values_list("pk", flat=True)[:1])).update(
                item=chance.choice(items)
            )
        elif what == 6:
            change_offices_at_random(measures, chance)
        else:
            last = measures.last()
            if last is not None:
                last.delete()
        for every in items:
            every.refresh_from_db()
            assert stored(every) == expected(every)
        check_copies()


@pytest.mark.django_db
def test_many_rows_at_once_and_no_rows_at_all() -> None:
    ledger = make_ledger()
    items = [make_item(ledger) for _ in range(3)]
    Measure.objects.bulk_create(
        Measure(ledger=ledger, item=item, text=f"措施{number}", key=str(number), number=number)
        for item in items
        for number in range(5)
    )
    assert [stored(item)["counted"] for item in items] == [5, 5, 5]
    Measure.objects.filter(ledger=ledger).update(status=CompletionStatus.COMPLETED, percent=100)
    Measure.objects.filter(pk=0).update(status=CompletionStatus.NOT_STARTED)
    assert all(stored(item) == expected(item) for item in items)
    Measure.objects.filter(item=items[0]).delete()
    assert stored(items[0])["counted"] == 0


@pytest.mark.django_db
def test_the_triggers_are_in_place() -> None:
    """A migration that rebuilds a table on SQLite would take them away."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        found = {name for (name,) in cursor.fetchall()}
    assert {*kept_triggers.TRIGGERS, *lead_triggers.TRIGGERS} <= found


@pytest.mark.django_db(transaction=True)
def test_two_savers_in_one_item_are_both_counted() -> None:
    """The second of two transactions counts what the first has committed, whichever began earlier."""
    item = make_item(make_ledger())
    measures = [make_measure(item) for _ in range(6)]
    line = threading.Barrier(len(measures))

    def complete(measure: Measure) -> None:
        try:
            line.wait(timeout=10)
            with transaction.atomic():
                Measure.objects.filter(pk=measure.pk).update(status=CompletionStatus.COMPLETED, percent=100)
        finally:
            connection.close()

    threads = [threading.Thread(target=complete, args=(measure,)) for measure in measures]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert (stored(item)["completed"], stored(item)["progress"]) == (6, "completed")


@pytest.mark.django_db
def test_copied_keys_are_held_by_the_measures_own() -> None:
    """They have no constraints; what they name can still not go away while the measure is there."""
    item = make_item(make_ledger())
    measure = make_measure(item, lead=[make_office()])
    for gone in (item, item.ledger):
        with pytest.raises(ProtectedError):
            gone.delete()
    measure.delete()
    assert not MeasureOffice.objects.exists()
