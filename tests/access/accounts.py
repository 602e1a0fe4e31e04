"""Who may open the pages of accounts and of the ground floor."""

from __future__ import annotations

from typing import Any

from tests.access.table import (
    AUDIT_ADMIN,
    EVERYBODY,
    LEDGER_ADMIN,
    SEC_ADMIN,
    SYS_ADMIN,
    Row,
    World,
)

NOBODY: frozenset[str] = frozenset()


def _english(world: World) -> dict[str, Any]:
    return {"language": "en"}


def _nothing_read(world: World) -> dict[str, Any]:
    return {"up_to": "0"}


def _clerk(world: World) -> dict[str, Any]:
    return {"pk": world.people["clerk"].pk}


def _clerk_role(role: str) -> Any:
    return lambda world: {"pk": world.people["clerk"].pk, "role": role}


ROWS = [
    Row("health", anonymous=200),
    # Shown in DEBUG and in the demo; tests run with the demo's default.
    Row("account_login", status=302, anonymous=200),
    Row("account_logout", anonymous=302),
    Row("account_logout", status=302, method="post"),
    Row("account_change_password"),
    Row("account_reset_password", anonymous=200),
    Row("account_inactive", anonymous=200),
    Row("accounts:home", status=302),
    Row("accounts:me"),
    Row("accounts:language", status=405, anonymous=405),
    Row("accounts:language", status=302, method="post", data=_english),
    Row("accounts:language_en", status=302, method="post"),
    Row("accounts:language_zh", status=302, method="post"),
    Row("accounts:messages"),
    Row("accounts:messages_read_all", status=302, method="post", data=_nothing_read),
    # Somebody else's message does not exist.
    Row(
        "accounts:message_open",
        frozenset({"clerk"}),
        status=302,
        method="post",
        kwargs=lambda w: {"pk": w.message.pk},
    ),
    *(
        Row(f"accounts:{name}", LEDGER_ADMIN)
        for name in (
            "office_list",
            "office_create",
            "offices_import",
            "offices_template",
            "position_list",
            "position_create",
        )
    ),
    Row("accounts:office_edit", LEDGER_ADMIN, kwargs=lambda w: {"pk": w.office.pk}),
    Row("accounts:position_edit", LEDGER_ADMIN, kwargs=lambda w: {"pk": w.position.pk}),
    # Posting without anything in it: refused by the form for those who may, by the page for the others.
    Row("accounts:office_create", LEDGER_ADMIN, status=422, method="post"),
    Row("accounts:position_create", LEDGER_ADMIN, status=422, method="post"),
    Row("accounts:offices_import", LEDGER_ADMIN, status=422, method="post"),
    *(
        Row(f"accounts:{name}", SYS_ADMIN)
        for name in ("account_list", "account_create", "users_import", "users_template")
    ),
    Row("accounts:account_create", SYS_ADMIN, status=422, method="post"),
    Row("accounts:users_import", SYS_ADMIN, status=422, method="post"),
    Row("accounts:passwords_file", NOBODY, method="post"),
    Row("accounts:account_edit", SYS_ADMIN, kwargs=_clerk),
    Row("accounts:account_reset", SYS_ADMIN, kwargs=_clerk),
    Row("accounts:account_reset", SYS_ADMIN, kwargs=_clerk, method="post"),
    Row("accounts:account_deactivate", SYS_ADMIN, kwargs=_clerk),
    Row("accounts:account_deactivate", SYS_ADMIN, kwargs=_clerk, method="post", status=302),
    Row("accounts:account_reactivate", SYS_ADMIN, kwargs=_clerk, method="post", status=302),
    Row("accounts:role_list", SEC_ADMIN),
    Row("accounts:role_requests", SEC_ADMIN, status=302, method="post"),
    Row("accounts:role_account", SEC_ADMIN, kwargs=_clerk),
    Row("accounts:role_grant", SEC_ADMIN, kwargs=_clerk_role("office_head")),
    Row("accounts:role_grant", SEC_ADMIN, kwargs=_clerk_role("office_head"), method="post", status=302),
    Row("accounts:role_grant", NOBODY, kwargs=_clerk_role("emperor")),
    Row("accounts:role_revoke", SEC_ADMIN, kwargs=_clerk_role("clerk"), method="post", status=302),
    # What may be asked but not done is refused with its reason.
    Row(
        "accounts:role_grant",
        SEC_ADMIN,
        kwargs=_clerk_role("sec_admin"),
        method="post",
        status=403,
    ),
    Row("accounts:audit_log", AUDIT_ADMIN),
    Row("accounts:audit_log", AUDIT_ADMIN, query="since=2024-02-30", status=422),
    Row("core:style", EVERYBODY, anonymous=200),
]
