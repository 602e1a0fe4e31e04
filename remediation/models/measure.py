"""``Measure``: one row of the ledger, what an office reports on and what every figure counts."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull
from django.utils.translation import gettext_lazy as _

from core.models import Timestamped
from remediation.states import (
    MEASURE_STATUS_CHOICES,
    MEASURE_STATUSES,
    UNCOUNTED_STATES,
    UNLIT_STATES,
    CompletionStatus,
    DeadlineKind,
    DutyRole,
    WorkflowState,
)

if TYPE_CHECKING:
    from accounts.models import User

UNLIT = [state.value for state in UNLIT_STATES]
UNCOUNTED = [state.value for state in UNCOUNTED_STATES]
COUNTED = Q(is_counted=True)


class MeasureQuerySet(models.QuerySet["Measure"]):
    """Measures. Every adjective narrows ``self``, so they chain."""

    def counted(self) -> MeasureQuerySet:
        """Those that figures count: not void, not transferred (product text 9.1)."""
        return self.filter(is_counted=True)

    def open(self) -> MeasureQuerySet:
        """Those whose light is on if they have a date: not completed, and their item is being worked on."""
        return self.filter(is_open=True)

    def overdue(self, today: date) -> MeasureQuerySet:
        """Open ones whose date has passed."""
        return self.filter(is_open=True, watch_date__lt=today)

    def visible_to(self, user: User) -> MeasureQuerySet:
        """Those that this person may read (product text 1 and 2)."""
        from remediation.scope import measures_visible_to

        return measures_visible_to(self, user)


class Measure(Timestamped):
    """One measure of an item.

    Its effective leader, offices and deadlines are stored on it, because ledgers differ inside an item.
    ``workflow_state`` is the copy of its item's, written in the same transaction, so that lists need no join.
    """

    # Without an index of its own: another one begins with it.
    ledger = models.ForeignKey(
        "remediation.Ledger",
        models.PROTECT,
        related_name="measures",
        db_index=False,
        verbose_name=_("ledger"),
    )
    item = models.ForeignKey(
        "remediation.Item", models.PROTECT, related_name="measures", verbose_name=_("item")
    )
    number = models.PositiveIntegerField(_("number"), default=1)
    text = models.TextField(_("measure"))
    note = models.TextField(_("note"), blank=True)
    started_on = models.DateField(_("started on"), null=True, blank=True)

    status = models.CharField(
        _("completion status"),
        max_length=20,
        choices=MEASURE_STATUS_CHOICES,
        default=CompletionStatus.NOT_STARTED,
    )
    status_text = models.CharField(_("status as written"), max_length=100, blank=True)
    percent = models.PositiveSmallIntegerField(_("percent"), default=0, validators=[MaxValueValidator(100)])
    progress = models.TextField(_("progress"), blank=True)
    completed_on = models.DateField(_("completed on"), null=True, blank=True)
    reported_at = models.DateTimeField(_("last reported at"), null=True, blank=True)
    reported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reported by"),
    )

    leader = models.ForeignKey(
        "accounts.Position",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="measures",
        verbose_name=_("responsible leader"),
    )
    offices = models.ManyToManyField(
        "accounts.Office",
        through="remediation.MeasureOffice",
        related_name="measures",
        verbose_name=_("offices"),
    )

    deadline_text = models.CharField(_("deadline as written"), max_length=200, blank=True)
    deadline_kind = models.CharField(
        _("kind of deadline"), max_length=12, choices=DeadlineKind, default=DeadlineKind.NONE
    )
    first_due_date = models.DateField(_("first deadline"), null=True, blank=True)
    due_date = models.DateField(_("deadline"), null=True, blank=True)
    is_long_term = models.BooleanField(_("long term"), default=False)
    review_date = models.DateField(_("review date"), null=True, blank=True)

    workflow_state = models.CharField(
        _("workflow state"), max_length=20, choices=WorkflowState, default=WorkflowState.HANDLING
    )
    # Rows of one ledger with the same text, lead offices and deadline: 同一措施 (product text 9.8). Null: stands alone.
    shared_key = models.CharField(_("shared measure"), max_length=64, null=True, blank=True, editable=False)
    order = models.PositiveIntegerField(_("order"), default=0)
    # The text after NFKC without white space, hashed: how an import recognises it.
    key = models.CharField(_("key"), max_length=64, editable=False)
    batch = models.ForeignKey(
        "remediation.ImportBatch",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="new_measures",
        editable=False,
    )
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    # Whether an office leads it, written by the database itself (remediation/kept_triggers.py).
    has_lead = models.BooleanField(default=False, editable=False)

    # -- what follows from the columns above, kept by the database itself ---------------------------------------------
    watch_date = models.GeneratedField(
        expression=Coalesce("due_date", "review_date"), output_field=models.DateField(), db_persist=True
    )
    is_open = models.GeneratedField(
        expression=Case(
            When(Q(status=CompletionStatus.COMPLETED.value) | Q(workflow_state__in=UNLIT), then=Value(False)),
            default=Value(True),
            output_field=models.BooleanField(),
        ),
        output_field=models.BooleanField(_("open")),
        db_persist=True,
    )
    is_counted = models.GeneratedField(
        expression=Case(
            When(workflow_state__in=UNCOUNTED, then=Value(False)),
            default=Value(True),
            output_field=models.BooleanField(),
        ),
        output_field=models.BooleanField(_("counted")),
        db_persist=True,
    )
    # 未启动 first, 已完成 last: the order by status, which an index can hold.
    status_rank = models.GeneratedField(
        expression=Case(
            *(When(status=status.value, then=Value(rank)) for rank, status in enumerate(MEASURE_STATUSES)),
            default=Value(len(MEASURE_STATUSES)),
            output_field=models.PositiveSmallIntegerField(),
        ),
        output_field=models.PositiveSmallIntegerField(),
        db_persist=True,
    )

    objects = MeasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("measure")
        verbose_name_plural = _("measures")
        ordering = ["ledger", "order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(text=""),
                name="measure_has_text",
                violation_error_message=_("The measure is empty."),
            ),
            models.CheckConstraint(
                condition=models.Q(percent__lte=100),
                name="measure_percent_to_100",
                violation_error_message=_("The percentage is at most 100."),
            ),
            models.CheckConstraint(
                condition=~models.Q(status=CompletionStatus.COMPLETED) | models.Q(percent=100),
                name="measure_completed_is_100",
                violation_error_message=_("A completed measure stands at 100%."),
            ),
            models.CheckConstraint(
                condition=models.Q(completed_on__isnull=True) | models.Q(status=CompletionStatus.COMPLETED),
                name="measure_completed_on_completed",
                violation_error_message=_("Only a completed measure has a day of completion."),
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=[status.value for status in MEASURE_STATUSES]),
                name="measure_status_known",
            ),
            models.CheckConstraint(
                condition=models.Q(due_date__isnull=True) | models.Q(first_due_date__isnull=False),
                name="measure_due_has_first",
            ),
        ]
        # The orders of the list, of one ledger and of all: the first page is read off an index, and a page far down is
        # counted off on one. What figures count is nearly everything, so the index leaves the rest out.
        indexes = [
            models.Index(
                fields=["ledger", "-is_open", "watch_date", "order", "id"],
                name="measure_ledger_watch",
                condition=COUNTED,
            ),
            models.Index(
                fields=["-is_open", "watch_date", "order", "id"], name="measure_watch", condition=COUNTED
            ),
            models.Index(fields=["ledger", "order", "id"], name="measure_ledger_order", condition=COUNTED),
            models.Index(
                fields=["ledger", "status_rank", "percent", "order", "id"],
                name="measure_ledger_status",
                condition=COUNTED,
            ),
            models.Index(
                fields=["status_rank", "percent", "order", "id"], name="measure_status", condition=COUNTED
            ),
            models.Index(
                fields=["ledger", "updated_at", "id"], name="measure_ledger_updated", condition=COUNTED
            ),
            models.Index(fields=["updated_at", "id"], name="measure_updated", condition=COUNTED),
            models.Index(fields=["ledger", "shared_key"], name="measure_shared"),
            # Latest deadline first; of one ledger, too: all but the smallest are met soon enough on the way.
            models.Index(
                F("is_open").desc(),
                IsNull(F("watch_date"), True),
                F("watch_date").desc(),
                F("order").desc(),
                F("id").desc(),
                name="measure_watch_latest",
                condition=COUNTED,
            ),
            # Conditions that few rows meet, or the last ones: without these the list is gone through for fifty of them.
            models.Index(
                fields=["-is_open", "watch_date", "order", "id"],
                name="measure_long_term",
                condition=COUNTED & Q(is_long_term=True),
            ),
            models.Index(
                fields=["-is_open", "watch_date", "order", "id"],
                name="measure_without_lead",
                condition=COUNTED & Q(has_lead=False),
            ),
            models.Index(
                fields=["reported_at"],
                name="measure_reported",
                condition=COUNTED & Q(reported_at__isnull=False),
            ),
            models.Index(
                fields=["-is_open", "watch_date", "order", "id", "completed_on"],
                name="measure_completed",
                condition=COUNTED & Q(completed_on__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class MeasureOffice(models.Model):
    """An office that answers for a measure; the first named lead office is the main one (主牵头, rank 0).

    ``item``, ``ledger``, ``is_open`` and ``watch_date`` are the measure's own, copied by the database itself
    (``remediation/kept_triggers.py``): what one office owes, soonest first, is then read off one index. The two
    copied keys have no constraint: the measure's own hold, and checking them again for every row is a tenth of the
    database's part of an import.
    """

    # The unique constraint and the indexes below begin with these two.
    measure = models.ForeignKey(Measure, models.CASCADE, related_name="duties", db_index=False)
    office = models.ForeignKey("accounts.Office", models.PROTECT, related_name="duties", db_index=False)
    role = models.CharField(_("role"), max_length=10, choices=DutyRole)
    rank = models.PositiveSmallIntegerField(_("rank"), default=0)

    item = models.ForeignKey(
        "remediation.Item",
        models.CASCADE,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    ledger = models.ForeignKey(
        "remediation.Ledger",
        models.CASCADE,
        null=True,
        editable=False,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    is_open = models.BooleanField(null=True, editable=False)
    watch_date = models.DateField(null=True, editable=False)

    class Meta:
        verbose_name = _("measure office")
        verbose_name_plural = _("measure offices")
        ordering = ["-role", "rank"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "office"],
                name="measure_office_once",
                violation_error_message=_("An office either leads a measure or assists it."),
            )
        ]
        indexes = [
            models.Index(
                fields=["office", "role", "-is_open", "watch_date", "measure"], name="duty_office_watch"
            ),
            models.Index(fields=["office", "ledger", "role", "measure"], name="duty_office_ledger"),
            models.Index(fields=["item", "office"], name="duty_item_office"),
            models.Index(
                fields=["office", "measure"], name="duty_main_office", condition=Q(role=DutyRole.LEAD, rank=0)
            ),
        ]
