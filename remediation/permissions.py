"""Who may do what to the ledger: decisions with their reason (product text 9.9).

Scope comes first (``visible_to``, 404); these decisions say what somebody who may read a row may do with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from accounts.roles import OFFICE_ROLES, Role
from core.decisions import ALLOWED, Decision, denied
from remediation.models import Item, Ledger, Measure
from remediation.recording import Duties, duties_of
from remediation.states import FINISHED_STATES

if TYPE_CHECKING:
    from accounts.models import User


def reporting_offices(user: User) -> frozenset[int]:
    """The offices whose measures this person reports on: their own and those below it."""
    if user.office_id is None or not user.has_role(*OFFICE_ROLES):
        return frozenset()
    return user.own_office_ids


def _still_worked_on(measure: Measure) -> Decision:
    return _still_open(measure.ledger, measure)


def _still_open(ledger: Ledger, row: Item | Measure) -> Decision:
    if ledger.is_archived:
        return denied(_("The ledger is archived and can only be read."))
    if row.workflow_state in FINISHED_STATES:
        return denied(
            _("The item is %(state)s; nothing is reported on it any more.")
            % {"state": row.get_workflow_state_display()}
        )
    return ALLOWED


def can_report_progress(user: User, measure: Measure, *, duties: Duties | None = None) -> Decision:
    """Clerks and heads of a lead office, or of one above it, report status and progress."""
    duties = duties if duties is not None else duties_of([measure.pk]).get(measure.pk, Duties())
    own = reporting_offices(user)
    if not own.intersection(duties.lead):
        if own.intersection(duties.assisting):
            return denied(_("Your office assists; the lead office reports the status."))
        return denied(_("Only the lead office reports progress."))
    return _still_worked_on(measure)


def can_report_item(user: User, item: Item, *, duties: Duties) -> Decision:
    """Clerks and heads of a lead office report on an item that has no measures; ``duties`` are the item's own."""
    if not reporting_offices(user).intersection(duties.lead):
        return denied(_("Only the lead office reports progress."))
    return _still_open(item.ledger, item)


def can_correct_item(user: User, item: Item) -> Decision:
    """The supervision office and the ledger administrator correct an item that has no measures, with a reason."""
    if not user.has_role(Role.SUPERVISION_OFFICE, Role.LEDGER_ADMIN):
        return denied(_("Only the supervision office or the ledger administrator corrects."))
    return _still_open(item.ledger, item)


def can_note_assistance(user: User, measure: Measure, *, duties: Duties | None = None) -> Decision:
    """Clerks and heads of an assisting office add a note on their part; status and percent stay."""
    duties = duties if duties is not None else duties_of([measure.pk]).get(measure.pk, Duties())
    if not reporting_offices(user).intersection(duties.assisting):
        return denied(_("Only an assisting office adds a note."))
    return _still_worked_on(measure)


def can_correct_measure(user: User, measure: Measure) -> Decision:
    """The supervision office and the ledger administrator correct, with a reason."""
    if not user.has_role(Role.SUPERVISION_OFFICE, Role.LEDGER_ADMIN):
        return denied(_("Only the supervision office or the ledger administrator corrects."))
    return _still_worked_on(measure)


def can_edit_ledger(user: User, ledger: Ledger | None = None) -> Decision:
    """The ledger administrator keeps ledgers, sections, items and measures; an archived ledger is read-only."""
    if not user.has_role(Role.LEDGER_ADMIN):
        return denied(_("Only the ledger administrator changes the ledger."))
    if ledger is not None and ledger.is_archived:
        return denied(_("The ledger is archived and can only be read."))
    return ALLOWED


def can_import_ledger(user: User) -> Decision:
    """The ledger administrator imports."""
    return can_edit_ledger(user)


__all__ = [
    "can_correct_item",
    "can_correct_measure",
    "can_edit_ledger",
    "can_import_ledger",
    "can_note_assistance",
    "can_report_item",
    "can_report_progress",
    "reporting_offices",
]
