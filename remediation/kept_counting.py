"""Counting a whole ledger in SQL for keeping: the whole, each office and scope, and the sections, in one go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet

from remediation.counting.items import StatusTotals, completion_expression, counted_items, with_completion
from remediation.counting.measures import (
    LIVE_FIELDS,
    LiveTotals,
    MeasureTotals,
    distinct_figures,
    distinct_of,
    live_figures,
    live_totals_of,
    repeated_figures,
    repeated_of,
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


# ``None``: what stands under no section.
Sections = dict[int | None, SectionFigures]


def sections_as_json(sections: Sections) -> list[Any]:
    """Key, measures and items of each section, in the order of the fields."""
    return [[pk, values_of(one.totals), list(one.items.as_dict().values())] for pk, one in sections.items()]


def sections_from(kept: list[Any]) -> Sections:
    """What ``sections_as_json`` made."""
    return {pk: SectionFigures(LiveTotals(*totals), StatusTotals(*items)) for pk, totals, items in kept}


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
    """All kept figures of one ledger, as ``as_json`` made them, with the sections of the parts that were read along.

    What was kept is only made where it is asked for: a list needs no section.
    """

    def __init__(
        self, kept: dict[str, Any] | None = None, part_sections: dict[str, list[Any]] | None = None
    ) -> None:
        self._kept_sections: list[Any] = kept["sections"] if kept else []
        self.parts = Parts(kept["parts"] if kept else None)
        self.part_sections = {key: sections_from(rows) for key, rows in (part_sections or {}).items()}

    @cached_property
    def sections(self) -> Sections:
        """What stands directly under each section; ``None`` holds the items under none."""
        return sections_from(self._kept_sections)

    def figures_of(self, part: Part) -> PartFigures | None:
        """The figures of ``part``; an office that nothing of the ledger concerns has zeros, an unknown scope none."""
        found = self.parts.get(part)
        return PartFigures() if found is None and part.office_id is not None else found

    def by_section(self, part: Part) -> dict[int | None, tuple[StatusTotals, MeasureTotals]] | None:
        """What of ``part`` stands under each section (``counting.ledgers.BySection``), if that was read along."""
        sections = self.sections if part.is_whole else self.part_sections.get(part.key)
        return None if sections is None else {pk: (one.items, one.totals) for pk, one in sections.items()}

    def has(self, parts: Iterable[Part]) -> bool:
        """Whether all of these scopes are among the parts, so that pages find theirs."""
        return all(part in self.parts for part in parts)

    def as_json(self) -> dict[str, Any]:
        """For ``LedgerFigures.content``."""
        return {"parts": self.parts.as_json(), "sections": sections_as_json(self.sections)}

    def part_sections_as_json(self) -> dict[str, Any]:
        """For ``LedgerFigures.part_sections``."""
        return {key: sections_as_json(sections) for key, sections in self.part_sections.items()}


def values_of(totals: LiveTotals) -> list[int]:
    """The figures in the order of their fields."""
    return [getattr(totals, name) for name in LIVE_FIELDS]


def count_ledger(ledger: Ledger, rule: LightRule, scopes: Iterable[Part]) -> Content:
    """Count ``ledger`` as it stands: twelve queries, and three for each of the ``scopes`` of several offices."""
    content = Content()
    measures = Measure.objects.filter(ledger=ledger, is_counted=True).order_by()
    items = counted_items(Item.objects.filter(ledger=ledger)).order_by()
    content.sections.update(count_part(content.parts[WHOLE], measures, items, rule))
    count_offices(content, ledger, rule)
    for part in scopes:
        # .order_by() widens the querysets for the stubs
        narrowed = part.measures(measures), part.items(items)  # type: ignore[arg-type]
        sections = count_part(content.parts[part], *narrowed, rule)
        if not part.role:
            content.part_sections[part.key] = sections
    return content


def count_part(
    figures: PartFigures, measures: QuerySet[Measure], items: QuerySet[Item], rule: LightRule
) -> Sections:
    """Count these measures and items into ``figures``; returns the sections that they stand under. Three queries."""
    sections: Sections = {}
    for row in measures.values("item__section_id").annotate(**live_figures(rule)):
        totals = live_totals_of(row)
        section_of(sections, row["item__section_id"]).totals = totals
        figures.totals.merge(totals)
    shared = measures.filter(shared_key__isnull=False)
    figures.distinct = figures.totals.total - repeated_of(shared.aggregate(**repeated_figures()))
    rows = with_completion(items).values_list("section_id", "kind", "is_reform_item", "completion_status")
    for section, kind, is_reform, status, count in rows.annotate(n=Count("pk")):
        section_of(sections, section).items.add(status, count)
        figures.items[kind, is_reform, status] += count
    return sections


def section_of(sections: Sections, pk: int | None) -> SectionFigures:
    """The figures of one section; new and empty where nothing stands under it yet."""
    return sections.setdefault(pk, SectionFigures())


def count_offices(content: Content, ledger: Ledger, rule: LightRule) -> None:
    """Each office by itself: as lead, as assisting, and either; and its sections."""

    def figures(office_id: int, role: str) -> PartFigures:
        return content.parts[Part.of_office(office_id, role)]

    def section(office_id: int, pk: int | None) -> SectionFigures:
        return section_of(content.part_sections.setdefault(Part.of_office(office_id).key, {}), pk)

    duties = MeasureOffice.objects.filter(ledger=ledger, measure__is_counted=True).order_by()
    rows: Any = duties.values("office_id", "role", "measure__item__section_id").annotate(
        **live_figures(rule, "measure__")
    )
    for row in rows:
        office_id, totals = row["office_id"], live_totals_of(row)
        figures(office_id, row["role"]).totals.merge(totals)
        # An office either leads a measure or assists it.
        figures(office_id, "").totals.merge(totals)
        section(office_id, row["measure__item__section_id"]).totals.merge(totals)
    for part, found in content.parts.items():
        if part.office_id is not None:
            found.distinct = found.totals.total
    shared = duties.filter(measure__shared_key__isnull=False)
    for keys in (("office_id", "role"), ("office_id",)):
        repeated: Any = shared.values(*keys).annotate(**repeated_figures("measure__"))
        for row in repeated:
            figures(row["office_id"], row.get("role", "")).distinct -= repeated_of(row)
    for role in ("", *(one.value for one in DutyRole)):
        for office_id, section_id, kind, is_reform, status, count in items_by_office(ledger, role):
            figures(office_id, role).items[kind, is_reform, status] += count
            if not role:
                section(office_id, section_id).items.add(status, count)


def items_by_office(ledger: Ledger, role: str) -> list[tuple[int, int | None, str, bool, str, int]]:
    """Office, section, kind, reform, status and count of items: by the offices of their measures, or by their own."""
    duties = MeasureOffice.objects.filter(ledger=ledger).exclude(item__workflow_state__in=UNCOUNTED)
    own = ItemOffice.objects.filter(item__ledger=ledger).exclude(item__workflow_state__in=UNCOUNTED)
    if role:
        duties = duties.filter(role=role, measure__is_counted=True)
        own = own.filter(role=role)
    by_measure = MeasureOffice.objects.filter(item=OuterRef("item"), office=OuterRef("office"))
    if role:
        by_measure = by_measure.filter(role=role, measure__is_counted=True)
    found: list[tuple[int, int | None, str, bool, str, int]] = []
    for rows in (duties, own.exclude(Exists(by_measure))):
        grouped: Any = (
            rows.order_by()
            .annotate(completion_status=completion_expression("item__"))
            .values_list(
                "office_id", "item__section_id", "item__kind", "item__is_reform_item", "completion_status"
            )
            .annotate(n=Count("item", distinct=True))
        )
        found += list(grouped)
    return found
