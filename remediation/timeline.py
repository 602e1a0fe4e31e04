"""办理过程: the history of an item as people read it, from its ``ItemEvent`` rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from accounts.models import Office, Position, User
from core import notation
from remediation.models import EventKind, Item, ItemEvent, Measure, ReportKind
from remediation.numbering import Number
from remediation.states import CompletionStatus, DeadlineKind, ItemKind, WorkflowState

# What the filter of the item page calls the events.
FILTERS: dict[str, tuple[EventKind, ...]] = {
    "progress": (EventKind.REPORTED, EventKind.CORRECTED, EventKind.NOTED, EventKind.REPORT_UNDONE),
    "deadline": (EventKind.DEADLINE_CHANGED,),
}
IN_BULK = (
    EventKind.BASELINE,
    EventKind.CREATED,
    EventKind.IMPORT_CHANGED,
    EventKind.IMPORT_UNDONE,
)
OFFICE_FIELDS = frozenset({"lead_offices", "assisting_offices"})
DATE_FIELDS = frozenset({"due_date", "first_due_date", "review_date", "completed_on", "started_on"})
CHOICE_FIELDS: dict[str, Mapping[str, Any]] = {
    "status": dict(CompletionStatus.choices),
    "reported_status": dict(CompletionStatus.choices),
    "workflow_state": dict(WorkflowState.choices),
    "deadline_kind": dict(DeadlineKind.choices),
    "kind": dict(ItemKind.choices),
}
LABELS: dict[str, str | Promise] = {
    "lead_offices": _("Lead offices"),
    "assisting_offices": _("Assisting offices"),
    # 50% → 60% says itself what it is.
    "percent": "",
    "progress": _("Progress"),
    "completed_on": _("Completed on"),
}
# Long texts: that they changed is said, the texts themselves stand on the page and in the report.
TEXT_FIELDS = frozenset({"text", "note", "problem", "cause", "goal", "progress"})
# Follow from what is told anyway.
SILENT_FIELDS = frozenset({"completed_on", "deadline_kind", "key", "first_due_date"})
NOTHING = pgettext_lazy("value", "none")
# What a line says of an event, and who is named: whole rows of seven tables would be ninety columns more.
SAID_BY = ("actor__office", "report__office")
SAID = (
    *("kind", "changes", "reason", "occurred_at"),
    *("item_id", "measure_id", "batch_id", "actor_id", "report_id"),
    *("actor__username", "actor__display_name", "actor__office__name"),
    *("report__kind", "report__text", "report__text_before", "report__office__name"),
    "measure__number",
)


@dataclass(frozen=True)
class Turn:
    """One field, old beside new, in words."""

    label: str
    before: str
    after: str


@dataclass
class Entry:
    """One line of the history."""

    verb: str
    subject: str
    turns: list[Turn]
    at: datetime
    who: str
    quote: str = ""
    reason: str = ""
    count: int = 1
    event: ItemEvent | None = None
    words: list[str] = field(default_factory=list)
    number: Number | None = None


def events_of(item: Item, *, kind: str = "") -> QuerySet[ItemEvent]:
    """The events of ``item``, newest first, of one of ``FILTERS``, of the ``other`` ones, or all."""
    events = ItemEvent.objects.filter(item=item)
    if kind in FILTERS:
        events = events.filter(kind__in=FILTERS[kind])
    elif kind == "other":
        events = events.exclude(kind__in=[one for kinds in FILTERS.values() for one in kinds])
    return newest_first(events).select_related(*SAID_BY, "measure", "batch").only(*SAID, "batch__file_name")


def with_numbers(events: QuerySet[ItemEvent]) -> QuerySet[ItemEvent]:
    """Events of measures with what a line says of them, and with what their measures' numbers are made of."""
    number = [f"measure__item__{name}" for name in ("kind", "number", "workflow_state")]
    return newest_first(events).select_related(*SAID_BY, "measure__item").only(*SAID, *number)


def newest_first(events: QuerySet[ItemEvent]) -> QuerySet[ItemEvent]:
    """Events in the order in which people read them."""
    return events.order_by("-occurred_at", "-pk")


def entries(events: Iterable[ItemEvent]) -> list[Entry]:
    """Lines for ``events``; rows of one import that stand together are one line. Two queries at most, for names."""
    events = list(events)
    names = Names.of(events)
    lines: list[Entry] = []
    before: ItemEvent | None = None
    for event in events:
        if before is not None and lines and _same_stroke(before, event):
            lines[-1].count += 1
        else:
            lines.append(_entry(event, names))
        before = event
    for line in lines:
        if line.count > 1:
            line.turns = []
            line.subject = ngettext("%(count)d measure", "%(count)d measures", line.count) % {
                "count": line.count
            }
    return lines


def _same_stroke(one: ItemEvent, other: ItemEvent) -> bool:
    return (
        one.kind in IN_BULK
        and (one.kind, one.batch_id, one.actor_id) == (other.kind, other.batch_id, other.actor_id)
        and one.batch_id is not None
    )


