"""Every page of the demo organ in a real browser: axe, the security policy, sideways scroll, Chinese words.

``browser_page`` fails on any script error or report of the Content-Security-Policy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command

from accounts.models import User
from remediation.models import Item, Ledger, Measure

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.django_db(transaction=True)

# Words that are English in Chinese offices too, and what the demo's own data holds.
ALLOWED_ENGLISH = re.compile(
    r"^(Excel|CSV|csv|xlsx|xls|et|ods|XLSX|WPS|MB|KB|Ctrl|Enter|Esc|English|IP|example|invalid)$"
)
WORDS = re.compile(r"[A-Za-z]{2,}")


def pages_of(username: str) -> list[str]:
    """The addresses that this person of the demo opens."""
    main = Ledger.objects.get(title__contains="巡视")
    user = User.objects.get(username=username)
    item = Item.objects.visible_to(user).filter(ledger=main, measures__is_open=True).order_by("pk").first()
    business = [
        "/",
        "/dashboard/",
        f"/dashboard/?ledger={main.pk}",
        "/measures/",
        "/measures/?light=red",
        "/measures/?q=没有这样的字",
        "/measures/?light=紫",
        "/items/",
        f"/tree/?ledger={main.pk}",
        "/ledgers/",
        f"/ledgers/{main.pk}/",
        "/counting-rules/",
        "/calendar/",
        "/messages/",
        "/me/",
        *([f"/items/{item.pk}/"] if item else []),
    ]
    measure = Measure.objects.filter(ledger=main).order_by("pk").first()
    assert measure is not None
    own: dict[str, list[str]] = {
        "clerk": ["/work/", "/work/?role=assisting"],
        "ledger": [
            "/desk/",
            "/imports/",
            "/ledgers/new/",
            f"/ledgers/{main.pk}/edit/",
            f"/ledgers/{main.pk}/policy/",
            f"/ledgers/{main.pk}/stated/",
            f"/ledgers/{main.pk}/sections/new/",
            f"/ledgers/{main.pk}/items/new/",
            f"/items/{measure.item_id}/edit/",
            f"/items/{measure.item_id}/measures/new/",
            f"/measures/{measure.pk}/edit/",
            "/offices/",
            "/offices/new/",
            f"/offices/{user.office_id or 1}/",
            "/offices/import/",
            "/positions/",
            "/positions/new/",
            "/reminders/",
        ],
        "supervision": ["/reminders/"],
        "sysadmin": [
            "/accounts/",
            "/accounts/new/",
            "/accounts/import/",
            f"/accounts/{user.pk}/",
            "/me/",
            "/messages/",
        ],
        "secadmin": ["/roles/", f"/roles/{user.pk}/", "/me/"],
        "auditadmin": ["/audit/", "/me/"],
    }
    if username in ("head", "supervision", "leader", "discipline"):
        business = ["/", "/dashboard/", "/measures/", f"/ledgers/{main.pk}/"]  # what differs from the clerk's
    reads = username not in ("sysadmin", "secadmin", "auditadmin")
    return [*(business if reads else []), *own.get(username, []), "/password/", "/no-such-page/"]


def english_words(page: Page) -> list[str]:
    """English words that a reader sees on the page."""
    text: str = page.evaluate("document.body.innerText")
    names = set(WORDS.findall(" ".join(User.objects.values_list("username", flat=True))))
    return sorted({word for word in WORDS.findall(text) if not ALLOWED_ENGLISH.match(word)} - names)


@pytest.mark.slow
def test_every_page_of_every_person(
    browser_page: Page, sign_in: Callable[[Page, User], None], axe: Callable[[Page], list[str]]
) -> None:
    call_command("demo", verbosity=0)
    faults: list[str] = []
    names = [
        "clerk",
        "head",
        "ledger",
        "supervision",
        "leader",
        "discipline",
        "sysadmin",
        "secadmin",
        "auditadmin",
    ]
    for name in names:
        user = User.objects.get(username=name)
        sign_in(browser_page, user)
        for address in pages_of(name):
            for width, height in ((1366, 768), (390, 844)):
                browser_page.set_viewport_size({"width": width, "height": height})
                answer = browser_page.goto(address)
                assert answer is not None
                place = f"{name} {address} {width}"
                if answer.status >= 500 or (answer.status == 404 and address != "/no-such-page/"):
                    faults.append(f"{place}: answered {answer.status}")
                    continue
                scroll = browser_page.evaluate("document.documentElement.scrollWidth")
                if scroll > width:
                    faults.append(f"{place}: {scroll} px wide")
                if width == 1366:
                    faults += [f"{place}: {line}" for line in axe(browser_page)]
                    if words := english_words(browser_page):
                        faults.append(f"{place}: English words {words}")
    assert not faults, "\n".join(faults)
