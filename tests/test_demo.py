"""``manage.py demo``: an organ with the figures of source 003, laid around the day it is loaded."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.models import F
from django.test import Client
from pytest_django import DjangoDbBlocker

from accounts.models import Notification, Office, OfficeKind, Position, User
from accounts.roles import Role
from core.clock import today
from core.models import CalendarDay
from core.text import text_key
from remediation.counting.ledgers import ledger_totals
from remediation.counting.measures import distinct_figures, distinct_of
from remediation.lights import LightRule
from remediation.models import Item, ItemEvent, Ledger, Measure, MeasureOffice, Section, StatedTotal
from remediation.states import CompletionStatus, SectionKind
from supervision.demo import loading
from supervision.demo.scale import build_scale
from supervision.models import CompletionSnapshot


def run(*arguments: str) -> tuple[str, str]:
    """Run the command; what it wrote on stdout and stderr."""
    out, err = io.StringIO(), io.StringIO()
    call_command("demo", *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    """The demo, loaded once for this module and taken back after it; the key of its main ledger."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield loading.load(today=today())[0].pk
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded: int, db: None) -> Ledger:
    """The demo, and its main ledger."""
    return Ledger.objects.get(pk=loaded)


def rule_of(ledger: Ledger, day: date) -> LightRule:
    """The lights of a day."""
    return LightRule.build(day, CalendarDay.objects.work_calendar(), ledgers=[ledger])


@pytest.mark.requirement(
    "S003-19", "S003-20", "S003-21", "S003-22", "S003-23", "S003-24", "S003-25", "S003-26"
)
def test_the_ledger_has_the_figures_of_source_003(demo: Ledger) -> None:
    totals = ledger_totals(demo, rule_of(demo, today()))

    def of(subject: str) -> tuple[int, int, int]:
        found = totals[subject]
        return found.total, found.completed, found.basically_completed

    assert of("key_problems") == (14, 7, 7)
    assert of("specific_problems") == (45, 34, 11)
    assert of("inference_items") == (58, 50, 8)
    assert of("reform_items") == (7, 4, 3)
    assert of("opinions") == (4, 4, 0)
    assert (totals["measures"].total, totals["measures"].completed, totals["measures"].in_progress) == (
        284,
        253,
        31,
    )
    assert distinct_of(Measure.objects.filter(ledger=demo).aggregate(**distinct_figures())) == 278
    assert Section.objects.filter(ledger=demo, kind=SectionKind.CATEGORY).count() == 4
    stated = {one.subject: (one.total, one.completed) for one in StatedTotal.objects.filter(ledger=demo)}
    assert stated["measures"] == (263, 234)
    assert stated["reform_items"] == (8, 5)


def test_the_organ_has_its_offices_units_posts_and_roles(demo: Ledger) -> None:
    assert Office.objects.filter(kind=OfficeKind.AFFILIATED).count() == 33
    assert Office.objects.filter(kind__in=[OfficeKind.INTERNAL, OfficeKind.RESIDENT]).count() == 23
    assert Position.objects.filter(is_principal=True, holder__isnull=False).count() == 1
    assert set(User.objects.values_list("groups__name", flat=True)) == set(Role.values)
    assert not User.objects.filter(must_change_password=True).exists()
    assert all(ledger.is_demo and "演示数据" in ledger.origin for ledger in Ledger.objects.all())


def test_the_history_gives_a_trend(demo: Ledger) -> None:
    whole = CompletionSnapshot.objects.filter(ledger=demo, office__isnull=True).order_by("day")
    rates = [row.completed for row in whole]
    assert whole.count() >= 8
    assert whole.first().day < today() - timedelta(days=150)  # type: ignore[union-attr]
    assert rates == sorted(rates)
    assert rates[0] < rates[-1] == 253


