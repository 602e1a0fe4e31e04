"""``Reminder`` (that a stage was reached, for one person and channel) and ``Digest`` (what that person is sent)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.roles import Role

if TYPE_CHECKING:
    from accounts.models import User


class Channel(models.TextChoices):
    """By which way a person is told."""

    IN_SITE = "in_site", _("In-site message")
    EMAIL = "email", _("E-mail")


class DigestState(models.TextChoices):
    """A digest is a job row: made once, claimed by conditional UPDATE, sent."""

    PENDING = "pending", _("Waiting")
    CLAIMED = "claimed", _("Being sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Not sent in time")


class ReminderRun(models.Model):
    """That the reminders of a working day were made. A day without one, or with an unfinished one, is caught up.

    ``claimed_at`` is renewed by whoever works on it; the sweep takes over a run whose worker has died.
    """

    day = models.DateField(_("day"), unique=True)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("reminder run")
        verbose_name_plural = _("reminder runs")
        ordering = ["-day"]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class Digest(models.Model):
    """What one person gets on one working day by one channel.

    In-site is exactly once: the message is written in the transaction that marks the digest as sent. E-mail cannot be
    asked whether it arrived, so it is claimed first and, after a crash, sent again under the same ``message_id``.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="digests", verbose_name=_("recipient")
    )
    day = models.DateField(_("day"))
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    state = models.CharField(_("state"), max_length=10, choices=DigestState, default=DigestState.PENDING)
    # What is still overdue beside the digest's reminders, and the supervision office's summary: ids and numbers,
    # put into words when sent (supervision.digests).
    content = models.JSONField(_("content"), default=dict)
    message_id = models.CharField(_("Message-ID"), max_length=200, blank=True)
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    failure = models.CharField(_("failure"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")
        ordering = ["-day", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "day", "channel"], name="digest_once_a_day"),
        ]
        indexes = [models.Index(fields=["state", "claimed_at"], name="digest_state_claim")]

    def __str__(self) -> str:
        return f"{self.day} {self.recipient_id} {self.channel}"


class ReminderQuerySet(models.QuerySet["Reminder"]):
    """Reminders."""

    def visible_to(self, user: User) -> ReminderQuerySet:
        """All of them for the supervision office and the ledger administrator; else those sent to this person."""
        if user.has_role(Role.SUPERVISION_OFFICE, Role.LEDGER_ADMIN):
            return self
        return self.filter(recipient=user)

    def told_to(self, words: str) -> ReminderQuerySet:
        """Those to a person, or to somebody of an office, whose name holds ``words``."""
        named = models.Q(recipient__display_name__icontains=words)
        return self.filter(
            named
            | models.Q(recipient__username__icontains=words)
            | models.Q(recipient__office__name__icontains=words)
        )


class Reminder(models.Model):
    """That a measure reached a stage: exactly once per measure, round, deadline, stage, recipient and channel.

    ``stage`` is the signed number of working days from the deadline: negative before it, 0 the last working day on or
    before it (still due soon), positive after it. A new deadline or a reopened round starts afresh. A reminder made
    when the person's digest of the day had already gone waits (``digest`` null) for that of the next working day.
    """

    # Without an index of its own: another one begins with it.
    measure = models.ForeignKey(
        "remediation.Measure",
        models.CASCADE,
        related_name="reminders",
        db_index=False,
        verbose_name=_("measure"),
    )
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    due_date = models.DateField(_("deadline"))
    stage = models.SmallIntegerField(_("stage (working days)"))
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="reminders", verbose_name=_("recipient")
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel)
    digest = models.ForeignKey(
        Digest, models.CASCADE, null=True, blank=True, related_name="reminders", verbose_name=_("digest")
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["measure", "round", "due_date", "stage", "recipient", "channel"], name="reminder_once"
            ),
        ]
        indexes = [models.Index(fields=["digest"], name="reminder_digest")]

    def __str__(self) -> str:
        return f"{self.measure_id} {self.stage:+d} {self.recipient_id}"
