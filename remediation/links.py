"""Addresses of lists: every figure links to the rows that it counts (``docs/lists.md``)."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlencode

from core.addresses import address
from remediation.filters import LedgerFilterSet, MeasureFilterSet
from remediation.item_filters import ItemFilterSet
from remediation.subjects import ITEM_CONDITIONS


def _several(value: Any) -> list[Any]:
    """The values of one parameter; nothing for ``None``. Sets are sorted, so that an address is always the same."""
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=str)
    if isinstance(value, (list, tuple)):
        return list(value)
    return [] if value is None else [value]


def _as_text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


# A dashboard makes nearly a thousand of these addresses, of few different parts.
@lru_cache(maxsize=4096)
def _pair(parameter: str, value: str) -> str:
    """One condition as an address writes it."""
    return urlencode([(parameter, value)])


@cache
def _known(filters: type[LedgerFilterSet]) -> frozenset[str]:
    """The parameters that a list takes."""
    return frozenset(filters.base_filters) | filters.beside


def _url(name: str, filters: type[LedgerFilterSet], conditions: dict[str, Any]) -> str:
    if not conditions.keys() <= _known(filters):
        unknown = sorted(conditions.keys() - _known(filters))
        raise TypeError(f"lists have no parameter {', '.join(unknown)}")
    query = "&".join(
        _pair(parameter, _as_text(one)) for parameter, value in conditions.items() for one in _several(value)
    )
    return address(name) + (f"?{query}" if query else "")


def measures_url(**conditions: Any) -> str:
    """The list of measures under these conditions; raises ``TypeError`` for one that does not exist."""
    return _url("remediation:measure_list", MeasureFilterSet, conditions)


def items_url(**conditions: Any) -> str:
    """The list of items under these conditions; raises ``TypeError`` for one that does not exist."""
    return _url("remediation:item_list", ItemFilterSet, conditions)


def subject_url(subject: str, **conditions: Any) -> str:
    """The list of what a ledger's document counts under ``subject`` (``TOTAL_KEYS``); empty for key problems."""
    if subject == "measures":
        return measures_url(**conditions)
    if subject not in ITEM_CONDITIONS:
        return ""
    return items_url(**ITEM_CONDITIONS[subject], **conditions)
