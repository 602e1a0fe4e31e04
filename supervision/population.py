"""``Population``: which rows a dashboard counts, and the addresses of the lists that hold exactly these rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from remediation import links
from remediation.filters import Reader
from remediation.models import Item, Ledger, Measure
from remediation.parts import Part
from remediation.states import UNCOUNTED_STATES, DutyRole


@dataclass(frozen=True)
class Population:
    """The rows of somebody's scope in one ledger or in all open ones, of one office or of all.

    ``role`` says how ``office_id`` answers for them; it means nothing without an office.
    """

    reader: Reader
    ledger: Ledger | None = None
    office_id: int | None = None
    role: str = DutyRole.LEAD.value

    @property
    def user(self) -> User:
        """Whose scope it is."""
        return self.reader.user

    @property
    def ledgers(self) -> list[Ledger]:
        """The one ledger, or all that are not archived."""
        if self.ledger is not None:
            return [self.ledger]
        return self.reader.open_ledgers

    @property
    def ledger_ids(self) -> list[int]:
        """Their keys."""
        return [ledger.pk for ledger in self.ledgers]

    @property
    def figures_as_of(self) -> datetime | None:
        """When the figures were counted, where they are not of this moment (a huge ledger after an import, say)."""
        return self.reader.kept.time_of(self.ledger_ids)

    @property
    def is_whole(self) -> bool:
        """Whether nothing narrows the ledgers: neither the scope nor an office."""
        return self.part.is_whole

    @property
    def is_one_office(self) -> bool:
        """Whether it is exactly what one office leads or assists."""
        return self.office_id is not None and (
            self.user.sees_everything or self.office_id in self.user.scope_office_ids
        )

    @property
    def part(self) -> Part:
        """The part of the ledgers that is counted: the reader's scope, or one office of it."""
        if self.office_id is None or not self.is_one_office:
            return Part.seen_by(self.user)
        return Part.of_office(self.office_id, self.role)

    def measures(self) -> QuerySet[Measure]:
        """The counted measures."""
        return self.part.measures(Measure.objects.filter(ledger__in=self.ledger_ids, is_counted=True))

    def items(self, ledger_ids: Iterable[int] | None = None) -> QuerySet[Item]:
        """The counted items, of all its ledgers or of some."""
        ledgers = self.ledger_ids if ledger_ids is None else ledger_ids
        return self.part.items(
            Item.objects.filter(ledger__in=ledgers).exclude(
                workflow_state__in=[state.value for state in UNCOUNTED_STATES]
            )
        )

    # -- addresses ----------------------------------------------------------------------------------------------------

    def _ledger_condition(self) -> dict[str, Any]:
        return {"archived": False} if self.ledger is None else {"ledger": self.ledger.pk}

    def _conditions(self) -> dict[str, Any]:
        if self.office_id is None:
            return self._ledger_condition()
        return {**self._ledger_condition(), "office": self.office_id, "role": self.role}

    def measures_url(self, **conditions_: Any) -> str:
        """The list of these measures, narrowed further."""
        return links.measures_url(**self._conditions(), **conditions_)

    def items_url(self, **conditions_: Any) -> str:
        """The list of these items, narrowed further."""
        return links.items_url(**self._conditions(), **conditions_)

    def office_url(self, office_id: int, role: str, **conditions_: Any) -> str:
        """The list of what one office leads or assists in the same ledgers."""
        return links.measures_url(**self._ledger_condition(), office=office_id, role=role, **conditions_)
