"""A clerk's home, the page of an item, and the ledger by section: closed as it opens, and with one section open."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import statements
from benchmarks.lines.lists import scope_of
from benchmarks.lines.paged import paged
from benchmarks.results import Measurement
from benchmarks.site import Site


def measure(site: Site) -> Iterator[Measurement]:
    """Each page for those who open it."""
    from remediation.models import Item, Section

    own = [statements.list_rows("m.is_open", offices=scope_of(site, "clerk"))]
    yield paged(site, "page", "home", reader="clerk", address="/work/", floor=own)
    items = Item.objects.filter(ledger=site.ledger)
    seen = {"clerk": items.visible_to(site.person("clerk")), "supervision": items}
    for reader, rows in seen.items():
        item = rows.earliest("pk").pk
        about = statements.item_rows(item)
        yield paged(site, "page", "item", reader=reader, address=f"/items/{item}/", floor=about)
    tree, ledger = f"/tree/?ledger={site.ledger.pk}", statements.tree_rows(site.ledger.pk)
    for reader in ("clerk", "supervision"):
        yield paged(site, "page", "ledger by section", reader=reader, address=tree, floor=ledger)
    section = Section.objects.filter(ledger=site.ledger, parent__isnull=False).earliest("pk")
    branch = f"{tree}&branches=s{section.parent_id}-s{section.pk}"
    below = statements.list_rows(f"i.section_id = {section.pk}", limit=statements.ROWS_A_PAGE)
    yield paged(
        site,
        "page",
        "ledger by section, one opened",
        reader="supervision",
        address=branch,
        floor=[*ledger, below],
    )
