"""A clerk's home, the page of an item, and the ledger by section: closed as it opens, and with one section open."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import statements
from benchmarks.lines.lists import FLOOR, GOAL_MS, MOST_QUERIES, scope_of
from benchmarks.measuring import interleaved, milliseconds, queries_of
from benchmarks.plain import Statement, fetched_all, page_of
from benchmarks.results import Measurement
from benchmarks.site import Site, page


def measure(site: Site) -> Iterator[Measurement]:
    """Each page for those who open it."""
    from remediation.models import Item, Section

    own = [statements.list_rows("m.is_open", offices=scope_of(site, "clerk"))]
    yield paged(site, "clerk", "home", "/work/", own)
    items = Item.objects.filter(ledger=site.ledger)
    seen = {"clerk": items.visible_to(site.person("clerk")), "supervision": items}
    for reader, rows in seen.items():
        item = rows.earliest("pk").pk
        yield paged(site, reader, "item", f"/items/{item}/", statements.item_rows(item))
    tree, ledger = f"/tree/?ledger={site.ledger.pk}", statements.tree_rows(site.ledger.pk)
    for reader in ("clerk", "supervision"):
        yield paged(site, reader, "ledger by section", tree, ledger)
    section = Section.objects.filter(ledger=site.ledger, parent__isnull=False).earliest("pk")
    branch = f"{tree}&branches=s{section.parent_id}-s{section.pk}"
    below = statements.list_rows(f"i.section_id = {section.pk}", limit=statements.ROWS_A_PAGE)
    yield paged(site, "supervision", "ledger by section, one opened", branch, [*ledger, below])


def paged(site: Site, reader: str, case: str, address: str, floor: list[Statement]) -> Measurement:
    """One page, the plain page of what it is about, and those rows alone."""
    client, plain = site.client(reader), page_of(floor)
    times = interleaved(
        {
            "product": lambda: page(client, address),
            "floor": lambda: page(client, plain),
            "bare": lambda: fetched_all(floor),
        },
        rounds=site.rounds,
    )
    return Measurement(
        **site.measured("page", f"{case}, {reader}", "ms"),
        product=milliseconds(times["product"]),
        floor=milliseconds(times["floor"]),
        bare=milliseconds(times["bare"]),
        floor_words=FLOOR,
        goal=GOAL_MS,
        queries=queries_of(lambda: page(client, address)),
        most_queries=MOST_QUERIES,
    )
