"""Roles: the system administrator asks, the security administrator grants (separation of the three administrators).

Rules: an administrator's role stands alone on its account; nobody decides about their own roles; there is always a
security administrator left who can sign in.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts import audit_events
from accounts.models import RoleRequest, User
from accounts.roles import ADMINISTRATOR_ROLES, OFFICE_ROLES, Role, is_lawful
from core import audit
from core.decisions import ALLOWED, Decision, denied


def can_have_role(user: User, role: Role, *, with_roles: Iterable[Role] | None = None) -> Decision:
    """Whether the account may get ``role`` beside the roles it has (or ``with_roles``)."""
    present = frozenset(user.roles if with_roles is None else with_roles)
    if not is_lawful({role, *present}):
        return denied(separation_message(role))
    if role in OFFICE_ROLES and user.office_id is None:
        return denied(
            _("%(role)s needs an office: the system administrator enters it in the account first.")
            % {"role": role.label}
        )
    return ALLOWED


def separation_message(role: Role) -> str:
    """Why an administrator's role is never combined, and what to do."""
    if role in ADMINISTRATOR_ROLES:
        return _(
            "%(role)s cannot be combined with another role: make a separate account for the administrator’s work."
        ) % {"role": role.label}
    return _("This is an administrator’s account and cannot have %(role)s: make a separate account.") % {
        "role": role.label
    }


def can_grant_role(actor: User, user: User, role: Role) -> Decision:
    """Whether ``actor`` may give ``role`` to ``user``."""
    if not actor.has_role(Role.SEC_ADMIN):
        return denied(_("Roles are granted by the security administrator."))
    if actor.pk == user.pk:
        return denied(_("Nobody changes their own roles."))
    if not user.is_active:
        return denied(_("The account is deactivated."))
    if role in user.roles:
        return denied(_("The account has this role already."))
    return can_have_role(user, role)


def can_revoke_role(actor: User, user: User, role: Role) -> Decision:
    """Whether ``actor`` may take ``role`` from ``user``."""
    if not actor.has_role(Role.SEC_ADMIN):
        return denied(_("Roles are granted by the security administrator."))
    if actor.pk == user.pk:
        return denied(_("Nobody changes their own roles."))
    if role not in _stored_roles(user):
        return denied(_("The account does not have this role."))
    return ALLOWED


def _stored_roles(user: User) -> frozenset[Role]:
    names = set(user.groups.values_list("name", flat=True))
    return frozenset(role for role in Role if role.value in names)


def _forget_roles(user: User) -> None:
    for name in ("roles", "held_positions", "is_principal_leader", "sees_everything"):
        user.__dict__.pop(name, None)


def _locked(user: User) -> User:
    """The row as it stands now, held until the transaction ends: two grants never pass each other."""
    return User.objects.select_for_update().get(pk=user.pk)


def give_role(
    user: User, role: Role, *, request: HttpRequest | None = None, actor: User | None = None, via: str = ""
) -> None:
    """Store a role whose granting was decided; refuses an unlawful mixture with ``ValidationError``."""
    with transaction.atomic():
        present = _stored_roles(_locked(user))
        if not is_lawful({role, *present}):
            raise ValidationError(separation_message(role))
        group, _made = Group.objects.get_or_create(name=role.value)
        user.groups.add(group)
        RoleRequest.objects.filter(user=user, role=role).delete()
        audit.record(
            audit_events.ROLE_GRANTED,
            request=request,
            actor=actor,
            actor_name=via,
            target=user.username,
            role=role.value,
        )
    _forget_roles(user)


def grant_role(actor: User, user: User, role: Role, *, request: HttpRequest | None = None) -> None:
    """Grant ``role``; raises ``PermissionDenied`` with the reason."""
    can_grant_role(actor, user, role).require()
    give_role(user, role, request=request, actor=actor)


def revoke_role(actor: User, user: User, role: Role, *, request: HttpRequest | None = None) -> None:
    """Take ``role`` away; raises ``PermissionDenied`` with the reason."""
    can_revoke_role(actor, user, role).require()
    with transaction.atomic():
        _locked(user)
        user.groups.remove(*Group.objects.filter(name=role.value))
        audit.record(
            audit_events.ROLE_REVOKED, request=request, actor=actor, target=user.username, role=role.value
        )
    _forget_roles(user)


def request_role(
    user: User, role: Role, *, actor: User | None, request: HttpRequest | None = None, via: str = ""
) -> bool:
    """Ask the security administrator for a role; False when the account has it or it was asked for before."""
    if role in user.roles:
        return False
    asked, made = RoleRequest.objects.get_or_create(user=user, role=role, defaults={"requested_by": actor})
    if made:
        audit.record(
            audit_events.ROLE_REQUESTED,
            request=request,
            actor=actor,
            actor_name=via,
            target=user.username,
            role=asked.role,
        )
    return made


def refuse_request(asked: RoleRequest, *, actor: User, request: HttpRequest | None = None) -> None:
    """Drop a request without granting it."""
    with transaction.atomic():
        audit.record(
            audit_events.ROLE_REFUSED,
            request=request,
            actor=actor,
            target=asked.user.username,
            role=asked.role,
        )
        asked.delete()


__all__ = [
    "can_grant_role",
    "can_have_role",
    "can_revoke_role",
    "give_role",
    "grant_role",
    "refuse_request",
    "request_role",
    "revoke_role",
    "separation_message",
]
