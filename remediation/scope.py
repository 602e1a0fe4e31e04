"""Who sees what: the one home of ``visible_to`` for ledgers, items and measures (product text 1, 2 and 9.5).

Clerks and heads: where their office or one below it leads or assists. Leaders: their portfolio, and what they answer
for. The principal leader, the supervision office, the ledger administrator and the discipline group: everything.
The three administrators: nothing, by that role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef

from accounts.roles import BUSINESS_ROLES
from remediation.models.item import Item, ItemQuerySet
from remediation.models.ledger import Ledger, LedgerQuerySet, RatesVisibility
from remediation.models.measure import MeasureQuerySet
from remediation.parts import Part

if TYPE_CHECKING:
    from accounts.models import User


def measures_visible_to(measures: MeasureQuerySet, user: User) -> MeasureQuerySet:
    """Measures whose own offices are in scope, or that the leader answers for."""
    return Part.seen_by(user).measures(measures)


def items_visible_to(items: ItemQuerySet, user: User) -> ItemQuerySet:
    """Items one of whose measures is in scope, or whose own offices or leader are."""
    return Part.seen_by(user).items(items)


def ledgers_visible_to(ledgers: LedgerQuerySet, user: User) -> LedgerQuerySet:
    """Ledgers that hold an item in scope."""
    if user.sees_everything:
        return ledgers
    items = Item.objects.visible_to(user).filter(ledger=OuterRef("pk"))
    return ledgers.filter(Exists(items))


def ledgers_with_rates_for(ledgers: LedgerQuerySet, user: User) -> LedgerQuerySet:
    """Ledgers whose rates of all offices may be read: by everybody of the organ where the policy says so."""
    if user.sees_everything:
        return ledgers
    if not user.has_role(*BUSINESS_ROLES):
        return ledgers.none()
    return ledgers.filter(rates_visibility=RatesVisibility.EVERYBODY)


def sees_rates_of(user: User, ledger: Ledger) -> bool:
    """``ledgers_with_rates_for`` for one ledger that is read already."""
    if user.sees_everything:
        return True
    return user.has_role(*BUSINESS_ROLES) and ledger.rates_visibility == RatesVisibility.EVERYBODY
