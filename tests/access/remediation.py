"""Who may open the pages of remediation."""

from __future__ import annotations

from tests.access.table import Row

ROWS: list[Row] = []
