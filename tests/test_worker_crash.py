"""A real worker on a real broker is killed in the middle: nothing is made twice, nothing lost, one mail sent again.

The worker is killed as a power cut would end it (SIGKILL to it and its children). What brings the work back is the
sweep that beat sends: on the filesystem broker the message died with the worker, on Redis it comes back much later.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from celery import Celery
from django.conf import settings
from django.db.models import Count, F
from django.utils import timezone

from accounts.models import Notification, User
from accounts.roles import Role
from remediation.models import ChangeMark, EventKind, Ledger, Measure
from remediation.recording import mark_changed, record
from remediation.states import CompletionStatus
from supervision.models import Channel, CompletionSnapshot, Digest, DigestState, Reminder, ReminderRun
from tests.capabilities import free_port, wait_until
from tests.ledgers import make_item, make_ledger, make_measure, make_office
from tests.mail_sink import MailSink, mail_sink
from tests.people import make_user

CLERKS = 40
MEASURES = 40
# A Monday on which the worker's own clock will not send anything by itself.
DAY = date(2030, 11, 25)
SILENT_AT = 4


@pytest.fixture(params=["filesystem", "redis"])
def broker(
    request: pytest.FixtureRequest, child_environment: dict[str, str]
) -> Iterator[tuple[dict[str, str], Celery]]:
    """The environment of a worker, and an application that sends it messages over the same broker."""
    app = Celery("tests", set_as_current=False)
    if request.param == "redis":
        child_environment["REDIS_URL"] = request.getfixturevalue("redis_server")
        app.conf.update(broker_url=child_environment["REDIS_URL"])
    else:
        child_environment.pop("REDIS_URL", None)
        folder = Path(settings.DATA_DIR) / "broker"
        for path in folder.glob("*/*"):
            path.unlink()
        app.conf.update(
            broker_url="filesystem://localhost",
            broker_transport="core.file_broker:Transport",
            broker_transport_options={"folder": str(folder)},
        )
    yield child_environment, app
    app.close()


def send(app: Celery, task: str, *arguments: Any) -> None:
    """Put one message into the broker."""
    with app.connection_for_write() as connection:
        app.send_task(task, arguments, connection=connection, ignore_result=True)


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker with one child, in a session of its own; it is killed at the end."""
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "config",
        "worker",
        "--concurrency=1",
        "--loglevel=WARNING",
    ]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a worker and its children at once, as a power cut would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def make_overdue() -> None:
    """One office with many clerks and many measures, each a working day late: two reminders for each pair."""
    # The worker's own day is done with, so that its sweeps do nothing but what is tested.
    ReminderRun.objects.create(day=timezone.localdate(), finished_at=timezone.now())
    office = make_office()
    item = make_item(make_ledger())
    for number in range(MEASURES):
        make_measure(item, f"措施之{number}", lead=[office], due=DAY - timedelta(days=3))
    for number in range(CLERKS):
        make_user(Role.CLERK, office=office, email=f"clerk{number}@example.cn")


def pass_time() -> None:
    """Let every claim of the dead worker grow old."""
    earlier = timezone.now() - timedelta(hours=1)
    ReminderRun.objects.filter(finished_at__isnull=True).update(claimed_at=earlier)
    Digest.objects.filter(claimed_at__isnull=False).update(claimed_at=F("claimed_at") - timedelta(hours=1))


def check(sink: MailSink, silent_id: str) -> None:
    """Everything exists once, and at most the mail that was in flight has gone twice."""
    assert Reminder.objects.count() == CLERKS * MEASURES * 2
    assert not Reminder.objects.filter(digest__isnull=True).exists()
    messages = Notification.objects.filter(key=f"reminders:{DAY}").values("recipient").annotate(n=Count("pk"))
    assert messages.count() == CLERKS
    assert Notification.objects.count() == CLERKS
    assert dict(Digest.objects.order_by().values_list("channel").annotate(Count("pk"))) == {
        Channel.IN_SITE: CLERKS,
        Channel.EMAIL: CLERKS,
    }
    taken = Counter(sink.ids)
    assert set(taken) == set(
        Digest.objects.filter(channel=Channel.EMAIL).values_list("message_id", flat=True)
    )
    assert {mail: times for mail, times in taken.items() if times > 1} == {silent_id: 2}


