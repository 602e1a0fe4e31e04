"""What the audit log says about accounts, offices and roles."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from accounts.roles import Role
from core.audit import detail_word_of, name_details, name_events

SIGNED_IN = "signed_in"
SIGN_IN_FAILED = "sign_in_failed"
SIGN_IN_LIMITED = "sign_in_limited"
SIGNED_OUT = "signed_out"
PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an event
PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of an event
ACCOUNT_CREATED = "account_created"
ACCOUNT_CHANGED = "account_changed"
ACCOUNT_DEACTIVATED = "account_deactivated"
ACCOUNT_REACTIVATED = "account_reactivated"
ACCOUNTS_IMPORTED = "accounts_imported"
ROLE_REQUESTED = "role_requested"
ROLE_GRANTED = "role_granted"
ROLE_REVOKED = "role_revoked"
ROLE_REFUSED = "role_refused"
OFFICE_CREATED = "office_created"
OFFICE_CHANGED = "office_changed"
POSITION_CREATED = "position_created"
POSITION_CHANGED = "position_changed"
OFFICES_IMPORTED = "offices_imported"

name_events(
    {
        SIGNED_IN: _("Signed in"),
        SIGN_IN_FAILED: _("Sign-in failed"),
        SIGN_IN_LIMITED: _("Sign-in held back after too many failures"),
        SIGNED_OUT: _("Signed out"),
        PASSWORD_CHANGED: _("Changed the password"),
        PASSWORD_RESET: _("Reset a password"),
        ACCOUNT_CREATED: _("Created an account"),
        ACCOUNT_CHANGED: _("Changed an account"),
        ACCOUNT_DEACTIVATED: _("Deactivated an account"),
        ACCOUNT_REACTIVATED: _("Reactivated an account"),
        ACCOUNTS_IMPORTED: _("Imported accounts"),
        ROLE_REQUESTED: _("Asked for a role"),
        ROLE_GRANTED: _("Granted a role"),
        ROLE_REVOKED: _("Revoked a role"),
        ROLE_REFUSED: _("Refused a role"),
        OFFICE_CREATED: _("Created an office"),
        OFFICE_CHANGED: _("Changed an office"),
        POSITION_CREATED: _("Created a post"),
        POSITION_CHANGED: _("Changed a post"),
        OFFICES_IMPORTED: _("Imported the office register"),
    }
)

# Keys of an event's detail as people read them.
name_details(
    {
        "role": _("role"),
        "office": _("office"),
        "holder": _("holder"),
        "accounts": _("accounts"),
        "offices": _("offices"),
        "positions": _("posts"),
        "changes": _("changes"),
        "display_name": _("name"),
        "name": _("name"),
        "email": _("E-mail"),
        "aliases": _("other names"),
        "former_names": _("former name"),
        "is_active": _("active"),
        "title": _("post"),
        "new": pgettext_lazy("import", "new"),
        "changed": pgettext_lazy("import", "changed"),
        "unchanged": pgettext_lazy("import", "unchanged"),
    }
)


def detail_words(detail: dict[str, Any]) -> str:
    """An event's detail as one line; what is empty or nought is left out."""
    return pgettext("list", "; ").join(
        f"{detail_word_of(key)}{pgettext('label', ': ')}{_value_words(key, value)}"
        for key, value in detail.items()
        if value not in ("", 0, None, [], {})
    )


def _value_words(key: str, value: Any) -> str:
    if key == "role" and value in Role.values:
        return str(Role(value).label)
    if isinstance(value, dict):
        return detail_words(value)
    if isinstance(value, list):
        return " → ".join(str(one) for one in value)
    return str(value)
