"""The office register as a workbook: what it makes, what it changes, what it refuses."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.importing import drafts
from accounts.importing.office_plan import plan_register
from accounts.importing.offices import RegisterChanged, RegisterWrong, commit_register
from accounts.importing.register_plan import RegisterPlan, register_rows
from accounts.importing.workbooks import offices_template
from accounts.models import Office, OfficeAlias, OfficeKind, Portfolio, Position, User
from core.models import AuditEvent
from core.workbooks.reading import read_workbook
from tests.people import make_office
from tests.workbooks import Sheets, upload_of, write_workbook

SHARED = Path(__file__).parents[3] / "shared" / "ledgers"
TODAY = date(2024, 11, 25)
HEAD = ["排序", "名称", "类型", "上级单位", "别名", "曾用名", "曾用名停用日期", "分管领导", "备注"]
POSTS = ["排序", "职务", "主要领导", "曾用职务", "备注"]

BAD_FILES = "bomb empty far-corner not-a-workbook password truncated wrong-columns xxe".split()  # noqa: SIM905

needs_shared = pytest.mark.skipif(
    not SHARED.exists(), reason="the shared test ledgers are not beside this folder"
)


def rows_from(tmp_path: Path, offices: list[list[Any]], positions: list[list[Any]] | None = None) -> Any:
    """Rows of a workbook with these lines below the headings."""
    sheets = {"机构": [HEAD, *offices]}
    if positions is not None:
        sheets["领导职务"] = [POSTS, *positions]
    rows, issues = register_rows(read_workbook(write_workbook(tmp_path / "offices.xlsx", sheets)))
    assert not issues
    return rows


def plan(tmp_path: Path, *offices: list[Any], positions: list[list[Any]] | None = None) -> RegisterPlan:
    return plan_register(rows_from(tmp_path, list(offices), positions), today=TODAY)


def commit(tmp_path: Path, *offices: list[Any], positions: list[list[Any]] | None = None) -> RegisterPlan:
    return commit_register(rows_from(tmp_path, list(offices), positions), today=TODAY, via="test")


def errors_of(made: RegisterPlan) -> list[tuple[int | None, int | None, str]]:
    return [(issue.row, issue.column, issue.kind) for issue in made.errors]


@needs_shared
class TestTheSharedRegister:
    """shared/ledgers/offices.xlsx: 23 offices and the organ, 10 posts."""

    def run(self, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
        call_command("import_offices", str(SHARED / "offices.xlsx"), "--json", *options)
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    @pytest.mark.requirement("S003-61", "S004-03", "S004-04")
    def test_it_is_read_whole(self, db: None, capsys: pytest.CaptureFixture[str]) -> None:
        answer = self.run(capsys)
        assert (answer["rows"], answer["created"], answer["committed"]) == (34, 34, True)
        organ = Office.objects.get(kind=OfficeKind.ORGAN)
        assert Office.objects.filter(parent=organ).count() == 23
        reform = Office.objects.get(name="体改处")
        assert [reform.name_in(year) for year in (2019, 2022, 2023, None)] == [
            "体制改革处",
            "体制改革处",
            "体改处",
            "体改处",
        ]
        assert OfficeAlias.objects.get(name="医改处").office == reform
        assert Position.objects.get(is_principal=True).title == "党委书记、主任"
        assert Portfolio.objects.get(office=reform).position.title == "副主任(分管体改法规)"
        assert Office.objects.get(name="驻委纪检监察组").kind == OfficeKind.RESIDENT

    def test_the_same_file_twice_changes_nothing(self, db: None, capsys: pytest.CaptureFixture[str]) -> None:
        self.run(capsys)
        before = [
            list(model.objects.order_by("pk").values())
            for model in (Office, OfficeAlias, Position, Portfolio)
        ]
        answer = self.run(capsys)
        assert (answer["created"], answer["updated"], answer["unchanged"]) == (0, 0, 34)
        after = [
            list(model.objects.order_by("pk").values())
            for model in (Office, OfficeAlias, Position, Portfolio)
        ]
        assert before == after

    def test_a_dry_run_writes_nothing(self, db: None, capsys: pytest.CaptureFixture[str]) -> None:
        answer = self.run(capsys, "--dry-run")
        assert (answer["created"], answer["committed"]) == (34, False)
        assert not Office.objects.exists()

    @pytest.mark.parametrize("command", ["import_offices", "import_users"])
    def test_a_missing_file_is_told_in_chinese(
        self, db: None, capsys: pytest.CaptureFixture[str], command: str
    ) -> None:
        with pytest.raises(CommandError) as refusal:
            call_command(command, "/nofile", "--json")
        assert refusal.value.returncode == 2
        output = capsys.readouterr()
        assert [error["kind"] for error in json.loads(output.out)["errors"]] == ["no_file"]
        assert output.err == "没有文件/nofile，或不能读取。\n"

    @pytest.mark.parametrize("name", BAD_FILES)
    def test_a_bad_file_is_refused(self, db: None, capsys: pytest.CaptureFixture[str], name: str) -> None:
        with pytest.raises(CommandError) as refusal:
            call_command("import_offices", str(SHARED / f"{name}.xlsx"), "--json")
        assert refusal.value.returncode == 2
        output = capsys.readouterr()
        assert json.loads(output.out)["errors"]
        assert output.err.strip()
        assert not Office.objects.exists()


@pytest.mark.requirement("S003-32")
def test_kinds_parents_and_outside_bodies(tmp_path: Path, db: None) -> None:
    commit(
        tmp_path,
        [1, "市第一医院", "委属单位", "市卫健委", None, None, None, None, None],
        [2, "某区政府", "外单位", None, None, None, None, None, None],
        [3, "市卫生健康委", "机关", None, "市卫健委", None, None, None, None],
    )
    hospital = Office.objects.get(name="市第一医院")
    assert hospital.parent is not None
    assert (hospital.kind, hospital.parent.name) == (OfficeKind.AFFILIATED, "市卫生健康委")
    assert Office.objects.get(name="某区政府").kind == OfficeKind.EXTERNAL


def test_every_error_of_every_row_is_told_and_nothing_is_written(tmp_path: Path, db: None) -> None:
    make_office("药政处")
    OfficeAlias.objects.create(office=Office.objects.get(), name="药政管理处")
    offices: list[list[Any]] = [
        ["甲", "办公室", "衙门", "没有的处", None, None, None, "没有的职务", None],
        [2, None, "内设处室", None, None, None, None, None, None],
        [3, "财务处", None, "财务处", "药政管理处", "原财务处", None, None, None],
        [4, "药政管理处", None, None, None, None, None, None, None],
        [5, "规划处", None, None, "财务处", "甲、乙", "2022-12-31、2021-2-30、2020-1-1", None, None],
        [6, "财务处", None, None, None, None, "2022-12-31", None, None],
    ]
    rows = rows_from(tmp_path, offices, [[1, None, "也许", None, "有备注"]])
    made = plan_register(rows, today=TODAY)
    assert errors_of(made) == [
        (2, 1, "no_number"),
        (2, 3, "unknown_kind"),
        (2, 4, "unknown_office"),
        (2, 8, "unknown_position"),
        (3, 2, "missing"),
        (4, 4, "circle"),
        (4, 5, "name_taken"),
        (4, 7, "missing"),
        (5, 2, "name_taken"),
        (6, 5, "name_twice"),
        (6, 7, "no_day"),
        (6, 7, "day_count"),
        (7, 2, "duplicate"),
        (7, 7, "day_without_name"),
        (2, 2, "missing"),
        (2, 3, "not_yes_or_no"),
    ]
    assert all(issue.message for issue in made.errors)
    with pytest.raises(RegisterWrong):
        commit_register(rows, today=TODAY, via="test")
    assert Office.objects.count() == 1
    assert not AuditEvent.objects.exists()


def test_a_longer_circle_is_found(tmp_path: Path, db: None) -> None:
    made = plan(
        tmp_path,
        [1, "甲处", None, "乙处", None, None, None, None, None],
        [2, "乙处", None, "丙处", None, None, None, None, None],
        [3, "丙处", None, "甲处", None, None, None, None, None],
    )
    assert [issue.kind for issue in made.errors] == ["circle"] * 3


def test_a_renamed_office_stays_the_same_one(tmp_path: Path, db: None) -> None:
    office = make_office("体制改革处")
    OfficeAlias.objects.create(office=office, name="医改处")
    commit(tmp_path, [1, "体改处", None, None, "医改处", "体制改革处", "2022-12-31", None, None])
    office.refresh_from_db()
    assert office.name == "体改处"
    assert Office.objects.count() == 1
    former = OfficeAlias.objects.get(name="体制改革处")
    assert (former.office, former.is_former, former.valid_to) == (office, True, date(2022, 12, 31))
    again = plan(tmp_path, [1, "体改处", None, None, "医改处", "体制改革处", "2022-12-31", None, None])
    assert again.changes_nothing


def test_an_empty_cell_changes_nothing_and_nothing_is_deleted(tmp_path: Path, db: None) -> None:
    parent = make_office("市卫生健康委", kind=OfficeKind.ORGAN)
    office = make_office("财务处", parent=parent, order=5, remark="留着")
    OfficeAlias.objects.create(office=office, name="财审处")
    make_office("信访处")
    made = commit(tmp_path, [None, "财务处", None, None, None, None, None, None, None])
    assert made.changes_nothing
    office.refresh_from_db()
    assert (office.parent, office.order, office.remark, office.kind) == (parent, 5, "留着", "internal")
    assert OfficeAlias.objects.filter(name="财审处").exists()
    assert Office.objects.count() == 3


def test_another_leader_in_charge_ends_the_former_one_yesterday(tmp_path: Path, db: None) -> None:
    posts = [[1, "副主任甲", None, None, None], [2, "副主任乙", None, None, None]]
    first = [1, "财务处", None, None, None, None, None, "副主任甲", None]
    second = [1, "财务处", None, None, None, None, None, "副主任乙", None]
    commit(tmp_path, first, positions=posts)
    assert Portfolio.objects.get().valid_from is None
    made = commit(tmp_path, second)
    assert [(change.before, change.after) for change in made.offices[0].changes] == [("副主任甲", "副主任乙")]
    terms = Portfolio.objects.order_by("pk").values_list("position__title", "valid_from", "valid_to")
    assert list(terms) == [("副主任甲", None, date(2024, 11, 24)), ("副主任乙", TODAY, None)]
    # Corrected on the same day: no term of no days is left behind.
    commit(tmp_path, first)
    assert list(Portfolio.objects.on(TODAY).values_list("position__title", flat=True)) == ["副主任甲"]


def test_what_was_previewed_is_what_is_written(tmp_path: Path, db: None) -> None:
    rows = rows_from(tmp_path, [[1, "财务处", None, None, None, None, None, None, None]])
    seen = drafts.fingerprint(plan_register(rows, today=TODAY).lines())
    make_office("财务处", order=9)
    with pytest.raises(RegisterChanged):
        commit_register(rows, today=TODAY, previewed=seen, via="test")
    assert Office.objects.get().order == 9


def test_the_template_is_read_and_its_example_is_not(tmp_path: Path, db: None) -> None:
    path = tmp_path / "template.xlsx"
    path.write_bytes(offices_template())
    rows, issues = register_rows(read_workbook(path))
    assert rows == {"offices": [], "positions": []}
    assert [issue.kind for issue in issues] == ["no_rows"]


def test_headings_may_stand_lower_and_in_other_words(tmp_path: Path, db: None) -> None:
    sheets: Sheets = {
        "名单": [["某委机构名录"], [None], ["序号", "机构名称", "简称"], [1, "财务处", "财审处"]]
    }
    rows, issues = register_rows(read_workbook(write_workbook(tmp_path / "x.xlsx", sheets)))
    assert not issues
    commit_register(rows, today=TODAY, via="test")
    assert OfficeAlias.objects.get().name == "财审处"


def test_a_formula_is_refused(tmp_path: Path, db: None) -> None:
    sheets: Sheets = {
        "机构": [HEAD, [1, '=HYPERLINK("http://x","财务处")', None, None, None, None, None, None, None]]
    }
    _rows, issues = register_rows(read_workbook(write_workbook(tmp_path / "x.xlsx", sheets)))
    assert "formula" in {issue.kind for issue in issues}


class TestInTheBrowser:
    """Upload, preview, commit at one address; the ledger administrator's."""

    SHEETS: Sheets = {"机构": [HEAD, [1, "财务处", "内设处室", None, "财审处", None, None, None, None]]}

    def test_nothing_is_written_before_the_commit(self, client: Client, ledger_admin: User) -> None:
        client.force_login(ledger_admin)
        before = Office.objects.count()
        page = client.post("/offices/import/", {"file": upload_of(self.SHEETS)})
        assert page.status_code == 200
        assert Office.objects.count() == before
        form = {name: page.context[name] for name in ("draft", "fingerprint", "file_name")}
        assert client.post("/offices/import/", form)["Location"] == "/offices/"
        assert OfficeAlias.objects.get(name="财审处").office.name == "财务处"
        event = AuditEvent.objects.get(event_type="offices_imported")
        assert (event.actor, event.target) == (ledger_admin, "file.xlsx")
        # Sent twice (a double click): the second time the plan is another one, and nothing is written.
        again = client.post("/offices/import/", form)
        assert "没有写入" in again.content.decode()
        assert AuditEvent.objects.filter(event_type="offices_imported").count() == 1

    def test_rows_of_somebody_else_or_altered_ones_are_refused(
        self, client: Client, ledger_admin: User
    ) -> None:
        client.force_login(ledger_admin)
        page = client.post("/offices/import/", {"file": upload_of(self.SHEETS)})
        foreign = drafts.packed({"offices": []}, kind="offices", user_id=ledger_admin.pk + 1)
        for draft in (page.context["draft"][:-2] + "xx", foreign, ""):
            answer = client.post("/offices/import/", {"draft": draft, "fingerprint": "", "file_name": ""})
            assert answer.status_code == 409

    def test_a_file_that_is_no_workbook_is_answered_in_words(
        self, client: Client, ledger_admin: User
    ) -> None:
        client.force_login(ledger_admin)
        answer = client.post(
            "/offices/import/", {"file": SimpleUploadedFile("x.xlsx", bytes(range(256)) * 9)}
        )
        assert answer.status_code == 422
        assert "field-errors" in answer.content.decode()
