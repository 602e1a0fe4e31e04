"""The fixture ``world``, into which the addresses of the access table point; the root ``conftest.py`` names it."""

from __future__ import annotations

import pytest

from accounts.messages import send_message
from accounts.models import Notification, Office, User
from tests.access.table import World
from tests.ledgers import make_item, make_ledger, make_measure, make_section


@pytest.fixture
def world(people: dict[str, User], office: Office) -> World:
    """One measure of everything, led by the clerk's office."""
    send_message(people["clerk"], kind="test", title="消息", key="access")
    ledger = make_ledger()
    section = make_section(ledger)
    item = make_item(ledger, section=section)
    return World(
        people=people,
        office=office,
        position=people["portfolio_leader"].held_positions[0],
        message=Notification.objects.get(),
        ledger=ledger,
        section=section,
        item=item,
        measure=make_measure(item, lead=[office]),
    )
