"""``User``: somebody who signs in; office, posts held and roles say what they see."""

from __future__ import annotations

from functools import cached_property

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models.office import Office, OfficeTree, office_tree
from accounts.models.position import Portfolio, Position
from accounts.roles import OFFICE_ROLES, READS_EVERYTHING, Role, is_lawful
from core.clock import today


class User(AbstractUser):
    """A person with a sign-in. ``display_name`` is shown; first and last name are not used."""

    display_name = models.CharField(_("name"), max_length=60, blank=True)
    office = models.ForeignKey(
        Office, models.PROTECT, null=True, blank=True, related_name="members", verbose_name=_("office")
    )
    must_change_password = models.BooleanField(_("must change the password"), default=False)
    password_changed_at = models.DateTimeField(_("password changed at"), null=True, blank=True)
    # What the person chose on pages: columns, folded sidebar, saved filters.
    preferences = models.JSONField(_("preferences"), default=dict, blank=True)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="username_once",
                violation_error_message=_("Somebody signs in so already. Choose another sign-in."),
            ),
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    @cached_property
    def roles(self) -> frozenset[Role]:
        """The roles granted (one query, then kept on this instance)."""
        if not self.is_active:
            return frozenset()
        known = set(Role.values)
        roles = frozenset(Role(name) for name in self.groups.values_list("name", flat=True) if name in known)
        # Commands never grant such a mixture (accounts.granting); one that came another way opens nothing.
        return roles if is_lawful(roles) else frozenset()

    def has_role(self, *roles: Role) -> bool:
        """Whether one of ``roles`` is granted."""
        return not self.roles.isdisjoint(roles)

    @cached_property
    def held_positions(self) -> list[Position]:
        """The posts that this person holds."""
        return list(self.positions.filter(is_active=True))

    @cached_property
    def is_principal_leader(self) -> bool:
        """Whether this person holds the principal leader's post."""
        return self.has_role(Role.LEADER) and any(position.is_principal for position in self.held_positions)

    @cached_property
    def sees_everything(self) -> bool:
        """Whether every row of every ledger may be read (product text 1 and 9.5)."""
        return self.has_role(*READS_EVERYTHING) or self.is_principal_leader

    @cached_property
    def own_office_ids(self) -> frozenset[int]:
        """The person's office and those below it, for office roles; else empty."""
        if self.office_id is None or not self.has_role(*OFFICE_ROLES):
            return frozenset()
        return frozenset(office_tree().below([self.office_id]))

    @cached_property
    def portfolio_office_ids(self) -> frozenset[int]:
        """The offices in this leader's portfolio today, with those below them; else empty."""
        if not self.has_role(Role.LEADER) or not self.held_positions:
            return frozenset()
        portfolio = Portfolio.objects.on(today()).filter(
            position__in=self.held_positions, office=OuterRef("pk")
        )
        rows = Office.objects.order_by().values_list("pk", "parent_id", Exists(portfolio))
        parents = {office: parent for office, parent, _ in rows}
        return frozenset(OfficeTree(parents).below(office for office, _, in_charge in rows if in_charge))

    @cached_property
    def scope_office_ids(self) -> frozenset[int]:
        """The offices whose rows this person reads because of an office or a portfolio."""
        return self.own_office_ids | self.portfolio_office_ids

    @property
    def shell_label(self) -> str:
        """The person as the top bar names them: 医政医管处 · 处室经办人."""
        roles = gettext(", ").join(str(role.label) for role in Role if role in self.roles)
        place = self.office.name if self.office is not None else str(self)
        return f"{place} · {roles}" if roles and roles != place else place

    @property
    def scope_position_ids(self) -> frozenset[int]:
        """The posts whose items a leader answers for."""
        return frozenset(p.pk for p in self.held_positions) if self.has_role(Role.LEADER) else frozenset()
