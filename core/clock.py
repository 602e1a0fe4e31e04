"""The one place that reads the clock for a calendar day; views and tasks call it once and pass the day on."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.utils import timezone


def today() -> date:
    """Today in the organ's time zone."""
    return timezone.localdate()


def now() -> datetime:
    """This moment, aware."""
    return timezone.now()


# Earlier and later days are no moments in another time zone.
FIRST_DAY, LAST_DAY = date(1, 1, 3), date(9999, 12, 29)


def midnight(day: date) -> datetime:
    """The first moment of ``day`` in the organ's time zone, aware."""
    return timezone.make_aware(datetime.combine(min(max(day, FIRST_DAY), LAST_DAY), time.min))


def midnight_after(day: date) -> datetime:
    """The first moment that no longer lies in ``day``."""
    return midnight(min(day, LAST_DAY) + timedelta(days=1))
