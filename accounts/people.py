"""Accounts: made, changed, deactivated and given a new initial password by the system administrator alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import audit_events
from accounts.models import Office, User
from accounts.passwords import set_initial_password
from accounts.roles import Role
from core import audit
from core.decisions import ALLOWED, Decision, denied

CHANGEABLE = ("display_name", "email", "office")


def can_keep_accounts(actor: User) -> Decision:
    """The system administrator keeps accounts."""
    if not actor.has_role(Role.SYS_ADMIN):
        return denied(_("Accounts are kept by the system administrator."))
    return ALLOWED


def can_deactivate_account(actor: User, user: User) -> Decision:
    """Whether the account may be closed: never one's own, never the last one of an administrator's role."""
    if not (decision := can_keep_accounts(actor)):
        return decision
    if actor.pk == user.pk:
        return denied(_("Nobody deactivates their own account."))
    if not user.is_active:
        return denied(_("The account is deactivated already."))
    for role in sorted(user.roles & {Role.SEC_ADMIN, Role.AUDIT_ADMIN, Role.SYS_ADMIN}):
        others = User.objects.filter(is_active=True, groups__name=role.value).exclude(pk=user.pk)
        if not others.exists():
            return denied(
                _("This is the last account with the role %(role)s; make another one first.")
                % {"role": role.label}
            )
    return ALLOWED


def username_taken(username: str, *, besides: User | None = None) -> bool:
    """Whether somebody signs in so already; upper and lower case are the same."""
    taken = User.objects.filter(username__iexact=username)
    return (taken.exclude(pk=besides.pk) if besides is not None else taken).exists()


def create_account(
    *,
    username: str,
    display_name: str,
    office: Office | None = None,
    email: str = "",
    request: HttpRequest | None = None,
    via: str = "",
) -> tuple[User, str]:
    """Make an account without any role; return it with its initial password, which is kept nowhere.

    Raises ``ValidationError`` when the sign-in cannot be used.
    """
    user = User(
        username=User.normalize_username(username), display_name=display_name, office=office, email=email
    )
    password = set_initial_password(user)
    with transaction.atomic():
        user.full_clean()
        if username_taken(user.username):
            raise ValidationError({"username": _("Somebody signs in so already. Choose another sign-in.")})
        user.save()
        audit.record(
            audit_events.ACCOUNT_CREATED,
            request=request,
            actor_name=via,
            target=user.username,
            office=office.name if office is not None else "",
        )
    return user, password


def change_account(
    user: User, values: Mapping[str, Any], *, request: HttpRequest | None = None, via: str = ""
) -> list[str]:
    """Set ``display_name``, ``email`` and ``office``; return the names of the fields that changed."""
    changed = [name for name in CHANGEABLE if name in values and getattr(user, name) != values[name]]
    if not changed:
        return []
    before = {name: str(getattr(user, name) or "") for name in changed}
    for name in changed:
        setattr(user, name, values[name])
    with transaction.atomic():
        user.save(update_fields=changed)
        audit.record(
            audit_events.ACCOUNT_CHANGED,
            request=request,
            actor_name=via,
            target=user.username,
            changes={name: [before[name], str(values[name] or "")] for name in changed},
        )
    return changed


def reset_password(user: User, *, request: HttpRequest | None = None, via: str = "") -> str:
    """Give a new initial password and return it; whoever is signed in with the old one is signed out."""
    password = set_initial_password(user)
    with transaction.atomic():
        user.save(update_fields=["password", "must_change_password", "password_changed_at"])
        audit.record(audit_events.PASSWORD_RESET, request=request, actor_name=via, target=user.username)
    return password


def deactivate_account(actor: User, user: User, *, request: HttpRequest | None = None) -> None:
    """Close the account: it signs in no more, and what it did stays. Raises ``PermissionDenied``."""
    can_deactivate_account(actor, user).require()
    _set_active(user, is_active=False, request=request)


def reactivate_account(actor: User, user: User, *, request: HttpRequest | None = None) -> None:
    """Open a closed account again, with the roles that it had."""
    can_keep_accounts(actor).require()
    _set_active(user, is_active=True, request=request)


def _set_active(user: User, *, is_active: bool, request: HttpRequest | None) -> None:
    event = audit_events.ACCOUNT_REACTIVATED if is_active else audit_events.ACCOUNT_DEACTIVATED
    with transaction.atomic():
        if User.objects.filter(pk=user.pk, is_active=not is_active).update(is_active=is_active):
            audit.record(event, request=request, target=user.username)
    user.is_active = is_active


def administrators_exist() -> bool:
    """Whether one of the three administrators has an account already."""
    roles: Iterable[str] = [Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUDIT_ADMIN]
    return User.objects.filter(groups__name__in=roles).exists()
