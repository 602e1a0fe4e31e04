"""The main job in a real browser: the register and a real ledger go in, an office works, a leader sees it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl
import pytest
from playwright.sync_api import expect

from accounts.models import Office, OfficeAlias, Position, User
from accounts.roles import Role
from remediation.models import Item, Ledger, Measure, ProgressReport
from remediation.states import CompletionStatus, WorkflowState
from tests.people import PASSWORD, make_user
from tests.shared_ledgers import LEDGERS, NEEDS_LEDGERS

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [NEEDS_LEDGERS, pytest.mark.django_db(transaction=True)]

SheetFix = dict[str, str]
# What the office mends in its copy: every error of errors.json but the unknown office, which is settled on the page.
MENDED: SheetFix = {
    "K6": "2024-04-30",
    "L13": "正在推进",
    "K15": "2024-06-30",
    "F17": "按季度核对，形成清单",
    "M19": "已压缩",
}


def sign_in_by_form(page: Page, user: User) -> None:
    """Sign in as a person does, after whoever was there before."""
    page.context.clear_cookies()
    page.goto("/sign-in/")
    page.get_by_label("账号").fill(user.username)
    page.locator("input[name=password]").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page).not_to_have_url("/sign-in/")


def upload(page: Page, file: Path, *, title: str) -> None:
    """Upload a workbook for a ledger of this title and go through the mapping as it is proposed."""
    page.goto("/imports/")
    page.locator("#id_file").first.set_input_files(file)
    page.get_by_label("新台账名称").fill(title)
    page.get_by_role("button", name="上传").click()
    expect(page.get_by_role("heading", name="核对列", level=1)).to_be_visible()
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("heading", name="预览", level=1)).to_be_visible()


def figure(page: Page, label: str) -> str:
    """The number under a label of the preview's strip."""
    cell = page.locator(".figure-cell", has_text=label).first
    return cell.locator(".figure-value").inner_text()


def mended_copy(folder: Path) -> Path:
    """The office's workbook with its errors mended by hand."""
    book = openpyxl.load_workbook(LEDGERS / "errors.xlsx")
    for cell, value in MENDED.items():
        book["整改台账"][cell] = value
    target = folder / "整改台账（已修改）.xlsx"
    book.save(target)
    return target


def test_the_main_job(browser_page: Page, tmp_path: Path, axe: Callable[[Page], list[str]]) -> None:
    page = browser_page
    page.set_viewport_size({"width": 1440, "height": 900})
    admin = make_user(Role.LEDGER_ADMIN, username="taizhang")
    sign_in_by_form(page, admin)
    expect(page.get_by_role("heading", name="工作台", level=1)).to_be_visible()

    # -- the register ---------------------------------------------------------------------------------------------
    page.goto("/offices/import/")
    page.locator("input[type=file]").set_input_files(LEDGERS / "offices.xlsx")
    page.locator("main form button[type=submit]").first.click()
    page.get_by_role("button", name="写入").click()
    expect(page.locator("main")).to_contain_text("医政医管处")
    assert Office.objects.count() == 24
    assert Position.objects.filter(is_principal=True).get().title == "党委书记、主任"

    # -- the ledger as the office hands it over -------------------------------------------------------------------
    upload(page, LEDGERS / "ledger-2024-inspection-office.xlsx", title="2024年巡视整改台账")
    assert figure(page, "新增") == "284"
    assert not Ledger.objects.exists(), "nothing is written before the commit"
    page.get_by_role("button", name="写入台账").click()
    expect(page.get_by_role("link", name="2024年巡视整改台账").first).to_be_visible()
    ledger = Ledger.objects.get()
    assert ledger.measures.filter(status=CompletionStatus.COMPLETED).count() == 253

    # -- a workbook with errors -----------------------------------------------------------------------------------
    upload(page, LEDGERS / "errors.xlsx", title="待修订台账")
    assert figure(page, "有误") == "6"
    body = page.locator("main")
    for words in (
        "第6行",
        "2024-02-30",
        "第13行",
        "差不多了",
        "第15行",
        "第17行",
        "第19行",
        "综合协调推进办公室",
    ):
        expect(body).to_contain_text(words)
    expect(page.get_by_role("button", name="写入台账")).to_have_attribute("aria-disabled", "true")
    assert axe(page) == []
    page.get_by_label("选其他处室").check()
    page.get_by_label("综合协调推进办公室", exact=False).last.select_option(label="办公室")
    page.locator("#questions button[type=submit]").last.click()
    expect(page.locator("#questions")).to_contain_text("办公室")
    with page.expect_download() as download:
        page.get_by_role("link", name="标注").first.click()
    annotated = tmp_path / "annotated.xlsx"
    download.value.save_as(annotated)
    comments = openpyxl.load_workbook(annotated)["整改台账"]
    assert comments["K6"].comment is not None

    page.locator("#replace input[type=file]").set_input_files(mended_copy(tmp_path))
    page.locator("#replace").get_by_role("button", name="上传").click()
    expect(page.get_by_role("button", name="写入台账")).not_to_have_attribute("aria-disabled", "true")
    page.get_by_role("button", name="写入台账").click()
    expect(page.locator("main")).to_contain_text("待修订台账")
    assert Measure.objects.filter(ledger__title="待修订台账").count() == 36
    assert OfficeAlias.objects.get(name="综合协调推进办公室").office.name == "办公室"

    # -- and taken back -------------------------------------------------------------------------------------------
    page.get_by_role("link", name="撤销导入").click()
    page.locator("main form button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("已撤销")
    assert not Measure.objects.filter(ledger__title="待修订台账", is_counted=True).exists()
    assert not Item.objects.filter(ledger__title="待修订台账").live().exists()

    # -- an office reports ----------------------------------------------------------------------------------------
    unfinished = (
        Measure.objects.filter(ledger=ledger, is_open=True, duties__role="lead")
        .order_by("watch_date")
        .first()
    )
    assert unfinished is not None
    office = unfinished.duties.get(role="lead", rank=0).office
    clerk = make_user(Role.CLERK, office=office, username="jingban")
    leader = make_user(Role.LEADER, username="zhuren", position=Position.objects.get(is_principal=True))
    sign_in_by_form(page, leader)
    expect(page.get_by_role("heading", name="整改看板", level=1)).to_be_visible()
    expect(page.locator("main")).to_contain_text("89.1%")
    expect(page.locator("main")).to_contain_text("253")

    sign_in_by_form(page, clerk)
    expect(page.get_by_role("heading", name="我处室的工作", level=1)).to_be_visible()
    row = page.locator("main", has_text=unfinished.text[:12])
    expect(row).to_be_visible()
    page.locator(f"a[href*='/measures/{unfinished.pk}/report/']").first.click()
    page.get_by_text("已完成", exact=True).first.click()
    page.locator("textarea").first.fill("已经全部落实。")
    page.get_by_role("button", name="保存").first.click()
    expect(page.locator("body")).to_contain_text("已保存")
    unfinished.refresh_from_db()
    assert (unfinished.status, unfinished.percent) == (CompletionStatus.COMPLETED, 100)
    assert ProgressReport.objects.get(measure=unfinished).author == clerk
    assert unfinished.workflow_state == WorkflowState.HANDLING

    # -- and the leader sees it -----------------------------------------------------------------------------------
    sign_in_by_form(page, leader)
    expect(page.locator("main")).to_contain_text("89.4%")
    expect(page.locator("main")).to_contain_text("254")
