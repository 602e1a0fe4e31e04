"""Changing the ledger itself: text, leader, offices and deadline of measures and items, by the ledger administrator.

Every command is one transaction, refuses a stale version, writes one event per kind of change with from and to, and
asks for a reason where leader, offices or deadline change (product text 3 and 9.9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _

from core.decisions import Decision
from core.text import text_key
from remediation.models import EventKind, Item, ItemOffice, Measure, MeasureOffice, ProgressReport
from remediation.permissions import can_edit_ledger
from remediation.recording import Change, Duties, differences, duties_of, mark_changed, record, record_item
from remediation.states import CompletionStatus, DutyRole

if TYPE_CHECKING:
    from accounts.models import Position, User

DEADLINE_FIELDS = ("due_date", "deadline_text", "deadline_kind", "is_long_term", "review_date")
MEASURE_FIELDS = ("text", "note", "started_on", "number", "leader_id", *DEADLINE_FIELDS)
ITEM_FIELDS = (
    "section_id",
    "kind",
    "number",
    "problem",
    "cause",
    "goal",
    "leader_id",
    "inferred_from_id",
    "is_reform_item",
    "reported_status",
    "due_date",
    "deadline_text",
)


class StaleVersion(Exception):
    """Somebody saved the row after it was opened; nothing was written."""


@dataclass(frozen=True)
class RowAnswer:
    """What happened to one selected row: changed, left as it was (already so), or refused with the reason."""

    measure: Measure
    changed: bool
    reason: str = ""
    # What was written, where it was a report: it can be taken back.
    report: ProgressReport | None = None


def kinds_of_change(changes: Iterable[Change]) -> dict[EventKind, list[Change]]:
    """Changes sorted into the events that they become."""
    sorted_: dict[EventKind, list[Change]] = {}
    for change in changes:
        if change.field in DEADLINE_FIELDS:
            kind = EventKind.DEADLINE_CHANGED
        elif change.field == "leader_id":
            kind = EventKind.LEADER_CHANGED
        elif change.field in ("lead_offices", "assisting_offices"):
            kind = EventKind.OFFICES_CHANGED
        else:
            kind = EventKind.EDITED
        sorted_.setdefault(kind, []).append(change)
    return sorted_


def needs_reason(changes: Iterable[Change]) -> bool:
    """Whether leader, offices or deadline change."""
    return any(kind != EventKind.EDITED for kind in kinds_of_change(changes))


def require_reason(reason: str) -> str:
    """``reason`` without surrounding space; raises ``ValidationError`` when it is empty."""
    stripped = reason.strip()
    if not stripped:
        raise ValidationError(
            {"reason": _("Say why: leader, offices and deadline change only with a reason.")}
        )
    return stripped


def check_duties(duties: Duties) -> None:
    """Raise ``ValidationError`` when an office both leads and assists."""
    if set(duties.lead) & set(duties.assisting):
        raise ValidationError({"assisting_offices": _("An office either leads a measure or assists it.")})


@transaction.atomic
def edit_measure(
    measure: Measure,
    *,
    values: Mapping[str, Any],
    duties: Duties | None,
    actor: User,
    reason: str = "",
    expected_version: int | None = None,
) -> list[Change]:
    """Write ``values`` (names of ``MEASURE_FIELDS``) and ``duties`` (``None`` leaves them); return what changed.

    Raises ``StaleVersion`` when the row was saved since ``expected_version``, ``ValidationError`` without a reason
    where one is owed. Both dates stay: the first deadline is only set when there was none.
    """
    can_edit_ledger(actor, measure.ledger).require()
    current = Measure.objects.select_for_update(of=("self",)).select_related("ledger").get(pk=measure.pk)
    if expected_version is not None and current.version != expected_version:
        raise StaleVersion
    old_duties = duties_of([current.pk]).get(current.pk, Duties())
    changes = differences({name: getattr(current, name) for name in values}, values)
    if duties is not None:
        check_duties(duties)
        changes += duty_changes(old_duties, duties)
    if not changes:
        return []
    if needs_reason(changes):
        reason = require_reason(reason)
    updates: dict[str, Any] = dict(values)
    if "text" in updates:
        updates["key"] = text_key(updates["text"])
    if updates.get("due_date") and current.first_due_date is None:
        updates["first_due_date"] = updates["due_date"]
    claimed = Measure.objects.filter(pk=current.pk, version=current.version).update(
        version=F("version") + 1, updated_at=timezone.now(), **updates
    )
    if not claimed:
        raise StaleVersion
    if duties is not None and duties != old_duties:
        write_duties(current.pk, duties)
    measure.refresh_from_db()
    for kind, part in kinds_of_change(changes).items():
        record(measure, kind=kind, actor=actor, changes=part, reason=reason, duties=duties or old_duties)
    return changes


def duty_changes(before: Duties, after: Duties) -> list[Change]:
    """Which side of the offices changed, as lists of ids."""
    return differences(
        {"lead_offices": list(before.lead), "assisting_offices": list(before.assisting)},
        {"lead_offices": list(after.lead), "assisting_offices": list(after.assisting)},
    )


def item_duties(item: Item) -> Duties:
    """The item's own offices."""
    rows = list(item.duties.order_by("rank").values_list("role", "office_id"))
    return Duties(
        tuple(office for role, office in rows if role == DutyRole.LEAD),
        tuple(office for role, office in rows if role == DutyRole.ASSISTING),
    )


