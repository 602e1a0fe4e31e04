"""The light: one table of bands behind the Python function and the SQL, at every band edge."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.models import CalendarDay
from remediation.lights import Light, LightPolicy, LightRule, bands
from remediation.models import Item, Ledger, Measure
from remediation.states import CompletionStatus, WorkflowState

pytestmark = pytest.mark.django_db
TODAY = date(2024, 11, 25)


def measure(ledger: Ledger, due: date | None, **values: object) -> Measure:
    item, _ = Item.objects.get_or_create(ledger=ledger, problem="问题", key="k")
    return Measure.objects.create(
        ledger=ledger, item=item, text="措施", key="k", due_date=due, first_due_date=due, **values
    )


@pytest.mark.parametrize(
    ("due", "light", "reason"),
    [
        ("2024-09-30", Light.RED, "逾期36个工作日"),
        ("2024-11-22", Light.RED, "逾期1个工作日"),
        ("2024-11-24", Light.RED, "逾期1个工作日"),
        ("2024-11-25", Light.YELLOW, "今天到期"),
        ("2024-11-30", Light.YELLOW, "还有4个工作日"),
        ("2024-12-01", Light.YELLOW, "还有4个工作日"),
        ("2024-12-02", Light.YELLOW, "还有5个工作日"),
        ("2024-12-03", Light.BLUE, "还有6个工作日"),
        ("2024-12-20", Light.BLUE, "还有19个工作日"),
        ("2024-12-23", Light.BLUE, "还有20个工作日"),
        ("2024-12-24", Light.GREEN, "还有21个工作日"),
        (None, Light.GREY, "无时限"),
    ],
)
def test_the_bands_of_a_monday(due: str | None, light: Light, reason: str) -> None:
    ledger = Ledger.objects.create(title="甲")
    rule = LightRule.build(TODAY, CalendarDay.objects.work_calendar())
    day = date.fromisoformat(due) if due else None
    assert rule.light_of(is_open=True, watch_date=day, ledger_id=ledger.pk) == light
    assert rule.reason(is_open=True, watch_date=day) == reason


def test_between_rest_days_the_text_is_past_due() -> None:
    rule = LightRule.build(date(2024, 11, 23), CalendarDay.objects.work_calendar())  # a Saturday
    friday = date(2024, 11, 22)
    assert rule.light_of(is_open=True, watch_date=friday, ledger_id=1) == Light.RED
    assert rule.reason(is_open=True, watch_date=friday) == "已过期"


@pytest.mark.parametrize("today", [TODAY, date(2024, 11, 23), date(2026, 2, 14), date(2026, 9, 30)])
def test_python_and_sql_agree_at_every_edge(today: date) -> None:
    usual = Ledger.objects.create(title="常规")
    strict = Ledger.objects.create(title="从严", yellow_from_workdays=10, blue_from_workdays=30)
    calendar = CalendarDay.objects.work_calendar()
    edges = {
        day + timedelta(days=step)
        for policy in (LightPolicy(), LightPolicy(10, 30))
        for band in bands(today, calendar, policy)
        for day in (band.first, band.last)
        if day is not None
        for step in (-1, 0, 1)
    }
    for ledger in (usual, strict):
        for due in [*sorted(edges), None]:
            measure(ledger, due)
            measure(ledger, due, status=CompletionStatus.COMPLETED, percent=100)
            measure(ledger, due, workflow_state=WorkflowState.SUSPENDED)
    rule = LightRule.build(today, calendar)
    seen: dict[str, int] = {}
    lights = dict(Measure.objects.annotate(light=rule.annotation()).values_list("pk", "light"))
    for row in Measure.objects.all():
        expected = rule.light_of(is_open=row.is_open, watch_date=row.watch_date, ledger_id=row.ledger_id)
        assert lights[row.pk] == expected
        seen[expected] = seen.get(expected, 0) + 1
    for light in Light:
        assert Measure.objects.filter(rule.condition(light)).count() == seen[light]
    assert sum(seen.values()) == Measure.objects.count()


@pytest.mark.parametrize(
    "state",
    [
        WorkflowState.CONCLUDED,
        WorkflowState.CLOSED,
        WorkflowState.SUSPENDED,
        WorkflowState.TRANSFERRED,
        WorkflowState.VOIDED,
    ],
)
def test_only_open_work_is_lit(state: WorkflowState) -> None:
    row = measure(Ledger.objects.create(title="乙"), date(2024, 1, 1), workflow_state=state)
    row.refresh_from_db()
    assert not row.is_open
    rule = LightRule.build(TODAY, CalendarDay.objects.work_calendar())
    assert (
        rule.light_of(is_open=row.is_open, watch_date=row.watch_date, ledger_id=row.ledger_id) == Light.GREY
    )
    assert not Measure.objects.overdue(TODAY).exists()


@pytest.mark.requirement("S003-109")
def test_a_long_term_measure_is_lit_by_its_review_date() -> None:
    ledger = Ledger.objects.create(title="丙")
    row = measure(ledger, None, is_long_term=True, review_date=date(2024, 11, 20))
    row.refresh_from_db()
    rule = LightRule.build(TODAY, CalendarDay.objects.work_calendar())
    assert row.watch_date == date(2024, 11, 20)
    assert rule.light_of(is_open=row.is_open, watch_date=row.watch_date, ledger_id=ledger.pk) == Light.RED
