"""What the shell shows: every app names its entries here, the shell renders those that the user may open.

An app registers in its own ``navigation.py``, imported from its ``AppConfig.ready``; an entry that nobody may open
yet is simply not registered. ``docs/design-system.md`` has an example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.addresses import address

# A user, as loosely as core knows it: core stands below accounts.
Person = Any
Text = str | Promise


class Group(Enum):
    """Where an entry stands; the first three headings are those of the sidebar."""

    OWN = "own"
    LEDGER = "ledger"
    SUPERVISION = "supervision"
    REPORTS = "reports"
    ADMIN = "admin"
    # Not in the sidebar:
    SEARCH = "search"  # the search field of the top bar sends its ``q`` there
    BELL = "bell"  # the bell and its count
    ACCOUNT = "account"  # the menu under the user's name


HEADINGS: dict[Group, Text] = {
    Group.OWN: "",
    Group.LEDGER: _("Ledger"),
    Group.SUPERVISION: _("Supervision"),
    Group.REPORTS: _("Reporting"),
    Group.ADMIN: _("Administration"),
}


def everybody(user: Person) -> bool:
    """Whoever is signed in."""
    return bool(user.is_authenticated)


def no_count(user: Person) -> int:
    """An entry at which nothing waits."""
    return 0


# Each is itself: comparing two would compare their words in the language of the page.
@dataclass(frozen=True, eq=False)
class Entry:
    """One place to go.

    ``allowed`` says who may open it, ``count`` how many things wait there for the user (asked only when it is drawn),
    ``owns`` names further views under which it stays the current one, ``tab`` is its place in the phone's tab bar
    (none: not there), ``post`` makes it a button that posts, such as signing out.
    """

    label: Text
    url_name: str
    icon: str
    group: Group
    order: int = 100
    allowed: Callable[[Person], bool] = everybody
    count: Callable[[Person], int] = no_count
    owns: tuple[str, ...] = ()
    tab: int | None = None
    tab_label: Text = ""
    post: bool = False

    @property
    def url(self) -> str:
        """Return the address of the page."""
        return address(self.url_name)

    def is_current(self, *, view_name: str) -> bool:
        """Say whether the page with this view name lies under the entry."""
        return view_name == self.url_name or view_name in self.owns


_entries: dict[tuple[Group, str], Entry] = {}


def register(*entries: Entry) -> None:
    """Add entries; the same address in the same group replaces the former: importing twice is harmless."""
    for entry in entries:
        _entries[entry.group, entry.url_name] = entry


def registered() -> list[Entry]:
    """Return every entry, whoever may open it."""
    return list(_entries.values())


def entries_for(user: Person, *, group: Group) -> list[Entry]:
    """Return the group's entries that the user may open, in order."""
    found = [entry for entry in _entries.values() if entry.group is group and entry.allowed(user)]
    return sorted(found, key=lambda entry: entry.order)


def groups_for(user: Person) -> Iterator[tuple[Group, Text, list[Entry]]]:
    """Yield each sidebar group that holds something for the user, with its heading."""
    for group, heading in HEADINGS.items():
        if entries := entries_for(user, group=group):
            yield group, heading, entries


def tabs_for(user: Person) -> list[Entry]:
    """Return the entries of the phone's tab bar, at most five."""
    found = [entry for entry in _entries.values() if entry.tab is not None and entry.allowed(user)]
    return sorted(found, key=lambda entry: entry.tab or 0)[:5]