@dataclass(frozen=True)
class Names:
    """The names of offices and posts that the changes speak of by id."""

    offices: Mapping[int, str]
    positions: Mapping[int, str]

    @classmethod
    def of(cls, events: Sequence[ItemEvent]) -> Names:
        """Read the names that ``events`` need; no query where they need none."""
        offices: set[int] = set()
        positions: set[int] = set()
        for change in (change for event in events for change in event.changes):
            for value in (change["from"], change["to"]):
                if change["field"] in OFFICE_FIELDS:
                    offices.update(value or ())
                elif change["field"] == "leader_id" and value:
                    positions.add(value)
        return cls(
            dict(Office.objects.filter(pk__in=offices).values_list("pk", "name")) if offices else {},
            dict(Position.objects.filter(pk__in=positions).values_list("pk", "title")) if positions else {},
        )

    def words(self, name: str, value: Any) -> str:
        """``value`` of the field ``name`` as people read it."""
        if value in (None, "", []):
            return str(NOTHING)
        if name in OFFICE_FIELDS:
            return "、".join(self.offices.get(office, "?") for office in value)
        if name == "leader_id":
            return self.positions.get(value, "?")
        if name in CHOICE_FIELDS:
            return str(CHOICE_FIELDS[name].get(value, value))
        if name in DATE_FIELDS:
            return notation.day(date.fromisoformat(value))
        if name == "percent":
            return notation.whole_percent(value)
        if isinstance(value, bool):
            return _t("yes") if value else _t("no")
        return str(value)


def field_label(event: ItemEvent, name: str) -> str:
    """The word for a field: the model's own, where it is not told differently here."""
    if name in LABELS:
        return str(LABELS[name])
    model: type[Measure | Item] = Measure if event.measure_id else Item
    known = {one.name: one for one in model._meta.get_fields() if hasattr(one, "verbose_name")}
    found = known.get(name.removesuffix("_id"))
    return str(getattr(found, "verbose_name", name))


def _entry(event: ItemEvent, names: Names) -> Entry:
    turns = [
        Turn(
            field_label(event, change["field"]),
            names.words(change["field"], change["from"]),
            names.words(change["field"], change["to"]),
        )
        for change in event.changes
        if change["field"] not in TEXT_FIELDS | SILENT_FIELDS and not _says_nothing_new(change)
    ]
    words = [
        field_label(event, change["field"])
        for change in event.changes
        if change["field"] in TEXT_FIELDS and change["field"] != "progress"
    ]
    return Entry(
        verb=str(VERBS[EventKind(event.kind)]),
        subject=_subject(event),
        turns=turns,
        at=event.occurred_at,
        who=who_did(event),
        quote=_quote(event),
        reason=event.reason,
        event=event,
        words=words,
    )


def _says_nothing_new(change: Mapping[str, Any]) -> bool:
    """A status word of a sheet that is the status' own word; any other one is told."""
    if change["field"] != "status_text":
        return False
    return {change["from"], change["to"]} <= {"", *(str(word) for word in CHOICE_FIELDS["status"].values())}


def _subject(event: ItemEvent) -> str:
    if event.measure is None:
        return ""
    return _t("Measure %(number)s") % {"number": event.measure.number}


def _quote(event: ItemEvent) -> str:
    report = event.report
    if report is None or report.kind == ReportKind.UNDO:
        return ""
    return report.text if report.text != report.text_before else ""


def who_did(event: ItemEvent) -> str:
    """Office and name of whoever did it; an import by nobody says so."""
    if event.actor is None:
        return _t("System")
    office = event.report.office if event.report is not None else event.actor.office
    return named_with_office(event.actor, office)


def named_with_office(user: User, office: Office | None) -> str:
    """医政医管处 · 人员; the name alone where it says the office itself (医政医管处经办人)."""
    name = str(user)
    return name if office is None or name.startswith(str(office)) else f"{office} · {name}"


VERBS: dict[EventKind, str | Promise] = {
    EventKind.BASELINE: pgettext_lazy("history", "Imported"),
    EventKind.CREATED: pgettext_lazy("history", "Created"),
    EventKind.REPORTED: pgettext_lazy("history", "Progress"),
    EventKind.CORRECTED: pgettext_lazy("history", "Corrected"),
    EventKind.NOTED: pgettext_lazy("history", "Assisting office's note"),
    EventKind.REPORT_UNDONE: pgettext_lazy("history", "Taken back"),
    EventKind.EDITED: pgettext_lazy("history", "Edited"),
    EventKind.DEADLINE_CHANGED: pgettext_lazy("history", "Deadline changed"),
    EventKind.OFFICES_CHANGED: pgettext_lazy("history", "Offices changed"),
    EventKind.LEADER_CHANGED: pgettext_lazy("history", "Leader changed"),
    EventKind.STATE_CHANGED: pgettext_lazy("history", "State changed"),
    EventKind.IMPORT_CHANGED: pgettext_lazy("history", "Changed by an import"),
    EventKind.IMPORT_UNDONE: pgettext_lazy("history", "Import withdrawn"),
}
