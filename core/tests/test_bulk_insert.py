"""Rows written in bulk read back as they were given, whatever stands in them, on either database."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from core import bulk_insert as bulk
from core.bulk_insert import bulk_insert, bulk_insert_values, free_keys
from core.models import AuditEvent, CalendarDay

pytestmark = pytest.mark.django_db

# What COPY's text format, or SQL, would take for something else.
AWKWARD = [
    "",
    "\\N",
    "\\.",
    "a\\tb",
    "甲\t乙\n丙\r丁\\",
    "'; DROP TABLE x; --",
    "100%",
    "%s",
    "\x7f\u2028😀",
    '"',
    "'",
]

# All but the key and what is stamped.
NAMES = [
    field.attname for field in AuditEvent._meta.concrete_fields if field.attname not in {"id", "occurred_at"}
]


def test_awkward_texts_json_and_null_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "ROWS_PER_STATEMENT", 4)  # several statements, the last one not full
    given = [
        AuditEvent(
            event_type="x", target=text, detail={"text": text, "list": [1, None, True]}, succeeded=False
        )
        for text in AWKWARD
    ]
    bulk_insert(iter(given))
    read = list(AuditEvent.objects.order_by("pk"))
    assert [(row.pk, row.target, row.detail) for row in read] == [
        (one.pk, one.target, one.detail) for one in given
    ]
    assert all(row.ip is None and row.actor_id is None and row.succeeded is False for row in read)
    assert abs(read[0].occurred_at - timezone.now()) < timedelta(minutes=1)


def test_days_and_values_come_back() -> None:
    CalendarDay.objects.all().delete()
    bulk_insert([CalendarDay(date=date(2026, 10, 1), is_workday=False, name="国庆节")])
    assert list(CalendarDay.objects.values_list("date", "is_workday", "name")) == [
        (date(2026, 10, 1), False, "国庆节")
    ]


def values_of(event: AuditEvent) -> tuple[Any, ...]:
    """The values of the columns ``NAMES``."""
    return tuple(getattr(event, name) for name in NAMES)


def test_values_without_objects_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "ROWS_PER_STATEMENT", 4)
    # Columns of one type and of several, with and without what has to be escaped.
    given = [
        values_of(
            AuditEvent(event_type="x", target=text, detail={"text": text}, succeeded=True, actor_name="甲")
        )
        for text in AWKWARD
    ]
    bulk_insert_values(AuditEvent, NAMES, iter(given))
    read = list(AuditEvent.objects.order_by("pk"))
    assert [values_of(event) for event in read] == given
    assert abs(read[0].occurred_at - timezone.now()) < timedelta(minutes=1)


def test_days_without_objects_come_back() -> None:
    CalendarDay.objects.all().delete()
    bulk_insert_values(
        CalendarDay,
        ["date", "is_workday", "name", "source"],
        [(date(2026, 10, 1), False, "国庆节", ""), (date(2026, 10, 10), True, "", "")],
    )
    days = CalendarDay.objects.order_by("date").values_list("date", "is_workday", "name")
    assert list(days) == [(date(2026, 10, 1), False, "国庆节"), (date(2026, 10, 10), True, "")]


def test_keys_are_free_and_stay_so() -> None:
    with transaction.atomic():
        keys = free_keys(AuditEvent, 3)
        event = values_of(AuditEvent(event_type="x", succeeded=True))
        bulk_insert_values(AuditEvent, ["id", *NAMES], [(key, *event) for key in keys])
        later = AuditEvent.objects.create(event_type="y", succeeded=True)
    assert len({*keys, later.pk}) == 4


def test_nothing_is_nothing() -> None:
    bulk_insert([])
    bulk_insert(iter(()))
    bulk_insert_values(AuditEvent, ["event_type"], [])
    assert not AuditEvent.objects.exists()
