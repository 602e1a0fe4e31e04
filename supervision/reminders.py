"""Making the reminders of a day: the plan becomes rows, each of which exists once however often and by however many.

Safe to run twice, at the same time, and after being killed anywhere: people are written in small transactions, rows
are unique, and what an unfinished run left out the next one adds. Sending is ``supervision.delivery``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Max, OuterRef, Q, Subquery
from django.utils import timezone

from core.workdays import WorkCalendar
from supervision import delivery
from supervision.models import Channel, Digest, DigestState, Reminder, ReminderRun
from supervision.planning import Address, Contents, plan

# How many reminders one transaction writes, more or less: short enough that nobody waits for it.
REMINDERS_AT_ONCE = 1000


@dataclass(frozen=True)
class Outcome:
    """What a run found and what it did itself."""

    day: date
    due_soon: int
    overdue: int
    recipients: int
    created: int
    sent: int

    def as_dict(self) -> dict[str, str | int]:
        """As the command prints it."""
        return {
            "date": self.day.isoformat(),
            "due_soon": self.due_soon,
            "overdue": self.overdue,
            "recipients": self.recipients,
            "created": self.created,
            "sent": self.sent,
        }


def send_reminders(
    day: date, *, calendar: WorkCalendar, dry_run: bool = False, catch_up: bool = True
) -> Outcome:
    """Make the reminders and digests of ``day`` and send them; on a rest day, or as a dry run, write nothing.

    ``due_soon`` and ``overdue`` count the measures that reach a stage that day, ``recipients`` the persons who get a
    digest for it; ``created`` reminders and ``sent`` digests (in-site and e-mail of one person are one) are this run's.
    ``catch_up`` also tells of stages before a deadline that were reached since the last run; without it those of
    ``day`` alone.
    """
    planned = plan(day, calendar, catch_up=catch_up)
    created, sent = 0, set[int]()
    if not dry_run and calendar.is_workday(day):
        begin(day)
        for part in portions(planned.digests):
            created += write(day, part)
            ReminderRun.objects.filter(day=day).update(claimed_at=timezone.now())
        finish(day)
        sent = delivery.deliver(calendar=calendar, day=day)
    return Outcome(
        day, planned.due_soon, planned.overdue, len(planned.recipients), created=created, sent=len(sent)
    )


def begin(day: date) -> None:
    """Note that the day's run is under way, so that it is taken up again if it dies."""
    ReminderRun.objects.bulk_create([ReminderRun(day=day)], ignore_conflicts=True)
    ReminderRun.objects.filter(day=day).update(claimed_at=timezone.now())


def finish(day: date) -> None:
    """Note that all of the day's reminders exist."""
    ReminderRun.objects.filter(day=day, finished_at__isnull=True).update(finished_at=timezone.now())


def portions(digests: Mapping[Address, Contents]) -> Iterator[dict[Address, Contents]]:
    """The digests in portions of about ``REMINDERS_AT_ONCE`` reminders, in one order for every run."""
    part: dict[Address, Contents] = {}
    weight = 0
    for address in sorted(digests):
        part[address] = digests[address]
        weight += 1 + len(digests[address].new)
        if weight >= REMINDERS_AT_ONCE:
            yield part
            part, weight = {}, 0
    if part:
        yield part


@transaction.atomic
def write(day: date, part: Mapping[Address, Contents]) -> int:
    """Write some people's digests and reminders; return how many reminders are new.

    The digests are locked first, so that two runs write one after the other and no digest is sent half written.
    Reminders of a digest that has already gone are kept for the person's next one.
    """
    Digest.objects.bulk_create(
        [
            Digest(
                recipient_id=user_id,
                day=day,
                channel=channel,
                content=contents.as_json(),
                message_id=new_message_id() if channel == Channel.EMAIL else "",
            )
            for (user_id, channel), contents in part.items()
        ],
        ignore_conflicts=True,
    )
    people = {user_id for user_id, _ in part}
    locked = Digest.objects.select_for_update().filter(day=day, recipient__in=people).order_by("pk")
    unsent = {
        (digest.recipient_id, digest.channel): digest.pk
        for digest in locked
        if digest.state == DigestState.PENDING
    }
    last = Reminder.objects.aggregate(last=Max("pk"))["last"] or 0
    Reminder.objects.bulk_create(
        [
            Reminder(
                measure_id=subject.measure_id,
                round=subject.round,
                due_date=subject.due_date,
                stage=subject.stage,
                recipient_id=user_id,
                channel=channel,
                digest_id=unsent.get((user_id, channel)),
            )
            for (user_id, channel), contents in part.items()
            for subject in contents.new
        ],
        ignore_conflicts=True,
        batch_size=500,
    )
    attach_waiting(day, part)
    return Reminder.objects.filter(pk__gt=last, recipient__in=people).count()


def attach_waiting(day: date, part: Mapping[Address, Contents]) -> None:
    """Put reminders that waited for a digest into the day's, as far as it has not gone either."""
    waiting = Reminder.objects.filter(digest__isnull=True, recipient__in={user_id for user_id, _ in part})
    rows = waiting.values_list("pk", "measure_id", "stage", "recipient_id", "channel")
    wanted = {
        (subject.measure_id, subject.stage, *address)
        for address, contents in part.items()
        for subject in contents.new
    }
    ids = [pk for pk, *key in rows if tuple(key) in wanted]
    if ids:
        digest = Digest.objects.filter(
            Q(day=day, state=DigestState.PENDING),
            recipient=OuterRef("recipient"),
            channel=OuterRef("channel"),
        )
        Reminder.objects.filter(pk__in=ids).update(digest=Subquery(digest.values("pk")[:1]))


def new_message_id() -> str:
    """A Message-ID, kept for every attempt to send the same digest."""
    host = settings.SITE_URL.partition("://")[2].partition(":")[0]
    return f"<{uuid4().hex}@{host or 'localhost'}>"
