"""The append-only history: ``ItemEvent`` (every change) and ``ProgressReport`` (what an office reported)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from remediation.states import MEASURE_STATUS_CHOICES

if TYPE_CHECKING:
    from accounts.models import User


class ReportKind(models.TextChoices):
    """Who reported, and how it counts."""

    REPORT = "report", _("Progress report")
    CORRECTION = "correction", _("Correction")
    ASSISTING_NOTE = "assisting_note", _("Assisting office's note")
    UNDO = "undo", _("Report withdrawn")


class EventKind(models.TextChoices):
    """What happened to an item or a measure."""

    BASELINE = "baseline", _("Imported")
    CREATED = "created", _("Created")
    REPORTED = "reported", _("Progress reported")
    CORRECTED = "corrected", _("Corrected")
    NOTED = "noted", _("Note added")
    REPORT_UNDONE = "report_undone", _("Report withdrawn")
    EDITED = "edited", _("Edited")
    DEADLINE_CHANGED = "deadline_changed", _("Deadline changed")
    OFFICES_CHANGED = "offices_changed", _("Offices changed")
    LEADER_CHANGED = "leader_changed", _("Responsible leader changed")
    STATE_CHANGED = "state_changed", _("Workflow state changed")
    IMPORT_CHANGED = "import_changed", _("Changed by an import")
    IMPORT_UNDONE = "import_undone", _("Import withdrawn")


# What an import or the ledger administrator's set-up writes by the hundred is no news of an office.
NEWS = [
    kind.value
    for kind in EventKind
    if kind not in {EventKind.BASELINE, EventKind.CREATED, EventKind.IMPORT_CHANGED, EventKind.IMPORT_UNDONE}
]


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Rows that are only ever added."""

    def visible_to(self, user: User) -> AppendOnlyQuerySet:
        """Those of items that this person may read; a related model only states its path to the owner."""
        from remediation.models.item import Item

        return self.filter(item__in=Item.objects.visible_to(user))


class ProgressReport(models.Model):
    """One report on a measure: status, percent and text, before and after. Rows are never changed or deleted."""

    item = models.ForeignKey(
        "remediation.Item", models.PROTECT, related_name="reports", verbose_name=_("item")
    )
    # Without an index of its own: another one begins with it.
    measure = models.ForeignKey(
        "remediation.Measure",
        models.PROTECT,
        related_name="reports",
        db_index=False,
        verbose_name=_("measure"),
    )
    kind = models.CharField(_("kind"), max_length=15, choices=ReportKind, default=ReportKind.REPORT)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("author")
    )
    office = models.ForeignKey(
        "accounts.Office", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("office")
    )
    status_before = models.CharField(_("status before"), max_length=20, choices=MEASURE_STATUS_CHOICES)
    status = models.CharField(_("status"), max_length=20, choices=MEASURE_STATUS_CHOICES)
    percent_before = models.PositiveSmallIntegerField(_("percent before"))
    percent = models.PositiveSmallIntegerField(_("percent"))
    text_before = models.TextField(_("progress before"), blank=True)
    text = models.TextField(_("progress"), blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by", verbose_name=_("withdraws")
    )
    reported_at = models.DateTimeField(_("reported at"), default=timezone.now)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("progress report")
        verbose_name_plural = _("progress reports")
        ordering = ["-reported_at", "-pk"]
        indexes = [models.Index(fields=["measure", "-reported_at"], name="report_measure_time")]

    def __str__(self) -> str:
        return f"{self.measure_id} {self.status} {self.percent}%"


class ItemEvent(models.Model):
    """One change of an item or of one of its measures; append-only.

    ``changes`` lists what changed: ``[{"field", "from", "to"}]`` with machine values; offices as lists of their ids.
    The ``*_after`` columns are the measure's whole countable state after the event, so that the figures of a past day
    are the latest event of each measure up to that day (product text 9.4). They are null on events without a measure.
    """

    # These three without an index of their own: the indexes below begin with them.
    ledger = models.ForeignKey(
        "remediation.Ledger", models.PROTECT, related_name="events", db_index=False, verbose_name=_("ledger")
    )
    item = models.ForeignKey(
        "remediation.Item", models.PROTECT, related_name="events", db_index=False, verbose_name=_("item")
    )
    measure = models.ForeignKey(
        "remediation.Measure",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        db_index=False,
        verbose_name=_("measure"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=EventKind)
    occurred_at = models.DateTimeField(_("time"), default=timezone.now)
    # The calendar day in the organ's zone, so that a past day is an indexed comparison on every database.
    occurred_on = models.DateField(_("day"))
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("actor"),
    )
    changes = models.JSONField(_("changes"), default=list)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    report = models.ForeignKey(
        ProgressReport, models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("report")
    )
    batch = models.ForeignKey(
        "remediation.ImportBatch",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("import"),
    )

    status_after = models.CharField(max_length=20, null=True, blank=True)
    percent_after = models.PositiveSmallIntegerField(null=True, blank=True)
    first_due_after = models.DateField(null=True, blank=True)
    due_after = models.DateField(null=True, blank=True)
    review_after = models.DateField(null=True, blank=True)
    is_long_term_after = models.BooleanField(null=True, blank=True)
    workflow_state_after = models.CharField(max_length=20, null=True, blank=True)
    lead_after = models.JSONField(null=True, blank=True)
    assisting_after = models.JSONField(null=True, blank=True)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-occurred_at", "-pk"]
        indexes = [
            models.Index(fields=["item", "-occurred_at"], name="event_item_time"),
            models.Index(fields=["measure", "-occurred_on", "-id"], name="event_measure_day"),
            models.Index(fields=["ledger", "occurred_on"], name="event_ledger_day"),
            models.Index(
                fields=["-occurred_at", "-id"], condition=models.Q(kind__in=NEWS), name="event_news"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%d %H:%M} {self.kind}"


def day_of(moment: Any) -> date:
    """The calendar day of ``moment`` in the organ's time zone."""
    return timezone.localdate(moment)
