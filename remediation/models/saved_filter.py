"""``SavedFilter``: a list filter that a person keeps (常用筛选)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import Timestamped


class SavedFilter(Timestamped):
    """One filter: its name and the query string of the list."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(_("query"), max_length=1000)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                name="saved_filter_name_once",
                violation_error_message=_("You have a saved filter of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name
