"""The life of an import: a stored file, a preview, a commit, an undo; jobs are rows claimed by conditional UPDATE.

The database is the truth and a task is only a wake-up: every step may run twice and does its work once.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Notification
from core import audit
from core.clock import now, today
from core.collector import collector_paused
from core.models import CalendarDay
from core.workbooks.grid import Workbook
from core.workbooks.kept import SUFFIX, forget_older
from remediation.importing.issues import Issue
from remediation.importing.plan import CHANGED, NEW, Plan, build_plan
from remediation.importing.reading import ImportOptions, Parsed, open_workbook, parse_workbook
from remediation.importing.summary import preview_of
from remediation.importing.writing import PlanHasErrors, Written, write_plan
from remediation.models import BatchState, ImportBatch

if TYPE_CHECKING:
    from accounts.models import User

# From this size on the worker reads and writes; below it the request does, in well under a second.
WORKER_FROM_BYTES = 256 * 1024
# Where what was read of such a file is kept until it is written or thrown away, but no longer than this.
READINGS = "imports/read"
READING_KEPT_FOR = timedelta(hours=12)
STALE_AFTER = timedelta(minutes=10)
QUEUED_TOO_LONG = timedelta(seconds=20)


def store_file(
    name: str, content: bytes, *, user: User | None, options: ImportOptions | None = None
) -> ImportBatch:
    """A new batch with its file in the private store."""
    batch = ImportBatch(
        user=user, file_name=Path(name).name[:255], sha256=hashlib.sha256(content).hexdigest()
    )
    suffix = Path(name).suffix[:10]
    batch.file.save(f"{uuid.uuid4().hex}{suffix}", ContentFile(content), save=False)
    if options:
        batch.options = options_json(options)
    batch.save()
    return batch


def options_json(options: ImportOptions) -> dict[str, Any]:
    """The options as the batch keeps them."""
    return {
        "title": options.title,
        "ledger_id": options.ledger_id,
        "year": options.year,
        "create_missing": options.create_missing,
        "unfinished_as_basically_completed": options.unfinished_as_basically_completed,
        "mapping": {sheet: dict(columns) for sheet, columns in options.mapping.items()},
        "sheets": list(options.sheets),
        "take_back": sorted(options.take_back),
    }


def read_batch(batch: ImportBatch) -> tuple[Workbook | None, list[Issue]]:
    """The batch's workbook, or why it is not read. The three steps of an import open a large file once between them."""
    kept = _kept_reading(batch) if batch.file.size >= WORKER_FROM_BYTES else None
    return open_workbook(Path(batch.file.path), kept=kept)


def forget_reading(batch: ImportBatch) -> None:
    """Delete what was kept of the batch's file."""
    _kept_reading(batch).unlink(missing_ok=True)


def forget_old_readings() -> None:
    """Delete what imports that nobody went on with have left behind."""
    forget_older(Path(ImportBatch._meta.get_field("file").storage.path(READINGS)), READING_KEPT_FOR)


def _kept_reading(batch: ImportBatch) -> Path:
    return Path(batch.file.storage.path(f"{READINGS}/{Path(batch.file.name or '').stem}{SUFFIX}"))


def parse_batch(batch: ImportBatch, *, progress: Callable[[int], None] | None = None) -> Parsed:
    """Read the batch's file again into rows."""
    workbook, refusals = read_batch(batch)
    if workbook is None:
        return Parsed(issues=refusals)
    options = ImportOptions.from_json(batch.options)
    return parse_workbook(workbook, options=options, answers=batch.answers, progress=progress)


def plan_batch(batch: ImportBatch, parsed: Parsed, *, lock: bool = False) -> Plan:
    """What the batch would do now."""
    return build_plan(
        parsed,
        options=ImportOptions.from_json(batch.options),
        today=today(),
        calendar=CalendarDay.objects.work_calendar(),
        lock=lock,
    )


def run_preview(batch_id: int) -> bool:
    """Read, plan and store the preview of a queued batch; False when somebody else has the job."""
    batch = _claimed(batch_id, BatchState.PREVIEW_QUEUED, BatchState.PREVIEWING)
    if batch is None:
        return False
    try:
        parsed = parse_batch(batch, progress=lambda rows: _tell_progress(batch, rows))
        with collector_paused():
            preview = preview_of(plan_batch(batch, parsed), batch)
    except Exception as error:
        _fail(batch, error)
        raise
    ImportBatch.objects.filter(pk=batch.pk, claim=batch.claim).update(
        state=BatchState.PREVIEWED, preview=preview, rows_total=len(parsed.rows), rows_done=len(parsed.rows), claim="",
        updated_at=timezone.now(),
    )  # fmt: skip
    return True


def run_commit(batch_id: int) -> bool:
    """Rebuild the plan and write it, in one transaction; False when somebody else has the job.

    With errors nothing is written and the batch goes back to its preview, which then shows them.
    """
    batch = _claimed(batch_id, BatchState.COMMIT_QUEUED, BatchState.COMMITTING)
    if batch is None:
        return False
    try:
        parsed = parse_batch(batch)
        _tell_progress(batch, len(parsed.rows))
        try:
            commit_parsed(batch, parsed)
            forget_reading(batch)
        except PlanHasErrors:
            preview = preview_of(plan_batch(batch, parsed), batch)
            ImportBatch.objects.filter(pk=batch.pk).update(
                state=BatchState.PREVIEWED, preview=preview, claim=""
            )
    except Exception as error:
        _fail(batch, error)
        raise
    return True


