"""Pages of a list: one query for the rows and none for the count, which is known already or is to follow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import QueryDict

from core.text import whole_number

PAGE_SIZES = (20, 50, 100, 200)
PAGE_SIZE = 50


class KnownCountPaginator(Paginator[Any]):
    """A paginator that was told how many rows there are."""

    def __init__(self, rows: QuerySet[Any], per_page: int, *, count: int) -> None:
        super().__init__(rows, per_page)
        self.__dict__["count"] = count


class OpenPage:
    """A page of a list whose count is to follow: it knows whether another one comes after it, and no more."""

    def __init__(self, rows: QuerySet[Any], number: int, per_page: int) -> None:
        self.number, self.per_page = number, per_page
        first = (number - 1) * per_page
        # One row more than is shown tells whether there is a next page.
        self.object_list = rows[first : first + per_page + 1]
        self.rows_shown = 0
        self.has_next = False

    def shown(self, rows: list[Any]) -> list[Any]:
        """The rows of the page, of those that were read."""
        self.has_next = len(rows) > self.per_page
        self.rows_shown = min(len(rows), self.per_page)
        return rows[: self.per_page]

    @property
    def is_beyond(self) -> bool:
        """Whether the list ends before this page."""
        return not self.rows_shown and self.number > 1

    @property
    def has_previous(self) -> bool:
        """Whether a page comes before it."""
        return self.number > 1

    @property
    def previous_page_number(self) -> int:
        """The page before."""
        return self.number - 1

    @property
    def next_page_number(self) -> int:
        """The page after."""
        return self.number + 1

    @property
    def start_index(self) -> int:
        """The place of the first row in the list."""
        return (self.number - 1) * self.per_page + 1

    @property
    def end_index(self) -> int:
        """The place of the last row shown."""
        return self.start_index + self.rows_shown - 1


def page_size(query: QueryDict) -> int:
    """How many rows a page holds: the size asked for when it is one of ``PAGE_SIZES``."""
    asked = query.get("per_page", "")
    return int(asked) if asked in {str(size) for size in PAGE_SIZES} else PAGE_SIZE


def page_number(query: QueryDict) -> int:
    """The page asked for; the first one when that is no number."""
    asked = whole_number(query.get("page", ""))
    # Further down than any list goes, and than a database counts rows off.
    return max(1, asked) if asked is not None and asked < 10**9 else 1


def page_of(rows: QuerySet[Any], query: QueryDict, *, count: int | None) -> Page[Any] | OpenPage:
    """The page asked for; a page beyond a known end is the last one."""
    if count is None:
        return OpenPage(rows, page_number(query), page_size(query))
    return KnownCountPaginator(rows, page_size(query), count=count).get_page(query.get("page"))


def page_rows(page: Page[Any] | OpenPage, *, full: QuerySet[Any], order: Sequence[Any]) -> list[Any]:
    """The rows of ``page`` (of an ordered queryset), read from ``full`` by their keys.

    The keys are found first, inside the same statement: a sorter that carries long texts is far slower.
    """
    if isinstance(page, Page) and not page.paginator.count:
        return []
    rows = cast("QuerySet[Any]", page.object_list)
    found = list(full.filter(pk__in=rows.values("pk")).order_by(*order))
    return page.shown(found) if isinstance(page, OpenPage) else found
