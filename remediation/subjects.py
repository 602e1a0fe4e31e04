"""The subjects that a ledger's document counts, in words (``remediation.counting.TOTAL_KEYS``)."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

SUBJECT_LABELS: Mapping[str, Promise] = {
    "key_problems": _("Key problems"),
    "specific_problems": _("Specific problems"),
    "inference_items": _("Inference items"),
    "reform_items": _("Reform items"),
    "opinions": _("Inspection opinions"),
    "projects": _("Projects"),
    "measures": _("Rectification measures"),
}
