"""The form by which a year's holiday arrangement is entered, one holiday of the notice at a time."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.models import CalendarDay, forget_calendar
from remediation.forms.choices import DateField

LONGEST_HOLIDAY_DAYS = 20


class HolidayForm(forms.Form):
    """As the notice writes it: 元旦，1月1日至3日放假，1月4日上班."""

    name = forms.CharField(label=_("holiday"), max_length=40)
    first = DateField(label=_("First day off"))
    last = DateField(label=_("Last day off"))
    makeup = forms.CharField(
        label=_("Make-up working days"),
        required=False,
        help_text=_("Several dates with commas, for example 2027-01-03"),
    )
    source = forms.CharField(
        label=_("source"), required=False, max_length=120, help_text=_("Title or number of the notice")
    )

    def clean_makeup(self) -> list[date]:
        """Dates in the same form as above."""
        days = []
        for part in re.split(r"[\s,，、;；]+", self.cleaned_data["makeup"]):
            if part:
                try:
                    days.append(date.fromisoformat(part))
                except ValueError:
                    raise ValidationError(
                        _t("“%(text)s” is no day. Write it as in 2026-11-30.") % {"text": part}
                    ) from None
        return days

    def clean(self) -> dict[str, Any]:
        """First before last, no holiday of months, and no make-up day inside it."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last:
            if last < first:
                self.add_error("last", _t("The last day off is before the first."))
            elif (last - first).days >= LONGEST_HOLIDAY_DAYS:
                self.add_error("last", _t("More than 20 days off: check the year."))
            for day in cleaned.get("makeup") or ():
                if first <= day <= last:
                    self.add_error("makeup", _t("A make-up working day lies within the days off."))
        return cleaned

    def save(self) -> int:
        """Write the days, replacing what stood there; return how many."""
        cleaned = self.cleaned_data
        span = (cleaned["last"] - cleaned["first"]).days + 1
        days = {cleaned["first"] + timedelta(days=offset): False for offset in range(span)}
        days |= dict.fromkeys(cleaned["makeup"], True)
        CalendarDay.objects.bulk_create(
            [
                CalendarDay(date=day, is_workday=worked, name=cleaned["name"], source=cleaned["source"])
                for day, worked in days.items()
            ],
            update_conflicts=True,
            unique_fields=["date"],
            update_fields=["is_workday", "name", "source"],
        )
        forget_calendar()
        return len(days)
