"""``RoleRequest``: a role that the system administrator proposed and the security administrator has not decided on."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.roles import Role
from core.models import Timestamped


class RoleRequest(Timestamped):
    """One role asked for one account; it goes when the role is granted or refused (the audit log keeps it)."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="role_requests", verbose_name=_("account")
    )
    role = models.CharField(_("role"), max_length=30, choices=Role)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("asked by"),
    )

    class Meta:
        verbose_name = _("role asked for")
        verbose_name_plural = _("roles asked for")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["user", "role"], name="role_request_once")]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.role}"
