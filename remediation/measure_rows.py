"""How one measure stands in a row of the home and of the item page, and what the reader may do there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.roles import Role
from core.addresses import address_of
from core.decisions import Decision
from core.notation import day
from remediation.lights import Light, LightRule
from remediation.models import Measure
from remediation.numbering import Number, measure_number
from remediation.permissions import (
    can_correct_measure,
    can_note_assistance,
    can_report_progress,
    reporting_offices,
)
from remediation.recording import Duties
from remediation.states import CompletionStatus, WorkflowState

if TYPE_CHECKING:
    from accounts.models import User

# What the action's address is called, its word on the row, and the word on its form's heading.
WORDS: dict[str, str | Promise] = {
    "report": gettext_lazy("Update"),
    "note": gettext_lazy("Add a note"),
    "correct": gettext_lazy("Correct"),
}


@dataclass(frozen=True)
class RowAction:
    """Something that concerns the reader: allowed, or refused with the reason that the row shows."""

    name: str
    label: str | Promise
    url: str
    decision: Decision


@dataclass(frozen=True)
class MeasureRow:
    """One measure as a row draws it. ``place`` is the page that the row stands on."""

    measure: Measure
    place: str
    number: Number
    light: Light
    reason: str
    is_late: bool
    actions: tuple[RowAction, ...]
    lead: tuple[str, ...] = ()
    assisting: tuple[str, ...] = ()
    is_own: bool = False
    row_url: str = ""

    @property
    def is_of_item(self) -> bool:
        """Whether the row stands on the page of its item, which says the item's problem itself."""
        return self.place == "item"

    @property
    def row_id(self) -> str:
        """The row's id in the page."""
        return f"measure-{self.measure.pk}"

    @property
    def due_words(self) -> str:
        """The deadline, else the review day; empty without both."""
        if self.measure.due_date:
            return day(self.measure.due_date)
        if self.measure.watch_date:
            return _("review %(day)s") % {"day": day(self.measure.watch_date)}
        return ""

    @property
    def is_completed(self) -> bool:
        """Whether nothing is due any more."""
        return self.measure.status == CompletionStatus.COMPLETED

    @property
    def status(self) -> CompletionStatus:
        """The completion status with its word."""
        return CompletionStatus(self.measure.status)

    @property
    def state(self) -> WorkflowState:
        """The workflow state with its word."""
        return WorkflowState(self.measure.workflow_state)

    @property
    def item_url(self) -> str:
        """The measure on the page of its item."""
        return f"{address_of('remediation:item_detail', self.measure.item_id)}#{self.row_id}"

    @property
    def why_id(self) -> str:
        """The id of the sentence that says why nothing can be done."""
        return f"{self.row_id}-why"

    @property
    def refusal(self) -> str:
        """Why nothing can be done now, where something concerns the reader."""
        if any(action.decision for action in self.actions):
            return ""
        return next((action.decision.reason for action in self.actions), "")


def actions_for(user: User, measure: Measure, *, duties: Duties) -> dict[str, Decision]:
    """What concerns ``user`` on this measure, by name; what somebody may never do is left out."""
    own = reporting_offices(user)
    found: dict[str, Decision] = {}
    if own.intersection(duties.lead):
        found["report"] = can_report_progress(user, measure, duties=duties)
    elif own.intersection(duties.assisting):
        found["note"] = can_note_assistance(user, measure, duties=duties)
    if user.has_role(Role.SUPERVISION_OFFICE, Role.LEDGER_ADMIN):
        found["correct"] = can_correct_measure(user, measure)
    return found


def place_query(place: str, back: str) -> str:
    """The part of an address that says on which page a row stands and where to go back to."""
    return urlencode({"place": place, "next": back})


def measure_row(
    user: User,
    measure: Measure,
    *,
    rule: LightRule,
    duties: Duties,
    place: str,
    back: str,
    office_names: Mapping[int, str] | None = None,
) -> MeasureRow:
    """The row of ``measure`` (with item and ledger read); ``back`` is the address of the page it stands on."""
    query = place_query(place, back)
    names = office_names or {}
    return MeasureRow(
        measure=measure,
        place=place,
        number=measure_number(measure),
        light=rule.light_of(
            is_open=measure.is_open, watch_date=measure.watch_date, ledger_id=measure.ledger_id
        ),
        reason=rule.reason(is_open=measure.is_open, watch_date=measure.watch_date),
        is_late=rule.is_late(is_open=measure.is_open, watch_date=measure.watch_date),
        actions=tuple(
            RowAction(
                name=name,
                label=WORDS[name],
                url=f"{address_of(f'remediation:measure_{name}', measure.pk)}?{query}",
                decision=decision,
            )
            for name, decision in actions_for(user, measure, duties=duties).items()
        ),
        lead=tuple(names[office] for office in duties.lead if office in names),
        assisting=tuple(names[office] for office in duties.assisting if office in names),
        is_own=bool(user.scope_office_ids.intersection((*duties.lead, *duties.assisting))),
        row_url=f"{address_of('remediation:measure_row', measure.pk)}?{query}",
    )


def measure_rows(
    user: User,
    measures: Iterable[Measure],
    *,
    rule: LightRule,
    duties: Mapping[int, Duties],
    place: str,
    back: str,
    office_names: Mapping[int, str] | None = None,
) -> list[MeasureRow]:
    """Rows of many measures; no query of their own."""
    return [
        measure_row(
            user,
            measure,
            rule=rule,
            duties=duties.get(measure.pk, Duties()),
            place=place,
            back=back,
            office_names=office_names,
        )
        for measure in measures
    ]
