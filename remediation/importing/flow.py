"""The steps of an import in the browser: each is one function on the batch, safe to repeat."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from kombu.exceptions import OperationalError

from core.decisions import ALLOWED, Decision, denied
from core.text import folded, whole_number
from remediation.deadlines import YEARS
from remediation.importing.batches import (
    WORKER_FROM_BYTES,
    forget_reading,
    queue,
    read_batch,
    run_commit,
    run_preview,
    store_file,
)
from remediation.importing.mapping import UNDECIDED, describe_workbook, mapping_problems, remember_layout
from remediation.importing.target import ledger_of_title
from remediation.importing.template import annotated_workbook
from remediation.models import BatchState, ImportBatch, Ledger

if TYPE_CHECKING:
    from accounts.models import User

OPEN_STATES = (
    BatchState.UPLOADED,
    BatchState.MAPPING,
    BatchState.PREVIEWED,
    BatchState.FAILED,
    BatchState.REFUSED,
)


class NotAnnotated(Exception):
    """The file cannot be read, so there is nothing to write comments into."""


def begin(cleaned: Mapping[str, Any], *, user: User) -> ImportBatch:
    """Store an uploaded workbook and find its table."""
    file: UploadedFile[bytes] = cleaned["file"]
    batch = store_file(file.name or "workbook", file.read(), user=user)
    ledger: Ledger | None = cleaned.get("ledger")
    batch.options = {
        "title": ledger.title if ledger else " ".join((cleaned.get("title") or "").split()),
        "ledger_id": ledger.pk if ledger else None,
        "year": cleaned.get("year"),
        "unfinished_as_basically_completed": bool(cleaned.get("unfinished_as_basically_completed")),
    }
    find_table(batch)
    return batch


def find_table(batch: ImportBatch) -> None:
    """Read the layout; the batch then waits for the mapping, or says why the file is not read."""
    workbook, refusals = read_batch(batch)
    if workbook is None:
        batch.state, batch.failure = BatchState.REFUSED, refusals[0].message
    else:
        batch.layout = describe_workbook(workbook)
        batch.state = BatchState.MAPPING if batch.layout["sheets"] else BatchState.REFUSED
        if batch.layout["sheets"]:
            first = batch.layout["sheets"][0]
            batch.options.setdefault("title", "")
            batch.options["title"] = batch.options["title"] or first["title"] or Path(batch.file_name).stem
            batch.rows_total = sum(sheet["rows"] for sheet in batch.layout["sheets"])
        else:
            from remediation.importing.issues import Issue

            batch.failure = Issue("no_ledger").message
            forget_reading(batch)
    batch.save()


def choose_mapping(batch: ImportBatch, posted: QueryDict) -> list[str]:
    """Take the fields chosen for the columns; returns what still stands in the way of a preview."""
    if batch.state != BatchState.MAPPING:
        return [_("This import is not at this step any more")]
    sheets = batch.layout.get("sheets", [])
    chosen_sheets = [
        sheet["name"] for sheet in sheets if len(sheets) == 1 or sheet["name"] in posted.getlist("sheets")
    ]
    problems: list[str] = [] if chosen_sheets else [_("No sheet is chosen")]
    mapping: dict[str, dict[str, str]] = {}
    for place, sheet in enumerate(sheets):
        chosen = _take_fields(sheet, posted, place=place)
        if sheet["name"] in chosen_sheets:
            problems += mapping_problems(sheet, chosen)
            mapping[sheet["name"]] = chosen
    title = " ".join(posted.get("title", batch.options.get("title", "")).split())[:200]
    if not title:
        problems.append(_("The ledger has no title"))
    written = posted.get("year", "").strip()
    year = whole_number(written)
    if written and year not in YEARS:
        problems.append(_("The year is a number from 1990 to 2100"))
    else:
        batch.options["year"] = year
    if title != batch.options.get("title"):
        batch.options["ledger_id"] = None
    batch.options |= {"title": title, "mapping": mapping, "sheets": chosen_sheets}
    if problems:
        return problems
    if posted.get("remember"):
        for sheet in sheets:
            if sheet["name"] in mapping:
                remember_layout(sheet["signature"], mapping[sheet["name"]])
    batch.save(update_fields=["options", "layout", "updated_at"])
    return []


def _take_fields(sheet: dict[str, Any], posted: QueryDict, *, place: int) -> dict[str, str]:
    """The fields posted for the columns of a sheet, noted on its description too."""
    chosen = {}
    for column in sheet["columns"]:
        value = posted.get(f"field-{place}-{column['index']}", column["field"])
        if value != column["field"]:
            column["reason"] = "ambiguous" if value == UNDECIDED else "chosen"
            column["field"] = value
        chosen[str(column["index"])] = value
    return chosen


def back_to_mapping(batch: ImportBatch) -> None:
    """Let the columns be changed again."""
    queue(batch, BatchState.MAPPING, from_states=(BatchState.PREVIEWED, BatchState.FAILED))


def start_preview(batch: ImportBatch) -> None:
    """Preview now, or in the worker when the file is large."""
    if queue(
        batch,
        BatchState.PREVIEW_QUEUED,
        from_states=(BatchState.MAPPING, BatchState.PREVIEWED, BatchState.FAILED),
    ):
        _run(batch, "preview")


def start_commit(batch: ImportBatch) -> None:
    """Write now, or in the worker when the file is large."""
    if queue(batch, BatchState.COMMIT_QUEUED, from_states=(BatchState.PREVIEWED,)):
        _run(batch, "commit")


def _run(batch: ImportBatch, job: str) -> None:
    from remediation.tasks import commit_import, preview_import

    if batch.file.size < WORKER_FROM_BYTES:
        (run_preview if job == "preview" else run_commit)(batch.pk)
        return
    task = preview_import if job == "preview" else commit_import

    def wake() -> None:
        try:
            task.delay(batch.pk)
        except OperationalError:
            return  # the sweep finds the waiting row

    transaction.on_commit(wake)


def answer(batch: ImportBatch, posted: QueryDict) -> None:
    """Keep what was answered about unknown names (``office-0``: id, ``create``) and about rows taken back."""
    if batch.state != BatchState.PREVIEWED:
        return
    answers = {"office": {}, "position": {}, **batch.answers}
    for place, question in enumerate(batch.preview.get("questions", [])):
        value = posted.get(f"question-{place}", "")
        if value in ("", "other"):
            value = posted.get(f"other-{place}", "")
        if value == "create":
            answers[question["sort"]][question["name"]] = {"create": True}
        elif (known := whole_number(value)) is not None:
            alias = posted.get(f"alias-{place}") == "on"
            answers[question["sort"]][question["name"]] = {"is": known, "alias": alias}
    for forgotten in posted.getlist("forget"):
        sort, _colon, name = forgotten.partition(":")
        answers.get(sort, {}).pop(name, None)
    batch.answers = answers
    if "kept" in posted:
        batch.options["take_back"] = [
            pk for value in posted.getlist("take_back") if (pk := whole_number(value)) is not None
        ]
    batch.save(update_fields=["answers", "options", "updated_at"])


def can_commit(batch: ImportBatch) -> Decision:
    """Whether the preview lets the import be written, with the reason why not."""
    if batch.state != BatchState.PREVIEWED:
        return denied(_("There is no preview that could be written."))
    counts = batch.preview.get("counts", {})
    reasons = []
    if errors := counts.get("errors", 0):
        reasons.append(ngettext("{count} error", "{count} errors", errors).format(count=errors))
    if questions := counts.get("questions", 0):
        reasons.append(
            ngettext("{count} name to settle", "{count} names to settle", questions).format(count=questions)
        )
    if reasons:
        return denied(
            _("There are still {reasons}. Everything is written or nothing.").format(
                reasons=pgettext("between reasons", ", ").join(reasons)
            )
        )
    if not (counts.get("new") or counts.get("changed") or batch.preview.get("ledger_changes")):
        return denied(_("The workbook agrees with the ledger; nothing has to be written."))
    return ALLOWED


def replace_file(batch: ImportBatch, file: UploadedFile[bytes], *, user: User) -> ImportBatch:
    """A new batch from a corrected file that takes over choices and answers; the old one is thrown away."""
    successor = store_file(file.name or batch.file_name, file.read(), user=user)
    successor.options, successor.answers = dict(batch.options), batch.answers
    successor.options["take_back"] = []
    find_table(successor)
    if successor.state == BatchState.MAPPING:
        same = {sheet["name"]: sheet["signature"] for sheet in batch.layout.get("sheets", [])}
        now_ = {sheet["name"]: sheet["signature"] for sheet in successor.layout["sheets"]}
        if same == now_ and successor.options.get("mapping"):
            successor.layout = {**successor.layout, "sheets": _with_chosen(successor)}
            successor.save(update_fields=["layout", "updated_at"])
            start_preview(successor)
            discard(batch)
    return successor


def _with_chosen(batch: ImportBatch) -> list[dict[str, Any]]:
    """The described sheets with the fields chosen for the file before."""
    sheets = batch.layout["sheets"]
    for sheet in sheets:
        chosen = batch.options["mapping"].get(sheet["name"], {})
        for column in sheet["columns"]:
            field = chosen.get(str(column["index"]), column["field"])
            if field != column["field"]:
                column["field"], column["reason"] = field, "chosen"
    return list(sheets)


def discard(batch: ImportBatch) -> bool:
    """Delete an import that was never written, with its file."""
    with transaction.atomic():
        locked = ImportBatch.objects.select_for_update().filter(pk=batch.pk, state__in=OPEN_STATES).first()
        if locked is None:
            return False
        name = locked.file.name
        storage = locked.file.storage
        locked.delete()
    forget_reading(batch)
    if name:
        storage.delete(name)
    return True


def annotated(batch: ImportBatch) -> bytes:
    """The uploaded workbook with a comment on every cell that the preview speaks of."""
    workbook, refusals = read_batch(batch)
    if workbook is None:
        raise NotAnnotated(refusals[0].message)
    preview = batch.preview
    findings = [*preview.get("errors", []), *preview.get("warnings", [])]
    return annotated_workbook(Path(batch.file.path), workbook, findings)


def annotated_name(batch: ImportBatch) -> str:
    """The name of the annotated copy; always a new .xlsx."""
    return _("{stem} (annotated).xlsx").format(stem=Path(batch.file_name).stem)


def attachment(name: str) -> str:
    """A Content-Disposition that keeps a Chinese file name."""
    return f"attachment; filename*=UTF-8''{quote(name)}"


def is_same_title(batch: ImportBatch) -> Ledger | None:
    """The existing ledger that the batch's title names; the page says that it will be updated."""
    title = batch.options.get("title", "")
    return ledger_of_title(title) if folded(title) else None
