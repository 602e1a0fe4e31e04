"""Registers for the tests of importing: the organ of the test ledgers, and small ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
from django.core.management import call_command

from accounts.models import Office, OfficeAlias, OfficeKind, Position
from core.models import CalendarDay
from remediation.importing.batches import commit_parsed, options_json, store_file
from remediation.importing.columns import TEMPLATE_COLUMNS
from remediation.importing.plan import Plan, build_plan
from remediation.importing.reading import ImportOptions, open_workbook, parse_workbook
from remediation.models import ImportBatch
from tests.shared_ledgers import LEDGERS

HEADINGS = [column.heading for column in TEMPLATE_COLUMNS]
TODAY = date(2024, 3, 1)


def import_register() -> None:
    """The organ of ``offices.xlsx``."""
    call_command("import_offices", LEDGERS / "offices.xlsx", verbosity=0)


def small_register() -> None:
    """Three offices, one with a short name, and two posts."""
    organ = Office.objects.create(name="市卫生健康委", kind=OfficeKind.ORGAN)
    for name in ("办公室", "财务处", "医政医管处"):
        Office.objects.create(name=name, parent=organ)
    OfficeAlias.objects.create(office=Office.objects.get(name="医政医管处"), name="医政处")
    for title in ("党委书记、主任", "副主任（分管医政）"):
        Position.objects.create(title=title)


def row(**cells: Any) -> dict[str, Any]:
    """A good ledger row by heading; pass other values to change it."""
    return {
        "整改类型": "巡视反馈问题",
        "问题类别": "（一）甲方面",
        "重点问题": "1.重点问题",
        "具体问题": "（1）问题一",
        "整改措施": "措施一",
        "责任领导": "副主任（分管医政）",
        "牵头处室": "医政处",
        "协办处室": "办公室、财务处",
        "完成时限": "2024年6月30日",
        "完成状态": "正在推进",
        "进展情况": "已开会",
        "备注": "",
        **cells,
    }


def ledger_file(folder: Path, *rows: dict[str, Any], name: str = "台账.xlsx", title: str = "") -> Path:
    """A clean workbook with the headings of the template."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "整改台账"
    if title:
        sheet.append([title])
    sheet.append(HEADINGS)
    for serial, cells in enumerate(rows, start=1):
        sheet.append([{"序号": serial, **cells}.get(heading) for heading in HEADINGS])
    path = folder / name
    book.save(path)
    return path


def plan_of(path: Path, **options: Any) -> Plan:
    """What an import would do."""
    workbook, issues = open_workbook(path)
    assert workbook is not None, issues
    chosen = ImportOptions(**{"title": "甲", **options})
    parsed = parse_workbook(workbook, options=chosen)
    return build_plan(parsed, options=chosen, today=TODAY, calendar=CalendarDay.objects.work_calendar())


def commit(path: Path, *, answers: dict[str, Any] | None = None, **options: Any) -> ImportBatch:
    """Import a file into 甲."""
    workbook, _issues = open_workbook(path)
    assert workbook is not None
    chosen = ImportOptions(**{"title": "甲", **options})
    batch = store_file(path.name, path.read_bytes(), user=None)
    batch.options, batch.answers = options_json(chosen), answers or {}
    batch.save()
    commit_parsed(batch, parse_workbook(workbook, options=chosen, answers=answers))
    batch.refresh_from_db()
    return batch


def kinds(plan: Plan) -> list[str]:
    """The kinds of all findings."""
    return [issue.kind for issue in plan.issues]


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """The statements sent to the database inside the block."""
    from django.db import connection

    sent: list[str] = []

    def count(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield sent
