"""Whom a reminder reaches: clerks and heads of the offices that answer for a measure, and the supervision office.

Everybody named here may read the measure by the rule of ``remediation.scope``: an office's clerks see what their office
or one below it leads or assists, the supervision office sees everything.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from accounts.models import User, office_tree
from accounts.models.office import OfficeTree
from accounts.roles import Role
from supervision.models import Channel


@dataclass(frozen=True)
class Recipients:
    """The people of each office by role, read once a run; ``with_address`` are those that mail can reach."""

    tree: OfficeTree
    clerks: dict[int, tuple[int, ...]]
    heads: dict[int, tuple[int, ...]]
    supervisors: tuple[int, ...]
    with_address: frozenset[int]
    _nearest: dict[tuple[Role, int], tuple[int, ...]] = field(default_factory=dict, compare=False)

    @classmethod
    def read(cls) -> Recipients:
        """Everybody who can be reminded: two queries."""
        people: dict[Role, defaultdict[int, list[int]]] = {
            Role.CLERK: defaultdict(list),
            Role.OFFICE_HEAD: defaultdict(list),
        }
        supervisors: set[int] = set()
        addressed: set[int] = set()
        rows = (
            User.objects.filter(
                is_active=True, groups__name__in=[Role.CLERK, Role.OFFICE_HEAD, Role.SUPERVISION_OFFICE]
            )
            .order_by("pk")
            .values_list("pk", "office_id", "email", "groups__name")
        )
        for user_id, office_id, email, name in rows:
            if email:
                addressed.add(user_id)
            if name == Role.SUPERVISION_OFFICE:
                supervisors.add(user_id)
            elif office_id is not None:
                people[Role(name)][office_id].append(user_id)
        return cls(
            office_tree(),
            {office: tuple(ids) for office, ids in people[Role.CLERK].items()},
            {office: tuple(ids) for office, ids in people[Role.OFFICE_HEAD].items()},
            tuple(sorted(supervisors)),
            frozenset(addressed),
        )

    def clerks_of(self, office_id: int) -> tuple[int, ...]:
        """The clerks of an office; where it has none, those of the nearest office above that has."""
        return self._of(Role.CLERK, office_id)

    def heads_of(self, office_id: int) -> tuple[int, ...]:
        """The heads of an office; where it has none, those of the nearest office above that has."""
        return self._of(Role.OFFICE_HEAD, office_id)

    def channels_of(self, user_id: int) -> tuple[Channel, ...]:
        """In-site always; e-mail too for whoever has an address."""
        if user_id in self.with_address:
            return (Channel.IN_SITE, Channel.EMAIL)
        return (Channel.IN_SITE,)

    def _of(self, role: Role, office_id: int) -> tuple[int, ...]:
        key = (role, office_id)
        if key not in self._nearest:
            people = self.clerks if role == Role.CLERK else self.heads
            line = (office_id, *self.tree.above(office_id))
            self._nearest[key] = next((people[office] for office in line if office in people), ())
        return self._nearest[key]

    def of_lead_office(self, office_id: int, *, with_heads: bool) -> tuple[int, ...]:
        """Who is reminded for a lead office: its clerks, and its heads once the measure is overdue."""
        clerks = self.clerks_of(office_id)
        return tuple(dict.fromkeys((*clerks, *self.heads_of(office_id)))) if with_heads else clerks
