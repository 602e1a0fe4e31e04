"""Who is reminded of what, when, and how often."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import Notification
from accounts.roles import Role
from remediation.models import Item, Measure
from remediation.states import CompletionStatus, WorkflowState
from supervision.models import Channel, Digest, DigestState, Reminder, ReminderRun
from supervision.planning import plan
from supervision.reminders import finish, write
from supervision.tests.reminded import MONDAY, Organ, calendar, make_organ, run, workday
from tests.ledgers import make_item, make_ledger, make_measure, make_office
from tests.people import make_user


@pytest.fixture
def organ(db: None) -> Organ:
    return make_organ()


def owe(organ: Organ, distance: int, **fields: object) -> Measure:
    """A measure of the organ's office that stands at ``distance`` on Monday."""
    fields = {"lead": [organ.office], "due": workday(distance), **fields}
    return make_measure(organ.item, **fields)  # type: ignore[arg-type]


def told(**conditions: object) -> set[tuple[str, str, int]]:
    """(person, channel, stage) of the reminders."""
    rows = Reminder.objects.filter(**conditions)
    return {(row.recipient.username, row.channel, row.stage) for row in rows.select_related("recipient")}


def test_a_measure_due_soon_reaches_the_clerks_of_the_lead_office(organ: Organ) -> None:
    owe(organ, -5)
    owe(organ, -4)
    outcome = run()
    assert outcome.as_dict() == {
        "date": "2026-11-23",
        "due_soon": 1,
        "overdue": 0,
        "recipients": 2,  # the clerk, and the supervision office's summary
        "created": 2,
        "sent": 2,
    }
    assert told() == {("clerk", "in_site", -5), ("clerk", "email", -5)}


@pytest.mark.parametrize("distance", [1, 6, 11])
def test_overdue_reaches_the_head_too(organ: Organ, distance: int) -> None:
    owe(organ, distance)
    outcome = run()
    assert (outcome.overdue, outcome.due_soon, outcome.recipients) == (1, 0, 3)
    assert told() == {
        (name, channel, distance) for name in ("clerk", "head") for channel in ("in_site", "email")
    }


def test_the_last_day_is_still_due_soon(organ: Organ) -> None:
    owe(organ, 0)
    outcome = run()
    assert (outcome.due_soon, outcome.overdue) == (1, 0)
    assert {name for name, _, _ in told()} == {"clerk"}


def test_assisting_offices_are_told_in_site_only(organ: Organ) -> None:
    other_head = make_user(Role.OFFICE_HEAD, office=organ.other, username="other_head")
    organ.other_clerk.email = "other@example.cn"
    organ.other_clerk.save()
    owe(organ, 1, assisting=[organ.other])
    run()
    assert ("other_clerk", "in_site", 1) in told()
    assert ("other_clerk", "email", 1) not in told()
    assert not Reminder.objects.filter(recipient=other_head).exists()


def test_an_office_without_a_clerk_is_told_through_the_nearest_above(organ: Organ) -> None:
    below = make_office("下设科室", parent=organ.office)
    deepest = make_office("更下一级", parent=below)
    make_measure(organ.item, lead=[deepest], due=workday(-1))
    run()
    assert {name for name, _, _ in told()} == {"clerk"}


def test_nobody_is_told_twice_for_two_offices(organ: Organ) -> None:
    below = make_office("下设科室", parent=organ.office)
    make_measure(organ.item, lead=[organ.office, below], due=workday(-1))
    outcome = run()
    assert outcome.created == 2
    assert outcome.due_soon == 1


def test_closed_accounts_are_not_told(organ: Organ) -> None:
    organ.clerk.is_active = False
    organ.clerk.save()
    owe(organ, -1)
    assert run().created == 0


