"""What offices write on a measure: reports, notes of assisting offices, corrections.

Each command is one transaction. A change of the measure is a conditional UPDATE on its version, with a
``ProgressReport`` and an ``ItemEvent`` beside it; where the version is no longer the one that the writer saw,
``StaleMeasure`` carries the row as it stands now and nothing is written. Who may do what: product text 9.9.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from remediation.due_dates import review_date
from remediation.editing import RowAnswer, StaleVersion
from remediation.models import EventKind, Measure, ProgressReport, ReportKind
from remediation.permissions import (
    can_correct_measure,
    can_note_assistance,
    can_report_progress,
)
from remediation.recording import Duties, differences, duties_of, record
from remediation.states import CompletionStatus

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
        current, duties = current_row(measure.pk)
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
        current, duties = current_row(measure.pk)
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
        rows = current_rows([measure.pk for measure in measures])
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
        current, duties = current_row(measure.pk)
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


def current_row(pk: int) -> tuple[Measure, Duties]:
    return current_rows([pk])[pk]


def current_rows(pks: Iterable[int]) -> dict[int, tuple[Measure, Duties]]:
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
        # The word that an import read speaks of the status before; the event keeps it.
        "status_text": current.status_text if after.status == before.status else "",
        "percent": after.percent,
        "progress": after.text,
        "completed_on": completed_on,
    }
    if current.is_long_term and current.due_date is None:
        # A report is a review: the next one is due months from now (product text 2, state 3).
        values["review_date"] = review_date(
            is_long_term=True,
            due_date=None,
            since=timezone.localdate(moment),
            review_months=current.ledger.review_months,
        )
    changes = differences({name: getattr(current, name) for name in values}, values)
    write_version(
        current, version=current.version, moment=moment, **values, reported_at=moment, reported_by=actor
    )
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


def write_version(current: Measure, *, version: int, moment: datetime, **values: Any) -> None:
    """Claim ``version`` and set ``values``, on the row and on ``current``; raise ``StaleMeasure`` when it was taken."""
    claimed = Measure.objects.filter(pk=current.pk, version=version).update(
        version=F("version") + 1, updated_at=moment, **values
    )
    if not claimed:
        # PostgreSQL: the other saver committed between our reading and our writing.
        fresh, _duties = current_row(current.pk)
        raise StaleMeasure(fresh)
    # By name: a full refresh would also forget the ledger and the item that were read with the row.
    current.refresh_from_db(fields=[*values, "version", "updated_at", "is_open", "is_counted", "watch_date"])


def _answer(measure: Measure, report: ProgressReport | None) -> RowAnswer:
    reason = "" if report else _("It is so already.")
    return RowAnswer(measure, changed=report is not None, reason=reason, report=report)


def _reason_of(error: StaleMeasure | ValidationError) -> str:
    if isinstance(error, StaleMeasure):
        return _("Somebody else saved this row just now; try again.")
    return " ".join(error.messages)


__all__ = [
    "TEXT_MAX",
    "Progress",
    "StaleMeasure",
    "Standing",
    "correct_measure",
    "current_row",
    "current_rows",
    "note_assistance",
    "progress_of",
    "report_progress",
    "report_together",
    "shared_rows",
    "write_version",
]
