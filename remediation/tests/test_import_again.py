"""The same workbook again: what a second import supplies, and what it leaves alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from core.clock import today
from remediation.importing.undoing import undo_batch
from remediation.models import Ledger, Measure, MeasureOffice
from remediation.states import DutyRole
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


def test_an_import_dates_what_it_completes_and_clears_what_it_takes_back(tmp_path: Path) -> None:
    done = row(完成状态="已完成")
    commit(ledger_file(tmp_path, row(), {**done, "整改措施": "措施二"}))
    measure = Measure.objects.get(number=1)
    assert set(Measure.objects.values_list("completed_on", flat=True)) == {None}
    dated = commit(ledger_file(tmp_path, done, title="台账（截至2024年9月4日）"))
    measure.refresh_from_db()
    assert measure.completed_on == date(2024, 9, 4)
    undo_batch(dated.pk, actor=None)
    stands = Measure.objects.filter(number=1).values_list("status", "completed_on")
    assert list(stands) == [("in_progress", None)]
    commit(ledger_file(tmp_path, done))
    measure.refresh_from_db()
    assert measure.completed_on == today()
    assert plan_of(ledger_file(tmp_path, done)).count("unchanged") == 1
    commit(ledger_file(tmp_path, row()))
    assert list(stands) == [("in_progress", None)]


def test_a_new_row_that_is_completed_takes_the_day_of_the_file(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row(完成状态="已完成"), title="台账（截至2024年9月4日）"))
    assert Measure.objects.get().completed_on == date(2024, 9, 4)


def test_a_report_that_is_kept_keeps_its_day(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row()))
    kept = date(2024, 5, 6)
    Measure.objects.update(status="completed", percent=100, completed_on=kept, reported_at=timezone.now())
    commit(ledger_file(tmp_path, row()))
    assert Measure.objects.get().completed_on == kept


def test_only_a_completed_measure_has_a_day_of_completion(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row()))
    with pytest.raises(IntegrityError), transaction.atomic():
        Measure.objects.update(completed_on=date(2024, 5, 6))


def test_an_import_knows_which_rows_nobody_leads(tmp_path: Path) -> None:
    """As the database's own trigger would have it, for new rows and for those whose offices another file changes."""

    def led() -> dict[str, bool]:
        lead = MeasureOffice.objects.filter(measure=OuterRef("pk"), role=DutyRole.LEAD)
        rows = Measure.objects.annotate(is_led=Exists(lead)).values_list("text", "has_lead", "is_led")
        assert all(kept == found for _text, kept, found in rows)
        return {text: kept for text, kept, _found in rows}

    commit(ledger_file(tmp_path, row(整改措施="有人牵头"), row(整改措施="无人牵头", 牵头处室="")))
    assert led() == {"有人牵头": True, "无人牵头": False}
    Measure.objects.get(text="有人牵头").duties.all().delete()
    assert led() == {"有人牵头": False, "无人牵头": False}
    commit(ledger_file(tmp_path, row(整改措施="有人牵头"), row(整改措施="无人牵头")))
    assert led() == {"有人牵头": True, "无人牵头": True}
