"""The dashboard's figures, put together: what is red, how far it is, who is behind, and against an earlier day.

Every live figure is counted by ``remediation.counting`` over a ``Population``, and carries the address of the list
that holds the same rows. Figures of past days come from ``supervision.trend`` and carry none (product text 9.4).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from remediation import conditions
from remediation.counting.measures import DUE_WITHIN_WORKDAYS, NEWLY_RED_DAYS, LiveTotals, MeasureTotals
from remediation.kept_figures import totals_of_part
from remediation.lights import WORST_FIRST, Light
from remediation.models import Measure, MeasureOffice
from remediation.numbering import Number, measure_number
from remediation.states import CompletionStatus, DutyRole
from supervision.completion_lines import Line, lines_of
from supervision.office_rates import OfficeRow, office_rows, past_office_rows, ranked
from supervision.population import Population
from supervision.trend import Past, Point, offices_on, past_of, rebuilt_on

# So many of the worst and so many of the next are named.
ROWS_EACH = 6


# -- live figures -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Live:
    """What is counted over the measures of a population now."""

    totals: LiveTotals
    distinct: int  # with the rows of one shared measure counted once
    as_of: datetime | None


def live_figures(population: Population) -> Live:
    """Count the measures of ``population``."""
    reader = population.reader
    totals, distinct = totals_of_part(reader.kept, population.ledger_ids, population.part, reader.rule)
    return Live(totals, distinct, population.figures_as_of)


# -- worst and next ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One measure as the dashboard names it."""

    measure: Measure
    number: Number
    office: str
    light: Light
    reason: str
    is_newly_red: bool


def worst_and_next(population: Population) -> tuple[list[Row], list[Row]]:
    """The measures that are overdue longest, and those due next: two queries that read a few rows off an index."""
    rule = population.reader.rule
    coming = conditions.due_within(rule.today, rule.calendar, workdays=DUE_WITHIN_WORKDAYS)
    return (
        first_rows(population, Q(is_open=True, watch_date__lt=rule.today)),
        first_rows(population, coming),
    )


def first_rows(population: Population, condition: Q) -> list[Row]:
    """The first measures that meet ``condition``, nearest date first."""
    rule = population.reader.rule
    main_lead = MeasureOffice.objects.filter(measure=OuterRef("pk"), role=DutyRole.LEAD).order_by("rank")
    rows: Any = (
        population.measures()
        .filter(condition)
        .select_related("item")
        .defer("progress", "note", "item__cause", "item__goal")
        .annotate(main_lead=Subquery(main_lead.values("office__name")[:1]))
        .order_by("-is_open", "watch_date", "order", "pk")[:ROWS_EACH]
    )
    return [
        Row(
            measure,
            measure_number(measure),
            measure.main_lead or "",
            rule.light_of(
                is_open=measure.is_open, watch_date=measure.watch_date, ledger_id=measure.ledger_id
            ),
            rule.reason(is_open=measure.is_open, watch_date=measure.watch_date),
            (rule.today - measure.watch_date).days in range(1, NEWLY_RED_DAYS + 1),
        )
        for measure in rows
    ]


# -- the whole page ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LightFigure:
    """One light of what is not completed, against the day of comparison."""

    light: Light
    count: int
    change: int | None
    url: str


@dataclass
class Dashboard:
    """Everything the page shows. ``as_of`` is ``None`` for live figures, else the past day that is shown."""

    population: Population
    as_of: date | None
    totals: MeasureTotals | None
    before: Point | None
    past: Past
    trend: list[Point]
    live: Live | None = None
    lines: list[Line] = field(default_factory=list)
    worst: list[Row] = field(default_factory=list)
    coming: list[Row] = field(default_factory=list)
    offices: list[OfficeRow] = field(default_factory=list)
    computed: Point | None = None

    @property
    def ranking(self) -> list[OfficeRow]:
        """The offices, worst first."""
        return ranked(self.offices)

    @property
    def rate_change(self) -> float | None:
        """The completion rate against the day of comparison, in percentage points."""
        if self.totals is None or self.before is None:
            return None
        now, then = self.totals.completion_rate, self.before.totals.completion_rate
        return None if now is None or then is None else round(now - then, 1)

    @property
    def lights(self) -> list[LightFigure]:
        """The five lights of what is not completed."""
        if self.totals is None:
            return []
        return [
            LightFigure(light, self.totals.light(light), self.change_of(light), self.light_url(light))
            for light in WORST_FIRST
        ]

    def change_of(self, light: Light) -> int | None:
        """One light against the day of comparison."""
        if self.before is None or self.totals is None:
            return None
        return self.totals.light(light) - self.before.totals.light(light)

    def light_url(self, light: Light) -> str:
        """The list of one light; figures of a past day have none."""
        if self.live is None:
            return ""
        if light == Light.GREY:
            return self.population.measures_url(light=light.value, not_completed=True)
        return self.population.measures_url(light=light.value)

    @property
    def urls(self) -> dict[str, str]:
        """The lists behind the other live figures."""
        if self.live is None:
            return {}
        url = self.population.measures_url
        return {
            "total": url(),
            "completed": url(status=CompletionStatus.COMPLETED.value),
            "not_completed": url(not_completed=True),
            "newly_red": url(red_within=NEWLY_RED_DAYS),
            "due_soon": url(due_within=DUE_WITHIN_WORKDAYS),
            "first_due_passed": url(first_due_passed=True),
            "dated": url(dated=True),
            "behind": url(first_due_passed=True, not_completed=True),
        }


def live_dashboard(population: Population, *, compare: date) -> Dashboard:
    """The dashboard as it is now, against the day ``compare``."""
    live = live_figures(population)
    past = past_of(
        population, wanted=[compare], until=population.reader.today, current_total=live.totals.total
    )
    worst, coming = worst_and_next(population)
    return Dashboard(
        population,
        None,
        live.totals,
        past.on(compare),
        past,
        [*past.series(until=population.reader.today), Point(population.reader.today, live.totals)],
        live=live,
        lines=lines_of(population, live.totals),
        worst=worst,
        coming=coming,
        offices=office_rows(population),
    )


def past_dashboard(population: Population, *, day: date, compare: date) -> Dashboard:
    """The dashboard at the end of a past day: figures without lists; none before the first record."""
    live = live_figures(population)
    past = past_of(population, wanted=[day, compare], until=day, current_total=live.totals.total)
    shown, offices = past.on(day), []
    if population.is_whole or population.is_one_office:
        rebuilt = rebuilt_on(population, day) if shown is None or shown.day != day else None
        if rebuilt is not None:
            shown, offices = rebuilt.point, past_office_rows(population, rebuilt.offices)
    if shown is not None and not offices:
        offices = past_office_rows(population, offices_on(population, shown.day))
    return Dashboard(
        population,
        shown.day if shown else day,
        shown.totals if shown else None,
        past.on(compare),
        past,
        [*past.series(until=day), shown] if shown else [],
        offices=offices,
        computed=shown,
    )
