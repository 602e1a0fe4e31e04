"""我处室的工作: figures, groups, empty states, and a query count that does not grow."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Office, User
from accounts.roles import Role
from core.clock import now, today
from core.models import CalendarDay
from remediation.kept_figures import KeptFigures
from remediation.lights import Light, LightRule
from remediation.models import Item, Ledger, Measure
from remediation.models.ledger import RatesVisibility
from remediation.reporting import Progress, note_assistance, report_progress
from remediation.scope import sees_rates_of
from remediation.states import CompletionStatus, WorkflowState
from remediation.work import GROUP_ROWS, comparison, totals_by_role, waiting_count
from tests.ledgers import make_item, make_ledger, make_measure, make_office
from tests.people import make_user

pytestmark = pytest.mark.django_db

WORK = reverse("remediation:work")
DONE, GOING = CompletionStatus.COMPLETED, CompletionStatus.IN_PROGRESS


def due(workdays: int) -> date:
    """The day that many working days from today."""
    return CalendarDay.objects.work_calendar().add(today(), workdays)


@pytest.fixture
def ledger() -> Ledger:
    return make_ledger("巡视整改台账")


def lit(ledger: Ledger, office: Office, count: int, workdays: int, **fields: Any) -> list[Measure]:
    """``count`` measures led by ``office`` that are due in so many working days."""
    item = make_item(ledger)
    return [
        make_measure(item, lead=[office], due=due(workdays), status=GOING, percent=40, **fields)
        for _number in range(count)
    ]


@pytest.fixture
def shades(ledger: Ledger, office: Office, other_office: Office) -> Ledger:
    """2 red, 1 yellow, 3 blue, 1 green, 2 completed and 1 without a date led by ``office``; 2 that it assists."""
    for count, workdays in ((2, -10), (1, 3), (3, 15), (1, 60)):
        lit(ledger, office, count, workdays)
    item = make_item(ledger)
    for _number in range(2):
        make_measure(item, lead=[office], due=due(-5), status=DONE)
        make_measure(item, lead=[other_office], assisting=[office], due=due(2))
    make_measure(item, lead=[office])
    voided = make_item(ledger, workflow_state=WorkflowState.VOIDED)
    make_measure(voided, lead=[office], due=due(-3))
    return ledger


def cells(html: str) -> dict[str, int]:
    """Light -> figure of the strip."""
    strip = html.split('id="work-figures"')[1].split("work-rate", maxsplit=1)[0]
    return {
        light: int(value)
        for light, value in re.findall(r'light=(\w+)".*?class="figure-value[^>]*>\s*(\d+)', strip, re.DOTALL)
    }


@pytest.mark.requirement("S003-46")
def test_the_strip_counts_and_every_figure_equals_its_list(
    client: Client, clerk: User, shades: Ledger
) -> None:
    client.force_login(clerk)
    html = client.get(WORK).content.decode()
    assert cells(html) == {"red": 2, "yellow": 1, "blue": 3, "green": 1}
    assert "2 / 10" in html
    strip = html.split('id="work-figures"')[1].split("</div>")[0]
    for url in re.findall(r'<a class="figure-cell[^>]*href="([^"]+)"', strip):
        figure = re.search(r"light=(\w+)", url)
        count = cells(html)[figure.group(1)] if figure else 10
        rows = client.get(url.replace("&amp;", "&") + "&format=csv").getvalue().decode("utf-8-sig")
        assert len(list(csv.DictReader(io.StringIO(rows)))) == count, url


def test_assisting_shows_what_others_lead(client: Client, clerk: User, shades: Ledger) -> None:
    client.force_login(clerk)
    html = client.get(WORK, {"role": "assisting"}).content.decode()
    assert cells(html) == {"red": 0, "yellow": 2, "blue": 0, "green": 0}
    assert "note/" in html
    assert "report/" not in html


def test_groups_are_worst_first_and_capped(
    client: Client, clerk: User, ledger: Ledger, office: Office
) -> None:
    lit(ledger, office, GROUP_ROWS + 3, 2)
    lit(ledger, office, 1, -1)
    client.force_login(clerk)
    page = client.get(WORK)
    red, yellow = page.context["groups"]
    assert (red.light, len(red.rows), red.more) == (Light.RED, 1, 0)
    assert (yellow.light, len(yellow.rows), yellow.count, yellow.more) == (
        Light.YELLOW,
        GROUP_ROWS,
        GROUP_ROWS + 3,
        3,
    )


def test_one_ledger_or_all_open_ones(client: Client, clerk: User, office: Office) -> None:
    first, second = make_ledger("甲"), make_ledger("乙")
    lit(first, office, 1, -1)
    lit(second, office, 2, -1)
    archived = make_ledger("丙", archived_at=now())
    lit(archived, office, 4, -1)
    client.force_login(clerk)
    assert cells(client.get(WORK).content.decode())["red"] == 3
    assert cells(client.get(WORK, {"ledger": second.pk}).content.decode())["red"] == 2
    assert client.get(WORK, {"ledger": make_ledger("丁").pk}).status_code == 404
    assert client.get(WORK, {"role": "boss"}).status_code == 404


def test_an_office_above_counts_each_measure_below_once(
    client: Client, organ: Office, ledger: Ledger
) -> None:
    one, two = make_office(parent=organ), make_office(parent=organ)
    make_measure(make_item(ledger), lead=[one, two], due=due(-1))
    head = make_user(Role.OFFICE_HEAD, office=organ)
    client.force_login(head)
    assert cells(client.get(WORK).content.decode())["red"] == 1


@pytest.mark.parametrize(
    "role", [Role.SUPERVISION_OFFICE, Role.LEDGER_ADMIN, Role.LEADER, Role.DISCIPLINE_GROUP, Role.SYS_ADMIN]
)
def test_the_home_is_for_clerks_and_heads(client: Client, role: Role, office: Office) -> None:
    client.force_login(make_user(role, office=office))
    assert client.get(WORK).status_code == 404


def test_a_visitor_is_asked_to_sign_in(client: Client) -> None:
    assert client.get(WORK).status_code == 302


# -- nothing to do ----------------------------------------------------------------------------------------------------


def empty_title(client: Client, user: User, **query: str) -> str:
    client.force_login(user)
    html = client.get(WORK, query).content.decode()
    found = re.search(r'empty-title">(.*?)<', html)
    assert found, html
    return found.group(1)


def test_empty_states_say_what_comes_next(
    client: Client, clerk: User, ledger: Ledger, office: Office, other_office: Office
) -> None:
    titles = [empty_title(client, clerk)]
    make_measure(make_item(ledger), lead=[other_office], assisting=[office], due=due(60))
    titles.append(empty_title(client, clerk))
    later = make_measure(make_item(ledger), lead=[office], due=due(70))
    titles.append(empty_title(client, clerk))
    page = client.get(WORK).content.decode()
    assert f"/items/{later.item_id}/#measure-{later.pk}" in page
    Measure.objects.filter(pk=later.pk).update(due_date=None, first_due_date=None)
    titles.append(empty_title(client, clerk))
    Measure.objects.filter(pk=later.pk).update(status=DONE, percent=100)
    titles.append(empty_title(client, clerk))
    titles.append(empty_title(client, make_user(Role.CLERK)))
    assert len(set(titles)) == len(titles), titles


# -- items without measures -------------------------------------------------------------------------------------------


def opinions_shown(client: Client, **query: str) -> list[tuple[str, str, bool]]:
    """Problem, light and whether it can be reported of each item on the home."""
    owed = client.get(WORK, query).context["owed_items"]
    return [(row.item.problem, row.light, bool(row.reporting)) for row in owed.rows]


@pytest.mark.requirement("S003-21")
def test_items_without_measures_that_my_office_owes_are_there_worst_first(
    client: Client, clerk: User, ledger: Ledger, office: Office, other_office: Office
) -> None:
    make_item(ledger, "无时限", kind="opinion", lead=[office])
    make_item(ledger, "挂账", lead=[office], workflow_state=WorkflowState.SUSPENDED, due_date=due(-2))
    make_item(ledger, "快到", kind="opinion", lead=[office], due_date=due(2))
    late = make_item(ledger, "逾期", kind="opinion", lead=[office], due_date=due(-3), reported_status=GOING)
    make_item(ledger, "已落实", kind="opinion", lead=[office], reported_status=DONE)
    make_item(ledger, "移送", lead=[office], workflow_state=WorkflowState.TRANSFERRED)
    make_item(ledger, "协办", lead=[other_office], assisting=[office])
    make_item(ledger, "别处", lead=[other_office])
    make_measure(make_item(ledger, "有措施", lead=[office]), lead=[other_office])
    make_item(make_ledger("归档", archived_at=now()), "归档的", lead=[office])
    client.force_login(clerk)
    assert opinions_shown(client) == [
        ("逾期", Light.RED, True),
        ("快到", Light.YELLOW, True),
        ("无时限", Light.GREY, True),
        ("挂账", Light.GREY, True),
    ]
    assert opinions_shown(client, role="assisting") == [("协办", Light.GREY, False)]
    html = client.get(WORK).content.decode()
    assert f'href="/items/{late.pk}/#own-status"' in html
    assert 'id="own-status"' in client.get(f"/items/{late.pk}/").content.decode()
    # The strip and the groups speak of measures; nobody is told that nothing is there.
    assert cells(html) == {"red": 0, "yellow": 0, "blue": 0, "green": 0}
    assert "empty-title" not in html


def test_overdue_items_stand_with_what_is_overdue(
    client: Client, clerk: User, ledger: Ledger, office: Office
) -> None:
    lit(ledger, office, 1, 3)
    opinion = make_item(ledger, kind="opinion", lead=[office], due_date=due(9))
    client.force_login(clerk)

    def order() -> list[str]:
        return re.findall(r'id="(group-\w+|work-items)"', client.get(WORK).content.decode())

    assert order() == ["group-yellow", "work-items"]
    Item.objects.filter(pk=opinion.pk).update(due_date=due(-2))
    assert order() == ["work-items", "group-yellow"]
    lit(ledger, office, 1, -3)
    assert order() == ["group-red", "work-items", "group-yellow"]


def test_of_many_items_the_most_urgent_are_shown_and_how_many_there_are(
    client: Client, clerk: User, ledger: Ledger, office: Office
) -> None:
    for days in range(23):
        make_item(ledger, kind="opinion", lead=[office], due_date=due(days))
    client.force_login(clerk)
    page = client.get(WORK)
    assert (len(page.context["owed_items"].rows), page.context["owed_items"].count) == (20, 23)
    html = page.content.decode()
    assert "23个" in html
    assert "只列出最急的20个，共23个。" in html
    assert client.get(page.context["items_url"]).status_code == 200


# -- beside the organ -------------------------------------------------------------------------------------------------


def rule_today() -> LightRule:
    return LightRule.build(today(), CalendarDay.objects.work_calendar())


def test_the_comparison_is_own_rate_median_and_whole(
    clerk: User, office: Office, other_office: Office, organ: Office, ledger: Ledger
) -> None:
    third = make_office(parent=organ)
    item = make_item(ledger)
    for who, done, total in ((office, 1, 4), (other_office, 2, 2), (third, 1, 2)):
        for number in range(total):
            make_measure(item, lead=[who], status=DONE if number < done else GOING)
    own = totals_by_role(clerk, ledgers=[ledger.pk], rule=rule_today(), kept=KeptFigures())["lead"]
    found = comparison(clerk, ledgers=[ledger], own=own, rule=rule_today(), kept=KeptFigures())
    assert found is not None
    assert (found.own, found.median, found.whole) == (25, 50, 50)
    assert (found.place, found.offices, found.whole_completed, found.whole_total) == (3, 3, 4, 8)


def test_rates_of_a_restricted_ledger_are_in_nobody_elses_comparison(
    client: Client, clerk: User, office: Office, other_office: Office
) -> None:
    closed = make_ledger("内部", rates_visibility=RatesVisibility.SCOPE)
    item = make_item(closed)
    make_measure(item, lead=[office], due=due(-1))
    make_measure(item, lead=[other_office], status=DONE)
    client.force_login(clerk)
    assert client.get(WORK).context["comparison"] is None
    opened = make_ledger("公开")
    item = make_item(opened)
    make_measure(item, lead=[office], status=DONE)
    make_measure(item, lead=[other_office])
    found = client.get(WORK).context["comparison"]
    assert (found.own, found.whole_total) == (100, 2)


def test_the_rule_for_one_ledger_is_the_rule_for_many(people: dict[str, User]) -> None:
    ledgers = [make_ledger(rates_visibility=value) for value in RatesVisibility]
    for user in people.values():
        many = set(Ledger.objects.with_rates_for(user))
        assert many == {ledger for ledger in ledgers if sees_rates_of(user, ledger)}


# -- lately, waiting --------------------------------------------------------------------------------------------------


def test_lately_tells_what_was_saved_on_my_measures(
    client: Client, clerk: User, office: Office, other_clerk: User, other_office: Office, ledger: Ledger
) -> None:
    mine, foreign = make_measure(make_item(ledger), lead=[office], assisting=[other_office]), None
    foreign = make_measure(make_item(ledger), lead=[other_office])
    report_progress(mine, progress=Progress(GOING, 60), actor=clerk)
    note_assistance(mine, text="已配合", actor=other_clerk)
    report_progress(foreign, progress=Progress(GOING, 60), actor=other_clerk)
    client.force_login(clerk)
    lines = client.get(WORK).context["recent"]
    assert [line.event.measure for line in lines] == [mine, mine]


def test_after_a_save_the_strip_brings_the_rest_of_the_page_with_it(
    client: Client, clerk: User, shades: Ledger, office: Office
) -> None:
    red = Measure.objects.filter(duties__office=office, due_date__lt=today()).exclude(status=DONE).first()
    assert red is not None
    client.force_login(clerk)
    report_progress(red, progress=Progress(DONE), actor=clerk)
    query = {"part": "figures", "groups": "red.yellow.blue"}
    html = client.get(WORK, query, headers={"HX-Request": "true"}).content.decode()
    pieces = re.split(r'id="([\w-]+)"[^>]*hx-swap-oob="true"[^>]*>', html)
    parts = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    assert "1条" in parts["count-red"]
    assert "3条已完成" in parts["work-rest"]
    assert "已完成" in parts["work-recent-lines"]
    assert parts["side-count-remediation-work"].startswith("2<")
    assert parts["tab-count-remediation-work"].startswith("2<")
    assert html.count("<li") == 1, "no row of a measure comes along"


def test_waiting_are_red_and_yellow_in_open_ledgers(clerk: User, shades: Ledger, office: Office) -> None:
    lit(make_ledger("归档", archived_at=now()), office, 4, -1)
    assert waiting_count(clerk, today=today()) == 3


# -- how many queries -------------------------------------------------------------------------------------------------


def queries(client: Client, url: str) -> int:
    htmx = {"HX-Request": "true"} if "part=" in url else {}
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url, headers=htmx).status_code == 200
    return len(captured)


def test_as_many_queries_with_1_row_as_with_50(
    client: Client, clerk: User, ledger: Ledger, office: Office, other_office: Office
) -> None:
    def grow(count: int) -> None:
        for number in range(count):
            item = make_item(ledger)
            for workdays in (-3, 2, 15, 40):
                lead, assisting = (
                    ([office], [other_office]) if number % 2 == 0 else ([other_office], [office])
                )
                measure = make_measure(item, lead=lead, assisting=assisting, due=due(workdays))
            if number % 2 == 0:
                report_progress(measure, progress=Progress(GOING, 30), actor=clerk)
            make_item(ledger, kind="opinion", lead=lead, assisting=assisting, due_date=due(number))

    addresses = [WORK, f"{WORK}?role=assisting", f"{WORK}?ledger={ledger.pk}", f"{WORK}?part=figures"]
    grow(2)
    client.force_login(clerk)
    few = [queries(client, url) for url in addresses]
    grow(50)
    many = [queries(client, url) for url in addresses]
    assert many == few
    assert few[0] <= 12, few


def test_the_latest_day_of_recent_news(client: Client, clerk: User, office: Office, ledger: Ledger) -> None:
    measure = make_measure(make_item(ledger), lead=[office])
    report_progress(measure, progress=Progress(GOING, 60), actor=clerk, moment=now() - timedelta(days=40))
    client.force_login(clerk)
    assert client.get(WORK).context["recent"] == []
