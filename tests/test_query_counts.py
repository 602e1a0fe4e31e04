"""No page needs more queries than ``tests/query_counts.json`` allows it.

The file holds, for every address of the access table that is read, the most queries that any kind of person needs. A
page that needs more fails. Where more are needed for good reason, or fewer are now: ``UPDATE_QUERY_COUNTS=1 make test
ARGS=tests/test_query_counts.py`` writes the file anew (on SQLite), and the commit says why.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.models import CalendarDay
from tests.access import accounts, remediation, supervision
from tests.access.table import Row, World

BASELINE = Path(__file__).with_name("query_counts.json")


def name_of(row: Row) -> str:
    """The address as the file names it: with the names of its parameters, whose values may be today's."""
    parameters = "&".join(pair.partition("=")[0] for pair in row.query.split("&") if pair)
    return row.url_name + (f"?{parameters}" if parameters else "") + (" (fragment)" if row.htmx else "")


ROWS = (*accounts.ROWS, *remediation.ROWS, *supervision.ROWS)
READ: dict[str, list[Row]] = {}
for each in ROWS:
    if each.method == "get" and each.status == 200 and each.open_to:
        READ.setdefault(name_of(each), []).append(each)


def most_queries(row: Row, world: World, client: Client) -> int:
    """The most queries that anybody to whom the page is open needs for it, with the calendar at hand."""
    address = reverse(row.url_name, kwargs=row.kwargs(world)) + (f"?{row.query}" if row.query else "")
    headers = {"HX-Request": "true"} if row.htmx else {}
    most = 0
    for person in world.people:
        if row.expected(person) != 200:
            continue
        cache.clear()
        CalendarDay.objects.work_calendar()
        with transaction.atomic():
            client.force_login(User.objects.get(username=person))
            with CaptureQueriesContext(connection) as queries:
                client.get(address, headers=headers)
            most = max(most, len(queries))
            transaction.set_rollback(True)
    return most


@pytest.mark.parametrize("name", READ)
def test_a_page_needs_no_more_queries_than_it_did(name: str, world: World, client: Client) -> None:
    allowed: dict[str, int] = json.loads(BASELINE.read_text(encoding="utf-8"))
    needed = max(most_queries(row, world, client) for row in READ[name])
    assert needed, "nobody may open it: it tells nothing"
    if os.environ.get("UPDATE_QUERY_COUNTS"):
        allowed[name] = needed
        ordered = json.dumps(dict(sorted(allowed.items())), ensure_ascii=False, indent=2)
        BASELINE.write_text(ordered + "\n", encoding="utf-8")
    assert name in allowed, "a new page: see above how it gets into the file"
    assert needed <= allowed[name]


def test_the_file_names_no_page_that_is_gone() -> None:
    assert set(json.loads(BASELINE.read_text(encoding="utf-8"))) == set(READ)
