"""Who may open the pages of remediation."""

from __future__ import annotations

from typing import Any

from remediation.importing.batches import store_file
from remediation.models import BatchState, ImportBatch, ProgressReport, SavedFilter
from remediation.states import CompletionStatus
from tests.access.table import BUSINESS, LEDGER_ADMIN, READS_OFFICE, SUPERVISION, Row, World

# Those who report on what ``office`` leads.
REPORTERS = frozenset({"clerk", "office_head"})
CORRECTORS = SUPERVISION | LEDGER_ADMIN


def _ledger(world: World) -> dict[str, Any]:
    return {"pk": world.ledger.pk}


def _ledger_pk(world: World) -> dict[str, Any]:
    return {"ledger_pk": world.ledger.pk}


def _section(world: World) -> dict[str, Any]:
    return {"ledger_pk": world.ledger.pk, "pk": world.section.pk}


def _item(world: World) -> dict[str, Any]:
    return {"pk": world.item.pk}


def _measure(world: World) -> dict[str, Any]:
    return {"pk": world.measure.pk}


def _batch(world: World) -> dict[str, Any]:
    """A batch whose file could not be read."""
    batch = store_file("台账.xlsx", b"no workbook", user=world.people["ledger_admin"])
    ImportBatch.objects.filter(pk=batch.pk).update(state=BatchState.REFUSED)
    return {"pk": batch.pk}


def _report(world: World) -> dict[str, Any]:
    """A report of the clerk's."""
    report = ProgressReport.objects.create(
        item=world.item,
        measure=world.measure,
        author=world.people["clerk"],
        status_before=CompletionStatus.NOT_STARTED,
        status=CompletionStatus.NOT_STARTED,
        percent_before=0,
        percent=0,
    )
    return {"pk": report.pk}


def _filter(world: World) -> dict[str, Any]:
    """A filter that the clerk keeps."""
    kept = SavedFilter.objects.create(user=world.people["clerk"], name="红灯", query="light=red")
    return {"pk": kept.pk}


def _measures_list(world: World) -> dict[str, Any]:
    return {"name": "measures"}


