"""What waits for the ledger administrator: derived, never stored (style: to-dos are querysets)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.workdays import WorkCalendar
from remediation import conditions
from remediation.counting.measures import MeasureTotals, totals_by_ledger
from remediation.lights import WORST_FIRST, Light, LightRule
from remediation.models import BatchState, ImportBatch, Ledger, Measure

OPEN_BATCHES = (
    BatchState.UPLOADED,
    BatchState.MAPPING,
    BatchState.PREVIEW_QUEUED,
    BatchState.PREVIEWING,
    BatchState.PREVIEWED,
    BatchState.COMMIT_QUEUED,
    BatchState.COMMITTING,
    BatchState.FAILED,
)
# The next year's arrangement is announced in November (domain notes, section 6).
CALENDAR_ASKED_FROM_MONTH = 11


@dataclass(frozen=True)
class LedgerLine:
    """A ledger with its figures."""

    ledger: Ledger
    totals: MeasureTotals

    @property
    def open_lights(self) -> list[tuple[Light, int]]:
        """The lights of what is not completed, worst first, without zeros."""
        return [(light, self.totals.light(light)) for light in WORST_FIRST if self.totals.light(light)]


def ledger_lines(ledgers: QuerySet[Ledger], measures: QuerySet[Measure], rule: LightRule) -> list[LedgerLine]:
    """Each ledger with the figures of ``measures`` in it; two queries."""
    totals = totals_by_ledger(measures, rule)
    return [LedgerLine(ledger, totals.get(ledger.pk, MeasureTotals())) for ledger in ledgers]


def _open_measures() -> QuerySet[Measure]:
    """What is open is counted; that it is said, too, lets the indexes of the lists serve."""
    return Measure.objects.open().counted().filter(ledger__archived_at__isnull=True)


def without_deadline() -> QuerySet[Measure]:
    """Open measures that nothing watches: no date and no review date."""
    return _open_measures().filter(watch_date__isnull=True)


def without_lead_office() -> QuerySet[Measure]:
    """Open measures that no office leads."""
    return _open_measures().filter(conditions.without_lead_office())


def without_leader() -> QuerySet[Measure]:
    """Open measures without a responsible leader."""
    return _open_measures().filter(leader__isnull=True)


def open_batches() -> QuerySet[ImportBatch]:
    """Imports that were begun and not finished."""
    return ImportBatch.objects.filter(state__in=OPEN_BATCHES)


def reminder_words(ledger: Ledger) -> str:
    """The ledger's reminder stages in one line."""
    if not ledger.reminders_on:
        return _("off")
    parts = []
    if ledger.remind_before_workdays:
        days = pgettext("reminders", ", ").join(str(days) for days in ledger.remind_before_workdays)
        parts.append(_("%(days)s working days before") % {"days": days})
    if ledger.remind_on_due_day:
        parts.append(_("on the day"))
    parts.append(
        _("%(first)s after, then every %(every)s")
        % {"first": ledger.remind_overdue_from_workdays, "every": ledger.remind_overdue_every_workdays}
    )
    return pgettext("reminders", "; ").join(parts)


def missing_calendar_year(today: date, calendar: WorkCalendar) -> int | None:
    """The year whose arrangement has to be entered: this one, or from November on the next."""
    if not calendar.covers(today.year):
        return today.year
    if today.month >= CALENDAR_ASKED_FROM_MONTH and not calendar.covers(today.year + 1):
        return today.year + 1
    return None
