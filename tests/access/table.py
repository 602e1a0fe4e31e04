"""What a row of the access table is, and the small world that its addresses point into."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from accounts.models import Notification, Office, Position, User
from remediation.models import Item, Ledger, Measure, Section

# The names of ``tests.people``'s fixtures.
OFFICE_STAFF = frozenset({"clerk", "other_clerk", "office_head"})
LEADERS = frozenset({"principal_leader", "portfolio_leader"})
SUPERVISION = frozenset({"supervision_officer"})
LEDGER_ADMIN = frozenset({"ledger_admin"})
DISCIPLINE = frozenset({"discipline_member"})
READS_EVERYTHING = SUPERVISION | LEDGER_ADMIN | DISCIPLINE | {"principal_leader"}
SYS_ADMIN = frozenset({"sys_admin"})
SEC_ADMIN = frozenset({"sec_admin"})
AUDIT_ADMIN = frozenset({"audit_admin"})
BUSINESS = OFFICE_STAFF | LEADERS | SUPERVISION | LEDGER_ADMIN | DISCIPLINE
EVERYBODY = BUSINESS | SYS_ADMIN | SEC_ADMIN | AUDIT_ADMIN
# Those who may read what ``office`` (the clerk's) leads: not the stranger, not the administrators.
READS_OFFICE = BUSINESS - {"other_clerk"}


@dataclass(frozen=True)
class World:
    """What addresses point at: one measure led by ``office``, and the people of ``tests.people``."""

    people: Mapping[str, User]
    office: Office
    position: Position
    message: Notification
    ledger: Ledger
    section: Section
    item: Item
    measure: Measure


def nothing(world: World) -> dict[str, Any]:
    """No arguments."""
    return {}


@dataclass(frozen=True)
class Row:
    """One address: who gets ``status``; everybody else gets ``otherwise``, somebody not signed in ``anonymous``.

    ``but`` names people with another answer still. ``kwargs``, ``query`` and ``data`` (posted) may depend on the world.
    """

    url_name: str
    open_to: frozenset[str] = EVERYBODY
    status: int = 200
    otherwise: int = 404
    anonymous: int = 302
    but: Mapping[str, int] = field(default_factory=dict)
    method: str = "get"
    kwargs: Callable[[World], dict[str, Any]] = nothing
    query: str = ""
    data: Callable[[World], dict[str, Any]] = nothing
    htmx: bool = False

    def expected(self, person: str | None) -> int:
        """The status for a person by name; None is somebody not signed in."""
        if person is None:
            return self.anonymous
        if person in self.but:
            return self.but[person]
        return self.status if person in self.open_to else self.otherwise
