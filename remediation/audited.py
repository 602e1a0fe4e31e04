"""What the audit log says about ledgers, and how it keeps what a fact of one was and became."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Model
from django.utils import translation
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from core import notation
from core.audit import name_details, name_events
from remediation.models import Ledger, Section, StatedTotal
from remediation.subjects import SUBJECT_LABELS

name_events(
    {
        "list_exported": _("List exported"),
        "ledger_imported": _("Ledger imported"),
        "ledger_import_undone": _("Import withdrawn"),
        "ledger_created": _("Ledger created"),
        "ledger_edited": _("Ledger facts edited"),
        "ledger_policy_edited": _("Policy edited"),
        "ledger_stated_edited": _("Stated totals edited"),
        "section_created": _("Section created"),
        "section_edited": _("Section edited"),
        "ledger_archived": _("Ledger archived"),
        "ledger_opened_again": _("Ledger opened again"),
        "calendar_edited": _("Calendar edited"),
    }
)
name_details(
    {
        "format": _("format"),
        "query": _("conditions"),
        "file": _("file"),
        "created": pgettext_lazy("audit", "new measures"),
        "updated": pgettext_lazy("audit", "changed measures"),
        "voided": pgettext_lazy("audit", "measures taken away"),
        "restored": pgettext_lazy("audit", "measures restored"),
        "fields": pgettext_lazy("audit", "fields"),
        "removed": pgettext_lazy("audit", "days removed"),
        # Older lines name the fields alone ("fields").
        **{
            f"{model._meta.model_name}.{field.name}": field.verbose_name
            for model in (Ledger, Section, StatedTotal)
            for field in model._meta.concrete_fields
        },
        **{f"stated.{subject}": label for subject, label in SUBJECT_LABELS.items()},
    }
)

Facts = dict[str, str]


def facts_of(row: Model, fields: Iterable[str]) -> Facts:
    """How ``row`` stands, in the words that the log keeps: key of the detail -> value, whoever reads it later."""
    with translation.override(settings.LANGUAGE_CODE):
        return {f"{row._meta.model_name}.{name}": _words(row, name) for name in fields}


def turned(before: Facts, after: Facts) -> dict[str, list[str]]:
    """What changed, from and to."""
    return {key: [before[key], words] for key, words in after.items() if before[key] != words}


def _words(row: Model, name: str) -> str:
    value: Any = getattr(row, name)
    if value in (None, "", []):
        return pgettext("value", "none")
    if isinstance(value, bool):
        return _t("yes") if value else _t("no")
    if isinstance(value, date):
        return notation.day(value)
    if isinstance(value, list):
        return "、".join(str(one) for one in value)
    shown = getattr(row, f"get_{name}_display", None)
    return str(shown()) if shown is not None else str(value)
