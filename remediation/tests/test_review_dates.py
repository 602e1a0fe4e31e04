"""A long-term measure without a date is looked at again some months after each report."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from accounts.models import Office, User
from core.clock import today
from remediation.due_dates import months_after
from remediation.models import ItemEvent, Measure
from remediation.report_undo import undo_report
from remediation.reporting import Progress, report_progress
from remediation.states import CompletionStatus, DeadlineKind
from tests.ledgers import make_item, make_ledger, make_measure

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 31), 6, date(2027, 6, 30)),
        (date(2026, 1, 15), 12, date(2027, 1, 15)),
        (date(2023, 8, 31), 6, date(2024, 2, 29)),
    ],
)
def test_months_end_with_the_month(day: date, months: int, later: date) -> None:
    assert months_after(day, months) == later


@pytest.mark.requirement("S003-109")
def test_a_report_moves_the_review_and_its_undo_moves_it_back(office: Office, clerk: User) -> None:
    measure = make_measure(
        make_item(make_ledger(review_months=3)),
        lead=[office],
        is_long_term=True,
        deadline_kind=DeadlineKind.LONG_TERM,
        review_date=today() - timedelta(days=5),
    )
    measure.refresh_from_db()
    assert Measure.objects.overdue(today()).exists()
    report = report_progress(
        measure, progress=Progress(CompletionStatus.IN_PROGRESS, 10, "已复查"), actor=clerk
    )
    assert report is not None
    measure.refresh_from_db()
    assert measure.review_date == measure.watch_date == months_after(today(), 3)
    assert ItemEvent.objects.get(report=report).review_after == measure.review_date
    undo_report(report, actor=clerk)
    measure.refresh_from_db()
    assert measure.review_date == today() - timedelta(days=5)


def test_a_dated_measure_gets_no_review(office: Office, clerk: User) -> None:
    due = today() + timedelta(days=30)
    measure = make_measure(make_item(make_ledger()), lead=[office], is_long_term=True, due=due)
    moment: datetime = timezone.now()
    report_progress(
        measure, progress=Progress(CompletionStatus.IN_PROGRESS, 10, "已复查"), actor=clerk, moment=moment
    )
    measure.refresh_from_db()
    assert (measure.review_date, measure.due_date) == (None, due)