def write_duties(measure_id: int, duties: Duties) -> None:
    """Replace the offices of one measure, in the order given."""
    MeasureOffice.objects.filter(measure_id=measure_id).delete()
    MeasureOffice.objects.bulk_create(
        MeasureOffice(measure_id=measure_id, office_id=office_id, role=role, rank=rank)
        for role, offices in ((DutyRole.LEAD, duties.lead), (DutyRole.ASSISTING, duties.assisting))
        for rank, office_id in enumerate(offices)
    )


@transaction.atomic
def create_measure(
    item: Item, *, values: Mapping[str, Any], duties: Duties, actor: User, reason: str = ""
) -> Measure:
    """A new measure at the end of ``item``; its number follows the last one unless given."""
    can_edit_ledger(actor, item.ledger).require()
    check_duties(duties)
    values = dict(values)
    last = item.measures.aggregate(number=Max("number"), order=Max("order"))
    values["number"] = values.get("number") or (last["number"] or 0) + 1
    order = last["order"] if last["order"] is not None else item.order
    status = values.get("status", CompletionStatus.NOT_STARTED)
    measure = Measure.objects.create(
        ledger=item.ledger,
        item=item,
        key=text_key(values["text"]),
        order=order + 1,
        first_due_date=values.get("due_date"),
        workflow_state=item.workflow_state,
        percent=100 if status == CompletionStatus.COMPLETED else 0,
        **values,
    )
    write_duties(measure.pk, duties)
    item.duties.all().delete()  # from here on the measures' offices are the item's
    record(measure, kind=EventKind.CREATED, actor=actor, reason=reason, duties=duties)
    return measure


@transaction.atomic
def edit_item(
    item: Item,
    *,
    values: Mapping[str, Any],
    actor: User,
    duties: Duties | None = None,
    reason: str = "",
    expected_version: int | None = None,
) -> list[Change]:
    """Write ``values`` (names of ``ITEM_FIELDS``); a new leader also goes to the measures that had the old one.

    ``duties`` are the item's own offices, for one without measures; ``None`` leaves them.
    """
    can_edit_ledger(actor, item.ledger).require()
    current = Item.objects.select_for_update(of=("self",)).select_related("ledger").get(pk=item.pk)
    if expected_version is not None and current.version != expected_version:
        raise StaleVersion
    changes = differences({name: getattr(current, name) for name in values}, values)
    if duties is not None:
        check_duties(duties)
        changes += duty_changes(item_duties(current), duties)
    if not changes:
        return []
    if needs_reason(changes):
        reason = require_reason(reason)
    updates: dict[str, Any] = dict(values)
    if "problem" in updates:
        updates["key"] = text_key(updates["problem"])
    claimed = Item.objects.filter(pk=current.pk, version=current.version).update(
        version=F("version") + 1, updated_at=timezone.now(), **updates
    )
    if not claimed:
        raise StaleVersion
    if duties is not None:
        write_item_duties(current.pk, duties)
    old_leader = current.leader_id
    item.refresh_from_db()
    for kind, part in kinds_of_change(changes).items():
        record_item(item, kind=kind, actor=actor, changes=part, reason=reason)
    if "leader_id" in values and values["leader_id"] != old_leader:
        for measure in item.measures.filter(leader_id=old_leader).select_related("ledger"):
            edit_measure(
                measure, values={"leader_id": values["leader_id"]}, duties=None, actor=actor, reason=reason
            )
    return changes


