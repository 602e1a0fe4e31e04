"""Taking an import back: reversing events, its new rows voided, as long as nobody has worked on what it touched."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import audit
from core.bulk_insert import bulk_insert
from core.clock import now
from core.decisions import ALLOWED, Decision, denied
from core.text import text_key
from remediation.models import (
    BatchState,
    EventKind,
    ImportBatch,
    Item,
    ItemEvent,
    Ledger,
    Measure,
    MeasureOffice,
    ProgressReport,
    Section,
)
from remediation.recording import Change, Duties, duties_of, event_for, mark_changed, plain
from remediation.states import DutyRole, WorkflowState

if TYPE_CHECKING:
    from accounts.models import User

CHUNK = 500
OFFICE_FIELDS = {"lead_offices": DutyRole.LEAD, "assisting_offices": DutyRole.ASSISTING}


class UndoRefused(Exception):
    """The import cannot be taken back any more; ``str()`` says why."""


def can_undo_import(batch: ImportBatch) -> Decision:
    """An import is taken back as long as nobody has worked on what it touched since."""
    if batch.state != BatchState.COMMITTED:
        return denied(_("Only a written import can be withdrawn."))
    if batch.ledger is not None and batch.ledger.is_archived:
        return denied(_("The ledger is archived and can only be read."))
    own = ItemEvent.objects.filter(batch=batch)
    last = own.aggregate(last=models.Max("pk"))["last"]
    if last is None:
        if batch.result.get("ledger_changes"):
            return ALLOWED
        return denied(_("The import changed nothing, so there is nothing to withdraw."))
    # What a later import did and took back again is no work of anybody.
    later = (
        ItemEvent.objects.filter(pk__gt=last, item__in=own.values("item_id"))
        .exclude(batch=batch)
        .exclude(batch__state=BatchState.UNDONE)
    )
    if (
        later.exists()
        or ProgressReport.objects.filter(
            item__in=own.values("item_id"), reported_at__gt=batch.committed_at
        ).exists()
    ):
        return denied(_("Somebody has worked on these rows since; correct them one by one instead."))
    return ALLOWED


def undo_summary(batch: ImportBatch) -> dict[str, int]:
    """What goes and what returns: counts for the question before an undo."""
    return {
        "voided": Measure.objects.filter(batch=batch).exclude(workflow_state=WorkflowState.VOIDED).count(),
        "restored": ItemEvent.objects.filter(batch=batch, measure__isnull=False)
        .exclude(kind__in=[EventKind.BASELINE, EventKind.IMPORT_UNDONE])
        .values("measure_id")
        .distinct()
        .count(),
    }


def returning_changes(batch: ImportBatch, ledger: Ledger | None) -> list[dict[str, Any]]:
    """What the import set of ``ledger`` itself and nobody has changed since, as ``Change.as_json`` keeps it."""
    changes = batch.result.get("ledger_changes", ()) if ledger else ()
    return [change for change in changes if plain(getattr(ledger, change["field"])) == change["to"]]


def undo_batch(batch_id: int, *, actor: User | None) -> dict[str, int]:
    """Take the import back in one transaction; raises ``UndoRefused``."""
    with transaction.atomic():
        batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
        Measure.objects.select_for_update().filter(events__batch=batch).order_by().values_list("pk").exists()
        decision = can_undo_import(batch)
        if not decision:
            raise UndoRefused(decision.reason)
        moment = now()
        summary = undo_summary(batch)
        _Undo(batch, actor=actor, moment=moment).run()
        ImportBatch.objects.filter(pk=batch.pk).update(
            state=BatchState.UNDONE, undone_at=moment, updated_at=moment
        )
        if batch.ledger_id:
            mark_changed(batch.ledger_id)
        audit.record(
            "ledger_import_undone",
            actor=actor,
            target=batch.ledger or "",
            file=batch.file_name,
            voided=summary["voided"],
            restored=summary["restored"],
        )
        return summary


class _Undo:
    """Reverses the events of one batch, newest first."""

    def __init__(self, batch: ImportBatch, *, actor: User | None, moment: datetime) -> None:
        self.batch, self.actor, self.moment = batch, actor, moment
        self.events: list[ItemEvent] = []

    def run(self) -> None:
        self._restore_measures()
        self._restore_items()
        self._void_new()
        bulk_insert(self.events)
        self._drop_sections()
        self._restore_ledger()

    def _changes(self, *, of_measures: bool) -> dict[int, list[dict[str, Any]]]:
        """Row id -> its changes by this batch, newest first."""
        events = ItemEvent.objects.filter(batch=self.batch, measure__isnull=not of_measures).exclude(
            kind__in=[EventKind.BASELINE, EventKind.IMPORT_UNDONE]
        )
        found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
        for event in events.order_by("-pk"):
            found[(event.measure_id if of_measures else event.item_id) or 0].extend(event.changes)
        return found

    def _restore_measures(self) -> None:
        changes = self._changes(of_measures=True)
        for measures in _in_chunks(Measure, changes):
            duties = duties_of([measure.pk for measure in measures])
            fields: set[str] = {"key", "version", "updated_at"}
            for measure in measures:
                offices = duties.get(measure.pk, Duties())
                before = {"lead_offices": offices.lead, "assisting_offices": offices.assisting}
                reversed_: list[Change] = []
                for change in changes[measure.pk]:
                    reversed_.append(Change(change["field"], change["to"], change["from"]))
                    if change["field"] in OFFICE_FIELDS:
                        before[change["field"]] = tuple(change["from"])
                    else:
                        fields.add(_restore(measure, change["field"], change["from"]))
                after = Duties(before["lead_offices"], before["assisting_offices"])
                if after != offices:
                    self._rewrite_duties(measure, after)
                _touch(measure, measure.text, self.moment)
                self.events.append(self._event(measure, after, reversed_))
            Measure.objects.bulk_update(measures, sorted(fields), batch_size=CHUNK)

    def _restore_items(self) -> None:
        changes = self._changes(of_measures=False)
        for items in _in_chunks(Item, changes):
            fields: set[str] = {"key", "version", "updated_at"}
            for item in items:
                reversed_ = []
                for change in changes[item.pk]:
                    reversed_.append(Change(change["field"], change["to"], change["from"]))
                    fields.add(_restore(item, change["field"], change["from"]))
                _touch(item, item.problem, self.moment)
                self.events.append(
                    ItemEvent(
                        ledger_id=item.ledger_id,
                        item_id=item.pk,
                        kind=EventKind.IMPORT_UNDONE,
                        occurred_at=self.moment,
                        occurred_on=timezone.localdate(self.moment),
                        actor_id=self.actor.pk if self.actor else None,
                        changes=[change.as_json() for change in reversed_],
                        reason=self.batch.file_name[:500],
                        batch_id=self.batch.pk,
                        workflow_state_after=item.workflow_state,
                    )
                )
            Item.objects.bulk_update(items, sorted(fields), batch_size=CHUNK)

    def _void_new(self) -> None:
        new = list(Measure.objects.filter(batch=self.batch).exclude(workflow_state=WorkflowState.VOIDED))
        duties = duties_of([measure.pk for measure in new])
        for measure in new:
            before = measure.workflow_state
            measure.workflow_state = WorkflowState.VOIDED
            self.events.append(
                self._event(
                    measure,
                    duties.get(measure.pk, Duties()),
                    [Change("workflow_state", before, WorkflowState.VOIDED.value)],
                )
            )
        Measure.objects.filter(batch=self.batch).update(
            workflow_state=WorkflowState.VOIDED, shared_key=None, updated_at=self.moment
        )
        # Items of the batch that nobody gave another measure to; their sections may go then.
        others = Measure.objects.filter(item=models.OuterRef("pk")).exclude(
            workflow_state=WorkflowState.VOIDED
        )
        Item.objects.filter(batch=self.batch).exclude(models.Exists(others)).update(
            workflow_state=WorkflowState.VOIDED, section=None, updated_at=self.moment
        )

    def _drop_sections(self) -> None:
        """Delete the headings that the batch brought and nobody uses, from the innermost out."""
        created = list(self.batch.result.get("sections", ()))
        while created:
            empty = Section.objects.filter(pk__in=created, children__isnull=True, items__isnull=True)
            gone = list(empty.values_list("pk", flat=True))
            if not gone:
                break
            Section.objects.filter(pk__in=gone).delete()
            created = [pk for pk in created if pk not in gone]

    def _restore_ledger(self) -> None:
        if self.batch.ledger_id is None:
            return
        ledger = Ledger.objects.select_for_update().get(pk=self.batch.ledger_id)
        changes = returning_changes(self.batch, ledger)
        fields = [_restore(ledger, change["field"], change["from"]) for change in changes]
        if fields:
            ledger.save(update_fields=[*fields, "updated_at"])

    def _event(self, measure: Measure, duties: Duties, changes: list[Change]) -> ItemEvent:
        return event_for(
            measure,
            kind=EventKind.IMPORT_UNDONE,
            duties=duties,
            actor=self.actor,
            occurred_at=self.moment,
            changes=changes,
            reason=self.batch.file_name[:500],
            batch=self.batch,
        )

    @staticmethod
    def _rewrite_duties(measure: Measure, duties: Duties) -> None:
        MeasureOffice.objects.filter(measure=measure).delete()
        MeasureOffice.objects.bulk_create(
            MeasureOffice(measure=measure, office_id=office, role=role, rank=rank)
            for role, offices in ((DutyRole.LEAD, duties.lead), (DutyRole.ASSISTING, duties.assisting))
            for rank, office in enumerate(offices)
        )


def _restore(row: Measure | Item | Ledger, name: str, value: Any) -> str:
    """Set an attribute back from its JSON form; returns the field's name."""
    field = row._meta.get_field(name.removesuffix("_id"))
    if isinstance(value, str) and isinstance(field, models.DateTimeField):
        value = datetime.fromisoformat(value)
    elif isinstance(value, str) and isinstance(field, models.DateField):
        value = date.fromisoformat(value)
    setattr(row, name, value)
    return field.name


def _touch(row: Measure | Item, text: str, moment: datetime) -> None:
    row.key = text_key(text)
    row.version += 1
    row.updated_at = moment


def _in_chunks(model: type[Any], ids: dict[int, Any]) -> Any:
    keys = list(ids)
    for start in range(0, len(keys), CHUNK):
        yield list(model.objects.filter(pk__in=keys[start : start + CHUNK]))
