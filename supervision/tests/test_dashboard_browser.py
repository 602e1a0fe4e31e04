"""The dashboard in a real browser: clean for axe, within its width, the chart drawn, one page of paper."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from accounts.models import User
from core.clock import today
from supervision.demo import loading

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_clean_fits_and_prints_on_one_page(
    browser_page: Page,
    axe: Callable[..., list[str]],
    sign_in: Callable[[Page, User], None],
    tmp_path: Path,
) -> None:
    loading.load(today=today())
    for username in ("leader", "clerk"):
        sign_in(browser_page, User.objects.get(username=username))
        for width, height in ((1440, 900), (1366, 768), (390, 844)):
            browser_page.set_viewport_size({"width": width, "height": height})
            browser_page.goto(reverse("supervision:dashboard"))
            browser_page.wait_for_selector(".board-chart svg path", state="attached")
            assert axe(browser_page) == []
            assert browser_page.evaluate("document.documentElement.scrollWidth") == width
            if width == 1366:
                # The worst thing is seen first, without scrolling.
                box = browser_page.locator(".board-worst li").last.bounding_box()
                assert box is not None
                assert box["y"] + box["height"] < height
    browser_page.set_viewport_size({"width": 1366, "height": 768})
    browser_page.goto(reverse("supervision:dashboard"))
    printed = browser_page.pdf(path=tmp_path / "dashboard.pdf", prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 1
    # The same figures as the chart, one click away.
    browser_page.locator(".board-details summary").click()
    assert browser_page.locator(".board-details tbody tr").count() >= 8
    assert axe(browser_page) == []
    browser_page.goto(reverse("supervision:dashboard") + "?view=table")
    assert axe(browser_page) == []
    assert browser_page.evaluate("document.documentElement.scrollWidth") == 1366
    browser_page.goto(reverse("supervision:dashboard") + "?date=2019-01-01")
    assert axe(browser_page) == []


def test_comparison_and_office_are_chosen_from_menus(
    browser_page: Page, sign_in: Callable[[Page, User], None]
) -> None:
    loading.load(today=today())
    sign_in(browser_page, User.objects.get(username="leader"))
    browser_page.goto(reverse("supervision:dashboard"))
    browser_page.get_by_role("button", name="全部处室").click()
    browser_page.get_by_role("link", name="医政医管处").first.click()
    browser_page.wait_for_url("**office=**")
    assert browser_page.get_by_role("button", name="医政医管处").is_visible()
    browser_page.locator(".board-days").locator("xpath=..").get_by_role("button").first.click()
    browser_page.get_by_role("link", name="一周前").click()
    browser_page.wait_for_url("**compare=**")
    assert "office=" in browser_page.url
