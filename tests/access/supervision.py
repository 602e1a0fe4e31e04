"""Who may open the pages of supervision."""

from __future__ import annotations

from tests.access.table import LEDGER_ADMIN, SUPERVISION, Row

ROWS: list[Row] = [
    Row("supervision:reminder_list", open_to=SUPERVISION | LEDGER_ADMIN),
]