def test_the_latest_event_of_each_measure_is_how_it_stands(demo: Ledger) -> None:
    latest: dict[int, ItemEvent] = {}
    for event in ItemEvent.objects.filter(ledger=demo, measure__isnull=False).order_by("occurred_on", "pk"):
        latest[event.measure_id or 0] = event
    duties: dict[int, dict[str, list[int]]] = {}
    for duty in MeasureOffice.objects.filter(measure__ledger=demo).order_by("rank"):
        duties.setdefault(duty.measure_id, {}).setdefault(duty.role, []).append(duty.office_id)
    for measure in Measure.objects.filter(ledger=demo):
        event = latest[measure.pk]
        assert (event.status_after, event.percent_after) == (measure.status, measure.percent)
        assert (event.first_due_after, event.due_after) == (measure.first_due_date, measure.due_date)
        assert event.review_after == measure.review_date
        assert event.workflow_state_after == measure.workflow_state
        assert event.lead_after == duties[measure.pk]["lead"]
        assert event.assisting_after == duties[measure.pk].get("assisting", [])
        assert measure.key == text_key(measure.text)


def test_shared_measures_read_and_stand_alike(demo: Ledger) -> None:
    shared = Measure.objects.filter(ledger=demo, shared_key__isnull=False)
    assert shared.count() == 12
    for key in set(shared.values_list("shared_key", flat=True)):
        pair = list(shared.filter(shared_key=key))
        assert len(pair) == 2
        assert pair[0].text == pair[1].text
        assert pair[0].due_date == pair[1].due_date
        assert pair[0].item_id != pair[1].item_id


def test_somebody_has_been_reminded(demo: Ledger) -> None:
    assert Notification.objects.filter(recipient__username="clerk").exists()


def test_its_names_are_titles(demo: Ledger) -> None:
    for user in User.objects.all():
        assert any(word in user.display_name for word in ("处", "组", "室", "院", "员", "主任", "纪委")), user


def test_everybody_shown_can_sign_in(demo: Ledger) -> None:
    out, _err = run("--sign-ins", "--json")
    by_role = json.loads(out)
    assert set(by_role) == set(Role.values)
    for role, account in by_role.items():
        assert Client().login(**account)
        assert User.objects.get(username=account["username"]).has_role(Role(role))


def test_the_synthetic_ledger_is_whole_and_the_same_every_time(demo: Ledger) -> None:
    run("--scale", "200")
    run("--scale", "200")
    first, second = Ledger.objects.filter(title__startswith="合成台账").order_by("pk")
    assert first.title != second.title
    rows = [
        list(
            Measure.objects.filter(ledger=ledger)
            .order_by("order")
            .values_list("text", "status", "percent", "due_date", "key", "is_open", "is_counted")
        )
        for ledger in (first, second)
    ]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 200
    assert ItemEvent.objects.filter(ledger=first, measure__isnull=False).count() == 200
    assert not Measure.objects.filter(ledger=first).exclude(duties__role="lead").exists()
    event = ItemEvent.objects.filter(ledger=first).first()
    assert event is not None
    assert event.status_after in CompletionStatus.values
    assert isinstance(event.lead_after, list)
    # New rows still get keys of their own afterwards.
    item = first.items.first()
    assert item is not None
    Measure.objects.create(ledger=first, item=item, text="其后", key=text_key("其后"))
    connection.check_constraints()


def test_a_load_that_outnumbers_the_tables_leaves_their_indexes_and_checks_as_they_were(demo: Ledger) -> None:
    before = constraints_and_indexes()
    ledger = build_scale(1000, today=date(2026, 3, 2))
    assert Measure.objects.count() < 2000  # it did outnumber them
    assert ledger.measures.count() == 1000
    assert constraints_and_indexes() == before
    copied = MeasureOffice.objects.filter(measure__ledger=ledger)
    assert not copied.exclude(
        item=F("measure__item"),
        ledger=ledger,
        is_open=F("measure__is_open"),
        watch_date=F("measure__watch_date"),
    ).exists()
    assert ledger.items.filter(standing__counted__gt=0).count() == ledger.items.count()
    connection.check_constraints()


def constraints_and_indexes() -> set[tuple[str, str]]:
    """What PostgreSQL says of the tables that a large ledger fills; nothing elsewhere."""
    if connection.vendor != "postgresql":
        return set()
    tables = [model._meta.db_table for model in (Item, Measure, MeasureOffice, ItemEvent)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) UNION ALL"
            " SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid::regclass::text = ANY(%s)"
            " AND convalidated",
            [tables, tables],
        )
        # PostgreSQL moves casts and brackets about when it reads a definition of its own again.
        return {(name, re.sub(r"::[a-z ]+(\[\])?|[()]", "", said)) for name, said in cursor.fetchall()}
