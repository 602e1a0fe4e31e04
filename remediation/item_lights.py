"""An item's light: the worst light of its open measures (product text 2)."""

from __future__ import annotations

from django.db.models import F, QuerySet

from remediation.models import Item


def with_watch(items: QuerySet[Item]) -> QuerySet[Item]:
    """``items`` with ``is_open`` and ``watch_date`` of their own, so that every rule about a measure's light holds.

    All measures of an item are of one ledger and so under one policy: the nearest date of the open ones gives the
    worst light. An item without measures is lit by its own deadline (``ItemStanding``).
    """
    # Every item has a standing: said so, the database may begin with the standings, in the order of their dates.
    return items.filter(standing__isnull=False).annotate(
        is_open=F("standing__is_open"), watch_date=F("standing__watch_date")
    )
