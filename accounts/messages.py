"""In-site messages (站内信): written once per person and key, read on one page, counted by the bell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from accounts.models import Notification, User
from core import clock


@dataclass(frozen=True)
class Message:
    """What one person is told; ``key`` makes it exist once per person, however often it is sent."""

    recipient_id: int
    kind: str
    title: str
    key: str
    body: str = ""
    url: str = ""


def send_messages(messages: Iterable[Message]) -> int:
    """Write the messages that are not there yet, in one statement; return how many were new.

    Inside the caller's transaction: a message exists if and only if what it tells about does.
    """
    wanted = list({(message.recipient_id, message.key): message for message in messages}.values())
    if not wanted:
        return 0
    known = set(
        Notification.objects.filter(
            recipient_id__in={message.recipient_id for message in wanted},
            key__in={message.key for message in wanted},
        ).values_list("recipient_id", "key")
    )
    new = [
        Notification(
            recipient_id=message.recipient_id,
            kind=message.kind,
            title=message.title[:200],
            body=message.body,
            url=message.url,
            key=message.key,
        )
        for message in wanted
        if (message.recipient_id, message.key) not in known
    ]
    # A second process may be writing the same ones: the unique key decides, and neither fails.
    Notification.objects.bulk_create(new, ignore_conflicts=True, batch_size=500)
    return len(new)


def send_message(recipient: User, *, kind: str, title: str, key: str, body: str = "", url: str = "") -> bool:
    """Write one message; False when the person has had it already."""
    message = Message(recipient_id=recipient.pk, kind=kind, title=title, key=key, body=body, url=url)
    return send_messages([message]) == 1


def unread_count(user: Any) -> int:
    """How many messages wait for the person (one query over an index)."""
    return Notification.objects.to(user).unread().count() if user.is_authenticated else 0


def mark_read(user: User, message_id: int) -> bool:
    """Note that the person has seen a message; False when it is not theirs or was read before."""
    unread = Notification.objects.to(user).unread().filter(pk=message_id)
    return unread.update(read_at=clock.now()) == 1


def mark_all_read(user: User, *, up_to: int) -> int:
    """Note all messages up to an id as seen: what arrived after the page was drawn stays unread."""
    return Notification.objects.to(user).unread().filter(pk__lte=up_to).update(read_at=clock.now())
