"""Background work of the ledger: imports. A task is only a wake-up; the batch's row decides who does the work."""

from __future__ import annotations

from celery import shared_task

from remediation.importing.batches import (
    forget_old_readings,
    run_commit,
    run_preview,
    tell_finished,
    waiting_jobs,
)


@shared_task(ignore_result=True)
def preview_import(batch_id: int) -> None:
    """Read a queued import and store its preview; a second call finds nothing to claim."""
    if run_preview(batch_id):
        tell_finished(batch_id)


@shared_task(ignore_result=True)
def commit_import(batch_id: int) -> None:
    """Write a queued import; a second call finds nothing to claim."""
    if run_commit(batch_id):
        tell_finished(batch_id)


@shared_task(ignore_result=True)
def sweep_imports() -> None:
    """Wake up what a lost message or a dead worker left behind, and forget what nobody goes on with."""
    forget_old_readings()
    for job, batch_id in waiting_jobs():
        (preview_import if job == "preview" else commit_import).delay(batch_id)
