"""The ledger as it stands, for comparison with a file: read in four queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter

from remediation.importing.plain_measures import ROWS_A_FETCH, PlainMeasure, measures_of
from remediation.models import Item, Ledger, MeasureOffice, Section
from remediation.recording import Duties
from remediation.states import DutyRole

# Texts that rows have in common, or that the file has too.
REPEATED_TEXTS = (
    "text",
    "progress",
    "note",
    "status",
    "status_text",
    "deadline_text",
    "deadline_kind",
    "workflow_state",
)


@dataclass
class KnownLedger:
    """What is in the ledger already; of a new one nothing."""

    sections: dict[tuple[str, ...], Section] = field(default_factory=dict)
    # Section -> the folded titles from the outermost down.
    paths: dict[int | None, tuple[str, ...]] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    # Item -> its measures in order.
    measures: defaultdict[int, list[PlainMeasure]] = field(default_factory=lambda: defaultdict(list))
    # Measure -> its offices.
    duties: dict[int, Duties] = field(default_factory=dict)


def read_ledger(ledger: Ledger, *, file_texts: Iterable[str], lock: bool) -> KnownLedger:
    """The ledger without what is void; ``lock`` holds its measures until the transaction ends."""
    known = KnownLedger()
    by_id = {section.pk: section for section in Section.objects.filter(ledger=ledger)}
    for section in by_id.values():
        known.paths[section.pk] = path = _path(section, by_id)
        known.sections[path] = section
    known.items = list(Item.objects.filter(ledger=ledger).live().order_by("order", "pk"))
    # A large ledger is in memory once: its texts are those of the file where both agree.
    texts = {text: text for text in file_texts}
    for measure in measures_of(ledger, lock=lock):
        for name in REPEATED_TEXTS:
            text = getattr(measure, name)
            setattr(measure, name, texts.setdefault(text, text))
        known.measures[measure.item_id or 0].append(measure)
    known.duties = _duties(ledger)
    return known


def _path(section: Section, by_id: dict[int, Section]) -> tuple[str, ...]:
    titles: list[str] = []
    walk: Section | None = section
    while walk is not None:
        titles.append(walk.key)
        walk = by_id.get(walk.parent_id) if walk.parent_id else None
    return tuple(reversed(titles))


def _duties(ledger: Ledger) -> dict[int, Duties]:
    """The offices of every measure of the ledger, in one query."""
    found: dict[int, Duties] = {}
    known: dict[tuple[tuple[int, str], ...], Duties] = {}  # an organ has few combinations of offices
    rows = MeasureOffice.objects.filter(measure__ledger=ledger).order_by("measure_id", "rank", "pk")
    columns = rows.values_list("measure_id", "office_id", "role").iterator(chunk_size=ROWS_A_FETCH)
    for measure_id, group in groupby(columns, key=itemgetter(0)):
        key = tuple((office_id, role) for _measure, office_id, role in group)
        if key not in known:
            lead = tuple(office for office, role in key if role == DutyRole.LEAD)
            known[key] = Duties(lead, tuple(office for office, role in key if role != DutyRole.LEAD))
        found[measure_id] = known[key]
    return found
