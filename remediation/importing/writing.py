"""Writing a plan: one transaction, bulk writes, a baseline event per new measure, an event per changed one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from core.bulk_insert import bulk_insert
from core.text import text_key
from remediation.editing import kinds_of_change
from remediation.importing.plain_measures import (
    PlainMeasure,
    insert_duties,
    insert_measures,
    update_measures,
)
from remediation.importing.plan import CHANGED, NEW, OFFICE_FIELDS, ItemPlan, Plan, RowPlan
from remediation.importing.register import Answers, create_new_names, remember_aliases
from remediation.models import (
    EventKind,
    ImportBatch,
    Item,
    ItemEvent,
    Ledger,
    LedgerType,
    Measure,
    MeasureOffice,
    Section,
)
from remediation.recording import Change, Duties, duties_of, event_for, insert_baselines, mark_changed
from remediation.states import DutyRole, ItemKind

if TYPE_CHECKING:
    from accounts.models import User

BATCH_ROWS = 1000


class PlanHasErrors(Exception):
    """The plan has errors; nothing is written."""


@dataclass(frozen=True)
class Written:
    """What a commit did."""

    ledger: Ledger
    created: int
    updated: int
    sections: tuple[int, ...]
    offices: tuple[str, ...]
    positions: tuple[str, ...]
    aliases: tuple[str, ...]


def write_plan(
    plan: Plan, *, batch: ImportBatch, actor: User | None, answers: Answers | None = None, now: datetime
) -> Written:
    """Write ``plan`` inside the caller's transaction; raises ``PlanHasErrors`` before the first write."""
    if plan.errors:
        raise PlanHasErrors
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("write_plan belongs inside a transaction")
    return _Writer(plan, batch=batch, actor=actor, now=now).write(answers)


