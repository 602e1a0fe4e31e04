"""The dashboard: every number equals the list that it links to, for everybody; and it asks little of the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from accounts.models import Office, User
from core.clock import today
from remediation.counting.ledgers import ledger_totals
from remediation.models import Ledger, Measure, RatesVisibility
from supervision import trend
from supervision.completion_lines import subject_totals
from supervision.dashboard import live_dashboard, live_figures
from supervision.demo import loading
from supervision.models import CompletionSnapshot
from supervision.population import Population
from supervision.tests.boards import links_of, page, queries_of, reader_for, rows_behind
from supervision.trend import from_history, month_end_before, past_of

MOST_QUERIES = 13
DEMO_READERS = [
    "leader",
    "leader2",
    "leader3",
    "supervision",
    "clerk",
    "clerk3",
    "head",
    "unit",
    "discipline",
    "ledger",
]


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    """The demo, loaded once for this module and taken back after it; the key of its main ledger."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield loading.load(today=today())[0].pk
        transaction.set_rollback(True)


@pytest.fixture
def demo(loaded: int, db: None) -> Ledger:
    """The demo's main ledger."""
    return Ledger.objects.get(pk=loaded)


@pytest.mark.parametrize("username", ["leader", "leader2", "clerk", "clerk3", "unit", "discipline"])
def test_every_number_is_its_list(demo: Ledger, username: str) -> None:
    user = User.objects.get(username=username)
    seen = {
        (link.href, link.number)
        for parameters in ({}, {"view": "table"}, {"role": "assisting"}, {"ledger": "all"})
        for link in links_of(page(user, **parameters))
    }
    assert len(seen) > 20
    for href, number in seen:
        assert rows_behind(href, user) == number, href


def test_one_office_narrows_everything(demo: Ledger) -> None:
    leader = User.objects.get(username="leader")
    office = Office.objects.get(name="医政医管处")
    html = page(leader, office=office.pk)
    found = links_of(html)
    assert len(found) > 20
    for link in found:
        assert rows_behind(link.href, leader) == link.number, link
    own = Population(reader_for(leader), demo, office.pk)
    assert (
        live_figures(own).totals.total
        == Measure.objects.filter(ledger=demo, duties__office=office, duties__role="lead").count()
    )


def test_the_leader_sees_what_the_document_states_beside_what_is_counted(demo: Ledger) -> None:
    html = page(User.objects.get(username="leader"))
    assert "89.1%" in html
    assert "与公布数一致" in html
    assert re.search(r"公布\s*<b>234</b>/263", html)
    assert re.search(r"公布\s*<b>5</b>/8", html)


def test_the_worst_come_first_and_say_why(demo: Ledger) -> None:
    board = live_dashboard(
        Population(reader_for(User.objects.get(username="leader")), demo), compare=month_end_before(today())
    )
    assert [row.light for row in board.worst] == ["red"] * 6
    assert board.worst[0].measure.watch_date == min(row.measure.watch_date for row in board.worst)
    assert "36" in board.worst[0].reason
    assert [row.main.completion_rate for row in board.ranking] == sorted(
        row.main.completion_rate or 0 for row in board.ranking
    )


def test_the_lines_are_the_totals_of_the_ledger(demo: Ledger) -> None:
    reader = reader_for(User.objects.get(username="supervision"))
    expected = ledger_totals(demo, reader.rule)
    found = subject_totals(Population(reader, demo))
    for subject, totals in found.items():
        assert totals == expected[subject], subject
    assert found["key_problems"].total == 14


# -- who sees what ----------------------------------------------------------------------------------------------------


def test_a_clerk_reads_all_rates_and_opens_only_the_own_rows(demo: Ledger) -> None:
    clerk = User.objects.get(username="clerk")
    board = live_dashboard(Population(reader_for(clerk), demo), compare=month_end_before(today()))
    names = {row.name for row in board.offices if row.lead.total}
    assert len(names) == 21
    assert [row.name for row in board.offices if row.has_lists] == ["医政医管处"]


def test_where_rates_are_not_open_a_clerk_sees_the_own_office(demo: Ledger) -> None:
    Ledger.objects.filter(pk=demo.pk).update(rates_visibility=RatesVisibility.SCOPE)
    clerk = User.objects.get(username="clerk")
    reader = reader_for(clerk)
    board = live_dashboard(Population(reader, reader.ledgers[demo.pk]), compare=month_end_before(today()))
    assert [row.name for row in board.offices] == ["医政医管处"]
    # The head of everything still sees all of them.
    leader = reader_for(User.objects.get(username="leader"))
    assert len(live_dashboard(Population(leader, leader.ledgers[demo.pk]), compare=today()).offices) > 20


def test_an_office_that_is_not_theirs_is_refused(demo: Ledger, client: Client) -> None:
    client.force_login(User.objects.get(username="clerk"))
    other = Office.objects.get(name="财务处")
    response = client.get(reverse("supervision:dashboard"), {"office": other.pk})
    assert response.status_code == 422
    assert "无权查看" in response.content.decode()


