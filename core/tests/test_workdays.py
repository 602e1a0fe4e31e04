"""The working-day calendar, at the edges that the yearly arrangements make."""

from __future__ import annotations

from datetime import date

import pytest

from core.models import CalendarDay, forget_calendar
from core.workdays import WorkCalendar

pytestmark = pytest.mark.django_db


@pytest.fixture
def calendar() -> WorkCalendar:
    forget_calendar()
    return CalendarDay.objects.work_calendar()


@pytest.mark.parametrize(
    ("start", "workdays", "end"),
    [
        ("2025-09-29", 5, "2025-10-13"),
        ("2026-02-10", 5, "2026-02-24"),
        ("2026-02-14", 1, "2026-02-24"),  # a make-up working Saturday before the holiday
        ("2026-09-18", 3, "2026-09-22"),  # Sunday the 20th is worked
        ("2025-12-31", 3, "2026-01-06"),
        ("2026-04-30", 5, "2026-05-11"),
        ("2026-06-18", 1, "2026-06-22"),
        ("2025-01-10", 45, "2025-03-20"),
        ("2024-01-20", 45, "2024-03-27"),  # starts on a Saturday: where the known library is one off
        ("2026-12-30", 5, "2027-01-06"),  # into a year without an arrangement: Monday to Friday
    ],
)
def test_the_start_is_not_counted(calendar: WorkCalendar, start: str, workdays: int, end: str) -> None:
    begin, finish = date.fromisoformat(start), date.fromisoformat(end)
    assert calendar.add(begin, workdays) == finish
    assert calendar.between(begin, finish) == workdays


@pytest.mark.parametrize(
    ("day", "worked_from"),
    [
        ("2026-01-03", "2026-01-04"),
        ("2026-05-31", "2026-06-01"),
        ("2026-10-03", "2026-10-08"),
        ("2024-06-30", "2024-07-01"),
        ("2026-01-05", "2026-01-05"),
    ],
)
def test_rolling_forward(calendar: WorkCalendar, day: str, worked_from: str) -> None:
    assert calendar.first_on_or_after(date.fromisoformat(day)) == date.fromisoformat(worked_from)


def test_a_rest_day_counts_from_the_last_working_day_before(calendar: WorkCalendar) -> None:
    assert calendar.last_on_or_before(date(2024, 11, 30)) == date(2024, 11, 29)
    assert calendar.last_on_or_before(date(2026, 10, 7)) == date(2026, 9, 30)
    assert calendar.between(date(2024, 11, 25), date(2024, 11, 30)) == 4


def test_counting_agrees_with_walking(calendar: WorkCalendar) -> None:
    start = date(2025, 12, 20)
    walked = 0
    for ordinal in range(start.toordinal() + 1, date(2026, 12, 31).toordinal() + 1):
        day = date.fromordinal(ordinal)
        walked += calendar.is_workday(day)
        assert calendar.between(start, day) == walked
        assert calendar.between(day, start) == -walked


@pytest.mark.parametrize("workdays", [0, 1, 5, 20])
@pytest.mark.parametrize(
    "today", [date(2026, 9, 30), date(2026, 2, 14), date(2026, 11, 21), date(2026, 11, 23)]
)
def test_last_within_is_the_edge(calendar: WorkCalendar, today: date, workdays: int) -> None:
    edge = calendar.last_within(today, workdays)
    assert calendar.between(today, edge) == workdays
    assert calendar.between(today, date.fromordinal(edge.toordinal() + 1)) == workdays + 1


def test_a_year_without_an_arrangement_says_so(calendar: WorkCalendar) -> None:
    assert calendar.covers(2026)
    assert not calendar.covers(2027)
    assert calendar.is_workday(date(2027, 1, 1))


def test_an_edited_day_is_in_force_at_once() -> None:
    day = date(2027, 1, 1)
    assert CalendarDay.objects.work_calendar().is_workday(day)
    CalendarDay.objects.create(date=day, is_workday=False, name="元旦")
    forget_calendar()
    assert not CalendarDay.objects.work_calendar().is_workday(day)
    forget_calendar()
