"""统计口径 (product text, section 9), rule by rule."""

from __future__ import annotations

from datetime import date
from itertools import product

import pytest
from django.db.models import QuerySet
from pytest_django.fixtures import DjangoAssertNumQueries

from core.models import CalendarDay
from remediation.conditions import answered_for_by
from remediation.counting.items import StatusTotals, item_status, item_subjects, with_completion
from remediation.counting.ledgers import figures_by_section, ledger_totals, section_rollups
from remediation.counting.measures import (
    COMPLETED,
    MeasureTotals,
    distinct_figures,
    distinct_of,
    measure_totals,
    office_totals,
)
from remediation.lights import Light, LightRule
from remediation.models import Item, Ledger, Measure
from remediation.states import CompletionStatus, DutyRole, ItemKind, SectionKind, WorkflowState
from tests.ledgers import make_item, make_ledger, make_measure, make_office, make_section

pytestmark = pytest.mark.django_db
TODAY = date(2024, 11, 25)
NOT_STARTED, IN_PROGRESS = CompletionStatus.NOT_STARTED, CompletionStatus.IN_PROGRESS


def item_totals(items: QuerySet[Item]) -> dict[str, StatusTotals]:
    """Figures of items by subject, as pages count them."""
    rule = LightRule.build(TODAY, CalendarDay.objects.work_calendar())
    _by_section, counted = figures_by_section(items, Measure.objects.filter(item__in=items), rule)
    return item_subjects(counted.items())


@pytest.fixture
def rule() -> LightRule:
    return LightRule.build(TODAY, CalendarDay.objects.work_calendar())


def test_void_and_transferred_are_left_out_suspended_is_in(rule: LightRule) -> None:
    ledger = make_ledger()
    for state in WorkflowState:
        item = make_item(ledger, workflow_state=state)
        make_measure(item, status=COMPLETED if state == WorkflowState.CLOSED else NOT_STARTED)
    totals = measure_totals(Measure.objects.all(), rule)
    assert totals.total == len(WorkflowState) - 2
    assert (totals.completed, totals.suspended) == (1, 1)
    assert totals.not_completed == totals.total - 1 == sum(totals.light(light) for light in Light)


def test_rates_schedule_and_lag(rule: LightRule) -> None:
    item = make_item(make_ledger())
    make_measure(item, due=date(2024, 11, 1), status=COMPLETED)
    make_measure(item, due=date(2024, 11, 20), status=IN_PROGRESS, percent=50)
    # extended: the first deadline has passed, the current one has not
    make_measure(item, first_due=date(2024, 11, 1), due=date(2024, 12, 31), status=IN_PROGRESS, percent=10)
    make_measure(item, due=TODAY)  # today has not passed
    make_measure(item, is_long_term=True)
    totals = measure_totals(Measure.objects.all(), rule)
    assert totals.completion_rate == 20
    assert totals.mean_percent == 32
    assert totals.schedule_rate == 75
    assert totals.behind == 50
    assert totals.long_term == 1
    assert (totals.red, totals.yellow, totals.green, totals.grey) == (1, 1, 1, 1)


def test_lag_is_never_below_zero_and_nothing_has_no_rate(rule: LightRule) -> None:
    item = make_item(make_ledger())
    make_measure(item, due=date(2025, 1, 1), status=COMPLETED)
    assert measure_totals(Measure.objects.all(), rule).behind == 0
    nothing = MeasureTotals()
    assert nothing.completion_rate is nothing.schedule_rate is nothing.behind is nothing.mean_percent is None


def test_a_hundred_percent_alone_completes_nothing(rule: LightRule) -> None:
    make_measure(make_item(make_ledger()), status=IN_PROGRESS, percent=100, due=date(2024, 1, 1))
    totals = measure_totals(Measure.objects.all(), rule)
    assert (totals.completed, totals.red) == (0, 1)