class _Writer:
    """Writes in the order that the foreign keys ask for."""

    def __init__(self, plan: Plan, *, batch: ImportBatch, actor: User | None, now: datetime) -> None:
        self.plan, self.batch, self.actor, self.now = plan, batch, actor, now
        self.offices: dict[int, int] = {}
        self.positions: dict[int, int] = {}
        self.reason = batch.file_name[:500]

    def write(self, answers: Answers | None) -> Written:
        aliases = remember_aliases(answers)
        register = self.plan.parsed.register
        offices = tuple(register.offices.new_names.values()) if register else ()
        positions = tuple(register.positions.new_names.values()) if register else ()
        if register:
            created = create_new_names(register)
            self.offices, self.positions = created["office"], created["position"]
        ledger = self._write_ledger()
        sections = self._write_sections(ledger)
        self._write_items(ledger)
        rows = self._write_measures(ledger)
        self._link_inferences()
        self._write_events(rows)
        mark_changed(ledger.pk)
        new = sum(1 for row in rows if row.outcome == NEW)
        changed = sum(1 for row in self.plan.rows if row.outcome == CHANGED)
        return Written(ledger, new, changed, sections, offices, positions, aliases)

    # -- ledger and sections ------------------------------------------------------------------------------------------

    def _write_ledger(self) -> Ledger:
        plan, parsed = self.plan, self.plan.parsed
        updates = {change.field: change.after for change in plan.ledger_changes}
        if plan.ledger is None:
            is_plan = any(layout.is_project_plan for layout in parsed.layouts)
            return Ledger.objects.create(
                title=plan.title,
                ledger_type=LedgerType.PLAN if is_plan else LedgerType.INSPECTION,
                origin=parsed.title[:200],
                **updates,
            )
        ledger = plan.ledger
        if updates:
            Ledger.objects.filter(pk=ledger.pk).update(**updates, updated_at=self.now)
            ledger.refresh_from_db()
        return ledger

    def _write_sections(self, ledger: Ledger) -> tuple[int, ...]:
        """Create the headings that the ledger does not have, level by level."""
        known = self.plan.sections
        order = max((section.order for section in known.values()), default=0)
        levels: defaultdict[int, dict[tuple[str, ...], Section]] = defaultdict(dict)
        for item in self.plan.items:
            for depth, heading in enumerate(item.file.headings, start=1):
                path = item.file.path[:depth]
                if path not in known and path not in levels[depth]:
                    order += 1
                    levels[depth][path] = Section(
                        ledger=ledger, kind=heading.kind, title=heading.title[:500], key=path[-1], order=order
                    )
        created: list[int] = []
        for depth in sorted(levels):
            for path, section in levels[depth].items():
                section.parent = known.get(path[:-1])
            made = Section.objects.bulk_create(levels[depth].values(), batch_size=BATCH_ROWS)
            created.extend(section.pk for section in made)
            known.update(levels[depth])
        return tuple(created)

    # -- items --------------------------------------------------------------------------------------------------------

    def _write_items(self, ledger: Ledger) -> None:
        plans = self.plan.items
        order = (
            Item.objects.filter(ledger=ledger).order_by("-order").values_list("order", flat=True).first() or 0
        )
        new: list[Item] = []
        for plan in plans:
            if plan.item is None:
                order += 1
                plan.item = Item(
                    ledger=ledger,
                    section=self.plan.sections.get(plan.file.path) if plan.file.path else None,
                    order=order,
                    key=plan.file.key,
                    batch=self.batch,
                    workflow_state=plan.state.value,
                    **self._resolved(plan.values),
                )
                new.append(plan.item)
        bulk_insert(new)
        changed = [plan for plan in plans if plan.changes and plan.item is not None]
        if changed:
            self._update_items(changed)

    def _update_items(self, plans: list[ItemPlan]) -> None:
        fields = {"section_id", "key", "version", "updated_at"}
        for plan in plans:
            item = plan.stored
            for name, value in self._resolved(plan.values).items():
                setattr(item, name, value)
                fields.add(name)
            if any(change.field == "section" for change in plan.changes):
                before = item.section_id
                item.section = self.plan.sections.get(plan.file.path)
                plan.changes = [change for change in plan.changes if change.field != "section"]
                plan.changes.append(Change("section_id", before, item.section_id))
            item.key = text_key(item.problem)
            item.version += 1
            item.updated_at = self.now
        items = [plan.item for plan in plans if plan.item is not None]
        Item.objects.bulk_update(items, [name.removesuffix("_id") for name in fields], batch_size=BATCH_ROWS)

    # -- measures -----------------------------------------------------------------------------------------------------

    def _write_measures(self, ledger: Ledger) -> list[RowPlan]:
        """Create and update measures with their offices and shared groups; returns the rows that were touched."""
        order = (
            Measure.objects.filter(ledger=ledger).order_by("-order").values_list("order", flat=True).first()
            or 0
        )
        new: list[RowPlan] = []
        changed: list[RowPlan] = []
        names = {"key", "version"}
        for plan in self.plan.rows:
            plan.duties = self._resolved_duties(plan.duties)
            measure = plan.measure
            if measure.pk is None:
                order += 1
                item = plan.item.stored
                measure.ledger_id, measure.item_id, measure.batch_id = ledger.pk, item.pk, self.batch.pk
                measure.workflow_state, measure.order = item.workflow_state, order
                measure.key = text_key(measure.text)
                # Known here, so that no trigger has to write every row once more.
                measure.has_lead = bool(plan.duties.lead)
                measure.leader_id = self.positions.get(measure.leader_id or 0, measure.leader_id)
                new.append(plan)
            elif plan.changes:
                for name, value in self._resolved(plan.values).items():
                    setattr(measure, name, value)
                    names.add(name)
                measure.key = text_key(measure.text)
                measure.version += 1
                changed.append(plan)
        regrouped = self._group_shared()
        insert_measures([plan.measure for plan in new])
        update_measures([plan.measure for plan in changed], names, now=self.now)
        update_measures(regrouped, {"shared_key"})
        self._write_duties(new, changed)
        return new + changed

    def _group_shared(self) -> list[PlainMeasure]:
        """Give rows of one text, lead offices and deadline a common key; returns the old rows whose key changed."""
        kept = duties_of([measure.pk for measure in self.plan.missing if measure.pk])
        leads = [(plan.measure, plan.duties.lead) for plan in self.plan.rows]
        leads += [(measure, kept.get(measure.pk or 0, Duties()).lead) for measure in self.plan.missing]
        whole = {
            lead: frozenset(lead) for _measure, lead in leads
        }  # an organ has few combinations of offices
        groups = Counter(_group_of(measure, whole[lead]) for measure, lead in leads)
        regrouped = []
        for measure, lead in leads:
            key, offices, deadline = group = _group_of(measure, whole[lead])
            shared = text_key(f"{key}|{sorted(offices)}|{deadline}") if groups[group] > 1 else None
            if measure.shared_key != shared:
                measure.shared_key = shared
                if measure.pk:
                    regrouped.append(measure)
        return regrouped

    def _write_duties(self, new: list[RowPlan], changed: list[RowPlan]) -> None:
        rewritten = [
            plan for plan in changed if any(change.field in OFFICE_FIELDS for change in plan.changes)
        ]
        ids = [plan.measure.pk for plan in rewritten]
        for start in range(0, len(ids), BATCH_ROWS):
            MeasureOffice.objects.filter(measure__in=ids[start : start + BATCH_ROWS]).delete()
        insert_duties(
            (plan.measure.pk, office, role.value, rank)
            for plan in [*new, *rewritten]
            for role, offices in (
                (DutyRole.LEAD, plan.duties.lead),
                (DutyRole.ASSISTING, plan.duties.assisting),
            )
            for rank, office in enumerate(offices)
        )

    def _link_inferences(self) -> None:
        """Hang 举一反三 items on the problem that their note names: of the same section first."""
        origins: dict[tuple[tuple[str, ...], str], Item] = {}
        alone: defaultdict[str, list[Item]] = defaultdict(list)
        for plan in self.plan.items:
            if plan.item and plan.item.kind == ItemKind.SPECIFIC_PROBLEM and plan.item.number:
                origins.setdefault((plan.file.path, plan.item.number), plan.item)
                alone[plan.item.number].append(plan.item)
        linked = []
        for plan in self.plan.items:
            if not plan.inferred_from or plan.item is None or plan.item.kind == ItemKind.SPECIFIC_PROBLEM:
                continue
            candidates = alone[plan.inferred_from]
            origin = origins.get((plan.file.path, plan.inferred_from)) or (
                candidates[0] if len(candidates) == 1 else None
            )
            if origin and plan.item.inferred_from_id != origin.pk:
                plan.item.inferred_from = origin
                linked.append(plan.item)
        if linked:
            Item.objects.bulk_update(linked, ["inferred_from"], batch_size=BATCH_ROWS)

    # -- history ------------------------------------------------------------------------------------------------------

    def _write_events(self, rows: list[RowPlan]) -> None:
        insert_baselines(
            ((plan.measure, plan.duties) for plan in rows if plan.outcome == NEW),
            actor=self.actor,
            occurred_at=self.now,
            reason=self.reason,
            batch=self.batch,
        )
        bulk_insert(self._events(plan for plan in rows if plan.outcome != NEW))

    def _events(self, changed: Iterable[RowPlan]) -> Iterator[ItemEvent]:
        """Made while they are written: an event carries as much as its measure."""
        for plan in changed:
            by_kind = kinds_of_change([Change(c.field, c.before, self._after(c)) for c in plan.changes])
            for kind, changes in by_kind.items():
                yield self._event(
                    plan, EventKind.IMPORT_CHANGED if kind == EventKind.EDITED else kind, changes
                )
        for item in self.plan.items:
            if item.changes:
                yield self._item_event(item)

    def _item_event(self, plan: ItemPlan) -> ItemEvent:
        item = plan.stored
        return ItemEvent(
            ledger_id=item.ledger_id,
            item_id=item.pk,
            kind=EventKind.IMPORT_CHANGED,
            occurred_at=self.now,
            occurred_on=timezone.localdate(self.now),
            actor_id=self.actor.pk if self.actor else None,
            changes=[Change(c.field, c.before, self._after(c)).as_json() for c in plan.changes],
            reason=self.reason,
            batch_id=self.batch.pk,
            workflow_state_after=item.workflow_state,
        )

    def _event(self, plan: RowPlan, kind: EventKind, changes: Iterable[Change]) -> ItemEvent:
        return event_for(
            plan.measure,
            kind=kind,
            duties=plan.duties,
            actor=self.actor,
            occurred_at=self.now,
            changes=changes,
            reason=self.reason,
            batch=self.batch,
        )

    # -- ids of what was just created ---------------------------------------------------------------------------------

    def _resolved(self, values: dict[str, Any]) -> dict[str, Any]:
        leader = values.get("leader_id")
        return {**values, "leader_id": self.positions[leader]} if leader in self.positions else values

    def _resolved_duties(self, duties: Duties) -> Duties:
        if not self.offices:
            return duties
        return Duties(
            tuple(self.offices.get(office, office) for office in duties.lead),
            tuple(self.offices.get(office, office) for office in duties.assisting),
        )

    def _after(self, change: Change) -> Any:
        if change.field == "leader_id":
            return self.positions.get(change.after, change.after)
        if change.field in OFFICE_FIELDS:
            return [self.offices.get(office, office) for office in change.after]
        return change.after


def _group_of(measure: PlainMeasure, lead: frozenset[int]) -> tuple[str, frozenset[int], date | str]:
    """What rows of one shared measure have in common."""
    return measure.key, lead, measure.due_date or measure.deadline_kind
