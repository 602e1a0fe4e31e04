"""``ItemStanding``: what follows for an item from its measures, kept by the database itself."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from remediation.states import CompletionStatus


class ItemStanding(models.Model):
    """How one item stands: one row for each, written by the database's own triggers and by nothing else.

    What ``Measure``'s generated columns are for a row, these are for an item: counts of its measures, the nearest
    date of the open ones, the latest deadline. Pages and figures read them, so that no list, tree or total has to go
    through the measures of every item. The triggers (``remediation/kept_triggers.py``) hold the rule of product
    text 2 and 9.2; ``remediation.counting.items.item_status`` is the same in Python, and a test holds them together.
    An item without measures stands as reported on itself.
    """

    item = models.OneToOneField(
        "remediation.Item", models.CASCADE, primary_key=True, related_name="standing", verbose_name=_("item")
    )
    ledger = models.ForeignKey("remediation.Ledger", models.CASCADE, related_name="+", db_index=False)
    counted = models.PositiveIntegerField(_("measures"), default=0)
    completed = models.PositiveIntegerField(_("completed"), default=0)
    # Not yet 基本完成, which the ledger's policy or a declaration makes of it.
    progress = models.CharField(_("completion status"), max_length=20, choices=CompletionStatus)
    is_open = models.BooleanField(_("open"))
    watch_date = models.DateField(_("nearest date"), null=True)
    due_date = models.DateField(_("deadline"), null=True)

    class Meta:
        verbose_name = _("standing of an item")
        verbose_name_plural = _("standings of items")
        indexes = [
            models.Index(fields=["-is_open", "watch_date", "item"], name="standing_watch"),
            models.Index(fields=["ledger", "-is_open", "watch_date", "item"], name="standing_ledger_watch"),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.progress}"
