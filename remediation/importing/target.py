"""Which ledger an import goes into: the one chosen, or the one of the title; none opens a new one."""

from __future__ import annotations

from core.text import folded
from remediation.models import Ledger


def ledger_of_title(title: str) -> Ledger | None:
    """The ledger of this title, however it was typed: an existing title is never silently a second ledger."""
    exact = Ledger.objects.filter(title=title).first()
    if exact:
        return exact
    wanted = folded(title)
    return next((ledger for ledger in Ledger.objects.order_by("pk") if folded(ledger.title) == wanted), None)


def chosen_ledger(*, ledger_id: int | None, title: str) -> Ledger | None:
    """The ledger that an import's options name, or ``None`` for a new one."""
    if ledger_id:
        return Ledger.objects.filter(pk=ledger_id).first()
    return ledger_of_title(title) if title else None
