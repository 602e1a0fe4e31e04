"""撤回: taking back one's own last report. A report is never deleted; the undo is one of its own."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.decisions import Decision, denied
from remediation.editing import RowAnswer
from remediation.models import EventKind, Measure, ProgressReport, ReportKind
from remediation.permissions import can_correct_measure, can_note_assistance, can_report_progress
from remediation.recording import Change, differences, record
from remediation.reporting import SETTING_KINDS, Standing, current_row, progress_of, write_version

if TYPE_CHECKING:
    from accounts.models import User


def can_undo_report(user: User, report: ProgressReport, *, current: Measure | None = None) -> Decision:
    """One takes back one's own last report, only while nobody has reported since and the ledger is open."""
    measure = current or report.measure
    if report.author_id != user.pk:
        return denied(_("Only whoever reported takes it back."))
    if report.kind == ReportKind.UNDO or ProgressReport.objects.filter(undoes=report).exists():
        return denied(_("It has been taken back already."))
    if report.kind == ReportKind.ASSISTING_NOTE:
        return can_note_assistance(user, measure)
    later = ProgressReport.objects.filter(measure=measure, pk__gt=report.pk)
    if later.exclude(kind=ReportKind.ASSISTING_NOTE).exclude(undoes__kind=ReportKind.ASSISTING_NOTE).exists():
        return denied(_("Somebody has reported since, so it stays."))
    if progress_of(measure) != Standing(report.status, report.percent, report.text):
        return denied(_("The measure has been changed since, so it stays."))
    if report.kind == ReportKind.CORRECTION:
        return can_correct_measure(user, measure)
    return can_report_progress(user, measure)


def undo_report(report: ProgressReport, *, actor: User, moment: datetime | None = None) -> list[RowAnswer]:
    """Take back ``report`` and what the actor saved in the same stroke, in one transaction, answered row by row."""
    moment = moment or timezone.now()
    stroke = ProgressReport.objects.filter(
        author=report.author, reported_at=report.reported_at, kind=report.kind
    ).order_by("pk")
    with transaction.atomic():
        return [_undo_one(one, actor=actor, moment=moment) for one in stroke]


def _undo_one(report: ProgressReport, *, actor: User, moment: datetime) -> RowAnswer:
    current, duties = current_row(report.measure_id)
    decision = can_undo_report(actor, report, current=current)
    if not decision:
        return RowAnswer(current, changed=False, reason=decision.reason)
    undo = ProgressReport(
        item_id=current.item_id,
        measure=current,
        kind=ReportKind.UNDO,
        author=actor,
        office_id=actor.office_id,
        undoes=report,
        status_before=current.status,
        status=current.status,
        percent_before=current.percent,
        percent=current.percent,
        text_before=report.text,
        reported_at=moment,
    )
    changes: list[Change] = []
    if report.kind in SETTING_KINDS:
        undo.status, undo.percent, undo.text = report.status_before, report.percent_before, report.text_before
        event = report.events.order_by("pk").first()
        before = {change["field"]: change["from"] for change in event.changes} if event else {}
        earlier = _last_standing(report)
        values = {
            "status": report.status_before,
            "percent": report.percent_before,
            "progress": report.text_before,
            "status_text": before.get("status_text", current.status_text),
            **{
                name: date.fromisoformat(stood) if isinstance(stood, str) else stood
                for name in ("completed_on", "review_date")
                for stood in [before.get(name, getattr(current, name))]
            },
        }
        changes = differences({name: getattr(current, name) for name in values}, values)
        write_version(
            current,
            version=current.version,
            moment=moment,
            **values,
            reported_at=earlier.reported_at if earlier else None,
            reported_by=earlier.author if earlier else None,
        )
    undo.save(force_insert=True)
    record(
        current,
        kind=EventKind.REPORT_UNDONE,
        actor=actor,
        changes=changes,
        report=undo,
        duties=duties,
        occurred_at=moment,
    )
    return RowAnswer(current, changed=True)


def _last_standing(report: ProgressReport) -> ProgressReport | None:
    """The report before ``report`` that still stands."""
    return (
        ProgressReport.objects.filter(
            measure_id=report.measure_id, pk__lt=report.pk, kind__in=SETTING_KINDS, undone_by__isnull=True
        )
        .select_related("author")
        .order_by("-pk")
        .first()
    )
