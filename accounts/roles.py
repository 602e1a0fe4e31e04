"""The roles, which are Django groups of the same names (product text, section 1)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """Every role of the product; the value is the group's name."""

    CLERK = "clerk", _("Clerk")
    OFFICE_HEAD = "office_head", _("Office head")
    SUPERVISION_OFFICE = "supervision_office", _("Supervision office")
    LEADER = "leader", _("Leader")
    DISCIPLINE_GROUP = "discipline_group", _("Resident discipline group")
    LEDGER_ADMIN = "ledger_admin", _("Ledger administrator")
    SYS_ADMIN = "sys_admin", _("System administrator")
    SEC_ADMIN = "sec_admin", _("Security administrator")
    AUDIT_ADMIN = "audit_admin", _("Audit administrator")


# The three administrators are separated from each other and from the business (GB/T 22239-2019).
ADMINISTRATOR_ROLES = frozenset({Role.SYS_ADMIN, Role.SEC_ADMIN, Role.AUDIT_ADMIN})
BUSINESS_ROLES = frozenset(set(Role) - ADMINISTRATOR_ROLES)
# These read every row of every ledger (the principal leader does too, by the post and not by the role).
READS_EVERYTHING = frozenset({Role.SUPERVISION_OFFICE, Role.DISCIPLINE_GROUP, Role.LEDGER_ADMIN})
OFFICE_ROLES = frozenset({Role.CLERK, Role.OFFICE_HEAD})


def is_lawful(roles: Iterable[Role]) -> bool:
    """Whether one account may have all of these: an administrator's role stands alone."""
    together = frozenset(roles)
    return len(together) <= 1 or not together & ADMINISTRATOR_ROLES
