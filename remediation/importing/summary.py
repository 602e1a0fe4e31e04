"""A plan as the preview page shows it: plain JSON kept on the batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import islice
from typing import Any

from django.utils.translation import gettext_lazy, pgettext

from accounts.models import Office, Position
from core.workbooks.grid import column_letter
from remediation.importing.columns import BY_FIELD
from remediation.importing.issues import Issue
from remediation.importing.plain_measures import PlainMeasure
from remediation.importing.plan import CHANGED, NEW, UNCHANGED, WRONG, Plan, RowPlan
from remediation.models import ImportBatch, Item, Ledger, Measure
from remediation.numbering import SHORT_KINDS
from remediation.recording import Change
from remediation.states import MEASURE_STATUS_CHOICES

MAX_LISTED = 2000
MAX_TEXT = 300
# What the reader of the preview need not see: it follows from another field.
DERIVED_FIELDS = frozenset(
    {
        "first_due_date",
        "review_date",
        "deadline_kind",
        "completed_on",
        "reported_at",
        "reported_by_id",
        "percent_auto",
    }
)
UNKNOWN_KINDS = {"unknown_office": "office", "unknown_position": "position"}
SKIP_WORDS = {
    "blank": gettext_lazy("blank rows {count}"),
    "note": gettext_lazy("notes {count}"),
    "signature": gettext_lazy("signatures {count}"),
    "total": gettext_lazy("totals {count}"),
    "repeated_header": gettext_lazy("repeated headings {count}"),
    "section": gettext_lazy("section titles {count}"),
}
MEASURE_LABELS = {
    "leader_id": "leader",
    "deadline_text": "deadline",
    "text": "measure",
    "lead_offices": "lead_offices",
    "assisting_offices": "assisting_offices",
}


def preview_of(plan: Plan, batch: ImportBatch) -> dict[str, Any]:
    """Everything that the preview page needs, so that showing it reads one row."""
    names = _Names(plan)
    wrong_rows = {(issue.sheet, issue.row) for issue in plan.errors if issue.row}
    questions = _questions(plan)
    other_errors = [issue for issue in plan.errors if issue.kind not in UNKNOWN_KINDS]
    return {
        "title": plan.title,
        "ledger_id": plan.ledger.pk if plan.ledger else None,
        "year": plan.parsed.year,
        "file_name": batch.file_name,
        "counts": {
            "rows": len(plan.rows),
            "items": len(plan.items),
            "new": plan.count(NEW),
            "changed": plan.count(CHANGED),
            "unchanged": plan.count(UNCHANGED),
            "wrong": len(plan.errors),
            "wrong_rows": len(wrong_rows) or plan.count(WRONG),
            "missing": len(plan.missing),
            "questions": len(questions),
            "told": len(plan.warnings),
            "errors": len(other_errors),
            "new_sections": plan.new_sections,
        },
        "ledger_changes": [_shown(change, names) for change in plan.ledger_changes],
        "sheets": _sheets(plan),
        "questions": questions,
        "errors": [issue.as_record() for issue in plan.errors],
        "warnings": [issue.as_record() for issue in plan.warnings if issue.kind != "not_taken_back"],
        "new_rows": _listed(_line(row) for row in plan.rows if row.outcome == NEW),
        "unchanged_rows": _listed(_line(row) for row in plan.rows if row.outcome == UNCHANGED),
        "changes": _listed(
            entry for row in plan.rows if row.outcome == CHANGED for entry in _changes(row, names)
        ),
        "kept": _listed(
            {
                **_line(row),
                "measure_id": row.measure.pk,
                "changes": [_shown(change, names) for change in row.kept],
            }
            for row in plan.rows
            if row.kept
        ),
        "missing": [_known_line(measure) for measure in plan.missing[:MAX_LISTED]],
        "creates": {
            "office": sorted(plan.parsed.register.offices.new_names.values()) if plan.parsed.register else [],
            "position": sorted(plan.parsed.register.positions.new_names.values())
            if plan.parsed.register
            else [],
        },
    }


def skipped_words(skipped: dict[str, int]) -> str:
    """空行13，注释1，签字1."""
    parts = [
        str(SKIP_WORDS[name]).format(count=count) for name, count in skipped.items() if name in SKIP_WORDS
    ]
    return pgettext("between parts", ", ").join(parts)


def _listed(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many entries as the page lists; the others are not made."""
    return list(islice(entries, MAX_LISTED))


def _sheets(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "name": layout.sheet,
            "header": [layout.header_top, layout.header_bottom],
            "first_row": rows.first_row,
            "last_row": rows.last_row,
            "rows": len(rows.rows),
            "skipped": rows.skipped_counts(),
        }
        for layout in plan.parsed.layouts
        if (rows := plan.parsed.sheets.get(layout.sheet))
    ]