def test_the_second_run_of_a_day_makes_nothing(organ: Organ) -> None:
    owe(organ, -5)
    owe(organ, 7)
    first, second = run(), run()
    assert (first.created, first.sent) == (6, 3)
    assert (second.created, second.sent) == (0, 0)
    assert (second.due_soon, second.overdue, second.recipients) == (
        first.due_soon,
        first.overdue,
        first.recipients,
    )
    assert Notification.objects.count() == 3
    assert len(mail.outbox) == 2


def test_a_dry_run_writes_nothing(organ: Organ) -> None:
    owe(organ, -5)
    outcome = run(dry_run=True)
    assert (outcome.due_soon, outcome.recipients, outcome.created, outcome.sent) == (1, 2, 0, 0)
    for model in (Reminder, Digest, Notification, ReminderRun):
        assert not model.objects.exists()
    assert mail.outbox == []


def test_nothing_runs_on_a_rest_day(organ: Organ) -> None:
    sunday = MONDAY - timedelta(days=1)
    make_measure(organ.item, lead=[organ.office], due=sunday)
    assert run(sunday).as_dict() == {
        "date": "2026-11-22",
        "due_soon": 0,
        "overdue": 0,
        "recipients": 0,
        "created": 0,
        "sent": 0,
    }
    assert not ReminderRun.objects.exists()


def test_an_import_reminds_once_of_what_is_overdue(organ: Organ) -> None:
    """Of one that is 38 working days late at the latest stage passed, in one digest; the next stage is the next one."""
    owe(organ, 38)
    assert run().overdue == 1
    assert {stage for _, _, stage in told()} == {36}
    tuesday = MONDAY + timedelta(days=1)
    assert (run(tuesday).overdue, Notification.objects.filter(recipient=organ.clerk).count()) == (0, 1)
    thursday = MONDAY + timedelta(days=3)
    assert run(thursday).overdue == 1
    assert {stage for _, _, stage in told()} == {36, 41}


def test_an_import_does_not_remind_of_stages_that_went_by_before_the_deadline(organ: Organ) -> None:
    owe(organ, -3)
    assert run().due_soon == 0


def test_days_without_a_run_are_caught_up_once(organ: Organ) -> None:
    """Ten and five working days before went by while nothing ran: told once, at the latest."""
    due = workday(-12)
    make_measure(organ.item, lead=[organ.office], due=due)
    assert run().due_soon == 0
    later = calendar().add(MONDAY, 9)  # three working days are left
    outcome = run(later)
    assert (outcome.due_soon, outcome.created) == (1, 2)
    assert {stage for _, _, stage in told()} == {-5}
    assert run(calendar().add(later, 1)).due_soon == 0


def test_a_stage_is_told_once_over_many_days(organ: Organ) -> None:
    """Three weeks, every day: each stage exactly once."""
    owe(organ, -11)
    for n in range(30):
        run(MONDAY + timedelta(days=n))
    stages = list(Reminder.objects.filter(channel=Channel.IN_SITE, recipient=organ.clerk).order_by("pk"))
    assert [row.stage for row in stages] == [-10, -5, -1, 0, 1, 6]
    assert Notification.objects.filter(recipient=organ.clerk).count() == 6


def test_a_new_deadline_and_a_new_round_start_afresh(organ: Organ) -> None:
    measure = owe(organ, -5)
    run()
    tuesday = MONDAY + timedelta(days=1)
    Measure.objects.filter(pk=measure.pk).update(due_date=workday(-5, day=tuesday))
    assert run(tuesday).created == 2
    wednesday = MONDAY + timedelta(days=2)
    Measure.objects.filter(pk=measure.pk).update(due_date=workday(-5, day=wednesday))
    assert run(wednesday).created == 2
    Item.objects.filter(pk=measure.item_id).update(round=2)
    thursday = MONDAY + timedelta(days=3)
    assert run(thursday).created == 2  # the stage of Wednesday, in the new round
    assert set(Reminder.objects.values_list("round", flat=True)) == {1, 2}


