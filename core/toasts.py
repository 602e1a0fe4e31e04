"""A word after something was done, with the way to take it back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

_UNDO = "undo:"


def toast(request: HttpRequest, text: str, *, undo_url: str = "") -> None:
    """Say that something was done; ``undo_url`` is posted to when the reader takes it back. Never for errors."""
    messages.success(request, text, extra_tags=f"{_UNDO}{undo_url}" if undo_url else "")


def undo_url(message: Message) -> str:
    """Return the address that takes the message's action back, or nothing."""
    tags = message.extra_tags or ""
    return tags.removeprefix(_UNDO) if tags.startswith(_UNDO) else ""
