"""The list by measure (按措施)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, cast

from django.db.models import Count, F, QuerySet
from django.db.models.lookups import IsNull
from django.http import HttpResponse, HttpResponseBase
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _

from core.lists.tables import Order
from core.lists.view import Counts, FilteredListView
from remediation.conditions import MAIN_LEAD
from remediation.context import reader_of, remember_ledger
from remediation.filters import LedgerFilterSet, MeasureFilterSet, Reader, few_keys
from remediation.lights import Light
from remediation.list_pages import ledger_list_context
from remediation.models import Measure
from remediation.office_names import attach_duties
from remediation.parts import WHOLE, Part
from remediation.permissions import can_report_progress
from remediation.recording import Duties
from remediation.states import DutyRole
from remediation.tables import LitTable, MeasurePrintTable, MeasureTable
from remediation.views.bulk import MOST_ROWS, bulk_actions
from remediation.views.export import export_measures
from remediation.views.reading import reads_ledgers

# Of more rows than these the count follows the page.
COUNT_AT_ONCE = 20_000
# With these filters alone a list is a part of which figures are kept.
PART_FILTERS = frozenset({"ledger", "archived", "light", "office", "role", "below"})
MEASURE_ORDERS = {
    # As the list opens: what can be lit first, the worst light on top, completed rows last.
    "due": Order(
        _("Deadline"),
        ("-is_open", F("watch_date").asc(nulls_last=True), "order", "pk"),
        # Those without a date last, in words that an index of either database can hold.
        ("-is_open", IsNull(F("watch_date"), True), "-watch_date", "-order", "-pk"),
    ),
    "number": Order(_("Number"), ("ledger_id", "order", "pk"), ("-ledger_id", "-order", "-pk")),
    "status": Order(
        _("Completion status"),
        ("status_rank", "percent", "order", "pk"),
        ("-status_rank", "-percent", "-order", "-pk"),
    ),
    "updated": Order(_("Updated"), ("updated_at", "pk"), ("-updated_at", "-pk")),
}


class LedgerListView(FilteredListView):
    """What both lists of the ledger share."""

    filterset_class: type[LedgerFilterSet]
    print_table_class: type[LitTable]
    default_order = "due"
    template_name = "remediation/ledger/list.html"
    fragment_name = "remediation/ledger/_list.html"
    print_name = "remediation/ledger/print.html"
    counts_name = "remediation/ledger/_counts.html"

    @cached_property
    def reader(self) -> Reader:
        """Who reads, and on which day."""
        return reader_of(self.request)

    def filterset(self) -> LedgerFilterSet:
        return self.filterset_class(self.request.GET, reader=self.reader)

    @cached_property
    def found(self) -> list[int] | None:
        """The keys of the rows under words that few rows hold; ``None`` without words, or where many hold them.

        They are asked for in no order: in the order of the list a database goes by the index through all of it until it
        has a page of them, which for rare words takes twice as long and more as reading the table as it lies.
        """
        if "q" not in self.filters.active or self.rows_concerned <= COUNT_AT_ONCE:
            return None
        if self.wants_counts:
            # The page that asks has looked already, and could not tell.
            return None
        return few_keys(self.filters.qs)

    def filtered_rows(self) -> QuerySet[Any]:
        if self.found is None:
            return super().filtered_rows()
        rows: QuerySet[Any] = self.filters.queryset.filter(pk__in=self.found)
        return rows

    def rows_of_any_light(self) -> QuerySet[Any]:
        """The filtered rows without the condition on the light."""
        lit = "light" in self.filters.active
        return self.filters.rows(without=frozenset({"light"})) if lit else self.filtered_rows()

    def counts(self) -> Counts:
        """One statement: the rows of each light without the condition on the light; their sum is the total."""
        lights = (
            self.rows_of_any_light()
            .order_by()
            .annotate(light=self.reader.rule.annotation())
            .values("light")
            .annotate(rows=Count("pk"))
        )
        parts = {row["light"]: row["rows"] for row in lights}
        wanted = self.filters.value("light") or parts
        return Counts(sum(parts.get(light, 0) for light in wanted), parts)

    def counts_at_once(self) -> Counts | None:
        if self.rows_concerned <= COUNT_AT_ONCE:
            return self.counts()
        counted = self.found is not None and "light" not in self.filters.active
        return self.counts() if counted else None

    @property
    def rows_concerned(self) -> int:
        """How many measures the ledgers in question hold, as far as their figures are kept (large ones' are)."""
        kept = self.reader.kept.contents
        return sum(kept[pk].parts[WHOLE].totals.total for pk in self.ledgers_concerned if pk in kept)

    @property
    def ledgers_concerned(self) -> list[int]:
        """The ledgers that the filter names, else all."""
        wanted = self.filters.value("ledger") or list(self.reader.ledgers)
        archived = self.filters.value("archived")
        if archived is None:
            return wanted
        return [pk for pk in wanted if self.reader.ledgers[pk].is_archived is archived]

    def preferred_columns(self) -> Sequence[str] | None:
        lists = self.reader.user.preferences.get("lists", {})
        chosen: Sequence[str] | None = lists.get(self.list_name, {}).get("columns")
        return chosen

    def table_options(self) -> dict[str, Any]:
        return {"rule": self.reader.rule}

    def context(self) -> dict[str, Any]:
        return ledger_list_context(self)

    def page_context(self, rows: list[Any]) -> dict[str, Any]:
        context = super().page_context(rows)
        if self.request.GET.get("print"):
            printed = self.print_table_class
            context["print_table"] = printed(
                rows,
                columns=printed.shown,
                order=self.order_name,
                rule=self.reader.rule,
                orderable=False,
                around=(),
            )
        return context

    def respond(self, response: HttpResponse) -> HttpResponse:
        remember_ledger(self.request, response)
        return response


@method_decorator(reads_ledgers, name="dispatch")
class MeasureList(LedgerListView):
    """Measures under a filter, as page, fragment, print, xlsx and csv."""

    list_name = "measures"
    filterset_class = MeasureFilterSet
    table_class = MeasureTable
    print_table_class = MeasurePrintTable
    orders = MEASURE_ORDERS

    def full_rows(self) -> QuerySet[Measure]:
        related = ["item", "leader"]
        if "section" in self.columns:
            related.append("item__section")
        return Measure.objects.select_related(*related)

    def prepared(self, rows: list[Measure]) -> list[Measure]:
        attach_duties(rows, ledgers=self.reader.ledgers, this_year=self.reader.today.year)
        for row in rows:
            row.ledger = row.item.ledger = self.reader.ledgers[row.ledger_id]
        return rows

    def context(self) -> dict[str, Any]:
        return {**super().context(), "bulk_actions": bulk_actions(self.reader.user), "most_bulk": MOST_ROWS}

    def table_options(self) -> dict[str, Any]:
        reportable = self.reportable
        around = ("check", "action") if reportable else ("check",)
        return {**super().table_options(), "reportable": reportable, "around": around}

    @cached_property
    def reportable(self) -> frozenset[int]:
        """The rows of the page on which this person reports."""
        return frozenset(
            row.pk
            for row in self.rows_shown
            if can_report_progress(self.reader.user, row, duties=duties_of_row(row))
        )

    def page_context(self, rows: list[Any]) -> dict[str, Any]:
        self.rows_shown = rows
        return super().page_context(rows)

    def counts_at_once(self) -> Counts | None:
        return self.kept_counts() or super().counts_at_once()

    def kept_counts(self) -> Counts | None:
        """The counts, where the filter leaves just what figures are kept of: a scope, or an office in a role."""
        kept, ledgers, part = self.reader.kept, self.ledgers_concerned, self.part
        if part is None or not ledgers or kept.time_of(ledgers) is not None:
            return None
        found, others = kept.of(ledgers, part)
        if others:
            return None
        totals = found.totals
        parts = {light.value: totals.light(light) for light in Light if light != Light.GREY}
        # Grey in a list is also what is completed.
        parts[Light.GREY.value] = totals.total - sum(parts.values())
        wanted = self.filters.value("light") or parts
        return Counts(sum(parts[light] for light in wanted), parts)

    @property
    def part(self) -> Part | None:
        """The part of the ledgers that the filter leaves, if it is one."""
        filters, user = cast("LedgerFilterSet", self.filters), self.reader.user
        if not PART_FILTERS.issuperset(filters.active):
            return None
        if not filters.value("office"):
            return Part.seen_by(user)
        role = filters.value("role") or ""
        if role == MAIN_LEAD or not (user.sees_everything or filters.office_ids <= user.scope_office_ids):
            return None
        return Part(frozenset(filters.office_ids), role=role)

    def export(self, kind: str) -> HttpResponseBase:
        # An office's workbook stands in the order of the ledger, unless another order was asked for.
        order = self.order_expressions(self.order_name if "sort" in self.request.GET else "number")
        return export_measures(
            self.request,
            rows=self.filters.qs.order_by(*order),
            kind=kind,
            reader=self.reader,
            filters=self.filters,
        )


def duties_of_row(row: Any) -> Duties:
    """The offices of a row that ``attach_duties`` has read."""
    return Duties(
        tuple(duty.office_id for duty in row.shown_duties if duty.role == DutyRole.LEAD),
        tuple(duty.office_id for duty in row.shown_duties if duty.role == DutyRole.ASSISTING),
    )