@pytest.mark.parametrize(
    "state",
    [WorkflowState.SUSPENDED, WorkflowState.CLOSED, WorkflowState.CONCLUDED, WorkflowState.VOIDED],
)
def test_what_is_not_lit_is_not_reminded_of(organ: Organ, state: WorkflowState) -> None:
    owe(organ, 1, workflow_state=state)
    owe(organ, 1, status=CompletionStatus.COMPLETED)
    owe(organ, 1, due=None)
    assert run().as_dict()["overdue"] == 0


def test_archived_and_silent_ledgers_do_not_remind(organ: Organ) -> None:
    for fields in ({"reminders_on": False}, {"archived_at": timezone.now()}):
        item = make_item(make_ledger(**fields))
        make_measure(item, lead=[organ.office], due=workday(1))
        make_measure(item, lead=[organ.office], due=workday(-5))
    outcome = run()
    assert (outcome.due_soon, outcome.overdue, outcome.recipients) == (0, 0, 0)


def test_each_ledger_has_its_own_stages(organ: Organ) -> None:
    own = make_ledger(remind_before_workdays=[3], remind_on_due_day=False, remind_overdue_from_workdays=2)
    item = make_item(own)
    for distance in (-5, -3, 0, 1):
        make_measure(item, lead=[organ.office], due=workday(distance))
        owe(organ, distance)
    outcome = run()
    assert (outcome.due_soon, outcome.overdue) == (3, 1)
    assert set(Reminder.objects.filter(measure__ledger=own).values_list("stage", flat=True)) == {-3}


@pytest.mark.requirement("S003-109")
def test_a_long_term_measure_is_reminded_of_by_its_review_date(organ: Organ) -> None:
    owe(organ, 0, due=None, review_date=workday(-10), is_long_term=True)
    assert run().due_soon == 1
    assert Reminder.objects.first().due_date == workday(-10)  # type: ignore[union-attr]


def test_a_digest_names_first_what_is_new_then_what_is_still_overdue(organ: Organ) -> None:
    owe(organ, 3, text="早就逾期的措施")
    run(MONDAY - timedelta(days=3))  # Friday: it is told then
    owe(organ, -5, text="即将到期的措施")
    run()
    message = Notification.objects.get(recipient=organ.clerk, key="reminders:2026-11-23")
    assert message.body.index("即将到期的措施") < message.body.index("早就逾期的措施")
    assert "具体12-" in message.body
    assert "还有5个工作日" in message.body
    assert "逾期3个工作日" in message.body
    letter = mail.outbox[-1]
    assert letter.to == ["clerk@example.cn"]
    assert letter.subject == message.title == "督促提醒：1条措施到提醒节点，另有1条仍逾期"
    assert f"http://127.0.0.1:8000/items/{organ.item.pk}/" in str(letter.body)


def test_a_day_without_a_new_stage_has_no_digest(organ: Organ) -> None:
    owe(organ, 3)
    assert run(MONDAY - timedelta(days=3)).sent > 0
    assert run().sent == 0


def test_a_person_without_a_new_stage_has_no_digest(organ: Organ) -> None:
    owe(organ, 3)
    make_measure(organ.item, lead=[organ.other], due=workday(3))
    run(MONDAY - timedelta(days=3))
    owe(organ, -1)
    run()
    assert Digest.objects.filter(day=MONDAY, recipient=organ.clerk).count() == 2
    assert not Digest.objects.filter(day=MONDAY, recipient=organ.other_clerk).exists()


def test_the_supervision_office_gets_one_summary(organ: Organ) -> None:
    owe(organ, -5)
    owe(organ, 1)
    make_measure(organ.item, lead=[organ.other, organ.office], due=workday(11))
    run()
    message = Notification.objects.get(recipient=organ.supervisor)
    assert "即将到期1条" in message.title
    assert "医政医管处：即将到期1条，新逾期提醒2条，共逾期2条" in message.body
    assert "规划信息处：即将到期0条，新逾期提醒1条，共逾期1条" in message.body
    assert not Reminder.objects.filter(recipient=organ.supervisor).exists()


