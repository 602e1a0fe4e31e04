"""What the pages of an import show, by the state of its batch."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.models import Office, Position
from remediation.forms.importing import ReplaceForm
from remediation.importing import flow
from remediation.importing.issues import Issue
from remediation.importing.mapping import UNDECIDED, mapping_problems, reason_words, target_choices
from remediation.importing.summary import skipped_words
from remediation.importing.undoing import can_undo_import
from remediation.models import BatchState, ImportBatch

STEPS = (
    gettext_lazy("Upload"),
    gettext_lazy("Check columns"),
    gettext_lazy("Preview"),
    gettext_lazy("Write"),
)
ROWS_PER_PAGE = 100
SHOWN_CHANGES = 20
WAITING_STATES = frozenset(
    {BatchState.PREVIEW_QUEUED, BatchState.PREVIEWING, BatchState.COMMIT_QUEUED, BatchState.COMMITTING}
)
SHEET_WORDS = {
    "hidden": gettext_lazy("hidden sheet"),
    "empty": gettext_lazy("empty"),
    "no_table": gettext_lazy("no ledger in it"),
    "instructions": gettext_lazy("instructions"),
    "not_chosen": gettext_lazy("not chosen"),
}


def detail_context(request: HttpRequest, batch: ImportBatch) -> tuple[str, dict[str, Any]]:
    """The template and its context for the batch as it stands."""
    if batch.state == BatchState.MAPPING:
        return "remediation/imports/mapping.html", mapping_context(batch)
    if batch.state in WAITING_STATES:
        template = (
            "remediation/imports/_progress.html"
            if request.headers.get("HX-Request")
            else "remediation/imports/progress.html"
        )
        return template, _progress_context(batch)
    if batch.state == BatchState.PREVIEWED:
        return "remediation/imports/preview.html", preview_context(request, batch)
    return "remediation/imports/result.html", _result_context(batch)


def _base(batch: ImportBatch, *, title: str, step: int) -> dict[str, Any]:
    return {
        "page_title": title,
        "back_url": reverse("remediation:import_list"),
        "batch": batch,
        "steps": [str(label) for label in STEPS],
        "step": step,
        "crumbs": [(_("Import"), reverse("remediation:import_list")), (batch.file_name, None)],
    }


def mapping_context(batch: ImportBatch, *, problems: list[str] | None = None) -> dict[str, Any]:
    """The columns of each ledger sheet with samples, field, and the reason of the match."""
    sheets = []
    targets = target_choices()
    asked = 0
    waiting: list[str] = []
    for place, sheet in enumerate(batch.layout.get("sheets", [])):
        columns = [
            {
                **column,
                "name": f"field-{place}-{column['index']}",
                "sample": pgettext("between parts", "; ").join(column["samples"]),
                "reason_words": reason_words(column),
                "asks": column["field"] == UNDECIDED,
            }
            for column in sheet["columns"]
        ]
        questions = sum(column["asks"] for column in columns)
        asked += questions
        chosen = {str(column["index"]): column["field"] for column in columns}
        waiting += mapping_problems(sheet, chosen)
        sheets.append(
            {
                **sheet,
                "columns": columns,
                "recognised": sum(1 for column in columns if column["field"] not in ("", UNDECIDED)),
                "asked": questions,
                "left_out": sum(1 for column in columns if column["field"] == ""),
                "skipped_words": skipped_words(sheet["skipped"]),
                "depth": sheet["header"][1] - sheet["header"][0] + 1,
                "chosen": not batch.options.get("sheets") or sheet["name"] in batch.options["sheets"],
            }
        )
    skipped = batch.layout.get("skipped", {})
    return {
        **_base(batch, title=_("Check columns"), step=2),
        "sheets": sheets,
        "targets": targets,
        "asked": asked,
        "problems": problems or [],
        "guessed": [sheet["name"] for sheet in sheets if sheet.get("is_guess")],
        "looked_for": Issue("no_ledger").problem,
        "waiting": waiting,
        "undecided": UNDECIDED,
        "title": batch.options.get("title", ""),
        "year": batch.options.get("year") or "",
        "year_found": next((sheet["year"] for sheet in sheets if sheet["year"]), None),
        "existing": flow.is_same_title(batch),
        "skipped_sheets": [(name, SHEET_WORDS.get(why, "")) for name, why in skipped.items()],
    }


def _progress_context(batch: ImportBatch) -> dict[str, Any]:
    committing = batch.state in (BatchState.COMMIT_QUEUED, BatchState.COMMITTING)
    return {
        **_base(batch, title=_("Writing") if committing else _("Preview"), step=4 if committing else 3),
        "committing": committing,
        "queued": batch.state in (BatchState.PREVIEW_QUEUED, BatchState.COMMIT_QUEUED),
        "percent_done": round(batch.rows_done * 100 / batch.rows_total) if batch.rows_total else 0,
    }


def preview_context(request: HttpRequest, batch: ImportBatch) -> dict[str, Any]:
    """Counts as tabs, questions, errors and what is only told, changes old beside new."""
    preview = batch.preview
    counts = preview["counts"]
    shown = request.GET.get("show", "")
    lists = {
        "new": preview["new_rows"],
        "changed": preview["changes"],
        "unchanged": preview["unchanged_rows"],
        "missing": preview["missing"],
        "told": preview["warnings"],
        "wrong": preview["errors"],
    }
    if shown not in lists:
        # What needs a look first: errors and warnings, then what the import would bring.
        to_look_at = lists["wrong"] or lists["told"] or not lists["new"]
        shown = "wrong" if to_look_at or lists["changed"] else "new"
    here = reverse("remediation:import_detail", args=[batch.pk])
    return {
        **_base(batch, title=_("Preview"), step=3),
        "phone_title": _("Import preview"),
        "preview": preview,
        "counts": counts,
        "show": shown,
        "page": Paginator(lists[shown], ROWS_PER_PAGE).get_page(request.GET.get("page")),
        "questions": _question_context(preview),
        "answered": _answered(batch),
        "changes": preview["changes"][:SHOWN_CHANGES],
        "more_changes": max(0, len(preview["changes"]) - SHOWN_CHANGES),
        "warnings": preview["warnings"][:ROWS_PER_PAGE],
        "taken_back": batch.options.get("take_back", []),
        "decision": flow.can_commit(batch),
        "replace_form": ReplaceForm(),
        "ledger_changes": preview.get("ledger_changes", []),
        "all_unchanged": not (
            counts["new"] or counts["changed"] or counts["wrong"] or preview.get("ledger_changes")
        ),
        "cells": [
            (
                _("Wrong"),
                counts["wrong"],
                _("to be corrected before writing"),
                f"{here}?show=wrong",
                shown == "wrong",
            ),
            (_("New"), counts["new"], _("not in the ledger"), f"{here}?show=new", shown == "new"),
            (
                _("Differs"),
                counts["changed"],
                _("other than in the ledger"),
                f"{here}?show=changed",
                shown == "changed",
            ),
            (
                _("Unchanged"),
                counts["unchanged"],
                _("will not be written"),
                f"{here}?show=unchanged",
                shown == "unchanged",
            ),
            (
                _("Missing from the file"),
                counts["missing"],
                _("in the ledger alone; they stay"),
                f"{here}?show=missing",
                shown == "missing",
            ),
            (
                _("Names to settle"),
                counts["questions"],
                _("{count} rows in all").format(count=counts["rows"]),
                f"{here}#questions",
                False,
            ),
        ],
        "sheet_words": [
            (sheet["name"], sheet["first_row"], sheet["last_row"], skipped_words(sheet["skipped"]))
            for sheet in preview["sheets"]
        ],
    }


def _question_context(preview: dict[str, Any]) -> list[dict[str, Any]]:
    if not preview["questions"]:
        return []
    sorts = {question["sort"] for question in preview["questions"]}
    choices = {
        "office": list(
            Office.objects.filter(is_active=True).order_by("order", "pk").values_list("pk", "name")
        )
        if "office" in sorts
        else [],
        "position": list(
            Position.objects.filter(is_active=True).order_by("order", "pk").values_list("pk", "title")
        )
        if "position" in sorts
        else [],
    }
    return [
        {
            **question,
            "place": place,
            "choices": choices[question["sort"]],
            "first": question["places"][0] if question["places"] else None,
        }
        for place, question in enumerate(preview["questions"])
    ]


def _answered(batch: ImportBatch) -> list[dict[str, Any]]:
    """What was settled already, so that it can be taken back."""
    names = (
        {
            "office": dict(
                Office.objects.filter(
                    pk__in=[a["is"] for a in batch.answers.get("office", {}).values() if "is" in a]
                ).values_list("pk", "name")
            ),
            "position": dict(
                Position.objects.filter(
                    pk__in=[a["is"] for a in batch.answers.get("position", {}).values() if "is" in a]
                ).values_list("pk", "title")
            ),
        }
        if batch.answers
        else {}
    )
    return [
        {
            "sort": sort,
            "name": name,
            "is": names.get(sort, {}).get(answer.get("is"), ""),
            "create": bool(answer.get("create")),
            "alias": bool(answer.get("alias")),
        }
        for sort, answers in batch.answers.items()
        for name, answer in answers.items()
    ]


def registered(batch: ImportBatch) -> list[tuple[str, str]]:
    """What the import entered in the registers, which stays there when it is withdrawn: label, names."""
    labels = {
        "offices": _("Offices created"),
        "positions": _("Posts created"),
        "aliases": _("Names remembered"),
    }
    return [
        (label, "、".join(batch.result[name])) for name, label in labels.items() if batch.result.get(name)
    ]


def _result_context(batch: ImportBatch) -> dict[str, Any]:
    done = batch.state in (BatchState.COMMITTED, BatchState.UNDONE)
    title = {
        BatchState.COMMITTED: _("Written"),
        BatchState.UNDONE: _("Withdrawn"),
        BatchState.REFUSED: _("Not read"),
    }.get(BatchState(batch.state), _("Import failed"))
    skipped = batch.layout.get("skipped", {})
    return {
        **_base(batch, title=str(title), step=5 if done else 1),
        "can_undo": can_undo_import(batch),
        "result": batch.result,
        "registered": registered(batch),
        "skipped_sheets": [(name, SHEET_WORDS.get(why, "")) for name, why in skipped.items()],
        "ledger_url": f"{reverse('remediation:measure_list')}?ledger={batch.ledger_id}"
        if batch.ledger_id
        else "",
        "failed": batch.state == BatchState.FAILED,
        "refused": batch.state == BatchState.REFUSED,
        "undone": batch.state == BatchState.UNDONE,
        "committed": batch.state == BatchState.COMMITTED,
    }
