"""Items without measures that offices report on themselves (问题本身要报的), as rows of the home."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, QuerySet, Window

from core.decisions import Decision
from remediation.counting.items import counted_items
from remediation.item_lights import with_watch
from remediation.lights import Light, LightRule
from remediation.models import Item, ItemOffice, Ledger
from remediation.numbering import Number, item_number
from remediation.permissions import can_report_item, reporting_offices
from remediation.recording import Duties
from remediation.states import CompletionStatus, DutyRole

if TYPE_CHECKING:
    from accounts.models import User

ROWS = 20


@dataclass(frozen=True)
class ItemRow:
    """One item as a row draws it; ``reporting`` is absent where the person's offices only assist."""

    item: Item
    number: Number
    light: Light
    reason: str
    is_late: bool
    reporting: Decision | None


@dataclass(frozen=True)
class OwedItems:
    """The first rows, worst first, and how many there are in all."""

    rows: list[ItemRow]
    count: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.count - len(self.rows)

    @property
    def is_late(self) -> bool:
        """Whether one of them is overdue."""
        return any(row.is_late for row in self.rows)


def items_owed(user: User, *, ledgers: Collection[int], role: str) -> QuerySet[Item]:
    """The counted items of ``ledgers`` without measures, not completed, that the person's offices lead or assist."""
    own = ItemOffice.objects.filter(office__in=reporting_offices(user), role=role).order_by()
    items = Item.objects.filter(pk__in=own.values("item"), ledger__in=ledgers, standing__counted=0)
    return counted_items(items).exclude(standing__progress=CompletionStatus.COMPLETED)


def first_items(user: User, *, ledgers: Mapping[int, Ledger], role: str, rule: LightRule) -> OwedItems:
    """What stands on the home of ``items_owed``: lit ones first, the nearest date on top; one query."""
    # The queryset carries annotations, which no type of a row can say.
    items: Any = with_watch(items_owed(user, ledgers=ledgers, role=role))
    found = list(
        items.annotate(total=Window(Count("pk"))).order_by(
            "-is_open", F("watch_date").asc(nulls_last=True), "order", "pk"
        )[:ROWS]
    )
    for item in found:
        item.ledger = ledgers[item.ledger_id]
    # Each was found by a duty of these offices.
    duties = Duties(lead=tuple(reporting_offices(user)))
    return OwedItems(
        rows=[
            ItemRow(
                item=item,
                number=item_number(item),
                light=rule.light_of(
                    is_open=item.is_open, watch_date=item.watch_date, ledger_id=item.ledger_id
                ),
                reason=rule.reason(is_open=item.is_open, watch_date=item.watch_date),
                is_late=rule.is_late(is_open=item.is_open, watch_date=item.watch_date),
                reporting=can_report_item(user, item, duties=duties) if role == DutyRole.LEAD else None,
            )
            for item in found
        ],
        count=found[0].total if found else 0,
    )