@pytest.mark.parametrize("username", ["sysadmin", "secadmin", "auditadmin"])
def test_administrators_have_no_dashboard(demo: Ledger, username: str, client: Client) -> None:
    client.force_login(User.objects.get(username=username))
    assert client.get(reverse("supervision:dashboard")).status_code == 404


def test_a_portfolio_leader_sees_the_portfolio(demo: Ledger) -> None:
    leader = User.objects.get(username="leader2")
    reader = reader_for(leader)
    assert live_figures(Population(reader, demo)).totals.total == (
        Measure.objects.visible_to(leader).filter(ledger=demo, is_counted=True).count()
    )


# -- past days --------------------------------------------------------------------------------------------------------


def test_the_chart_library_is_fetched_where_there_is_a_chart(demo: Ledger) -> None:
    leader = User.objects.get(username="leader")
    before_all = (today() - timedelta(days=900)).isoformat()
    for parameters, has_chart in (({}, True), ({"date": before_all}, False), ({"view": "table"}, False)):
        html = page(leader, **parameters)
        assert ('data-trend="' in html, "echarts" in html, "dashboard.js" in html) == (has_chart,) * 3


def test_a_past_day_has_figures_and_no_lists(demo: Ledger) -> None:
    leader = User.objects.get(username="leader")
    day = month_end_before(month_end_before(today()))
    html = page(leader, date=day.isoformat())
    snapshot = CompletionSnapshot.objects.get(ledger=demo, office__isnull=True, day=day)
    assert f"{snapshot.completed} / {snapshot.total}条" in re.sub(r"\s+", " ", html)
    assert links_of(html) == []


def test_before_the_first_record_there_is_no_figure(demo: Ledger) -> None:
    html = page(User.objects.get(username="leader"), date=(today() - timedelta(days=900)).isoformat())
    assert "那时还没有记录" in html
    assert "figure-lead" not in html


@pytest.mark.parametrize("username", ["leader", "clerk"])
def test_snapshots_and_history_say_the_same(
    demo: Ledger, username: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the whole, and of what one office leads and assists, which is what its clerk reads."""
    population = Population(reader_for(User.objects.get(username=username)), demo)
    days = [month_end_before(today()), month_end_before(month_end_before(today()))]
    monkeypatch.setattr(trend, "REBUILD_UNTIL", 10)
    total = population.measures().count()
    stored = past_of(population, wanted=days, until=today(), current_total=total)
    assert stored.points[0].computed_at is not None
    rebuilt = from_history(population, sorted(days))
    for day in days:
        one, other = stored.on(day), rebuilt.on(day)
        assert one is not None
        assert other is not None
        assert one.totals == other.totals
        assert one.totals.total


def test_the_change_is_against_the_day_of_comparison(demo: Ledger) -> None:
    day = month_end_before(today())
    board = live_dashboard(Population(reader_for(User.objects.get(username="leader")), demo), compare=day)
    before = CompletionSnapshot.objects.get(ledger=demo, office__isnull=True, day=day)
    assert board.totals is not None
    assert board.lights[0].change == board.totals.red - before.red
    assert board.rate_change == round(253 * 100 / 284 - before.completed * 100 / before.total, 1)


def test_what_the_address_asks_wrongly_is_named(demo: Ledger, client: Client) -> None:
    client.force_login(User.objects.get(username="leader"))
    for parameters in (
        {"date": "2024-02-30"},
        {"date": (today() + timedelta(days=1)).isoformat()},
        {"compare": today().isoformat()},
        {"role": "both"},
        {"ledger": "4711"},
        {"office": "x"},
    ):
        response = client.get(reverse("supervision:dashboard"), parameters)
        assert response.status_code == 422, parameters
        assert "note-error" in response.content.decode()


# -- cost -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("username", DEMO_READERS)
@pytest.mark.parametrize("parameters", [{}, {"ledger": "all"}])
def test_it_takes_few_queries(demo: Ledger, username: str, parameters: dict[str, str]) -> None:
    assert queries_of(User.objects.get(username=username), **parameters) <= MOST_QUERIES


def test_a_day_of_which_nothing_was_stored_is_rebuilt(demo: Ledger) -> None:
    leader = User.objects.get(username="leader")
    day = month_end_before(today()) - timedelta(days=3)
    expected = page(leader, date=month_end_before(today()).isoformat())
    assert not CompletionSnapshot.objects.filter(ledger=demo, day=day).exclude(day__week_day=1).exists()
    CompletionSnapshot.objects.filter(ledger=demo, day=day).delete()
    html = page(leader, date=day.isoformat())
    assert f"{day:%Y-%m-%d}日终" in html
    # The day that was stored, had it not been: the same page.
    CompletionSnapshot.objects.filter(ledger=demo, day=month_end_before(today())).delete()
    again = page(leader, date=month_end_before(today()).isoformat())
    figures = re.compile(r'figure-lead">([^<]+)<|board-percent">([^<]+)<')
    assert figures.findall(again) == figures.findall(expected)
    assert len(figures.findall(again)) > 15
