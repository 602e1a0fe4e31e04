"""Two people saving one measure in the same moment, in real threads on the real database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from accounts.models import User
from accounts.roles import Role
from remediation.models import ItemEvent, Measure, ProgressReport
from remediation.report_undo import undo_report
from remediation.reporting import Progress, StaleMeasure, report_progress
from remediation.states import CompletionStatus
from tests.ledgers import make_item, make_ledger, make_measure, make_office

pytestmark = pytest.mark.django_db(transaction=True)

SAVERS = 6


@pytest.fixture
def clerks() -> list[User]:
    office = make_office("医政处")
    group, _created = Group.objects.get_or_create(name=Role.CLERK)
    people = [User.objects.create_user(username=f"clerk{number}", office=office) for number in range(SAVERS)]
    for user in people:
        user.groups.add(group)
    return people


@pytest.fixture
def measure(clerks: list[User]) -> Measure:
    item = make_item(make_ledger("台账"), number="1")
    return make_measure(item, "目录", lead=[clerks[0].office], due=date(2026, 11, 30))  # type: ignore[list-item]


def all_at_once(tasks: list[Callable[[], object]]) -> list[object]:
    """Run every task in its own thread from one starting line; results or exceptions in order."""
    line = threading.Barrier(len(tasks))
    results: list[object] = [None] * len(tasks)

    def run(place: int, task: Callable[[], object]) -> None:
        try:
            line.wait(timeout=10)
            results[place] = task()
        except Exception as error:  # noqa: BLE001 - handed to the test, which looks at it
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, task)) for place, task in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def test_of_many_savers_one_wins_and_the_others_are_told(measure: Measure, clerks: list[User]) -> None:
    def save(user: User, percent: int) -> Callable[[], object]:
        return lambda: report_progress(
            measure,
            progress=Progress(CompletionStatus.IN_PROGRESS, percent),
            actor=user,
            expected_version=1,
        )

    results = all_at_once([save(user, 10 + place) for place, user in enumerate(clerks)])
    winners = [result for result in results if isinstance(result, ProgressReport)]
    told = [result for result in results if isinstance(result, StaleMeasure)]
    assert (len(winners), len(told)) == (1, SAVERS - 1), results
    measure.refresh_from_db()
    assert (measure.percent, measure.version) == (winners[0].percent, 2)
    assert {error.measure.percent for error in told} == {winners[0].percent}
    assert ProgressReport.objects.count() == ItemEvent.objects.count() == 1


def test_a_report_pressed_back_twice_is_taken_back_once(measure: Measure, clerks: list[User]) -> None:
    report = report_progress(
        measure, progress=Progress(CompletionStatus.IN_PROGRESS, 50), actor=clerks[0], expected_version=1
    )
    assert report is not None

    def undo() -> bool:
        one = ProgressReport.objects.select_related("author").get(pk=report.pk)
        return undo_report(one, actor=clerks[0])[0].changed

    results = all_at_once([undo, undo, undo])
    assert sum(result is True for result in results) == 1, results
    measure.refresh_from_db()
    assert (measure.percent, measure.status, measure.version) == (0, CompletionStatus.NOT_STARTED, 3)
    assert ProgressReport.objects.count() == 2
