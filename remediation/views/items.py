"""The list by item (按问题): an item's light is the worst of its open measures."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Count, F, IntegerField, QuerySet, Value, When
from django.http import HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from core.lists.tables import Order
from core.lists.view import Counts
from remediation.counting.items import with_completion
from remediation.exporting import ROWS_A_BATCH
from remediation.item_filters import ItemFilterSet
from remediation.item_lights import with_watch
from remediation.models import Item, Measure
from remediation.office_names import attach_duties
from remediation.states import CompletionStatus
from remediation.tables import ItemPrintTable, ItemTable
from remediation.views.export import export_items
from remediation.views.measures import LedgerListView
from remediation.views.reading import reads_ledgers

COMPLETION_RANK = Case(
    *(When(completion_status=status.value, then=Value(rank)) for rank, status in enumerate(CompletionStatus)),
    output_field=IntegerField(),
)
ITEM_ORDERS = {
    "due": Order(
        _("Deadline"),
        ("-is_open", F("watch_date").asc(nulls_last=True), "order", "pk"),
        ("-is_open", F("watch_date").desc(nulls_last=True), "-order", "-pk"),
    ),
    "number": Order(_("Number"), ("ledger_id", "order", "pk"), ("-ledger_id", "-order", "-pk")),
    "status": Order(
        _("Completion status"),
        (COMPLETION_RANK, "order", "pk"),
        (COMPLETION_RANK.desc(), "order", "pk"),
    ),
    "updated": Order(_("Updated"), ("updated_at", "pk"), ("-updated_at", "-pk")),
}


@method_decorator(reads_ledgers, name="dispatch")
class ItemList(LedgerListView):
    """Items under a filter, as page, fragment, print, xlsx and csv."""

    list_name = "items"
    filterset_class = ItemFilterSet
    table_class = ItemTable
    print_table_class = ItemPrintTable
    orders = ITEM_ORDERS

    def filterset(self) -> ItemFilterSet:
        filters = ItemFilterSet(self.request.GET, reader=self.reader)
        if self.order_name.removeprefix("-") == "status":
            filters.queryset = with_completion(filters.queryset)
        return filters

    def counts(self) -> Counts:
        """By date instead of by light: what is worked out for an item is then worked out once a row."""
        rows = self.rows_of_any_light().order_by()
        parts: dict[str, int] = {}
        for ledger_id, is_open, watch_date, count in rows.values_list(
            "ledger_id", "is_open", "watch_date"
        ).annotate(rows=Count("pk")):
            light = self.reader.rule.light_of(is_open=is_open, watch_date=watch_date, ledger_id=ledger_id)
            parts[light.value] = parts.get(light.value, 0) + count
        wanted = self.filters.value("light") or parts
        return Counts(sum(parts.get(light, 0) for light in wanted), parts)

    def full_rows(self) -> QuerySet[Item]:
        related = ["leader"]
        if "section" in self.columns:
            related.append("section")
        rows = with_completion(with_watch(Item.objects.select_related(*related)))
        return rows.annotate(
            latest_due=F("standing__due_date"),
            measures_total=F("standing__counted"),
            measures_completed=F("standing__completed"),
        )

    def prepared(self, rows: list[Any]) -> list[Any]:
        attach_duties(rows, ledgers=self.reader.ledgers, this_year=self.reader.today.year, of_items=True)
        titles: dict[int, list[str]] = {}
        if rows:
            led = (
                Measure.objects.filter(
                    item__in=[row.pk for row in rows], is_counted=True, leader__isnull=False
                )
                .order_by("order", "pk")
                .values_list("item_id", "leader__title")
            )
            for item_id, title in led:
                titles.setdefault(item_id, []).append(title)
        for row in rows:
            row.ledger = self.reader.ledgers[row.ledger_id]
            row.completion_label = CompletionStatus(row.completion_status).label
            row.shown_leaders = titles.get(row.pk) or ([row.leader.title] if row.leader else [])
        return rows

    def export(self, kind: str) -> HttpResponseBase:
        order = self.order_expressions(self.order_name if "sort" in self.request.GET else "number")
        # Batch by batch while it is sent: all items at once with their measures' offices are 1.4 GB at 20,000 items.
        keys = list(self.filters.qs.order_by(*order).values_list("pk", flat=True))
        parts = (keys[start : start + ROWS_A_BATCH] for start in range(0, len(keys), ROWS_A_BATCH))
        rows = (
            row
            for part in parts
            for row in self.prepared(list(self.full_rows().filter(pk__in=part).order_by(*order)))
        )
        return export_items(self.request, rows=rows, kind=kind, reader=self.reader, filters=self.filters)
