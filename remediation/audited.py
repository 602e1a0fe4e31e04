"""What the audit log says about ledgers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.audit import name_details, name_events

name_events(
    {
        "list_exported": _("List exported"),
        "ledger_imported": _("Ledger imported"),
        "ledger_import_undone": _("Import withdrawn"),
        "ledger_created": _("Ledger created"),
        "ledger_edited": _("Ledger facts edited"),
        "ledger_policy_edited": _("Policy edited"),
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
    }
)
