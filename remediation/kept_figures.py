"""Figures that are kept, and are exact all the same: what was counted last, and what has been reported since.

Counting a hundred thousand measures takes longer than a page may. So the roll-up keeps the figures of each ledger
(``LedgerFigures``): of the whole, of each office and of each scope of several, of the sections. Every report leaves a
``ChangeMark`` in its own transaction; whoever reads takes the kept figures and adds the difference of the few items
that bear a mark, worked out from the history. The roll-up does the same once a minute and keeps the sum. After any
other change (an import, new offices or dates, another policy) a ledger is counted anew; until then pages count it
live, and one of more than ``EXACT_UNTIL`` measures shows the kept figures with their time (product text 9.4).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.db.models.fields.json import KeyTransform
from django.utils import timezone

from core.consistent_read import consistent_read
from remediation.counting.items import item_status
from remediation.counting.measures import OFFICES_AFTER, LiveTotals, MeasureState
from remediation.kept_counting import Content, PartFigures, SectionFigures, count_ledger, section_of
from remediation.lights import LightRule
from remediation.models import ChangeMark, ItemEvent, ItemOffice, Ledger, LedgerFigures, Measure
from remediation.parts import WHOLE, Part, parts_of_organ
from remediation.states import UNCOUNTED_STATES, DutyRole

# Where every ledger is smaller, all are counted for every page: that is as fast, and there is less to go wrong.
KEEP_FROM = 1_000
# Up to here a ledger whose kept figures do not hold is counted live.
EXACT_UNTIL = 100_000
# More changed items than this are not worked out for a page.
MOST_ITEMS = 300


@dataclass
class KeptFigures:
    """The kept figures of some ledgers, with everything reported until now; ``as_of`` names those that are older."""

    contents: dict[int, Content] = field(default_factory=dict)
    as_of: dict[int, datetime] = field(default_factory=dict)

    def of(self, ledger_ids: Iterable[int], part: Part) -> tuple[PartFigures, list[int]]:
        """The sum over those of ``ledger_ids`` that are kept, and the others, which have to be counted."""
        found, others = PartFigures(), []
        for ledger_id in ledger_ids:
            kept = self.contents.get(ledger_id)
            figures = kept.figures_of(part) if kept is not None else None
            if figures is None:
                others.append(ledger_id)
            else:
                found.merge(figures)
        return found, others

    def time_of(self, ledger_ids: Iterable[int]) -> datetime | None:
        """The time of the oldest figures among ``ledger_ids``; ``None`` when all are of this moment."""
        return min((self.as_of[pk] for pk in ledger_ids if pk in self.as_of), default=None)


def is_large(ledger: Ledger) -> bool:
    """Whether ``ledger`` is too large to be counted for every page; it was read ``with_kept_total``."""
    total: int | None = getattr(ledger, "kept_total", None)
    return total is not None and total >= KEEP_FROM


def read_kept(ledger_ids: Iterable[int], rule: LightRule, *, sections_of: Part | None = None) -> KeptFigures:
    """The kept figures of these ledgers: two queries, and one for each ledger with reports since; one for none.

    ``sections_of`` reads along what stands under each section for somebody who sees but that part.
    """
    found = KeptFigures()
    kept = LedgerFigures.objects.filter(ledger__in=list(ledger_ids), day=rule.today).defer("part_sections")
    if sections_of is not None:
        kept = kept.annotate(sections_read=KeyTransform(sections_of.key, "part_sections"))
    rows = {row.pk: row for row in kept}
    if not rows:
        return found
    marks = marks_of(rows)
    for pk, row in rows.items():
        sections = getattr(row, "sections_read", None)
        part_sections = {sections_of.key: sections} if sections_of is not None and sections else None
        content = Content(row.content, part_sections)
        if corrected(content, pk, marks.get(pk, Marks()), rule):
            found.contents[pk] = content
        elif row.total > EXACT_UNTIL:
            found.contents[pk] = Content(row.content, part_sections)
            found.as_of[pk] = row.computed_at
    return found


def totals_of_part(
    kept: KeptFigures, ledger_ids: Iterable[int], part: Part, rule: LightRule
) -> tuple[LiveTotals, int]:
    """The figures of ``part`` in these ledgers and how many of its measures are distinct: kept, and counted live."""
    found, others = kept.of(ledger_ids, part)
    if others:
        counted = Measure.objects.filter(ledger__in=others, is_counted=True)
        found.merge(PartFigures.of_measures(part.measures(counted), rule))
    return found.totals, found.distinct


# -- what has changed since -------------------------------------------------------------------------------------------


@dataclass
class Marks:
    """The marks of one ledger: measure -> its first and its last marked event."""

    pks: list[int] = field(default_factory=list)
    reports: dict[int, tuple[int, int]] = field(default_factory=dict)
    items: set[int] = field(default_factory=set)
    must_recount: bool = False


def marks_of(ledger_ids: Iterable[int]) -> dict[int, Marks]:
    """The marks of each ledger; one query."""
    found: dict[int, Marks] = {}
    rows = ChangeMark.objects.filter(ledger__in=list(ledger_ids)).order_by("pk")
    # The stubs do not see that the columns of a missing event are null.
    columns: Any = rows.values_list("pk", "ledger_id", "event_id", "event__item_id", "event__measure_id")
    for pk, ledger_id, event_id, item_id, measure_id in columns:
        marks = found.setdefault(ledger_id, Marks())
        marks.pks.append(pk)
        if event_id is None:
            marks.must_recount = True
            continue
        first, last = marks.reports.get(measure_id, (event_id, event_id))
        marks.reports[measure_id] = (min(first, event_id), max(last, event_id))
        marks.items.add(item_id)
    return found


def corrected(content: Content, ledger_id: int, marks: Marks, rule: LightRule) -> bool:
    """Bring ``content`` up to the last of ``marks``; False, with ``content`` of no use, where that cannot be done."""
    if not marks.pks:
        return True
    if marks.must_recount or len(marks.items) > MOST_ITEMS:
        return False
    for item, measures in items_around(marks):
        # Rare, and not worth a query of every page: an item that has offices of its own beside its measures'.
        if item.has_own_offices or any(one.before is None for one in measures):
            return False
        before = [Counted(one.before, one.leader) for one in measures if one.before is not None]
        after = [Counted(one.after, one.leader) for one in measures]
        add_item(content, item, before, ledger_id=ledger_id, rule=rule, times=-1)
        add_item(content, item, after, ledger_id=ledger_id, rule=rule, times=1)
    return True


class ItemFacts(NamedTuple):
    """What is counted of an item beside its measures; a report changes none of it."""

    pk: int
    kind: str
    is_reform_item: bool
    section_id: int | None
    leader_id: int | None
    workflow_state: str
    reported_status: str
    declared: bool
    unfinished_as_basically: bool
    has_own_offices: bool


class Counted(NamedTuple):
    """A measure's state, and its leader."""

    state: MeasureState
    leader: int | None


