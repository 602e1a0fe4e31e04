"""Reads a dashboard for tests: its counting links, and the rows behind each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from core.clock import today
from core.models import CalendarDay
from remediation.filters import MeasureFilterSet, Reader
from remediation.item_filters import ItemFilterSet
from remediation.lights import LightRule
from remediation.models import Ledger


@dataclass
class Link:
    """A link of the page with the number that stands in it."""

    href: str
    number: int


class Links(HTMLParser):
    """Collects the links of the board whose text begins or ends with a number."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Link] = []
        self.href = ""
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.href, self.text = dict(attrs).get("href") or "", ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag != "a" or not self.href:
            return
        words = self.text.replace(",", "").strip()
        # A rate is no count; neither is a measure's text that happens to hold a number.
        match = re.fullmatch(r"\D{0,8}?(\d+)条?", words.replace("7天内", ""))
        if match and ("/measures/" in self.href or "/items/" in self.href):
            self.found.append(Link(self.href, int(match[1])))
        self.href = ""


def links_of(html: str) -> list[Link]:
    """The counting links of a page."""
    parser = Links()
    parser.feed(html)
    return parser.found


def reader_for(user: User) -> Reader:
    """Who reads, today."""
    ledgers = {ledger.pk: ledger for ledger in Ledger.objects.visible_to(user)}
    rule = LightRule.build(today(), CalendarDay.objects.work_calendar(), ledgers=ledgers.values())
    return Reader(user, rule, ledgers)


def rows_behind(href: str, user: User) -> int:
    """How many rows the list at ``href`` holds for ``user``."""
    path, _, query = href.partition("?")
    filterset = MeasureFilterSet if path == reverse("remediation:measure_list") else ItemFilterSet
    found = filterset(QueryDict(query), reader=reader_for(user))
    assert not found.problems, (href, found.problems)
    return found.rows().count()


def page(user: User, **parameters: Any) -> str:
    """The dashboard as ``user`` sees it."""
    client = Client()
    client.force_login(user)
    response = client.get(reverse("supervision:dashboard"), parameters)
    assert response.status_code == 200, parameters
    return response.content.decode()


def queries_of(user: User, **parameters: Any) -> int:
    """How many queries the page takes."""
    client = Client()
    client.force_login(user)
    client.get(reverse("supervision:dashboard"), parameters)  # warm: the calendar is kept for a minute
    with CaptureQueriesContext(connection) as queries:
        assert client.get(reverse("supervision:dashboard"), parameters).status_code == 200
    return len(queries)
