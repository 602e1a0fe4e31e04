"""Who may open the pages of supervision."""

from __future__ import annotations

from tests.access.table import Row

ROWS: list[Row] = []