ROWS: list[Row] = [
    # -- keeping the ledgers: the ledger administrator alone ------------------------------------------------------
    *(
        Row(f"remediation:{name}", LEDGER_ADMIN)
        for name in ("desk", "ledger_create", "import_list", "import_template")
    ),
    *(
        Row(f"remediation:{name}", LEDGER_ADMIN, kwargs=_ledger)
        for name in ("ledger_edit", "ledger_policy", "ledger_stated")
    ),
    Row("remediation:ledger_archive", LEDGER_ADMIN, status=302, method="post", kwargs=_ledger),
    Row("remediation:section_create", LEDGER_ADMIN, kwargs=_ledger_pk),
    Row("remediation:section_edit", LEDGER_ADMIN, kwargs=_section),
    Row("remediation:item_create", LEDGER_ADMIN, kwargs=_ledger_pk),
    Row("remediation:item_edit", LEDGER_ADMIN, kwargs=_item),
    Row("remediation:measure_create", LEDGER_ADMIN, kwargs=lambda w: {"item_pk": w.item.pk}),
    Row("remediation:measure_edit", LEDGER_ADMIN, kwargs=_measure),
    # Nothing typed is refused by the form for those who may.
    Row("remediation:ledger_create", LEDGER_ADMIN, status=422, method="post"),
    Row("remediation:item_create", LEDGER_ADMIN, status=422, method="post", kwargs=_ledger_pk),
    Row("remediation:item_edit", LEDGER_ADMIN, status=422, method="post", kwargs=_item),
    Row("remediation:measure_edit", LEDGER_ADMIN, status=422, method="post", kwargs=_measure),
    Row("remediation:calendar", LEDGER_ADMIN, status=422, method="post"),
    Row("remediation:calendar_days_delete", frozenset(), method="post"),
    Row("remediation:import_detail", LEDGER_ADMIN, kwargs=_batch),
    # -- what everybody who is signed in reads --------------------------------------------------------------------
    Row("remediation:calendar"),
    Row("remediation:calendar", status=404, query="year=1"),
    Row("remediation:calendar_month", query="month=2026-11"),
    Row("remediation:calendar_month", status=400),
    Row("remediation:counting_rules"),
    Row("remediation:ledger_list"),
    # -- by scope -------------------------------------------------------------------------------------------------
    Row("remediation:ledger_detail", READS_OFFICE, kwargs=_ledger),
    Row("remediation:item_detail", READS_OFFICE, kwargs=_item),
    Row("remediation:measure_row", READS_OFFICE, status=302, kwargs=_measure),
    # -- lists: everybody with a business role, each in their own scope -------------------------------------------
    *(Row(f"remediation:{name}", BUSINESS) for name in ("measure_list", "item_list", "ledger_tree")),
    Row("remediation:measure_list", BUSINESS, status=422, query="light=purple"),
    Row("remediation:list_filter", BUSINESS, kwargs=_measures_list),
    Row("remediation:list_filter", frozenset(), kwargs=lambda _w: {"name": "nothing"}),
    *(
        Row(f"remediation:{name}", BUSINESS, status=302, method="post", kwargs=_measures_list)
        for name in ("filter_save", "columns_save")
    ),
    # Somebody else's filter does not exist.
    Row("remediation:filter_delete", frozenset({"clerk"}), status=302, method="post", kwargs=_filter),
    Row("remediation:measure_bulk", BUSINESS, status=403, method="post"),
    Row(
        "remediation:measure_bulk", BUSINESS, status=302, method="post", data=lambda _w: {"action": "export"}
    ),
    Row(
        "remediation:measure_bulk",
        LEDGER_ADMIN,
        method="post",
        data=lambda w: {"action": "leader", "selected": w.measure.pk},
        but=dict.fromkeys(BUSINESS - LEDGER_ADMIN, 403),
    ),
    Row("remediation:measure_bulk_result", BUSINESS, status=302),
    # -- the office's work ----------------------------------------------------------------------------------------
    Row("remediation:work", frozenset({"clerk", "other_clerk", "office_head"})),
    # In scope and not allowed is refused with the reason, out of scope does not exist.
    Row(
        "remediation:measure_report",
        REPORTERS,
        kwargs=_measure,
        but=dict.fromkeys(READS_OFFICE - REPORTERS, 403),
    ),
    Row(
        "remediation:measure_report",
        REPORTERS,
        status=422,
        method="post",
        kwargs=_measure,
        but=dict.fromkeys(READS_OFFICE - REPORTERS, 403),
    ),
    Row(
        "remediation:measure_correct",
        CORRECTORS,
        kwargs=_measure,
        but=dict.fromkeys(READS_OFFICE - CORRECTORS, 403),
    ),
    Row("remediation:measure_note", frozenset(), kwargs=_measure, but=dict.fromkeys(READS_OFFICE, 403)),
    # An item with measures is reported on through them.
    Row(
        "remediation:item_report",
        READS_OFFICE,
        status=422,
        method="post",
        kwargs=_item,
    ),
    Row("remediation:report_undo", frozenset({"clerk"}), status=302, method="post", kwargs=_report),
    # -- importing: a workbook that was refused can only be thrown away -------------------------------------------
    Row("remediation:import_list", LEDGER_ADMIN, status=422, method="post"),
    *(
        Row(f"remediation:import_{name}", LEDGER_ADMIN, status=status, method="post", kwargs=_batch)
        for name, status in (
            ("mapping", 422),
            ("back", 302),
            ("answers", 302),
            ("commit", 403),
            ("replace", 422),
            ("undo", 403),
            ("discard", 302),
        )
    ),
    Row("remediation:import_annotated", LEDGER_ADMIN, kwargs=_batch),
]
