"""Changing the ledger: what is owed a reason, what becomes which event, and two people at once."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Office, User
from core.models import CalendarDay, forget_calendar
from remediation.editing import (
    StaleVersion,
    archive_ledger,
    change_leader,
    change_offices,
    create_measure,
    edit_item,
    edit_measure,
)
from remediation.models import ChangeMark, EventKind, Item, ItemEvent, Ledger, Measure, MeasureOffice
from remediation.recording import Duties, duties_of
from remediation.states import DeadlineKind, ItemKind, WorkflowState
from tests.ledgers import make_item, make_ledger, make_measure, make_section
from tests.people import make_position

pytestmark = pytest.mark.django_db


@pytest.fixture
def measure(office: Office) -> Measure:
    return make_measure(make_item(make_ledger(year=2024)), "原措施", lead=[office], due=date(2024, 6, 30))


def test_text_alone_needs_no_reason(measure: Measure, ledger_admin: User) -> None:
    edit_measure(measure, values={"text": "新措施"}, duties=None, actor=ledger_admin)
    event = ItemEvent.objects.get()
    assert (event.kind, event.changes) == (
        EventKind.EDITED,
        [{"field": "text", "from": "原措施", "to": "新措施"}],
    )
    assert ChangeMark.objects.filter(ledger=measure.ledger).exists()


@pytest.mark.parametrize(
    "values", [{"due_date": date(2024, 9, 30)}, {"leader_id": None}, {"deadline_text": "长期坚持"}]
)
def test_leader_and_deadline_need_a_reason(
    measure: Measure, ledger_admin: User, values: dict[str, Any]
) -> None:
    measure.leader = make_position("副主任")
    measure.save()
    with pytest.raises(ValidationError, match="理由"):
        edit_measure(measure, values=values, duties=None, actor=ledger_admin, reason="  ")
    assert not ItemEvent.objects.exists()


def test_a_changed_deadline_keeps_the_first(measure: Measure, ledger_admin: User) -> None:
    edit_measure(
        measure, values={"due_date": date(2024, 9, 30)}, duties=None, actor=ledger_admin, reason="会签未完"
    )
    assert (measure.first_due_date, measure.due_date) == (date(2024, 6, 30), date(2024, 9, 30))
    event = ItemEvent.objects.get()
    assert (event.kind, event.reason) == (EventKind.DEADLINE_CHANGED, "会签未完")
    assert (event.first_due_after, event.due_after) == (date(2024, 6, 30), date(2024, 9, 30))


def test_each_kind_of_change_is_an_event_with_offices_from_and_to(
    measure: Measure, office: Office, other_office: Office, ledger_admin: User
) -> None:
    edit_measure(
        measure,
        values={"text": "改", "due_date": date(2024, 7, 1)},
        duties=Duties((other_office.pk,), (office.pk,)),
        actor=ledger_admin,
        reason="分工调整",
    )
    events = {event.kind: event for event in ItemEvent.objects.all()}
    assert set(events) == {EventKind.EDITED, EventKind.DEADLINE_CHANGED, EventKind.OFFICES_CHANGED}
    assert {"field": "lead_offices", "from": [office.pk], "to": [other_office.pk]} in events[
        "offices_changed"
    ].changes
    assert all(event.lead_after == [other_office.pk] for event in events.values())
    assert duties_of([measure.pk])[measure.pk] == Duties((other_office.pk,), (office.pk,))


def test_an_office_cannot_lead_and_assist(measure: Measure, office: Office, ledger_admin: User) -> None:
    with pytest.raises(ValidationError):
        edit_measure(
            measure, values={}, duties=Duties((office.pk,), (office.pk,)), actor=ledger_admin, reason="错"
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        MeasureOffice.objects.create(measure=measure, office=office, role="assisting")


def test_the_second_saver_is_refused(measure: Measure, ledger_admin: User) -> None:
    opened = measure.version
    edit_measure(measure, values={"text": "一"}, duties=None, actor=ledger_admin, expected_version=opened)
    with pytest.raises(StaleVersion):
        edit_measure(measure, values={"text": "二"}, duties=None, actor=ledger_admin, expected_version=opened)
    measure.refresh_from_db()
    assert measure.text == "一"


def test_nothing_changed_writes_nothing(measure: Measure, ledger_admin: User) -> None:
    assert edit_measure(measure, values={"text": "原措施"}, duties=None, actor=ledger_admin) == []
    assert not ItemEvent.objects.exists()


@pytest.mark.parametrize("person", ["clerk", "supervision_officer", "principal_leader", "sys_admin"])
def test_only_the_ledger_administrator_edits(measure: Measure, people: dict[str, User], person: str) -> None:
    with pytest.raises(PermissionDenied):
        edit_measure(measure, values={"text": "改"}, duties=None, actor=people[person])


def test_an_archived_ledger_is_read_only(measure: Measure, ledger_admin: User) -> None:
    assert archive_ledger(measure.ledger_id, actor=ledger_admin, archived=True)
    assert not archive_ledger(measure.ledger_id, actor=ledger_admin, archived=True)
    measure = Measure.objects.select_related("ledger").get()
    with pytest.raises(PermissionDenied, match="归档"):
        edit_measure(measure, values={"text": "改"}, duties=None, actor=ledger_admin)
    answers = change_leader([measure], leader=None, actor=ledger_admin, reason="试")
    assert not answers[0].changed
    assert "归档" in answers[0].reason


def test_bulk_leader_answers_row_by_row(measure: Measure, ledger_admin: User) -> None:
    post = make_position("副主任")
    already = make_measure(make_item(make_ledger()), leader=post)
    answers = change_leader([measure, already], leader=post, actor=ledger_admin, reason="分工调整")
    assert [answer.changed for answer in answers] == [True, False]
    assert answers[1].reason
    assert ItemEvent.objects.filter(kind=EventKind.LEADER_CHANGED).count() == 1


def test_bulk_offices_move_an_office_between_the_sides(
    measure: Measure, office: Office, other_office: Office, ledger_admin: User
) -> None:
    change_offices([measure], lead=None, assisting=[other_office.pk], actor=ledger_admin, reason="加协办")
    assert duties_of([measure.pk])[measure.pk] == Duties((office.pk,), (other_office.pk,))
    change_offices([measure], lead=[other_office.pk], assisting=None, actor=ledger_admin, reason="换牵头")
    assert duties_of([measure.pk])[measure.pk] == Duties((other_office.pk,), ())


def test_a_new_leader_of_the_item_goes_to_the_measures_of_the_old_one(ledger_admin: User) -> None:
    old, new, own = make_position("甲"), make_position("乙"), make_position("丙")
    item = make_item(make_ledger(), leader=old)
    follows, stays = make_measure(item, leader=old), make_measure(item, leader=own)
    edit_item(item, values={"leader_id": new.pk}, actor=ledger_admin, reason="分工调整")
    follows.refresh_from_db()
    stays.refresh_from_db()
    assert (follows.leader, stays.leader) == (new, own)


def test_a_first_measure_takes_over_the_items_offices(
    office: Office, ledger_admin: User, clerk: User
) -> None:
    item = make_item(make_ledger(), lead=[office])
    create_measure(item, values={"text": "一"}, duties=Duties((office.pk,)), actor=ledger_admin)
    second = create_measure(item, values={"text": "二"}, duties=Duties(), actor=ledger_admin)
    assert second.number == 2
    assert not item.duties.exists()
    assert Item.objects.visible_to(clerk).get() == item


# -- the pages --------------------------------------------------------------------------------------------------------


def test_a_measure_is_made_and_changed_in_the_browser(
    client: Client, ledger_admin: User, office: Office, other_office: Office
) -> None:
    client.force_login(ledger_admin)
    ledger = make_ledger(year=2024, started_on=date(2024, 3, 1))
    section = make_section(ledger)
    answer = client.post(
        reverse("remediation:item_create", args=[ledger.pk]),
        {"problem": "转诊标准不统一", "kind": "specific_problem", "number": "12", "section": section.pk},
    )
    item = Item.objects.get()
    assert answer.headers["Location"] == reverse("remediation:item_detail", args=[item.pk])
    fields = {"text": "制定目录", "lead_offices": [other_office.pk, office.pk], "deadline_text": "立行立改"}
    client.post(reverse("remediation:measure_create", args=[item.pk]), fields)
    measure = Measure.objects.get()
    assert duties_of([measure.pk])[measure.pk].lead == (other_office.pk, office.pk)  # the order chosen
    assert (measure.deadline_kind, measure.due_date) == (DeadlineKind.IMMEDIATE, date(2024, 3, 15))

    url = reverse("remediation:measure_edit", args=[measure.pk])
    changed = {**fields, "number": 1, "deadline_text": "6月30日前", "version": measure.version}
    refused = client.post(url, changed)
    assert refused.status_code == 422
    assert "写明理由" in refused.content.decode()
    assert "6月30日前" in refused.content.decode()
    assert client.post(url, {**changed, "reason": "统一要求"}).status_code == 302
    measure.refresh_from_db()
    assert (measure.due_date, measure.first_due_date) == (date(2024, 6, 30), date(2024, 3, 15))


@pytest.mark.parametrize("page", ["item_edit", "measure_edit"])
def test_a_row_is_not_changed_without_the_version_that_was_opened(
    client: Client, ledger_admin: User, page: str
) -> None:
    client.force_login(ledger_admin)
    item = make_item(make_ledger(), "问题甲", number="1")
    row = make_measure(item, "措施甲", number=1) if page == "measure_edit" else item
    url = reverse(f"remediation:{page}", args=[row.pk])
    sent = {
        "problem": "问题乙",
        "kind": "specific_problem",
        "text": "措施乙",
        "number": "1",
        "reason": "改字",
    }
    for version in ({}, {"version": "x"}):
        answer = client.post(url, {**sent, **version})
        assert answer.status_code == 422
        assert "没有保存：表单没带上打开时的版本" in answer.content.decode()
        assert 'name="version" value="1"' in answer.content.decode()
    assert client.post(url, {**sent, "version": "1"}).status_code == 302


@pytest.mark.parametrize(
    ("text", "told"),
    [("2024-02-30", "没有这一天"), ("视情况而定", "读不懂"), ("2024-01-15", "早于启动时间")],
)
def test_a_wrong_deadline_is_named(client: Client, ledger_admin: User, text: str, told: str) -> None:
    client.force_login(ledger_admin)
    item = make_item(make_ledger(year=2024))
    answer = client.post(
        reverse("remediation:measure_create", args=[item.pk]),
        {"text": "甲", "deadline_text": text, "started_on": "2024-03-01"},
    )
    assert answer.status_code == 422
    assert told in answer.content.decode()
    assert not Measure.objects.exists()


def test_ledger_policy_and_stated_totals(client: Client, ledger_admin: User) -> None:
    client.force_login(ledger_admin)
    ledger = make_ledger("甲")
    policy = reverse("remediation:ledger_policy", args=[ledger.pk])
    fields = {
        "yellow_from_workdays": 5,
        "blue_from_workdays": 5,
        "immediate_workdays": 10,
        "review_months": 6,
        "rates_visibility": "everybody",
        "remind_before": "15、3",
        "remind_overdue_from_workdays": 1,
        "remind_overdue_every_workdays": 5,
    }
    refused = client.post(policy, fields)
    assert refused.status_code == 422
    assert "黄灯要晚于蓝灯" in refused.content.decode()
    assert client.post(policy, {**fields, "blue_from_workdays": 15}).status_code == 302
    ledger.refresh_from_db()
    assert (ledger.remind_before_workdays, ledger.reminders_on) == ([15, 3], False)

    stated = reverse("remediation:ledger_stated", args=[ledger.pk])
    too_many = client.post(stated, {"measures-total": 3, "measures-completed": 4})
    assert too_many.status_code == 422
    client.post(stated, {"measures-total": 263, "measures-completed": 234, "measures-in_progress": 29})
    make_measure(make_item(ledger))
    page = client.get(reverse("remediation:ledger_detail", args=[ledger.pk])).content.decode()
    assert "263" in page
    assert "−262" in page
    client.post(stated, {})
    assert not ledger.stated_totals.exists()


def test_two_ledgers_of_one_title_are_refused(client: Client, ledger_admin: User) -> None:
    client.force_login(ledger_admin)
    make_ledger("2024年巡视整改台账")
    answer = client.post(
        reverse("remediation:ledger_create"),
        {"title": "２０２４年巡视整改 台账", "ledger_type": "inspection"},
    )
    assert answer.status_code == 422
    assert Ledger.objects.count() == 1


def test_a_year_of_holidays_is_entered(client: Client, ledger_admin: User, clerk: User) -> None:
    url = reverse("remediation:calendar")
    fields = {"name": "元旦", "first": "2027-01-01", "last": "2027-01-03", "makeup": "2027-01-09"}
    client.force_login(clerk)
    assert client.post(url, fields).status_code == 404
    client.force_login(ledger_admin)
    assert "放假安排还没有录入" in client.get(url, {"year": 2027}).content.decode()
    assert client.post(url, {**fields, "last": "2026-12-31"}).status_code == 422
    assert client.post(url, fields).status_code == 302
    calendar = CalendarDay.objects.work_calendar()
    assert calendar.covers(2027)
    assert not calendar.is_workday(date(2027, 1, 1))
    assert calendar.is_workday(date(2027, 1, 9))
    answer = client.get(
        reverse("remediation:calendar_month"), {"month": "2027-01", "day": "2027-01-02"}
    ).json()
    assert answer["makeup"] == [9]
    assert 1 in answer["rest"]
    day = CalendarDay.objects.get(date="2027-01-09")
    client.post(reverse("remediation:calendar_days_delete"), {"day": day.pk})
    assert not CalendarDay.objects.work_calendar().is_workday(date(2027, 1, 9))
    forget_calendar()


@pytest.mark.requirement("S003-22", "S003-82")
def test_an_inference_item_names_its_problem(client: Client, ledger_admin: User) -> None:
    client.force_login(ledger_admin)
    ledger = make_ledger()
    problem = make_item(ledger)
    url = reverse("remediation:item_create", args=[ledger.pk])
    fields = {"problem": "同类", "kind": ItemKind.PROJECT, "inferred_from": problem.pk}
    assert client.post(url, fields).status_code == 422
    assert client.post(url, {**fields, "kind": ItemKind.INFERENCE_ITEM}).status_code == 302
    assert list(problem.inferences.values_list("problem", flat=True)) == ["同类"]


def test_pages_of_others_are_404(client: Client, clerk: User, measure: Measure) -> None:
    client.force_login(clerk)
    for name, pk in (
        ("desk", None),
        ("ledger_create", None),
        ("ledger_edit", measure.ledger_id),
        ("ledger_policy", measure.ledger_id),
        ("ledger_stated", measure.ledger_id),
        ("item_edit", measure.item_id),
        ("measure_edit", measure.pk),
    ):
        url = reverse(f"remediation:{name}", args=[pk] if pk else [])
        assert client.get(url).status_code == 404, name


def test_a_closed_item_is_not_given_new_state_by_editing(measure: Measure, ledger_admin: User) -> None:
    Item.objects.update(workflow_state=WorkflowState.CLOSED)
    measure.item.refresh_from_db()
    new = create_measure(measure.item, values={"text": "补"}, duties=Duties(), actor=ledger_admin)
    assert new.workflow_state == WorkflowState.CLOSED
