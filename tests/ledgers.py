"""Small ledgers for tests: plain functions that write rows, and nothing that the product's own commands decide."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import count
from typing import Any

from accounts.models import Office
from core.text import folded, text_key
from remediation.models import Item, ItemOffice, Ledger, Measure, MeasureOffice, Section
from remediation.states import CompletionStatus, DutyRole

_serial = count(1)


def make_office(name: str = "", *, parent: Office | None = None, **fields: Any) -> Office:
    """An office; nameless ones are numbered."""
    return Office.objects.create(name=name or f"处室{next(_serial)}", parent=parent, **fields)


def make_ledger(title: str = "", **fields: Any) -> Ledger:
    """A ledger with the default policy."""
    return Ledger.objects.create(title=title or f"台账{next(_serial)}", **fields)


def make_section(ledger: Ledger, title: str = "", *, parent: Section | None = None, **fields: Any) -> Section:
    """A section of ``ledger``."""
    title = title or f"板块{next(_serial)}"
    return Section.objects.create(
        ledger=ledger, parent=parent, title=title, key=folded(title)[:500], **fields
    )


def make_item(
    ledger: Ledger,
    problem: str = "",
    *,
    section: Section | None = None,
    lead: Sequence[Office] = (),
    assisting: Sequence[Office] = (),
    **fields: Any,
) -> Item:
    """An item; ``lead`` and ``assisting`` are its own offices, which only an item without measures has."""
    serial = next(_serial)
    problem = problem or f"问题{serial}"
    fields = {"number": str(serial), "order": serial, **fields}
    item = Item.objects.create(
        ledger=ledger, section=section, problem=problem, key=text_key(problem), **fields
    )
    for role, offices in ((DutyRole.LEAD, lead), (DutyRole.ASSISTING, assisting)):
        for rank, office in enumerate(offices):
            ItemOffice.objects.create(item=item, office=office, role=role, rank=rank)
    return item


def make_measure(
    item: Item,
    text: str = "",
    *,
    lead: Sequence[Office] = (),
    assisting: Sequence[Office] = (),
    due: date | None = None,
    first_due: date | None = None,
    status: str = CompletionStatus.NOT_STARTED,
    percent: int | None = None,
    **fields: Any,
) -> Measure:
    """A measure of ``item``, in the item's workflow state; a completed one stands at 100 percent.

    ``first_due`` defaults to ``due``.
    """
    serial = next(_serial)
    text = text or f"措施{serial}"
    if percent is None:
        percent = 100 if status == CompletionStatus.COMPLETED else 0
    fields = {"number": serial, "order": serial, "workflow_state": item.workflow_state, **fields}
    measure = Measure.objects.create(
        ledger_id=item.ledger_id,
        item=item,
        text=text,
        key=text_key(text),
        due_date=due,
        first_due_date=first_due or due,
        status=status,
        percent=percent,
        **fields,
    )
    for role, offices in ((DutyRole.LEAD, lead), (DutyRole.ASSISTING, assisting)):
        for rank, office in enumerate(offices):
            MeasureOffice.objects.create(measure=measure, office=office, role=role, rank=rank)
    return measure
