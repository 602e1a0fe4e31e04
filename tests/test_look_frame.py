"""The frame in a real browser: keys, focus, widths, accessibility; and its answers to htmx."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.shortcuts import redirect
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from accounts.models import User
from core.sign_in_redirect import SignInRedirect

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db

# Without the chart library (benchmarks/lines/loads.py has every page).
MOST_REQUESTS = 12


def test_the_style_page_is_for_the_demo_alone(client: Client) -> None:
    with override_settings(DEMO=False):
        assert client.get(reverse("core:style")).status_code == 404
    with override_settings(DEMO=True):
        assert client.get(reverse("core:style")).status_code == 200


def test_a_missing_page_says_where_to_go(client: Client) -> None:
    response = client.get("/no-such-page/")
    assert response.status_code == 404
    assert "没有这个页面，或不归你处室看" in response.content.decode()


@override_settings(LOGIN_URL="/sign-in/")
def test_a_fragment_without_session_sends_the_page_to_sign_in(rf: RequestFactory) -> None:
    answer = SignInRedirect(lambda _request: redirect("/sign-in/?next=/row/7/"))
    fragment = rf.get(
        "/row/7/", headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/list/?q=a"}
    )
    response = answer(fragment)
    assert response.status_code == 401
    assert response.headers["HX-Redirect"] == "/sign-in/?next=/list/%3Fq%3Da"
    assert answer(rf.get("/row/7/")).status_code == 302
    elsewhere = SignInRedirect(lambda _request: redirect("/list/"))
    assert elsewhere(fragment).status_code == 302


@pytest.mark.django_db(transaction=True)
@override_settings(DEMO=True)
@pytest.mark.parametrize("width", [1440, 1366, 390])
def test_all_components_pass_axe_and_fit(
    browser_page: Page,
    axe: Callable[..., list[str]],
    sign_in: Callable[[Page, User], None],
    ledger_admin: User,
    width: int,
) -> None:
    sign_in(browser_page, ledger_admin)
    browser_page.set_viewport_size({"width": width, "height": 844})
    browser_page.goto(reverse("core:style"))
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= width
    assert axe(browser_page) == []
    browser_page.locator(".finder-input").first.click()
    assert browser_page.locator(".finder-list:visible").count() == 1
    assert axe(browser_page) == []
    browser_page.keyboard.press("Escape")
    browser_page.locator(".datefield-btn").first.click()
    assert axe(browser_page) == []


@pytest.mark.django_db(transaction=True)
@override_settings(DEMO=True)
def test_the_keyboard_alone_is_enough(
    browser_page: Page, sign_in: Callable[[Page, User], None], ledger_admin: User
) -> None:
    sign_in(browser_page, ledger_admin)
    browser_page.goto(reverse("core:style"))
    page = browser_page
    # The summary of errors has the focus; a line leads to its field.
    page.locator(".form-errors:focus").wait_for()
    # The finder: type, Enter.
    page.locator(".finder-input").first.focus()
    page.keyboard.type("医管")
    page.keyboard.press("Enter")
    assert page.locator("select[name=lead]").first.input_value() == "1"
    # The date field: down opens the month, arrows move, Enter takes, the focus is back.
    field = page.locator("input[name=due]").first
    field.fill("2024-11-30")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert field.input_value() == "2024-12-01"
    page.locator("[name=due]:focus").wait_for()
    # What was typed comes back after a reload, and can be discarded.
    note = page.locator("textarea[name=note]").first
    assert page.get_attribute("body", "data-user") == str(ledger_admin.pk)
    note.fill("写了一半")
    page.reload()
    assert note.input_value() == "写了一半"
    page.locator("[data-draft-drop]").first.click()
    assert note.input_value() == ""
    page.reload()
    assert note.input_value() == ""
    # The folded sidebar is remembered.
    page.locator("[data-fold]").click()
    page.reload()
    assert page.evaluate("document.querySelector('.sidebar').offsetWidth") == 56
    # Rows ticked together.
    page.locator("[data-select-all]").check()
    assert page.locator("[data-selected-count]").inner_text() == "4"
    page.locator("[data-select-none]").click()
    assert page.locator("[data-selection-bar]").is_hidden()


@pytest.mark.django_db(transaction=True)
@override_settings(DEMO=True)
def test_a_first_visit_takes_few_requests(
    browser_page: Page, sign_in: Callable[[Page, User], None], ledger_admin: User
) -> None:
    sign_in(browser_page, ledger_admin)
    asked: list[str] = []
    browser_page.on("request", lambda request: asked.append(request.url))
    # No page has more kinds of pictures on it.
    browser_page.goto(reverse("core:style"), wait_until="networkidle")
    assert len([url for url in asked if url.startswith("http")]) <= MOST_REQUESTS, asked


@pytest.mark.django_db(transaction=True)
def test_a_printed_page_has_its_foot_in_the_margin(
    browser_page: Page, sign_in: Callable[[Page, User], None], clerk: User
) -> None:
    sign_in(browser_page, clerk)
    browser_page.goto(reverse("remediation:work"))
    foot = browser_page.locator(".print-foot")
    knows_margins = browser_page.evaluate("'CSSMarginRule' in window")
    assert foot.get_attribute("hidden") is None
    browser_page.pdf()
    assert (foot.get_attribute("hidden") is not None) is knows_margins
    rules = browser_page.evaluate("Array.from(document.styleSheets[0].cssRules).map((rule) => rule.cssText)")
    assert any("@bottom-left" in rule for rule in rules) is knows_margins
    browser_page.pdf()
    assert browser_page.evaluate("document.styleSheets[0].cssRules.length") == len(rules)
