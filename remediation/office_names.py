"""The offices of many rows, under the names that were valid in the year of each row's ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects

from accounts.models import Office
from accounts.models.office import OfficeAlias
from remediation.models import ItemOffice, Ledger, MeasureOffice


def names_year(ledger: Ledger) -> int | None:
    """The year whose office names a ledger shows."""
    if ledger.as_of is not None:
        return ledger.as_of.year
    return ledger.year


def attach_duties(
    rows: Iterable[Any], *, ledgers: Mapping[int, Ledger], this_year: int, of_items: bool = False
) -> None:
    """Give every row ``shown_duties``: its offices in the order written, each with ``shown_name``.

    One query; a second one for former names where a row belongs to a ledger of an earlier year. Items take the
    offices of their measures, then their own.
    """
    found: dict[int, list[Any]] = {row.pk: [] for row in rows}
    rows = list(rows)
    if not found:
        return
    if of_items:
        read = MeasureOffice.objects.filter(measure__item__in=found, measure__is_counted=True)
        for duty in _in_order(read.select_related("measure"), "measure__order", "measure_id"):
            found[duty.measure.item_id].append(duty)
        for own in _in_order(ItemOffice.objects.filter(item__in=found), "item_id"):
            found[own.item_id].append(own)
    else:
        for duty in _in_order(MeasureOffice.objects.filter(measure__in=found), "measure_id"):
            found[duty.measure_id].append(duty)
    former: list[Office] = []
    for row in rows:
        year = names_year(ledgers[row.ledger_id])
        if year is not None and year < this_year:
            former += [duty.office for duty in found[row.pk]]
    if former:
        aliases = OfficeAlias.objects.filter(is_former=True)
        prefetch_related_objects(former, Prefetch("aliases", queryset=aliases))
    for row in rows:
        year = names_year(ledgers[row.ledger_id])
        for duty in found[row.pk]:
            old = year is not None and year < this_year
            duty.shown_name = duty.office.name_in(year) if old else duty.office.name
        row.shown_duties = found[row.pk]


class OfficeNames:
    """The name of every office in the year of every ledger: one query, and one more where a ledger is of an earlier
    year. For long exports, which hold no office as an object."""

    def __init__(self, ledgers: Mapping[int, Ledger], *, this_year: int) -> None:
        years = {pk: names_year(ledger) for pk, ledger in ledgers.items()}
        self._years = {pk: year for pk, year in years.items() if year is not None and year < this_year}
        offices = Office.objects.order_by()
        if self._years:
            offices = offices.prefetch_related(
                Prefetch("aliases", queryset=OfficeAlias.objects.filter(is_former=True))
            )
        self._offices = {office.pk: office for office in offices}
        self._known: dict[tuple[int, int | None], str] = {}

    def name(self, office_id: int, *, ledger_id: int) -> str:
        """The office's name as ledger ``ledger_id`` shows it."""
        key = (office_id, self._years.get(ledger_id))
        if key not in self._known:
            self._known[key] = self._offices[office_id].name_in(key[1])
        return self._known[key]


def _in_order(duties: QuerySet[Any], *first: str) -> QuerySet[Any]:
    return duties.select_related("office").order_by(*first, "rank", "pk")
