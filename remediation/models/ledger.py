"""``Ledger`` with its policy and stated totals, its ``Section`` tree, and the marks that ask for a roll-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core.models import Timestamped
from remediation.states import SectionKind

if TYPE_CHECKING:
    from accounts.models import User


class LedgerType(models.TextChoices):
    """What a ledger was opened for."""

    INSPECTION = "inspection", _("Inspection rectification")
    AUDIT = "audit", _("Audit rectification")
    CAMPAIGN = "campaign", _("Special campaign")
    PLAN = "plan", _("Work plan")
    SUPERVISION = "supervision", _("Supervision")
    OTHER = "other", _("Other")


class RatesVisibility(models.TextChoices):
    """Who may read the rates of all offices (product text 9.5)."""

    EVERYBODY = "everybody", _("Everybody of the organ")
    SCOPE = "scope", _("Only those who may read the rows")


def default_remind_before_workdays() -> list[int]:
    """10, 5 and 1 working days before the deadline (product text, section 5)."""
    return [10, 5, 1]


class LedgerQuerySet(models.QuerySet["Ledger"]):
    """Ledgers."""

    def open(self) -> LedgerQuerySet:
        """Those not archived."""
        return self.filter(archived_at__isnull=True)

    def with_kept_total(self) -> LedgerQuerySet:
        """With ``kept_total``: how many measures the kept figures count, ``None`` where none are kept."""
        return self.annotate(kept_total=models.F("kept_figures__total"))

    def visible_to(self, user: User) -> LedgerQuerySet:
        """Those that hold a row this person may read; all of them for those who read everything."""
        from remediation.scope import ledgers_visible_to

        return ledgers_visible_to(self, user)

    def with_rates_for(self, user: User) -> LedgerQuerySet:
        """Those whose rates of all offices this person may read (product text 9.5)."""
        from remediation.scope import ledgers_with_rates_for

        return ledgers_with_rates_for(self, user)


class Ledger(Timestamped):
    """One rectification ledger (台账): where its rows come from, and the policy by which they are read and counted."""

    title = models.CharField(_("title"), max_length=200, unique=True)
    ledger_type = models.CharField(
        _("type"), max_length=12, choices=LedgerType, default=LedgerType.INSPECTION
    )
    origin = models.CharField(_("origin"), max_length=200, blank=True)
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    started_on = models.DateField(_("start"), null=True, blank=True)
    ends_on = models.DateField(_("end"), null=True, blank=True)
    ends_on_text = models.CharField(_("end as written"), max_length=100, blank=True)
    as_of = models.DateField(_("as of"), null=True, blank=True)
    companion = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="companions",
        verbose_name=_("companion ledger"),
    )
    is_demo = models.BooleanField(_("demo data"), default=False)
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True)

    # -- policy ---------------------------------------------------------------------------------------------------
    blue_from_workdays = models.PositiveSmallIntegerField(_("blue from (working days)"), default=20)
    yellow_from_workdays = models.PositiveSmallIntegerField(_("yellow from (working days)"), default=5)
    immediate_workdays = models.PositiveSmallIntegerField(
        _("“at once” means within (working days)"), default=10, validators=[MinValueValidator(1)]
    )
    review_months = models.PositiveSmallIntegerField(
        _("review of long-term measures every (months)"),
        default=6,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )
    reminders_on = models.BooleanField(_("send reminders"), default=True)
    # Signed working days: negative before the deadline, 0 the last working day on or before it, positive after.
    remind_before_workdays = models.JSONField(
        _("remind before (working days)"), default=default_remind_before_workdays, blank=True
    )
    remind_on_due_day = models.BooleanField(_("remind on the day"), default=True)
    remind_overdue_from_workdays = models.PositiveSmallIntegerField(
        _("first overdue reminder after (working days)"), default=1, validators=[MinValueValidator(1)]
    )
    remind_overdue_every_workdays = models.PositiveSmallIntegerField(
        _("then every (working days)"), default=5, validators=[MinValueValidator(1)]
    )
    unfinished_counts_as_basically_completed = models.BooleanField(
        _("unfinished items count as basically completed"), default=False
    )
    rates_visibility = models.CharField(
        _("who sees the rates"), max_length=10, choices=RatesVisibility, default=RatesVisibility.EVERYBODY
    )

    objects = LedgerQuerySet.as_manager()

    class Meta:
        verbose_name = _("ledger")
        verbose_name_plural = _("ledgers")
        ordering = [models.F("year").desc(nulls_last=True), "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(yellow_from_workdays__lt=models.F("blue_from_workdays")),
                name="ledger_bands_in_order",
                violation_error_message=_("Yellow has to begin after blue: give it fewer working days."),
            ),
            models.CheckConstraint(
                condition=models.Q(started_on__isnull=True)
                | models.Q(ends_on__isnull=True)
                | models.Q(started_on__lte=models.F("ends_on")),
                name="ledger_dates_in_order",
                violation_error_message=_("The end is before the start."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_archived(self) -> bool:
        """Whether the ledger is read-only."""
        return self.archived_at is not None


class StatedTotal(models.Model):
    """What the ledger's own document states (公布数); shown beside the computed figure, never instead of it."""

    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="stated_totals", verbose_name=_("ledger"))
    # A key of remediation.counting.ledgers.TOTAL_KEYS.
    subject = models.CharField(_("subject"), max_length=30)
    total = models.PositiveIntegerField(_("total"), null=True, blank=True)
    completed = models.PositiveIntegerField(_("completed"), null=True, blank=True)
    basically_completed = models.PositiveIntegerField(_("basically completed"), null=True, blank=True)
    in_progress = models.PositiveIntegerField(_("in progress"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("stated total")
        verbose_name_plural = _("stated totals")
        constraints = [models.UniqueConstraint(fields=["ledger", "subject"], name="stated_total_once")]

    def __str__(self) -> str:
        return f"{self.ledger_id}:{self.subject}"


class Section(models.Model):
    """A heading of the ledger: a section (板块), a key problem below it, or a task group; its status is derived."""

    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="sections", verbose_name=_("ledger"))
    parent = models.ForeignKey(
        "self",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("superior section"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=SectionKind, default=SectionKind.CATEGORY)
    title = models.CharField(_("title"), max_length=500)
    # The title after NFKC without white space: how an import recognises it.
    key = models.CharField(_("key"), max_length=500, editable=False)
    order = models.PositiveIntegerField(_("order"), default=0)

    class Meta:
        verbose_name = _("section")
        verbose_name_plural = _("sections")
        ordering = ["ledger", "order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["ledger", "parent", "key"],
                condition=models.Q(parent__isnull=False),
                name="section_once",
                violation_error_message=_("This ledger has a section of this title already."),
            ),
            # SQLite has no "nulls not distinct": the top level has a constraint of its own.
            models.UniqueConstraint(
                fields=["ledger", "key"],
                condition=models.Q(parent__isnull=True),
                name="section_once_at_top",
                violation_error_message=_("This ledger has a section of this title already."),
            ),
            models.CheckConstraint(condition=~models.Q(parent=models.F("id")), name="section_not_own_parent"),
        ]

    def __str__(self) -> str:
        return self.title


class ChangeMark(models.Model):
    """That the figures of a ledger changed: one row per change, deleted by the roll-up that has seen it.

    Insert-only, so that two offices saving at once never wait for one row. ``event`` is the change where it is no more
    than a report on one measure, whose difference can be worked out from the history; without it the ledger has to be
    counted anew.
    """

    ledger = models.ForeignKey(Ledger, models.CASCADE, related_name="change_marks")
    event = models.ForeignKey(
        "remediation.ItemEvent", models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("change mark")
        verbose_name_plural = _("change marks")