def test_the_python_rule_is_the_sql_rule(rule: LightRule) -> None:
    ledger = make_ledger()
    dues = [None, date(2024, 1, 1), TODAY, date(2024, 12, 10), date(2026, 1, 1)]
    for state, status, due in product(WorkflowState, (NOT_STARTED, IN_PROGRESS, COMPLETED), dues):
        make_measure(
            make_item(ledger, workflow_state=state), status=status, due=due, is_long_term=due is None
        )
    walked = MeasureTotals()
    for row in Measure.objects.all():
        walked.add(
            status=row.status,
            percent=row.percent,
            workflow_state=row.workflow_state,
            is_long_term=row.is_long_term,
            first_due_date=row.first_due_date,
            light=rule.light_of(is_open=row.is_open, watch_date=row.watch_date, ledger_id=ledger.pk),
            today=TODAY,
        )
    assert walked == measure_totals(Measure.objects.all(), rule)


def test_two_lead_offices_count_each_and_once_in_totals(rule: LightRule) -> None:
    one, two, helper = make_office("甲处"), make_office("乙处"), make_office("丙处")
    ledger = make_ledger()
    make_measure(make_item(ledger), lead=[one, two], assisting=[helper], status=COMPLETED)
    make_measure(make_item(ledger), lead=[one])
    lead = office_totals([ledger], DutyRole.LEAD, rule)
    assert {pk: (t.completed, t.total) for pk, t in lead.items()} == {one.pk: (1, 2), two.pk: (1, 1)}
    assert office_totals([ledger], DutyRole.ASSISTING, rule)[helper.pk].total == 1
    assert measure_totals(Measure.objects.all(), rule).total == 2


def test_an_office_with_those_below_counts_each_measure_once(rule: LightRule) -> None:
    above = make_office("总院")
    below = make_office("分院", parent=above)
    make_measure(make_item(make_ledger()), lead=[above, below])
    both = Measure.objects.filter(answered_for_by({above.pk, below.pk}, role=DutyRole.LEAD))
    assert measure_totals(both, rule).total == 1


STATUS_SETS = [
    [],
    [NOT_STARTED],
    [IN_PROGRESS],
    [COMPLETED],
    [NOT_STARTED, IN_PROGRESS],
    [NOT_STARTED, COMPLETED],
    [IN_PROGRESS, COMPLETED],
    [COMPLETED, COMPLETED],
]


@pytest.mark.parametrize("unfinished_as_basically", [False, True])
@pytest.mark.parametrize("declared", [False, True])
def test_an_items_status_in_python_and_sql(*, declared: bool, unfinished_as_basically: bool) -> None:
    ledger = make_ledger(unfinished_counts_as_basically_completed=unfinished_as_basically)
    for statuses, reported in product(STATUS_SETS, (NOT_STARTED, COMPLETED)):
        item = make_item(ledger, declared_basically_completed=declared, reported_status=reported)
        for status in statuses:
            make_measure(item, status=status)
        found = with_completion(Item.objects.all()).get(pk=item.pk).completion_status
        assert found == item_status(
            statuses=statuses,
            reported_status=reported,
            declared=declared,
            unfinished_as_basically=unfinished_as_basically,
        )


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([NOT_STARTED, NOT_STARTED], NOT_STARTED),
        ([NOT_STARTED, COMPLETED], IN_PROGRESS),
        ([IN_PROGRESS], IN_PROGRESS),
        ([COMPLETED], COMPLETED),
    ],
)
def test_what_follows_for_an_item(statuses: list[CompletionStatus], expected: CompletionStatus) -> None:
    status = item_status(
        statuses=statuses, reported_status=COMPLETED, declared=False, unfinished_as_basically=False
    )
    assert status == expected


def test_a_void_measure_does_not_hold_up_its_item() -> None:
    item = make_item(make_ledger())
    make_measure(item, status=COMPLETED)
    make_measure(item, workflow_state=WorkflowState.VOIDED)
    assert with_completion(Item.objects.all()).get().completion_status == COMPLETED


