"""The access table: every address, every kind of person, the answer they get."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from accounts.models import User
from tests.access import accounts, remediation, supervision
from tests.access.table import Row, World

ROWS = [*accounts.ROWS, *remediation.ROWS, *supervision.ROWS]


def url_names(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """Every name that an address of the site has."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from url_names(pattern, inner)
        elif pattern.name:
            yield f"{namespace}{pattern.name}"


def test_every_address_is_in_the_table() -> None:
    missing = set(url_names(get_resolver())) - {row.url_name for row in ROWS}
    assert not missing, f"without a row in tests/access/: {sorted(missing)}"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method}-{row.url_name}-{row.query}{row.status}")
def test_everybody_gets_the_answer_of_the_table(row: Row, world: World, client: Client) -> None:
    address = reverse(row.url_name, kwargs=row.kwargs(world)) + (f"?{row.query}" if row.query else "")
    headers = {"HX-Request": "true"} if row.htmx else {}
    answers: dict[str | None, int] = {}
    for name in [None, *world.people]:
        # Whatever a request changed is taken back before the next person comes.
        with transaction.atomic():
            client.logout()
            if name is not None:
                client.force_login(User.objects.get(username=name))
            ask = client.post if row.method == "post" else client.get
            answers[name] = ask(address, row.data(world), headers=headers).status_code
            transaction.set_rollback(True)
    assert answers == {name: row.expected(name) for name in answers}
