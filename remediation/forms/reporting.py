"""Forms of a report, a correction, an assisting office's note, and of settling a conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from core.text import whole_number
from remediation.forms.choices import VersionField
from remediation.models import Item, Measure
from remediation.numbering import measure_number
from remediation.reporting import TEXT_MAX, Progress, Standing
from remediation.states import MEASURE_STATUS_CHOICES, CompletionStatus

STATUS_ICONS = {"not_started": "pie-none", "in_progress": "pie-half", "completed": "pie-full"}


def text_limit(measure: Measure) -> int:
    """500 characters, or as many as an imported text already has: what stands may be kept."""
    return max(TEXT_MAX, len(measure.progress))


def check_length(text: str, limit: int) -> str:
    """``text`` as one keeps it; raises ``ValidationError`` with how much is too much."""
    text = text.replace("\r\n", "\n").strip()
    over = len(text) - limit
    if over > 0:
        raise ValidationError(
            ngettext("%(over)d character too many", "%(over)d characters too many", over) % {"over": over}
        )
    return text


class ProgressForm(forms.Form):
    """Status, percent and text of one measure, with the version and the values that the writer saw."""

    status = forms.ChoiceField(
        label=_("Completion status"), choices=MEASURE_STATUS_CHOICES, widget=forms.RadioSelect
    )
    percent = forms.IntegerField(
        label=_("Percent complete"),
        required=False,
        min_value=0,
        max_value=100,
        error_messages={
            "min_value": _("A percentage goes from 0 to 100."),
            "max_value": _("A percentage goes from 0 to 100."),
            "invalid": _("Write a whole number from 0 to 100."),
        },
    )
    text = forms.CharField(label=_("Progress"), required=False, widget=forms.Textarea)
    version = VersionField()
    seen_status = forms.CharField(widget=forms.HiddenInput, required=False)
    seen_percent = forms.IntegerField(widget=forms.HiddenInput, required=False)
    seen_text = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)
    opened = forms.CharField(widget=forms.HiddenInput, required=False)
    # Rows of the same shared measure, as "pk:version".
    also = forms.MultipleChoiceField(required=False)

    def __init__(
        self,
        posted: Any = None,
        *,
        measure: Measure,
        others: Sequence[Measure] = (),
        opened: str = "",
        **kwargs: Any,
    ) -> None:
        self.measure = measure
        self.others = list(others)
        self.limit = text_limit(measure)
        initial = {
            "status": measure.status,
            "percent": measure.percent,
            "version": measure.version,
            "seen_status": measure.status,
            "seen_percent": measure.percent,
            "seen_text": measure.progress,
            "opened": opened,
            # What has moved together so far goes on together.
            "also": [also_value(other) for other in self.others if moves_with(measure, other)],
        }
        super().__init__(posted, initial=initial, auto_id=f"id_{measure.pk}_%s", **kwargs)
        also = self.fields["also"]
        assert isinstance(also, forms.MultipleChoiceField)  # noqa: S101 - tells the type checker
        also.choices = [(value, value) for value in self._also_values(posted)]

    def _also_values(self, posted: Any) -> list[str]:
        """Every version of a row that is offered, so that an old one is told as such and not as a wrong choice."""
        known = {str(other.pk) for other in self.others}
        sent = posted.getlist("also") if hasattr(posted, "getlist") else []
        return [
            *(also_value(other) for other in self.others),
            *(v for v in sent if v.split(":")[0] in known),
        ]

    def clean_text(self) -> str:
        return check_length(self.cleaned_data["text"], self.limit)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        status, percent = cleaned["status"], cleaned.get("percent")
        if status == CompletionStatus.NOT_STARTED and percent:
            self.add_error("percent", _t("Not started is 0%. If it has begun, choose “In progress”."))
        if status == CompletionStatus.IN_PROGRESS and percent is None:
            self.add_error("percent", _t("Write a whole number from 0 to 100."))
        return cleaned

    def progress(self) -> Progress:
        """What was reported; an empty text keeps the last one."""
        cleaned = self.cleaned_data
        return Progress(cleaned["status"], cleaned["percent"], cleaned["text"] or None)

    def seen(self) -> Standing:
        """What the writer saw on the measure when opening the form."""
        cleaned = self.cleaned_data
        # A browser sends every line break as two characters.
        text = (cleaned.get("seen_text") or "").replace("\r\n", "\n")
        return Standing(cleaned.get("seen_status") or "", cleaned.get("seen_percent") or 0, text)

    def together(self) -> tuple[list[Measure], dict[int, int]]:
        """The other rows chosen, and the version of each that the writer saw."""
        chosen: dict[int, int] = {}
        for value in self.cleaned_data["also"]:
            pk, _colon, version = value.partition(":")
            chosen[int(pk)] = whole_number(version) or 0
        return [other for other in self.others if other.pk in chosen], chosen

    def status_choices(self) -> list[dict[str, Any]]:
        """The segments: value, word, icon, whether chosen."""
        current = self["status"].value()
        return [
            {
                "value": value,
                "label": label,
                "icon": STATUS_ICONS[value],
                "is_checked": value == current,
                "id": f"{self['status'].auto_id}_{value}",
            }
            for value, label in MEASURE_STATUS_CHOICES
        ]

    def other_choices(self) -> list[dict[str, Any]]:
        """The other rows of the shared measure: value, number, item, how it stands, whether chosen."""
        chosen = {str(value).split(":")[0] for value in self["also"].value() or []}
        return [
            {
                "value": also_value(other),
                "number": measure_number(other),
                "measure": other,
                "is_checked": str(other.pk) in chosen,
                "id": f"{self['also'].auto_id}_{other.pk}",
            }
            for other in self.others
        ]


class ReportForm(ProgressForm):
    """What a lead office reports."""


class CorrectionForm(ProgressForm):
    """What the supervision office or the ledger administrator corrects, with a reason."""

    reason = forms.CharField(
        label=_("Reason for the correction"),
        max_length=500,
        error_messages={"required": _("Say why: a correction needs a reason.")},
    )


class NoteForm(forms.Form):
    """What an assisting office did on its part."""

    text = forms.CharField(
        label=_("Note of the assisting office"),
        widget=forms.Textarea,
        error_messages={"required": _("Write what your office did.")},
    )

    def __init__(self, posted: Any = None, *, measure: Measure, **kwargs: Any) -> None:
        self.measure = measure
        self.limit = TEXT_MAX
        super().__init__(posted, auto_id=f"id_{measure.pk}_%s", **kwargs)

    def clean_text(self) -> str:
        return check_length(self.cleaned_data["text"], self.limit)


PICKS = (("saved", "saved"), ("mine", "mine"), ("merged", "merged"))


class ItemReportForm(forms.Form):
    """The status of an item that has no measures."""

    status = forms.ChoiceField(label=_("Completion status"), choices=MEASURE_STATUS_CHOICES)
    remark = forms.CharField(label=_("Remark"), required=False, max_length=500)
    version = VersionField()

    def __init__(self, posted: Any = None, *, item: Item, needs_reason: bool) -> None:
        self.item = item
        super().__init__(posted, initial={"status": item.reported_status, "version": item.version})
        if needs_reason:
            self.fields["remark"] = forms.CharField(
                label=_("Reason for the correction"),
                max_length=500,
                error_messages={"required": _("Say why: a correction needs a reason.")},
            )


class PicksForm(forms.Form):
    """Which side of a conflict is kept, field by field; what is absent was equal on both sides."""

    pick_status = forms.ChoiceField(choices=PICKS[:2], required=False)
    pick_percent = forms.ChoiceField(choices=PICKS[:2], required=False)
    pick_text = forms.ChoiceField(choices=PICKS, required=False)
    merged_text = forms.CharField(required=False)

    def picked(self, *, saved: Standing, mine: Progress) -> Progress:
        """What the person decided; a field without a decision is the person's own."""
        picks: Mapping[str, Any] = self.cleaned_data if self.is_valid() else {}
        texts = {"saved": saved.text, "merged": (picks.get("merged_text") or "").strip()}
        return Progress(
            saved.status if picks.get("pick_status") == "saved" else mine.status,
            saved.percent if picks.get("pick_percent") == "saved" else mine.percent,
            texts.get(str(picks.get("pick_text")), mine.text),
        )


def also_value(measure: Measure) -> str:
    """A row of a shared measure with the version that was seen."""
    return f"{measure.pk}:{measure.version}"


def moves_with(measure: Measure, other: Measure) -> bool:
    """Whether two rows of one shared measure stand alike."""
    return (measure.status, measure.percent, measure.progress) == (
        other.status,
        other.percent,
        other.progress,
    )
