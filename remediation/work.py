"""我处室的工作: what the offices of one person owe, in figures and in groups by light; a few queries each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from statistics import median
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef, QuerySet, Window
from django.db.models.functions import RowNumber

from core.models import CalendarDay
from remediation.conditions import answered_for_by
from remediation.counting.measures import (
    LiveTotals,
    MeasureTotals,
    live_figures,
    live_totals_of,
    office_totals,
)
from remediation.filters import Reader
from remediation.kept_figures import KeptFigures, totals_of_part
from remediation.lights import Light, LightRule
from remediation.models import ItemEvent, Ledger, Measure, MeasureOffice
from remediation.models.history import NEWS
from remediation.parts import WHOLE, Part
from remediation.permissions import reporting_offices
from remediation.scope import sees_rates_of
from remediation.states import DutyRole
from remediation.timeline import newest_first, with_numbers

if TYPE_CHECKING:
    from accounts.models import User

GROUP_LIGHTS = (Light.RED, Light.YELLOW, Light.BLUE)
GROUP_ROWS = 20
RECENT_ROWS = 6
RECENT_DAYS = 30


def owed(user: User, *, ledgers: Collection[int], role: str, until: date | None = None) -> QuerySet[Measure]:
    """The open measures of ``ledgers`` that the person's offices lead or assist, due ``until`` then."""
    # Narrowed on what the duties themselves hold of it, and there alone: of an office's thousands of rows few are open,
    # and where the measures say it too, PostgreSQL reads those of all offices (benchmark "home").
    copied: dict[str, Any] = {"is_open": True}
    if until is not None:
        copied["watch_date__lte"] = until
    return Measure.objects.filter(
        answered_for_by(reporting_offices(user), role=role, **copied), ledger__in=ledgers
    )


def totals_by_role(
    user: User, *, ledgers: Collection[int], rule: LightRule, kept: KeptFigures
) -> dict[str, LiveTotals]:
    """Lead and assisting figures of the person's offices, each measure once in each; at most one query."""
    offices = reporting_offices(user)
    totals: dict[str, LiveTotals] = {}
    others: list[int] = []
    for role in DutyRole:
        found, others = kept.of(ledgers, Part(offices, role=role.value))
        totals[role.value] = found.totals
    if not others:
        return totals
    duties = MeasureOffice.objects.filter(measure=OuterRef("pk"), office__in=offices).order_by()
    # The columns come from the fields of the figures by name, which no type of a row can say.
    rows: Any = (
        Measure.objects.filter(answered_for_by(offices), ledger__in=others)
        .annotate(
            leads=Exists(duties.filter(role=DutyRole.LEAD)),
            assists=Exists(duties.filter(role=DutyRole.ASSISTING)),
        )
        .order_by()
        .values("leads", "assists")
        .annotate(**live_figures(rule))
    )
    for row in rows:
        for role, holds in ((DutyRole.LEAD, row["leads"]), (DutyRole.ASSISTING, row["assists"])):
            if holds:
                totals[role.value].merge(live_totals_of(row))
    return totals


def first_rows(
    user: User, *, ledgers: Mapping[int, Ledger], role: str, rule: LightRule
) -> dict[Light, list[Measure]]:
    """The first rows of each group, nearest deadline first, at most ``GROUP_ROWS`` each; one query."""
    lit = reduce(or_, (rule.condition(light) for light in GROUP_LIGHTS))
    # The keys alone are sorted; a sorter that carries long texts is far slower.
    keys = (
        owed(user, ledgers=ledgers, role=role, until=rule.lit_until())
        .filter(lit)
        .annotate(
            place=Window(
                RowNumber(),
                partition_by=[rule.annotation()],
                order_by=[F("watch_date").asc(), F("order").asc(), F("pk").asc()],
            )
        )
        .filter(place__lte=GROUP_ROWS)
        .order_by()
        .values("pk")
    )
    groups: dict[Light, list[Measure]] = {light: [] for light in GROUP_LIGHTS}
    rows = Measure.objects.filter(pk__in=keys).select_related("item")
    for row in rows.order_by("watch_date", "order", "pk"):
        row.ledger = row.item.ledger = ledgers[row.ledger_id]
        light = rule.light_of(is_open=row.is_open, watch_date=row.watch_date, ledger_id=row.ledger_id)
        groups[light].append(row)
    return groups


def waiting_count(user: User, *, today: date) -> int:
    """How many measures wait for the person's offices: red and yellow, led, in open ledgers."""
    waiting: int | None = getattr(user, "_work_waiting", None)
    if waiting is None:
        # The reader of this request, where the page has made one.
        reader: Reader | None = getattr(user, "_reader", None)
        if reader is None:
            visible = Ledger.objects.visible_to(user).with_kept_total()
            ledgers = {ledger.pk: ledger for ledger in visible}
            rule = LightRule.build(today, CalendarDay.objects.work_calendar(), ledgers=ledgers.values())
            reader = Reader(user, rule, ledgers)
        waiting = _kept_waiting(reader)
        if waiting is None:
            waiting = _counted_waiting(reader)
        keep_waiting(user, waiting)
    return waiting


