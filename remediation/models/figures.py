"""``LedgerFigures``: the figures of one ledger as they were last counted, so that a page need not count them again."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class LedgerFigures(models.Model):
    """What ``remediation.kept_figures`` keeps of one ledger: one row, written by the roll-up alone.

    ``content`` holds the figures of the whole, of each office and scope, and of each section, under the lights of
    ``day``; ``part_sections`` those of each section for everybody who sees but a part. What has changed since stands in
    ``ChangeMark`` and is added by whoever reads, so that figures are exact at the moment. ``version`` goes up with
    every writing: of two roll-ups at once, one writes.
    """

    ledger = models.OneToOneField(
        "remediation.Ledger",
        models.CASCADE,
        primary_key=True,
        related_name="kept_figures",
        verbose_name=_("ledger"),
    )
    version = models.PositiveIntegerField(_("version"), default=1)
    day = models.DateField(_("day"))
    computed_at = models.DateTimeField(_("computed at"))
    total = models.PositiveIntegerField(_("total"), default=0)
    content = models.JSONField(_("content"))
    # Key of a part -> its sections. Apart from the rest: pages read the whole content, but of this one key alone.
    part_sections = models.JSONField(_("sections of parts"), null=True)

    class Meta:
        verbose_name = _("figures of a ledger")
        verbose_name_plural = _("figures of ledgers")

    def __str__(self) -> str:
        return f"{self.ledger_id} {self.day}"
