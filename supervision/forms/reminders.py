"""The filter of the list of reminders."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.date_field import DateInput
from supervision.models import Channel, DigestState
from supervision.models.reminder import ReminderQuerySet
from supervision.stages import FIRST_OVERDUE_STAGE

# A reminder that waits for the person's next digest.
NEXT_DIGEST = "next"
ALL = ("", _("All"))


class ReminderFilterForm(forms.Form):
    """Which reminders are shown; an impossible value shows none."""

    who = forms.CharField(label=_("Recipient or office"), required=False, max_length=60)
    stage = forms.ChoiceField(
        label=_("Stage"),
        required=False,
        choices=[ALL, ("due_soon", _("Due soon")), ("overdue", _("Overdue"))],
    )
    channel = forms.ChoiceField(label=_("Channel"), required=False, choices=[ALL, *Channel.choices])
    state = forms.ChoiceField(
        label=pgettext_lazy("delivery", "State"),
        required=False,
        choices=[ALL, *DigestState.choices, (NEXT_DIGEST, _("With the next digest"))],
    )
    since = forms.DateField(label=_("From"), required=False, widget=DateInput())
    until = forms.DateField(label=_("To"), required=False, widget=DateInput())

    def narrowed(self, reminders: ReminderQuerySet) -> ReminderQuerySet:
        """``reminders`` as far as they fit."""
        if not self.is_valid():
            return reminders.none()
        wanted: dict[str, Any] = self.cleaned_data
        if wanted["who"]:
            reminders = reminders.told_to(wanted["who"])
        if wanted["stage"] == "overdue":
            reminders = reminders.filter(stage__gte=FIRST_OVERDUE_STAGE)
        elif wanted["stage"] == "due_soon":
            reminders = reminders.filter(stage__lt=FIRST_OVERDUE_STAGE)
        if wanted["channel"]:
            reminders = reminders.filter(channel=wanted["channel"])
        if wanted["state"] == NEXT_DIGEST:
            reminders = reminders.filter(digest__isnull=True)
        elif wanted["state"]:
            reminders = reminders.filter(digest__state=wanted["state"])
        if wanted["since"]:
            reminders = reminders.filter(digest__day__gte=wanted["since"])
        if wanted["until"]:
            reminders = reminders.filter(digest__day__lte=wanted["until"])
        return reminders