@pytest.mark.slow
def test_killing_the_worker_makes_nothing_twice_and_loses_nothing(
    broker: tuple[dict[str, str], Celery],
) -> None:
    environment, app = broker
    port = free_port()
    environment |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port)}
    make_overdue()

    # Killed while the reminders are being written; no mail server listens yet.
    send(app, "supervision.tasks.send_reminders", DAY.isoformat())
    with worker(environment) as process:
        assert wait_until(Reminder.objects.exists)
        kill(process)
    pass_time()

    with mail_sink(port) as sink:
        # Killed in the middle of a mail, which the server has taken and not confirmed.
        sink.silent_at = SILENT_AT
        send(app, "supervision.tasks.sweep")
        with worker(environment) as process:
            assert sink.is_silent.wait(timeout=30)
            kill(process)
        silent_id = sink.ids[-1]
        assert Digest.objects.get(message_id=silent_id).state == DigestState.CLAIMED
        assert len(sink.taken) == SILENT_AT
        pass_time()

        # Nobody interrupts it any more; a second message for the same work changes nothing.
        sink.go_on.set()
        send(app, "supervision.tasks.sweep")
        send(app, "supervision.tasks.send_reminders", DAY.isoformat())
        with worker(environment):
            assert wait_until(lambda: not Digest.objects.exclude(state=DigestState.SENT).exists())
            # Messages are worked through in order: when this mark has gone, so have those before it.
            mark_changed(Ledger.objects.get().pk)
            send(app, "supervision.tasks.sweep")
            assert wait_until(lambda: not ChangeMark.objects.exists())
        check(sink, silent_id)


@pytest.mark.slow
def test_a_killed_child_gives_its_task_back(broker: tuple[dict[str, str], Celery]) -> None:
    """Only the child that works is killed (out of memory, say): the worker itself sees to the rest."""
    environment, app = broker
    port = free_port()
    environment |= {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(port)}
    make_overdue()
    with mail_sink(port) as sink:
        sink.silent_at = SILENT_AT
        send(app, "supervision.tasks.send_reminders", DAY.isoformat())
        with worker(environment) as process:
            assert sink.is_silent.wait(timeout=30)
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            sink.go_on.set()
            silent_id = sink.ids[-1]
            # The task comes back at once and sends the others; the mail in flight is left alone until its claim is old.
            others = Digest.objects.exclude(message_id=silent_id)
            assert wait_until(lambda: not others.exclude(state=DigestState.SENT).exists())
            pass_time()
            send(app, "supervision.tasks.sweep")
            assert wait_until(lambda: not Digest.objects.exclude(state=DigestState.SENT).exists())
        check(sink, silent_id)


@pytest.mark.slow
def test_a_roll_up_that_was_killed_is_done_again(broker: tuple[dict[str, str], Celery]) -> None:
    """Marks and figures change in one transaction: whenever the worker dies, the next sweep brings the figures."""
    environment, app = broker
    environment.pop("EMAIL_HOST", None)
    ReminderRun.objects.create(day=timezone.localdate(), finished_at=timezone.now())
    office = make_office()
    ledger = make_ledger()
    item = make_item(ledger)
    measures = [make_measure(item, f"措施之{number}", lead=[office]) for number in range(MEASURES)]
    for measure in measures:
        record(measure, kind=EventKind.BASELINE, actor=None)
    send(app, "supervision.tasks.sweep")
    with worker(environment) as process:
        assert wait_until(CompletionSnapshot.objects.exists)
        done = measures[0]
        Measure.objects.filter(pk=done.pk).update(status=CompletionStatus.COMPLETED, percent=100)
        done.refresh_from_db()
        record(done, kind=EventKind.REPORTED, actor=User.objects.first())
        send(app, "supervision.tasks.sweep")
        kill(process)
    send(app, "supervision.tasks.sweep")
    with worker(environment):
        assert wait_until(lambda: not ChangeMark.objects.exists())
    whole = CompletionSnapshot.objects.get(ledger=ledger, office__isnull=True)
    assert (whole.total, whole.completed) == (MEASURES, 1)
