"""Sending digests: in-site exactly once, e-mail claimed first and sent again under the same Message-ID after a crash.

What is guaranteed per channel (``docs/background-jobs.md``):

- In-site: the message and the digest's state are written in one transaction, and the message's key is unique.
- E-mail: a mail server cannot be asked what it has taken. A digest is claimed by a conditional UPDATE before it is
  sent; a claim that nobody finished within ``CLAIM_SECONDS`` is claimed again, so that at most the one mail that was
  in flight goes out twice, under one Message-ID. Failures are tried ``ATTEMPTS`` times. What was not sent on the day
  on which it was made is never mailed later.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from smtplib import SMTPException

from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts.models import Notification
from core.clock import midnight
from core.workdays import WorkCalendar
from supervision import wording
from supervision.models import Channel, Digest, DigestState

logger = logging.getLogger(__name__)

NOTIFICATION_KIND = "reminder"
AT_ONCE = 20
ATTEMPTS = 5
# Longer than sending one mail can take (EMAIL_TIMEOUT stands for one answer of the server, and there are some).
CLAIM_SECONDS = 300
# How long after a failure the next attempt waits.
RETRY_SECONDS = 300


def deliver(*, calendar: WorkCalendar, day: date | None = None) -> set[int]:
    """Send what waits (of one day, or all of it) and return the persons to whom this call sent something."""
    return deliver_in_site(calendar=calendar, day=day) | deliver_mail(calendar=calendar, day=day)


def waiting(channel: Channel, day: date | None) -> QuerySet[Digest]:
    """Digests of a channel that have not been sent, oldest first."""
    digests = Digest.objects.filter(channel=channel, state=DigestState.PENDING).order_by("pk")
    return digests if day is None else digests.filter(day=day)


# -- in-site ----------------------------------------------------------------------------------------------------------


def deliver_in_site(*, calendar: WorkCalendar, day: date | None = None) -> set[int]:
    """Write the in-site messages that wait; return their recipients."""
    sent: set[int] = set()
    # Nothing waits most of the time, and a transaction that may write would keep others from writing meanwhile.
    while waiting(Channel.IN_SITE, day).exists():
        part = write_messages(calendar=calendar, day=day)
        if not part:
            break
        sent |= part
    return sent


@transaction.atomic
def write_messages(*, calendar: WorkCalendar, day: date | None) -> set[int]:
    """Write the next few messages and mark their digests as sent; others at the same work take other ones."""
    digests = list(waiting(Channel.IN_SITE, day).select_for_update(skip_locked=True, of=("self",))[:AT_ONCE])
    texts = wording.worded(digests, calendar=calendar)
    Notification.objects.bulk_create(
        [
            Notification(
                recipient_id=digest.recipient_id,
                kind=NOTIFICATION_KIND,
                title=texts[digest.pk].title,
                body=texts[digest.pk].body,
                url=texts[digest.pk].url,
                key=f"reminders:{digest.day.isoformat()}",
            )
            for digest in digests
        ],
        ignore_conflicts=True,
    )
    Digest.objects.filter(pk__in=[digest.pk for digest in digests]).update(
        state=DigestState.SENT, sent_at=timezone.now()
    )
    return {digest.recipient_id for digest in digests}


# -- e-mail -----------------------------------------------------------------------------------------------------------


def mail_to_send(now: datetime) -> QuerySet[Digest]:
    """E-mail digests that may be claimed: new ones, those whose last failure is a while ago, those left behind."""
    return Digest.objects.filter(
        Q(state=DigestState.PENDING, claimed_at__isnull=True)
        | Q(state=DigestState.PENDING, claimed_at__lt=now - timedelta(seconds=RETRY_SECONDS))
        | Q(state=DigestState.CLAIMED, claimed_at__lt=now - timedelta(seconds=CLAIM_SECONDS)),
        channel=Channel.EMAIL,
    )


def deliver_mail(*, calendar: WorkCalendar, day: date | None = None) -> set[int]:
    """Send the e-mail digests that wait, one after the other over one connection; return their recipients."""
    sent: set[int] = set()
    seen = 0
    connection = get_connection()
    try:
        while digests := next_mails(after=seen, day=day):
            seen = digests[-1].pk
            texts = wording.worded(digests, calendar=calendar)
            for digest in digests:
                claimed_at = claim(digest)
                if claimed_at is None:
                    continue
                if not (digest.recipient.is_active and digest.recipient.email):
                    give_up(digest, claimed_at=claimed_at)
                    continue
                try:
                    connection.open()  # stays open for those that follow
                except (SMTPException, OSError) as error:
                    # The server is away or refuses everybody: no attempt of this digest, and no use to go on.
                    note_failure(digest, claimed_at=claimed_at, error=error, counts=False)
                    return sent
                message = EmailMessage(
                    texts[digest.pk].title,
                    texts[digest.pk].letter,
                    to=[digest.recipient.email],
                    headers={"Message-ID": digest.message_id, "Auto-Submitted": "auto-generated"},
                    connection=connection,
                )
                try:
                    message.send()
                except (SMTPException, OSError, ValueError) as error:
                    connection.close()
                    note_failure(digest, claimed_at=claimed_at, error=error, counts=True)
                else:
                    note_sent(digest, claimed_at=claimed_at)
                    sent.add(digest.recipient_id)
    finally:
        connection.close()
    return sent


def next_mails(*, after: int, day: date | None) -> Sequence[Digest]:
    """The next few e-mail digests to try."""
    digests = mail_to_send(timezone.now()).filter(pk__gt=after).select_related("recipient").order_by("pk")
    return list((digests if day is None else digests.filter(day=day))[:AT_ONCE])


def claim(digest: Digest) -> datetime | None:
    """Claim one digest for this process; ``None`` when somebody else has it or has sent it."""
    now = timezone.now()
    claimed = (
        mail_to_send(now)
        .filter(pk=digest.pk)
        .update(state=DigestState.CLAIMED, claimed_at=now, attempts=F("attempts") + 1)
    )
    return now if claimed else None


def note_sent(digest: Digest, *, claimed_at: datetime) -> None:
    """The mail server has taken it."""
    Digest.objects.filter(pk=digest.pk, state=DigestState.CLAIMED, claimed_at=claimed_at).update(
        state=DigestState.SENT, sent_at=timezone.now(), failure=""
    )


def note_failure(digest: Digest, *, claimed_at: datetime, error: Exception, counts: bool) -> None:
    """Keep why it failed; try again later unless it was the last attempt (``counts``: this was one)."""
    mine = Digest.objects.filter(pk=digest.pk, state=DigestState.CLAIMED, claimed_at=claimed_at)
    text = f"{type(error).__name__}: {error}"[:500]
    logger.warning("Reminder digest %s could not be mailed: %s", digest.pk, text)
    if not counts:
        mine.update(state=DigestState.PENDING, attempts=F("attempts") - 1, failure=text)
    elif not mine.filter(attempts__gte=ATTEMPTS).update(state=DigestState.FAILED, failure=text):
        mine.update(state=DigestState.PENDING, failure=text)


def give_up(digest: Digest, *, claimed_at: datetime) -> None:
    """The account was closed, or its address removed, after the digest was made."""
    Digest.objects.filter(pk=digest.pk, state=DigestState.CLAIMED, claimed_at=claimed_at).update(
        state=DigestState.EXPIRED
    )


def expire_mail(today: date) -> int:
    """Give up e-mail digests made before ``today``: nobody wants yesterday's reminder after a stalled queue.

    Claims that may still be in somebody's hands are left alone. The in-site message stays.
    """
    abandoned = timezone.now() - timedelta(seconds=CLAIM_SECONDS)
    stale = Digest.objects.filter(
        Q(state=DigestState.PENDING) | Q(state=DigestState.CLAIMED, claimed_at__lt=abandoned),
        channel=Channel.EMAIL,
        created_at__lt=midnight(today),
    )
    return stale.update(state=DigestState.EXPIRED) if stale.exists() else 0