@transaction.atomic
def create_item(*, values: Mapping[str, Any], duties: Duties, actor: User) -> Item:
    """A new item at the end of its section's ledger; ``duties`` stand for as long as it has no measures."""
    ledger = values["ledger"]
    can_edit_ledger(actor, ledger).require()
    check_duties(duties)
    last = ledger.items.aggregate(order=Max("order"))["order"]
    item = Item.objects.create(
        key=text_key(values["problem"]), order=0 if last is None else last + 1, **values
    )
    write_item_duties(item.pk, duties)
    record_item(item, kind=EventKind.CREATED, actor=actor)
    return item


def write_item_duties(item_id: int, duties: Duties) -> None:
    """Replace the offices of an item without measures, in the order given."""
    ItemOffice.objects.filter(item_id=item_id).delete()
    ItemOffice.objects.bulk_create(
        ItemOffice(item_id=item_id, office_id=office_id, role=role, rank=rank)
        for role, offices in ((DutyRole.LEAD, duties.lead), (DutyRole.ASSISTING, duties.assisting))
        for rank, office_id in enumerate(offices)
    )


def change_leader(
    measures: Sequence[Measure], *, leader: Position | None, actor: User, reason: str
) -> list[RowAnswer]:
    """Give every row ``leader``, each in its own transaction and answered for itself."""
    require_reason(reason)
    values = {"leader_id": leader.pk if leader else None}
    return [
        _edit_row(measure, values=values, duties=None, actor=actor, reason=reason) for measure in measures
    ]


def change_offices(
    measures: Sequence[Measure],
    *,
    lead: Sequence[int] | None,
    assisting: Sequence[int] | None,
    actor: User,
    reason: str,
) -> list[RowAnswer]:
    """Give every row these lead and assisting offices (``None`` keeps that side), answered row by row.

    An office that comes to lead a row leaves its assisting side, and the other way round.
    """
    require_reason(reason)
    known = duties_of(measure.pk for measure in measures)
    answers = []
    for measure in measures:
        old = known.get(measure.pk, Duties())
        new_lead = (
            tuple(lead) if lead is not None else tuple(o for o in old.lead if o not in (assisting or ()))
        )
        new_assisting = (
            tuple(assisting)
            if assisting is not None
            else tuple(o for o in old.assisting if o not in (lead or ()))
        )
        answers.append(
            _edit_row(measure, values={}, duties=Duties(new_lead, new_assisting), actor=actor, reason=reason)
        )
    return answers


def _edit_row(
    measure: Measure, *, values: Mapping[str, Any], duties: Duties | None, actor: User, reason: str
) -> RowAnswer:
    decision: Decision = can_edit_ledger(actor, measure.ledger)
    if not decision:
        return RowAnswer(measure, changed=False, reason=decision.reason)
    try:
        changes = edit_measure(measure, values=values, duties=duties, actor=actor, reason=reason)
    except StaleVersion:
        return RowAnswer(
            measure, changed=False, reason=_("Somebody else saved this row just now; try again.")
        )
    except ValidationError as error:
        return RowAnswer(measure, changed=False, reason=" ".join(error.messages))
    return RowAnswer(measure, changed=bool(changes), reason="" if changes else _("It is so already."))


@transaction.atomic
def archive_ledger(ledger_id: int, *, actor: User, archived: bool) -> bool:
    """Archive a ledger (read-only, no reminders) or open it again; whether anything changed."""
    from remediation.models import Ledger

    can_edit_ledger(actor).require()
    rows = Ledger.objects.filter(pk=ledger_id, archived_at__isnull=archived)
    changed = rows.update(archived_at=timezone.now() if archived else None)
    if changed:
        mark_changed(ledger_id)
    return bool(changed)
