"""Addresses of lists: every figure links to the rows that it counts (``docs/lists.md``)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from remediation.filters import ItemFilterSet, MeasureFilterSet


def _url(name: str, known: frozenset[str], conditions: dict[str, Any]) -> str:
    unknown = set(conditions) - known
    if unknown:
        raise TypeError(f"lists have no parameter {', '.join(sorted(unknown))}")
    pairs: list[tuple[str, str]] = []
    for parameter, value in conditions.items():
        several = value if isinstance(value, (list, tuple, set, frozenset)) else [value]
        for one in sorted(several, key=str) if isinstance(several, (set, frozenset)) else several:
            if one is not None:
                pairs.append((parameter, str(int(one)) if isinstance(one, bool) else str(one)))
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
