"""Where the demo's structure is kept: ``fixtures/demo/*.json``, read by name."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings


def read(name: str) -> dict[str, Any]:
    """Return one file of ``fixtures/demo``."""
    path = settings.BASE_DIR / "fixtures" / "demo" / f"{name}.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
