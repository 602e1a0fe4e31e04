"""Pages of a list whose count is known already: one query for the rows, none for the count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict

PAGE_SIZES = (20, 50, 100, 200)
PAGE_SIZE = 50


class KnownCountPaginator(Paginator[Any]):
    """A paginator that was told how many rows there are."""

    def __init__(self, rows: QuerySet[Any], per_page: int, *, count: int) -> None:
        super().__init__(rows, per_page)
        self.__dict__["count"] = count


def page_size(query: QueryDict) -> int:
    """How many rows a page holds: the size asked for when it is one of ``PAGE_SIZES``."""
    asked = query.get("per_page", "")
    return int(asked) if asked in {str(size) for size in PAGE_SIZES} else PAGE_SIZE


def page_of(rows: QuerySet[Any], query: QueryDict, *, count: int) -> Page[Any]:
    """The page asked for; a page beyond the end is the last one."""
    return KnownCountPaginator(rows, page_size(query), count=count).get_page(query.get("page"))


def page_rows(page: Page[Any], *, full: QuerySet[Any], order: Sequence[Any]) -> list[Any]:
    """The rows of ``page`` (of an ordered queryset), read from ``full`` by their keys.

    The keys are found first, inside the same statement: a sorter that carries long texts is far slower.
    """
    if not page.paginator.count:
        return []
    rows = cast("QuerySet[Any]", page.object_list)
    return list(full.filter(pk__in=rows.values("pk")).order_by(*order))
