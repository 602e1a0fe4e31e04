"""The sidebar entries of supervision."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.access import may_open
from accounts.roles import BUSINESS_ROLES, Role
from core.navigation import Entry, Group, register


def reads_dashboard(user: Any) -> bool:
    """Anybody with a business role, each in their own scope."""
    return bool(user.is_authenticated and user.has_role(*BUSINESS_ROLES))


register(
    Entry(
        label=_("Dashboard"),
        url_name="supervision:dashboard",
        icon="speedometer2",
        group=Group.OWN,
        order=50,
        allowed=reads_dashboard,
        tab=40,
        tab_label=_("Board"),
    ),
    Entry(
        label=pgettext_lazy("page", "Reminders"),
        url_name="supervision:reminder_list",
        icon="send",
        group=Group.SUPERVISION,
        order=20,
        allowed=may_open(Role.SUPERVISION_OFFICE, Role.LEDGER_ADMIN),
    ),
)
