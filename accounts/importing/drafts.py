"""Rows on their way from the preview to the commit: signed, carried by the page itself, kept nowhere.

No file waits on the server: what was previewed is what is committed, and nobody else can put rows in between.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from django.core import signing

from accounts.importing.tables import Row

SALT = "accounts.importing"
MAX_AGE_SECONDS = 24 * 60 * 60


class DraftLost(Exception):
    """The rows of the preview are too old or were tampered with: upload the file again."""


def packed(tables: dict[str, Sequence[Row]], *, kind: str, user_id: int) -> str:
    """The rows as one signed text."""
    content = {
        name: [[row.sheet, row.number, row.texts, row.places] for row in rows]
        for name, rows in tables.items()
    }
    return signing.dumps([kind, user_id, content], salt=SALT, compress=True)


def unpacked(text: str, *, kind: str, user_id: int) -> dict[str, list[Row]]:
    """The rows again; raises ``DraftLost`` unless the same person previewed them for the same import."""
    try:
        packed_kind, packed_for, content = signing.loads(text, salt=SALT, max_age=MAX_AGE_SECONDS)
    except signing.BadSignature as error:
        raise DraftLost from error
    if packed_kind != kind or packed_for != user_id:
        raise DraftLost
    return {name: [Row(*cells) for cells in rows] for name, rows in content.items()}


def fingerprint(lines: Sequence[object]) -> str:
    """What a plan would do, in a few characters: another one at the commit means that something changed meanwhile."""
    return hashlib.sha256(json.dumps(lines, ensure_ascii=False).encode()).hexdigest()[:16]
