"""What offices write on a measure: reports, notes of assisting offices, corrections, and taking a report back.

Each command is one transaction. A change of the measure is a conditional UPDATE on its version, with a
``ProgressReport`` and an ``ItemEvent`` beside it; where the version is no longer the one that the writer saw,
``StaleMeasure`` carries the row as it stands now and nothing is written. Who may do what: product text 9.9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from core.decisions import Decision, denied
from remediation.editing import RowAnswer, StaleVersion
from remediation.models import EventKind, Item, Measure, ProgressReport, ReportKind
from remediation.permissions import (
    can_correct_item,
    can_correct_measure,
    can_note_assistance,
    can_report_item,
    can_report_progress,
)
from remediation.recording import Change, Duties, differences, duties_of, record, record_item
from remediation.states import MEASURE_STATUSES, CompletionStatus

if TYPE_CHECKING:
    from accounts.models import User

# These set status, percent and text; a note does not, and an undo puts back what stood before.
SETTING_KINDS = (ReportKind.REPORT, ReportKind.CORRECTION)
TEXT_MAX = 500


class StaleMeasure(StaleVersion):
    """Somebody saved the measure after it was opened; ``measure`` is the row as it stands now."""

    def __init__(self, measure: Measure) -> None:
        super().__init__(measure.pk)
        self.measure = measure


@dataclass(frozen=True)
class Standing:
    """How far one measure is: what stands on it, or what will."""

    status: str
    percent: int
    text: str


@dataclass(frozen=True)
class Progress:
    """What is reported. ``None`` keeps the measure's own percent or text."""

    status: str
    percent: int | None = None
    text: str | None = None

    def settled(self, measure: Measure) -> Standing:
        """The values that will stand on ``measure``: 已完成 is 100 and 未启动 is 0; percent 100 completes nothing.

        Raises ``ValidationError`` for a percent that is not one.
        """
        percent = measure.percent if self.percent is None else self.percent
        if self.status == CompletionStatus.COMPLETED:
            percent = 100
        elif self.status == CompletionStatus.NOT_STARTED:
            percent = 0
        if not 0 <= percent <= 100:
            raise ValidationError({"percent": _("A percentage goes from 0 to 100.")})
        text = measure.progress if self.text is None else self.text.strip()
        return Standing(self.status, percent, text)


def progress_of(measure: Measure) -> Standing:
    """What stands on ``measure`` now."""
    return Standing(measure.status, measure.percent, measure.progress)


def report_progress(
    measure: Measure,
    *,
    progress: Progress,
    actor: User,
    expected_version: int | None = None,
    moment: datetime | None = None,
) -> ProgressReport | None:
    """Report on one measure, as a clerk or head of a lead office; ``None`` when it stands so already.

    Raises ``PermissionDenied``, ``StaleMeasure`` or ``ValidationError``; nothing is written then.
    """
    with transaction.atomic():
        current, duties = _current(measure.pk)
        can_report_progress(actor, current, duties=duties).require()
        return _set_progress(
            current,
            progress,
            kind=ReportKind.REPORT,
            actor=actor,
            duties=duties,
            expected_version=expected_version,
            moment=moment or timezone.now(),
        )


