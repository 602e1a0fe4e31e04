"""The offices of many rows, under the names that were valid in the year of each row's ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch, QuerySet

from accounts.models import Office
from accounts.models.office import OfficeAlias
from remediation.models import ItemOffice, Ledger, MeasureOffice


def names_year(ledger: Ledger) -> int | None:
    """The year whose office names a ledger shows."""
    if ledger.as_of is not None:
        return ledger.as_of.year
    return ledger.year


@dataclass(frozen=True, slots=True)
class ShownDuty:
    """An office of a row: its id, its role (``DutyRole``), and its name in the year of the row's ledger."""

    office_id: int
    role: str
    shown_name: str


def attach_duties(
    rows: Iterable[Any], *, ledgers: Mapping[int, Ledger], this_year: int, of_items: bool = False
) -> None:
    """Give every row ``shown_duties``: its offices in the order written, as ``ShownDuty``.

    One query, and two more for former names where a row belongs to a ledger of an earlier year; for items one more.
    Items take the offices of their measures, then their own.
    """
    rows = list(rows)
    ledger_of: dict[int, int] = {row.pk: row.ledger_id for row in rows}
    if not rows:
        return
    # Plain values: a list would make some hundred objects of offices and duties just to show their names.
    if of_items:
        duties = MeasureOffice.objects.filter(item__in=ledger_of, measure__is_counted=True)
        read = [
            *_read(duties, "item_id", "measure__order", "measure_id"),
            *_read(ItemOffice.objects.filter(item__in=ledger_of), "item_id"),
        ]
    else:
        read = _read(MeasureOffice.objects.filter(measure__in=ledger_of), "measure_id")
    years = earlier_years(ledgers, this_year=this_year)
    former = {office_id for row_id, office_id, _role, _name in read if ledger_of[row_id] in years}
    names = OfficeNames(ledgers, this_year=this_year, among=former) if former else None
    found: dict[int, list[ShownDuty]] = {row.pk: [] for row in rows}
    for row_id, office_id, role, present_name in read:
        # Only rows of earlier years have an office among the former ones.
        ledger_id = ledger_of[row_id]
        name = names.name(office_id, ledger_id=ledger_id) if names and ledger_id in years else present_name
        found[row_id].append(ShownDuty(office_id, role, name))
    for row in rows:
        row.shown_duties = found[row.pk]


def earlier_years(ledgers: Mapping[int, Ledger], *, this_year: int) -> dict[int, int]:
    """The years of the ledgers that show the office names of an earlier year."""
    years = {pk: names_year(ledger) for pk, ledger in ledgers.items()}
    return {pk: year for pk, year in years.items() if year is not None and year < this_year}


class OfficeNames:
    """The name of every office (or of those ``among`` them) in the year of every ledger: one query, and one more where
    a ledger is of an earlier year. For long exports and lists, which hold no office as an object."""

    def __init__(
        self, ledgers: Mapping[int, Ledger], *, this_year: int, among: Collection[int] | None = None
    ) -> None:
        self._years = earlier_years(ledgers, this_year=this_year)
        offices = (
            Office.objects.order_by() if among is None else Office.objects.filter(pk__in=among).order_by()
        )
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


def _read(duties: QuerySet[Any], row: str, *order: str) -> list[tuple[int, int, str, str]]:
    """Row, office, role and present name of each duty, in the order written."""
    return list(
        duties.order_by(*(order or (row,)), "rank", "pk").values_list(
            row, "office_id", "role", "office__name"
        )
    )
