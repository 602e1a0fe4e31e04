"""The list by measure, for a clerk and for the supervision office: 50 rows, filtered, ordered, far down, searched."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from benchmarks import statements
from benchmarks.lines.paged import GOAL_MS, MOST_QUERIES, paged
from benchmarks.plain import Statement
from benchmarks.results import Measurement
from benchmarks.site import Site

DEEP_PAGE = 1000
# Beyond this many rows the line allows the longer time.
LARGE_ROWS = 500_000
READERS = ("clerk", "supervision")
COMMON = "制度"
# Two characters that no ledger has.
ABSENT = "龘靐"
SAMPLE_ROWS = 3000


@dataclass(frozen=True)
class Filter:
    """A filter of the page, and the same in SQL (``m`` the measure, ``i`` its item); ``%s`` takes the values."""

    query: str
    where: str
    values: tuple[Any, ...] = ()


ORDERS = {
    "due": statements.BY_DEADLINE,
    "-due": 'm.is_open DESC, m.watch_date DESC, m."order" DESC, m.id DESC',
    "number": 'm.ledger_id, m."order", m.id',
    "-number": 'm.ledger_id DESC, m."order" DESC, m.id DESC',
    "status": 'm.status_rank, m.percent, m."order", m.id',
    "-status": 'm.status_rank DESC, m.percent DESC, m."order" DESC, m.id DESC',
    "updated": "m.updated_at, m.id",
    "-updated": "m.updated_at DESC, m.id DESC",
}


def filters(site: Site, reader: str) -> list[Filter]:
    """Each filter of the list once, alone."""
    from accounts.models import Office, Position
    from core.clock import today as clock_today
    from remediation.models import Item, Section

    today = clock_today()
    item = Item.objects.filter(ledger=site.ledger).visible_to(site.person(reader)).earliest("pk").pk
    section = Section.objects.filter(ledger=site.ledger, parent__isnull=True).earliest("pk")
    below = statements.numbers(section.children.values_list("pk", flat=True))
    office = site.person("clerk").office_id
    organ = Office.objects.get(parent__isnull=True).pk
    leader = Position.objects.earliest("pk").pk
    lately, month_ago = today - timedelta(days=7), today - timedelta(days=30)
    near, far = today + timedelta(days=7), today + timedelta(days=28)
    led = f"d.measure_id = m.id AND d.office_id = {office}"
    some = f"EXISTS (SELECT 1 FROM remediation_measureoffice d WHERE {led}"
    anybody = "EXISTS (SELECT 1 FROM remediation_measureoffice d WHERE d.measure_id = m.id)"
    led_ones = "SELECT d.measure_id FROM remediation_measureoffice d WHERE d.role = 'lead'"
    return [
        Filter("", "TRUE"),
        Filter(f"ledger={site.ledger.pk}", f"m.ledger_id = {site.ledger.pk}"),
        Filter("archived=0", "TRUE"),
        Filter(f"section={section.pk}", f"i.section_id IN ({below})"),
        Filter(f"office={office}", f"{some})"),
        Filter(f"office={organ}&below=1", anybody),
        Filter(f"office={office}&role=lead", f"{some} AND d.role = 'lead')"),
        Filter(f"office={office}&role=main", f"{some} AND d.role = 'lead' AND d.rank = 0)"),
        Filter(f"leader={leader}", f"m.leader_id = {leader}"),
        Filter("light=red", "m.is_open AND m.watch_date < %s", (today,)),
        Filter("light=yellow", "m.is_open AND m.watch_date >= %s AND m.watch_date <= %s", (today, near)),
        Filter("light=blue", "m.is_open AND m.watch_date > %s AND m.watch_date <= %s", (near, far)),
        Filter("light=green", "m.is_open AND m.watch_date > %s", (far,)),
        Filter("light=grey", "NOT m.is_open OR m.watch_date IS NULL"),
        Filter("status=in_progress", "m.status = 'in_progress'"),
        Filter("not_completed=1", "m.status <> 'completed'"),
        Filter("open=1", "m.is_open"),
        Filter("state=handling", "m.workflow_state = 'handling'"),
        Filter("kind=inference_item", "i.kind = 'inference_item'"),
        Filter("reform=1", "i.is_reform_item"),
        Filter("long_term=1", "m.is_long_term"),
        Filter(f"due_after={today}", "m.due_date >= %s", (today,)),
        Filter(f"due_before={today}", "m.due_date <= %s", (today,)),
        Filter("due_within=5", "m.is_open AND m.watch_date >= %s AND m.watch_date <= %s", (today, near)),
        Filter("red_within=7", "m.is_open AND m.watch_date < %s AND m.watch_date >= %s", (today, lately)),
        Filter("no_deadline=1", "m.watch_date IS NULL"),
        Filter("no_office=1", f"m.id NOT IN ({led_ones})"),
        Filter("no_leader=1", "m.leader_id IS NULL"),
        Filter("dated=1", "m.first_due_date IS NOT NULL"),
        Filter("first_due_passed=1", "m.first_due_date < %s", (today,)),
        Filter(f"reported_after={today}", "m.reported_at >= %s", (today,)),
        Filter(f"completed_after={month_ago}", "m.completed_on >= %s", (month_ago,)),
        Filter(f"item={item}", f"m.item_id = {item}"),
        Filter("shared=1", "m.shared_key IS NOT NULL"),
    ]  # fmt: skip


def measure(site: Site) -> Iterator[Measurement]:
    """Every filter and order for both readers, then the page far down and the words."""
    words = searched_words(site)
    for reader in READERS:
        offices = scope_of(site, reader)
        for one in filters(site, reader):
            label = one.query.partition("=")[0] if one.query else "everything"
            label = one.query if label in {"light", "role"} else f"{label}{rider(one.query)}"
            statement = statements.list_rows(one.where, one.values, offices=offices)
            yield listed(site, reader, f"filter {label}", one.query, statement)
        for order, sql in ORDERS.items():
            statement = statements.list_rows(offices=offices, order=sql)
            yield listed(site, reader, f"order {order}", f"sort={order}", statement)
    number = min(DEEP_PAGE, max(1, site.rows // statements.ROWS_A_PAGE))
    goal = 300 if site.rows >= LARGE_ROWS else 100
    deep = statements.list_rows(skip=(number - 1) * statements.ROWS_A_PAGE)
    yield listed(site, "supervision", f"page {number}", f"page={number}", deep, goal=goal, queries=None)
    for kind, word in words.items():
        found = "(m.text LIKE %s OR i.problem LIKE %s OR m.progress LIKE %s OR m.note LIKE %s)"
        for reader in READERS:
            statement = statements.list_rows(found, (f"%{word}%",) * 4, offices=scope_of(site, reader))
            yield listed(site, reader, f"{kind} words", f"q={word}", statement, goal=goal, queries=None)


def rider(query: str) -> str:
    """What rides on a filter: `` with role=lead``."""
    further = query.partition("&")[2]
    return f" with {further}" if further else ""


def scope_of(site: Site, reader: str) -> Collection[int] | None:
    """The offices whose rows a reader sees; ``None`` sees all."""
    person = site.person(reader)
    return None if person.sees_everything else person.scope_office_ids


def listed(
    site: Site,
    reader: str,
    case: str,
    query: str,
    statement: Statement,
    *,
    goal: float = GOAL_MS,
    queries: int | None = MOST_QUERIES,
) -> Measurement:
    """One page of the list."""
    address = f"/measures/?{query}"
    return paged(
        site, "list", case, reader=reader, address=address, floor=[statement], goal=goal, queries=queries
    )


def searched_words(site: Site) -> dict[str, str]:
    """Two characters that are common, two that are rare (the rarest pair of a sample), two that nobody wrote."""
    from remediation.models import Measure

    top = Measure.objects.filter(ledger=site.ledger).latest("pk").pk
    keys = random.Random(1).sample(range(top - site.rows + 1, top + 1), min(SAMPLE_ROWS, site.rows))
    pairs: Counter[str] = Counter()
    for start in range(0, len(keys), 500):
        for text in Measure.objects.filter(pk__in=keys[start : start + 500]).values_list("text", flat=True):
            pairs.update({text[place : place + 2] for place in range(len(text) - 1)})
    chinese = [pair for pair in pairs if all("\u4e00" <= character <= "\u9fff" for character in pair)]
    return {"common": COMMON, "rare": min(chinese, key=lambda pair: (pairs[pair], pair)), "absent": ABSENT}
