"""The home, the item page and the form in a row, in a real browser: keyboard, focus, conflict, undo, axe."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from django.conf import settings

from accounts.models import Office, User
from core.clock import today
from core.models import CalendarDay
from remediation.models import Measure
from remediation.reporting import Progress, report_progress
from remediation.states import CompletionStatus
from remediation.tables import ItemTable, MeasureTable
from tests.ledgers import make_item, make_ledger, make_measure

if TYPE_CHECKING:
    from playwright.sync_api import Page

    SignIn = Callable[[Page, User], None]
    Axe = Callable[..., list[str]]

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

GOING = CompletionStatus.IN_PROGRESS


@pytest.fixture
def measures(transactional_db: None, office: Office, other_office: Office) -> list[Measure]:
    """Two rows of one shared measure that are overdue, one due soon, another office's, and an opinion without any."""
    calendar = CalendarDay.objects.work_calendar()
    ledger = make_ledger("巡视整改台账")
    item = make_item(ledger, "转诊标准不统一", number="12", cause="指征自定", goal="统一标准")
    other = make_item(ledger, "同样的问题", number="13", kind="inference_item", inferred_from=item)
    overdue, soon = calendar.add(today(), -10), calendar.add(today(), 3)
    make_measure(item, "别处的措施", number=1, lead=[other_office], assisting=[office], due=soon)
    make_item(ledger, "健全意识形态工作责任制", number="3", kind="opinion", lead=[office], due_date=overdue)
    return [
        make_measure(
            item, "制定目录", number=2, lead=[office], due=overdue, status=GOING, percent=60, shared_key="k"
        ),
        make_measure(
            other, "制定目录", number=1, lead=[office], due=overdue, status=GOING, percent=60, shared_key="k"
        ),
        make_measure(item, "签订协议", number=3, lead=[office], due=soon),
    ]


def wait_for_focus(page: Page, selector: str, *, text: str | None = None) -> None:
    """Wait until such an element (holding ``text``) has the focus; scripts move it once the new part stands."""
    page.locator(f"{selector}:focus", has_text=text).wait_for()


def open_form(page: Page, measure: Measure) -> None:
    page.locator(f"#measure-{measure.pk} .measure-action a").click()
    page.wait_for_selector("[data-progress-form]")


def test_update_in_the_row_with_the_keyboard_and_take_it_back(
    browser_page: Page, sign_in: SignIn, axe: Axe, clerk: User, measures: list[Measure]
) -> None:
    page, (first, twin, _soon) = browser_page, measures
    sign_in(page, clerk)
    page.goto("/work/")
    assert axe(page) == []
    open_form(page, first)
    # The text has the focus; 已完成 brings 100 with it, and back again.
    wait_for_focus(page, "textarea")
    page.locator("label", has_text="已完成").first.click()
    assert page.input_value("[name=percent]") == "100"
    page.locator("label", has_text="正在推进").first.click()
    assert page.input_value("[name=percent]") == "60"
    page.fill("[name=percent]", "100")
    assert page.locator("[data-hundred]").is_visible()
    assert axe(page) == []
    page.keyboard.press("Escape")
    page.wait_for_selector("[data-progress-form]", state="detached")
    wait_for_focus(page, ".btn", text="更新")

    open_form(page, first)
    page.locator("label", has_text="已完成").first.click()
    page.fill("textarea", "目录已印发")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("[data-toast]")
    # Playwright's own waiting evaluates text, which the page's Content-Security-Policy forbids; locators do not.
    page.locator("#work-figures .figure-value.zero").first.wait_for()
    # The row stays where it was, its twin beside it has followed, and the focus is back.
    assert "已完成" in page.inner_text(f"#measure-{first.pk}")
    page.locator(f"#measure-{twin.pk}", has_text="已完成").wait_for()
    wait_for_focus(page, ".btn", text="更新")
    page.get_by_role("button", name="撤回").click()
    page.wait_for_selector("text=已撤回")
    for measure in (first, twin):
        measure.refresh_from_db()
        assert (measure.status, measure.percent, measure.progress) == (GOING, 60, "")


def without_time(text: str) -> str:
    """What a part says but the minute that the page was made in, which may pass before the next one."""
    return re.sub(r"截至[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}", "截至", text)


