"""A day, typed as 2024-11-30 or picked from a month on the working-day calendar (``static/js/date-field.js``)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext


class DateInput(forms.DateInput):
    """Text without JavaScript. ``calendar_url`` answers rest and make-up days and the note on a chosen day."""

    def __init__(self, attrs: dict[str, Any] | None = None, *, calendar_url: str | Promise = "") -> None:
        super().__init__(attrs, format="%Y-%m-%d")
        self.calendar_url = calendar_url

    def build_attrs(
        self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Add what the script reads."""
        attrs = super().build_attrs(base_attrs, extra_attrs)
        attrs |= {
            "data-date-field": "",
            "data-calendar-url": str(self.calendar_url),
            "data-open-word": gettext("Pick a day"),
            "data-previous-word": gettext("Previous month"),
            "data-next-word": gettext("Next month"),
            "data-rest-word": gettext("rest day"),
            "data-makeup-word": gettext("make-up workday"),
            "data-makeup-mark": gettext("W"),
            "data-month-format": gettext("%y-%m"),
            "data-weekdays": gettext("Mo,Tu,We,Th,Fr,Sa,Su"),
            "placeholder": gettext("yyyy-mm-dd"),
            "autocomplete": "off",
            "inputmode": "numeric",
        }
        return attrs
