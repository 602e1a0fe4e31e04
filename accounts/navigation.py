"""Where accounts stand in the frame: the register and the administrators' pages, the bell, the menu of the account."""

from __future__ import annotations

from typing import Any

from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.access import may_open
from accounts.messages import unread_count
from accounts.models import RoleRequest
from accounts.roles import Role
from core.navigation import Entry, Group, everybody, register


def waiting_requests(user: object) -> int:
    """Roles that the security administrator has not decided on."""
    return RoleRequest.objects.count()


def speaks(user: Any, language: str) -> bool:
    """Whether the pages are in this language for somebody signed in."""
    return bool(user.is_authenticated) and get_language() == language


register(
    Entry(
        label=_("Office register"),
        url_name="accounts:office_list",
        icon="diagram-3",
        group=Group.ADMIN,
        order=40,
        allowed=may_open(Role.LEDGER_ADMIN),
        owns=("accounts:office_create", "accounts:office_edit", "accounts:offices_import"),
    ),
    Entry(
        label=_("Leaders’ posts"),
        url_name="accounts:position_list",
        icon="person-badge",
        group=Group.ADMIN,
        order=50,
        allowed=may_open(Role.LEDGER_ADMIN),
        owns=("accounts:position_create", "accounts:position_edit"),
    ),
    Entry(
        label=_("Accounts"),
        url_name="accounts:account_list",
        icon="people",
        group=Group.OWN,
        order=10,
        allowed=may_open(Role.SYS_ADMIN),
        owns=(
            "accounts:account_create",
            "accounts:account_edit",
            "accounts:account_reset",
            "accounts:account_deactivate",
            "accounts:users_import",
        ),
        tab=10,
    ),
    Entry(
        label=_("Role grants"),
        url_name="accounts:role_list",
        icon="shield-lock",
        group=Group.OWN,
        order=10,
        allowed=may_open(Role.SEC_ADMIN),
        count=waiting_requests,
        owns=("accounts:role_account", "accounts:role_grant", "accounts:role_revoke"),
        tab=10,
    ),
    Entry(
        label=_("Audit log"),
        url_name="accounts:audit_log",
        icon="list-check",
        group=Group.OWN,
        order=10,
        allowed=may_open(Role.AUDIT_ADMIN),
        tab=10,
    ),
    Entry(
        label=_("Messages"),
        url_name="accounts:messages",
        icon="bell",
        group=Group.BELL,
        allowed=everybody,
        count=unread_count,
    ),
    Entry(
        label=_("My account"),
        url_name="accounts:me",
        icon="person",
        group=Group.ACCOUNT,
        order=10,
        tab=90,
        tab_label=pgettext_lazy("tab", "Mine"),
        owns=("account_change_password", "accounts:messages"),
    ),
    Entry(
        label=_("Change the password"),
        url_name="account_change_password",
        icon="key",
        group=Group.ACCOUNT,
        order=20,
    ),
    # Each in its own language, and only the one that is not spoken.
    Entry(
        label="English",
        url_name="accounts:language_en",
        icon="translate",
        group=Group.ACCOUNT,
        order=30,
        allowed=lambda user: speaks(user, "zh-hans"),
        post=True,
    ),
    Entry(
        label="简体中文",
        url_name="accounts:language_zh",
        icon="translate",
        group=Group.ACCOUNT,
        order=30,
        allowed=lambda user: speaks(user, "en"),
        post=True,
    ),
    Entry(
        label=_("Sign out"),
        url_name="account_logout",
        icon="box-arrow-right",
        group=Group.ACCOUNT,
        order=90,
        post=True,
    ),
)