def test_after_a_save_every_part_of_the_page_says_the_same(
    browser_page: Page, sign_in: SignIn, clerk: User, other_office: Office, measures: list[Measure]
) -> None:
    page, (first, _twin, soon) = browser_page, measures
    make_measure(first.item, "别处已办", lead=[other_office], status=CompletionStatus.COMPLETED)
    sign_in(page, clerk)
    page.goto("/work/")
    assert page.inner_text(".sidebar [aria-current=page] .side-count").startswith("3")
    assert page.inner_text("#count-yellow") == "1条"
    open_form(page, first)
    # Another row stays open, with what is being typed in it, while the page follows.
    page.locator(f"#measure-{soon.pk} .measure-action a").click()
    page.wait_for_selector(f"#measure-{soon.pk} [data-progress-form]")
    page.fill(f"#measure-{soon.pk} textarea", "还没写完")
    page.locator(f"#measure-{first.pk} label", has_text="已完成").first.click()
    page.locator(f"#measure-{first.pk} textarea").press("Control+Enter")
    page.wait_for_selector("[data-toast]")
    page.locator("#count-red", has_text="0条").wait_for()
    page.locator(".compare-line", has_text="我处室").locator("dd", has_text="66.7%").wait_for()
    assert "其余2条已完成" in page.inner_text("#work-rest")
    assert page.inner_text(".sidebar [aria-current=page] .side-count").startswith("1")
    assert "已完成" in page.inner_text("#work-recent-lines li:first-child")
    assert page.input_value(f"#measure-{soon.pk} textarea") == "还没写完"
    assert "已完成" in page.inner_text(f"#measure-{first.pk}")
    # The same figures as after a reload.
    parts = ["#work-figures", "#work-rest", "#work-comparison", "#work-recent-lines", ".sidebar"]
    before = [without_time(page.inner_text(part)) for part in parts]
    page.goto("/work/")
    assert [without_time(page.inner_text(part)) for part in parts] == before


def test_errors_take_the_focus_and_keep_what_was_typed(
    browser_page: Page, sign_in: SignIn, axe: Axe, clerk: User, measures: list[Measure]
) -> None:
    page = browser_page
    sign_in(page, clerk)
    page.goto("/work/")
    open_form(page, measures[0])
    page.fill("textarea", "征求意见")
    page.fill("[name=percent]", "150")
    page.get_by_role("button", name="保存").click()
    wait_for_focus(page, ".form-errors")
    assert page.input_value("textarea") == "征求意见"
    assert axe(page) == []
    # What was not saved comes back on the next visit.
    page.goto("/work/")
    open_form(page, measures[0])
    page.wait_for_selector(".draft-note")
    assert page.input_value("textarea") == "征求意见"


def test_the_second_saver_chooses_field_by_field(
    browser_page: Page, sign_in: SignIn, axe: Axe, clerk: User, office_head: User, measures: list[Measure]
) -> None:
    page, measure = browser_page, measures[0]
    sign_in(page, clerk)
    page.goto(f"/items/{measure.item_id}/")
    assert axe(page) == []
    open_form(page, measure)
    report_progress(measure, progress=Progress(GOING, 70, "补充基层用药。"), actor=office_head)
    page.fill("[name=percent]", "75")
    page.fill("textarea", "正在会签。")
    page.get_by_role("button", name="保存").click()
    page.wait_for_selector("[data-conflict]")
    assert axe(page) == []
    assert page.input_value("[name=merged_text]") == "补充基层用药。正在会签。"
    page.get_by_role("button", name="全部用对方的").click()
    assert page.is_checked("[name=pick_percent][value=saved]")
    page.fill("[name=merged_text]", "补充用药，正在会签。")
    assert page.is_checked("[name=pick_text][value=merged]")
    page.get_by_role("button", name="保存选定的内容").click()
    page.wait_for_selector("[data-toast]")
    measure.refresh_from_db()
    assert (measure.percent, measure.progress) == (70, "补充用药，正在会签。")


@pytest.mark.parametrize("address", ["/measures/", "/items/"])
def test_every_column_at_once_scrolls_in_its_own_box(
    browser_page: Page, sign_in: SignIn, axe: Axe, clerk: User, measures: list[Measure], address: str
) -> None:
    page = browser_page
    table = MeasureTable if address == "/measures/" else ItemTable
    sign_in(page, clerk)
    page.goto(f"{address}?{urlencode({'columns': table.choosable()}, doseq=True)}")
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    assert page.evaluate("document.querySelector('.th-text').offsetWidth") >= 220
    head = page.evaluate("document.querySelector('.th-number').getBoundingClientRect().bottom")
    first = page.evaluate("document.querySelector('.td-number').getBoundingClientRect().top")
    assert head <= first + 1
    # The form stands in sight however far the table was scrolled.
    page.evaluate("document.querySelector('.list-wide').scrollLeft = 5000")
    if address == "/measures/":
        page.locator("[data-row-update]").first.click()
        wait_for_focus(page, "textarea")
        box = page.locator(".panel-open").bounding_box()
        assert box is not None
        assert box["x"] >= 208
        assert box["x"] + box["width"] <= 1366
    assert axe(page) == []


@pytest.mark.parametrize("width", [1440, 1366])
def test_a_form_opened_in_a_long_list_stays_in_sight(
    browser_page: Page, sign_in: SignIn, clerk: User, office: Office, measures: list[Measure], width: int
) -> None:
    page = browser_page
    for number in range(4, 30):
        make_measure(
            measures[0].item, f"措施{number}", number=number, lead=[office], due=measures[2].due_date
        )
    page.set_viewport_size({"width": width, "height": 768})
    sign_in(page, clerk)
    page.goto("/measures/")
    page.evaluate("window.scrollTo(0, 300)")
    before = page.evaluate("window.scrollY")
    # A row in the middle: there is room for the form below it; then one at the lower edge: the page makes room.
    for row, most in ((5, 0), (9, 400)):
        page.locator("[data-row-update]").nth(row).click()
        wait_for_focus(page, "textarea")
        box = page.locator(".panel-open").bounding_box()
        assert box is not None
        assert box["y"] >= 48
        assert box["y"] + box["height"] <= 768
        assert box["width"] > width - 400
        assert 0 <= page.evaluate("window.scrollY") - before <= most


