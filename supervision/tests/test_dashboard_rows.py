"""The dashboard over small ledgers: what is empty, void or archived, and what it costs."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts.models import Office, User
from accounts.roles import Role
from core.clock import today
from core.models import CalendarDay
from remediation.counting.ledgers import ledger_totals
from remediation.states import CompletionStatus, WorkflowState
from supervision.completion_lines import subject_totals
from supervision.dashboard import live_dashboard, live_figures
from supervision.population import Population
from supervision.rollup import roll_up_ledger
from supervision.tests.boards import page, queries_of, reader_for, rows_behind
from tests.ledgers import make_item, make_ledger, make_measure, make_office, make_section
from tests.people import make_position, make_user


def test_an_empty_key_problem_is_counted(db: None, supervision_officer: User) -> None:
    ledger = make_ledger()
    above = make_section(ledger, "板块")
    make_section(ledger, "空的重点问题", parent=above, kind="key_problem")
    full = make_section(ledger, "重点问题", parent=above, kind="key_problem")
    below = make_section(ledger, "分项", parent=full)
    make_measure(make_item(ledger, section=below), status=CompletionStatus.COMPLETED)
    reader = reader_for(supervision_officer)
    assert (
        subject_totals(Population(reader, ledger))["key_problems"]
        == ledger_totals(ledger, reader.rule)["key_problems"]
    )


def test_a_new_ledger_has_figures_and_says_when_the_trend_begins(db: None, supervision_officer: User) -> None:
    ledger = make_ledger()
    make_measure(make_item(ledger), due=today() - timedelta(days=3), lead=[make_office()])
    html = page(supervision_officer)
    assert "起有趋势" in html
    assert "0%" in html
    assert "echarts" not in html


def test_without_a_ledger_it_says_what_to_do(db: None, ledger_admin: User, clerk: User) -> None:
    assert "导入台账" in page(ledger_admin)
    assert "这里还没有内容" in page(clerk)


def test_void_rows_are_in_no_figure(db: None, supervision_officer: User) -> None:
    ledger, office = make_ledger(), make_office()
    make_measure(make_item(ledger), lead=[office], status=CompletionStatus.COMPLETED)
    make_measure(make_item(ledger, workflow_state=WorkflowState.VOIDED), lead=[office])
    board = live_dashboard(Population(reader_for(supervision_officer), ledger), compare=today())
    assert board.totals is not None
    assert (board.totals.total, board.totals.completed) == (1, 1)
    assert board.offices[0].lead.total == 1


def test_archived_ledgers_are_in_no_sum_of_all(db: None, supervision_officer: User) -> None:
    make_measure(make_item(make_ledger()), due=today() - timedelta(days=2))
    make_measure(make_item(make_ledger(archived_at=timezone.now())), due=today() - timedelta(days=2))
    population = Population(reader_for(supervision_officer))
    assert live_figures(population).totals.red == 1
    assert rows_behind(population.measures_url(light="red"), supervision_officer) == 1


def test_it_takes_the_same_queries_with_one_row_and_with_fifty(db: None, organ: Office) -> None:
    ledger = make_ledger()
    offices = [make_office(parent=organ) for _ in range(10)]
    leader = make_user(Role.LEADER, position=make_position(is_principal=True))
    clerk = make_user(Role.CLERK, office=offices[0])
    portfolio = make_user(Role.LEADER)
    make_position(holder=portfolio, offices=offices[:5])
    calendar = CalendarDay.objects.work_calendar()
    people = (leader, clerk, portfolio)

    def grow(count: int) -> list[int]:
        for number in range(count):
            make_measure(
                make_item(ledger),
                lead=[offices[number % 10]],
                assisting=[offices[(number + 1) % 10]],
                due=today() + timedelta(days=number - 20),
            )
        roll_up_ledger(ledger.pk, today(), today=today(), calendar=calendar)
        return [queries_of(User.objects.get(pk=person.pk)) for person in people]

    assert grow(1) == grow(49)
