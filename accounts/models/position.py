"""``Position`` (a leader's post) and ``Portfolio`` (the offices that a post is in charge of)."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Timestamped


class Position(Timestamped):
    """A leader's post as ledgers write it (党委书记、主任 is one title); held by a user or by nobody yet."""

    title = models.CharField(_("post"), max_length=100, unique=True)
    former_titles = models.JSONField(_("former titles"), default=list, blank=True)
    is_principal = models.BooleanField(_("principal leader"), default=False)
    holder = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="positions",
        verbose_name=_("holder"),
    )
    order = models.PositiveIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)
    remark = models.CharField(_("remark"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.title


class PortfolioQuerySet(models.QuerySet["Portfolio"]):
    """Portfolios."""

    def on(self, day: date) -> PortfolioQuerySet:
        """Those in force on ``day``."""
        return self.filter(
            models.Q(valid_from__isnull=True) | models.Q(valid_from__lte=day),
            models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=day),
        )


class Portfolio(models.Model):
    """That a post is in charge of an office, from a day to a day (分管范围)."""

    position = models.ForeignKey(Position, models.CASCADE, related_name="portfolios", verbose_name=_("post"))
    office = models.ForeignKey(
        "accounts.Office", models.CASCADE, related_name="portfolios", verbose_name=_("office")
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    objects = PortfolioQuerySet.as_manager()

    class Meta:
        verbose_name = _("portfolio")
        verbose_name_plural = _("portfolios")
        ordering = ["position", "office"]
        constraints = [
            models.UniqueConstraint(
                fields=["position", "office"],
                condition=models.Q(valid_to__isnull=True),
                name="portfolio_once",
                violation_error_message=_("This post is already in charge of this office."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position_id}:{self.office_id}"
