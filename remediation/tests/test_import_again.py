"""The same workbook again: what a second import supplies, and what it leaves alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from remediation.models import Ledger, Measure
from remediation.tests.importing_register import commit, kinds, ledger_file, plan_of, row, small_register

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def register() -> None:
    small_register()


@pytest.mark.parametrize(
    ("text", "day"),
    [("6月底前", date(2026, 6, 30)), ("长期坚持，6月底前取得阶段性成效", date(2026, 6, 30))],
)
def test_a_missing_year_is_supplied_afterwards(tmp_path: Path, text: str, day: date) -> None:
    path = ledger_file(tmp_path, row(完成时限=text))
    commit(path)
    assert Measure.objects.get().due_date is None
    plan = plan_of(path, year=2026)
    assert (plan.count("changed"), "no_year" in kinds(plan)) == (1, False)
    commit(path, year=2026)
    measure = Measure.objects.get()
    assert (measure.due_date, measure.first_due_date, measure.review_date) == (day, day, None)
    assert Ledger.objects.get().year == 2026
    for again in (plan_of(path, year=2026), plan_of(path)):
        assert (again.count("unchanged"), again.missing) == (1, [])


@pytest.mark.parametrize(
    "values",
    [
        {"due_date": date(2026, 9, 30), "first_due_date": date(2026, 9, 30)},
        {"due_date": None, "first_due_date": date(2026, 9, 30)},
        {"deadline_kind": "long_term", "is_long_term": True, "review_date": date(2026, 9, 30)},
    ],
)
def test_a_deadline_changed_in_the_browser_stays_though_a_year_comes(
    tmp_path: Path, values: dict[str, object]
) -> None:
    path = ledger_file(tmp_path, row(完成时限="6月底前"))
    commit(path)
    Measure.objects.update(**values)
    assert plan_of(path, year=2026).count("unchanged") == 1