def correct_measure(
    measure: Measure,
    *,
    progress: Progress,
    reason: str,
    actor: User,
    expected_version: int | None = None,
    moment: datetime | None = None,
) -> ProgressReport | None:
    """Correct one measure with a reason, as the supervision office or the ledger administrator; see above."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why: a correction needs a reason.")})
    with transaction.atomic():
        current, duties = _current(measure.pk)
        can_correct_measure(actor, current).require()
        return _set_progress(
            current,
            progress,
            kind=ReportKind.CORRECTION,
            actor=actor,
            duties=duties,
            expected_version=expected_version,
            moment=moment or timezone.now(),
            reason=reason.strip(),
        )


def report_together(
    measures: Sequence[Measure],
    *,
    progress: Progress,
    actor: User,
    expected_versions: Mapping[int, int] | None = None,
    first_decides: bool = False,
    moment: datetime | None = None,
) -> list[RowAnswer]:
    """Report the same on several measures in one transaction, answered row by row.

    A row that somebody else saved, or that the actor may not report on, is left as it is and says why. With
    ``first_decides`` (rows of a shared measure offered beside the one that was opened) the first row's refusal is
    raised and nothing is written at all. All rows bear the same moment, so that one undo takes them back together.
    """
    moment = moment or timezone.now()
    expected_versions = expected_versions or {}
    answers: list[RowAnswer] = []
    with transaction.atomic():
        rows = _current_rows([measure.pk for measure in measures])
        for place, measure in enumerate(measures):
            current, duties = rows[measure.pk]
            decision = can_report_progress(actor, current, duties=duties)
            if first_decides and place == 0:
                decision.require()
            if not decision:
                answers.append(RowAnswer(current, changed=False, reason=decision.reason))
                continue
            try:
                report = _set_progress(
                    current,
                    progress,
                    kind=ReportKind.REPORT,
                    actor=actor,
                    duties=duties,
                    expected_version=expected_versions.get(measure.pk),
                    moment=moment,
                )
            except (StaleMeasure, ValidationError) as error:
                if first_decides and place == 0:
                    raise
                answers.append(RowAnswer(current, changed=False, reason=_reason_of(error)))
            else:
                answers.append(_answer(current, report))
    return answers


def note_assistance(
    measure: Measure, *, text: str, actor: User, moment: datetime | None = None
) -> ProgressReport:
    """Add an assisting office's note on its part; status, percent and the lead office's text stay as they are."""
    text = text.strip()
    if not text:
        raise ValidationError({"text": _("Write what your office did.")})
    moment = moment or timezone.now()
    with transaction.atomic():
        current, duties = _current(measure.pk)
        can_note_assistance(actor, current, duties=duties).require()
        report = ProgressReport.objects.create(
            item_id=current.item_id,
            measure=current,
            kind=ReportKind.ASSISTING_NOTE,
            author=actor,
            office_id=actor.office_id,
            status_before=current.status,
            status=current.status,
            percent_before=current.percent,
            percent=current.percent,
            text=text,
            reported_at=moment,
        )
        record(current, kind=EventKind.NOTED, actor=actor, report=report, duties=duties, occurred_at=moment)
    return report


def report_item(
    item: Item,
    *,
    status: str,
    actor: User,
    duties: Duties,
    remark: str = "",
    expected_version: int | None = None,
    moment: datetime | None = None,
) -> bool:
    """Set the status that an item without measures carries itself; whether anything changed.

    A lead office of the item reports, with or without a remark; the supervision office or the ledger administrator
    corrects, with a reason. Raises ``PermissionDenied``, ``StaleVersion`` or ``ValidationError``.
    """
    reports = can_report_item(actor, item, duties=duties)
    if not reports:
        can_correct_item(actor, item).require()
        if not remark.strip():
            raise ValidationError({"remark": _("Say why: a correction needs a reason.")})
    if status not in MEASURE_STATUSES:
        raise ValidationError({"status": _("Choose how far it is.")})
    with transaction.atomic():
        current = Item.objects.select_related("ledger").get(pk=item.pk)
        if current.measures.counted().exists():
            raise ValidationError(_("This item has measures; its status follows from them."))
        if current.reported_status == status:
            return False
        version = current.version if expected_version is None else expected_version
        claimed = Item.objects.filter(pk=current.pk, version=version).update(
            version=F("version") + 1, updated_at=moment or timezone.now(), reported_status=status
        )
        if not claimed:
            raise StaleVersion
        record_item(
            current,
            kind=EventKind.REPORTED if reports else EventKind.CORRECTED,
            actor=actor,
            changes=[Change("reported_status", current.reported_status, status)],
            reason=remark.strip(),
            occurred_at=moment,
        )
    return True


# -- taking a report back ---------------------------------------------------------------------------------------------


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
    current, duties = _current(report.measure_id)
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
        completed_on = before.get("completed_on", current.completed_on)
        earlier = _last_standing(report)
        values = {
            "status": report.status_before,
            "percent": report.percent_before,
            "progress": report.text_before,
            "completed_on": date.fromisoformat(completed_on)
            if isinstance(completed_on, str)
            else completed_on,
        }
        changes = differences({name: getattr(current, name) for name in values}, values)
        _write(
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


# -- rows of one shared measure ---------------------------------------------------------------------------------------


def shared_rows(measure: Measure, *, actor: User) -> list[Measure]:
    """The other rows of the same shared measure that ``actor`` may report on, with their items (product text 9.8)."""
    if not measure.shared_key:
        return []
    others = list(
        Measure.objects.visible_to(actor)
        .filter(ledger=measure.ledger_id, shared_key=measure.shared_key, is_counted=True)
        .exclude(pk=measure.pk)
        .select_related("item", "ledger")
        .order_by("order", "pk")
    )
    duties = duties_of([other.pk for other in others])
    return [
        other for other in others if can_report_progress(actor, other, duties=duties.get(other.pk, Duties()))
    ]


# -- writing ----------------------------------------------------------------------------------------------------------


def _current(pk: int) -> tuple[Measure, Duties]:
    return _current_rows([pk])[pk]


def _current_rows(pks: Iterable[int]) -> dict[int, tuple[Measure, Duties]]:
    """The rows as they stand now with their offices; two queries."""
    rows = Measure.objects.filter(pk__in=list(pks)).select_related("ledger", "item").in_bulk()
    duties = duties_of(rows)
    return {pk: (row, duties.get(pk, Duties())) for pk, row in rows.items()}


def _set_progress(
    current: Measure,
    progress: Progress,
    *,
    kind: ReportKind,
    actor: User,
    duties: Duties,
    expected_version: int | None,
    moment: datetime,
    reason: str = "",
) -> ProgressReport | None:
    """Write status, percent and text with their report and event; ``None`` when they stand so already."""
    before = progress_of(current)
    after = progress.settled(current)
    if after == before:
        return None
    if expected_version is not None and expected_version != current.version:
        raise StaleMeasure(current)
    completed_on = current.completed_on
    if after.status != CompletionStatus.COMPLETED:
        completed_on = None
    elif before.status != CompletionStatus.COMPLETED:
        completed_on = timezone.localdate(moment)
    values = {
        "status": after.status,
        "percent": after.percent,
        "progress": after.text,
        "completed_on": completed_on,
    }
    changes = differences({name: getattr(current, name) for name in values}, values)
    _write(current, version=current.version, moment=moment, **values, reported_at=moment, reported_by=actor)
    report = ProgressReport.objects.create(
        item_id=current.item_id,
        measure=current,
        kind=kind,
        author=actor,
        office_id=actor.office_id,
        status_before=before.status,
        status=after.status,
        percent_before=before.percent,
        percent=after.percent,
        text_before=before.text,
        text=after.text,
        reason=reason,
        reported_at=moment,
    )
    record(
        current,
        kind=EventKind.CORRECTED if kind == ReportKind.CORRECTION else EventKind.REPORTED,
        actor=actor,
        changes=changes,
        reason=reason,
        report=report,
        duties=duties,
        occurred_at=moment,
    )
    return report


def _write(current: Measure, *, version: int, moment: datetime, **values: Any) -> None:
    """Claim ``version`` and set ``values``, on the row and on ``current``; raise ``StaleMeasure`` when it was taken."""
    claimed = Measure.objects.filter(pk=current.pk, version=version).update(
        version=F("version") + 1, updated_at=moment, **values
    )
    if not claimed:
        # PostgreSQL: the other saver committed between our reading and our writing.
        fresh, _duties = _current(current.pk)
        raise StaleMeasure(fresh)
    # By name: a full refresh would also forget the ledger and the item that were read with the row.
    current.refresh_from_db(fields=[*values, "version", "updated_at", "is_open", "is_counted", "watch_date"])


def _answer(measure: Measure, report: ProgressReport | None) -> RowAnswer:
    return RowAnswer(measure, changed=report is not None, reason="" if report else _("It is so already."))


def _reason_of(error: StaleMeasure | ValidationError) -> str:
    if isinstance(error, StaleMeasure):
        return _("Somebody else saved this row just now; try again.")
    return " ".join(error.messages)


__all__ = [
    "TEXT_MAX",
    "Progress",
    "StaleMeasure",
    "Standing",
    "can_undo_report",
    "correct_measure",
    "note_assistance",
    "progress_of",
    "report_item",
    "report_progress",
    "report_together",
    "shared_rows",
    "undo_report",
]
