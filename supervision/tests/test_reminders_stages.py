"""The stages of a deadline, at every edge: rest days, make-up days, holidays, and the rule turned round."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.workdays import WorkCalendar
from supervision.stages import (
    StagePolicy,
    distance,
    due_range,
    due_soon_ranges,
    is_overdue,
    overdue_until,
    stage_on,
)

# National Day 2026: rest from Thursday 10-01 to Wednesday 10-07, worked on Sunday 09-20 and Saturday 10-10.
NATIONAL_DAY = WorkCalendar(
    {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 9, 20): True, date(2026, 10, 10): True},
    frozenset({2026}),
)
DEFAULT = StagePolicy()

DAYS = [date(2026, 9, 1) + timedelta(days=n) for n in range(70)]


@pytest.mark.parametrize(
    ("today", "due", "stage"),
    [
        # An ordinary week: Monday 2026-11-23 is today, Friday 11-27 four working days later.
        ("2026-11-23", "2026-11-23", 0),
        ("2026-11-23", "2026-11-24", -1),
        ("2026-11-23", "2026-11-25", None),
        ("2026-11-23", "2026-11-30", -5),
        ("2026-11-23", "2026-12-07", -10),
        ("2026-11-23", "2026-11-20", 1),
        ("2026-11-23", "2026-11-19", None),
        ("2026-11-23", "2026-11-13", 6),
        ("2026-11-23", "2026-11-06", 11),
        # A deadline on a Saturday or Sunday counts from the Friday before: Friday is the day itself.
        ("2026-11-27", "2026-11-28", 0),
        ("2026-11-27", "2026-11-29", 0),
        ("2026-11-26", "2026-11-29", -1),
        ("2026-11-30", "2026-11-28", 1),
        ("2026-11-30", "2026-11-29", 1),
        ("2026-11-30", "2026-11-27", 1),
        # Nothing is reached on a rest day, whatever the deadline.
        ("2026-11-28", "2026-11-28", None),
        ("2026-11-29", "2026-11-27", None),
        ("2026-10-03", "2026-10-03", None),
        # Deadlines in the holiday count from the last day worked before it.
        ("2026-09-30", "2026-09-30", 0),
        ("2026-09-30", "2026-10-01", 0),
        ("2026-09-30", "2026-10-07", 0),
        ("2026-09-30", "2026-10-08", -1),
        ("2026-10-08", "2026-10-07", 1),
        ("2026-10-08", "2026-09-30", 1),
        ("2026-10-08", "2026-10-08", 0),
        # A make-up Saturday and Sunday are worked.
        ("2026-10-10", "2026-10-10", 0),
        ("2026-10-10", "2026-10-09", 1),
        ("2026-10-09", "2026-10-10", -1),
        ("2026-10-10", "2026-10-11", 0),
        ("2026-09-20", "2026-09-18", 1),
        ("2026-09-18", "2026-09-20", -1),
        ("2026-09-18", "2026-09-19", 0),
    ],
)
def test_stage_on(today: str, due: str, stage: int | None) -> None:
    found = stage_on(
        date.fromisoformat(today), date.fromisoformat(due), policy=DEFAULT, calendar=NATIONAL_DAY
    )
    assert found == stage


@pytest.mark.parametrize(
    ("at", "latest"),
    [
        (-30, None),
        (-11, None),
        (-10, -10),
        (-9, -10),
        (-6, -10),
        (-5, -5),
        (-2, -5),
        (-1, -1),
        (0, 0),
        (1, 1),
        (2, 1),
        (5, 1),
        (6, 6),
        (10, 6),
        (11, 11),
        (36, 36),
        (40, 36),
    ],
)
def test_only_the_latest_stage_passed_counts(at: int, latest: int | None) -> None:
    assert DEFAULT.latest(at) == latest


@pytest.mark.parametrize(
    ("policy", "stages"),
    [
        (StagePolicy(), {-10, -5, -1, 0, 1, 6, 11, 16}),
        (StagePolicy(before=(), on_due_day=False), {1, 6, 11, 16}),
        (StagePolicy(before=(3,), on_due_day=True, overdue_from=3, overdue_every=10), {-3, 0, 3, 13}),
        (
            StagePolicy(before=(1, 20), on_due_day=False, overdue_from=2, overdue_every=1),
            {-20, -1, *range(2, 19)},
        ),
    ],
)
def test_the_stages_of_a_policy(policy: StagePolicy, stages: set[int]) -> None:
    assert {at for at in range(-25, 19) if policy.is_stage(at)} == stages


def test_a_stored_policy_is_cleaned() -> None:
    policy = StagePolicy.of(before=[5, 10, 5, 0, -3], on_due_day=True, overdue_from=1, overdue_every=5)
    assert policy == StagePolicy(before=(5, 10))
    assert policy.due_soon == (0, -5, -10)


def test_a_stage_is_a_range_of_deadlines() -> None:
    """``due_range`` is ``distance`` turned round, for every working day and every deadline near it."""
    for today in filter(NATIONAL_DAY.is_workday, DAYS):
        for due in DAYS:
            at = distance(due, today=today, calendar=NATIONAL_DAY)
            first, last = due_range(at, today=today, calendar=NATIONAL_DAY)
            assert first <= due <= last, (today, due)
            assert distance(first, today=today, calendar=NATIONAL_DAY) == at
            assert distance(last, today=today, calendar=NATIONAL_DAY) == at


def test_overdue_stages_begin_where_the_light_turns_red() -> None:
    for today in filter(NATIONAL_DAY.is_workday, DAYS):
        for due in DAYS:
            at = distance(due, today=today, calendar=NATIONAL_DAY)
            assert is_overdue(at) == (due < today)
        assert overdue_until(DEFAULT, today=today, calendar=NATIONAL_DAY) == today - timedelta(days=1)


def test_each_stage_is_reached_on_exactly_one_day() -> None:
    for due in DAYS[20:50]:
        reached = [
            stage
            for today in DAYS
            if (stage := stage_on(today, due, policy=DEFAULT, calendar=NATIONAL_DAY)) is not None
        ]
        assert reached == sorted(set(reached))
        assert {-10, -5, -1, 0, 1} <= set(reached)


def test_days_without_a_run_are_caught_up_by_the_latest_stage() -> None:
    """Running on some days only, each deadline is found once at a time, at the latest stage passed since."""
    policy = DEFAULT
    for gap in (1, 2, 3, 7, 20):
        workdays = [day for day in DAYS if NATIONAL_DAY.is_workday(day)]
        for due in DAYS[25:60]:
            since = workdays[0]
            for today in workdays[::gap]:
                passed = [
                    stage
                    for day in workdays
                    if since <= day <= today
                    and (stage := stage_on(day, due, policy=policy, calendar=NATIONAL_DAY)) is not None
                ]
                ranges = due_soon_ranges(policy, today=today, since=since, calendar=NATIONAL_DAY)
                found = [item.stage for item in ranges if item.first <= due <= item.last]
                if due >= today:
                    assert found == passed[-1:], (gap, due, since, today)
                else:
                    assert found == []
                since = today
