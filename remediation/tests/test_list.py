"""The list by measure and by item: scope, strict filters, order, pages, columns, saved filters, query counts."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Office, OfficeAlias, User
from core.clock import midnight, midnight_after, today
from core.models import CalendarDay
from remediation import conditions
from remediation.counting.measures import MeasureTotals, measure_totals
from remediation.filters import MeasureFilterSet, Reader
from remediation.importing.words import STATE_WORDS
from remediation.lights import Light, LightRule
from remediation.links import items_url, measures_url
from remediation.models import Ledger, Measure, SavedFilter
from remediation.states import REACHED_STATES, CompletionStatus, WorkflowState
from tests.ledgers import make_item, make_ledger, make_measure, make_office, make_section
from tests.people import make_position

pytestmark = pytest.mark.django_db
LIST = "/measures/"
DONE, STARTED = CompletionStatus.COMPLETED, CompletionStatus.IN_PROGRESS


def rows_of(client: Client, url: str, status: int = 200) -> list[str]:
    """The texts (measures) or problems (items) of a page, in order."""
    response = client.get(url)
    assert response.status_code == status, response.content[:300]
    return [getattr(row, "text", None) or row.problem for row in response.context["rows"]]


def total_of(client: Client, url: str) -> int:
    response = client.get(url)
    assert response.status_code == 200, url
    total: int = response.context["counts"].total
    return total


@pytest.fixture
def ledger(office: Office) -> Ledger:
    return make_ledger("甲台账", year=today().year)


@pytest.fixture
def mixed(ledger: Ledger, office: Office, other_office: Office) -> dict[str, Measure]:
    """One measure for each thing that a list tells apart."""
    day = today()
    leader = make_position("副主任（分管医政）")
    section = make_section(ledger, "一、甲方面")
    below = make_section(ledger, "1.甲问题", parent=section)
    item = make_item(ledger, "转诊标准不统一", section=below, number="12")
    other = make_item(ledger, "档案互通率低", number="9", is_reform_item=True, kind="inference_item")
    held = make_item(ledger, "挂账的问题", number="3", workflow_state=WorkflowState.SUSPENDED)
    gone = make_item(ledger, "移送的问题", number="4", workflow_state=WorkflowState.TRANSFERRED)
    return {
        "red": make_measure(
            item,
            "制定病种目录",
            lead=[office],
            leader=leader,
            due=day - timedelta(days=3),
            status=STARTED,
            number=2,
        ),
        "old_red": make_measure(
            item, "签订协议", lead=[office], due=day - timedelta(days=40), status=STARTED, percent=60
        ),
        "today": make_measure(other, "今天到期", lead=[other_office], assisting=[office], due=day),
        "far": make_measure(other, "打通调阅", lead=[other_office, office], due=day + timedelta(days=300)),
        "done": make_measure(
            other, "停用旧系统", lead=[other_office], due=day - timedelta(days=9), status=DONE
        ),
        "undated": make_measure(item, "没有时限的", is_long_term=True),
        "held": make_measure(held, "挂账的", lead=[office], due=day - timedelta(days=9)),
        "gone": make_measure(gone, "移送的", lead=[office], due=day - timedelta(days=9)),
    }


# -- scope and order ---------------------------------------------------------------------------------------------------


def test_opens_with_the_worst_light_first_and_completed_rows_last(
    client: Client, ledger_admin: User, mixed: dict[str, Measure]
) -> None:
    client.force_login(ledger_admin)
    shown = rows_of(client, LIST)
    assert shown[:5] == [mixed[name].text for name in ("old_red", "red", "today", "far", "undated")]
    assert set(shown[5:]) == {mixed["done"].text, mixed["held"].text}


def test_a_person_sees_the_rows_of_their_scope(
    client: Client, other_clerk: User, mixed: dict[str, Measure]
) -> None:
    client.force_login(other_clerk)
    assert set(rows_of(client, LIST)) == {mixed[name].text for name in ("today", "far", "done")}


def test_administrators_have_no_list(client: Client, sys_admin: User) -> None:
    client.force_login(sys_admin)
    assert client.get(LIST).status_code == 404


def test_what_is_transferred_is_shown_only_when_asked_for(
    client: Client, ledger_admin: User, mixed: dict[str, Measure]
) -> None:
    client.force_login(ledger_admin)
    assert mixed["gone"].text not in rows_of(client, LIST)
    assert rows_of(client, f"{LIST}?state=transferred") == [mixed["gone"].text]


@pytest.mark.parametrize(
    "order", ["due", "-due", "number", "-number", "status", "-status", "updated", "-updated"]
)
@pytest.mark.parametrize("page", ["measures", "items"])
def test_every_order_shows_every_row(
    client: Client, ledger_admin: User, mixed: dict[str, Measure], order: str, page: str
) -> None:
    client.force_login(ledger_admin)
    assert len(rows_of(client, f"/{page}/?sort={order}")) == {"measures": 7, "items": 3}[page]


def test_pages_keep_the_query(client: Client, ledger_admin: User, ledger: Ledger) -> None:
    item = make_item(ledger)
    for _serial in range(45):
        make_measure(item)
    client.force_login(ledger_admin)
    response = client.get(f"{LIST}?per_page=20&page=3&status=not_started")
    assert len(response.context["rows"]) == 5
    page = response.content.decode()
    assert "status=not_started" in page
    assert "page=2" in page
    assert len(rows_of(client, f"{LIST}?per_page=20&page=99")) == 5


# -- filters -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("light=red", {"red", "old_red"}),
        ("light=red&light=yellow", {"red", "old_red", "today"}),
        ("light=grey&not_completed=1", {"undated", "held"}),
        ("status=in_progress", {"red", "old_red"}),
        ("status=in_progress&status=completed", {"red", "old_red", "done"}),
        ("not_completed=1", {"red", "old_red", "today", "far", "undated", "held"}),
        ("open=1", {"red", "old_red", "today", "far", "undated"}),
        ("open=0", {"done", "held"}),
        ("state=suspended", {"held"}),
        ("kind=inference_item", {"today", "far", "done"}),
        ("reform=1", {"today", "far", "done"}),
        ("long_term=1", {"undated"}),
        ("long_term=0&status=completed", {"done"}),
        ("no_deadline=1", {"undated"}),
        ("no_office=1", {"undated"}),
        ("due_within=5", {"today"}),
        ("red_within=7", {"red"}),
        ("dated=0", {"undated"}),
        ("first_due_passed=1", {"red", "old_red", "done", "held"}),
        ("first_due_passed=1&not_completed=1", {"red", "old_red", "held"}),
        ("q=病种", {"red"}),
        ("q=档案互通", {"today", "far", "done"}),
        ("q=12-2", {"red"}),
        ("q=具体12-2", {"red"}),
        ("q=１２－２", {"red"}),
        ("q=档案 旧系统", {"done"}),
        ("q=没有这样的字", set()),
    ],
)
def test_a_filter_leaves_its_rows(
    client: Client, ledger_admin: User, mixed: dict[str, Measure], query: str, names: set[str]
) -> None:
    client.force_login(ledger_admin)
    assert set(rows_of(client, f"{LIST}?{query}")) == {mixed[name].text for name in names}
    assert total_of(client, f"{LIST}?{query}") == len(names)


def test_offices_by_role_and_with_those_below(
    client: Client,
    ledger_admin: User,
    mixed: dict[str, Measure],
    organ: Office,
    office: Office,
    other_office: Office,
) -> None:
    client.force_login(ledger_admin)

    def found(**conditions_: Any) -> set[str]:
        texts = set(rows_of(client, measures_url(**conditions_)))
        return {name for name, row in mixed.items() if row.text in texts}

    assert found(office=office.pk) == {"red", "old_red", "today", "far", "held"}
    assert found(office=office.pk, role="lead") == {"red", "old_red", "far", "held"}
    assert found(office=office.pk, role="main") == {"red", "old_red", "held"}
    assert found(office=office.pk, role="assisting") == {"today"}
    assert found(office=organ.pk) == set()
    assert found(office=organ.pk, below=True, role="assisting") == {"today"}
    assert found(office=[office.pk, other_office.pk], role="main") == {
        "red", "old_red", "held", "today", "far", "done",
    }  # fmt: skip


def test_a_section_holds_those_below_it(
    client: Client, ledger_admin: User, ledger: Ledger, mixed: dict[str, Measure]
) -> None:
    client.force_login(ledger_admin)
    top = ledger.sections.get(parent=None)
    assert set(rows_of(client, measures_url(section=top.pk))) == {
        mixed[name].text for name in ("red", "old_red", "undated")
    }


def test_leader_and_dates(client: Client, ledger_admin: User, mixed: dict[str, Measure]) -> None:
    client.force_login(ledger_admin)
    red = mixed["red"]
    assert rows_of(client, measures_url(leader=red.leader_id)) == [red.text]
    assert rows_of(client, measures_url(due_after=red.due_date, due_before=red.due_date)) == [red.text]


def test_a_deadline_is_asked_for_by_its_own_day_and_not_by_that_of_a_review(
    client: Client, ledger_admin: User, ledger: Ledger
) -> None:
    item, day = make_item(ledger), today()
    make_measure(item, "早一天", due=day - timedelta(days=1))
    make_measure(item, "当天", due=day, status=DONE)
    make_measure(item, "晚一天", due=day + timedelta(days=1), review_date=day - timedelta(days=9))
    make_measure(item, "只有复核日", review_date=day, is_long_term=True)
    client.force_login(ledger_admin)
    assert set(rows_of(client, measures_url(due_after=day))) == {"当天", "晚一天"}
    assert set(rows_of(client, measures_url(due_before=day))) == {"早一天", "当天"}


@pytest.mark.parametrize(
    "query",
    [
        "light=purple",
        "light=red&light=purple",
        "status=basically_completed",
        "state=nowhere",
        "ledger=999999",
        "ledger=eins",
        "section=999999",
        "office=999999",
        "leader=999999",
        "below=1",
        "role=lead",
        "due_after=2024-02-30",
        "due_after=2024-1-1",
        "due_after=2024-05-02&due_before=2024-05-01",
        "due_within=0",
        "due_within=many",
        "open=2",
        "reform=yes",
        "colour=red",
        "sort=colour",
        "per_page=7",
        "columns=secret",
        "format=pdf",
        "id=1%27--",
    ],
)
def test_what_is_not_possible_is_named_and_shows_no_row(
    client: Client, ledger_admin: User, mixed: dict[str, Measure], query: str
) -> None:
    client.force_login(ledger_admin)
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 422
    assert response.context["rows"] == []
    assert response.context["problems"]
    assert response.context["problems"][0].value in response.content.decode().replace("&#x27;", "'")


def test_a_refused_filter_exports_nothing(
    client: Client, ledger_admin: User, mixed: dict[str, Measure]
) -> None:
    client.force_login(ledger_admin)
    response = client.get(f"{LIST}?light=purple&format=xlsx")
    assert response.status_code == 422
    assert response["Content-Type"].startswith("text/html")


def test_another_scopes_ledger_is_refused_like_one_that_does_not_exist(
    client: Client, clerk: User, other_office: Office
) -> None:
    foreign = make_ledger("乙台账")
    make_measure(make_item(foreign), lead=[other_office])
    client.force_login(clerk)
    assert client.get(f"{LIST}?ledger={foreign.pk}").status_code == 422


def test_filter_sets_share_nothing_that_one_of_them_sets(
    ledger_admin: User, clerk: User, ledger: Ledger
) -> None:
    rule = LightRule.build(today(), CalendarDay.objects.work_calendar())
    wide = MeasureFilterSet(
        QueryDict(f"ledger={ledger.pk}"), reader=Reader(ledger_admin, rule, {ledger.pk: ledger})
    )
    narrow = MeasureFilterSet(QueryDict(f"ledger={ledger.pk}"), reader=Reader(clerk, rule, {}))
    assert not wide.problems
    assert [problem.parameter for problem in narrow.problems] == ["ledger"]
    assert wide.form.fields["ledger"].words([ledger.pk]) == ledger.title
    assert narrow.form.fields["ledger"].words([ledger.pk]) == str(ledger.pk)
    assert wide.filters["light"].parent is wide
    assert narrow.filters["light"].parent is narrow
    # The method of a filter is found on the filter's own set.
    assert wide.filters["light"].filter.method.__self__ is wide
    assert narrow.filters["light"].filter.method.__self__ is narrow


# -- figures are the lists that they link to ---------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["ledger_admin", "clerk", "other_clerk", "portfolio_leader"])
def test_every_figure_equals_its_list(
    client: Client, people: dict[str, User], mixed: dict[str, Measure], person: str
) -> None:
    user = people[person]
    client.force_login(user)
    rule = LightRule.build(today(), CalendarDay.objects.work_calendar())
    totals: MeasureTotals = measure_totals(Measure.objects.visible_to(user), rule)
    assert total_of(client, LIST) == totals.total
    assert total_of(client, f"{LIST}?status=completed") == totals.completed
    assert total_of(client, f"{LIST}?not_completed=1") == totals.not_completed
    assert total_of(client, f"{LIST}?state=suspended") == totals.suspended
    assert total_of(client, f"{LIST}?long_term=1") == totals.long_term
    assert total_of(client, f"{LIST}?dated=1") == totals.dated
    assert total_of(client, f"{LIST}?dated=1&status=completed") == totals.dated_completed
    assert total_of(client, f"{LIST}?first_due_passed=1") == totals.first_due_passed
    for light in Light:
        assert total_of(client, f"{LIST}?light={light}&not_completed=1") == totals.light(light), light


def test_the_lights_on_the_page_equal_their_lists(
    client: Client, ledger_admin: User, mixed: dict[str, Measure]
) -> None:
    client.force_login(ledger_admin)
    for page in (LIST, "/items/"):
        for link in client.get(f"{page}?not_completed=1").context["lights"]:
            assert total_of(client, page + link.url) == link.count


def test_conditions_are_the_lists_conditions(
    client: Client, ledger_admin: User, mixed: dict[str, Measure]
) -> None:
    client.force_login(ledger_admin)
    calendar = CalendarDay.objects.work_calendar()
    counted = Measure.objects.counted()
    newly = counted.filter(conditions.newly_red(today(), days=7)).count()
    assert total_of(client, measures_url(red_within=7)) == newly == 1
    soon = counted.filter(conditions.due_within(today(), calendar, workdays=10)).count()
    assert total_of(client, measures_url(due_within=10)) == soon == 1


# -- items -------------------------------------------------------------------------------------------------------------


def test_an_item_shows_the_worst_light_of_its_open_measures(
    client: Client, ledger_admin: User, mixed: dict[str, Measure]
) -> None:
    client.force_login(ledger_admin)
    assert rows_of(client, items_url(light="red")) == ["转诊标准不统一"]
    assert rows_of(client, items_url(light="yellow")) == ["档案互通率低"]
    assert rows_of(client, items_url(light="grey")) == ["挂账的问题"]
    assert rows_of(client, items_url(not_completed=True, reform=True)) == ["档案互通率低"]
    assert rows_of(client, items_url(q="12-2")) == ["转诊标准不统一"]


def test_items_by_office_status_and_deadline(
    client: Client, ledger_admin: User, ledger: Ledger, office: Office, mixed: dict[str, Measure]
) -> None:
    client.force_login(ledger_admin)
    opinion = make_item(ledger, "没有措施的意见", kind="opinion", reported_status=DONE, lead=[office])
    assert rows_of(client, items_url(status="completed")) == [opinion.problem]
    assert opinion.problem in rows_of(client, items_url(office=office.pk, role="main"))
    latest = mixed["far"].due_date
    assert rows_of(client, items_url(due_after=latest)) == ["档案互通率低"]
    ledger.unfinished_counts_as_basically_completed = True
    ledger.save()
    assert len(rows_of(client, items_url(status="basically_completed"))) == 3


# -- what a person chooses ---------------------------------------------------------------------------------------------


def test_columns_are_kept_per_person_and_in_the_address(
    client: Client, ledger_admin: User, clerk: User, mixed: dict[str, Measure]
) -> None:
    client.force_login(ledger_admin)
    assert client.get(LIST).context["columns"][:2] == ["number", "text"]
    answer = client.post(
        reverse("remediation:columns_save", args=["measures"]),
        {"columns": ["assisting", "light"], "query": "light=red"},
    )
    assert (
        answer["Location"] == f"{LIST}?light=red&columns=number&columns=text&columns=assisting&columns=light"
    )
    assert client.get(LIST).context["columns"] == ["number", "text", "assisting", "light"]
    assert client.get(f"{LIST}?columns=note").context["columns"] == ["number", "text", "note"]
    client.post(reverse("remediation:columns_save", args=["measures"]), {"reset": "1", "query": ""})
    assert "leader" in client.get(LIST).context["columns"]
    client.force_login(clerk)
    assert "leader" in client.get(LIST).context["columns"]


def test_every_column_can_be_drawn(client: Client, ledger_admin: User, mixed: dict[str, Measure]) -> None:
    client.force_login(ledger_admin)
    for page in ("measures", "items"):
        names = client.get(f"/{page}/").context["choosable"]
        query = "&".join(f"columns={name}" for name in names)
        assert client.get(f"/{page}/?{query}").status_code == 200


def test_saved_filters_are_the_persons_own(
    client: Client, ledger_admin: User, clerk: User, mixed: dict[str, Measure]
) -> None:
    client.force_login(ledger_admin)
    save = reverse("remediation:filter_save", args=["measures"])
    client.post(save, {"name": "红的", "query": "light=red&page=4"})
    client.post(save, {"name": "红的", "query": "light=red&office="})
    row = SavedFilter.objects.get()
    assert (row.user, row.query) == (ledger_admin, "measures?light=red")
    menu = client.get("/lists/measures/filter/?menu=saved").content.decode()
    assert "红的" in menu
    assert "红的" not in client.get("/lists/items/filter/?menu=saved").content.decode()
    client.post(save, {"name": "  ", "query": "light=red"})
    client.post(save, {"name": "空的", "query": ""})
    assert SavedFilter.objects.count() == 1
    delete = reverse("remediation:filter_delete", args=[row.pk])
    client.force_login(clerk)
    assert client.post(delete).status_code == 404
    client.force_login(ledger_admin)
    client.post(delete)
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(
    "name", ["ledger", "section", "office", "leader", "light", "status", "state", "due", "more"]
)
@pytest.mark.parametrize("page", ["measures", "items"])
def test_menus_offer_what_the_filter_takes(
    client: Client, ledger_admin: User, mixed: dict[str, Measure], name: str, page: str
) -> None:
    client.force_login(ledger_admin)
    response = client.get(f"/lists/{page}/filter/?menu={name}&q=a&light=red")
    assert response.status_code == 200
    for group in response.context["menu"].groups:
        for option in group.options:
            if option.value and group.parameter not in ("role", "below"):
                query = f"/{page}/?{group.parameter}={option.value}"
                assert client.get(query).status_code == 200, query
    assert client.get(f"/lists/{page}/filter/?light=red").status_code == 200
    assert client.get(f"/lists/{page}/filter/?menu=nothing").status_code == 404


def test_only_states_that_rows_can_have_are_offered(
    client: Client, ledger_admin: User, mixed: dict[str, Measure]
) -> None:
    assert set(STATE_WORDS.values()) < set(REACHED_STATES)
    client.force_login(ledger_admin)

    def offered(query: str) -> list[str]:
        menu = client.get(f"/lists/measures/filter/?menu=state{query}").context["menu"]
        return [option.label for option in menu.groups[0].options]

    assert offered("") == ["办理中", "已办结", "已销号", "已撤销"]
    # What an address asks for is there to be unticked.
    assert "已挂账" in offered("&state=suspended")


def test_names_of_the_ledgers_year(client: Client, ledger_admin: User, office: Office) -> None:
    old = make_ledger("2019年台账", year=2019)
    make_measure(make_item(old), lead=[office])
    OfficeAlias.objects.create(office=office, name="医政处", is_former=True, valid_to=date(2021, 6, 30))
    client.force_login(ledger_admin)
    page = client.get(measures_url(ledger=old.pk)).content.decode()
    assert "医政处" in page


def test_an_empty_list_says_what_to_drop(
    client: Client, ledger_admin: User, mixed: dict[str, Measure]
) -> None:
    client.force_login(ledger_admin)
    response = client.get(f"{LIST}?status=completed&light=red")
    assert response.context["culprit"]["url"] == "?status=completed"
    assert response.status_code == 200


def test_htmx_is_given_the_list_alone(client: Client, ledger_admin: User, mixed: dict[str, Measure]) -> None:
    client.force_login(ledger_admin)
    headers = {"HX-Request": "true", "HX-Target": "list"}
    page = client.get(f"{LIST}?light=red", headers=headers).content.decode()
    assert "<html" not in page
    assert mixed["red"].text in page
    assert mixed["done"].text not in page


def test_print_holds_every_filtered_row_and_the_filter_as_a_sentence(
    client: Client, ledger_admin: User, ledger: Ledger
) -> None:
    item = make_item(ledger)
    for _serial in range(60):
        make_measure(item)
    client.force_login(ledger_admin)
    response = client.get(f"{LIST}?ledger={ledger.pk}&status=not_started&print=1")
    assert len(response.context["rows"]) == 60
    assert "完成状态：未启动" in response.context["sentence"]
    assert "共60条" in response.context["sentence"]


def test_switcher_remembers_the_ledger_for_pages_without_one(
    client: Client, ledger_admin: User, ledger: Ledger
) -> None:
    second = make_ledger("乙台账")
    client.force_login(ledger_admin)
    assert client.get("/tree/").context["ledger"] in (ledger, second)
    client.get(f"{LIST}?ledger={ledger.pk}")
    assert client.get("/tree/").context["ledger"] == ledger
    client.get(f"{LIST}?ledger={second.pk}")
    assert client.get("/tree/").context["ledger"] == second
    # A list without a ledger shows all of them, and says so.
    assert client.get(LIST).context["ledger_switcher"]["current"] is None


# -- speed -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["ledger_admin", "clerk", "principal_leader", "portfolio_leader"])
@pytest.mark.parametrize("page", [LIST, "/items/"])
def test_queries_do_not_grow_with_rows(
    client: Client, people: dict[str, User], ledger: Ledger, office: Office, person: str, page: str
) -> None:
    client.force_login(people[person])
    leader = make_position("副主任（分管医政）")
    url = f"{page}?ledger={ledger.pk}&light=red&office={office.pk}"

    def one() -> None:
        item = make_item(ledger, lead=[office])
        make_measure(
            item,
            lead=[office],
            assisting=[make_office()],
            leader=leader,
            due=today() - timedelta(days=5),
            status=STARTED,
        )

    one()
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        assert len(client.get(url).context["rows"]) == 1
    for _serial in range(49):
        one()
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(url).context["rows"]) == 50
    assert len(many) == len(few)
    most = 12 if page == LIST else 14
    assert len(many) <= most, [query["sql"][:120] for query in many]


def test_a_report_is_found_by_its_day_in_the_organs_time_zone(
    client: Client, ledger_admin: User, mixed: dict[str, Measure]
) -> None:
    day = today()
    for name, moment in {
        "red": midnight(day) - timedelta(microseconds=1),
        "old_red": midnight(day),
        "today": midnight_after(day) - timedelta(microseconds=1),
        "far": midnight_after(day),
    }.items():
        Measure.objects.filter(pk=mixed[name].pk).update(reported_at=moment)
    client.force_login(ledger_admin)
    shown = rows_of(client, f"{LIST}?reported_after={day}&reported_before={day}")
    assert set(shown) == {mixed["old_red"].text, mixed["today"].text}
    assert len(rows_of(client, f"{LIST}?reported_after={day}")) == 3
    assert len(rows_of(client, f"{LIST}?reported_before={day}")) == 3


@pytest.mark.parametrize(
    ("query", "found"),
    [("reported_after=0001-01-01", 1), ("reported_before=9999-12-31", 1), ("reported_after=9999-12-31", 0)],
)
def test_a_day_at_the_end_of_time_is_a_day(
    client: Client, ledger_admin: User, mixed: dict[str, Measure], query: str, found: int
) -> None:
    Measure.objects.filter(pk=mixed["red"].pk).update(reported_at=midnight(today()))
    client.force_login(ledger_admin)
    assert len(rows_of(client, f"{LIST}?{query}")) == found


@pytest.mark.parametrize("query", ["", "&role=lead", "&role=main", "&below=1"])
def test_an_office_asked_for_shows_nothing_beyond_the_readers_scope(
    client: Client,
    clerk: User,
    ledger_admin: User,
    office: Office,
    other_office: Office,
    mixed: dict[str, Measure],
    query: str,
) -> None:
    """Of their own office all, as everybody who may see it; of another one what their own answers for with it."""
    everybody, own = Client(), client
    everybody.force_login(ledger_admin)
    own.force_login(clerk)
    asked = f"{LIST}?office={office.pk}{query}"
    assert set(rows_of(own, asked)) == set(rows_of(everybody, asked))
    foreign = set(rows_of(own, f"{LIST}?office={other_office.pk}{query}"))
    assert foreign == set(rows_of(everybody, f"{LIST}?office={other_office.pk}{query}")) & set(
        rows_of(own, LIST)
    )
    both = f"{LIST}?office={office.pk}&office={other_office.pk}{query}"
    assert set(rows_of(own, both)) == set(rows_of(everybody, both)) & set(rows_of(own, LIST))