def test_whoever_is_clerk_and_supervisor_gets_one_digest(organ: Organ) -> None:
    make_user(Role.CLERK, Role.SUPERVISION_OFFICE, office=organ.office, username="both")
    owe(organ, -5)
    run()
    message = Notification.objects.get(recipient__username="both")
    assert message.title.startswith("督促提醒：1条措施到提醒节点")
    assert "按牵头处室" in message.body


def test_what_comes_after_the_digest_of_the_day_is_in_the_next_one(organ: Organ) -> None:
    owe(organ, -5)
    run()
    late = owe(organ, 17)
    soon = owe(organ, -10)
    second = run()
    assert (second.created, second.sent) == (
        5 + 1,
        1,
    )  # the head had no digest yet; the clerk's two have gone
    waiting = Reminder.objects.filter(digest__isnull=True)
    assert {(row.measure_id, row.recipient_id) for row in waiting} == {
        (late.pk, organ.clerk.pk),
        (soon.pk, organ.clerk.pk),
    }
    tuesday = MONDAY + timedelta(days=1)
    third = run(tuesday)
    assert third.created == 0
    assert not waiting.all().exists()
    digest = Digest.objects.get(day=tuesday, recipient=organ.clerk, channel=Channel.IN_SITE)
    assert set(digest.reminders.values_list("measure_id", flat=True)) == {late.pk, soon.pk}
    assert not Digest.objects.filter(day=tuesday, recipient=organ.head).exists()
    assert run(tuesday + timedelta(days=1)).sent == 0


def test_a_waiting_reminder_of_finished_work_is_dropped(organ: Organ) -> None:
    owe(organ, -5)
    run()
    late = owe(organ, -10)
    run()
    Measure.objects.filter(pk=late.pk).update(status=CompletionStatus.COMPLETED, percent=100)
    assert run(MONDAY + timedelta(days=1)).sent == 0


def test_a_run_that_died_is_completed_by_the_next_one_of_the_day(organ: Organ) -> None:
    owe(organ, 1)
    planned = plan(MONDAY, calendar())
    part = dict(list(planned.digests.items())[:1])
    created = write(MONDAY, part)
    assert created == 1
    outcome = run()
    assert outcome.created == 3
    assert Reminder.objects.count() == 4
    assert set(Digest.objects.values_list("state", flat=True)) == {DigestState.SENT}


def test_a_run_that_died_is_completed_on_the_next_day(organ: Organ) -> None:
    """Some were told on Monday, the others are told on Tuesday, and nobody twice."""
    measure = owe(organ, -5)
    make_user(Role.CLERK, office=organ.office, username="second_clerk")
    planned = plan(MONDAY, calendar())
    ReminderRun.objects.create(day=MONDAY)
    mine = {
        address: contents for address, contents in planned.digests.items() if address[0] == organ.clerk.pk
    }
    assert write(MONDAY, mine) == 2
    ReminderRun.objects.create(day=MONDAY - timedelta(days=3))
    finish(MONDAY - timedelta(days=3))
    outcome = run(MONDAY + timedelta(days=1))
    assert outcome.due_soon == 1
    assert outcome.created == 1
    assert set(Reminder.objects.values_list("measure_id", "stage")) == {(measure.pk, -5)}
    assert not Digest.objects.filter(day=MONDAY + timedelta(days=1), recipient=organ.clerk).exists()
    assert run(MONDAY + timedelta(days=2)).due_soon == 0


def test_questions_do_not_grow_with_measures(organ: Organ, django_assert_max_num_queries: object) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    owe(organ, -5)
    owe(organ, 7)
    with CaptureQueriesContext(
        connection,
    ) as few:
        run(date(2026, 11, 23))
    for _ in range(30):
        owe(organ, -4)
        owe(organ, 6)
    with CaptureQueriesContext(connection) as many:
        run(date(2026, 11, 24))
    assert len(many) <= len(few) + 2
