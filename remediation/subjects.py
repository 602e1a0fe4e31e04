"""The subjects that a ledger's document counts, in words (``remediation.counting.ledgers.TOTAL_KEYS``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from remediation.states import ItemKind

SUBJECT_LABELS: Mapping[str, Promise] = {
    "key_problems": _("Key problems"),
    "specific_problems": _("Specific problems"),
    "inference_items": _("Inference items"),
    "reform_items": _("Reform items"),
    "opinions": _("Inspection opinions"),
    "projects": _("Projects"),
    "measures": _("Rectification measures"),
}

# What the list by item is narrowed to, to show a subject; key problems are sections, which have no list.
ITEM_CONDITIONS: Mapping[str, Mapping[str, Any]] = {
    "specific_problems": {"kind": ItemKind.SPECIFIC_PROBLEM.value},
    "inference_items": {"kind": ItemKind.INFERENCE_ITEM.value},
    "reform_items": {"reform": True},
    "opinions": {"kind": ItemKind.OPINION.value},
    "projects": {"kind": ItemKind.PROJECT.value},
}