def commit_parsed(batch: ImportBatch, parsed: Parsed) -> tuple[Plan, Written]:
    """Plan with the ledger's measures locked, write, and mark the batch as written: all or nothing.

    Raises ``PlanHasErrors``; a batch that is already written is refused by the conditional UPDATE.
    """
    with collector_paused(), transaction.atomic():
        moment = now()
        claimed = (
            ImportBatch.objects.filter(pk=batch.pk)
            .exclude(state__in=[BatchState.COMMITTED, BatchState.UNDONE])
            .update(state=BatchState.COMMITTED, committed_at=moment, claim="", updated_at=moment)
        )
        if not claimed:
            raise RuntimeError("the batch is already written")
        plan = plan_batch(batch, parsed, lock=True)
        written = write_plan(plan, batch=batch, actor=batch.user, answers=batch.answers, now=moment)
        batch.result = {
            "created": written.created,
            "updated": written.updated,
            "unchanged": len(plan.rows) - written.created - written.updated,
            "missing": len(plan.missing),
            "sections": list(written.sections),
            "offices": list(written.offices),
            "positions": list(written.positions),
            "aliases": list(written.aliases),
            "ledger_changes": [change.as_json() for change in plan.ledger_changes],
            "new_ledger": plan.ledger is None,
        }
        batch.ledger, batch.state, batch.committed_at = written.ledger, BatchState.COMMITTED, moment
        batch.rows_total = batch.rows_done = len(plan.rows)
        batch.save(update_fields=["result", "ledger", "rows_total", "rows_done", "updated_at"])
        audit.record(
            "ledger_imported",
            actor=batch.user,
            target=written.ledger.title,
            file=batch.file_name,
            created=written.created,
            updated=written.updated,
        )
    return plan, written


def tell_finished(batch_id: int) -> None:
    """Leave the person who imports a message that the worker is done; once for each state reached."""
    batch = ImportBatch.objects.without_preview().select_related("user").get(pk=batch_id)
    if batch.user is None:
        return
    Notification.objects.get_or_create(
        recipient=batch.user,
        key=f"import-{batch.pk}-{batch.state}-{batch.updated_at:%Y%m%d%H%M%S}",
        defaults={
            "kind": "import",
            "title": _("{file}: {state}").format(file=batch.file_name, state=batch.get_state_display())[:200],
            "url": reverse("remediation:import_detail", args=[batch.pk]),
        },
    )


def queue(batch: ImportBatch, state: BatchState, *, from_states: tuple[BatchState, ...]) -> bool:
    """Put the batch into a waiting state; False when it is in none of ``from_states`` any more."""
    return bool(
        ImportBatch.objects.filter(pk=batch.pk, state__in=from_states).update(
            state=state, claimed_at=None, claim="", rows_done=0, failure="", updated_at=timezone.now()
        )
    )


def waiting_jobs() -> list[tuple[str, int]]:
    """Jobs that a lost message or a dead worker left behind: ("preview" or "commit", batch id)."""
    moment = timezone.now()
    for running, waiting in (
        (BatchState.PREVIEWING, BatchState.PREVIEW_QUEUED),
        (BatchState.COMMITTING, BatchState.COMMIT_QUEUED),
    ):
        ImportBatch.objects.filter(state=running, claimed_at__lt=moment - STALE_AFTER).update(
            state=waiting, claim="", claimed_at=None
        )
    queued = ImportBatch.objects.filter(
        state__in=[BatchState.PREVIEW_QUEUED, BatchState.COMMIT_QUEUED],
        updated_at__lt=moment - QUEUED_TOO_LONG,
    ).order_by("pk")
    return [
        ("preview" if state == BatchState.PREVIEW_QUEUED else "commit", pk)
        for pk, state in queued.values_list("pk", "state")[:100]
    ]


def _claimed(batch_id: int, waiting: BatchState, running: BatchState) -> ImportBatch | None:
    claim = uuid.uuid4().hex
    won = ImportBatch.objects.filter(pk=batch_id, state=waiting).update(
        state=running, claim=claim, claimed_at=timezone.now(), updated_at=timezone.now()
    )
    return ImportBatch.objects.without_preview().select_related("user").get(pk=batch_id) if won else None


def _tell_progress(batch: ImportBatch, rows: int) -> None:
    ImportBatch.objects.filter(pk=batch.pk, claim=batch.claim).update(
        rows_total=rows, rows_done=rows, claimed_at=timezone.now()
    )


def _fail(batch: ImportBatch, error: Exception) -> None:
    ImportBatch.objects.filter(pk=batch.pk).exclude(
        state__in=[BatchState.COMMITTED, BatchState.UNDONE]
    ).update(
        state=BatchState.FAILED,
        failure=f"{type(error).__name__}: {error}"[:2000],
        claim="",
        updated_at=timezone.now(),
    )


def counts_of(plan: Plan) -> dict[str, int]:
    """The counts of the command's JSON; all of measures but ``items``."""
    return {
        "rows": len({(row.row.sheet, row.row.row) for row in plan.rows}),
        "items": len(plan.items),
        "measures": len(plan.rows),
        "created": plan.count(NEW),
        "updated": plan.count(CHANGED),
        "unchanged": plan.count("unchanged"),
        "missing": len(plan.missing),
    }
