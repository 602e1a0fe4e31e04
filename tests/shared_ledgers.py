"""The test ledgers beside the repository: where they are, what they should give, and how the two are compared."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from typing import Any

import pytest

LEDGERS = Path(__file__).resolve().parents[2] / "shared" / "ledgers"
NEEDS_LEDGERS = pytest.mark.skipif(
    not LEDGERS.is_dir(), reason="the test ledgers (../shared/ledgers) are not here"
)

DATED_KINDS = {"date", "month_end", "quarter_end", "half_year_end", "year_end"}
STATUSES = {
    "done": "completed",
    "basically_done": "in_progress",
    "in_progress": "in_progress",
    "not_started": "not_started",
}


def plain(text: str | None) -> str | None:
    """Text as the expected files are compared: NFKC without white space."""
    return None if text is None else re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def expected_rows(name: str) -> list[dict[str, Any]]:
    """The expected rows of a ledger in the words of the importer (README of the ledgers, its table)."""
    rows = json.loads((LEDGERS / f"{name}.expected.json").read_text(encoding="utf-8"))["rows"]
    return [
        {
            "sheet": row["sheet"],
            "row": row["row"],
            "type": plain(row["type"]),
            "sections": [plain(title) for title in (row["category"], row["key_problem"]) if title],
            "problem": plain(row["problem"]),
            "measure": plain(row["measure"]),
            "leader": plain(row["leader"]),
            "lead_offices": [plain(office) for office in row["lead_offices"]],
            "assisting_offices": [plain(office) for office in row["assist_offices"]],
            "deadline": {
                "text": plain(row["deadline"]["raw"]),
                "kind": _kind(row["deadline"]["kind"]),
                "date": row["deadline"]["date"],
            },
            "status": STATUSES[row["status"]["norm"]],
            "status_text": plain(row["status"]["raw"]),
            "progress": plain(row["progress"]),
            "note": plain(row["note"]),
        }
        for row in rows
    ]


def _kind(kind: str) -> str:
    if kind in DATED_KINDS:
        return "dated"
    return "none" if kind == "text" else kind


def compared(parsed: dict[str, Any]) -> dict[str, Any]:
    """A parsed row in the form of ``expected_rows``."""
    return {
        name: plain(value)
        if isinstance(value, str) and name != "sheet"
        else [plain(entry) for entry in value]
        if isinstance(value, list)
        else {**value, "text": plain(value["text"])}
        if isinstance(value, dict)
        else value
        for name, value in parsed.items()
    }
