"""``CompletionSnapshot``: the figures of one ledger and office at the end of one day, for trends and past dates."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from remediation.states import DutyRole


class CompletionSnapshot(models.Model):
    """One row of roll-up: ``remediation.counting.measures.MeasureTotals`` of a ledger, an office and a day.

    ``office`` null is the whole ledger (each measure once, ``role`` lead). ``with_below`` says whether the offices
    below are counted in. Written by ``supervision.rollup`` only.
    """

    ledger = models.ForeignKey(
        "remediation.Ledger", models.CASCADE, related_name="snapshots", verbose_name=_("ledger")
    )
    office = models.ForeignKey(
        "accounts.Office",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="snapshots",
        verbose_name=_("office"),
    )
    role = models.CharField(_("role"), max_length=10, choices=DutyRole, default=DutyRole.LEAD)
    with_below = models.BooleanField(_("with the offices below"), default=False)
    day = models.DateField(_("day"))
    computed_at = models.DateTimeField(_("computed at"))

    total = models.PositiveIntegerField(_("total"), default=0)
    completed = models.PositiveIntegerField(_("completed"), default=0)
    in_progress = models.PositiveIntegerField(_("in progress"), default=0)
    not_started = models.PositiveIntegerField(_("not started"), default=0)
    suspended = models.PositiveIntegerField(_("suspended"), default=0)
    long_term = models.PositiveIntegerField(_("long term"), default=0)
    percent_sum = models.PositiveBigIntegerField(_("sum of percent"), default=0)
    dated = models.PositiveIntegerField(_("with a date"), default=0)
    dated_completed = models.PositiveIntegerField(_("with a date and completed"), default=0)
    first_due_passed = models.PositiveIntegerField(_("first deadline passed"), default=0)
    red = models.PositiveIntegerField(_("red"), default=0)
    yellow = models.PositiveIntegerField(_("yellow"), default=0)
    blue = models.PositiveIntegerField(_("blue"), default=0)
    green = models.PositiveIntegerField(_("green"), default=0)
    grey = models.PositiveIntegerField(_("grey"), default=0)

    class Meta:
        verbose_name = _("completion snapshot")
        verbose_name_plural = _("completion snapshots")
        ordering = ["-day", "ledger", "office"]
        constraints = [
            # Two, because a null office is distinct from another one in a plain unique constraint.
            models.UniqueConstraint(
                fields=["ledger", "office", "role", "with_below", "day"], name="snapshot_once"
            ),
            models.UniqueConstraint(
                fields=["ledger", "role", "with_below", "day"],
                condition=models.Q(office__isnull=True),
                name="snapshot_of_ledger_once",
            ),
            models.CheckConstraint(
                condition=models.Q(completed__lte=models.F("total")), name="snapshot_completed_within_total"
            ),
        ]
        indexes = [models.Index(fields=["day", "ledger"], name="snapshot_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.ledger_id} {self.office_id or '-'}"
