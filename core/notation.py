"""How the product writes numbers and days: one form each, wherever they stand."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext, ngettext

MINUS = "−"


def number(value: int | float | Decimal) -> str:
    """Plain up to four digits (2847), with commas from five (10,000)."""
    return f"{value:,}" if value >= 10_000 or value <= -10_000 else f"{value}"


def percent(value: int | float | Decimal) -> str:
    """One decimal (89.1%); 100% and 0% without, and neither is reached by rounding."""
    exact = Decimal(str(value))
    rounded = exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    if exact == exact.to_integral_value() and exact in (0, 100):
        return f"{int(exact)}%"
    if rounded >= 100 > exact:
        rounded = Decimal("99.9")
    if rounded <= 0 < exact:
        rounded = Decimal("0.1")
    return f"{rounded}%"


def whole_percent(value: int) -> str:
    """A percentage that a person entered: a whole number."""
    return f"{value}%"


def shortened(text: str, length: int) -> str:
    """At most that many characters; where some were left out, the last is an ellipsis.

    For texts that a page cuts by the hundred: Django's ``Truncator`` takes 11 to 16 microseconds for each.
    """
    return text if len(text) <= length else f"{text[: length - 1]}…"


def change(value: int | float | Decimal) -> str:
    """With its sign: +2, −4, 0."""
    if value == 0:
        return "0"
    return f"+{number(value)}" if value > 0 else f"{MINUS}{number(-value)}"


def days_left_words(days: int) -> str:
    """Return how far the deadline is, in working days: 还有4个工作日, 今天到期, 逾期36个工作日."""
    if days < 0:
        return ngettext("%(days)s workday overdue", "%(days)s workdays overdue", -days) % {
            "days": number(-days)
        }
    if days == 0:
        return gettext("Due today")
    return ngettext("%(days)s workday left", "%(days)s workdays left", days) % {"days": number(days)}


def day(value: date) -> str:
    """2024-11-30."""
    return value.isoformat()


def day_words(value: date, *, today: date | None) -> str:
    """11月30日, with the year when it is not today's; without a today always with the year."""
    parts = {"year": value.year, "month": value.month, "day": value.day}
    if today is not None and value.year == today.year:
        return gettext("%(month)s/%(day)s") % parts
    return gettext("%(year)s/%(month)s/%(day)s") % parts


def moment(value: datetime, *, today: date | None) -> str:
    """11-22 09:30, with the year when it is not today's."""
    if today is not None and value.year == today.year:
        return f"{value:%m-%d %H:%M}"
    return f"{value:%Y-%m-%d %H:%M}"
