"""The import in the browser, page by page: upload, mapping, preview, answers, commit, undo; and in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Notification, Office, OfficeAlias, User
from accounts.roles import Role
from core.workbooks.grid import column_letter
from remediation.importing import batches, flow
from remediation.models import BatchState, ImportBatch, ImportLayout, Ledger, Measure
from remediation.tasks import commit_import, sweep_imports
from remediation.tests.importing_register import HEADINGS, import_register, ledger_file, row, small_register
from tests.people import make_user
from tests.shared_ledgers import LEDGERS, NEEDS_LEDGERS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return make_user(Role.LEDGER_ADMIN)


@pytest.fixture
def site(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def upload(site: Client, path: Path, **fields: Any) -> ImportBatch:
    """Upload a file and return its batch."""
    file = SimpleUploadedFile(path.name, path.read_bytes())
    response = site.post(reverse("remediation:import_list"), {"file": file, **fields})
    assert response.status_code == 302, response.content.decode()[:2000]
    return ImportBatch.objects.order_by("-pk")[0]


def post(site: Client, name: str, batch: ImportBatch, **fields: Any) -> int:
    """Post a step and say the status; the batch is read again."""
    status = site.post(reverse(f"remediation:{name}", args=[batch.pk]), fields).status_code
    if ImportBatch.objects.filter(pk=batch.pk).exists():
        batch.refresh_from_db()
    return status


def page(site: Client, batch: ImportBatch, query: str = "") -> str:
    response = site.get(reverse("remediation:import_detail", args=[batch.pk]) + query)
    assert response.status_code == 200
    return response.content.decode()


def test_from_upload_to_undo(site: Client, tmp_path: Path) -> None:
    small_register()
    batch = upload(site, ledger_file(tmp_path, row(), row(整改措施="措施二"), title="某某台账（2024年）"))
    assert batch.state == BatchState.MAPPING
    text = page(site, batch)
    assert "某某台账（2024年）" in text
    assert "同名" in text
    assert post(site, "import_mapping", batch, title="甲", year="2024", remember="on") == 302
    assert (batch.state, ImportLayout.objects.count(), Measure.objects.count()) == (
        BatchState.PREVIEWED,
        1,
        0,
    )
    text = page(site, batch)
    assert "写入台账" in text
    assert "还没有写入任何数据" in text
    assert "措施二" in page(site, batch, "?show=new")
    assert post(site, "import_commit", batch) == 302
    assert (batch.state, Measure.objects.count(), Ledger.objects.get().title) == (
        BatchState.COMMITTED,
        2,
        "甲",
    )
    assert "撤销导入" in page(site, batch)
    assert site.get(reverse("remediation:import_undo", args=[batch.pk])).status_code == 200
    assert post(site, "import_undo", batch) == 302
    assert (batch.state, Measure.objects.counted().count()) == (BatchState.UNDONE, 0)
    assert page(site, batch)


def test_an_open_question_about_a_column_holds_the_preview_and_is_remembered(
    site: Client, tmp_path: Path
) -> None:
    small_register()
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    book.worksheets[0].append(["具体问题", "整改措施", "牵头处室", "完成时限", "进度"])
    book.worksheets[0].append(["问题", "措施", "财务处", "2024-06-30", "推进中"])
    book.save(path)
    batch = upload(site, path, title="甲")
    assert "可指" in page(site, batch)
    assert post(site, "import_mapping", batch, title="甲") == 422
    assert post(site, "import_mapping", batch, title="甲", remember="on", **{"field-0-5": "status"}) == 302
    assert batch.state == BatchState.PREVIEWED
    again = upload(site, path, title="甲")
    assert "上次导入记住的" in page(site, again)
    assert post(site, "import_mapping", again, title="甲", **{"field-0-2": ""}) == 422
    assert post(site, "import_mapping", again, title="甲", **{"field-0-4": "status"}) == 422


def test_errors_and_hints_stand_apart_and_hold_the_commit(site: Client, tmp_path: Path) -> None:
    small_register()
    batch = upload(
        site, ledger_file(tmp_path, row(完成状态="差不多了"), row(整改措施="措施二", 完成时限=None))
    )
    post(site, "import_mapping", batch, title="甲")
    text = page(site, batch)
    assert "有误的1处" in text
    assert "提示的1处" in text
    assert "还有1处错误" in text
    assert post(site, "import_commit", batch) == 403
    assert not Ledger.objects.exists()
    response = site.get(reverse("remediation:import_annotated", args=[batch.pk]))
    sheet = openpyxl.load_workbook(BytesIO(response.content)).worksheets[0]
    comments = {
        cell.coordinate: cell.comment.text for line in sheet.iter_rows() for cell in line if cell.comment
    }
    status = column_letter(HEADINGS.index("完成状态") + 1)
    deadline = column_letter(HEADINGS.index("完成时限") + 1)
    assert set(comments) == {f"{status}2", f"{deadline}3"}
    assert "不是状态用语" in comments[f"{status}2"]


def test_unknown_names_are_settled_and_remembered(site: Client, tmp_path: Path) -> None:
    small_register()
    batch = upload(site, ledger_file(tmp_path, row(牵头处室="医政科", 协办处室="新设处")))
    post(site, "import_mapping", batch, title="甲")
    assert [question["name"] for question in batch.preview["questions"]] == ["医政科", "新设处"]
    office = Office.objects.get(name="医政医管处")
    answers = {"question-0": "other", "other-0": office.pk, "alias-0": "on", "question-1": "create"}
    assert post(site, "import_answers", batch, **answers) == 302
    assert batch.preview["counts"]["questions"] == 0
    assert "写入时新建" in page(site, batch)
    assert not Office.objects.filter(name="新设处").exists()
    post(site, "import_answers", batch, forget="office:新设处")
    assert [question["name"] for question in batch.preview["questions"]] == ["新设处"]
    post(site, "import_answers", batch, **{"question-0": "create"})
    post(site, "import_commit", batch)
    assert batch.state == BatchState.COMMITTED
    assert Office.objects.filter(name="新设处").exists()
    assert OfficeAlias.objects.filter(office=office, name="医政科").exists()


def test_another_section_is_a_change_with_a_chinese_name(site: Client, tmp_path: Path) -> None:
    small_register()
    call_command("import_ledger", ledger_file(tmp_path, row()), title="甲", stdout=StringIO())
    batch = upload(site, ledger_file(tmp_path, row(重点问题="2.另一个重点问题")))
    post(site, "import_mapping", batch, title="甲")
    assert [change["label"] for change in batch.preview["changes"]] == ["板块"]


def test_digits_that_are_no_numbers_are_no_year_and_no_office(site: Client, tmp_path: Path) -> None:
    small_register()
    batch = upload(site, ledger_file(tmp_path, row(牵头处室="医政科")))
    for year in ("²", "④", "0", "99999", "9" * 5000):
        assert post(site, "import_mapping", batch, title="甲", year=year) == 422
    assert post(site, "import_mapping", batch, title="甲", year="2024") == 302
    assert post(site, "import_answers", batch, **{"question-0": "²", "kept": "1", "take_back": ["①"]}) == 302
    assert (batch.answers["office"], batch.options["take_back"]) == ({}, [])


def test_a_corrected_copy_takes_over_the_choices(site: Client, tmp_path: Path) -> None:
    small_register()
    batch = upload(site, ledger_file(tmp_path, row(牵头处室="医政科", 完成状态="差不多了")))
    post(site, "import_mapping", batch, title="甲")
    post(site, "import_answers", batch, **{"question-0": str(Office.objects.get(name="财务处").pk)})
    path = ledger_file(tmp_path, row(牵头处室="医政科"), name="改好.xlsx")
    file = SimpleUploadedFile(path.name, path.read_bytes())
    post(site, "import_replace", batch, file=file)
    successor = ImportBatch.objects.get()
    assert (successor.file_name, successor.state) == ("改好.xlsx", BatchState.PREVIEWED)
    assert successor.preview["counts"]["wrong"] == 0


def test_an_import_is_thrown_away_with_its_file(site: Client, tmp_path: Path) -> None:
    small_register()
    batch = upload(site, ledger_file(tmp_path, row()))
    stored = Path(batch.file.path)
    assert stored.exists()
    assert post(site, "import_discard", batch) == 302
    assert not ImportBatch.objects.exists()
    assert not stored.exists()


def test_a_bad_file_says_why_and_the_page_lives(site: Client, tmp_path: Path) -> None:
    path = tmp_path / "台账.xlsx"
    path.write_bytes(b"\x00\x01\x02" * 100)
    batch = upload(site, path)
    assert batch.state == BatchState.REFUSED
    assert "这不是工作簿" in page(site, batch)
    assert site.get(reverse("remediation:import_annotated", args=[batch.pk])).status_code == 404
    assert post(site, "import_mapping", batch, title="甲") == 422
    assert site.post(reverse("remediation:import_list"), {}).status_code == 422


def test_unknown_headings_are_mapped_by_hand_and_remembered(site: Client, tmp_path: Path) -> None:
    small_register()
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["某某单位工作表"])
    sheet.append(["甲栏", "乙栏", "丙栏", "丁栏"])
    sheet.append(["问题一", "措施一", "财务处", "无关"])
    book.save(path)
    batch = upload(site, path, title="甲")
    assert batch.state == BatchState.MAPPING
    text = page(site, batch)
    assert "“Sheet”" in text
    assert "没有找到台账" in text
    assert text.count('<option value="?" selected>') == 4
    fields = {"field-0-1": "problem", "field-0-2": "measure", "field-0-3": "lead_offices"}
    assert post(site, "import_mapping", batch, title="甲", **fields) == 422
    fields["field-0-4"] = ""
    assert post(site, "import_mapping", batch, title="甲", remember="on", **fields) == 302
    assert (batch.state, batch.preview["counts"]["new"]) == (BatchState.PREVIEWED, 1)
    assert post(site, "import_commit", batch) == 302
    assert Measure.objects.get().text == "措施一"
    again = upload(site, path, title="甲")
    assert post(site, "import_mapping", again, title="甲") == 302
    assert again.preview["counts"]["unchanged"] == 1


@NEEDS_LEDGERS
def test_a_workbook_that_is_no_ledger_waits_for_its_columns(site: Client) -> None:
    batch = upload(site, LEDGERS / "wrong-columns.xlsx")
    assert batch.state == BatchState.MAPPING
    assert "没有找到台账" in page(site, batch)
    assert post(site, "import_mapping", batch, title="甲") == 422
    assert upload(site, LEDGERS / "empty.xlsx").state == BatchState.REFUSED


def test_large_files_wait_for_the_worker_and_the_sweep_finds_them(
    site: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    small_register()
    monkeypatch.setattr(flow, "WORKER_FROM_BYTES", 1)
    batch = upload(site, ledger_file(tmp_path, row()))
    post(site, "import_mapping", batch, title="甲")
    assert batch.state == BatchState.PREVIEW_QUEUED
    assert "hx-trigger" in page(site, batch)
    monkeypatch.setattr(batches, "QUEUED_TOO_LONG", -batches.QUEUED_TOO_LONG)
    assert batches.waiting_jobs() == [("preview", batch.pk)]
    assert batches.run_preview(batch.pk)
    assert not batches.run_preview(batch.pk)  # a second wake-up finds nothing to do
    post(site, "import_commit", batch)
    assert batch.state == BatchState.COMMIT_QUEUED
    commit_import(batch.pk)
    assert not batches.run_commit(batch.pk)
    assert Notification.objects.get(recipient=batch.user).title.endswith("已写入")
    assert Measure.objects.count() == 1
    sweep_imports()


def readings(batch: ImportBatch) -> list[str]:
    """What is kept of the batch's file."""
    folder = Path(batch.file.storage.path(batches.READINGS))
    return [path.name for path in folder.glob(f"{Path(batch.file.path).stem}.*")]


