"""Writing the history: the one home of ``ItemEvent`` rows.

Every command that changes an item or a measure calls ``record`` (or ``events_for`` for bulk writes) in the same
transaction, and ``mark_changed`` for the ledger, so that the roll-up follows within a minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from django.utils import timezone

from core.bulk_insert import bulk_insert_values
from remediation.models import (
    ChangeMark,
    EventKind,
    ImportBatch,
    Item,
    ItemEvent,
    Ledger,
    Measure,
    ProgressReport,
)
from remediation.states import DutyRole

if TYPE_CHECKING:
    from accounts.models import User


# These change the status, the percent and the review date of one measure, and nothing else that is counted.
REPORTS = frozenset({EventKind.REPORTED, EventKind.CORRECTED, EventKind.NOTED, EventKind.REPORT_UNDONE})


@dataclass(frozen=True)
class Change:
    """One field, from and to, as machine values: dates in ISO form, offices as lists of ids, choices by value."""

    field: str
    before: Any
    after: Any

    def as_json(self) -> dict[str, Any]:
        """The row in ``ItemEvent.changes``."""
        return {"field": self.field, "from": plain(self.before), "to": plain(self.after)}


def plain(value: Any) -> Any:
    """``value`` as JSON keeps it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return value


@dataclass(frozen=True)
class Duties:
    """The offices of one measure, in the order written; the first lead office is the main one (主牵头)."""

    lead: tuple[int, ...] = ()
    assisting: tuple[int, ...] = ()


def duties_of(measure_ids: Iterable[int]) -> dict[int, Duties]:
    """The offices of many measures in one query per 500; measures without any are left out."""
    return duties_and_names_of(measure_ids)[0]


def duties_and_names_of(measure_ids: Iterable[int]) -> tuple[dict[int, Duties], dict[int, str]]:
    """The same, and the present name of every office among them."""
    from remediation.models import MeasureOffice

    found: dict[int, dict[str, list[int]]] = {}
    names: dict[int, str] = {}
    ids = list(measure_ids)
    for start in range(0, len(ids), 500):
        rows = (
            MeasureOffice.objects.filter(measure__in=ids[start : start + 500])
            .order_by("measure_id", "rank", "pk")
            .values_list("measure_id", "role", "office_id", "office__name")
        )
        for measure_id, role, office_id, name in rows:
            found.setdefault(measure_id, {}).setdefault(role, []).append(office_id)
            names[office_id] = name
    duties = {
        pk: Duties(tuple(by_role.get(DutyRole.LEAD, ())), tuple(by_role.get(DutyRole.ASSISTING, ())))
        for pk, by_role in found.items()
    }
    return duties, names


class CountableMeasure(Protocol):
    """What an event keeps of a measure: the model has it, and so has a row of an import."""

    @property
    def pk(self) -> Any: ...
    @property
    def ledger_id(self) -> Any: ...
    @property
    def item_id(self) -> Any: ...
    @property
    def status(self) -> str: ...
    @property
    def percent(self) -> int: ...
    @property
    def first_due_date(self) -> date | None: ...
    @property
    def due_date(self) -> date | None: ...
    @property
    def review_date(self) -> date | None: ...
    @property
    def is_long_term(self) -> bool: ...
    @property
    def workflow_state(self) -> str: ...


def event_for(
    measure: CountableMeasure,
    *,
    kind: EventKind,
    duties: Duties,
    actor: User | None,
    occurred_at: datetime,
    changes: Iterable[Change] = (),
    reason: str = "",
    report: ProgressReport | None = None,
    batch: ImportBatch | None = None,
) -> ItemEvent:
    """An unsaved event on ``measure`` carrying its whole countable state after the change."""
    return ItemEvent(
        kind=kind,
        occurred_at=occurred_at,
        occurred_on=timezone.localdate(occurred_at),
        actor_id=actor.pk if actor else None,
        changes=[change.as_json() for change in changes],
        reason=reason,
        report_id=report.pk if report else None,
        batch_id=batch.pk if batch else None,
        **state_after(measure, duties),
    )


