"""Figures over measures: of a ledger, of an office, of somebody's scope, of a past day.

``MeasureTotals`` is the shape of them all. ``measure_totals`` and ``office_totals`` compute it live in SQL;
``MeasureTotals.add`` adds one measure's state in Python, for days rebuilt from the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from remediation import conditions
from remediation.lights import Light, LightRule
from remediation.models import Ledger, Measure, MeasureOffice
from remediation.states import (
    UNCOUNTED_STATES,
    UNLIT_STATES,
    CompletionStatus,
    DutyRole,
    WorkflowState,
)

COMPLETED = CompletionStatus.COMPLETED
DUE_WITHIN_WORKDAYS = 10
NEWLY_RED_DAYS = 7


def rate(part: int, whole: int) -> float | None:
    """``part`` of ``whole`` in percent; ``None`` where there is nothing to count."""
    return part * 100 / whole if whole else None


# The columns of ``ItemEvent`` that hold a measure's state, as ``MeasureState.after`` takes them.
STATE_AFTER = (
    "status_after",
    "percent_after",
    "workflow_state_after",
    "is_long_term_after",
    "first_due_after",
    "due_after",
    "review_after",
)
OFFICES_AFTER = ("lead_after", "assisting_after")


@dataclass(frozen=True)
class MeasureState:
    """What figures count of one measure, as it stands or as it once stood."""

    status: str
    percent: int
    workflow_state: str
    is_long_term: bool
    first_due_date: date | None
    watch_date: date | None
    lead: tuple[int, ...] = ()
    assisting: tuple[int, ...] = ()

    @classmethod
    def after(
        cls,
        status: str | None,
        percent: int | None,
        workflow_state: str | None,
        is_long_term: bool | None,
        first_due: date | None,
        due: date | None,
        review: date | None,
        lead: Iterable[int] | None = None,
        assisting: Iterable[int] | None = None,
    ) -> MeasureState:
        """The state that an event left: its columns in the order of ``STATE_AFTER``, then the offices if need be."""
        return cls(
            status=status or "",
            percent=percent or 0,
            workflow_state=workflow_state or "",
            is_long_term=bool(is_long_term),
            first_due_date=first_due,
            watch_date=due or review,
            lead=tuple(lead or ()),
            assisting=tuple(assisting or ()),
        )

    @property
    def is_open(self) -> bool:
        """As ``Measure.is_open``."""
        return self.status != COMPLETED and self.workflow_state not in UNLIT_STATES


@dataclass
class MeasureTotals:
    """Figures over a set of measures: void and transferred ones left out, suspended and long-term ones in (9.1)."""

    total: int = 0
    completed: int = 0
    in_progress: int = 0
    not_started: int = 0
    suspended: int = 0
    long_term: int = 0
    percent_sum: int = 0
    dated: int = 0
    dated_completed: int = 0
    first_due_passed: int = 0
    red: int = 0
    yellow: int = 0
    blue: int = 0
    green: int = 0
    grey: int = 0  # of what is not completed: suspended, concluded, or without a date

    @property
    def not_completed(self) -> int:
        """未完成: not completed, whatever the light."""
        return self.total - self.completed

    @property
    def completion_rate(self) -> float | None:
        """完成率: completed ÷ all."""
        return rate(self.completed, self.total)

    @property
    def mean_percent(self) -> float | None:
        """平均进度: the mean of the reported percents."""
        return self.percent_sum / self.total if self.total else None

    @property
    def schedule_rate(self) -> float | None:
        """序时进度: those whose first deadline has passed ÷ those with a date."""
        return rate(self.first_due_passed, self.dated)

    @property
    def behind(self) -> float | None:
        """滞后, in points: 序时进度 less the completed share of those same dated measures, never below zero."""
        if not self.dated:
            return None
        return max(0.0, (self.first_due_passed - self.dated_completed) * 100 / self.dated)

    def light(self, light: str) -> int:
        """The count of one light."""
        return int(getattr(self, str(light)))

    def as_dict(self) -> dict[str, int]:
        """The stored figures by name."""
        return asdict(self)

    def add(
        self,
        *,
        status: str,
        percent: int,
        workflow_state: str,
        is_long_term: bool,
        first_due_date: date | None,
        light: str,
        today: date,
        times: int = 1,
    ) -> None:
        """Add one measure's state: the same rule as ``figures`` in Python, for days rebuilt from the history.

        ``times`` -1 takes a state away that was counted before.
        """
        if workflow_state in UNCOUNTED_STATES:
            return
        done = status == COMPLETED
        self.total += times
        self.completed += done * times
        self.in_progress += (status == CompletionStatus.IN_PROGRESS) * times
        self.not_started += (status == CompletionStatus.NOT_STARTED) * times
        self.suspended += (workflow_state == WorkflowState.SUSPENDED) * times
        self.long_term += is_long_term * times
        self.percent_sum += percent * times
        if first_due_date is not None:
            self.dated += times
            self.dated_completed += done * times
            self.first_due_passed += (first_due_date < today) * times
        if not done:
            setattr(self, str(light), self.light(light) + times)

    def add_state(self, state: MeasureState, rule: LightRule, *, ledger_id: int, times: int = 1) -> None:
        """Add (or with ``times`` -1 take away) one measure's state under the lights of ``rule``."""
        self.add(
            status=state.status,
            percent=state.percent,
            workflow_state=state.workflow_state,
            is_long_term=state.is_long_term,
            first_due_date=state.first_due_date,
            light=rule.light_of(is_open=state.is_open, watch_date=state.watch_date, ledger_id=ledger_id),
            today=rule.today,
            times=times,
        )

    def merge(self, other: MeasureTotals) -> None:
        """Add the figures of ``other``, which counts other measures; those that only one of the two has stay."""
        for field in fields(self) if isinstance(other, type(self)) else fields(other):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))


