"""What an import tells about cells: errors of formulas, deadlines without a date, offices that are gone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import openpyxl
import pytest

from accounts.models import Office
from core.workbooks.grid import column_letter
from remediation.importing.plan import Plan
from remediation.models import Ledger, Measure
from remediation.tests.importing_register import HEADINGS, commit, ledger_file, plan_of, row, small_register

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def register() -> None:
    small_register()


def with_errors(path: Path, *places: tuple[str, int, str]) -> Path:
    """The workbook with error cells by heading and row."""
    book = openpyxl.load_workbook(path)
    for heading, number, word in places:
        cell = book.worksheets[0][f"{column_letter(HEADINGS.index(heading) + 1)}{number}"]
        cell.value, cell.data_type = word, "e"
    book.save(path)
    return path


def told(plan: Plan) -> list[tuple[str, int | None, str, str]]:
    """Kind, row, heading and value of each finding."""
    return [(issue.kind, issue.row, issue.heading, issue.value) for issue in plan.issues]


def test_an_error_cell_is_told_with_its_value(tmp_path: Path) -> None:
    path = ledger_file(tmp_path, row(), row(整改措施="措施二"))
    plan = plan_of(with_errors(path, ("进展情况", 2, "#REF!"), ("整改措施", 3, "#N/A")))
    assert told(plan) == [
        ("error_cell", 2, "进展情况", "#REF!"),
        ("error_in_required_cell", 3, "整改措施", "#N/A"),
    ]
    assert [issue.problem for issue in plan.issues] == ["单元格是错误值#REF!", "单元格是错误值#N/A"]
    assert plan.rows[0].measure.progress == ""


def test_an_error_in_a_csv_is_told_too(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("具体问题,整改措施,牵头处室\n问题,措施,#NAME?\n", encoding="utf-8")
    assert ("error_cell", 2, "牵头处室", "#NAME?") in told(plan_of(path))


def test_a_relative_deadline_without_a_date_is_told(tmp_path: Path) -> None:
    path = ledger_file(
        tmp_path,
        row(完成时限="收到通知后5个工作日内"),
        row(整改措施="措施二", 完成时限="集中整改期内"),
        row(整改措施="措施三", 完成时限="每月5日前"),
    )
    plan = plan_of(path)
    assert told(plan) == [
        ("relative_deadline", 2, "完成时限", "收到通知后5个工作日内"),
        ("relative_deadline", 3, "完成时限", "集中整改期内"),
    ]
    commit(path)
    Ledger.objects.update(ends_on=date(2024, 9, 1))
    Measure.objects.filter(number=1).update(due_date=date(2024, 7, 1), first_due_date=date(2024, 7, 1))
    assert told(plan_of(path)) == []


def test_an_office_that_is_gone_is_told_with_its_successor(tmp_path: Path) -> None:
    office, finance = Office.objects.get(name="办公室"), Office.objects.get(name="财务处")
    Office.objects.filter(pk=office.pk).update(is_active=False, successor=finance)
    Office.objects.filter(name="医政医管处").update(is_active=False)
    plan = plan_of(ledger_file(tmp_path, row()))
    assert [(issue.kind, issue.heading) for issue in plan.warnings] == [
        ("office_gone", "牵头处室"),
        ("office_succeeded", "协办处室"),
    ]
    assert "办公室" in plan.warnings[1].problem
    assert "财务处" in plan.warnings[1].problem
    assert plan.errors == []
    assert office.pk in plan.rows[0].duties.assisting