def state_after(measure: CountableMeasure, duties: Duties) -> dict[str, Any]:
    """What an event says of the measure that it is about: which one, and its whole countable state."""
    return {
        "ledger_id": measure.ledger_id,
        "item_id": measure.item_id,
        "measure_id": measure.pk,
        "status_after": measure.status,
        "percent_after": measure.percent,
        "first_due_after": measure.first_due_date,
        "due_after": measure.due_date,
        "review_after": measure.review_date,
        "is_long_term_after": measure.is_long_term,
        "workflow_state_after": measure.workflow_state,
        "lead_after": list(duties.lead),
        "assisting_after": list(duties.assisting),
    }


def insert_baselines(
    measures: Iterable[tuple[CountableMeasure, Duties]],
    *,
    actor: User | None,
    occurred_at: datetime,
    reason: str,
    batch: ImportBatch,
) -> None:
    """Write the baseline event of each new measure of an import, as ``event_for`` would make it, without objects."""
    common = {
        "kind": EventKind.BASELINE.value,
        "occurred_at": occurred_at,
        "occurred_on": timezone.localdate(occurred_at),
        "actor_id": actor.pk if actor else None,
        "changes": [],
        "reason": reason,
        "report_id": None,
        "batch_id": batch.pk,
    }
    names = [field.attname for field in ItemEvent._meta.concrete_fields if not field.primary_key]
    values_of = itemgetter(*names)
    bulk_insert_values(
        ItemEvent, names, (values_of(common | state_after(measure, duties)) for measure, duties in measures)
    )


def record(
    measure: Measure,
    *,
    kind: EventKind,
    actor: User | None,
    changes: Iterable[Change] = (),
    reason: str = "",
    report: ProgressReport | None = None,
    batch: ImportBatch | None = None,
    occurred_at: datetime | None = None,
    duties: Duties | None = None,
) -> ItemEvent:
    """Save one event on ``measure`` and mark its ledger as changed; call it inside the change's transaction."""
    event = event_for(
        measure,
        kind=kind,
        duties=duties if duties is not None else duties_of([measure.pk]).get(measure.pk, Duties()),
        actor=actor,
        occurred_at=occurred_at or timezone.now(),
        changes=changes,
        reason=reason,
        report=report,
        batch=batch,
    )
    event.save(force_insert=True)
    mark_changed(measure.ledger_id, event=event if kind in REPORTS else None)
    return event


def record_item(
    item: Item,
    *,
    kind: EventKind,
    actor: User | None,
    changes: Iterable[Change] = (),
    reason: str = "",
    batch: ImportBatch | None = None,
    occurred_at: datetime | None = None,
) -> ItemEvent:
    """Save one event on the item itself (no measure) and mark its ledger as changed."""
    moment = occurred_at or timezone.now()
    event = ItemEvent.objects.create(
        ledger_id=item.ledger_id,
        item=item,
        kind=kind,
        occurred_at=moment,
        occurred_on=timezone.localdate(moment),
        actor=actor,
        changes=[change.as_json() for change in changes],
        reason=reason,
        batch=batch,
        workflow_state_after=item.workflow_state,
    )
    mark_changed(item.ledger_id)
    return event


def mark_changed(ledger_id: int, *, event: ItemEvent | None = None) -> None:
    """Ask for a roll-up of this ledger: insert-only, so two savers never wait for each other.

    ``event`` is a report on one measure, when nothing else has changed.
    """
    ChangeMark.objects.create(ledger_id=ledger_id, event=event)


def mark_all_changed() -> None:
    """Ask for a roll-up of every open ledger: the calendar moved the lights of all."""
    ChangeMark.objects.bulk_create(ChangeMark(ledger=ledger) for ledger in Ledger.objects.open())


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """The fields of ``after`` whose value is not the one of ``before``."""
    return [
        Change(field, before.get(field), value)
        for field, value in after.items()
        if before.get(field) != value
    ]
