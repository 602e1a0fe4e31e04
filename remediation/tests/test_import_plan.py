"""Plan, commit and undo on small ledgers: what changes, what stays, what is told."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.utils import timezone

from accounts.models import Office, OfficeAlias, Position
from core.models import CalendarDay
from core.workbooks.grid import column_letter
from remediation.importing.batches import commit_parsed, plan_batch
from remediation.importing.mapping import describe_workbook
from remediation.importing.reading import ImportOptions, open_workbook, parse_workbook
from remediation.importing.undoing import UndoRefused, can_undo_import, undo_batch
from remediation.importing.writing import PlanHasErrors
from remediation.models import BatchState, EventKind, Item, ItemEvent, Ledger, Measure, Section
from remediation.states import DutyRole
from remediation.tests.importing_register import (
    HEADINGS,
    commit,
    counted_queries,
    kinds,
    ledger_file,
    plan_of,
    row,
    small_register,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def register() -> None:
    small_register()


def test_what_the_mapping_page_counts_is_what_is_read(tmp_path: Path) -> None:
    several = row(整改措施="1.措施一\n2.措施二\n3.措施三")
    path = ledger_file(tmp_path, row(), several, dict.fromkeys(HEADINGS), row(整改措施="末"))
    workbook, _issues = open_workbook(path)
    assert workbook is not None
    sheet = describe_workbook(workbook)["sheets"][0]
    parsed = parse_workbook(workbook, options=ImportOptions(title="甲"))
    read = parsed.sheets[sheet["name"]]
    assert sheet["rows"] == len(read.rows) == 5
    assert (sheet["first_row"], sheet["last_row"]) == (read.first_row, read.last_row)
    assert sheet["skipped"] == read.skipped_counts() == {"blank": 1}


def test_one_text_in_two_columns_is_read_by_the_rule_of_each(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row(进展情况="上段\n下段", 具体问题="上段\n下段")))
    measure = Measure.objects.select_related("item").get()
    assert (measure.progress, measure.item.problem) == ("上段\n下段", "上段下段")


def test_a_plan_writes_nothing(tmp_path: Path) -> None:
    plan = plan_of(ledger_file(tmp_path, row()))
    assert plan.count("new") == 1
    assert not Ledger.objects.exists()


def test_a_commit_writes_sections_items_measures_offices_and_a_baseline(tmp_path: Path) -> None:
    batch = commit(
        ledger_file(tmp_path, row(), row(整改措施="措施二", 完成状态="已完成", 完成时限="立行立改"))
    )
    item = Item.objects.get()
    first, second = Measure.objects.order_by("order")
    assert (item.kind, item.number, item.problem) == ("specific_problem", "1", "问题一")
    assert [(s.kind, s.title) for s in Section.objects.order_by("order")] == [
        ("category", "（一）甲方面"),
        ("key_problem", "1.重点问题"),
    ]
    assert item.section is not None
    assert item.section.parent is not None
    assert [(d.office.name, d.role, d.rank) for d in first.duties.order_by("-role", "rank")] == [
        ("医政医管处", DutyRole.LEAD, 0),
        ("办公室", DutyRole.ASSISTING, 0),
        ("财务处", DutyRole.ASSISTING, 1),
    ]
    assert (first.due_date, first.first_due_date, first.number) == (date(2024, 6, 30), date(2024, 6, 30), 1)
    assert (second.status, second.percent, second.deadline_kind) == ("completed", 100, "immediate")
    assert second.due_date is not None
    events = ItemEvent.objects.filter(batch=batch)
    assert {event.kind for event in events} == {EventKind.BASELINE}
    assert events.filter(measure=first, due_after=date(2024, 6, 30)).count() == 1


def test_at_once_counts_working_days_from_the_reporting_date(tmp_path: Path) -> None:
    CalendarDay.objects.all().delete()
    path = ledger_file(tmp_path, row(完成时限="立行立改"), title="整改台账")
    book = openpyxl.load_workbook(path)
    book.worksheets[0]["H1"] = "填报日期：2024年9月4日"
    book.save(path)
    commit(path)
    assert Measure.objects.get().due_date == date(2024, 9, 18)  # ten working days after Wednesday 4 September


@pytest.mark.requirement("S003-109")
def test_long_term_without_a_date_is_reviewed_six_months_after_the_import(tmp_path: Path) -> None:
    plan = plan_of(ledger_file(tmp_path, row(完成时限="长期坚持"), title="台账（截至2024年9月4日）"))
    measure = plan.rows[0].measure
    assert (measure.due_date, measure.review_date, measure.is_long_term) == (None, date(2024, 9, 1), True)


def test_the_same_file_changes_nothing_whatever_the_width_of_its_marks(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row()))
    plan = plan_of(
        ledger_file(
            tmp_path,
            row(具体问题="(1)问题一", 责任领导="副主任(分管医政)", 牵头处室="医政医管处", 进展情况="已 开会"),
        )
    )
    assert (plan.count("unchanged"), plan.count("changed")) == (1, 0)


def test_a_changed_row_is_shown_old_beside_new_and_both_dates_stay(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row()))
    path = ledger_file(tmp_path, row(完成时限="2024年9月30日", 协办处室="财务处", 完成状态="已完成"))
    plan = plan_of(path)
    changes = {change.field: (change.before, change.after) for change in plan.rows[0].changes}
    assert changes["due_date"] == (date(2024, 6, 30), date(2024, 9, 30))
    assert changes["status"] == ("in_progress", "completed")
    commit(path)
    measure = Measure.objects.get()
    assert (measure.first_due_date, measure.due_date, measure.percent) == (
        date(2024, 6, 30),
        date(2024, 9, 30),
        100,
    )
    assert [d.office.name for d in measure.duties.filter(role=DutyRole.ASSISTING)] == ["财务处"]
    written = set(ItemEvent.objects.exclude(kind=EventKind.BASELINE).values_list("kind", flat=True))
    assert written == {EventKind.DEADLINE_CHANGED, EventKind.OFFICES_CHANGED, EventKind.IMPORT_CHANGED}


def test_a_reworded_measure_is_the_same_row(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row(整改措施="1.每季度开展一次检查并通报结果")))
    plan = plan_of(ledger_file(tmp_path, row(整改措施="1.每月开展一次检查并通报结果")))
    assert (plan.count("changed"), plan.count("new"), len(plan.missing)) == (1, 0, 0)


def test_a_row_missing_from_the_file_is_listed_and_stays(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row(), row(整改措施="完全不同的另一件事情")))
    path = ledger_file(tmp_path, row())
    assert [measure.text for measure in plan_of(path).missing] == ["完全不同的另一件事情"]
    commit(path)
    assert Measure.objects.count() == 2


def test_equal_texts_inside_one_item_stay_apart(tmp_path: Path) -> None:
    path = ledger_file(tmp_path, row(), row())
    assert "duplicate_row" in kinds(plan_of(path))
    commit(path)
    assert plan_of(path).count("unchanged") == 2


def test_what_an_office_reported_is_not_taken_back_unless_told_row_by_row(tmp_path: Path) -> None:
    path = ledger_file(tmp_path, row(), row(整改措施="措施二"))
    commit(path)
    measure = Measure.objects.get(number=1)
    Measure.objects.filter(pk=measure.pk).update(
        status="completed", percent=100, progress="已完成", reported_at=timezone.now()
    )
    plan = plan_of(path)
    assert (plan.count("unchanged"), plan.count("changed")) == (2, 0)
    assert "not_taken_back" in kinds(plan)
    commit(path)
    measure.refresh_from_db()
    assert measure.status == "completed"
    commit(path, take_back=frozenset({measure.pk}))
    measure.refresh_from_db()
    assert (measure.status, measure.progress, measure.percent) == ("in_progress", "已开会", 0)


def test_an_item_opens_as_struck_off_only_when_all_rows_say_so_and_no_import_moves_it(tmp_path: Path) -> None:
    path = ledger_file(
        tmp_path,
        row(完成状态="已销号"),
        row(整改措施="措施二", 完成状态="已销号"),
        row(具体问题="（2）问题二", 完成状态="已销号"),
        row(具体问题="（2）问题二", 整改措施="措施二", 完成状态="已完成"),
    )
    commit(path)
    assert list(Item.objects.order_by("order").values_list("workflow_state", flat=True)) == [
        "closed",
        "handling",
    ]
    assert Measure.objects.filter(workflow_state="closed").count() == 2
    commit(ledger_file(tmp_path, row(完成状态="正在推进"), row(整改措施="措施二", 完成状态="正在推进")))
    assert Item.objects.get(number="1").workflow_state == "closed"


@pytest.mark.requirement("S003-26")
def test_rows_of_one_text_lead_and_deadline_share_a_group(tmp_path: Path) -> None:
    commit(
        ledger_file(
            tmp_path,
            row(具体问题="举一反三24：甲", 整改类型="举一反三"),
            row(具体问题="举一反三25：乙", 整改类型="举一反三"),
            row(具体问题="（3）丙", 完成时限="2024年7月31日"),
        )
    )
    keys = list(Measure.objects.order_by("order").values_list("shared_key", flat=True))
    assert keys[0] is not None
    assert keys[0] == keys[1]
    assert keys[2] is None


def test_unknown_names_stop_the_import_until_they_are_settled(tmp_path: Path) -> None:
    path = ledger_file(tmp_path, row(牵头处室="医政科", 责任领导="副主任"))
    plan = plan_of(path)
    assert kinds(plan) == ["unknown_position", "unknown_office"]
    with pytest.raises(PlanHasErrors):
        commit(path)
    assert not Ledger.objects.exists()
    office = Office.objects.get(name="医政医管处")
    answers = {
        "office": {"医政科": {"is": office.pk, "alias": True}},
        "position": {"副主任": {"create": True}},
    }
    commit(path, answers=answers)
    assert OfficeAlias.objects.filter(office=office, name="医政科").exists()
    assert Position.objects.filter(title="副主任").exists()
    assert Measure.objects.get().duties.get(role=DutyRole.LEAD).office == office


def test_create_missing_creates_offices_below_the_organ(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row(协办处室="新设处、财务处")), create_missing=True)
    created = Office.objects.get(name="新设处")
    assert created.parent is not None
    assert created.parent.name == "市卫生健康委"


def test_title_rows_sections_notes_totals_and_repeated_headers(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for cells in (
        ["某某整改台账"],
        ["序号", "存在问题", "工作措施", "责任单位", "整改时限", "进度"],
        ["一、第一方面"],
        [1, "问题一", "措施一", "财务处、办公室", "6月底前", "推进中"],
        [None],
        ["序号", "存在问题", "工作措施", "责任单位", "整改时限", "进度"],
        ["二、第二方面"],
        [2, "问题二", "措施二", "各处室", "2024.7", "已完成"],
        ["合计", 2],
        ["注：本表每月报送"],
        ["审核：", None, None, "填表人："],
    ):
        sheet.append(cells)
    sheet.merge_cells("A3:F3")
    book.save(path)
    plan = plan_of(path, year=2024)
    rows = plan.parsed.sheets["Sheet"]
    assert rows.skipped_counts() == {
        "section": 2, "blank": 1, "repeated_header": 1, "total": 1, "note": 1, "signature": 1,
    }  # fmt: skip
    assert [[heading.title for heading in r.headings] for r in plan.parsed.rows] == [
        ["一、第一方面"],
        ["二、第二方面"],
    ]
    first, second = plan.parsed.rows
    assert len(first.lead or ()) == 2
    assert first.deadline is not None
    assert first.deadline.date == date(2024, 6, 30)
    assert first.status is not None
    assert first.status.status == "in_progress"
    assert second.lead == ()
    assert {"office_group", "column_by_values"} <= set(kinds(plan))


def test_merged_cells_fill_only_their_own_range(tmp_path: Path) -> None:
    path = ledger_file(
        tmp_path, row(), row(整改措施="措施二", 具体问题=None), row(整改措施="措施三", 具体问题=None)
    )
    book = openpyxl.load_workbook(path)
    column = HEADINGS.index("具体问题") + 1
    letter = column_letter(column)
    book.worksheets[0].merge_cells(f"{letter}2:{letter}3")
    book.save(path)
    plan = plan_of(path)
    assert [r.problem_cell for r in plan.parsed.rows] == ["（1）问题一", "（1）问题一", ""]
    assert [issue.row for issue in plan.errors] == [4]


def test_the_number_of_queries_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    def statements(rows: int) -> tuple[int, int]:
        path = ledger_file(tmp_path, *[row(整改措施=f"措施{n}") for n in range(rows)])
        with counted_queries() as planned:
            plan_of(path, title=f"台账{rows}")
        with counted_queries() as written:
            commit(path, title=f"台账{rows}")
        return len(planned), len(written)

    statements(2)  # what is cached is cached now
    assert statements(1) == statements(120)


def test_undo_voids_what_came_and_restores_what_changed(tmp_path: Path) -> None:
    first = commit(ledger_file(tmp_path, row()))
    second = commit(
        ledger_file(
            tmp_path,
            row(完成时限="2024年9月30日", 协办处室="财务处", 进展情况="新进展", 具体问题="（1）问题一改"),
            row(具体问题="（2）问题二", 重点问题="2.新的重点问题"),
        )
    )
    assert second.result["created"] == 1
    assert undo_batch(second.pk, actor=None) == {"voided": 1, "restored": 1}
    measure = Measure.objects.get(batch=first)
    assert (measure.due_date, measure.progress, measure.item.problem) == (
        date(2024, 6, 30),
        "已开会",
        "问题一",
    )
    assert [d.office.name for d in measure.duties.filter(role=DutyRole.ASSISTING).order_by("rank")] == [
        "办公室",
        "财务处",
    ]
    assert Measure.objects.get(batch=second).workflow_state == "voided"
    assert not Section.objects.filter(title="2.新的重点问题").exists()
    second.refresh_from_db()
    assert second.state == BatchState.UNDONE
    assert ItemEvent.objects.filter(batch=second, kind=EventKind.IMPORT_UNDONE).exists()
    plan = plan_of(ledger_file(tmp_path, row()))
    assert (plan.count("unchanged"), len(plan.missing)) == (1, 0)
    undo_batch(first.pk, actor=None)
    assert not Measure.objects.counted().exists()


def test_undo_is_refused_once_somebody_has_worked_on_it(tmp_path: Path) -> None:
    batch = commit(ledger_file(tmp_path, row()))
    commit(ledger_file(tmp_path, row(进展情况="后来的导入")))
    assert not can_undo_import(batch)
    with pytest.raises(UndoRefused):
        undo_batch(batch.pk, actor=None)


def test_a_batch_is_written_once(tmp_path: Path) -> None:
    path = ledger_file(tmp_path, row())
    batch = commit(path)
    workbook, _issues = open_workbook(path)
    assert workbook is not None
    with pytest.raises(RuntimeError):
        commit_parsed(batch, parse_workbook(workbook, options=ImportOptions(title="甲")))
    assert Measure.objects.count() == 1
    assert (
        plan_batch(batch, parse_workbook(workbook, options=ImportOptions(title="甲"))).count("unchanged") == 1
    )


def test_a_title_is_never_silently_a_second_ledger(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row()), title="2024年（整改）台账")
    commit(ledger_file(tmp_path, row()), title="2024年(整改) 台账")
    assert Ledger.objects.count() == 1


def test_an_archived_ledger_takes_no_import(tmp_path: Path) -> None:
    commit(ledger_file(tmp_path, row()))
    Ledger.objects.update(archived_at=timezone.now())
    assert "title_taken" in kinds(plan_of(ledger_file(tmp_path, row())))


def test_an_office_that_leads_and_assists_leads(tmp_path: Path) -> None:
    path = ledger_file(tmp_path, row(协办处室="医政医管处、财务处"))
    assert "office_twice" in kinds(plan_of(path))
    commit(path)
    assert Measure.objects.get().duties.count() == 2


def test_a_circled_serial_number_is_no_number(tmp_path: Path) -> None:
    path = tmp_path / "plan.csv"
    path.write_text("项目编号,项目名称,整改措施,牵头处室\n①,项目一,措施一,财务处\n", encoding="utf-8")
    assert [(item.file.kind, item.number) for item in plan_of(path).items] == [("project", "①")]


@pytest.mark.parametrize(
    "totals",
    [
        {"序号": "合计", "具体问题": "45", "整改措施": 278},
        {"序号": 3, "具体问题": "合计", "整改措施": "278条措施", "完成状态": "已完成250条"},
        {"具体问题": "总计：45个问题", "整改措施": "共278条"},
        {"整改类型": "本页小计（截至2024年9月）", "整改措施": 2, "完成状态": "50%"},
        {"整改措施": "合计"},
    ],
)
def test_a_totals_row_with_counts_is_skipped_and_told(tmp_path: Path, totals: dict[str, Any]) -> None:
    nothing = dict.fromkeys(row())
    plan = plan_of(ledger_file(tmp_path, row(), {**nothing, "序号": None, **totals}))
    assert (plan.errors, len(plan.rows)) == ([], 1)
    assert plan.parsed.sheets["整改台账"].skipped_counts() == {"total": 1}


def test_a_problem_or_measure_may_begin_like_a_total(tmp_path: Path) -> None:
    path = ledger_file(
        tmp_path,
        row(具体问题="总计划落实不到位", 整改措施="汇总问题清单"),
        {**dict.fromkeys(row()), "序号": None, "整改措施": "累计完成整改措施", "完成时限": "2024.6.30"},
        {"序号": None, "具体问题": "合计不清", "整改措施": "汇总"},
    )
    plan = plan_of(path)
    assert [r.row.measure for r in plan.rows] == ["汇总问题清单", "累计完成整改措施", "汇总"]