def test_a_large_file_is_opened_once(site: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_register()
    monkeypatch.setattr(batches, "WORKER_FROM_BYTES", 1)
    batch = upload(site, ledger_file(tmp_path, row(), row(整改措施="措施二")))
    assert len(readings(batch)) == 1
    Path(batch.file.path).write_bytes(b"not opened again")
    assert post(site, "import_mapping", batch, title="甲") == 302
    assert post(site, "import_commit", batch) == 302
    assert (batch.state, Measure.objects.count(), readings(batch)) == (BatchState.COMMITTED, 2, [])


def test_what_was_read_goes_with_the_import_or_after_a_while(
    site: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_register()
    monkeypatch.setattr(batches, "WORKER_FROM_BYTES", 1)
    thrown_away, left = (upload(site, ledger_file(tmp_path, row())) for _ in range(2))
    assert post(site, "import_discard", thrown_away) == 302
    assert (len(readings(thrown_away)), len(readings(left))) == (0, 1)
    sweep_imports()
    assert len(readings(left)) == 1
    monkeypatch.setattr(batches, "READING_KEPT_FOR", -batches.READING_KEPT_FOR)
    sweep_imports()
    assert readings(left) == []
    assert post(site, "import_mapping", left, title="甲") == 302
    assert left.state == BatchState.PREVIEWED


def test_lists_of_imports_leave_the_previews_where_they_are(site: Client, tmp_path: Path) -> None:
    small_register()
    batch = upload(site, ledger_file(tmp_path, row()))
    post(site, "import_mapping", batch, title="甲")
    for name in ("import_list", "desk"):
        with CaptureQueriesContext(connection) as asked:
            assert batch.file_name in site.get(reverse(f"remediation:{name}")).content.decode()
        assert not [query for query in asked.captured_queries if '"preview"' in query["sql"]]


def test_a_dead_worker_gives_its_job_back(site: Client, tmp_path: Path) -> None:
    small_register()
    batch = upload(site, ledger_file(tmp_path, row()))
    post(site, "import_mapping", batch, title="甲")
    long_ago = batch.created_at - 2 * batches.STALE_AFTER
    ImportBatch.objects.update(
        state=BatchState.COMMITTING, claim="x", claimed_at=long_ago, updated_at=long_ago
    )
    batches.waiting_jobs()
    assert batches.waiting_jobs() in ([], [("commit", batch.pk)])
    batch.refresh_from_db()
    assert batch.state == BatchState.COMMIT_QUEUED


def test_the_template_is_an_empty_ledger_that_is_recognised(site: Client, tmp_path: Path) -> None:
    response = site.get(reverse("remediation:import_template"))
    book = openpyxl.load_workbook(BytesIO(response.content))
    assert [cell.value for cell in book["整改台账"][1]] == HEADINGS
    path = tmp_path / "模板.xlsx"
    path.write_bytes(response.content)
    assert upload(site, path).state == BatchState.MAPPING


def test_nobody_else_finds_the_imports(client: Client, site: Client, tmp_path: Path) -> None:
    small_register()
    batch = upload(site, ledger_file(tmp_path, row()))
    for role in (Role.CLERK, Role.SUPERVISION_OFFICE, Role.LEADER, Role.SYS_ADMIN):
        client.force_login(make_user(role))
        for name in ("import_list", "import_template"):
            assert client.get(reverse(f"remediation:{name}")).status_code == 404
        for name in ("import_detail", "import_undo", "import_annotated"):
            assert client.get(reverse(f"remediation:{name}", args=[batch.pk])).status_code == 404


@NEEDS_LEDGERS
def test_an_xls_comes_back_annotated_as_xlsx(site: Client) -> None:
    batch = upload(site, LEDGERS / "ledger-2024-inspection.xls")
    post(site, "import_mapping", batch, title="甲")
    assert batch.preview["counts"]["questions"] > 20
    response = site.get(reverse("remediation:import_annotated", args=[batch.pk]))
    book = openpyxl.load_workbook(BytesIO(response.content))
    assert book["整改台账"]["I5"].comment is not None


@NEEDS_LEDGERS
@pytest.mark.django_db(transaction=True)
def test_the_walk_in_a_real_browser(
    browser_page: Page, sign_in: Callable[[Page, User], None], axe: Callable[..., list[str]], admin: User
) -> None:
    import_register()
    sign_in(browser_page, admin)
    browser_page.goto("/imports/")
    assert axe(browser_page) == []
    browser_page.set_input_files("#id_file", LEDGERS / "errors.xlsx")
    browser_page.fill("#id_title", "巡视整改台账")
    browser_page.get_by_role("button", name="上传").click()
    browser_page.get_by_role("heading", name="核对列", exact=True).wait_for()
    assert axe(browser_page) == []
    browser_page.get_by_role("button", name="预览", exact=True).click()
    browser_page.get_by_text("有误的6处").wait_for()
    assert axe(browser_page) == []
    assert browser_page.get_by_text("提示的5处").is_visible()
    browser_page.get_by_label("是“办公室”").check()
    browser_page.get_by_role("button", name="确认并重新核对").click()
    browser_page.get_by_text("还有5处错误").wait_for()
    browser_page.set_viewport_size({"width": 390, "height": 844})
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe(browser_page) == []
    assert Ledger.objects.count() == 0
