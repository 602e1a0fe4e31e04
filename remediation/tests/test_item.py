"""The page of one item: scope, facts that follow from its measures, history, people, and its query count."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Office, User
from accounts.roles import Role
from core.clock import today
from core.models import CalendarDay
from remediation.item_facts import deadline_of, light_of
from remediation.lights import Light, LightRule
from remediation.models import EventKind, ImportBatch, Item, ItemOffice, Ledger, Measure
from remediation.recording import Change, record
from remediation.reporting import Progress, note_assistance, report_progress
from remediation.states import CompletionStatus, WorkflowState
from remediation.timeline import entries, events_of
from tests.ledgers import make_item, make_ledger, make_measure, make_section
from tests.people import make_position, make_user

pytestmark = pytest.mark.django_db

DONE, GOING, NONE = CompletionStatus.COMPLETED, CompletionStatus.IN_PROGRESS, CompletionStatus.NOT_STARTED


@pytest.fixture
def ledger() -> Ledger:
    return make_ledger("台账")


@pytest.fixture
def item(ledger: Ledger, office: Office, other_office: Office) -> Item:
    section = make_section(ledger, "深化医改", parent=make_section(ledger, "贯彻部署"))
    item = make_item(
        ledger,
        "转诊标准不统一",
        section=section,
        number="12",
        cause="指征自定",
        goal="统一标准",
        leader=make_position("副主任（分管医政）"),
    )
    make_measure(item, "摸清现状", number=1, lead=[office], due=today() - timedelta(days=9), status=DONE)
    make_measure(
        item,
        "制定目录",
        number=2,
        lead=[office],
        assisting=[other_office],
        due=today() - timedelta(days=20),
        first_due=today() - timedelta(days=60),
        deadline_text="2024年9月底前",
        status=GOING,
        percent=60,
    )
    make_measure(item, "签订协议", number=3, lead=[other_office], due=today() + timedelta(days=200))
    return item


def page(client: Client, user: User, item: Item, **query: str) -> str:
    client.force_login(user)
    response = client.get(f"/items/{item.pk}/", query)
    assert response.status_code == 200
    return str(response.content.decode())


def test_everybody_sees_their_scope_and_nothing_else(
    client: Client, people: dict[str, User], item: Item
) -> None:
    stranger = make_user(Role.CLERK, office=Office.objects.create(name="宣传处"))
    answers = {}
    for name, user in {**people, "stranger": stranger}.items():
        client.force_login(user)
        answers[name] = client.get(f"/items/{item.pk}/").status_code
    refused = dict.fromkeys(("sys_admin", "sec_admin", "audit_admin", "stranger"), 404)
    assert answers == {name: refused.get(name, 200) for name in answers}


def test_all_measures_are_shown_the_foreign_ones_to_read(client: Client, clerk: User, item: Item) -> None:
    html = page(client, clerk, item)
    one, two, foreign = item.measures.order_by("number")
    assert f"/measures/{one.pk}/report/" in html
    assert f"/measures/{two.pk}/report/" in html
    assert f'id="measure-{foreign.pk}"' in html
    assert f"/measures/{foreign.pk}/report/" not in html


@pytest.mark.parametrize(
    ("who", "actions"),
    [
        ("clerk", {"report"}),
        ("office_head", {"report"}),
        ("other_clerk", {"report", "note"}),
        ("supervision_officer", {"correct"}),
        ("ledger_admin", {"correct"}),
        ("principal_leader", set()),
        ("portfolio_leader", set()),
        ("discipline_member", set()),
    ],
)
def test_actions_by_role(
    client: Client, people: dict[str, User], item: Item, who: str, actions: set[str]
) -> None:
    html = page(client, people[who], item)
    assert {name for name in ("report", "note", "correct") if f"/{name}/?place=item" in html} == actions


def test_facts_are_the_union_of_the_measures(client: Client, clerk: User, item: Item) -> None:
    client.force_login(clerk)
    context = client.get(f"/items/{item.pk}/").context
    assert context["lead"] == ["医政医管处", "规划信息处"]
    # Who leads a measure does not stand among those who assist.
    assert context["assisting"] == []
    assert (context["done"], context["counted"], context["status"]) == (1, 3, GOING)
    assert context["deadline"].due == today() + timedelta(days=200)
    assert context["deadline"].texts == ("2024年9月底前",)
    assert context["lit"].light == Light.RED
    assert context["lit"].measure.number == 2
    assert [label for label, _url in context["crumbs"]][1:] == ["贯彻部署", "深化医改"]


def rule() -> LightRule:
    return LightRule.build(today(), CalendarDay.objects.work_calendar())


def test_the_light_of_an_item_is_grey_once_all_is_done(item: Item) -> None:
    item.measures.update(status=DONE, percent=100)
    assert light_of(item, list(item.measures.all()), rule()).light == Light.GREY


def test_an_item_without_measures_is_lit_by_its_own_deadline(
    client: Client, clerk: User, ledger: Ledger, office: Office
) -> None:
    opinion = make_item(
        ledger, "整改意见", kind="opinion", lead=[office], due_date=today() - timedelta(days=1)
    )
    found = light_of(opinion, [], rule())
    assert (found.light, found.is_late) == (Light.RED, True)
    assert deadline_of(opinion, []).due == opinion.due_date
    opinion.reported_status = DONE
    assert light_of(opinion, [], rule()).light == Light.GREY
    html = page(client, clerk, opinion)
    assert "医政医管处" in html


def test_a_moved_deadline_shows_the_first_one(item: Item) -> None:
    item.measures.exclude(number=2).delete()
    found = deadline_of(item, list(item.measures.all()))
    assert (found.was_moved, found.first) == (True, today() - timedelta(days=60))


@pytest.mark.requirement("S003-82", "S003-22")
def test_inferences_stand_on_both_sides_and_link_only_where_one_may_go(
    client: Client, clerk: User, item: Item, other_office: Office, office: Office
) -> None:
    mine = make_item(item.ledger, "我处室的举一反三", kind="inference_item", inferred_from=item)
    make_measure(mine, lead=[office])
    foreign = make_item(item.ledger, "别处的举一反三", kind="inference_item", inferred_from=item)
    make_measure(foreign, lead=[other_office])
    html = page(client, clerk, item)
    assert f'href="/items/{mine.pk}/"' in html
    assert "别处的举一反三" in html
    assert f'href="/items/{foreign.pk}/"' not in html
    assert f'href="/items/{item.pk}/"' in page(client, clerk, mine)


def test_a_void_item_is_for_the_ledger_administrator_alone(
    client: Client, clerk: User, ledger_admin: User, item: Item
) -> None:
    Item.objects.filter(pk=item.pk).update(workflow_state=WorkflowState.VOIDED)
    client.force_login(clerk)
    assert client.get(f"/items/{item.pk}/").status_code == 404
    page(client, ledger_admin, item)


# -- history ----------------------------------------------------------------------------------------------------------


def history(client: Client, user: User, item: Item, kind: str) -> list[str]:
    client.force_login(user)
    context = client.get(f"/items/{item.pk}/", {"history": kind} if kind else {}).context
    return [entry.event.kind for entry in context["entries"]]


@pytest.fixture
def told(item: Item, clerk: User, other_clerk: User, ledger_admin: User) -> Measure:
    measure: Measure = item.measures.get(number=2)
    report_progress(measure, progress=Progress(GOING, 75, "完成初稿"), actor=clerk)
    note_assistance(measure, text="已配合", actor=other_clerk)
    changes = [Change("due_date", date(2024, 9, 30), date(2024, 12, 20))]
    record(measure, kind=EventKind.DEADLINE_CHANGED, actor=ledger_admin, changes=changes, reason="需同步")
    record(
        measure,
        kind=EventKind.STATE_CHANGED,
        actor=ledger_admin,
        changes=[Change("workflow_state", "handling", "suspended")],
    )
    offices = [Change("lead_offices", [clerk.office_id], [other_clerk.office_id, clerk.office_id])]
    record(measure, kind=EventKind.OFFICES_CHANGED, actor=None, changes=offices)
    return measure


def test_the_timeline_is_filtered_and_newest_first(
    client: Client, clerk: User, item: Item, told: Measure
) -> None:
    assert history(client, clerk, item, "") == [
        "offices_changed",
        "state_changed",
        "deadline_changed",
        "noted",
        "reported",
    ]
    assert history(client, clerk, item, "progress") == ["noted", "reported"]
    assert history(client, clerk, item, "deadline") == ["deadline_changed"]
    assert history(client, clerk, item, "other") == ["offices_changed", "state_changed"]
    assert client.get(f"/items/{item.pk}/", {"history": "nonsense"}).status_code == 404


def test_changes_are_told_in_words(item: Item, told: Measure) -> None:
    lines = entries(events_of(item))
    turns = [[(turn.before, turn.after) for turn in line.turns] for line in lines]
    assert turns[0] == [("医政医管处", "规划信息处、医政医管处")]
    assert turns[2] == [("2024-09-30", "2024-12-20")]
    assert turns[4] == [("60%", "75%")]
    assert (lines[4].quote, lines[3].quote, lines[2].reason) == ("完成初稿", "已配合", "需同步")


def test_a_history_is_read_with_all_that_its_lines_say(item: Item, told: Measure, clerk: User) -> None:
    batch = ImportBatch.objects.create(ledger=item.ledger, user=clerk, file_name="台账.xlsx")
    record(told, kind=EventKind.IMPORT_CHANGED, actor=clerk, batch=batch, changes=[Change("percent", 1, 2)])
    with CaptureQueriesContext(connection) as queries:
        lines = entries(events_of(item))
        said = [(line.who, line.event and line.event.batch and line.event.batch.file_name) for line in lines]
    assert said[0][1] == "台账.xlsx"
    assert len(queries) == 2, "the events, and the names of offices"


def test_many_events_are_paged(client: Client, clerk: User, item: Item) -> None:
    measure = item.measures.get(number=2)
    for percent in range(25):
        report_progress(measure, progress=Progress(GOING, percent + 1), actor=clerk)
    assert len(history(client, clerk, item, "")) == 20
    client.force_login(clerk)
    assert len(client.get(f"/items/{item.pk}/", {"page": "2"}).context["entries"]) == 5


# -- people and queries -----------------------------------------------------------------------------------------------


def test_people_are_leaders_heads_and_clerks_of_the_offices(
    client: Client, clerk: User, office_head: User, other_clerk: User, supervision_officer: User, item: Item
) -> None:
    client.force_login(clerk)
    context = client.get(f"/items/{item.pk}/").context
    assert [leader.title for leader in context["leaders"]] == ["副主任（分管医政）"]
    assert [str(line.name).rpartition(" · ")[2] for line in context["people"]] == [
        str(office_head),
        str(clerk),
        str(other_clerk),
    ]


def test_as_many_queries_with_1_measure_as_with_50(
    client: Client, clerk: User, ledger: Ledger, office: Office, other_office: Office
) -> None:
    item = make_item(ledger)

    def grow(count: int) -> None:
        for _number in range(count):
            measure = make_measure(item, lead=[office], assisting=[other_office], due=today())
            report_progress(measure, progress=Progress(GOING, 30, "做了"), actor=clerk)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/items/{item.pk}/").status_code == 200
        return len(captured)

    client.force_login(clerk)
    grow(1)
    queries()  # the calendar is kept from now on
    few = queries() + 1  # a history of more than one page is counted
    grow(49)
    assert queries() == few
    assert few <= 20


# -- an item without measures -----------------------------------------------------------------------------------------


@pytest.fixture
def opinion(ledger: Ledger, office: Office, other_office: Office) -> Item:
    return make_item(ledger, "整改意见", kind="opinion", lead=[office], assisting=[other_office])


def own_report(client: Client, user: User, item: Item, **sent: str) -> int:
    client.force_login(user)
    values = {"status": "completed", "version": str(item.version), "remark": "", **sent}
    return client.post(f"/items/{item.pk}/report/", values).status_code


@pytest.mark.requirement("S003-21")
def test_the_lead_office_reports_on_an_opinion_itself(client: Client, clerk: User, opinion: Item) -> None:
    assert f"/items/{opinion.pk}/report/" in page(client, clerk, opinion)
    assert own_report(client, clerk, opinion, remark="已落实") == 302
    opinion.refresh_from_db()
    assert (opinion.reported_status, opinion.version) == (DONE, 2)
    event = opinion.events.get()
    assert (event.kind, event.reason) == (EventKind.REPORTED, "已落实")
    assert event.changes == [{"field": "reported_status", "from": "not_started", "to": "completed"}]
    assert "已完成" in page(client, clerk, opinion)


def test_an_opinion_that_counts_as_basically_completed_says_why(
    client: Client, clerk: User, opinion: Item
) -> None:
    why = "按本台账的口径，未完成的计为“基本完成”。"
    assert why not in page(client, clerk, opinion)
    opinion.ledger.unfinished_counts_as_basically_completed = True
    opinion.ledger.save()
    html = page(client, clerk, opinion)
    assert "基本完成" in html.split("page-facts")[1].split("</div>")[0]
    assert f"本身的状态是“未启动”。{why}" in html
    assert own_report(client, clerk, opinion) == 302
    assert why not in page(client, clerk, opinion)
    opinion.refresh_from_db()
    Item.objects.filter(pk=opinion.pk).update(declared_basically_completed=True, reported_status=GOING)
    assert "本身的状态是“正在推进”。评审时已认定为“基本完成”，按此计。" in page(client, clerk, opinion)


def test_the_second_saver_of_an_opinion_is_told(client: Client, clerk: User, opinion: Item) -> None:
    Item.objects.filter(pk=opinion.pk).update(version=5, reported_status=GOING)
    assert own_report(client, clerk, opinion) == 409
    opinion.refresh_from_db()
    assert opinion.reported_status == GOING
    assert own_report(client, clerk, opinion) == 302


@pytest.mark.parametrize("version", ["", "viel", "1.5"])
def test_a_lost_version_is_told_in_plain_words_and_the_next_save_goes_through(
    client: Client, clerk: User, opinion: Item, version: str
) -> None:
    client.force_login(clerk)
    sent = {"status": "completed", "remark": "已落实", "version": version}
    answer = client.post(f"/items/{opinion.pk}/report/", sent)
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "<li>没有保存：表单没带上打开时的版本。你填的还在，核对后再保存一次。</li>" in html
    assert "必填" not in html.split("form-errors")[1].split("</ul>")[0]
    assert f'name="version" value="{opinion.version}"' in html
    assert own_report(client, clerk, opinion) == 302


@pytest.mark.parametrize(
    ("who", "answer"),
    [
        ("clerk", 302),
        ("office_head", 302),
        ("other_clerk", 422),
        ("supervision_officer", 422),
        ("ledger_admin", 422),
        ("principal_leader", 422),
        ("discipline_member", 422),
        ("sys_admin", 404),
    ],
)
def test_who_reports_on_an_opinion(
    client: Client, people: dict[str, User], opinion: Item, who: str, answer: int
) -> None:
    # Without a reason: who corrects is asked for one, everybody else is refused however they send it.
    assert own_report(client, people[who], opinion) == answer
    corrects = who in ("supervision_officer", "ledger_admin")
    if answer != 302:
        assert own_report(client, people[who], opinion, remark="核查") == (
            302 if corrects else answer if answer == 404 else 403
        )


def test_an_item_with_measures_has_no_status_of_its_own(
    client: Client, clerk: User, office: Office, item: Item
) -> None:
    ItemOffice.objects.create(item=item, office=office, role="lead")
    assert own_report(client, clerk, item) == 422
    assert own_report(client, clerk, item, status="basically_completed") == 422