TOTAL_FIELDS = tuple(field.name for field in fields(MeasureTotals))


@dataclass
class LiveTotals(MeasureTotals):
    """The figures of today, with those that only a page of today shows."""

    newly_red: int = 0
    due_soon: int = 0  # within ``DUE_WITHIN_WORKDAYS``
    missed: int = 0  # the first deadline has passed, and not completed

    def add_state(self, state: MeasureState, rule: LightRule, *, ledger_id: int, times: int = 1) -> None:
        """The same, with what only a page of today shows."""
        super().add_state(state, rule, ledger_id=ledger_id, times=times)
        if state.workflow_state in UNCOUNTED_STATES:
            return
        passed = state.first_due_date is not None and state.first_due_date < rule.today
        self.missed += (passed and state.status != COMPLETED) * times
        if state.is_open and state.watch_date is not None:
            left = (state.watch_date - rule.today).days
            self.newly_red += (-NEWLY_RED_DAYS <= left < 0) * times
            last = rule.calendar.last_within(rule.today, DUE_WITHIN_WORKDAYS)
            self.due_soon += (rule.today <= state.watch_date <= last) * times

    def plain(self) -> MeasureTotals:
        """Without what only a page of today shows."""
        return MeasureTotals(**{name: getattr(self, name) for name in TOTAL_FIELDS})


LIVE_FIELDS = tuple(field.name for field in fields(LiveTotals))


def figures(rule: LightRule, prefix: str = "") -> dict[str, Any]:
    """The SQL aggregates behind ``MeasureTotals``; ``prefix`` is the path to the measure."""

    def where(**conditions: Any) -> Q:
        return Q(**{f"{prefix}{field}": value for field, value in conditions.items()})

    counted = where(is_counted=True)
    done = counted & where(status=COMPLETED.value)
    dated = counted & where(first_due_date__isnull=False)
    open_ = counted & ~where(status=COMPLETED.value)

    def count(condition: Q) -> Count:
        return Count(f"{prefix}pk", filter=condition)

    return {
        "total": count(counted),
        "completed": count(done),
        "in_progress": count(counted & where(status=CompletionStatus.IN_PROGRESS.value)),
        "not_started": count(counted & where(status=CompletionStatus.NOT_STARTED.value)),
        "suspended": count(counted & where(workflow_state=WorkflowState.SUSPENDED.value)),
        "long_term": count(counted & where(is_long_term=True)),
        "percent_sum": Sum(f"{prefix}percent", filter=counted, default=0),
        "dated": count(dated),
        "dated_completed": count(dated & where(status=COMPLETED.value)),
        "first_due_passed": count(dated & where(first_due_date__lt=rule.today)),
        **{light.value: count(open_ & rule.condition(light, prefix)) for light in Light},
    }