class Around(NamedTuple):
    """A measure before its first mark and after its last one; without a mark, as it stands."""

    before: MeasureState | None  # None: there is no record of how it stood
    after: MeasureState
    leader: int | None


FACTS = (
    "item_id",
    "item__kind",
    "item__is_reform_item",
    "item__section_id",
    "item__leader_id",
    "item__workflow_state",
    "item__reported_status",
    "item__declared_basically_completed",
    "ledger__unfinished_counts_as_basically_completed",
    "has_own_offices",
)
# What a report does not change is as it is now; in the order of ``MeasureState.after``.
STATE = (
    "status_after",
    "percent_after",
    "measure__workflow_state",
    "measure__is_long_term",
    "measure__first_due_date",
    "measure__due_date",
    "review_after",
    *OFFICES_AFTER,
)


def items_around(marks: Marks) -> list[tuple[ItemFacts, list[Around]]]:
    """Each item that bears a mark, with all its measures; one query."""
    own = ItemOffice.objects.filter(item=OuterRef("item"))
    events = (
        ItemEvent.objects.filter(item__in=marks.items, status_after__isnull=False)
        .annotate(has_own_offices=Exists(own))
        .order_by("pk")
    )
    items: dict[int, ItemFacts] = {}
    leaders: dict[int, int | None] = {}
    latest: dict[int, MeasureState] = {}
    before: dict[int, MeasureState | None] = {}
    of_item: dict[int, list[int]] = {}
    for event_id, measure_id, leader, *row in events.values_list(
        "pk", "measure_id", "measure__leader_id", *FACTS, *STATE
    ):
        item, state = ItemFacts(*row[: len(FACTS)]), MeasureState.after(*row[len(FACTS) :])
        leaders[measure_id] = leader
        first, last = marks.reports.get(measure_id, (None, None))
        if event_id == first:
            before[measure_id] = latest.get(measure_id)
        if last is None or event_id <= last:
            if measure_id not in latest:
                of_item.setdefault(item.pk, []).append(measure_id)
            latest[measure_id] = state
        items[item.pk] = item
    return [
        (
            item,
            [
                Around(before.get(measure, latest[measure]), latest[measure], leaders[measure])
                for measure in of_item.get(pk, ())
            ],
        )
        for pk, item in items.items()
    ]