def _questions(plan: Plan) -> list[dict[str, Any]]:
    """Unknown offices and posts, each once, with where they stand and what they may be."""
    places: defaultdict[tuple[str, str], list[Issue]] = defaultdict(list)
    for issue in plan.issues:
        if issue.kind in UNKNOWN_KINDS:
            places[UNKNOWN_KINDS[issue.kind], str(issue.details["name"])].append(issue)
    register = plan.parsed.register
    found = []
    for (sort, name), issues in places.items():
        book = register and (register.offices if sort == "office" else register.positions)
        suggestions = book.suggestions(name) if book else []
        found.append(
            {
                "sort": sort,
                "name": name,
                "places": [
                    {
                        "sheet": issue.sheet,
                        "row": issue.row,
                        "letter": column_letter(issue.column or 1),
                        "heading": issue.heading,
                    }
                    for issue in issues[:20]
                ],
                "rows": len(issues),
                "suggestions": [{"id": identity, "name": book.shown[identity]} for identity in suggestions]
                if book
                else [],
            }
        )
    return found


class _Names:
    """Ids as names, for the old and the new side of a change."""

    def __init__(self, plan: Plan) -> None:
        register = plan.parsed.register
        self.offices: dict[int, str] = dict(register.offices.shown) if register else {}
        self.positions: dict[int, str] = dict(register.positions.shown) if register else {}

    def office(self, identity: int) -> str:
        if identity not in self.offices:
            office = Office.objects.filter(pk=identity).first()
            self.offices[identity] = office.name if office else "—"
        return self.offices[identity]

    def position(self, identity: int | None) -> str:
        if identity is None:
            return ""
        if identity not in self.positions:
            position = Position.objects.filter(pk=identity).first()
            self.positions[identity] = position.title if position else "—"
        return self.positions[identity]


def _number(row: RowPlan) -> dict[str, str]:
    number = row.measure.number
    return {
        "number_kind": str(SHORT_KINDS[row.item.file.kind]),
        "number": f"{row.item.number}-{number}" if row.item.number else str(number),
    }


def _line(row: RowPlan) -> dict[str, Any]:
    return {
        "sheet": row.row.sheet,
        "row": row.row.row,
        **_number(row),
        "problem": row.row.problem.text[:MAX_TEXT],
        "measure": row.row.measure[:MAX_TEXT],
    }


def _known_line(measure: PlainMeasure) -> dict[str, Any]:
    return {"measure_id": measure.pk, "item_id": measure.item_id, "measure": measure.text[:MAX_TEXT]}


def _changes(row: RowPlan, names: _Names) -> list[dict[str, Any]]:
    line = _line(row)
    changes = [*row.changes]
    if row.item.changes and row.item.rows[0] is row:
        changes += row.item.changes
    shown = [_shown(change, names) for change in changes if change.field not in DERIVED_FIELDS]
    merged = _deadline_as_one(shown)
    return [{**line, **entry} for entry in merged]


def _deadline_as_one(changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Deadline text and date are one change to a reader."""
    text = next((change for change in changes if change["field"] == "deadline_text"), None)
    due = next((change for change in changes if change["field"] == "due_date"), None)
    if text and due:
        changes = [change for change in changes if change is not text]
        due["note"] = text["after"]
    return changes


def _shown(change: Change, names: _Names) -> dict[str, Any]:
    return {
        "field": change.field,
        "label": label_of(change.field),
        "before": _value(change.field, change.before, names),
        "after": _value(change.field, change.after, names),
        "note": "",
    }


def label_of(name: str) -> str:
    """A field as the reader of a change knows it."""
    column = BY_FIELD.get(MEASURE_LABELS.get(name, name))
    if name == "due_date":
        column = BY_FIELD["deadline"]
    if column:
        return str(column.label)
    for model in (Measure, Item, Ledger):
        for field in model._meta.concrete_fields:
            if name in (field.attname, field.name):
                return str(field.verbose_name)
    return name


def _value(name: str, value: Any, names: _Names) -> str:
    if value is None or value == "":
        return ""
    if name in ("lead_offices", "assisting_offices"):
        return "、".join(names.office(identity) for identity in value)
    if name == "leader_id":
        return names.position(value)
    if name == "status":
        return str(dict(MEASURE_STATUS_CHOICES).get(value, value))
    if name == "kind":
        return str(SHORT_KINDS.get(value, value))
    if isinstance(value, bool):
        return "✓" if value else "—"
    return str(value)[:MAX_TEXT]
