"""Who sees what: the one home of ``visible_to`` for ledgers, items and measures (product text 1, 2 and 9.5).

Clerks and heads: where their office or one below it leads or assists. Leaders: their portfolio, and what they answer
for. The principal leader, the supervision office, the ledger administrator and the discipline group: everything.
The three administrators: nothing, by that role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q

from accounts.roles import BUSINESS_ROLES
from remediation.models.item import Item, ItemOffice, ItemQuerySet
from remediation.models.ledger import Ledger, LedgerQuerySet, RatesVisibility
from remediation.models.measure import Measure, MeasureOffice, MeasureQuerySet
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
    """Ledgers that hold an item in scope (``items_visible_to``), each found by one look into an index."""
    if user.sees_everything:
        return ledgers
    here, offices, positions = {"ledger": OuterRef("pk")}, user.scope_office_ids, user.scope_position_ids
    in_scope = Q(pk__in=[])
    if offices:
        own = ItemOffice.objects.filter(item__ledger=OuterRef("pk"), office__in=offices)
        in_scope |= Q(Exists(MeasureOffice.objects.filter(**here, office__in=offices))) | Q(Exists(own))
    if positions:
        in_scope |= Q(Exists(Item.objects.filter(**here, leader__in=positions)))
        in_scope |= Q(Exists(Measure.objects.filter(**here, leader__in=positions)))
    return ledgers.filter(in_scope)


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
