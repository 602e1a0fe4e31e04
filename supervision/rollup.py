"""``CompletionSnapshot``: the figures of a ledger at the end of a day, by office, for trends and past dates (9.3, 9.4).

The figures of today come from ``remediation.counting``, which counts live. Those of a past day are rebuilt from the
history: the latest event of each measure up to that day carries its whole countable state. A test compares the two.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Min, OuterRef, Q, Subquery
from django.utils import timezone

from accounts.models import office_tree
from accounts.models.office import OfficeTree
from core.clock import midnight
from core.workdays import ONE_DAY, WorkCalendar
from remediation.counting.measures import OFFICES_AFTER, STATE_AFTER, MeasureState, MeasureTotals
from remediation.kept_counting import Content
from remediation.kept_figures import renewed
from remediation.lights import LightRule
from remediation.models import ChangeMark, ItemEvent, Ledger, Measure
from remediation.parts import WHOLE as WHOLE_LEDGER
from remediation.parts import Part, parts_of_organ
from remediation.states import DutyRole
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


def figures_in(content: Content, *, tree: OfficeTree) -> Figures:
    """What of a ledger's figures is kept as snapshots: nothing where there is no measure."""
    figures: Figures = {}
    offices = content.parts.of_offices()
    if content.parts[WHOLE_LEDGER].totals.total or any(
        found.totals.total for _office, _role, found in offices
    ):
        figures[WHOLE] = content.parts[WHOLE_LEDGER].totals.plain()
    for office_id, role, found in offices:
        if found.totals.total:
            figures[Cell(office_id, role, False)] = found.totals.plain()
    for office_id in tree.superiors():
        for duty in DutyRole:
            wider = content.parts.get(Part.below(tree, office_id, duty.value))
            if wider is not None and wider.totals.total:
                figures[Cell(office_id, duty.value, True)] = wider.totals.plain()
    return figures


def states_on(ledger: Ledger, day: date) -> Iterator[MeasureState]:
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
    columns = ("pk", "item_id", "occurred_on", *STATE_AFTER, *OFFICES_AFTER)
    for pk, item_id, on, *row in events.values_list(*columns).iterator():
        state = MeasureState.after(*row)
        has_moved = item_id in moved and moved[item_id][:2] > (on, pk)
        yield replace(state, workflow_state=moved[item_id][2]) if has_moved else state


def rebuilt_figures(ledger: Ledger, rule: LightRule, *, tree: OfficeTree) -> Figures:
    """The figures of ``ledger`` at the end of ``rule.today``, from the history; empty before the first record."""
    # First by the offices that lead together and that assist together, of which there are far fewer than measures.
    by_offices: defaultdict[tuple[DutyRole, tuple[int, ...]], MeasureTotals] = defaultdict(MeasureTotals)
    for state in states_on(ledger, rule.today):
        for role, offices in ((DutyRole.LEAD, state.lead), (DutyRole.ASSISTING, state.assisting)):
            by_offices[role, offices].add_state(state, rule, ledger_id=ledger.pk)
    figures: defaultdict[Cell, MeasureTotals] = defaultdict(MeasureTotals)
    with_others = tree.superiors()
    for (role, offices), totals in by_offices.items():
        if role == DutyRole.LEAD:
            figures[WHOLE].merge(totals)
        if totals.total:
            for cell in cells_above(offices, role, tree=tree, with_others=with_others):
                figures[cell].merge(totals)
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


def roll_up_ledger(
    ledger_id: int,
    day: date,
    *,
    today: date,
    calendar: WorkCalendar,
    anew: bool = True,
    parts: list[Part] | None = None,
) -> int:
    """Write the snapshots of one ledger and day; return how many there are.

    The figures of today are counted ``anew``, or are those kept with what was reported since; they are kept for the
    pages, and the marks that asked for them go, in the same transaction. Those of a day before are rebuilt. Counting
    comes before the transaction, which is therefore short: nobody who saves waits for it. Of two roll-ups of today at
    once one writes; the other leaves the marks that the first has not seen to the next sweep.
    """
    ledger = Ledger.objects.filter(pk=ledger_id).first()
    if ledger is None:
        return 0
    rule, tree = LightRule.build(day, calendar, ledgers=[ledger]), office_tree()
    if day < today:
        began = timezone.now()
        figures = rebuilt_figures(ledger, rule, tree=tree)
        with transaction.atomic():
            Ledger.objects.select_for_update(no_key=True).filter(pk=ledger_id).first()
            if not CompletionSnapshot.objects.filter(ledger=ledger, day=day, computed_at__gt=began).exists():
                write_snapshots(ledger, day, figures, computed_at=began)
        return len(figures)
    renewal = renewed(ledger, rule, parts=parts, anew=anew)
    figures = figures_in(renewal.content, tree=tree)
    with transaction.atomic():
        if renewal.keep():
            write_snapshots(ledger, day, figures, computed_at=renewal.began)
    return len(figures)


def write_snapshots(ledger: Ledger, day: date, figures: Figures, *, computed_at: datetime) -> None:
    """Replace the snapshots of a day."""
    CompletionSnapshot.objects.filter(ledger=ledger, day=day).delete()
    CompletionSnapshot.objects.bulk_create(
        [
            CompletionSnapshot(
                ledger=ledger,
                office_id=cell.office_id,
                role=cell.role,
                with_below=cell.with_below,
                day=day,
                computed_at=computed_at,
                **totals.as_dict(),
            )
            for cell, totals in figures.items()
        ],
        batch_size=500,
    )


def ledgers_on(day: date) -> list[int]:
    """The ledgers that were open at some time of ``day``."""
    ledgers = Ledger.objects.filter(Q(archived_at__isnull=True) | Q(archived_at__gte=midnight(day)))
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
    marked = list(ChangeMark.objects.order_by("ledger_id").values_list("ledger_id", flat=True).distinct())
    parts = parts_of_organ() if marked else []
    for ledger_id in marked:
        roll_up_ledger(ledger_id, today, today=today, calendar=calendar, anew=False, parts=parts)
    return len(marked)
