"""An item's light: the worst light of its open measures (product text 2)."""

from __future__ import annotations

from django.db.models import (
    BooleanField,
    Case,
    DateField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)

from remediation.models import Item, Measure
from remediation.models.measure import UNLIT
from remediation.states import CompletionStatus


def with_watch(items: QuerySet[Item]) -> QuerySet[Item]:
    """``items`` with ``is_open`` and ``watch_date`` of their own, so that every rule about a measure's light holds.

    All measures of an item are of one ledger and so under one policy: the nearest date of the open ones gives the
    worst light. An item without measures is lit by its own deadline.
    """
    measures = Measure.objects.filter(item=OuterRef("pk")).order_by()
    open_ = measures.filter(is_open=True)
    nearest = open_.filter(watch_date__isnull=False).order_by("watch_date").values("watch_date")[:1]
    own_is_open = ~Q(reported_status=CompletionStatus.COMPLETED.value) & ~Q(workflow_state__in=UNLIT)
    return items.annotate(
        is_open=Case(
            When(Exists(open_), then=Value(True)),
            When(Exists(measures.filter(is_counted=True)), then=Value(False)),
            When(own_is_open, then=Value(True)),
            default=Value(False),
            output_field=BooleanField(),
        ),
        watch_date=Case(
            When(Exists(measures.filter(is_counted=True)), then=Subquery(nearest)),
            default=F("due_date"),
            output_field=DateField(),
        ),
    )
