"""Who may open the pages of supervision."""

from __future__ import annotations

from tests.access.table import BUSINESS, LEDGER_ADMIN, SUPERVISION, Row

ROWS: list[Row] = [
    Row("supervision:dashboard", BUSINESS),
    Row("supervision:dashboard", BUSINESS, status=422, query="date=2024-02-30", but={"other_clerk": 200}),
    Row("supervision:reminder_list", open_to=SUPERVISION | LEDGER_ADMIN),
]
