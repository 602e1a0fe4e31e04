"""The ranking of offices by completion rate, live or of a past day, of those whose rates a person may read (9.5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from accounts.models import Office, User
from remediation.counting.measures import MeasureTotals, figures
from remediation.kept_counting import Content
from remediation.lights import Light
from remediation.models import Ledger, MeasureOffice, RatesVisibility
from remediation.states import CompletionStatus, DutyRole
from supervision.population import Population
from supervision.trend import PastOffice

OFFICE_LISTS = (
    "total",
    "completed",
    "not_completed",
    *(light.value for light in Light),
    "suspended",
    "long_term",
    "behind",
    "total_other",
    "completed_other",
)


@dataclass
class OfficeRow:
    """One office in the ranking: what it leads and what it assists, each counted by itself."""

    office_id: int
    name: str
    order: int
    lead: MeasureTotals = field(default_factory=MeasureTotals)
    assisting: MeasureTotals = field(default_factory=MeasureTotals)
    role: str = DutyRole.LEAD.value
    # Empty where the reader may read the rate and not the rows.
    urls: dict[str, str] = field(default_factory=lambda: dict.fromkeys(OFFICE_LISTS, ""))
    is_own: bool = False

    @property
    def has_lists(self) -> bool:
        """Whether the reader may open the rows."""
        return bool(self.urls["total"])

    @property
    def main(self) -> MeasureTotals:
        """The figures of the role that the table ranks."""
        return self.lead if self.role == DutyRole.LEAD else self.assisting

    @property
    def other(self) -> MeasureTotals:
        """The figures of the other role."""
        return self.assisting if self.role == DutyRole.LEAD else self.lead


def ranked(rows: Iterable[OfficeRow]) -> list[OfficeRow]:
    """The lowest rate first; of equal ones the one with more red, then with more measures."""
    return sorted(
        (row for row in rows if row.main.total),
        key=lambda row: (
            row.main.completion_rate or 0,
            -row.main.red,
            -row.main.total,
            row.order,
            row.office_id,
        ),
    )


def office_rows(population: Population) -> list[OfficeRow]:
    """The offices whose rates this person may read (product text 9.5), each with its figures; at most two queries."""
    user = population.user
    found: dict[int, OfficeRow] = {}
    kept = population.reader.kept.contents
    for ledger in population.ledgers:
        if ledger.pk in kept:
            add_kept(found, ledger, kept[ledger.pk], user)
    if found:
        names = {pk: (name, order) for pk, name, order in Office.objects.values_list("pk", "name", "order")}
        for office in found.values():
            office.name, office.order = names[office.office_id]
    add_counted(found, population, [ledger for ledger in population.ledgers if ledger.pk not in kept])
    for office in found.values():
        office.role = population.role
        office.is_own = not user.sees_everything and office.office_id in user.scope_office_ids
        if user.sees_everything or office.is_own:
            office.urls = office_urls(population, office.office_id)
    return list(found.values())


def may_read_rates(user: User, ledger: Ledger, office_id: int) -> bool:
    """Whether this person may read an office's rate in a ledger: their own offices' always (9.5)."""
    return (
        user.sees_everything
        or ledger.rates_visibility == RatesVisibility.EVERYBODY
        or office_id in user.scope_office_ids
    )


def add_kept(found: dict[int, OfficeRow], ledger: Ledger, content: Content, user: User) -> None:
    """Add the kept figures of one ledger."""
    for office_id, role, figures_ in content.parts.of_offices():
        if figures_.totals.total and may_read_rates(user, ledger, office_id):
            office = found.setdefault(office_id, OfficeRow(office_id, "", 0))
            (office.lead if role == DutyRole.LEAD else office.assisting).merge(figures_.totals)


def add_counted(found: dict[int, OfficeRow], population: Population, ledgers: list[Ledger]) -> None:
    """Count the offices in ``ledgers`` live and add them; one query."""
    if not ledgers:
        return
    user, rule = population.user, population.reader.rule
    duties = MeasureOffice.objects.filter(
        ledger__in=[ledger.pk for ledger in ledgers], measure__is_counted=True
    )
    if not user.sees_everything:
        open_to_all = [
            ledger.pk for ledger in ledgers if ledger.rates_visibility == RatesVisibility.EVERYBODY
        ]
        duties = duties.filter(Q(ledger__in=open_to_all) | Q(office__in=user.scope_office_ids))
    rows: Any = (
        duties.order_by()
        .values("office_id", "office__name", "office__order", "role")
        .annotate(**figures(rule, "measure__"))
    )
    for row in rows:
        office_id, role = row.pop("office_id"), row.pop("role")
        name, order = row.pop("office__name"), row.pop("office__order")
        office = found.setdefault(office_id, OfficeRow(office_id, name, order))
        (office.lead if role == DutyRole.LEAD else office.assisting).merge(MeasureTotals(**row))


def office_urls(population: Population, office_id: int) -> dict[str, str]:
    """The lists behind one office's figures; names end in ``_other`` for the role that the table does not rank."""
    role = population.role
    other = DutyRole.ASSISTING.value if role == DutyRole.LEAD else DutyRole.LEAD.value
    completed = {"status": CompletionStatus.COMPLETED.value}
    return {
        "total": population.office_url(office_id, role),
        "completed": population.office_url(office_id, role, **completed),
        "not_completed": population.office_url(office_id, role, not_completed=True),
        **{light.value: population.office_url(office_id, role, light=light.value) for light in Light},
        "grey": population.office_url(office_id, role, light=Light.GREY.value, not_completed=True),
        "suspended": population.office_url(office_id, role, state="suspended"),
        "long_term": population.office_url(office_id, role, long_term=True),
        "behind": population.office_url(office_id, role, first_due_passed=True, not_completed=True),
        "total_other": population.office_url(office_id, other),
        "completed_other": population.office_url(office_id, other, **completed),
    }


def past_office_rows(population: Population, figures_: Iterable[PastOffice]) -> list[OfficeRow]:
    """The ranking of a past day, of the offices whose rates this person may read."""
    user = population.user
    open_to_all = user.sees_everything or all(
        ledger.rates_visibility == RatesVisibility.EVERYBODY for ledger in population.ledgers
    )
    found: dict[int, OfficeRow] = {}
    for past in figures_:
        is_own = not user.sees_everything and past.office_id in user.scope_office_ids
        if not open_to_all and not is_own:
            continue
        office = found.setdefault(past.office_id, OfficeRow(past.office_id, past.name, past.order))
        setattr(office, past.role, past.totals)
        office.role = population.role
        office.is_own = is_own
    return list(found.values())
