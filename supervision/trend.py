"""Figures of past days for the dashboard: from snapshots, or for a small scope from the history itself.

Snapshots hold a whole ledger and each office. What somebody's scope holds is none of these; it is rebuilt from the
latest event of each measure up to the day (product text 9.4), as long as it is small enough to do so for a page.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from accounts.models import Office, office_tree
from core.workdays import WorkCalendar
from remediation.counting.measures import STATE_AFTER, TOTAL_FIELDS, MeasureState, MeasureTotals
from remediation.lights import LightRule
from remediation.models import ItemEvent, Ledger, Measure
from remediation.states import DutyRole
from supervision.models import CompletionSnapshot
from supervision.population import Population
from supervision.rollup import rebuilt_figures

TREND_MONTHS = 12
TREND_WEEKS = 12
# With fewer month ends than this the trend goes by weeks.
LEAST_MONTHS = 3
# A missed night does not leave a gap: the figures of a few days before stand in, with their own day.
STAND_IN_DAYS = 7
# A scope of more measures is not rebuilt from the history while a page waits.
MOST_REBUILT = 5000
# From more measures on an office's own figures come from snapshots, which are there for the days of a roll-up alone.
REBUILD_UNTIL = 1000


@dataclass(frozen=True)
class Point:
    """The figures at the end of one day."""

    day: date
    totals: MeasureTotals
    computed_at: datetime | None = None


@dataclass
class Past:
    """Past figures by day, oldest first."""

    points: list[Point] = field(default_factory=list)
    is_too_large: bool = False

    def on(self, day: date) -> Point | None:
        """The figures of ``day``, or of the last day up to a week before it that has some; else nothing."""
        found = [point for point in self.points if point.day <= day]
        if found and (day - found[-1].day).days <= STAND_IN_DAYS:
            return found[-1]
        return None

    @property
    def first_day(self) -> date | None:
        """The first day with figures."""
        return self.points[0].day if self.points else None

    def series(self, *, until: date) -> list[Point]:
        """The points of a trend up to the day before ``until``: month ends, or week ends while there are few months."""
        months = self._at(month_ends(until))
        return months if len(months) >= LEAST_MONTHS else self._at(week_ends(until))

    def _at(self, days: Iterable[date]) -> list[Point]:
        found: dict[date, Point] = {}
        for day in days:
            point = self.on(day)
            if point is not None:
                found[point.day] = point
        return list(found.values())


def month_end_before(day: date) -> date:
    """The last day of the month before ``day``'s."""
    return day.replace(day=1) - timedelta(days=1)


def month_ends(until: date) -> list[date]:
    """The month ends before ``until``, oldest first."""
    found = [month_end_before(until)]
    while len(found) < TREND_MONTHS:
        found.append(month_end_before(found[-1]))
    return found[::-1]


def week_ends(until: date) -> list[date]:
    """The Sundays before ``until``, oldest first."""
    last = until - timedelta(days=until.isoweekday())
    return [last - timedelta(weeks=back) for back in range(TREND_WEEKS - 1, -1, -1)]


def past_of(population: Population, *, wanted: Iterable[date], until: date, current_total: int) -> Past:
    """The past of what a dashboard counts, in one query: the days of its trend and the ``wanted`` ones."""
    days = sorted({*month_ends(until), *week_ends(until), *wanted})
    days = [day for day in days if day < population.reader.today]
    stored = stored_roles(population, current_total=current_total)
    if stored is not None:
        office, roles = stored
        first = days[0] - timedelta(days=STAND_IN_DAYS)
        return from_snapshots(population, office, roles, first=first, last=days[-1])
    if current_total > MOST_REBUILT:
        return Past(is_too_large=True)
    return from_history(population, days)


def stored_roles(population: Population, *, current_total: int) -> tuple[int | None, list[str]] | None:
    """The office (``None``: the whole) and the roles whose snapshots add up to the population; ``None`` where none do.

    What one office reads is what it leads and what it assists, and no measure is both. A small scope is rebuilt all the
    same: its figures are then there for every day, and not only for those on which a roll-up ran.
    """
    if population.is_whole:
        return None, [DutyRole.LEAD.value]
    if population.is_one_office:
        return population.office_id, [population.role]
    office = population.part.office_id
    if office is not None and current_total > REBUILD_UNTIL:
        return office, [role.value for role in DutyRole]
    return None