def _kept_waiting(reader: Reader) -> int | None:
    """The count out of kept figures, where the page has read them and they are of this moment; no query."""
    open_ledgers = [ledger.pk for ledger in reader.open_ledgers]
    if reader.kept_so_far is None or reader.kept_so_far.time_of(open_ledgers) is not None:
        return None
    part = Part(reporting_offices(reader.user), role=DutyRole.LEAD.value)
    found, others = reader.kept_so_far.of(open_ledgers, part)
    return None if others else found.totals.red + found.totals.yellow


def _counted_waiting(reader: Reader) -> int:
    """The count by one query on the duties alone: what they hold of their measures is all that the rule asks for."""
    lit = reader.rule.condition(Light.RED) | reader.rule.condition(Light.YELLOW)
    duties = MeasureOffice.objects.filter(
        lit,
        office__in=reporting_offices(reader.user),
        role=DutyRole.LEAD,
        ledger__in=[ledger.pk for ledger in reader.open_ledgers],
    )
    return int(duties.aggregate(n=Count("measure", distinct=True))["n"])


def keep_waiting(user: User, count: int) -> None:
    """Remember the count for this request, where a page has worked it out already."""
    user._work_waiting = count  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Comparison:
    """与全委比: the office's completion rate beside the organ's; ``place`` of ``offices`` counts equal rates as one."""

    own: float
    median: float
    whole: float
    whole_total: int
    whole_completed: int
    place: int | None
    offices: int
    as_of: datetime | None

    def bars(self) -> list[tuple[str, float]]:
        """Name and rate in the order shown."""
        return [("own", self.own), ("median", self.median), ("whole", self.whole)]


def comparison(
    user: User,
    *,
    ledgers: Sequence[Ledger],
    own: MeasureTotals,
    rule: LightRule,
    kept: KeptFigures,
) -> Comparison | None:
    """The comparison over those of ``ledgers`` whose rates the person may read, or ``None`` where there is none.

    ``own`` are the lead figures over all of ``ledgers``; where some are restricted they are counted again.
    """
    open_to_all = [ledger for ledger in ledgers if sees_rates_of(user, ledger)]
    if not open_to_all or not own.total:
        return None
    pks = sorted(ledger.pk for ledger in open_to_all)
    if len(open_to_all) < len(ledgers):
        part = Part(reporting_offices(user), role=DutyRole.LEAD.value)
        own, _distinct = totals_of_part(kept, pks, part, rule)
    whole, table = _organ_figures(pks, rule, kept)
    rates = {office: totals.completion_rate for office, totals in table.items() if totals.total}
    if own.completion_rate is None or whole.completion_rate is None or len(rates) < 2:
        return None
    own_rate = rates.get(user.office_id or 0)
    return Comparison(
        own=own.completion_rate,
        median=median(rate for rate in rates.values() if rate is not None),
        whole=whole.completion_rate,
        whole_total=whole.total,
        whole_completed=whole.completed,
        place=None
        if own_rate is None
        else 1 + sum(rate is not None and rate > own_rate for rate in rates.values()),
        offices=len(rates),
        as_of=kept.time_of(pks),
    )


def _organ_figures(
    ledgers: list[int], rule: LightRule, kept: KeptFigures
) -> tuple[MeasureTotals, dict[int, MeasureTotals]]:
    """Totals of the ledgers and of each lead office; at most two queries."""
    whole, _distinct = totals_of_part(kept, ledgers, WHOLE, rule)
    table: dict[int, MeasureTotals] = {}
    others = [pk for pk in ledgers if pk not in kept.contents]
    if others:
        table = office_totals(others, DutyRole.LEAD, rule)
    for pk in set(ledgers) - set(others):
        for office_id, role, figures_ in kept.contents[pk].parts.of_offices():
            if role == DutyRole.LEAD:
                table.setdefault(office_id, MeasureTotals()).merge(figures_.totals)
    return whole, table


def recent_events(user: User, *, ledgers: Iterable[int], today: date) -> QuerySet[ItemEvent]:
    """What happened lately to the measures of the person's offices, newest first."""
    # Newest first, and of each whether the offices answer for its measure: six are soon found (``event_news``).
    own = MeasureOffice.objects.filter(measure=OuterRef("measure"), office__in=reporting_offices(user))
    events = ItemEvent.objects.filter(
        Exists(own),
        kind__in=NEWS,
        ledger__in=list(ledgers),
        occurred_on__gte=today - timedelta(days=RECENT_DAYS),
    )
    # The keys alone are sorted, and only the six are joined with whom and what they name.
    newest = newest_first(events).values("pk")[:RECENT_ROWS]
    return with_numbers(ItemEvent.objects.filter(pk__in=newest))