@pytest.mark.requirement("S003-21")
def test_an_opinion_carries_its_own_status() -> None:
    ledger = make_ledger()
    make_item(ledger, kind=ItemKind.OPINION, reported_status=COMPLETED)
    make_item(ledger, kind=ItemKind.OPINION)
    opinions = item_totals(Item.objects.all())["opinions"]
    assert (opinions.total, opinions.completed, opinions.not_started) == (2, 1, 1)


@pytest.mark.requirement("S003-23")
def test_a_reform_item_counts_under_its_kind_too() -> None:
    ledger = make_ledger()
    make_measure(make_item(ledger, is_reform_item=True), status=COMPLETED)
    make_measure(make_item(ledger, kind=ItemKind.INFERENCE_ITEM, is_reform_item=True))
    totals = item_totals(Item.objects.all())
    assert totals["reform_items"].total == 2
    assert (totals["specific_problems"].completed, totals["inference_items"].not_started) == (1, 1)


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ({"completed": 2}, COMPLETED),
        ({"completed": 1, "basically_completed": 1}, CompletionStatus.BASICALLY_COMPLETED),
        ({"basically_completed": 1, "in_progress": 1}, IN_PROGRESS),
        ({"not_started": 3}, NOT_STARTED),
        ({"not_started": 1, "completed": 1}, IN_PROGRESS),
        ({}, NOT_STARTED),
    ],
)
def test_what_follows_for_a_section(statuses: dict[str, int], expected: CompletionStatus) -> None:
    totals = StatusTotals()
    for status, count in statuses.items():
        totals.add(status, count)
    assert totals.status() == expected


@pytest.mark.requirement("S003-19", "S003-20")
def test_sections_and_the_whole_ledger(rule: LightRule) -> None:
    ledger = make_ledger(unfinished_counts_as_basically_completed=True)
    category = make_section(ledger, "（一）")
    done = make_section(ledger, "1.", parent=category, kind=SectionKind.KEY_PROBLEM)
    half = make_section(ledger, "2.", parent=category, kind=SectionKind.KEY_PROBLEM)
    make_measure(make_item(ledger, section=done), status=COMPLETED)
    make_measure(make_item(ledger, section=half), status=COMPLETED)
    make_measure(make_item(ledger, section=half), status=IN_PROGRESS)
    totals = ledger_totals(ledger, rule)
    assert totals["key_problems"].as_dict() == {
        "total": 2,
        "completed": 1,
        "basically_completed": 1,
        "in_progress": 0,
        "not_started": 0,
    }
    assert (totals["specific_problems"].total, totals["measures"].completed) == (3, 2)
    below, _items = figures_by_section(Item.objects.all(), Measure.objects.all(), rule)
    (top,) = section_rollups(ledger, below)
    assert (top.items.total, top.measures.total, top.status) == (3, 3, CompletionStatus.BASICALLY_COMPLETED)


@pytest.mark.requirement("S003-26")
def test_shared_measures_are_counted_as_rows_with_the_distinct_number_beside() -> None:
    ledger = make_ledger()
    for _row in range(2):
        make_measure(make_item(ledger), "同一措施", shared_key="a" * 64)
    make_measure(make_item(ledger))
    assert Measure.objects.counted().count() == 3
    assert distinct_of(Measure.objects.all().aggregate(**distinct_figures())) == 2


@pytest.mark.parametrize("rows", [1, 50])
def test_the_number_of_queries_does_not_depend_on_the_rows(
    rows: int, rule: LightRule, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    office = make_office()
    ledger = make_ledger()
    for _row in range(rows):
        section = make_section(ledger, kind=SectionKind.KEY_PROBLEM)
        make_measure(make_item(ledger, section=section), lead=[office])
    with django_assert_num_queries(3):
        ledger_totals(ledger, rule)
    with django_assert_num_queries(1):
        office_totals(Ledger.objects.all(), DutyRole.LEAD, rule)
