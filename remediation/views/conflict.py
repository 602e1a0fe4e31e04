"""What the page of a conflict shows: the saved version beside the writer's own, field by field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from remediation.forms.reporting import ProgressForm
from remediation.models import Measure, ProgressReport
from remediation.reporting import SETTING_KINDS, Progress, Standing, progress_of
from remediation.states import MEASURE_STATUS_CHOICES
from remediation.text_merge import marked, merged
from remediation.timeline import named_with_office


def last_report(measure: Measure) -> ProgressReport | None:
    """The last report that still stands, for 上次填报."""
    return (
        ProgressReport.objects.filter(measure=measure, kind__in=SETTING_KINDS, undone_by__isnull=True)
        .select_related("author", "office")
        .order_by("-pk")
        .first()
    )


@dataclass(frozen=True)
class Side:
    """One field of a conflict: what is saved, what I wrote, and which of them is proposed."""

    name: str
    saved: Any
    mine: Any
    pick: str

    @property
    def is_same(self) -> bool:
        """Nothing to decide."""
        return bool(self.saved == self.mine)


def conflict_context(
    form: ProgressForm, *, current: Measure, seen: Standing, mine: Progress
) -> dict[str, Any]:
    """Field by field what is saved beside what I wrote, the proposal, and the text before."""
    saved_now = progress_of(current)
    wanted = mine.settled(current)

    def proposed(name: str) -> str:
        return "saved" if getattr(wanted, name) == getattr(seen, name) else "mine"

    words = dict(MEASURE_STATUS_CHOICES)
    proposal = merged(seen.text, saved_now.text, wanted.text)
    text_pick = proposed("text")
    if text_pick == "mine" and proposal not in (saved_now.text, wanted.text):
        text_pick = "merged"
    other = last_report(current)
    return {
        "current": current,
        "other": other,
        "other_name": named_with_office(other.author, other.office) if other and other.author else "",
        "opened_at": parsed_moment(form.cleaned_data.get("opened", "")),
        "seen": seen,
        "mine": wanted,
        "status_side": Side("status", saved_now.status, wanted.status, proposed("status")),
        "percent_side": Side("percent", saved_now.percent, wanted.percent, proposed("percent")),
        "text_side": Side("text", saved_now.text, wanted.text, text_pick),
        "saved_pieces": marked(saved_now.text, wanted.text),
        "mine_pieces": marked(wanted.text, saved_now.text),
        "proposal": proposal,
        "mine_status_word": words.get(wanted.status, ""),
        "seen_status_word": words.get(seen.status, ""),
        "also": form.cleaned_data["also"],
        "reason_typed": form.cleaned_data.get("reason", ""),
        "panel_title": _("Measure %(number)s was changed by two people, choose what to keep")
        % {"number": form.measure.number},
    }


def parsed_moment(text: str) -> datetime | None:
    """The moment that a form carries as text; nothing where it is none."""
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment and timezone.is_aware(moment) else None
