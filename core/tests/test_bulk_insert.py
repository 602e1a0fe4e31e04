"""Rows written in bulk read back as they were given, whatever stands in them, on either database."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from core import bulk_insert as bulk
from core.bulk_insert import bulk_insert
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


def test_nothing_is_nothing() -> None:
    bulk_insert([])
    bulk_insert(iter(()))
    assert not AuditEvent.objects.exists()