@pytest.mark.parametrize("address", ["/work/", "/measures/", "/items/", "/tree/?branches=all", "/dashboard/"])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_words_stay_in_their_columns(
    browser_page: Page, sign_in: SignIn, clerk: User, measures: list[Measure], address: str, language: str
) -> None:
    page = browser_page
    page.set_viewport_size({"width": 1440, "height": 900})
    sign_in(page, clerk)
    page.goto("/work/")
    page.context.add_cookies(
        [{"name": settings.LANGUAGE_COOKIE_NAME, "value": language, "url": page.evaluate("location.origin")}]
    )
    page.goto(address)
    assert page.get_attribute("html", "lang") == language
    cells = ".table-look td, .table-look th, .measure-line > div, .board-lights li > span"
    wide = "cells => cells.filter(cell => cell.offsetWidth && cell.scrollWidth > cell.clientWidth + 1)"
    wide += ".filter(cell => getComputedStyle(cell).display !== 'inline').map(cell => cell.textContent)"
    assert page.locator(cells).count()
    assert page.locator(cells).evaluate_all(wide) == []


def test_a_day_is_picked_in_a_menu_with_the_keyboard(
    browser_page: Page, sign_in: SignIn, axe: Axe, clerk: User, measures: list[Measure]
) -> None:
    page = browser_page
    sign_in(page, clerk)
    page.goto("/measures/")
    page.locator(".filters .dropdown > a.btn", has_text="完成时限").click()
    field = page.locator("[name=due_after]")
    # The field takes keys from when it has its button.
    page.locator(".datefield", has=field).locator(".datefield-btn").wait_for()
    field.fill("2026-03-02")
    page.keyboard.press("ArrowDown")
    page.locator("[data-day='2']:focus").wait_for()
    # The menu leaves the arrows to the month.
    page.keyboard.press("ArrowDown")
    page.locator("[data-day='9']:focus").wait_for()
    assert axe(page) == []
    page.keyboard.press("Enter")
    assert field.input_value() == "2026-03-09"
    assert field.is_visible()
    page.goto("/measures/?due_after=abc")
    assert "abc" in page.inner_text("#list .note")
    assert page.locator("input[type=date]").count() == 0


def test_a_file_is_chosen_in_words_of_the_page(
    browser_page: Page, sign_in: SignIn, axe: Axe, ledger_admin: User, tmp_path: Path
) -> None:
    page = browser_page
    sign_in(page, ledger_admin)
    page.goto("/imports/")
    assert page.inner_text(".file-field") == "选择文件\n未选择文件"
    # No bubble of the browser: our own summary has the focus.
    page.locator("main form button[type=submit]").click()
    wait_for_focus(page, ".form-errors", text="工作簿")
    assert axe(page) == []
    book = tmp_path / "台账.csv"
    book.write_text("编号,问题\n", encoding="utf-8")
    page.set_input_files("input[type=file]", book)
    assert page.inner_text(".file-name") == "台账.csv"


def test_the_magnifier_of_the_phone_opens_the_search(
    browser_page: Page, sign_in: SignIn, axe: Axe, clerk: User, measures: list[Measure]
) -> None:
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, clerk)
    page.goto("/work/")
    page.locator(".topbar a[href$='#phone-search']").click()
    page.wait_for_url("**/measures/#phone-search")
    wait_for_focus(page, "#phone-search input")
    # The field is there for who needs it, again and again.
    page.locator("#phone-search input").blur()
    page.locator(".topbar a[href$='#phone-search']").click()
    wait_for_focus(page, "#phone-search input")
    page.keyboard.type("协议")
    page.keyboard.press("Enter")
    page.locator(".list-table tbody tr").nth(1).wait_for(state="detached")
    assert "签订协议" in page.inner_text("#list")
    assert page.locator("#phone-search input").input_value() == "协议"
    assert axe(page) == []
    page.goto("/measures/")
    assert page.locator("#phone-search").is_hidden()


@pytest.mark.parametrize(
    "address", ["/work/", "/work/?role=assisting", "/items/{item}/", "/measures/{measure}/report/"]
)
def test_a_phone_scrolls_one_way_and_has_room_for_fingers(
    browser_page: Page, sign_in: SignIn, axe: Axe, clerk: User, measures: list[Measure], address: str
) -> None:
    page = browser_page
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, clerk)
    page.goto(address.format(item=measures[0].item_id, measure=measures[0].pk))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for button in page.locator("main .btn").all():
        box = button.bounding_box()
        assert box is None or box["height"] >= 40, button.inner_text()
    assert axe(page) == []
