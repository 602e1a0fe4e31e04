"""``Reminder`` (that a stage was reached, for one person and channel) and ``Digest`` (what that person is sent)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


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
    # What reached a stage today and what is still overdue, as ids and stages: rendered when sent.
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


class Reminder(models.Model):
    """That a measure reached a stage: exactly once per measure, round, deadline, stage, recipient and channel.

    ``stage`` is the signed number of working days from the deadline: negative before it, 0 the last working day on or
    before it (still due soon), positive after it. A new deadline or a reopened round starts afresh.
    """

    measure = models.ForeignKey(
        "remediation.Measure", models.CASCADE, related_name="reminders", verbose_name=_("measure")
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
