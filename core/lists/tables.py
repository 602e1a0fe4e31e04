"""Tables over one page of rows that the list view has sorted and cut already."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

import django_tables2 as tables
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django_tables2.data import TableListData


@dataclass(frozen=True)
class Order:
    """One way to sort: its word and its expressions; ``backwards`` are those of ``-name``."""

    label: str | Promise
    forwards: tuple[Any, ...]
    backwards: tuple[Any, ...]


class ListColumn(tables.Column):
    """A column as it was declared, shared by all tables of its class: a table copies its columns for every page."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return copy.copy(self)


class PageRows(TableListData):
    """Rows in the order of the page: the table shows the order, the database made it."""

    def order_by(self, aliases: Any) -> None:
        """Leave the rows as they are."""


class ListTable(tables.Table):
    """A table of a list view: ``fixed`` columns always stand, ``shown`` ones unless another choice was made."""

    fixed: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    # Columns that are no information: check box, action.
    around: tuple[str, ...] = ()
    # Those of them that stand before the others.
    leading: tuple[str, ...] = ("check",)

    def __init__(
        self,
        rows: Sequence[Any],
        *,
        columns: Sequence[str],
        order: str,
        around: Sequence[str] | None = None,
        **kwargs: Any,
    ) -> None:
        around = self.around if around is None else around
        chosen = [name for name in around if name in self.leading]
        chosen += [*columns, *(name for name in around if name not in self.leading)]
        # A sequence alone would leave the others standing behind it.
        hidden = [name for name in self.base_columns if name not in chosen]
        super().__init__(PageRows(list(rows)), sequence=chosen, exclude=hidden, order_by=order, **kwargs)

    def drawn_rows(self) -> Iterator[tuple[str, SafeString]]:
        """The id and the cells of every row, each cell by ``render_<column>(record)``.

        django-tables2 would first look each cell's value up on the record (and call what is callable there), and
        then inspect the renderer's parameters: four times the work, and never what is shown here.
        """
        columns = [
            (
                format_html('<td class="{}">', column.attrs["td"].get("class", "")),
                getattr(self, f"render_{column.name}"),
            )
            for column in self.columns
        ]
        for record in self.data:
            cells = [f"{start}{conditional_escape(render(record))}</td>" for start, render in columns]
            yield self.row_id(record), mark_safe("".join(cells))  # noqa: S308 - each cell is escaped above

    def row_id(self, record: Any) -> str:
        """The id of a row's element."""
        return f"row-{record.pk}"

    @classmethod
    def choosable(cls) -> list[str]:
        """The columns that may be chosen, in their order."""
        return [name for name in cls.base_columns if name not in cls.around]

    @classmethod
    def columns_from(cls, asked: Sequence[str] | None) -> list[str]:
        """The columns to show: those asked for with the fixed ones first, else those shown by default."""
        if asked is None:
            asked = cls.shown
        known = set(cls.choosable())
        rest = [name for name in dict.fromkeys(asked) if name in known and name not in cls.fixed]
        return [*cls.fixed, *rest]
