"""Lists of ledgers too large to be counted for a page: rows first, the count after them, words that few rows hold."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Office, User
from core.clock import today
from core.models import CalendarDay
from remediation import filters, kept_figures
from remediation.kept_figures import renewed
from remediation.lights import LightRule
from remediation.models import Ledger
from remediation.states import CompletionStatus
from remediation.views import measures as measures_view
from tests.ledgers import make_item, make_ledger, make_measure

pytestmark = pytest.mark.django_db
LIST = "/measures/"
DONE, STARTED = CompletionStatus.COMPLETED, CompletionStatus.IN_PROGRESS


@pytest.fixture
def ledger(office: Office) -> Ledger:
    return make_ledger("甲台账", year=today().year)


@pytest.fixture
def large(ledger: Ledger, office: Office, other_office: Office, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    """A ledger whose figures are kept, and that is large enough for its counts to follow the rows."""
    monkeypatch.setattr(kept_figures, "KEEP_FROM", 10)
    monkeypatch.setattr(measures_view, "COUNT_AT_ONCE", 10)
    monkeypatch.setattr(filters, "FEW", 20)
    item = make_item(ledger)
    for number in range(45):
        make_measure(
            item,
            f"措施之{number}",
            lead=[office if number % 3 else other_office],
            due=today() - timedelta(days=number - 20),
            status=DONE if number % 5 == 0 else STARTED,
        )
    rule = LightRule.build(today(), CalendarDay.objects.work_calendar(), ledgers=[ledger])
    assert renewed(ledger, rule).keep()
    return ledger


def counted(answer: Any) -> tuple[int, dict[str, int]]:
    counts = answer.context["counts"]
    return counts.total, {light: rows for light, rows in counts.parts.items() if rows}


@pytest.mark.parametrize("person", ["ledger_admin", "clerk", "portfolio_leader"])
@pytest.mark.parametrize(
    "query", ["", "light=red", "light=grey", "office={office}", "office={office}&role=lead"]
)
def test_kept_counts_are_those_that_counting_gives(
    client: Client, people: dict[str, User], large: Ledger, office: Office, person: str, query: str
) -> None:
    client.force_login(people[person])
    address = f"{LIST}?{query.format(office=office.pk)}"
    kept = client.get(address)
    exact = client.get(f"{address}&part=counts")
    assert counted(kept) == counted(exact)
    assert len(kept.context["rows"]) == kept.context["counts"].total


def test_rows_come_first_and_the_count_follows(client: Client, ledger_admin: User, large: Ledger) -> None:
    client.force_login(ledger_admin)
    address = f"{LIST}?q=措施&per_page=20"
    first = client.get(address)
    assert first.context["counts"] is None
    assert len(first.context["rows"]) == 20
    assert "正在统计" in first.content.decode()
    last = client.get(f"{address}&page=3")
    assert len(last.context["rows"]) == 5
    assert not last.context["page"].has_next
    counts = client.get(f"{address}&part=counts&page=3", headers={"HX-Request": "true"})
    words = counts.content.decode()
    assert "<b>45</b>" in words
    assert "第41–45条，共45条" in words
    assert "part=counts" not in words
    assert "<tr" not in words
    # A page beyond the end is the last one, as everywhere.
    assert client.get(f"{address}&page=9").context["page"].number == 3
    assert client.get(f"{address}&q=没有这样的").context["rows"] == []


def test_a_list_of_items_lets_its_count_follow_too(client: Client, ledger_admin: User, large: Ledger) -> None:
    client.force_login(ledger_admin)
    assert client.get("/items/").context["counts"] is None
    assert counted(client.get("/items/?part=counts"))[0] == 1


def test_an_export_and_a_print_of_a_large_list_hold_every_row(
    client: Client, ledger_admin: User, large: Ledger
) -> None:
    client.force_login(ledger_admin)
    assert len(client.get(f"{LIST}?print=1").context["rows"]) == 45
    assert client.get(f"{LIST}?format=csv").getvalue().decode().count("措施之") == 45


# -- words -------------------------------------------------------------------------------------------------------------


@pytest.fixture(params=[0, 4, 500], ids=["none is few", "four are few", "all are few"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Up to how many rows that hold a word are named; the answers must not show it."""
    monkeypatch.setattr(filters, "FEW", request.param)
    return int(request.param)


@pytest.fixture
def worded(large: Ledger, office: Office) -> Ledger:
    """The large ledger with three items that say 窗口, and a measure."""
    for number in range(3):
        item = make_item(large, f"窗口问题{number}", number=f"7.{number}")
        make_measure(item, f"增设座席{number}", lead=[office], due=today() + timedelta(days=number))
    make_measure(make_item(large, "排队过长"), "多开窗口", lead=[office], due=today() - timedelta(days=1))
    return large


@pytest.mark.parametrize("person", ["ledger_admin", "clerk"])
@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ("q=窗口", ["多开窗口", "增设座席0", "增设座席1", "增设座席2"]),
        ("q=窗口&sort=-due", ["增设座席2", "增设座席1", "增设座席0", "多开窗口"]),
        ("q=窗口&light=red", ["多开窗口"]),
        ("q=窗口 座席1", ["增设座席1"]),
        ("q=7.1", ["增设座席1"]),
        ("q=没有这样的", []),
    ],
)
def test_words_find_the_same_however_many_hold_them(
    client: Client,
    people: dict[str, User],
    worded: Ledger,
    few: int,
    person: str,
    query: str,
    texts: list[str],
) -> None:
    client.force_login(people[person])
    answer = client.get(f"{LIST}?{query}")
    assert [row.text for row in answer.context["rows"]] == texts
    exact = client.get(f"{LIST}?{query}&part=counts").context["counts"]
    assert exact.total == len(texts)
    if (counts := answer.context["counts"]) is not None:
        assert counts == exact
    printed = client.get(f"{LIST}?{query}&print=1")
    assert [row.text for row in printed.context["rows"]] == texts
    in_csv = client.get(f"{LIST}?{query}&format=csv").getvalue().decode()
    assert all(text in in_csv for text in texts)
    assert in_csv.count("增设座席") + in_csv.count("多开窗口") == len(texts)


def test_a_word_that_few_rows_hold_is_counted_at_once(
    client: Client, ledger_admin: User, worded: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(ledger_admin)
    address = f"{LIST}?q=窗口"
    assert client.get(address).context["counts"].total == 4
    assert len(client.get("/items/?q=窗口").context["rows"]) == 4
    assert client.get("/items/?q=窗口").context["counts"].total == 4
    # What the lights would be without the condition on the light is not known of the rows found with it.
    assert client.get(f"{address}&light=red").context["counts"] is None
    monkeypatch.setattr(filters, "FEW", 3)
    assert client.get(address).context["counts"] is None


def test_a_scope_bounds_what_words_find(
    client: Client, clerk: User, worded: Ledger, other_office: Office, few: int
) -> None:
    make_measure(make_item(worded, "别处的窗口"), "别处去办", lead=[other_office])
    client.force_login(clerk)
    rows = client.get(f"{LIST}?q=窗口").context["rows"]
    assert [row.text for row in rows] == ["多开窗口", "增设座席0", "增设座席1", "增设座席2"]
