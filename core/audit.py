"""The audit log: one command that adds a line, and the words for what lines say.

An app names its kinds of events once (``name_events``, from its ``AppConfig.ready``) and records them with ``record``.
Lines are only ever added; the page that reads them is the audit administrator's alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest
from django.utils.functional import Promise

from core.models import AuditEvent

Words = str | Promise

_words: dict[str, Words] = {}
_detail_words: dict[str, Words] = {}


def name_events(words: Mapping[str, Words]) -> None:
    """Make kinds of events known: identifier -> what happened, in words."""
    _words.update(words)


def name_details(words: Mapping[str, Words]) -> None:
    """Make keys of ``detail`` known: key -> what it is, in words."""
    _detail_words.update(words)


def detail_word_of(key: str) -> str:
    """What a key of ``detail`` is, in words; the key itself where nobody named it."""
    return str(_detail_words.get(key, key))


def event_words() -> dict[str, str]:
    """Every known kind of event with its words, for filters."""
    return {event_type: str(words) for event_type, words in _words.items()}


def words_of(event_type: str) -> str:
    """What happened, in words; the identifier itself where an app that named it is gone."""
    return str(_words.get(event_type, event_type))


def record(
    event_type: str,
    *,
    request: HttpRequest | None = None,
    actor: Any = None,
    actor_name: str = "",
    succeeded: bool = True,
    target: object = "",
    **detail: Any,
) -> AuditEvent:
    """Add a line; call it in the transaction of what it tells about.

    Actor and address come from ``request`` unless ``actor`` or ``actor_name`` (a sign-in that failed, a command line)
    say otherwise. ``detail`` holds plain JSON values, never a password. Raises ``ValueError`` for an unnamed kind.
    """
    if event_type not in _words:
        raise ValueError(f"unknown kind of audit event: {event_type}")
    ip = None
    if request is not None:
        ip = get_adapter(request).get_client_ip(request)
        if actor is None and not actor_name and request.user.is_authenticated:
            actor = request.user
    return AuditEvent.objects.create(
        actor=actor,
        actor_name=(actor_name or (actor.get_username() if actor is not None else ""))[:150],
        event_type=event_type,
        succeeded=succeeded,
        ip=ip,
        target=str(target)[:200],
        detail=detail,
    )


__all__ = ["detail_word_of", "event_words", "name_details", "name_events", "record", "words_of"]
