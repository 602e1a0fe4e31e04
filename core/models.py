"""Ground-floor records: the working-day calendar and the audit log."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.workdays import WorkCalendar

CALENDAR_CACHE_KEY = "core.work_calendar"
CALENDAR_CACHE_SECONDS = 60


class Timestamped(models.Model):
    """Abstract: when a row was made and last changed."""

    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        abstract = True


class CalendarDayQuerySet(models.QuerySet["CalendarDay"]):
    """Exceptional days."""

    def work_calendar(self) -> WorkCalendar:
        """The calendar in force: one query, kept for a minute in the process's cache."""
        calendar = cache.get(CALENDAR_CACHE_KEY)
        if not isinstance(calendar, WorkCalendar):
            days = dict(self.model.objects.values_list("date", "is_workday"))
            calendar = WorkCalendar(days, frozenset(day.year for day in days))
            cache.set(CALENDAR_CACHE_KEY, calendar, CALENDAR_CACHE_SECONDS)
        return calendar


def forget_calendar() -> None:
    """Drop the cached calendar; every command that changes ``CalendarDay`` calls it."""
    cache.delete(CALENDAR_CACHE_KEY)


class CalendarDay(models.Model):
    """A day that differs from Monday-to-Friday, or that the State Council's yearly notice names.

    Source: the yearly notices of the General Office of the State Council; seeded for 2019 to 2026.
    """

    date = models.DateField(_("date"), unique=True)
    is_workday = models.BooleanField(_("working day"))
    name = models.CharField(_("holiday"), max_length=40, blank=True)
    source = models.CharField(_("source"), max_length=120, blank=True)

    objects = CalendarDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar days")
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d}"


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Lines of the audit log."""

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: the audit log is only ever added to."""
        raise TypeError("audit events cannot be deleted")

    def update(self, **kwargs: Any) -> int:
        """Refuse: what was written stays as it was."""
        raise TypeError("audit events cannot be changed")


class AuditEvent(models.Model):
    """One line of the audit log: who did what, when, from where, and whether it succeeded. Append-only."""

    occurred_at = models.DateTimeField(_("time"), auto_now_add=True, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("actor"),
    )
    actor_name = models.CharField(_("sign-in"), max_length=150, blank=True)
    event_type = models.CharField(_("event"), max_length=60, db_index=True)
    succeeded = models.BooleanField(_("succeeded"), default=True)
    ip = models.GenericIPAddressField(_("address"), null=True, blank=True)
    target = models.CharField(_("target"), max_length=200, blank=True)
    detail = models.JSONField(_("detail"), default=dict, blank=True)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%d %H:%M} {self.event_type}"

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse: the audit log is only ever added to."""
        raise TypeError("audit events cannot be deleted")
