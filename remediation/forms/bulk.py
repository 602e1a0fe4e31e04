"""Forms of the actions on selected rows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import Position
from remediation.forms.choices import OfficesField, offered_offices, offered_positions
from remediation.reporting import TEXT_MAX, Progress
from remediation.states import MEASURE_STATUS_CHOICES, CompletionStatus


class BulkReportForm(forms.Form):
    """The same status for all selected rows; percent and text only where they are given."""

    status = forms.ChoiceField(
        label=_("completion status"), choices=MEASURE_STATUS_CHOICES, widget=forms.RadioSelect
    )
    percent = forms.IntegerField(
        label=_("percent"),
        required=False,
        min_value=0,
        max_value=100,
        help_text=_("Empty: every row keeps its own. “Completed” is 100 and “not started” is 0"),
    )
    text = forms.CharField(
        label=_("progress"),
        required=False,
        max_length=TEXT_MAX,
        widget=forms.Textarea(attrs={"rows": 3, "data-draft-key": "bulk-progress"}),
        help_text=_("Empty: every row keeps its own"),
    )

    def clean(self) -> dict[str, Any]:
        """Work in progress that stands at 100 is said to be completed, or it is not at 100."""
        cleaned = super().clean() or {}
        status, percent = cleaned.get("status"), cleaned.get("percent")
        if percent is not None and status == CompletionStatus.NOT_STARTED and percent:
            self.add_error("percent", ValidationError(_t("What has not been started stands at 0.")))
        return cleaned

    def progress(self) -> Progress:
        """What is reported."""
        cleaned = self.cleaned_data
        return Progress(cleaned["status"], cleaned["percent"], cleaned["text"].strip() or None)


class ReasonForm(forms.Form):
    """A change that is owed a reason."""

    reason = forms.CharField(
        label=_("reason"), max_length=500, help_text=_("It stays in the history of every row")
    )


class BulkLeaderForm(ReasonForm):
    """Another responsible leader for all selected rows."""

    field_order = ("leader", "reason")
    leader = forms.TypedChoiceField(
        label=_("responsible leader"), required=False, coerce=int, empty_value=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["leader"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - tells the type checker
        field.choices = offered_positions()

    def position(self) -> Position | None:
        """The post chosen; nobody when left empty."""
        return Position.objects.filter(pk=self.cleaned_data["leader"]).first()


class BulkOfficesForm(ReasonForm):
    """Other lead or assisting offices for all selected rows; what is left empty stays as it is."""

    field_order = ("lead", "assisting", "no_assisting", "reason")
    lead = OfficesField(
        label=_("lead offices"),
        required=False,
        help_text=_("The first one is the main lead office. Empty: every row keeps its own"),
    )
    assisting = OfficesField(
        label=_("assisting offices"), required=False, help_text=_("Empty: every row keeps its own")
    )
    no_assisting = forms.BooleanField(label=_("No assisting office any more"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offices = offered_offices()
        for name in ("lead", "assisting"):
            field = self.fields[name]
            assert isinstance(field, OfficesField)  # noqa: S101 - tells the type checker
            field.offer(offices)

    def clean(self) -> dict[str, Any]:
        """Something has to change, and an office either leads or assists."""
        cleaned = super().clean() or {}
        lead, assisting = cleaned.get("lead", []), cleaned.get("assisting", [])
        if set(lead) & set(assisting):
            self.add_error("assisting", _t("An office either leads a measure or assists it."))
        if assisting and cleaned.get("no_assisting"):
            self.add_error("no_assisting", _t("Assisting offices are chosen above."))
        if not lead and not assisting and not cleaned.get("no_assisting"):
            self.add_error("lead", _t("Choose lead or assisting offices."))
        return cleaned

    def sides(self) -> dict[str, list[int] | None]:
        """Both sides as ``change_offices`` takes them: ``None`` keeps one."""
        cleaned = self.cleaned_data
        assisting = [] if cleaned["no_assisting"] else (cleaned["assisting"] or None)
        return {"lead": cleaned["lead"] or None, "assisting": assisting}
