"""Addresses of lists: every figure links to the rows that it counts (``docs/lists.md``)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from remediation.filters import MeasureFilterSet
from remediation.item_filters import ItemFilterSet


def _several(value: Any) -> list[Any]:
    """The values of one parameter; nothing for ``None``. Sets are sorted, so that an address is always the same."""
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if isinstance(value, (list, tuple)):
        return list(value)
    return [] if value is None else [value]


def _as_text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def _url(name: str, known: frozenset[str], conditions: dict[str, Any]) -> str:
    unknown = set(conditions) - known
    if unknown:
        raise TypeError(f"lists have no parameter {', '.join(sorted(unknown))}")
    pairs = [(parameter, _as_text(one)) for parameter, value in conditions.items() for one in _several(value)]
    query = urlencode(pairs)
    return reverse(name) + (f"?{query}" if query else "")


def measures_url(**conditions: Any) -> str:
    """The list of measures under these conditions; raises ``TypeError`` for one that does not exist."""
    known = frozenset(MeasureFilterSet.base_filters) | MeasureFilterSet.beside
    return _url("remediation:measure_list", known, conditions)


def items_url(**conditions: Any) -> str:
    """The list of items under these conditions; raises ``TypeError`` for one that does not exist."""
    known = frozenset(ItemFilterSet.base_filters) | ItemFilterSet.beside
    return _url("remediation:item_list", known, conditions)
