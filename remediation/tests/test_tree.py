"""The ledger by section: roll-ups, opened branches, filters, scope, stated totals."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Office, User
from core.clock import today
from remediation import tree
from remediation.models import Item, Ledger, Section, StatedTotal
from remediation.states import CompletionStatus, WorkflowState
from remediation.tree import OpenBranches
from tests.ledgers import make_item, make_ledger, make_measure, make_section

pytestmark = pytest.mark.django_db
DONE, STARTED = CompletionStatus.COMPLETED, CompletionStatus.IN_PROGRESS


@pytest.fixture
def ledger(office: Office, other_office: Office) -> Ledger:
    """Two sections; below the first a key problem with two items, of which one is struck off."""
    ledger = make_ledger("甲台账")
    first = make_section(ledger, "一、甲方面")
    second = make_section(ledger, "二、乙方面")
    key = make_section(ledger, "1.甲问题", parent=first, kind="key_problem")
    item = make_item(ledger, "转诊标准不统一", section=key, number="12")
    make_measure(item, "制定目录", lead=[office], due=today() - timedelta(days=3), status=STARTED, percent=60)
    make_measure(item, "签协议", lead=[office], status=DONE)
    struck = make_item(ledger, "管理不严", section=key, number="7", workflow_state=WorkflowState.CLOSED)
    make_measure(struck, "修订办法", lead=[office], status=DONE)
    make_measure(
        make_item(ledger, "责任不实", section=second, number="20"),
        "压实责任",
        lead=[other_office],
        status=DONE,
    )
    return ledger


def titles(client: Client, url: str) -> list[str]:
    response = client.get(url)
    assert response.status_code == 200
    return [row.title for row in response.context["rows"]]


def key_of(title: str) -> str:
    return f"s{Section.objects.get(title=title).pk}"


def test_opens_folded_to_key_problems(client: Client, ledger_admin: User, ledger: Ledger) -> None:
    client.force_login(ledger_admin)
    assert titles(client, f"/tree/?ledger={ledger.pk}") == ["一、甲方面", "1.甲问题", "二、乙方面"]


def test_branches_open_and_close_by_their_links(client: Client, ledger_admin: User, ledger: Ledger) -> None:
    client.force_login(ledger_admin)
    url = f"/tree/?ledger={ledger.pk}&branches="
    first, key = key_of("一、甲方面"), key_of("1.甲问题")
    assert titles(client, f"{url}{first}-{key}") == [
        "一、甲方面",
        "1.甲问题",
        "转诊标准不统一",
        "管理不严",
        "二、乙方面",
    ]
    item = Item.objects.get(number="12")
    opened = client.get(f"{url}{first}-{key}-i{item.pk}").context["rows"]
    assert [row.title for row in opened][3:5] == ["制定目录", "签协议"]
    assert opened[2].toggle == f"{first}-{key}"
    assert titles(client, f"{url}none") == ["一、甲方面", "二、乙方面"]
    assert len(titles(client, f"{url}all")) == 10
    # A closed section above hides what is open below it.
    assert titles(client, f"{url}{key}") == ["一、甲方面", "二、乙方面"]


def test_rows_carry_their_roll_up(client: Client, ledger_admin: User, ledger: Ledger) -> None:
    client.force_login(ledger_admin)
    page = client.get(f"/tree/?ledger={ledger.pk}&branches=all")
    first, key, item = page.context["rows"][:3]
    assert (first.items, first.totals.completed, first.totals.total) == (2, 2, 3)
    assert first.status == CompletionStatus.IN_PROGRESS
    assert [(light.light, light.count) for light in first.lights] == [("red", 1)]
    assert (item.totals.completed, item.totals.total) == (1, 2)
    struck = next(row for row in page.context["rows"] if row.title == "管理不严")
    assert struck.number.is_struck
    assert struck.state == WorkflowState.CLOSED
    second = next(row for row in page.context["rows"] if row.title == "二、乙方面")
    assert second.status == DONE
    assert key.depth == 1


def test_every_number_of_the_tree_is_the_list_that_it_links_to(
    client: Client, ledger_admin: User, ledger: Ledger
) -> None:
    client.force_login(ledger_admin)
    page = client.get(f"/tree/?ledger={ledger.pk}&branches=all")
    for cell in page.context["cells"]:
        if cell["url"]:
            assert client.get(cell["url"]).context["counts"].total == cell["totals"].total, cell["url"]
    for row in page.context["rows"]:
        if row.measures_url:
            assert client.get(row.measures_url).context["counts"].total == row.totals.total, row.measures_url
        if row.items_url:
            assert client.get(row.items_url).context["counts"].total == row.items, row.items_url
        for light in row.lights:
            if light.url:
                assert client.get(light.url).context["counts"].total == light.count, light.url


def test_the_reader_sees_their_own_part(client: Client, other_clerk: User, ledger: Ledger) -> None:
    client.force_login(other_clerk)
    page = client.get(f"/tree/?ledger={ledger.pk}&branches=all")
    assert [row.title for row in page.context["rows"]] == ["二、乙方面", "责任不实", "压实责任"]
    assert page.context["stated"] == []


def test_filters_narrow_rows_and_figures(
    client: Client, ledger_admin: User, ledger: Ledger, other_office: Office
) -> None:
    client.force_login(ledger_admin)
    url = f"/tree/?ledger={ledger.pk}&branches=all"
    assert titles(client, f"{url}&office={other_office.pk}") == ["二、乙方面", "责任不实", "压实责任"]
    assert titles(client, f"{url}&status=in_progress") == [
        "一、甲方面",
        "1.甲问题",
        "转诊标准不统一",
        "制定目录",
    ]
    assert client.get(f"{url}&status=nonsense").status_code == 422
    assert client.get(f"{url}&colour=red").status_code == 422


def test_a_foreign_ledger_is_not_found(client: Client, clerk: User, other_office: Office) -> None:
    foreign = make_ledger("乙台账")
    make_measure(make_item(foreign), lead=[other_office])
    client.force_login(clerk)
    assert client.get(f"/tree/?ledger={foreign.pk}").status_code == 404


def test_without_a_ledger_the_page_says_so(client: Client, ledger_admin: User) -> None:
    client.force_login(ledger_admin)
    assert client.get("/tree/").status_code == 200


@pytest.mark.requirement("S003-23", "S003-24")
def test_the_totals_of_a_ledger_link_to_their_lists(
    client: Client, ledger_admin: User, office: Office
) -> None:
    ledger = make_ledger("巡视整改台账")
    item = make_item(ledger)
    make_measure(item, lead=[office], status=CompletionStatus.COMPLETED)
    make_measure(item, lead=[office])
    client.force_login(ledger_admin)
    comparison = client.get(f"/ledgers/{ledger.pk}/").context["comparison"]
    linked = [(figure.computed, url) for _line, figures in comparison for figure, url in figures if url]
    assert len(linked) >= 5
    for count, url in linked:
        assert client.get(url).context["counts"].total == count, url


def test_stated_totals_stand_beside_the_computed_ones(
    client: Client, ledger_admin: User, ledger: Ledger
) -> None:
    StatedTotal.objects.create(ledger=ledger, subject="measures", total=5, completed=3, source="公开稿")
    StatedTotal.objects.create(ledger=ledger, subject="specific_problems", total=3)
    client.force_login(ledger_admin)
    page = client.get(f"/tree/?ledger={ledger.pk}")
    lines = {line.subject: line for line in page.context["stated"]}
    assert lines["measures"].total.difference == -1
    assert lines["specific_problems"].total.difference == 0
    assert page.context["stated_differs"]


def test_a_ledger_without_sections_lists_its_items(client: Client, ledger_admin: User) -> None:
    flat = make_ledger("平台账")
    make_measure(make_item(flat, "问题甲"), "措施甲")
    client.force_login(ledger_admin)
    assert titles(client, f"/tree/?ledger={flat.pk}&branches=all") == ["问题甲", "措施甲"]


def test_items_of_no_section_stand_below_whatever_is_open(
    client: Client, clerk: User, ledger_admin: User, ledger: Ledger, office: Office, other_office: Office
) -> None:
    make_measure(make_item(ledger, "散项甲"), "措施甲", lead=[office])
    make_measure(make_item(ledger, "散项乙"), "措施乙", lead=[other_office])
    url = f"/tree/?ledger={ledger.pk}&branches="
    client.force_login(ledger_admin)
    assert titles(client, f"{url}none") == ["一、甲方面", "二、乙方面", "散项甲", "散项乙"]
    second = ["一、甲方面", "二、乙方面", "责任不实", "散项甲", "散项乙"]
    assert titles(client, url + key_of("二、乙方面")) == second
    assert titles(client, f"{url}none&office={other_office.pk}") == ["二、乙方面", "散项乙"]
    client.force_login(clerk)
    assert titles(client, f"{url}none") == ["一、甲方面", "散项甲"]


def test_with_nothing_open_and_no_loose_item_the_sections_stand_alone(
    client: Client, ledger_admin: User, ledger: Ledger
) -> None:
    client.force_login(ledger_admin)
    assert titles(client, f"/tree/?ledger={ledger.pk}&branches=none") == ["一、甲方面", "二、乙方面"]


def test_htmx_is_given_the_tree_alone(client: Client, ledger_admin: User, ledger: Ledger) -> None:
    client.force_login(ledger_admin)
    answer = client.get(f"/tree/?ledger={ledger.pk}", headers={"HX-Request": "true", "HX-Target": "tree"})
    assert "<html" not in answer.content.decode()


def test_queries_do_not_grow_with_rows(client: Client, ledger_admin: User, ledger: Ledger) -> None:
    client.force_login(ledger_admin)
    url = f"/tree/?ledger={ledger.pk}&branches=all"
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    section = Section.objects.get(title="二、乙方面")
    for serial in range(10):
        below = make_section(ledger, f"第{serial}", parent=section)
        for _item in range(4):
            make_measure(make_item(ledger, section=below))
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(url).context["rows"]) == 100
    assert len(many) == len(few)


def test_what_the_address_says_about_branches() -> None:
    branches = OpenBranches("s1-i2-x3-s-s1", usual=[])
    assert branches.keys == ["s1", "i2"]
    assert branches.turned("s1") == "i2"
    assert OpenBranches("s1", usual=[]).turned("s1") == "none"
    assert OpenBranches(None, usual=["s4"]).turned("s5") == "s4-s5"
    assert OpenBranches("all", usual=[]).turned("s4", shown=["s4", "s5"]) == "s5"


def test_a_section_of_very_many_items_shows_the_first_and_leads_to_the_list(
    client: Client, ledger_admin: User, ledger: Ledger, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "MOST_ITEMS_A_SECTION", 2)
    key = Section.objects.get(title="1.甲问题")
    second = Section.objects.get(title="二、乙方面")
    for number in range(3):
        make_measure(make_item(ledger, f"又一问题{number}", section=key), "措施", lead=[office])
    client.force_login(ledger_admin)
    url = f"/tree/?ledger={ledger.pk}&branches=s{key.parent_id}-s{key.pk}-s{second.pk}"
    page = client.get(url)
    rows = page.context["rows"]
    assert [row.title for row in rows] == [
        "一、甲方面",
        "1.甲问题",
        "转诊标准不统一",
        "管理不严",
        "还有3项，在列表中查看",
        "二、乙方面",
        "责任不实",
    ]
    assert client.get(rows[4].items_url).context["counts"].total == 5
    assert f'href="{rows[4].items_url}"'.replace("&", "&amp;") in page.content.decode()
    # Under a condition the list by measure takes its place.
    narrowed = client.get(f"{url}&office={office.pk}").context["rows"]
    more = next(row for row in narrowed if row.is_more)
    assert more.items_url.startswith("/measures/")
    assert f"office={office.pk}" in more.items_url
