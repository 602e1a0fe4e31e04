"""Counting a whole ledger in SQL for keeping: the whole, each office and scope, and the sections, in one go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from remediation.counting import (
    LIVE_FIELDS,
    LiveTotals,
    MeasureTotals,
    StatusTotals,
    completion_expression,
    counted_items,
    distinct_figures,
    distinct_measures,
    distinct_of,
    live_figures,
    live_totals_of,
    with_completion,
)
from remediation.lights import LightRule
from remediation.models import Item, ItemOffice, Ledger, Measure, MeasureOffice
from remediation.parts import WHOLE, Part
from remediation.states import UNCOUNTED_STATES, DutyRole

UNCOUNTED = [state.value for state in UNCOUNTED_STATES]
# How an item is counted: its kind, whether it is a reform item, its completion status.
ItemKey = tuple[str, bool, str]


@dataclass
class PartFigures:
    """The figures of one part: its measures, how many of them are distinct, and its items."""

    totals: LiveTotals = field(default_factory=LiveTotals)
    distinct: int = 0
    items: Counter[ItemKey] = field(default_factory=Counter)

    @classmethod
    def of_measures(cls, measures: QuerySet[Measure], rule: LightRule) -> PartFigures:
        """The figures of ``measures``, without items; one query."""
        row = measures.order_by().aggregate(**live_figures(rule), **distinct_figures())
        return cls(live_totals_of(row), distinct_of(row))

    def merge(self, other: PartFigures) -> None:
        """Add the figures of ``other``, which counts other rows."""
        self.totals.merge(other.totals)
        self.distinct += other.distinct
        self.items.update(other.items)

    def as_json(self) -> list[Any]:
        """In the order of the fields."""
        items = [[*key, count] for key, count in sorted(self.items.items()) if count]
        return [values_of(self.totals), self.distinct, items]

    @classmethod
    def from_json(cls, kept: list[Any]) -> PartFigures:
        """What ``as_json`` made."""
        totals, distinct, items = kept
        return cls(
            LiveTotals(*totals),
            distinct,
            Counter({(kind, is_reform, status): count for kind, is_reform, status, count in items}),
        )


@dataclass
class SectionFigures:
    """What stands directly under one section: measures and items."""

    totals: LiveTotals = field(default_factory=LiveTotals)
    items: StatusTotals = field(default_factory=StatusTotals)


class Parts:
    """The figures of each part. Those that were kept are only made when they are asked for: a page needs few."""

    def __init__(self, kept: dict[str, list[Any]] | None = None) -> None:
        self._kept = kept or {}
        self._made: dict[str, PartFigures] = {}

    def get(self, part: Part) -> PartFigures | None:
        """The figures of ``part``, if they are known."""
        return self._get(part.key)

    def _get(self, key: str) -> PartFigures | None:
        if key not in self._made and key in self._kept:
            self._made[key] = PartFigures.from_json(self._kept[key])
        return self._made.get(key)

    def __getitem__(self, part: Part) -> PartFigures:
        """The same; new and empty where they are not known."""
        return self.get(part) or self._made.setdefault(part.key, PartFigures())

    def __contains__(self, part: Part) -> bool:
        return part.key in self._kept or part.key in self._made

    def items(self) -> list[tuple[Part, PartFigures]]:
        """All of them."""
        return [(Part.from_key(key), self._get(key) or PartFigures()) for key in {**self._kept, **self._made}]

    def of_offices(self) -> list[tuple[int, str, PartFigures]]:
        """Office, role and figures of each office by itself, as lead and as assisting."""
        named = [(Part.from_key(key), key) for key in {**self._kept, **self._made} if key != WHOLE.key]
        return [
            (part.office_id, part.role, self._get(key) or PartFigures())
            for part, key in named
            if part.office_id is not None and part.role
        ]

    @cached_property
    def scopes(self) -> list[Part]:
        """The parts that are neither the whole nor one office."""
        found = [Part.from_key(key) for key in {**self._kept, **self._made}]
        return [part for part in found if not part.is_whole and part.office_id is None]

    def as_json(self) -> dict[str, Any]:
        """By key; what was never made stays as it was kept."""
        return {**self._kept, **{key: figures.as_json() for key, figures in self._made.items()}}


class Content:
    """All kept figures of one ledger. What was kept is only read where it is asked for: a list needs no section."""

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        self._kept_sections: list[list[Any]] = kept["sections"] if kept else []
        self.parts = Parts(kept["parts"] if kept else None)

    @cached_property
    def sections(self) -> dict[int | None, SectionFigures]:
        """What stands directly under each section; ``None`` holds the items under none."""
        return {
            pk: SectionFigures(LiveTotals(*totals), StatusTotals(*items))
            for pk, totals, items in self._kept_sections
        }

    def figures_of(self, part: Part) -> PartFigures | None:
        """The figures of ``part``; an office that nothing of the ledger concerns has zeros, an unknown scope none."""
        found = self.parts.get(part)
        return PartFigures() if found is None and part.office_id is not None else found

    def section(self, pk: int | None) -> SectionFigures:
        """The figures of one section."""
        return self.sections.setdefault(pk, SectionFigures())

    def by_section(self) -> dict[int | None, tuple[StatusTotals, MeasureTotals]]:
        """The same as ``remediation.counting.BySection``."""
        return {pk: (one.items, one.totals) for pk, one in self.sections.items()}

    def has(self, parts: Iterable[Part]) -> bool:
        """Whether all of these scopes are among the parts, so that pages find theirs."""
        return all(part in self.parts for part in parts)

    def as_json(self) -> dict[str, Any]:
        """For ``LedgerFigures.content``; ``Content(kept)`` reads it."""
        return {
            "parts": self.parts.as_json(),
            "sections": [
                [pk, values_of(one.totals), list(one.items.as_dict().values())]
                for pk, one in self.sections.items()
            ],
        }


def values_of(totals: LiveTotals) -> list[int]:
    """The figures in the order of their fields."""
    return [getattr(totals, name) for name in LIVE_FIELDS]


def count_ledger(ledger: Ledger, rule: LightRule, scopes: Iterable[Part]) -> Content:
    """Count ``ledger`` as it stands: nine queries, and two for each of the ``scopes`` of several offices."""
    content = Content()
    measures = Measure.objects.filter(ledger=ledger, is_counted=True).order_by()
    items = counted_items(Item.objects.filter(ledger=ledger)).order_by()
    count_whole(content, measures, items, rule)
    count_offices(content, ledger, rule)
    for part in scopes:
        figures = content.parts[part]
        figures.merge(PartFigures.of_measures(part.measures(measures), rule))
        count_items(figures, part.items(items))  # type: ignore[arg-type]  # .order_by() widens it for the stubs
    return content


def count_whole(
    content: Content, measures: QuerySet[Measure], items: QuerySet[Item], rule: LightRule
) -> None:
    """The whole ledger and its sections."""
    whole = content.parts[WHOLE]
    for row in measures.values("item__section_id").annotate(**live_figures(rule)):
        totals = live_totals_of(row)
        content.section(row["item__section_id"]).totals = totals
        whole.totals.merge(totals)
    whole.distinct = distinct_measures(measures)
    rows = with_completion(items).values_list("section_id", "kind", "is_reform_item", "completion_status")
    for section, kind, is_reform, status, count in rows.annotate(n=Count("pk")):
        content.section(section).items.add(status, count)
        whole.items[kind, is_reform, status] += count


def count_items(figures: PartFigures, items: QuerySet[Item]) -> None:
    """The items of a part."""
    rows = with_completion(items).values_list("kind", "is_reform_item", "completion_status")
    for kind, is_reform, status, count in rows.annotate(n=Count("pk")):
        figures.items[kind, is_reform, status] += count


def count_offices(content: Content, ledger: Ledger, rule: LightRule) -> None:
    """Each office by itself: as lead, as assisting, and either."""

    def figures(office_id: int, role: str) -> PartFigures:
        return content.parts[Part.of_office(office_id, role)]

    duties = MeasureOffice.objects.filter(ledger=ledger, measure__is_counted=True).order_by()
    by_role: Any = duties.values("office_id", "role").annotate(
        **live_figures(rule, "measure__"), **distinct_figures("measure__")
    )
    for row in by_role:
        found = figures(row["office_id"], row["role"])
        found.totals, found.distinct = live_totals_of(row), distinct_of(row)
        # An office either leads a measure or assists it.
        figures(row["office_id"], "").totals.merge(found.totals)
    either: Any = duties.values("office_id").annotate(**distinct_figures("measure__"))
    for row in either:
        figures(row["office_id"], "").distinct = distinct_of(row)
    for role in ("", *(one.value for one in DutyRole)):
        for office_id, kind, is_reform, status, count in items_by_office(ledger, role):
            figures(office_id, role).items[kind, is_reform, status] += count


def items_by_office(ledger: Ledger, role: str) -> list[tuple[int, str, bool, str, int]]:
    """Office, kind, reform, status and count of items: by the offices of their measures, or by their own."""
    duties = MeasureOffice.objects.filter(ledger=ledger).exclude(item__workflow_state__in=UNCOUNTED)
    own = ItemOffice.objects.filter(item__ledger=ledger).exclude(item__workflow_state__in=UNCOUNTED)
    if role:
        duties = duties.filter(role=role, measure__is_counted=True)
        own = own.filter(role=role)
    by_measure = MeasureOffice.objects.filter(item=OuterRef("item"), office=OuterRef("office"))
    if role:
        by_measure = by_measure.filter(role=role, measure__is_counted=True)
    found: list[tuple[int, str, bool, str, int]] = []
    for rows in (duties, own.exclude(Exists(by_measure))):
        grouped: Any = (
            rows.order_by()
            .annotate(completion_status=completion_expression("item__"))
            .values_list("office_id", "item__kind", "item__is_reform_item", "completion_status")
            .annotate(n=Count("item", distinct=True))
        )
        found += list(grouped)
    return found