def add_item(
    content: Content,
    item: ItemFacts,
    measures: list[Counted],
    *,
    ledger_id: int,
    rule: LightRule,
    times: int,
) -> None:
    """Add one item with its measures to every part that holds it, or take it away: the rule of ``count_ledger``."""
    status = item_status(
        statuses=[
            state.status for state, _leader in measures if state.workflow_state not in UNCOUNTED_STATES
        ],
        reported_status=item.reported_status,
        declared=item.declared,
        unfinished_as_basically=item.unfinished_as_basically,
    )
    is_counted = item.workflow_state not in UNCOUNTED_STATES
    for part in parts_around(content, measures):
        figures = content.parts[part]
        sections = content.sections if part.is_whole else content.part_sections.get(part.key)
        section = section_of(sections, item.section_id) if sections is not None else SectionFigures()
        holds_item = part.is_whole or item.leader_id in part.positions
        for state, leader in measures:
            if part.holds_measure(
                lead=state.lead, assisting=state.assisting, leaders=(leader, item.leader_id)
            ):
                for totals in (figures.totals, section.totals):
                    totals.add_state(state, rule, ledger_id=ledger_id, times=times)
                # Where a role is asked for, an item is held by a measure that counts (``Part.items``).
                holds_item = holds_item or not part.role or state.workflow_state not in UNCOUNTED_STATES
        if is_counted and holds_item:
            figures.items[item.kind, item.is_reform_item, status.value] += times
            section.items.add(status, times)


def parts_around(content: Content, measures: list[Counted]) -> list[Part]:
    """The parts that may hold one of ``measures`` or their item: the whole, their offices, and all wider scopes."""
    found = {WHOLE: None}
    for state, _leader in measures:
        for role, offices in ((DutyRole.LEAD, state.lead), (DutyRole.ASSISTING, state.assisting)):
            for office in offices:
                found[Part.of_office(office, role.value)] = None
                found[Part.of_office(office)] = None
    return [*found, *content.parts.scopes]


# -- keeping ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Renewal:
    """The figures of a ledger as of one moment, not yet kept."""

    ledger_id: int
    content: Content
    marks: list[int]
    version: int
    day: date
    began: datetime

    def keep(self) -> bool:
        """Keep them and take their marks away, in the caller's transaction; False when somebody else was faster."""
        total = self.content.parts[WHOLE].totals.total
        values = {
            "day": self.day,
            "computed_at": self.began,
            "total": total,
            "content": self.content.as_json(),
            "part_sections": self.content.part_sections_as_json(),
        }
        if self.version:
            rows = LedgerFigures.objects.filter(pk=self.ledger_id, version=self.version)
            if not rows.update(version=self.version + 1, **values):
                return False
        else:
            try:
                with transaction.atomic():
                    LedgerFigures.objects.create(ledger_id=self.ledger_id, **values)
            except IntegrityError:
                return False
        ChangeMark.objects.filter(pk__in=self.marks).delete()
        return True


def renewed(
    ledger: Ledger, rule: LightRule, *, parts: list[Part] | None = None, anew: bool = False
) -> Renewal:
    """The figures of ``ledger`` now: what is kept with what was reported since, or counted ``anew``."""
    parts = parts_of_organ() if parts is None else parts
    with consistent_read():
        began = timezone.now()
        row = LedgerFigures.objects.filter(pk=ledger.pk).first()
        marks = marks_of([ledger.pk]).get(ledger.pk, Marks())
        content: Content | None = None
        if row is not None and row.day == rule.today and row.part_sections is not None and not anew:
            content = Content(row.content, row.part_sections)
            if not content.has(parts) or not corrected(content, ledger.pk, marks, rule):
                content = None
        if content is None:
            content = count_ledger(ledger, rule, parts)
    version = row.version if row is not None else 0
    return Renewal(ledger.pk, content, marks.pks, version, rule.today, began)
