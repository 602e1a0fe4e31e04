"""A workbook through the pages: uploaded, columns agreed, previewed, committed; then the same again, and changed.

Each round is a process of its own under a title of its own, in a database that holds the demo organ and one ledger
more, whose import has made the offices known. The process does itself what a worker would do for a large file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path
from statistics import median
from typing import Any, cast

from benchmarks.apart import Outcome, Span, apart, timed
from benchmarks.results import Measurement
from benchmarks.site import Site
from benchmarks.workbooks import changed_copy, workbook_of

HERE = "benchmarks.lines.imports"
GOAL_SECONDS, MOST_QUERIES, MOST_MB = 3, 100, 250
# All that is asked of 10,000 rows is asked of more in proportion, memory but up to this.
GOAL_ROWS, MOST_MB_OF_MORE = 10_000, 500
ROUNDS = 3
FLOOR = "a calamine read and bulk inserts"
BATCH = re.compile(r"/imports/(\d+)/")


def measure(site: Site) -> Iterator[Measurement]:
    """Workbooks by size: the first import, the same file again, and a changed one."""
    from django.core.management import call_command

    known = workbook_of(min(site.workbooks), site.folder)
    options = {"title": "已有台账", "create_missing": True, "stdout": StringIO(), "stderr": StringIO()}
    call_command("import_ledger", known, **options)
    for rows in sorted(site.workbooks):
        yield from imported(site, rows)


def imported(site: Site, rows: int) -> Iterator[Measurement]:
    """One workbook, the rounds of its imports and of the floor in turn."""
    path = workbook_of(rows, site.folder)
    copy = changed_copy(path, site.folder)
    first: list[Outcome] = []
    same: list[Outcome] = []
    other: list[Outcome] = []
    floor: list[Outcome] = []
    for number in range(min(ROUNDS, site.rounds)):
        title = f"导入测速{rows}之{number + 1}"
        first.append(apart(f"{HERE}:through_pages", path=str(path), title=title, brings="new"))
        floor.append(apart(f"{HERE}:by_hand", path=str(path), title=f"{title}手写"))
        same.append(apart(f"{HERE}:through_pages", path=str(path), title=title, brings=""))
        other.append(apart(f"{HERE}:through_pages", path=str(copy), title=title, brings="changed"))
    scale = max(1.0, rows / GOAL_ROWS)
    fields: dict[str, Any] = {
        "floor": [one.seconds for one in floor],
        "floor_words": FLOOR,
        "floor_peak_mb": max(one.peak_mb for one in floor),
        "most_mb": MOST_MB if rows <= GOAL_ROWS else MOST_MB_OF_MORE,
    }
    if site.database == "postgresql":
        fields["most_queries"] = round(MOST_QUERIES * scale)
    goal = GOAL_SECONDS * scale
    yield taken(site, rows, "uploaded to committed, with preview", first, goal=goal, **fields)
    most = median(one.seconds for one in first)
    yield taken(site, rows, "the same file again, to the preview", same, goal=round(most, 3), **fields)
    yield taken(site, rows, "1 % changed, to committed", other, goal=round(most, 3), **fields)


def taken(
    site: Site, rows: int, case: str, outcomes: list[Outcome], *, goal: float, **fields: Any
) -> Measurement:
    """The rounds of one kind of import."""
    known = {**site.measured("import", case, "s"), "rows": rows}
    return Measurement(
        **known,
        product=[one.seconds for one in outcomes],
        goal=goal,
        queries=max(one.queries for one in outcomes),
        peak_mb=max(one.peak_mb for one in outcomes),
        **fields,
    )


# -- in a process of its own ------------------------------------------------------------------------------------------


def through_pages(path: str, title: str, brings: str) -> Span:
    """What the ledger administrator does: upload, agree to the columns, look at the preview, write.

    ``brings`` is what all rows that are not unchanged must be, ``new`` or ``changed``; without it nothing is written.
    """
    from django.core.files.uploadedfile import SimpleUploadedFile
    from django.test import Client

    from accounts.models import User
    from remediation.models import BatchState, ImportBatch

    client = Client()
    client.force_login(User.objects.get(username="ledger"))
    # A worker that has answered before: addresses, templates and words are loaded.
    client.get("/imports/")
    content = Path(path).read_bytes()
    with timed() as span:
        upload = SimpleUploadedFile(Path(path).name, content)
        answer = client.post("/imports/", {"file": upload, "title": title}, follow=True)
        batch = int(found[1]) if (found := BATCH.search(answer.request["PATH_INFO"])) else 0
        client.post(f"/imports/{batch}/mapping/", {"title": title, "sheets": "整改台账"}, follow=True)
        span.note("preview")
        if brings:
            client.post(f"/imports/{batch}/commit/", follow=True)
    reached = ImportBatch.objects.get(pk=batch)
    counts = reached.preview.get("counts", {})
    right = reached.state == (BatchState.COMMITTED if brings else BatchState.PREVIEWED)
    if not right or {kind for kind in ("new", "changed") if counts.get(kind)} != (
        {brings} if brings else set()
    ):
        raise RuntimeError(f"the import stands at {reached.state}: {counts} {reached.failure}")
    return span


def by_hand(path: str, title: str) -> Span:
    """Read the sheet and put its rows in: items, measures, who answers, and a baseline event each."""
    import python_calamine
    from django.db import transaction
    from django.db.models import Max
    from django.utils import timezone

    from accounts.models import Office
    from benchmarks.rows import insert_many
    from remediation.models import Item, ItemEvent, Ledger, Measure, MeasureOffice

    known = dict(Office.objects.values_list("name", "pk"))
    with timed() as span, transaction.atomic():
        sheet = python_calamine.CalamineWorkbook.from_path(path).get_sheet_by_index(0)
        _headings, *lines = cast("list[list[Any]]", sheet.to_python())
        ledger = Ledger.objects.create(title=title).pk
        item = Item.objects.aggregate(top=Max("pk"))["top"] or 0
        measure = Measure.objects.aggregate(top=Max("pk"))["top"] or 0
        now, today = timezone.now(), timezone.localdate()
        items, measures, duties, events = [], [], [], []
        last = None
        for number, cells in enumerate(lines, start=1):
            problem, text, due, percent = (
                cells[4],
                cells[5],
                cells[9] or None,
                100 if cells[10] == "已完成" else 50,
            )
            due = due.date() if isinstance(due, datetime) else due
            status = "completed" if percent == 100 else "in_progress"
            if problem != last:
                item, last = item + 1, problem
                items.append((item, now, now, ledger, problem, digest(problem), number))
            measure += 1
            measures.append(
                (
                    measure,
                    now,
                    now,
                    ledger,
                    item,
                    number,
                    text,
                    digest(text),
                    status,
                    percent,
                    cells[11],
                    due,
                    due,
                )
            )
            names = [name for cell in (cells[7], cells[8]) for name in cell.split("、") if name in known]
            duties += [(measure, known[name], "lead") for name in dict.fromkeys(names)]
            events.append((ledger, item, measure, "baseline", now, today, status, percent, due, due))
        insert_many(Item, ("id", "created_at", "updated_at", "ledger_id", "problem", "key", "order"), items)
        insert_many(
            Measure,
            ("id", "created_at", "updated_at", "ledger_id", "item_id", "order", "text", "key", "status", "percent",
             "progress", "first_due_date", "due_date"),
            measures,
        )  # fmt: skip
        insert_many(MeasureOffice, ("measure_id", "office_id", "role"), duties)
        insert_many(
            ItemEvent,
            ("ledger_id", "item_id", "measure_id", "kind", "occurred_at", "occurred_on", "status_after",
             "percent_after", "first_due_after", "due_after"),
            events,
        )  # fmt: skip
        follow_keys([Item, Measure])
    return span


def digest(text: str) -> str:
    """A key of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def follow_keys(models: list[Any]) -> None:
    """Let the database give keys after those that were written."""
    from django.core.management.color import no_style
    from django.db import connection

    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), models):
            cursor.execute(statement)
