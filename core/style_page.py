"""The living style page: every component in every state, for those who build pages. Shown in DEBUG and in the demo."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import TextChoices
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.date_field import DateInput
from core.decisions import ALLOWED, denied
from core.finder import FinderSelect, FinderSelectMultiple


class Light(TextChoices):
    """The page's own lights: core stands below the app that knows them."""

    RED = "red", gettext_lazy("Red light")
    YELLOW = "yellow", gettext_lazy("Yellow light")
    BLUE = "blue", gettext_lazy("Blue light")
    GREEN = "green", gettext_lazy("Green light")
    GREY = "grey", gettext_lazy("Grey light")


class Status(TextChoices):
    """Completion, likewise."""

    NOT_STARTED = "not_started", gettext_lazy("Not started")
    IN_PROGRESS = "in_progress", gettext_lazy("In progress")
    BASICALLY_COMPLETED = "basically_completed", gettext_lazy("Basically completed")
    COMPLETED = "completed", gettext_lazy("Completed")


class Workflow(TextChoices):
    """Workflow, likewise."""

    PENDING_ACK = "pending_ack", gettext_lazy("Pending acknowledgement")
    HANDLING = "handling", gettext_lazy("Handling")
    PENDING_REVIEW = "pending_review", gettext_lazy("Pending review")
    RETURNED = "returned", gettext_lazy("Returned")
    CONCLUDED = "concluded", gettext_lazy("Concluded")
    PENDING_CLOSURE = "pending_closure", gettext_lazy("Pending closure")
    CLOSED = "closed", pgettext_lazy("workflow", "Closed out")
    SUSPENDED = "suspended", gettext_lazy("Suspended")
    TRANSFERRED = "transferred", gettext_lazy("Transferred")
    VOIDED = "voided", gettext_lazy("Voided")


class Urgency(TextChoices):
    """Urgency levels, likewise."""

    RED = "red", gettext_lazy("Level red")
    YELLOW = "yellow", gettext_lazy("Level yellow")
    BLUE = "blue", gettext_lazy("Level blue")
    GREEN = "green", gettext_lazy("Level green")


OFFICES = [
    ("1", "医政医管处"),
    ("2", "医药学会办公室"),
    ("3", "规划信息处"),
    ("4", "基层卫生健康处"),
    ("5", "药政处"),
]
ALIASES = {"1": ["医政处", "医管处"], "2": ["医药学（协）会管理办公室"], "3": ["信息处"], "4": ["基层处"]}


class SampleForm(forms.Form):
    """A form with every kind of field."""

    problem = forms.CharField(label=gettext_lazy("Problem"), initial="双向转诊标准不统一")
    due = forms.DateField(label=gettext_lazy("Deadline"), widget=DateInput())
    fixed = forms.CharField(
        label=gettext_lazy("Concluding deadline"),
        initial="2024-12-04",
        disabled=True,
        required=False,
        help_text=gettext_lazy("To change the deadline, ask for an extension"),
    )
    lead = forms.ChoiceField(
        label=gettext_lazy("Lead office"), choices=[("", ""), *OFFICES], widget=FinderSelect(aliases=ALIASES)
    )
    assisting = forms.MultipleChoiceField(
        label=gettext_lazy("Assisting offices"),
        choices=OFFICES,
        required=False,
        widget=FinderSelectMultiple(aliases=ALIASES),
        initial=["4", "5"],
    )
    note = forms.CharField(
        label=gettext_lazy("Progress"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "data-draft-key": "style-note"}),
        help_text=gettext_lazy("What was done, what is missing"),
    )


def style_page(request: HttpRequest) -> HttpResponse:
    """Show all components; 404 elsewhere than in DEBUG and in the demo."""
    if not (settings.DEBUG or settings.DEMO):
        raise Http404
    return render(request, "components/style_page.html", _samples())


def _moment(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=timezone.get_default_timezone())


def _samples() -> dict[str, Any]:
    return {
        "page_title": _("Components and states"),
        "lights": list(Light),
        "red": Light.RED,
        "statuses": list(Status),
        "in_progress": Status.IN_PROGRESS,
        "completed": Status.COMPLETED,
        "workflow": list(Workflow),
        "returned": Workflow.RETURNED,
        "pending_ack": Workflow.PENDING_ACK,
        "closed": Workflow.CLOSED,
        "urgency": list(Urgency),
        "plain_form": SampleForm(),
        "wrong_form": SampleForm({"problem": "", "due": "2024-02-30", "lead": "1"}, prefix="wrong"),
        "page": Paginator(range(284), 20).page(3),
        "allowed": ALLOWED,
        "refused": denied(_("2 measures are not completed yet")),
        "crumbs": [(_("Ledger list"), "/style/"), ("一、贯彻决策部署方面", "")],
        "sides": [(_("Lead"), "?side=lead", True), (_("Assisting"), "?side=assisting", False)],
        "steps": [_("Upload"), _("Check columns"), _("Preview"), _("Commit")],
        "rows": [
            (date(2024, 9, 30), -36, Light.RED, 60, "12-2"),
            (date(2024, 11, 28), 3, Light.YELLOW, 75, "14-3"),
            (date(2024, 12, 20), 19, Light.BLUE, 45, "12-4"),
            (date(2025, 6, 30), 120, Light.GREEN, 10, "15-1"),
        ],
        "events": [
            {
                "verb": "更新进展",
                "text": "措施2，50% → 60%",
                "quote": "“完成目录初稿，收录病种86个。”",
                "who": "医政医管处 · 经办人",
                "at": _moment(2024, 11, 18, 9, 40),
            },
            {
                "verb": "改时限",
                "text": "2024-09-30 → 2024-12-20",
                "quote": "",
                "who": "整改办 · 台账管理员",
                "at": _moment(2024, 9, 25, 15, 12),
            },
            {
                "verb": "交办",
                "text": "随台账导入第3批",
                "quote": "",
                "who": "整改办 · 台账管理员",
                "at": _moment(2024, 4, 7, 16, 30),
            },
        ],
    }
