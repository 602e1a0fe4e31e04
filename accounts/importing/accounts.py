"""Committing a file of accounts: made and changed in one transaction; initial passwords are returned once."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.http import HttpRequest

from accounts import audit_events
from accounts.granting import give_role, request_role
from accounts.importing.account_plan import AccountPlan, AccountsPlan, plan_accounts
from accounts.importing.drafts import fingerprint
from accounts.importing.tables import Row
from accounts.models import User
from accounts.people import change_account, create_account
from core import audit


class AccountsChanged(Exception):
    """The accounts are not what they were at the preview: look at the new preview first."""


class AccountsWrong(Exception):
    """The rows have errors; nothing was written."""

    def __init__(self, plan: AccountsPlan) -> None:
        super().__init__(len(plan.errors))
        self.plan = plan


@dataclass(frozen=True)
class InitialPassword:
    """What a new person signs in with the first time; it exists nowhere else."""

    name: str
    username: str
    office: str
    password: str


@dataclass
class AccountsImported:
    """What an import did."""

    plan: AccountsPlan
    passwords: list[InitialPassword] = field(default_factory=list)
    roles_asked_for: int = 0
    roles_granted: int = 0


def commit_accounts(
    rows: dict[str, list[Row]],
    *,
    grant_roles: bool = False,
    previewed: str | None = None,
    actor: User | None = None,
    request: HttpRequest | None = None,
    via: str = "",
    file_name: str = "",
) -> AccountsImported:
    """Write the accounts; the same rows a second time write nothing.

    Roles are asked for, and granted right away only with ``grant_roles`` (the command line, whose operator has every
    power over the database anyway). Raises ``AccountsWrong`` or ``AccountsChanged``.
    """
    try:
        with transaction.atomic():
            plan = plan_accounts(rows, with_requests=not grant_roles)
            if plan.errors:
                raise AccountsWrong(plan)
            if previewed is not None and fingerprint(plan.lines()) != previewed:
                raise AccountsChanged
            done = AccountsImported(plan)
            for one in plan.accounts:
                user = _write(one, done, request=request, via=via)
                for role in one.roles:
                    if grant_roles:
                        give_role(user, role, request=request, actor=actor, via=via)
                        done.roles_granted += 1
                    else:
                        done.roles_asked_for += request_role(
                            user, role, actor=actor, request=request, via=via
                        )
            audit.record(
                audit_events.ACCOUNTS_IMPORTED,
                request=request,
                actor_name=via,
                target=file_name,
                accounts=plan.counts(plan.accounts),
            )
    except IntegrityError as error:
        raise AccountsChanged from error
    return done


def _write(plan: AccountPlan, done: AccountsImported, *, request: HttpRequest | None, via: str) -> User:
    if plan.existing is not None:
        user = plan.existing
        change_account(user, plan.values, request=request, via=via)
    else:
        office = plan.values.get("office")
        user, password = create_account(
            username=plan.row["username"],
            display_name=plan.name,
            office=office,  # type: ignore[arg-type]
            email=str(plan.values.get("email", "")),
            request=request,
            via=via,
        )
        done.passwords.append(
            InitialPassword(plan.name, user.username, str(office) if office is not None else "", password)
        )
    if plan.position is not None:
        plan.position.holder = user
        plan.position.save(update_fields=["holder", "updated_at"])
        audit.record(
            audit_events.POSITION_CHANGED,
            request=request,
            actor_name=via,
            target=plan.position.title,
            holder=user.username,
        )
    return user