def live_figures(rule: LightRule, prefix: str = "") -> dict[str, Any]:
    """The SQL aggregates behind ``LiveTotals``."""

    def count(condition: Q) -> Count:
        counted = Q(**{f"{prefix}is_counted": True})
        return Count(f"{prefix}pk", filter=counted & conditions.reached(condition, prefix))

    return {
        **figures(rule, prefix),
        "newly_red": count(conditions.newly_red(rule.today, days=NEWLY_RED_DAYS)),
        "due_soon": count(conditions.due_within(rule.today, rule.calendar, workdays=DUE_WITHIN_WORKDAYS)),
        "missed": count(conditions.first_due_passed(rule.today) & conditions.not_completed()),
    }


def totals_of(row: Mapping[str, Any]) -> MeasureTotals:
    """The figures of one row of a grouped query."""
    return MeasureTotals(**{name: row[name] for name in TOTAL_FIELDS})


def live_totals_of(row: Mapping[str, Any]) -> LiveTotals:
    """The figures of one row of a grouped query by ``live_figures``."""
    return LiveTotals(**{name: row[name] for name in LIVE_FIELDS})


def measure_totals(measures: QuerySet[Measure], rule: LightRule) -> MeasureTotals:
    """The figures over ``measures`` (any scoped and filtered queryset), in one query."""
    return MeasureTotals(**measures.order_by().aggregate(**figures(rule)))


def totals_by_ledger(measures: QuerySet[Measure], rule: LightRule) -> dict[int, MeasureTotals]:
    """Ledger id -> figures over ``measures``, in one query."""
    rows = measures.order_by().values("ledger_id").annotate(**figures(rule))
    return {row["ledger_id"]: totals_of(row) for row in rows}


def office_totals(
    ledgers: Iterable[Ledger | int],
    role: str,
    rule: LightRule,
    *,
    measures: QuerySet[Measure] | None = None,
) -> dict[int, MeasureTotals]:
    """Office id -> figures, each office by itself (without those below it), in one query (9.3).

    A measure with two lead offices counts for each. ``measures`` narrows further, to somebody's scope or a filter.
    """
    duties = MeasureOffice.objects.filter(role=role, ledger__in=ledgers, measure__is_counted=True)
    if measures is not None:
        duties = duties.filter(measure__in=measures.order_by())
    rows = duties.order_by().values("office_id").annotate(**figures(rule, "measure__"))
    return {row["office_id"]: totals_of(row) for row in rows}


def distinct_figures() -> dict[str, Count]:
    """The SQL aggregates behind ``distinct_of``: measures that stand alone, and groups of shared ones."""
    counted = Q(is_counted=True)
    return {
        "alone": Count("pk", filter=counted & Q(shared_key__isnull=True)),
        "shared": Count("shared_key", distinct=True, filter=counted),
    }


def distinct_of(row: Mapping[str, Any]) -> int:
    """How many measures there are when the rows of one shared measure count once (9.8)."""
    return int(row["alone"] + row["shared"])


def repeated_figures(prefix: str = "") -> dict[str, Count]:
    """The SQL aggregates behind ``repeated_of``, over rows of shared measures alone: quick where those are few."""
    return {"rows": Count(f"{prefix}pk"), "keys": Count(f"{prefix}shared_key", distinct=True)}


def repeated_of(row: Mapping[str, Any]) -> int:
    """How many rows repeat a shared measure that is counted already: what distinct measures are short of all."""
    return int(row["rows"] - row["keys"])


def lead_and_assisting(ledger: Ledger, rule: LightRule) -> dict[int, dict[str, MeasureTotals]]:
    """Office id -> {"lead": figures, "assisting": figures}, each office by itself; two queries."""
    table: dict[int, dict[str, MeasureTotals]] = {}
    for role in DutyRole:
        for office_id, totals in office_totals([ledger], role, rule).items():
            table.setdefault(office_id, {str(r): MeasureTotals() for r in DutyRole})[str(role)] = totals
    return table
