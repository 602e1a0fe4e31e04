"""The list of reminders: who sees it, its filters, and that it stays as fast when it grows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from supervision.models import Channel, Digest, DigestState, Reminder
from supervision.tests.reminded import MONDAY, Organ, make_organ, run, workday
from tests.ledgers import make_measure
from tests.people import make_user

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from accounts.models import User


@pytest.fixture
def organ(db: None) -> Organ:
    organ = make_organ()
    make_measure(organ.item, "即将到期的措施", lead=[organ.office], due=workday(-5))
    make_measure(organ.item, "已经逾期的措施", lead=[organ.other], due=workday(1))
    run()
    return organ


def shown(client: Client, user: User, **query: str) -> tuple[int, int]:
    """The status, and how many reminders the page says there are."""
    client.force_login(user)
    response = client.get(reverse("supervision:reminder_list"), query)
    found = response.status_code in {200, 422}
    return response.status_code, response.context["page"].paginator.count if found else 0


def test_only_the_supervision_office_and_the_ledger_admin_read_it(organ: Organ, client: Client) -> None:
    admin = make_user(Role.LEDGER_ADMIN, office=organ.root)
    assert shown(client, organ.supervisor) == (200, 3)
    assert shown(client, admin) == (200, 3)
    assert shown(client, organ.clerk)[0] == 404
    assert Reminder.objects.visible_to(organ.clerk).count() == 2


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"who": "医政"}, 2),
        ({"who": "other_clerk"}, 1),
        ({"stage": "overdue"}, 1),
        ({"stage": "due_soon"}, 2),
        ({"channel": "email"}, 1),
        ({"state": "sent"}, 3),
        ({"state": "failed"}, 0),
        ({"state": "next"}, 0),
        ({"since": "2026-11-23", "until": "2026-11-23"}, 3),
        ({"since": "2026-11-24"}, 0),
    ],
)
def test_filters(organ: Organ, client: Client, query: dict[str, str], count: int) -> None:
    assert shown(client, organ.supervisor, **query) == (200, count)


@pytest.mark.parametrize("query", [{"stage": "red"}, {"since": "2026-02-30"}, {"channel": "sms"}])
def test_an_impossible_value_shows_no_row(organ: Organ, client: Client, query: dict[str, str]) -> None:
    assert shown(client, organ.supervisor, **query) == (422, 0)


def test_questions_do_not_grow_with_rows(organ: Organ, client: Client) -> None:
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            shown(client, organ.supervisor)
        return len(asked)

    questions()
    few = questions()
    for _ in range(20):
        make_measure(organ.item, lead=[organ.office], due=workday(-1, day=MONDAY + timedelta(days=1)))
    run(MONDAY + timedelta(days=1))
    assert questions() <= few


@pytest.mark.django_db(transaction=True)
def test_the_page_in_a_browser(
    browser_page: Page, sign_in: Callable[[Page, User], None], axe: Callable[..., list[str]]
) -> None:
    organ = make_organ()
    make_measure(organ.item, "即将到期的措施" * 20, lead=[organ.office], due=workday(-5))
    make_measure(organ.item, "已经逾期的措施", lead=[organ.other], due=workday(1))
    sign_in(browser_page, organ.supervisor)
    browser_page.goto(reverse("supervision:reminder_list"))
    assert "还没有发过提醒" in browser_page.inner_text("main")
    assert axe(browser_page) == []
    run()
    Digest.objects.filter(channel=Channel.EMAIL).update(state=DigestState.FAILED, failure="550 unknown")
    browser_page.goto(reverse("supervision:reminder_list"))
    text = browser_page.inner_text("main")
    assert "3条提醒" in text
    assert "到期前5个工作日" in text
    assert "逾期1个工作日" in text
    assert "550 unknown" in text
    assert axe(browser_page) == []
    browser_page.set_viewport_size({"width": 390, "height": 844})
    assert browser_page.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe(browser_page) == []
