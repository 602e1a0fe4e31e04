"""The pages of accounts in a real browser: a new organ from its first administrators to a working clerk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from accounts.models import Office, Position, User
from accounts.people import reset_password
from tests.workbooks import Sheets, write_workbook

if TYPE_CHECKING:
    from playwright.sync_api import Page

NEW = "Entirely-mine-5"
REGISTER: Sheets = {
    "机构": [
        ["排序", "名称", "类型", "上级单位", "别名", "曾用名", "曾用名停用日期", "分管领导"],
        [1, "医政医管处", "内设处室", "市卫生健康委", "医政处", "医政处室", "2020-12-31", "副主任(分管医政)"],
        [90, "市卫生健康委", "机关", None, "委", None, None, "党委书记、主任"],
    ],
    "领导职务": [
        ["排序", "职务", "主要领导"],
        [1, "党委书记、主任", "是"],
        [2, "副主任(分管医政)", None],
    ],
}
ACCOUNTS: Sheets = {
    "账号": [
        ["姓名", "账号", "处室", "角色", "职务"],
        ["甲", "jia", "医政处", "经办人", None],
        ["乙", "yi", None, "台账管理员", None],
    ]
}
WRONG_ACCOUNTS: Sheets = {"账号": [*ACCOUNTS["账号"], ["丙", "a b", "没有处", "经理", None]]}


class Walker:
    """A person at the browser, who looks at every page with the eyes of axe and on a phone."""

    def __init__(self, page: Page, axe: Callable[[Page], list[str]]) -> None:
        self.page = page
        self.axe = axe
        self.found: list[str] = []

    def sign_in(self, username: str, password: str) -> None:
        self.page.goto("/sign-in/")
        self.page.fill("#id_login", username)
        self.page.fill("#id_password", password)
        self.page.click("form[data-sign-in] button[type=submit]")
        self.page.wait_for_load_state()

    def choose_password(self, initial: str) -> None:
        self.page.wait_for_url("**/password/")
        self.look()
        self.page.fill("#id_oldpassword", initial)
        self.page.fill("#id_password1", NEW)
        self.page.fill("#id_password2", NEW)
        self.submit()

    def arrive(self, username: str) -> None:
        """Sign in with a new initial password, and change it."""
        initial = reset_password(User.objects.get(username=username))
        self.sign_in(username, initial)
        self.choose_password(initial)

    def submit(self) -> None:
        self.page.click("main form:not([role=search]) button[type=submit]")
        self.page.wait_for_load_state()

    def leave(self) -> None:
        self.page.click(".account-btn")
        self.page.click(".dropdown-menu form[action='/sign-out/'] button")
        self.page.wait_for_url("**/sign-in/")

    def go(self, address: str) -> None:
        self.page.goto(address)
        self.look()

    def look(self) -> None:
        self.found += [f"{self.page.url}: {violation}" for violation in self.axe(self.page)]
        size = self.page.viewport_size
        self.page.set_viewport_size({"width": 390, "height": 844})
        if self.page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            self.found.append(f"{self.page.url}: scrolls sideways at 390")
        if size is not None:
            self.page.set_viewport_size(size)


@pytest.mark.slow
def test_from_the_first_administrators_to_a_working_clerk(
    browser_page: Page, axe: Callable[[Page], list[str]], tmp_path: Path
) -> None:
    call_command("create_administrators")
    page, walker = browser_page, Walker(browser_page, axe)

    walker.go("/password/forgotten/")
    walker.sign_in("sysadmin", "wrong")
    page.get_by_text("账号或口令不对").wait_for()
    walker.look()
    # The system administrator proposes a ledger administrator by hand.
    walker.arrive("sysadmin")
    page.wait_for_url("**/accounts/")
    walker.look()
    walker.go("/accounts/new/")
    page.fill("#id_display_name", "台账员")
    page.fill("#id_username", "taizhang")
    page.check("input[name=roles][value=ledger_admin]")
    walker.submit()
    assert len(page.locator("code.initial-password").inner_text()) == 19
    walker.look()
    walker.go("/me/")
    walker.leave()
    # The security administrator grants.
    walker.arrive("secadmin")
    page.wait_for_url("**/roles/")
    walker.look()
    page.get_by_role("button", name="全部授予").click()
    page.get_by_text("没有等你确认的角色").wait_for()
    walker.go(f"/roles/{User.objects.get(username='taizhang').pk}/")
    page.get_by_role("link", name="收回：台账管理员").click()
    page.locator("#dialog.show").wait_for()
    walker.look()
    page.keyboard.press("Escape")
    walker.leave()
    # The ledger administrator imports the register.
    walker.arrive("taizhang")
    walker.go("/offices/")
    walker.go("/offices/import/")
    page.set_input_files("input[type=file]", write_workbook(tmp_path / "offices.xlsx", REGISTER))
    walker.submit()
    walker.look()
    page.get_by_role("button", name="写入").click()
    page.wait_for_url("**/offices/")
    walker.look()
    walker.go(f"/offices/{Office.objects.get(name='医政医管处').pk}/")
    assert page.input_value("#id_name") == "医政医管处"
    page.fill("#id_former-0-valid_to", "2020-02-30")
    walker.submit()
    page.get_by_text("输入一个有效的日期").first.wait_for()
    walker.look()
    walker.go("/positions/")
    walker.go(f"/positions/{Position.objects.get(is_principal=True).pk}/")
    walker.leave()
    # Accounts from a workbook, wrong first.
    walker.sign_in("sysadmin", NEW)
    page.goto("/accounts/import/")
    page.set_input_files("input[type=file]", write_workbook(tmp_path / "wrong.xlsx", WRONG_ACCOUNTS))
    walker.submit()
    page.get_by_text("“账号”第4行B列").wait_for()
    walker.look()
    assert not User.objects.filter(username="jia").exists()
    walker.go("/accounts/import/")
    page.set_input_files("input[type=file]", write_workbook(tmp_path / "accounts.xlsx", ACCOUNTS))
    walker.submit()
    page.get_by_role("button", name="写入").click()
    initial = page.locator("code.initial-password").first.inner_text()
    walker.look()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载名单").click()
    assert download.value.suggested_filename == "初始口令.xlsx"
    walker.leave()
    # The clerk has no role yet, then has one.
    walker.sign_in("jia", initial)
    walker.choose_password(initial)
    page.get_by_text("已申请：处室经办人").wait_for()
    walker.look()
    walker.leave()
    walker.sign_in("secadmin", NEW)
    page.get_by_role("button", name="全部授予").click()
    walker.leave()
    walker.sign_in("jia", NEW)
    page.wait_for_url("**/work/")
    walker.go("/messages/")
    walker.leave()
    # And the audit administrator reads all of it.
    walker.arrive("auditadmin")
    page.wait_for_url("**/audit/")
    page.locator("table").get_by_text("导入机构名录").wait_for()
    walker.look()
    walker.go("/audit/?since=2024-02-30")
    assert not walker.found, "\n".join(walker.found)
