"""The one list view: scope, strict filter, order, page, and the forms that a list is read in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views import View

from core.lists.filtering import Problem, StrictFilterSet, query_without
from core.lists.paging import PAGE_SIZE, PAGE_SIZES, OpenPage, page_of, page_rows, page_size
from core.lists.tables import ListTable, Order

EXPORTS = ("xlsx", "csv")
# The statuses of a refused filter: the page is shown, the rows are not.
REFUSED = 422


@dataclass(frozen=True)
class Counts:
    """How many rows the filter leaves, and how many of each part (a light) with that one condition set aside."""

    total: int
    parts: dict[str, int] = field(default_factory=dict)


class FilteredListView(View):
    """A list that is read as page, htmx fragment, print, xlsx and csv; every form shows the same rows.

    Subclasses say what is filtered (``filterset``), counted (``counts``), read (``full_rows``), drawn (``table_class``)
    and exported (``export``).
    """

    list_name: ClassVar[str]
    table_class: ClassVar[type[ListTable]]
    orders: ClassVar[dict[str, Order]]
    default_order: ClassVar[str]
    template_name: ClassVar[str]
    fragment_name: ClassVar[str]
    print_name: ClassVar[str]
    # What is counted, each part swapped into its place: the answer to ``part=counts``.
    counts_name: ClassVar[str]
    # The element that a fragment replaces.
    fragment_id: ClassVar[str] = "list"
    # More rows than this are not printed: a browser would stop answering.
    most_printed: ClassVar[int] = 5000

    # -- what a subclass answers ---------------------------------------------------------------------------------------

    def filterset(self) -> StrictFilterSet:
        """The filter over what the reader may see."""
        raise NotImplementedError

    def counts(self) -> Counts:
        """How many rows there are; asked once."""
        raise NotImplementedError

    def counts_at_once(self) -> Counts | None:
        """The same where it takes no time worth waiting for; ``None``: the rows come first, and the count follows."""
        return self.counts()

    def filtered_rows(self) -> QuerySet[Any]:
        """The rows that the filter leaves."""
        return self.filters.qs

    def full_rows(self) -> QuerySet[Any]:
        """All rows with everything that a row is drawn from; it is narrowed to one page."""
        raise NotImplementedError

    def prepared(self, rows: list[Any]) -> list[Any]:
        """The rows of a page with what was not read with them."""
        return rows

    def export(self, kind: str) -> HttpResponseBase:
        """Exactly the filtered rows as ``xlsx`` or ``csv``."""
        raise NotImplementedError

    def preferred_columns(self) -> Sequence[str] | None:
        """The columns that this person chose on the page before."""
        return None

    def table_options(self) -> dict[str, Any]:
        """What the table is given beside its rows."""
        return {}

    def context(self) -> dict[str, Any]:
        """What the templates are given beside the list itself."""
        return {}

    # -- the list ------------------------------------------------------------------------------------------------------

    @cached_property
    def filters(self) -> StrictFilterSet:
        """The filter, with what is wrong in the other parameters reported among its problems."""
        filters = self.filterset()
        allowed: dict[str, tuple[Sequence[str], Promise]] = {
            "sort": (
                [*self.orders, *(f"-{name}" for name in self.orders)],
                gettext_lazy("Order"),
            ),
            "per_page": ([str(size) for size in PAGE_SIZES], gettext_lazy("Rows a page")),
            "format": (EXPORTS, gettext_lazy("Format")),
            "print": (("1",), gettext_lazy("Print")),
            "part": (("counts",), gettext_lazy("Part of the page")),
            "columns": (self.table_class.choosable(), gettext_lazy("Columns")),
        }
        for name, (values, label) in allowed.items():
            given = [value for value in self.request.GET.getlist(name) if value]
            if any(value not in values for value in given) or (name != "columns" and len(given) > 1):
                filters.problems.append(
                    Problem(
                        name,
                        str(label),
                        pgettext("values", ", ").join(given),
                        _("There is no such value. Possible: %(choices)s.")
                        % {"choices": pgettext("values", ", ").join(values)},
                    )
                )
        return filters

    @cached_property
    def order_name(self) -> str:
        """The order asked for, with its sign."""
        asked = self.request.GET.get("sort", "")
        return asked if asked.removeprefix("-") in self.orders else self.default_order

    def order_expressions(self, name: str) -> tuple[Any, ...]:
        """The expressions of an order."""
        order = self.orders[name.removeprefix("-")]
        return order.backwards if name.startswith("-") else order.forwards

    @property
    def wants_counts(self) -> bool:
        """Whether only the counts are asked for, by a page that has its rows already."""
        return self.request.GET.get("part") == "counts"

    @cached_property
    def known_counts(self) -> Counts | None:
        """The counts, worked out once; ``None`` where they are to follow, nothing when something is wrong."""
        if self.filters.problems:
            return Counts(0)
        if self.wants_counts or self.request.GET.get("print"):
            return self.counts()
        return self.counts_at_once()

    @cached_property
    def columns(self) -> list[str]:
        """The columns to show: of the address, else of the person, else the usual ones."""
        asked = self.request.GET.getlist("columns") or self.preferred_columns()
        return self.table_class.columns_from(asked)

    @cached_property
    def page(self) -> Page[Any] | OpenPage:
        """The page asked for."""
        ordered = self.filtered_rows().order_by(*self.order_expressions(self.order_name))
        counts = self.known_counts
        return page_of(ordered, self.request.GET, count=counts.total if counts is not None else None)

    def page_objects(self) -> list[Any]:
        """The rows of the page."""
        order = self.order_expressions(self.order_name)
        rows = page_rows(self.page, full=self.full_rows(), order=order)
        if isinstance(self.page, OpenPage) and self.page.is_beyond:
            # Only the count says which page is the last.
            self.known_counts = self.counts()
            del self.page
            rows = page_rows(self.page, full=self.full_rows(), order=order)
        return self.prepared(rows)

    def printed_objects(self) -> list[Any]:
        """All filtered rows, up to ``most_printed``."""
        order = self.order_expressions(self.order_name)
        keys = self.filtered_rows().order_by(*order).values("pk")[: self.most_printed]
        return self.prepared(list(self.full_rows().filter(pk__in=keys).order_by(*order)))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Show the list in the form asked for; with a wrong parameter the page that names it, and no row."""
        kind = request.GET.get("format", "")
        if kind and not self.filters.problems:
            return self.export(kind)
        if self.wants_counts:
            return render(request, self.counts_name, self.page_context([]), status=self.status)
        printing = bool(request.GET.get("print")) and not self.filters.problems
        rows = self.printed_objects() if printing else self.page_objects()
        template = self.print_name if printing else self.template_name
        if self.wants_fragment:
            template = self.fragment_name
        return self.respond(render(request, template, self.page_context(rows), status=self.status))

    def respond(self, response: HttpResponse) -> HttpResponse:
        """The last word on a page."""
        return response

    @property
    def status(self) -> int:
        """200, or 422 when a parameter is wrong."""
        return REFUSED if self.filters.problems else 200

    @property
    def wants_fragment(self) -> bool:
        """Whether htmx asks for the list alone."""
        return (
            self.request.headers.get("HX-Request") == "true"
            and self.request.headers.get("HX-Target") == self.fragment_id
        )

    def page_context(self, rows: list[Any]) -> dict[str, Any]:
        """Everything that the templates of a list read."""
        table = self.table_class(
            rows,
            columns=self.columns,
            order=self.order_name,
            request=None,
            **self.table_options(),
        )
        return {
            "filters": self.filters,
            "problems": self.filters.problems,
            "chips": self.filters.chips(),
            "counts": self.known_counts,
            "counts_url": query_without(self.request.GET, part="counts", page=self.page.number),
            "table": table,
            "rows": rows,
            "page": self.page,
            "page_sizes": PAGE_SIZES,
            "page_size": page_size(self.request.GET),
            "usual_page_size": PAGE_SIZE,
            "order_name": self.order_name,
            "orders": self.orders,
            "columns": self.columns,
            "choosable": self.table_class.choosable(),
            **self.context(),
        }
