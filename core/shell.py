"""The context that the page frame needs on every page: navigation, day, time of the figures, demo mark."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from core import clock, navigation


@dataclass(frozen=True)
class Place:
    """A navigation entry as one page draws it."""

    entry: navigation.Entry
    user: navigation.Person
    view_name: str

    @property
    def is_current(self) -> bool:
        """Say whether this page lies under the entry."""
        return self.entry.is_current(view_name=self.view_name)

    @property
    def count_id(self) -> str:
        """Return what the ids of the count end with."""
        return f"count-{self.entry.url_name.replace(':', '-')}"

    @cached_property
    def count(self) -> int:
        """Return how many things wait there; asked once a page."""
        return self.entry.count(self.user)


class Shell:
    """What the frame asks; everything is worked out when it is drawn, so a fragment pays for nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._match = request.resolver_match

    @property
    def _user(self) -> navigation.Person:
        return self._request.user

    def _place(self, entry: navigation.Entry) -> Place:
        return Place(entry=entry, user=self._user, view_name=self._match.view_name if self._match else "")

    @cached_property
    def _places(self) -> dict[navigation.Entry, Place]:
        return {}

    def _places_of(self, entries: list[navigation.Entry]) -> list[Place]:
        """Return places; the sidebar and the phone's tabs share them, so that a count is asked once."""
        return [self._places.setdefault(entry, self._place(entry)) for entry in entries]

    @cached_property
    def groups(self) -> list[tuple[str, navigation.Text, list[Place]]]:
        """Return the sidebar."""
        return [
            (group.value, heading, self._places_of(entries))
            for group, heading, entries in navigation.groups_for(self._user)
        ]

    @cached_property
    def tabs(self) -> list[Place]:
        """Return the phone's tab bar."""
        return self._places_of(navigation.tabs_for(self._user))

    @cached_property
    def current(self) -> Place | None:
        """Return the place of the sidebar under which this page lies."""
        return next(
            (place for _group, _heading, places in self.groups for place in places if place.is_current), None
        )

    def _only(self, group: navigation.Group) -> Place | None:
        entries = navigation.entries_for(self._user, group=group)
        return self._places_of(entries[:1])[0] if entries else None

    @cached_property
    def search(self) -> Place | None:
        """Return where the search of the top bar leads."""
        return self._only(navigation.Group.SEARCH)

    @cached_property
    def bell(self) -> Place | None:
        """Return the messages."""
        return self._only(navigation.Group.BELL)

    @cached_property
    def account(self) -> list[Place]:
        """Return the entries under the user's name."""
        return self._places_of(navigation.entries_for(self._user, group=navigation.Group.ACCOUNT))

    @property
    def user_label(self) -> str:
        """Return the user as the top bar names them: office and role where the account knows them."""
        return str(getattr(self._user, "shell_label", "") or self._user.get_username())

    @property
    def user_initial(self) -> str:
        """Return the one character in the circle before the name."""
        return self.user_label[:1]

    @cached_property
    def as_of(self) -> datetime:
        """Return the moment of the figures on this page."""
        return timezone.localtime(clock.now())

    @cached_property
    def today(self) -> date:
        """Return the day of the page."""
        return self.as_of.date()

    @property
    def demo(self) -> bool:
        """Say whether the data is 演示数据."""
        return bool(getattr(settings, "DEMO", False))


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: ``shell`` for the frame."""
    return {"shell": Shell(request)}
