"""``CompletionSnapshot``: the figures of a ledger at the end of a day, by office, for trends and past dates (9.3, 9.4).

The figures of today come from ``remediation.counting``, which counts live. Those of a past day are rebuilt from the
history: the latest event of each measure up to that day carries its whole countable state. A test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Min, OuterRef, Q, Subquery
from django.utils import timezone

from accounts.models import office_tree
from accounts.models.office import OfficeTree
from core.workdays import ONE_DAY, WorkCalendar
from remediation.counting import COMPLETED, TOTAL_FIELDS, MeasureTotals, measure_totals, office_totals
from remediation.lights import Light, LightRule
from remediation.models import ChangeMark, ItemEvent, Ledger, Measure, MeasureOffice
from remediation.states import UNLIT_STATES, DutyRole
from supervision.models import CompletionSnapshot

# How far back the nightly roll-up looks for days on which nothing ran.
CATCH_UP_DAYS = 31


class Cell(NamedTuple):
    """Whose figures: an office by itself or with those below it, as lead or assisting; ``None``: the whole ledger."""

    office_id: int | None
    role: str
    with_below: bool


Figures = dict[Cell, MeasureTotals]
WHOLE = Cell(None, DutyRole.LEAD.value, False)


def parents(tree: OfficeTree) -> set[int]:
    """The offices that have others below them."""
    return {parent for parent in tree.parents.values() if parent is not None}


def live_figures(ledger: Ledger, rule: LightRule, *, tree: OfficeTree) -> Figures:
    """The figures of ``ledger`` as it stands: two queries for the offices, one for each office with others below it."""
    measures = Measure.objects.filter(ledger=ledger)
    if not measures.exists():
        return {}
    figures = {WHOLE: measure_totals(measures, rule)}
    for role in DutyRole:
        by_office = office_totals([ledger], role, rule)
        for office_id, totals in by_office.items():
            figures[Cell(office_id, role.value, False)] = totals
        for office_id in parents(tree):
            below = tree.below([office_id])
            if not below.isdisjoint(by_office):
                # Each measure once, however many of the offices below answer for it.
                duties = MeasureOffice.objects.filter(role=role, office__in=below, measure__ledger=ledger)
                within = measures.filter(pk__in=duties.values("measure"))
                figures[Cell(office_id, role.value, True)] = measure_totals(within, rule)
    return figures


@dataclass(frozen=True)
class State:
    """The countable state of one measure at the end of a day."""

    status: str
    percent: int
    workflow_state: str
    is_long_term: bool
    first_due_date: date | None
    watch_date: date | None
    lead: tuple[int, ...]
    assisting: tuple[int, ...]

    @property
    def is_open(self) -> bool:
        """As ``Measure.is_open``."""
        return self.status != COMPLETED and self.workflow_state not in UNLIT_STATES


def states_on(ledger: Ledger, day: date) -> Iterator[State]:
    """The state of every measure at the end of ``day``; measures without a record by then are left out."""
    until = ItemEvent.objects.filter(ledger=ledger, occurred_on__lte=day)
    of_measure = until.filter(measure=OuterRef("pk"), status_after__isnull=False)
    latest = Measure.objects.filter(ledger=ledger).annotate(
        last_event=Subquery(of_measure.order_by("-occurred_on", "-pk").values("pk")[:1])
    )
    # Where the item's paper moved after the measure's last event, the measure moved with it.
    moved: dict[int, tuple[date, int, str]] = {}
    for item_id, on, pk, state in (
        until.filter(measure__isnull=True, workflow_state_after__isnull=False)
        .order_by("occurred_on", "pk")
        .values_list("item_id", "occurred_on", "pk", "workflow_state_after")
    ):
        moved[item_id] = (on, pk, state)
    events = ItemEvent.objects.filter(pk__in=latest.order_by().values("last_event")).order_by()
    columns = (
        "pk",
        "item_id",
        "occurred_on",
        "workflow_state_after",
        "status_after",
        "percent_after",
        "is_long_term_after",
        "first_due_after",
        "due_after",
        "review_after",
        "lead_after",
        "assisting_after",
    )
    for pk, item_id, on, workflow, *rest in events.values_list(*columns).iterator():
        has_moved = item_id in moved and moved[item_id][:2] > (on, pk)
        status, percent, is_long_term, first_due, due, review, lead, assisting = rest
        yield State(
            status=status or "",
            percent=percent or 0,
            workflow_state=(moved[item_id][2] if has_moved else workflow) or "",
            is_long_term=bool(is_long_term),
            first_due_date=first_due,
            watch_date=due or review,
            lead=tuple(lead or ()),
            assisting=tuple(assisting or ()),
        )


def rebuilt_figures(ledger: Ledger, rule: LightRule, *, tree: OfficeTree) -> Figures:
    """The figures of ``ledger`` at the end of ``rule.today``, from the history; empty before the first record."""
    # First by the offices that lead together and that assist together, of which there are far fewer than measures.
    by_offices: defaultdict[tuple[DutyRole, tuple[int, ...]], MeasureTotals] = defaultdict(MeasureTotals)
    # Many measures share a date, and the light of a date is some counting of working days.
    lights: dict[tuple[bool, date | None], Light] = {}
    for state in states_on(ledger, rule.today):
        lit_by = (state.is_open, state.watch_date)
        if lit_by not in lights:
            is_open, watch_date = lit_by
            lights[lit_by] = rule.light_of(is_open=is_open, watch_date=watch_date, ledger_id=ledger.pk)
        for role, offices in ((DutyRole.LEAD, state.lead), (DutyRole.ASSISTING, state.assisting)):
            by_offices[role, offices].add(
                status=state.status,
                percent=state.percent,
                workflow_state=state.workflow_state,
                is_long_term=state.is_long_term,
                first_due_date=state.first_due_date,
                light=lights[lit_by],
                today=rule.today,
            )
    figures: defaultdict[Cell, MeasureTotals] = defaultdict(MeasureTotals)
    with_others = parents(tree)
    for (role, offices), totals in by_offices.items():
        if role == DutyRole.LEAD:
            merge(figures[WHOLE], totals)
        if totals.total:
            for cell in cells_above(offices, role, tree=tree, with_others=with_others):
                merge(figures[cell], totals)
    return dict(figures)


def cells_above(
    offices: Iterable[int], role: DutyRole, *, tree: OfficeTree, with_others: set[int]
) -> set[Cell]:
    """The cells in which a measure of these offices counts: theirs, and those of the offices above (each once)."""
    cells = set()
    for office in offices:
        cells.add(Cell(office, role.value, False))
        cells.update(Cell(up, role.value, True) for up in (office, *tree.above(office)) if up in with_others)
    return cells


def merge(into: MeasureTotals, other: MeasureTotals) -> None:
    """Add the figures of ``other``."""
    for name in TOTAL_FIELDS:
        setattr(into, name, getattr(into, name) + getattr(other, name))


def roll_up_ledger(
    ledger_id: int, day: date, *, today: date, calendar: WorkCalendar, marks: Collection[int] = ()
) -> int:
    """Write the snapshots of one ledger and day, and delete the ``marks`` that asked for it; return how many there are.

    Today is counted live, a day before it rebuilt. Counting comes after the marks were seen and before the transaction,
    which is therefore short: nobody who saves waits for it. Of two roll-ups at once the figures of the one that began
    to count later stay; they hold what was committed before either's marks.
    """
    ledger = Ledger.objects.filter(pk=ledger_id).first()
    if ledger is None:
        return 0
    began = timezone.now()
    count = live_figures if day >= today else rebuilt_figures
    figures = count(ledger, LightRule.build(day, calendar, ledgers=[ledger]), tree=office_tree())
    with transaction.atomic():
        Ledger.objects.select_for_update(no_key=True).filter(pk=ledger_id).first()
        if marks:
            ChangeMark.objects.filter(pk__in=marks).delete()
        snapshots = CompletionSnapshot.objects.filter(ledger=ledger, day=day)
        if not snapshots.filter(computed_at__gt=began).exists():
            snapshots.delete()
            CompletionSnapshot.objects.bulk_create(
                [
                    CompletionSnapshot(
                        ledger=ledger,
                        office_id=cell.office_id,
                        role=cell.role,
                        with_below=cell.with_below,
                        day=day,
                        computed_at=began,
                        **totals.as_dict(),
                    )
                    for cell, totals in figures.items()
                ],
                batch_size=500,
            )
    return len(figures)


def ledgers_on(day: date) -> list[int]:
    """The ledgers that were open at some time of ``day``."""
    midnight = timezone.make_aware(datetime.combine(day, time.min))
    ledgers = Ledger.objects.filter(Q(archived_at__isnull=True) | Q(archived_at__gte=midnight))
    return list(ledgers.order_by("pk").values_list("pk", flat=True))


def roll_up(day: date, *, today: date, calendar: WorkCalendar) -> int:
    """Write the snapshots of all ledgers for ``day``; return how many there are."""
    return sum(roll_up_ledger(pk, day, today=today, calendar=calendar) for pk in ledgers_on(day))


def missing_days(ledger_id: int, *, today: date) -> list[date]:
    """Yesterday, and the days before it without a snapshot: from the first record on, but no more than a month back."""
    first = ItemEvent.objects.filter(ledger=ledger_id).aggregate(first=Min("occurred_on"))["first"]
    if first is None:
        return []
    start = max(first, today - timedelta(days=CATCH_UP_DAYS))
    snapshots = CompletionSnapshot.objects.filter(
        ledger=ledger_id, office__isnull=True, day__gte=start, day__lt=today
    )
    known = set(snapshots.values_list("day", flat=True))
    yesterday = today - ONE_DAY
    days = (start + timedelta(days=n) for n in range((today - start).days))
    return [day for day in days if day not in known or day == yesterday]


def roll_up_night(today: date, *, calendar: WorkCalendar) -> int:
    """The nightly roll-up: yesterday for good, days on which nothing ran, and the day that begins."""
    written = 0
    for ledger_id in ledgers_on(today - ONE_DAY):
        for day in missing_days(ledger_id, today=today):
            written += roll_up_ledger(ledger_id, day, today=today, calendar=calendar)
    return written + roll_up(today, today=today, calendar=calendar)


def roll_up_changes(today: date, *, calendar: WorkCalendar) -> int:
    """Roll up the ledgers that were changed since the last time; return how many ledgers."""
    marked: defaultdict[int, list[int]] = defaultdict(list)
    for pk, ledger_id in ChangeMark.objects.order_by("pk").values_list("pk", "ledger_id")[:10_000]:
        marked[ledger_id].append(pk)
    for ledger_id, marks in marked.items():
        roll_up_ledger(ledger_id, today, today=today, calendar=calendar, marks=marks)
    return len(marked)
