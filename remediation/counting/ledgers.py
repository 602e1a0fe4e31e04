"""Figures of sections, each with what is below it, and of a whole ledger as its document states them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from remediation.counting.items import StatusTotals, counted_items, item_subjects, with_completion
from remediation.counting.measures import MeasureTotals, figures, totals_of
from remediation.lights import LightRule
from remediation.models import Item, Ledger, Measure, Section
from remediation.states import CompletionStatus, SectionKind

TOTAL_KEYS = (
    "key_problems",
    "specific_problems",
    "inference_items",
    "reform_items",
    "opinions",
    "projects",
    "measures",
)


@dataclass
class SectionRollup:
    """A section with the figures of everything below it."""

    section: Section
    depth: int
    items: StatusTotals
    measures: MeasureTotals
    children: list[SectionRollup]

    @property
    def status(self) -> CompletionStatus:
        """Derived from the items below."""
        return self.items.status()


# What stands directly under each section: its items and its measures.
BySection = Mapping[int | None, tuple[StatusTotals, MeasureTotals]]
# How many items there are of a kind, reform or not, at a completion status.
ItemCounts = Mapping[tuple[str, bool, str], int]


def figures_by_section(
    items: QuerySet[Item], measures: QuerySet[Measure], rule: LightRule
) -> tuple[BySection, ItemCounts]:
    """The counted ``items`` and ``measures`` by the section directly above, and the items by kind; two queries."""
    found: dict[int | None, tuple[StatusTotals, MeasureTotals]] = {}
    counted: Counter[tuple[str, bool, str]] = Counter()
    rows = (
        with_completion(counted_items(items))
        .order_by()
        .values_list("section_id", "kind", "is_reform_item", "completion_status")
    )
    for section, kind, is_reform, status, count in rows.annotate(n=Count("pk")):
        found.setdefault(section, (StatusTotals(), MeasureTotals()))[0].add(status, count)
        counted[kind, is_reform, status] += count
    measured: Any = measures.order_by().values("item__section_id").annotate(**figures(rule))
    for row in measured:
        found.setdefault(row["item__section_id"], (StatusTotals(), MeasureTotals()))[1].merge(totals_of(row))
    return found, counted


def section_rollups(ledger: Ledger, by_section: BySection) -> list[SectionRollup]:
    """The section tree of ``ledger`` with roll-ups of what stands under each, top level first; one query."""
    children: dict[int | None, list[Section]] = {}
    for section in Section.objects.filter(ledger=ledger).order_by("order", "pk"):
        children.setdefault(section.parent_id, []).append(section)

    def build(section: Section, depth: int) -> SectionRollup:
        below = [build(child, depth + 1) for child in children.get(section.pk, ())]
        statuses, totals = StatusTotals(), MeasureTotals()
        for items, measures in [
            by_section.get(section.pk, (StatusTotals(), MeasureTotals())),
            *((child.items, child.measures) for child in below),
        ]:
            statuses.merge(items)
            totals.merge(measures)
        return SectionRollup(section, depth, statuses, totals, below)

    return [build(section, 0) for section in children.get(None, ())]


def flattened(rollups: Iterable[SectionRollup]) -> list[SectionRollup]:
    """The tree as a list, each section before what is below it."""
    flat: list[SectionRollup] = []
    for rollup in rollups:
        flat.append(rollup)
        flat.extend(flattened(rollup.children))
    return flat


def ledger_totals(ledger: Ledger, rule: LightRule) -> dict[str, StatusTotals]:
    """The figures that a ledger's document states, computed (``TOTAL_KEYS``)."""
    by_section, items = figures_by_section(
        Item.objects.filter(ledger=ledger), Measure.objects.filter(ledger=ledger), rule
    )
    rollups = flattened(section_rollups(ledger, by_section))
    return totals_of_ledger(rollups, item_subjects(items.items()), sum_of(by_section))


def sum_of(by_section: BySection) -> MeasureTotals:
    """The measures of a whole ledger."""
    totals = MeasureTotals()
    for _items, measures in by_section.values():
        totals.merge(measures)
    return totals


def totals_of_ledger(
    rollups: Iterable[SectionRollup], items: dict[str, StatusTotals], measures: MeasureTotals
) -> dict[str, StatusTotals]:
    """The figures that a document states (``TOTAL_KEYS``): the key problems are those among ``rollups``."""
    key_problems = StatusTotals()
    for rollup in rollups:
        if rollup.section.kind == SectionKind.KEY_PROBLEM:
            key_problems.add(rollup.status)
    return {
        "key_problems": key_problems,
        **items,
        "measures": StatusTotals(
            total=measures.total,
            completed=measures.completed,
            in_progress=measures.in_progress,
            not_started=measures.not_started,
        ),
    }
