"""What the audit log says about ledgers."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.audit import name_events

name_events({"list_exported": _("List exported")})
