"""分板块查看: the ledger as a tree with roll-ups; what lies under a closed branch is not read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

from django.db.models import Exists, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.addresses import address_of
from core.notation import number, shortened
from core.text import whole_number
from remediation.counting.items import StatusTotals, counted_items, item_subjects, with_completion
from remediation.counting.ledgers import (
    BySection,
    ItemCounts,
    SectionRollup,
    figures_by_section,
    flattened,
    section_rollups,
    sum_of,
    totals_of_ledger,
)
from remediation.counting.measures import MeasureTotals, figures
from remediation.filters import MeasureFilterSet, light_words
from remediation.lights import Light, LightRule
from remediation.links import items_url, measures_url
from remediation.models import Item, Ledger, Measure
from remediation.numbering import Number, item_number
from remediation.parts import Part
from remediation.states import CompletionStatus, WorkflowState

# A section with more items than this shows the first of them, and how many the list holds beyond.
MOST_ITEMS_A_SECTION = 100
# With all sections open: no more items than this, and no measures where there are more of those.
MOST_ITEMS_OPENED = 2000
MOST_MEASURES_OPENED = 1500
ALL = "all"
# Readers hear the beginning of a long title.
LABEL_LENGTH = 30


class TreeFilterSet(MeasureFilterSet):
    """The filters of the list by measure, over the tree."""

    beside = MeasureFilterSet.beside | {"branches"}


@dataclass(frozen=True)
class LightCount:
    """How many open measures have a light, and the list of them."""

    light: str
    word: str
    count: int
    url: str


@dataclass
class TreeRow:
    """One line of the tree. ``key`` names the branch in the address: s12 a section, i7 an item."""

    key: str
    depth: int
    title: str
    # Of an item or a measure, its own page.
    page_url: str = ""
    number: Number | None = None
    is_section: bool = False
    is_measure: bool = False
    # Says how many items of an opened section are not shown.
    is_more: bool = False
    is_open: bool = False
    has_branch: bool = True
    items: int | None = None
    items_url: str = ""
    totals: MeasureTotals = field(default_factory=MeasureTotals)
    measures_url: str = ""
    percent: int = 0
    lights: list[LightCount] = field(default_factory=list)
    status: str = ""
    state: str = ""
    state_label: str = ""
    is_long_term: bool = False
    toggle: str = ""

    @property
    def percent_left(self) -> int:
        """What a measure in progress still has before it."""
        return 100 - self.percent if self.status == CompletionStatus.IN_PROGRESS else 0

    @property
    def toggle_words(self) -> str:
        """What opening or folding the branch is called for readers."""
        words = _("Fold %(title)s") if self.is_open else _("Open %(title)s")
        return words % {"title": shortened(self.title, LABEL_LENGTH)}

    @property
    def status_label(self) -> str:
        """The completion status in words."""
        return str(CompletionStatus(self.status).label)


class OpenBranches:
    """Which branches are open, as the address says: ``s1-s5-i3``, ``all``, or nothing said."""

    def __init__(self, text: str | None, *, usual: Iterable[str]) -> None:
        self.everything = text == ALL
        given = list(usual) if text is None else text.split("-")
        self.keys = [
            key for key in dict.fromkeys(given) if key[:1] in ("s", "i") and whole_number(key[1:]) is not None
        ]

    def __contains__(self, key: str) -> bool:
        return self.everything or key in self.keys

    def ids(self, kind: str) -> list[int]:
        """The ids of the open sections (``s``) or items (``i``)."""
        return [int(key[1:]) for key in self.keys if key[0] == kind]

    def turned(self, key: str, *, shown: Iterable[str] = ()) -> str:
        """The address part with ``key`` opened or closed; ``shown`` are the open ones when everything is."""
        keys = list(shown) if self.everything else list(self.keys)
        if key in keys:
            keys.remove(key)
        else:
            keys.append(key)
        return "-".join(keys) or "none"


class LedgerTree:
    """The tree of one ledger for one reader under a filter."""

    def __init__(
        self, ledger: Ledger, *, filters: TreeFilterSet, rule: LightRule, opened: str | None
    ) -> None:
        self.ledger, self.filters, self.rule = ledger, filters, rule
        self.words = light_words()
        self.narrowed = {name: value for name, value in filters.active.items() if name != "ledger"}
        self.measures: QuerySet[Measure] = filters.rows().filter(ledger=ledger)
        items = Item.objects.visible_to(filters.reader.user).filter(ledger=ledger)
        if self.narrowed:
            items = items.filter(Exists(self.measures.filter(item=OuterRef("pk")).order_by()))
        self.items: QuerySet[Item] = counted_items(items)
        self.everything_seen = filters.reader.user.sees_everything and not self.narrowed
        by_section, self.item_counts = self._figures()
        self.items_below = {pk: statuses.total for pk, (statuses, _measures) in by_section.items()}
        self.rollups = section_rollups(ledger, by_section)
        self.measure_totals = sum_of(by_section)
        usual = [f"s{one.section.pk}" for one in flattened(self.rollups) if one.children]
        self.open = OpenBranches(opened, usual=usual)
        self.usual = "-".join(usual) or "none"

    def _figures(self) -> tuple[BySection, ItemCounts]:
        """What stands under each section, and the items by kind: kept of a large ledger, else counted."""
        content = None
        if not self.narrowed and not self.filters.problems:
            content = self.filters.reader.kept_by_section.contents.get(self.ledger.pk)
        if content is not None:
            part = Part.seen_by(self.filters.reader.user)
            by_section, figures = content.by_section(part), content.figures_of(part)
            if by_section is not None and figures is not None:
                return by_section, figures.items
        return figures_by_section(self.items, self.measures, self.rule)

    # -- totals --------------------------------------------------------------------------------------------------------

    def totals(self) -> dict[str, StatusTotals]:
        """The figures that a document states, computed over what the reader sees (``TOTAL_KEYS``)."""
        shown = [rollup for rollup in flattened(self.rollups) if self.shows(rollup)]
        return totals_of_ledger(shown, item_subjects(self.item_counts.items()), self.measure_totals)

    def shows(self, rollup: SectionRollup) -> bool:
        """A section without anything of the reader's is not shown; the whole ledger shows its empty ones, too."""
        return self.everything_seen or rollup.items.total > 0

    # -- rows ----------------------------------------------------------------------------------------------------------

    def rows(self) -> list[TreeRow]:
        """The lines to draw, in order."""
        self._load()
        lines = [line for rollup in self.rollups for line in self._section_rows(rollup)]
        for item in self.by_section.get(None, ()):
            lines += self._item_rows(item, depth=0)
        lines += self._more(None, key="loose", depth=0, url=measures_url(**self._kept()))
        shown = [line.key for line in lines if line.is_open]
        for line in lines:
            line.toggle = self.open.turned(line.key, shown=shown)
        return lines

    def _load(self) -> None:
        """The items of open sections and the measures of open items: three queries."""
        items = self.items
        if not self.open.everything:
            opened_sections = Q(section__in=self.open.ids("s"))
            # Only a ledger that has some is asked for them: no index serves both conditions in order.
            loose = Q(section__isnull=True) if self.items_below.get(None) else Q()
            items = items.filter(opened_sections | loose)
        place = Window(RowNumber(), partition_by="section_id", order_by=["order", "pk"])
        # Places are counted over keys: long texts would be carried along.
        first = items.values("pk").annotate(place=place).filter(place__lte=MOST_ITEMS_A_SECTION)
        items = Item.objects.filter(pk__in=first.values("pk"))
        found = with_completion(items).order_by("order", "pk")[:MOST_ITEMS_OPENED]
        self.by_section: dict[int | None, list[Any]] = {}
        ids = []
        for item in found:
            self.by_section.setdefault(item.section_id, []).append(item)
            ids.append(item.pk)
        rows = self.measures.filter(item__in=ids).order_by().values("item_id").annotate(**figures(self.rule))
        by_item = cast("Iterable[dict[str, Any]]", rows)
        self.by_item = {row.pop("item_id"): MeasureTotals(**row) for row in by_item}
        opened = ids if self.open.everything else [pk for pk in self.open.ids("i") if pk in set(ids)]
        if self.open.everything and sum(one.total for one in self.by_item.values()) > MOST_MEASURES_OPENED:
            opened = []
        self.opened_items = set(opened)
        self.measures_of: dict[int, list[Measure]] = {}
        if opened:
            for measure in self.measures.filter(item__in=opened).order_by("order", "pk"):
                self.measures_of.setdefault(measure.item_id, []).append(measure)

    def _section_rows(self, rollup: SectionRollup) -> Iterator[TreeRow]:
        if not self.shows(rollup):
            return
        section, key = rollup.section, f"s{rollup.section.pk}"
        is_open = key in self.open
        conditions = {**self._kept(), "section": section.pk}
        # The list by item knows no condition on measures.
        own_items = "" if self.narrowed else items_url(ledger=self.ledger.pk, section=section.pk)
        row = TreeRow(
            key,
            rollup.depth,
            section.title,
            is_section=True,
            is_open=is_open,
            has_branch=bool(rollup.items.total or rollup.children),
            items=rollup.items.total,
            items_url=own_items,
            totals=rollup.measures,
            measures_url=measures_url(**conditions),
            lights=self._lights(rollup.measures, conditions),
            status=rollup.status,
        )
        yield row
        if is_open:
            for child in rollup.children:
                yield from self._section_rows(child)
            for item in self.by_section.get(section.pk, ()):
                yield from self._item_rows(item, depth=rollup.depth + 1)
            yield from self._more(
                section.pk, key=key, depth=rollup.depth + 1, url=own_items or row.measures_url
            )

    def _more(self, section: int | None, *, key: str, depth: int, url: str) -> Iterator[TreeRow]:
        """How many items of an opened section are not shown, as a link to all of them."""
        if left := self.items_below.get(section, 0) - len(self.by_section.get(section, ())):
            words = ngettext(
                "%(count)s more item is on the list", "%(count)s more items are on the list", left
            )
            title = words % {"count": number(left)}
            yield TreeRow(f"{key}-more", depth, title, is_more=True, has_branch=False, items_url=url)

    def _item_rows(self, item: Any, *, depth: int) -> Iterator[TreeRow]:
        key = f"i{item.pk}"
        totals = self.by_item.get(item.pk, MeasureTotals())
        is_open = item.pk in self.opened_items
        conditions = {**self._kept(), "item": item.pk}
        yield TreeRow(
            key,
            depth,
            item.problem,
            page_url=address_of("remediation:item_detail", item.pk),
            number=item_number(item),
            is_open=is_open,
            has_branch=totals.total > 0,
            totals=totals,
            measures_url=measures_url(**conditions),
            lights=self._lights(totals, conditions),
            status=item.completion_status,
            **self._state(item),
        )
        for measure in self.measures_of.get(item.pk, ()):
            yield self._measure_row(measure, item, depth=depth + 1)

    def _measure_row(self, measure: Measure, item: Item, *, depth: int) -> TreeRow:
        light = self.rule.light_of(
            is_open=measure.is_open, watch_date=measure.watch_date, ledger_id=measure.ledger_id
        )
        shown = measure.status != CompletionStatus.COMPLETED
        return TreeRow(
            f"m{measure.pk}",
            depth,
            measure.text,
            page_url=f"{address_of('remediation:item_detail', item.pk)}#measure-{measure.pk}",
            number=Number(_("Measure"), str(measure.number), item.is_closed),
            is_measure=True,
            has_branch=False,
            percent=measure.percent,
            lights=[LightCount(light.value, self.words[light.value], 1, "")] if shown else [],
            status=measure.status,
            is_long_term=measure.is_long_term,
        )

    def _kept(self) -> dict[str, Any]:
        """The conditions that go along to a list."""
        return {"ledger": self.ledger.pk, **self.narrowed}

    def _lights(self, totals: MeasureTotals, conditions: dict[str, Any]) -> list[LightCount]:
        counts = []
        for light in Light:
            if count := totals.light(light):
                extra = {"not_completed": True} if light == Light.GREY else {}
                url = measures_url(**{**conditions, "light": light.value, **extra})
                counts.append(LightCount(light.value, self.words[light.value], count, url))
        return counts

    @staticmethod
    def _state(item: Item) -> dict[str, Any]:
        """The workflow state where it says more than 办理中."""
        if item.workflow_state == WorkflowState.HANDLING:
            return {}
        return {"state": item.workflow_state, "state_label": str(item.get_workflow_state_display())}


__all__ = ["ALL", "LedgerTree", "LightCount", "TreeFilterSet", "TreeRow"]
