"""Which row of the file is which row of the ledger: by place, then number, then text (product text 4). Pure.

A row is recognised by its place (section, item number or text, measure number or text). Exact texts first, so that a
changed text is only looked for among what is left over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TypeVar

from core.text import folded, text_key
from remediation.importing.parsed import Heading, ParsedRow
from remediation.importing.plain_measures import PlainMeasure
from remediation.models import Item
from remediation.states import ItemKind

# A left-over measure at the same place is taken for a reworded one from this likeness on.
REWORDED_LIKENESS = 0.6
COMPARED_CHARACTERS = 400

File = TypeVar("File")
Known = TypeVar("Known")


@dataclass
class FileItem:
    """One item of the file with its measure rows in order."""

    headings: tuple[Heading, ...]
    kind: ItemKind
    number: str
    problem: str
    rows: list[ParsedRow] = field(default_factory=list)
    key: str = ""
    path: tuple[str, ...] = ()


def file_items(rows: Iterable[ParsedRow], *, serials_are_numbers: bool) -> list[FileItem]:
    """The rows grouped into items, in the order of the sheet.

    ``serials_are_numbers``: the serial column numbers the items (a plan's 项目编号).
    """
    found: dict[tuple[object, ...], FileItem] = {}
    for row in rows:
        identity = row.item_identity
        item = found.get(identity)
        if item is None:
            number = row.problem.number or (row.serial[:20] if serials_are_numbers else "")
            item = found[identity] = FileItem(row.headings, row.kind, number, row.problem.text)
            item.key = text_key(item.problem)
            item.path = path_of(heading.title for heading in row.headings)
        item.rows.append(row)
    return list(found.values())


def path_of(titles: Iterable[str]) -> tuple[str, ...]:
    """The key of a section: the folded titles from the outermost down."""
    return tuple(folded(title)[:500] for title in titles)


def match_items(
    items: Sequence[FileItem], known: Sequence[Item], paths: dict[int | None, tuple[str, ...]]
) -> dict[int, Item]:
    """Index of the file's item -> item of the ledger. ``paths`` maps a section id to its path."""

    def path(item: Item) -> tuple[str, ...]:
        return paths.get(item.section_id, ())

    return _match(
        items,
        known,
        [
            (lambda f: (f.path, f.kind, f.number, f.key), lambda k: (path(k), k.kind, k.number, k.key)),
            (lambda f: (f.path, f.kind, f.key), lambda k: (path(k), k.kind, k.key)),
            (
                lambda f: (f.path, f.kind, f.number) if f.number else None,
                lambda k: (path(k), k.kind, k.number),
            ),
            (lambda f: (f.kind, f.number, f.key), lambda k: (k.kind, k.number, k.key)),
            (lambda f: (f.path, f.key), lambda k: (path(k), k.key)),
        ],
    )


def match_measures(rows: Sequence[ParsedRow], known: Sequence[PlainMeasure]) -> dict[int, PlainMeasure]:
    """Index of the row within its item -> measure. Equal texts in one item are told apart by their order."""
    keys = [text_key(row.measure) for row in rows]
    places = {id(row): place for place, row in enumerate(rows)}
    matched = _match(
        rows,
        known,
        [
            (lambda row: keys[places[id(row)]], lambda measure: measure.key),
            (
                lambda row: row.measure_number or None,
                lambda measure: measure.number,
            ),
        ],
        in_order=True,
    )
    taken = {measure.pk for measure in matched.values()}
    left = [measure for measure in known if measure.pk not in taken]
    for place, row in enumerate(rows):
        if place in matched or not left or not row.measure:
            continue
        best = max(left, key=lambda measure: _likeness(row.measure, measure.text))
        if _likeness(row.measure, best.text) >= REWORDED_LIKENESS:
            matched[place] = best
            left.remove(best)
    return matched


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(
        None, folded(one)[:COMPARED_CHARACTERS], folded(other)[:COMPARED_CHARACTERS]
    ).ratio()


def _match(
    files: Sequence[File],
    known: Sequence[Known],
    keys: list[tuple[Callable[[File], Hashable | None], Callable[[Known], Hashable]]],
    *,
    in_order: bool = False,
) -> dict[int, Known]:
    """Match by each pair of keys in turn. Beyond the first pair a key must be the only one of its sort on both sides.

    ``in_order``: under the first pair, equal ones are paired in their order instead.
    """
    matched: dict[int, Known] = {}
    taken: set[int] = set()
    for round_, (file_key, known_key) in enumerate(keys):
        by_key: defaultdict[Hashable, list[Known]] = defaultdict(list)
        for one in known:
            if id(one) not in taken:
                by_key[known_key(one)].append(one)
        waiting: defaultdict[Hashable, list[int]] = defaultdict(list)
        for place, file in enumerate(files):
            if place not in matched and (key := file_key(file)) is not None:
                waiting[key].append(place)
        for key, places in waiting.items():
            candidates = by_key.get(key, [])
            if round_ and not in_order and (len(places) > 1 or len(candidates) > 1):
                continue
            for place, candidate in zip(places, candidates, strict=False):
                matched[place] = candidate
                taken.add(id(candidate))
    return matched
