"""Forms of an item and a measure, for the ledger administrator."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from core.workdays import WorkCalendar
from remediation.deadlines import DeadlineProblem, parse_deadline
from remediation.due_dates import review_date, working_date
from remediation.forms.choices import (
    DateField,
    OfficesField,
    VersionField,
    offered_offices,
    offered_positions,
)
from remediation.models import Item, Ledger, Measure, Section
from remediation.recording import Duties
from remediation.states import MEASURE_STATUS_CHOICES, CompletionStatus, DeadlineKind, ItemKind

REASON_HINT = _("Owed when leader, offices or deadline change; it stays in the history")
DEADLINE_PROBLEMS = {
    DeadlineProblem.IMPOSSIBLE: _("There is no such day; check the date."),
    DeadlineProblem.AMBIGUOUS_MONTH: _("January or October? Write the month out."),
    DeadlineProblem.NO_YEAR: _("Write the year too."),
    DeadlineProblem.UNREADABLE: _(
        "Not understood. Write a date such as 2026-11-30, or “at once”, or “long term”."
    ),
}


class LedgerRowForm(forms.Form):
    """What items and measures share: leader, offices, deadline, reason, and the version that was opened."""

    leader = forms.TypedChoiceField(
        label=_("responsible leader"), required=False, coerce=int, empty_value=None
    )
    lead_offices = OfficesField(
        label=_("lead offices"), required=False, help_text=_("The first one is the main lead office")
    )
    assisting_offices = OfficesField(label=_("assisting offices"), required=False)
    deadline_text = forms.CharField(
        label=_("deadline"),
        required=False,
        max_length=200,
        help_text=_("A date, or as the document writes it: “2026年6月底前”, “立行立改”, “长期坚持”"),
    )
    reason = forms.CharField(label=_("reason"), required=False, max_length=500, help_text=REASON_HINT)
    version = VersionField()

    def __init__(
        self, *args: Any, ledger: Ledger, today: date, calendar: WorkCalendar, duties: Duties, **kwargs: Any
    ) -> None:
        self.ledger, self.today, self.calendar = ledger, today, calendar
        super().__init__(*args, **kwargs)
        offices = offered_offices(chosen=(*duties.lead, *duties.assisting))
        for name in ("lead_offices", "assisting_offices"):
            field = self.fields[name]
            assert isinstance(field, OfficesField)  # noqa: S101 - tells the type checker
            field.offer(offices)
        leader = self.fields["leader"]
        assert isinstance(leader, forms.TypedChoiceField)  # noqa: S101 - tells the type checker
        leader.choices = offered_positions(chosen=self.initial.get("leader"))

    @property
    def ledger_start(self) -> date:
        """The day that 立行立改 counts from (product text 3)."""
        return self.ledger.started_on or self.ledger.as_of or self.today

    def clean_deadline_text(self) -> str:
        """Read the deadline and keep what it says for ``deadline_values``."""
        text: str = self.cleaned_data["deadline_text"].strip()
        self.deadline = parse_deadline(text, year=self.ledger.year)
        problem = self.deadline.problem
        if text and problem in DEADLINE_PROBLEMS:
            raise ValidationError(str(DEADLINE_PROBLEMS[problem]))
        return text

    def clean(self) -> dict[str, Any]:
        """An office either leads or assists."""
        cleaned = super().clean() or {}
        if set(cleaned.get("lead_offices", ())) & set(cleaned.get("assisting_offices", ())):
            self.add_error("assisting_offices", _t("An office either leads a measure or assists it."))
        return cleaned

    @property
    def due_date(self) -> date | None:
        """The working date of the deadline."""
        return working_date(
            self.deadline,
            start=self.ledger_start,
            immediate_workdays=self.ledger.immediate_workdays,
            calendar=self.calendar,
        )

    def duties(self) -> Duties:
        """The offices chosen, in order."""
        return Duties(tuple(self.cleaned_data["lead_offices"]), tuple(self.cleaned_data["assisting_offices"]))


class MeasureForm(LedgerRowForm):
    """A measure: text, offices, leader, deadline; its status is set here only when it is new."""

    field_order = (
        "text",
        "number",
        "lead_offices",
        "assisting_offices",
        "leader",
        "deadline_text",
        "started_on",
        "status",
        "note",
        "reason",
    )
    text = forms.CharField(label=_("measure"), widget=forms.Textarea(attrs={"rows": 3}))
    number = forms.IntegerField(
        label=_("number"), required=False, min_value=1, help_text=_("Empty: the next one")
    )
    started_on = DateField(label=_("started on"), required=False)
    status = forms.ChoiceField(label=_("completion status"), choices=MEASURE_STATUS_CHOICES, required=False)
    note = forms.CharField(label=_("note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, measure: Measure | None, **kwargs: Any) -> None:
        self.measure = measure
        super().__init__(*args, **kwargs)
        if measure is not None:
            del self.fields["status"]
            self.fields["number"].required = True
            self.fields["number"].help_text = ""
        else:
            del self.fields["reason"], self.fields["version"]

    def clean(self) -> dict[str, Any]:
        """A deadline is not before the start."""
        cleaned = super().clean()
        started = cleaned.get("started_on")
        if started and "deadline_text" in cleaned and self.due_date and self.due_date < started:
            self.add_error(
                "deadline_text",
                _t("The deadline is before the start, %(start)s.") % {"start": started.isoformat()},
            )
        return cleaned

    def values(self) -> dict[str, Any]:
        """The values of ``remediation.editing.MEASURE_FIELDS``; an unchanged deadline text keeps its dates."""
        cleaned = self.cleaned_data
        values: dict[str, Any] = {
            "text": cleaned["text"].strip(),
            "note": cleaned["note"].strip(),
            "started_on": cleaned["started_on"],
            "number": cleaned["number"],
            "leader_id": cleaned["leader"],
        }
        if self.measure is None or cleaned["deadline_text"] != deadline_shown(self.measure):
            due = self.due_date
            values |= {
                "deadline_text": cleaned["deadline_text"],
                "deadline_kind": self.deadline.kind,
                "due_date": due,
                "is_long_term": self.deadline.is_long_term or self.deadline.kind == DeadlineKind.LONG_TERM,
                "review_date": review_date(
                    is_long_term=self.deadline.is_long_term or self.deadline.kind == DeadlineKind.LONG_TERM,
                    due_date=due,
                    since=self.today,
                    review_months=self.ledger.review_months,
                ),
            }
        if self.measure is None:
            values["status"] = cleaned["status"] or CompletionStatus.NOT_STARTED
        return values


def deadline_shown(row: Measure | Item) -> str:
    """The deadline as the form shows it: as written, else the date."""
    return row.deadline_text or (row.due_date.isoformat() if row.due_date else "")


class ItemForm(LedgerRowForm):
    """An item; offices, deadline and reported status belong to one without measures only."""

    field_order = (
        "problem",
        "kind",
        "number",
        "section",
        "leader",
        "is_reform_item",
        "inferred_from",
        "cause",
        "goal",
        "lead_offices",
        "assisting_offices",
        "deadline_text",
        "reported_status",
        "reason",
    )
    problem = forms.CharField(label=_("problem"), widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(label=_("kind"), choices=ItemKind.choices)
    number = forms.CharField(label=_("number"), required=False, max_length=20)
    section = forms.TypedChoiceField(label=_("section"), required=False, coerce=int, empty_value=None)
    is_reform_item = forms.BooleanField(label=_("reform item"), required=False)
    inferred_from = forms.TypedChoiceField(
        label=_("inferred from"), required=False, coerce=int, empty_value=None
    )
    cause = forms.CharField(label=_("cause"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    goal = forms.CharField(label=_("goal"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    reported_status = forms.ChoiceField(
        label=_("reported status"), choices=MEASURE_STATUS_CHOICES, required=False
    )

    def __init__(self, *args: Any, item: Item | None, has_measures: bool, **kwargs: Any) -> None:
        self.item, self.has_measures = item, has_measures
        super().__init__(*args, **kwargs)
        sections = Section.objects.filter(ledger=self.ledger)
        section, origin = self.fields["section"], self.fields["inferred_from"]
        assert isinstance(section, forms.TypedChoiceField)  # noqa: S101 - tells the type checker
        assert isinstance(origin, forms.TypedChoiceField)  # noqa: S101
        section.choices = [("", "—"), *((str(s.pk), s.title) for s in sections)]
        problems = Item.objects.live().filter(ledger=self.ledger, kind=ItemKind.SPECIFIC_PROBLEM)
        if item is not None:
            problems = problems.exclude(pk=item.pk)
        origin.choices = [
            ("", "—"),
            *(
                (str(pk), f"{number} {text[:40]}")
                for pk, number, text in problems.values_list("pk", "number", "problem")
            ),
        ]
        if has_measures:
            for name in ("lead_offices", "assisting_offices", "deadline_text", "reported_status"):
                del self.fields[name]
            self.fields["leader"].help_text = _("Also goes to those measures that had the former leader")
        if item is None:
            del self.fields["reason"], self.fields["version"]

    def clean(self) -> dict[str, Any]:
        """Only an inference item is inferred from a problem (S003-22)."""
        cleaned = super().clean()
        if cleaned.get("inferred_from") and cleaned.get("kind") != ItemKind.INFERENCE_ITEM:
            self.add_error("inferred_from", _t("Only an inference item is inferred from a problem."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """The values of ``remediation.editing.ITEM_FIELDS``."""
        cleaned = self.cleaned_data
        values: dict[str, Any] = {
            "problem": cleaned["problem"].strip(),
            "kind": cleaned["kind"],
            "number": cleaned["number"].strip(),
            "section_id": cleaned["section"],
            "leader_id": cleaned["leader"],
            "is_reform_item": cleaned["is_reform_item"],
            "inferred_from_id": cleaned["inferred_from"],
            "cause": cleaned["cause"].strip(),
            "goal": cleaned["goal"].strip(),
        }
        if not self.has_measures:
            values["reported_status"] = cleaned["reported_status"] or CompletionStatus.NOT_STARTED
            if self.item is None or cleaned["deadline_text"] != deadline_shown(self.item):
                values |= {"deadline_text": cleaned["deadline_text"], "due_date": self.due_date}
        return values

    def duties(self) -> Duties:
        """The offices chosen; none where the measures have their own."""
        return Duties() if self.has_measures else super().duties()
