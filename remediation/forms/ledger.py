"""Forms of the ledger itself: its facts, its policy, its stated totals, its sections."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.text import folded, whole_number
from remediation.counting.ledgers import TOTAL_KEYS
from remediation.forms.choices import DateField
from remediation.models import Ledger, Section, StatedTotal
from remediation.subjects import SUBJECT_LABELS


class LedgerForm(forms.ModelForm[Ledger]):
    """Title, type, origin and dates of a ledger."""

    class Meta:
        model = Ledger
        fields = (
            "title",
            "ledger_type",
            "origin",
            "year",
            "started_on",
            "ends_on",
            "ends_on_text",
            "as_of",
            "companion",
        )
        field_classes = {"started_on": DateField, "ends_on": DateField, "as_of": DateField}
        help_texts = {
            "origin": _("For example: the feedback of the municipal inspection, 2024"),
            "started_on": _("“At once” deadlines count from this day"),
            "ends_on_text": _("As the document writes it, for example “by the end of the year”"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Ledger.objects.exclude(pk=self.instance.pk) if self.instance.pk else Ledger.objects.all()
        companion = self.fields["companion"]
        assert isinstance(companion, forms.ModelChoiceField)  # noqa: S101 - tells the type checker
        companion.queryset = others
        companion.empty_label = "—"

    def clean_title(self) -> str:
        """A title is known once, however it is typed."""
        title: str = self.cleaned_data["title"].strip()
        key = folded(title)
        for pk, other in Ledger.objects.values_list("pk", "title"):
            if pk != self.instance.pk and folded(other) == key:
                raise ValidationError(_t("There is a ledger “%(title)s” already.") % {"title": other})
        return title


class PolicyForm(forms.ModelForm[Ledger]):
    """Thresholds of the lights, reminder stages, counting and who sees the rates."""

    remind_before = forms.CharField(
        label=_("remind before (working days)"),
        required=False,
        help_text=_("Several numbers with commas, for example 10, 5, 1"),
    )

    class Meta:
        model = Ledger
        fields = (
            "yellow_from_workdays",
            "blue_from_workdays",
            "immediate_workdays",
            "review_months",
            "unfinished_counts_as_basically_completed",
            "rates_visibility",
            "reminders_on",
            "remind_on_due_day",
            "remind_overdue_from_workdays",
            "remind_overdue_every_workdays",
        )

    # What the form changes of a ledger: its fields, and the stages that it reads from ``remind_before``.
    facts = (*Meta.fields, "remind_before_workdays")
    groups = (
        (_("Lights"), ("yellow_from_workdays", "blue_from_workdays", "immediate_workdays", "review_months")),
        (_("Counting"), ("unfinished_counts_as_basically_completed", "rates_visibility")),
        (
            _("Reminders"),
            (
                "reminders_on",
                "remind_before",
                "remind_on_due_day",
                "remind_overdue_from_workdays",
                "remind_overdue_every_workdays",
            ),
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["remind_before"] = "、".join(str(days) for days in self.instance.remind_before_workdays)

    def clean_remind_before(self) -> list[int]:
        """Positive whole numbers, largest first, each once."""
        text: str = self.cleaned_data["remind_before"]
        parts = [part for part in re.split(r"[\s,，、;；]+", text) if part]
        days = {whole_number(unicodedata.normalize("NFKC", part)) or 0 for part in parts}
        if not all(1 <= one <= 250 for one in days):
            raise ValidationError(_t("Write whole numbers from 1 to 250 with commas between them."))
        return sorted(days, reverse=True)

    def save(self, commit: bool = True) -> Ledger:
        """Keep the reminder stages with the rest."""
        self.instance.remind_before_workdays = self.cleaned_data["remind_before"]
        return super().save(commit=commit)

    def grouped(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields under their headings."""
        return [(str(title), [self[name] for name in names]) for title, names in self.groups]


class StatedTotalForm(forms.ModelForm[StatedTotal]):
    """What the document states of one subject; all empty means that it states nothing."""

    class Meta:
        model = StatedTotal
        fields = ("total", "completed", "basically_completed", "in_progress", "source")

    @property
    def subject_label(self) -> str:
        """The subject in words."""
        return str(SUBJECT_LABELS[self.instance.subject])

    def clean(self) -> dict[str, Any]:
        """The parts cannot be more than the whole."""
        cleaned = super().clean() or {}
        total = cleaned.get("total")
        parts = [cleaned.get(name) for name in ("completed", "basically_completed", "in_progress")]
        if total is not None and sum(part or 0 for part in parts) > total:
            self.add_error("total", _t("The parts add up to more than the total."))
        if total is None and any(part is not None for part in parts):
            self.add_error("total", _t("Give the total too."))
        return cleaned


def stated_total_forms(ledger: Ledger, posted: Any = None) -> list[StatedTotalForm]:
    """One form per subject, filled with what is stated so far."""
    known = {stated.subject: stated for stated in ledger.stated_totals.all()}
    return [
        StatedTotalForm(
            posted,
            prefix=subject,
            instance=known.get(subject) or StatedTotal(ledger=ledger, subject=subject),
        )
        for subject in TOTAL_KEYS
    ]


def save_stated_totals(forms_: list[StatedTotalForm]) -> None:
    """Keep what is stated; a subject that is empty now is stated no more."""
    for form in forms_:
        if form.cleaned_data.get("total") is None:
            if form.instance.pk:
                form.instance.delete()
        else:
            form.save()


class SectionForm(forms.ModelForm[Section]):
    """A heading of the ledger."""

    class Meta:
        model = Section
        fields = ("title", "kind", "parent", "order")
        help_texts = {"order": _("Smaller numbers come first")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sections = Section.objects.filter(ledger_id=self.instance.ledger_id)
        parent = self.fields["parent"]
        assert isinstance(parent, forms.ModelChoiceField)  # noqa: S101 - tells the type checker
        parent.empty_label = "—"
        parent.queryset = sections.exclude(pk__in=self._at_or_below()) if self.instance.pk else sections

    def _at_or_below(self) -> set[int]:
        """This section and those below it, which cannot be above it."""
        children: dict[int | None, list[int]] = {}
        pairs = Section.objects.filter(ledger_id=self.instance.ledger_id).order_by()
        for pk, parent in pairs.values_list("pk", "parent_id"):
            children.setdefault(parent, []).append(pk)
        found, waiting = set(), [self.instance.pk]
        while waiting:
            pk = waiting.pop()
            found.add(pk)
            waiting += children.get(pk, [])
        return found

    def clean(self) -> dict[str, Any]:
        """The same heading stands once under the same heading above."""
        cleaned = super().clean() or {}
        title = (cleaned.get("title") or "").strip()
        self.instance.key = folded(title)[:500]
        twin = Section.objects.filter(
            ledger_id=self.instance.ledger_id, parent=cleaned.get("parent"), key=self.instance.key
        ).exclude(pk=self.instance.pk)
        if title and twin.exists():
            self.add_error("title", _t("This ledger has a section of this title already."))
        return cleaned
