"""Sending: what is guaranteed per channel, what fails, what is too late; the commands and the tasks around it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from io import StringIO
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Notification
from accounts.roles import Role
from supervision import delivery, tasks
from supervision.models import Channel, Digest, DigestState, Reminder, ReminderRun
from supervision.tests.reminded import MONDAY, Organ, calendar, make_organ, run, workday
from tests.ledgers import make_measure
from tests.people import make_user


class ServerAway(EmailBackend):
    """A mail server that cannot be reached."""

    def open(self) -> bool | None:
        raise ConnectionRefusedError("nobody listens")


class Refusing(EmailBackend):
    """A mail server that refuses one person."""

    def send_messages(self, messages: list[mail.EmailMessage]) -> int:  # type: ignore[override]
        for message in messages:
            if message.to == ["head@example.cn"]:
                raise SMTPRecipientsRefused({"head@example.cn": (550, b"unknown")})
        return super().send_messages(messages)


AWAY = f"{__name__}.ServerAway"
REFUSING = f"{__name__}.Refusing"
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def organ(db: None) -> Organ:
    organ = make_organ()
    make_measure(organ.item, lead=[organ.office], due=workday(1))
    return organ


def mails(**conditions: object) -> list[Digest]:
    return list(Digest.objects.filter(channel=Channel.EMAIL, **conditions).order_by("pk"))


def pass_time(seconds: float) -> None:
    """Let claims and failures grow old."""
    for digest in Digest.objects.filter(claimed_at__isnull=False):
        assert digest.claimed_at is not None
        Digest.objects.filter(pk=digest.pk).update(claimed_at=digest.claimed_at - timedelta(seconds=seconds))


def send() -> set[int]:
    return delivery.deliver(calendar=calendar())


def test_mail_has_a_message_id_of_its_own_and_no_html(organ: Organ) -> None:
    run()
    assert [message.to for message in mail.outbox] == [["clerk@example.cn"], ["head@example.cn"]]
    ids = [message.message()["Message-ID"] for message in mail.outbox]
    assert ids == [digest.message_id for digest in mails()]
    assert len(set(ids)) == 2
    assert all(message.content_subtype == "plain" for message in mail.outbox)


def test_an_interrupted_mail_is_sent_again_under_the_same_message_id(organ: Organ) -> None:
    run()
    first = mail.outbox[0].message()["Message-ID"]
    Digest.objects.filter(pk=mails()[0].pk).update(state=DigestState.CLAIMED, sent_at=None)
    assert send() == set()  # it may still be in somebody's hands
    pass_time(delivery.CLAIM_SECONDS + 1)
    assert send() == {organ.clerk.pk}
    assert mail.outbox[-1].message()["Message-ID"] == first
    assert mails()[0].state == DigestState.SENT
    pass_time(delivery.CLAIM_SECONDS + 1)
    assert send() == set()


def test_a_server_that_is_away_costs_no_attempt(organ: Organ, settings: Settings) -> None:
    settings.EMAIL_BACKEND = AWAY
    outcome = run()
    assert outcome.sent == 3  # in-site, all the same
    assert {(digest.state, digest.attempts) for digest in mails()} == {(DigestState.PENDING, 0)}
    assert "nobody listens" in mails()[0].failure
    assert mails()[1].failure == ""  # nobody tried on
    settings.EMAIL_BACKEND = LOCMEM
    assert send() == {organ.head.pk}
    pass_time(delivery.RETRY_SECONDS + 1)
    assert send() == {organ.clerk.pk}
    assert mails()[0].failure == ""


def test_a_refused_mail_is_tried_a_few_times_and_holds_up_nobody(organ: Organ, settings: Settings) -> None:
    settings.EMAIL_BACKEND = REFUSING
    make_user(Role.CLERK, office=organ.office, email="third@example.cn")
    run()
    assert [message.to for message in mail.outbox] == [["clerk@example.cn"], ["third@example.cn"]]
    for _ in range(delivery.ATTEMPTS + 2):
        pass_time(delivery.RETRY_SECONDS + 1)
        send()
    refused = Digest.objects.get(recipient=organ.head, channel=Channel.EMAIL)
    assert (refused.state, refused.attempts) == (DigestState.FAILED, delivery.ATTEMPTS)
    assert "550" in refused.failure
    assert Notification.objects.filter(recipient=organ.head).count() == 1


def test_mail_of_yesterday_is_never_sent(organ: Organ, settings: Settings) -> None:
    settings.EMAIL_BACKEND = AWAY
    run()
    settings.EMAIL_BACKEND = LOCMEM
    today = timezone.localdate()
    assert delivery.expire_mail(today) == 0
    assert delivery.expire_mail(today + timedelta(days=1)) == 2
    pass_time(delivery.RETRY_SECONDS + 1)
    assert send() == set()
    assert {digest.state for digest in mails()} == {DigestState.EXPIRED}
    assert Notification.objects.count() == 3


def test_in_site_messages_come_late_rather_than_never(organ: Organ) -> None:
    run()
    Notification.objects.all().delete()
    Digest.objects.update(state=DigestState.PENDING, claimed_at=None)
    delivery.expire_mail(timezone.localdate() + timedelta(days=1))
    send()
    assert Notification.objects.count() == 3
    assert len(mail.outbox) == 2


def test_a_closed_account_gets_no_mail(organ: Organ, settings: Settings) -> None:
    settings.EMAIL_BACKEND = AWAY
    run()
    settings.EMAIL_BACKEND = LOCMEM
    organ.clerk.is_active = False
    organ.clerk.save()
    pass_time(delivery.RETRY_SECONDS + 1)
    send()
    assert [message.to for message in mail.outbox] == [["head@example.cn"]]
    assert Digest.objects.get(recipient=organ.clerk, channel=Channel.EMAIL).state == DigestState.EXPIRED


def test_the_command(organ: Organ) -> None:
    def asked(*options: str) -> dict[str, object]:
        out = StringIO()
        call_command("send_reminders", "--date", "2026-11-23", "--json", *options, stdout=out)
        answer: dict[str, object] = json.loads(out.getvalue())
        return answer

    expected = {"date": "2026-11-23", "due_soon": 0, "overdue": 1, "recipients": 3, "created": 0, "sent": 0}
    assert asked("--dry-run") == expected
    assert asked() == {**expected, "created": 4, "sent": 3}
    assert asked() == expected
    with pytest.raises(CommandError):
        call_command("send_reminders", "--date", "23.11.2026")
    out = StringIO()
    call_command("send_reminders", "--date", "2026-11-22", stdout=out)
    assert "2026-11-22不是工作日" in out.getvalue()


def test_the_command_with_a_date_asks_for_that_day_alone(organ: Organ) -> None:
    make_measure(organ.item, lead=[organ.office], due=workday(-6))

    def due_soon(day: str) -> int:
        out = StringIO()
        call_command("send_reminders", "--date", day, "--dry-run", "--json", stdout=out)
        return int(json.loads(out.getvalue())["due_soon"])

    run()
    assert [due_soon(f"2026-11-{day}") for day in (24, 25)] == [1, 0]
    assert run(date(2026, 11, 25), dry_run=True).due_soon == 1


def test_the_sweep_takes_up_what_was_left(organ: Organ) -> None:
    """A run of today that died, and a day whose hour passed without any."""
    now = timezone.make_aware(datetime.combine(workday_today(), time(9)))
    early = now.replace(hour=8, minute=29)
    assert tasks.runs_to_take_up(early, calendar=calendar()) == []
    assert tasks.runs_to_take_up(now, calendar=calendar()) == [workday_today()]
    assert tasks.runs_to_take_up(now, calendar=calendar()) == []  # claimed
    later = now + timedelta(seconds=tasks.RUN_SECONDS + 1)
    assert tasks.runs_to_take_up(later, calendar=calendar()) == [workday_today()]
    ReminderRun.objects.update(finished_at=later)
    much_later = later + timedelta(hours=2)
    assert tasks.runs_to_take_up(much_later, calendar=calendar()) == []


def workday_today() -> date:
    """Today, or the next working day: rows made now count as made on it or before it."""
    return calendar().first_on_or_after(timezone.localdate())


def test_the_tasks_run_twice_without_harm(organ: Organ) -> None:
    for _ in range(2):
        tasks.send_reminders(MONDAY.isoformat())
        tasks.roll_up()
        tasks.sweep()
    assert Notification.objects.filter(key="reminders:2026-11-23").count() == 3


@pytest.mark.django_db(transaction=True)
def test_runs_at_the_same_time_make_everything_once() -> None:
    organ = make_organ()
    for _ in range(40):
        make_measure(organ.item, lead=[organ.office], assisting=[organ.other], due=workday(1))
    outcomes: list[int] = []
    start = threading.Barrier(4)

    def alongside() -> None:
        try:
            start.wait()
            outcomes.append(run().created)
        finally:
            connections.close_all()

    together([alongside] * 4)
    assert Reminder.objects.count() == 40 * (2 + 2 + 1)
    assert sum(outcomes) == Reminder.objects.count()
    assert Notification.objects.count() == 4
    assert sorted(message.to[0] for message in mail.outbox) == ["clerk@example.cn", "head@example.cn"]
    assert not Reminder.objects.filter(digest__isnull=True).exists()


def together(actions: list[Callable[[], None]]) -> None:
    """Run several at once, each on a connection of its own."""
    connection.close()
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=50)
        assert not thread.is_alive()