def from_snapshots(
    population: Population, office_id: int | None, roles: list[str], *, first: date, last: date
) -> Past:
    """Stored figures of whole ledgers or of one office in these roles; several ledgers are added up."""
    office: dict[str, object] = {"office__isnull": True} if office_id is None else {"office": office_id}
    rows = (
        CompletionSnapshot.objects.filter(
            ledger__in=population.ledger_ids,
            with_below=False,
            day__gte=first,
            day__lte=last,
            role__in=roles,
            **office,
        )
        .order_by("day", "ledger")
        .values("day", "computed_at", *TOTAL_FIELDS)
    )
    days: dict[date, Point] = {}
    for row in rows:
        day, computed_at = row.pop("day"), row.pop("computed_at")
        totals = MeasureTotals(**row)
        known = days.get(day)
        days[day] = Point(day, added(known.totals, totals) if known else totals, computed_at)
    return Past(list(days.values()))


def added(one: MeasureTotals, other: MeasureTotals) -> MeasureTotals:
    """The figures of two sets of measures that share none."""
    total = replace(one)
    total.merge(other)
    return total


def from_history(population: Population, days: list[date]) -> Past:
    """The figures of a scope on past days, rebuilt from the latest event of each of its measures."""
    events = (
        ItemEvent.objects.filter(
            measure__in=population.measures().order_by().values("pk"), occurred_on__lte=days[-1]
        )
        .order_by("occurred_on", "pk")
        .values_list("measure_id", "ledger_id", "occurred_on", *STATE_AFTER)
    )
    points: list[Point] = []
    states: dict[int, tuple[int, MeasureState]] = {}
    waiting = list(days)

    def close(day: date) -> None:
        if states:
            rule = rule_on(day, population.reader.rule.calendar, population.ledgers)
            points.append(Point(day, totals_of(states.values(), rule)))

    for measure_id, ledger_id, occurred_on, *state in events:
        while waiting and occurred_on > waiting[0]:
            close(waiting.pop(0))
        states[measure_id] = ledger_id, MeasureState.after(*state)
    for day in waiting:
        close(day)
    return Past(points)


def rule_on(day: date, calendar: WorkCalendar, ledgers: list[Ledger]) -> LightRule:
    """The lights of a past day under today's thresholds."""
    return LightRule.build(day, calendar, ledgers=ledgers)


def totals_of(states: Iterable[tuple[int, MeasureState]], rule: LightRule) -> MeasureTotals:
    """Count measures, each with its ledger, as their latest events left them."""
    totals = MeasureTotals()
    for ledger_id, state in states:
        totals.add_state(state, rule, ledger_id=ledger_id)
    return totals


@dataclass(frozen=True)
class PastOffice:
    """One office's stored figures of a day."""

    office_id: int
    name: str
    order: int
    role: str
    totals: MeasureTotals


def offices_on(population: Population, day: date) -> list[PastOffice]:
    """The stored figures of each office on ``day``; several ledgers are added up."""
    rows = CompletionSnapshot.objects.filter(
        ledger__in=population.ledger_ids, with_below=False, day=day, office__isnull=False, total__gt=0
    )
    found: dict[tuple[int, str], PastOffice] = {}
    for row in rows.order_by("office__order", "office_id").values(
        "office_id", "office__name", "office__order", "role", *TOTAL_FIELDS
    ):
        office_id, role = row.pop("office_id"), row.pop("role")
        name, order = row.pop("office__name"), row.pop("office__order")
        put(found, PastOffice(office_id, name, order, role, MeasureTotals(**row)))
    return list(found.values())


def put(found: dict[tuple[int, str], PastOffice], office: PastOffice) -> None:
    """Add one ledger's figures of an office to those of the ledgers before it."""
    key = (office.office_id, office.role)
    totals = added(found[key].totals, office.totals) if key in found else office.totals
    found[key] = PastOffice(office.office_id, office.name, office.order, office.role, totals)


@dataclass(frozen=True)
class Rebuilt:
    """A past day counted from the history, for a day of which nothing was stored."""

    point: Point
    offices: list[PastOffice]


def rebuilt_on(population: Population, day: date) -> Rebuilt | None:
    """The figures at the end of ``day`` from the history; nothing before the first record or for a huge ledger."""
    if Measure.objects.filter(ledger__in=population.ledger_ids).count() > MOST_REBUILT:
        return None
    tree, names = office_tree(), {office.pk: office for office in Office.objects.all()}
    cell = (population.office_id, population.role if population.office_id else DutyRole.LEAD.value)
    totals: MeasureTotals | None = None
    found: dict[tuple[int, str], PastOffice] = {}
    for ledger in population.ledgers:
        rule = LightRule.build(day, population.reader.rule.calendar, ledgers=[ledger])
        for (office_id, role, with_below), figures in rebuilt_figures(ledger, rule, tree=tree).items():
            if with_below:
                continue
            if (office_id, role) == cell:
                totals = added(totals, figures) if totals else figures
            if office_id is not None and figures.total:
                office = names[office_id]
                put(found, PastOffice(office_id, office.name, office.order, role, figures))
    return Rebuilt(Point(day, totals), list(found.values())) if totals else None
