"""The one place that reads the clock for a calendar day; views and tasks call it once and pass the day on."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone


def today() -> date:
    """Today in the organ's time zone."""
    return timezone.localdate()


def now() -> datetime:
    """This moment, aware."""
    return timezone.now()
